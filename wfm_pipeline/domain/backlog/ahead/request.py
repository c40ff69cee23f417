"""What is asked about the next hours, and what comes out.

Here: the frames, and what is refused. Not here: how it is worked out (clear_and_breach).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from pandas.api.typing import NaTType

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.ahead.draws import Spread
from wfm_pipeline.domain.backlog.ahead.learnt.calibration import Calibration
from wfm_pipeline.domain.backlog.ahead.learnt.endings import AsBefore
from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline.units import SECONDS_PER_HOUR

PATHS: Final = 400
"""Futures of a queue where nobody says another number [count]: a probability of 0.1 is then known to 0.015."""
BREACH_LIMIT: Final = 0.2
"""Probability of a breach that a site bears where nobody says another [0..1]: one queue-day in five."""
Instant = pd.Timestamp | NaTType
_CASES: Final = ("queue_id", "due_at", "is_paused", "is_over_due")
_HOURS: Final = (
    "queue_id",
    "hour_start",
    "business_date",
    "cases_mean",
    "on_product",
    "cases_per_agent_hour",
    "capacity_mean",
    "capacity_usual",
)
_NEW_DUE: Final = ("queue_id", "hour_start", "due_at", "share")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AheadRequest:
    """What is asked; instants are naive UTC.

    Attributes:
        open_cases: One row per open case: queue_id, due_at (put off by pauses so far; NaT unknown), is_paused, is_over_due. Paused cases wait
            for somebody else: they take nobody's time, and keep their due time as long as the pause puts it off.
        hours: One row per queue and hour to come, hour by hour from the same first one for every queue: queue_id, hour_start, business_date,
            cases_mean [cases], on_product [agents], cases_per_agent_hour [cases/h], capacity_mean (cases that those people are expected
            to do [cases]), capacity_usual (the same of as many people as are usual in such an hour); the last four NaN where they are not
            known, capacity_mean 0 where nobody works.
        new_due: queue_id, hour_start, due_at, share: by when which share of the hour's new cases is due; the rest has no due time.
        breach_until: Queue -> end of its working day; a queue that is not here has no probability.
        spread: Queue -> how inflow and pace scatter.
        breach_limit: Probability that people are to keep, in (0, 1).
        paths: Futures of a queue [count], >= 1.
        seed: The same seed draws the same futures.
        as_before: Queue -> its next hours if all goes on as it did; a queue that is not here has its share of futures alone.
        calibration: What the two views together were worth; None takes the second as it stands.
    """

    open_cases: pd.DataFrame
    hours: pd.DataFrame
    new_due: pd.DataFrame | None = None
    breach_until: Mapping[str, Instant] = field(default_factory=dict)
    spread: Mapping[str, Spread] = field(default_factory=dict)
    breach_limit: float = BREACH_LIMIT
    paths: int = PATHS
    seed: int = 1
    as_before: Mapping[str, AsBefore] = field(default_factory=dict)
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be asked.

        Raises:
            DataError: a frame lacks a column, or hours of queues are not the same, one after the other.
            SettingsError: paths below 1, or a limit outside (0, 1).
        """
        if self.paths < 1 or not 0 < self.breach_limit < 1:
            raise SettingsError(
                f"paths must be 1 or more and breach_limit in (0, 1), got {self.paths} and {self.breach_limit}; write 20 % as 0.2"
            )
        _check("open_cases", self.open_cases, _CASES)
        _check("hours", self.hours, _HOURS)
        if self.new_due is not None:
            _check("new_due", self.new_due, _NEW_DUE)
        grid = self.hours.groupby("queue_id", sort=False)["hour_start"]
        kinds = grid.agg(["min", "max", "size", "nunique"]).drop_duplicates()
        spans = (kinds["max"] - kinds["min"]).dt.total_seconds() / SECONDS_PER_HOUR + 1
        if len(kinds) > 1 or not (spans == kinds["size"]).all() or not (kinds["size"] == kinds["nunique"]).all():
            raise DataError(
                f"hours ahead must be the same for every queue, one row an hour without a gap, got {kinds.to_dict('records')[:3]}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class AheadAnswer:
    """What comes out.

    Attributes:
        queues: One row per queue of the hours, in order of their names: queue_id, clear_hours (mean flows; NaN where it is not within the
            hours), clear_hours_q10, clear_hours_q50, clear_hours_q90 (over the futures; NaN the same), breach_in_order (share of
            futures), breach_as_before, breach_probability (NaN where unknown), breach_basis (what the probability is: `calibrated`,
            `as_before` or `in_order`; null where unknown), breach_until, reason (why it is unknown; null where it is known).
        hours: One row per queue and hour, in order: queue_id, hour_start, required [agents] (NaN where unknown or after breach_until),
            capacity_factor (of the capacity that is expected, to keep the limit; NaN the same).
        risk: (queue_id, on_product of each hour, shape (hours,)) -> probability of a breach with these people, on the same futures;
            NaN where it is not known.
    """

    queues: pd.DataFrame
    hours: pd.DataFrame
    risk: Callable[[str, FloatArray], float]


def _check(name: str, frame: pd.DataFrame, needed: tuple[str, ...]) -> None:
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise DataError(f"{name} lack {missing}; there are {sorted(map(str, frame.columns))}", missing=missing)


def in_order(values: pd.Series) -> FloatArray:
    """A column as floats, unknown as NaN.

    Args:
        values: Numbers, null where unknown.

    Returns:
        shape (n,).
    """
    return np.asarray(values.astype(np.float64), dtype=np.float64)
