"""How many agents a row of calls needs: smallest whole number, exact number, heads to schedule.

Here: targets, concurrency and shrinkage, in one pass over arrays. Not here: the search itself and the
Erlang formulas it asks (kernels.py), which calls are staffed
for (risk.py), work that may wait (deferred.py), long handle times (transient.py), text (sheet.py).

Order of the steps: the queueing model gives slots; an agent has `concurrency` slots; the exact
number of agents is divided by (1 - shrinkage); the result is rounded up once, at the end.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from wfm_pipeline.domain.arrays import ROUNDING, BoolArray, FloatArray, TextArray
from wfm_pipeline.domain.staffing.faults import NoTargetError
from wfm_pipeline.domain.staffing.in_bulk import run_rows
from wfm_pipeline.domain.staffing.limits import reasons
from wfm_pipeline.units import ANSWER_TARGET_SECONDS

if TYPE_CHECKING:
    import pandas as pd

_ANSWERS: Final = 6
"""Columns of the kernel's answer: agents, exact, wait, abandonment, service level and ASA [count]."""
_REQUIRED = ("calls", "interval_seconds", "aht_seconds")
_TARGETS = ("service_level_target", "asa_target_seconds", "abandon_share_target", "max_occupancy")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What each row needs and what it then achieves; arrays of one length, NaN in rows with a reason.

    Attributes:
        offered_load_erlangs: Arrival rate x AHT [erlangs].
        agents_required: Smallest whole number of agents on the phones that meets every target.
        agents_required_exact: The real number at which the targets are just met; rounded up it is
            `agents_required`.
        agents_scheduled: Heads to roster: exact / (1 - shrinkage), rounded up once.
        service_level: Answered within the target over offered, with `agents_required` agents [0..1].
        asa_seconds: Mean wait of the answered [s].
        occupancy: Busy time over staffed time [0..1].
        abandon_share: Share of offered callers who leave [0..1]; 0 without patience.
        wait_probability: Share of offered callers who wait [0..1].
        reason: Why a row has no answer; empty where it has one.
    """

    offered_load_erlangs: FloatArray
    agents_required: FloatArray
    agents_required_exact: FloatArray
    agents_scheduled: FloatArray
    service_level: FloatArray
    asa_seconds: FloatArray
    occupancy: FloatArray
    abandon_share: FloatArray
    wait_probability: FloatArray
    reason: TextArray

    def frame(self) -> "pd.DataFrame":
        """One row per row, one column per attribute."""
        import pandas as pd  # noqa: PLC0415  (half a second; a single row does without)

        return pd.DataFrame({field.name: getattr(self, field.name) for field in fields(self)})


def agents_required(
    calls: ArrayLike,
    interval_seconds: ArrayLike,
    aht_seconds: ArrayLike,
    *,
    answer_target_seconds: ArrayLike = ANSWER_TARGET_SECONDS,
    service_level_target: ArrayLike = np.nan,
    asa_target_seconds: ArrayLike = np.nan,
    abandon_share_target: ArrayLike = np.nan,
    max_occupancy: ArrayLike = np.nan,
    patience_seconds: ArrayLike = np.nan,
    concurrency: ArrayLike = 1.0,
    shrinkage: ArrayLike = 0.0,
    threads: int = 1,
) -> Requirement:
    """The smallest team that meets every target, for each row by itself.

    Args:
        calls: Calls offered in the interval, >= 0, need not be whole; shape (n,) or a scalar, like
            every further argument. 0 calls need 0 agents.
        interval_seconds: Length of the interval [s], 60 to 604800.
        aht_seconds: Mean handle time [s], 10 to 7200; with concurrency, as it is at that concurrency.
        answer_target_seconds: Answer-time target of the service level [s], 0 to 86400.
        service_level_target: Smallest share of the offered answered within it, 0.0001 to 0.9999; NaN = none.
        asa_target_seconds: Largest mean wait of the answered [s], 0.001 to 604800; NaN = none.
        abandon_share_target: Largest share of the offered that leaves, 0.0001 to 0.9999; NaN = none.
        max_occupancy: Largest occupancy, 0.05 to 1; NaN = none.
        patience_seconds: Mean patience [s], 0.1 to 1e9; NaN = nobody leaves (Erlang C), else Erlang A.
        concurrency: Contacts an agent handles at a time, 1 to 100 (chat).
        shrinkage: Paid time not available, 0 to 0.99.
        threads: Most threads; they are used from some ten thousand rows on.

    Returns:
        The requirement; a row outside its ranges has a reason and NaN, the others go on.

    Raises:
        NoTargetError: no row has any target.

    Source:
        docs/methods/staffing.md, steps 1 to 5; Halfin & Whitt (1981) for the first guess.

    Example:
        >>> need = agents_required(100, 1800, 180, service_level_target=0.8)
        >>> need.agents_required.tolist(), need.service_level.round(6).tolist()
        ([14.0], [0.88835])
    """
    columns = _columns(
        calls=calls,
        interval_seconds=interval_seconds,
        aht_seconds=aht_seconds,
        answer_target_seconds=answer_target_seconds,
        service_level_target=service_level_target,
        asa_target_seconds=asa_target_seconds,
        abandon_share_target=abandon_share_target,
        max_occupancy=max_occupancy,
        patience_seconds=patience_seconds,
        concurrency=concurrency,
        shrinkage=shrinkage,
    )
    is_asked = _is_asked(columns)
    if is_asked.size and not is_asked.any():
        raise NoTargetError(f"say what the agents should achieve: at least one of {', '.join(_TARGETS)}")
    required = (*_REQUIRED, "answer_target_seconds", "concurrency", "shrinkage")
    found, is_good = reasons(columns, required=required)
    for row in np.flatnonzero(is_good & ~is_asked):
        found[row], is_good[row] = f"no target: give at least one of {', '.join(_TARGETS)}", False
    return _solve(columns, found, is_good, threads)


def _is_asked(columns: dict[str, FloatArray]) -> BoolArray:
    """Rows with at least one target."""
    is_asked = np.zeros(len(columns["calls"]), dtype=bool)
    for name in _TARGETS:
        values = columns[name]
        is_asked |= ~np.isnan(values[:1] if values.strides == (0,) else values)
    return is_asked


def _columns(**values: ArrayLike) -> dict[str, FloatArray]:
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in values.values()))
    return dict(zip(values, arrays, strict=True))


def _solve(columns: dict[str, FloatArray], found: TextArray, is_good: BoolArray, threads: int) -> Requirement:
    """Every row is run; rows with a reason as an empty queue, and emptied afterwards."""
    is_all_good = bool(is_good.all())  # the usual case, in which no column is copied

    def good(name: str, otherwise: float) -> FloatArray:
        return columns[name] if is_all_good else np.where(is_good, columns[name], otherwise)

    aht, slots = good("aht_seconds", 1.0), good("concurrency", 1.0)
    load = good("calls", 0.0) * aht / good("interval_seconds", 1.0)
    leave = np.nan_to_num(aht / good("patience_seconds", 1.0), nan=0.0)
    asked = [
        load,
        slots,
        good("answer_target_seconds", 0.0) / aht,
        leave,
        good("service_level_target", 0.5),
        good("asa_target_seconds", 1.0) / aht,
        good("abandon_share_target", 0.5),
        good("max_occupancy", 1.0),
    ]
    answers = run_rows("fill_requirements", asked, _ANSWERS, threads=threads)
    if not is_all_good:
        answers[~is_good] = np.nan
    agents, exact, wait, gone, service, answer = answers.T
    with np.errstate(divide="ignore", invalid="ignore"):
        occupancy = np.where(agents > 0, load * (1 - gone) / (agents * slots), 0.0 * agents)
    return Requirement(
        load if is_all_good else np.where(is_good, load, np.nan),
        agents,
        exact,
        # Rounding slack must not schedule fewer than are required.
        np.maximum(heads(exact, good("shrinkage", 0.0)), agents),
        service,
        answer * aht,
        occupancy,
        gone,
        wait,
        found,
    )


def heads(agents_exact: ArrayLike, shrinkage: ArrayLike = 0.0) -> FloatArray:
    """Heads to schedule for a need: need / (1 - shrinkage), rounded up.

    Args:
        agents_exact: The need on the phones [agents], >= 0; NaN stays NaN.
        shrinkage: Paid time not available, 0 to 0.99.

    Returns:
        Whole heads; a need above a whole number by less than 1e-9 of it counts as that number.

    Example:
        >>> float(heads(21.0, 0.3))  # although 21 / (1 - 0.3) is 30.000000000000004 in doubles
        30.0
    """
    need = np.asarray(agents_exact, dtype=np.float64) / (1.0 - np.asarray(shrinkage, dtype=np.float64))
    return np.ceil(need * (1.0 - ROUNDING))  # 21 / (1 - 0.3) is 30, not 30.000000000000004
