"""Staffing under an uncertain forecast: which quantile, what it costs, what it achieves.

Here: quantiles between those a forecast gives, the service level to expect over its bands, the curve
of hours against service level, and the cheapest team for a level over the day. Not here: the
forecast's bands themselves (domain/forecasting).

No command reaches `critical_ratio`, `level_curve` and `cheapest_for_level` yet: the staffing page and
its what-if questions will.

Over a band of calls the service level is the one of the volume: expected calls answered within the
target over expected calls offered. Staffing to the mean promises the level at the mean and misses it
over the band, because too many calls cost more level than too few calls bring.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.faults import StaffingError
from wfm_pipeline.domain.staffing.in_bulk import run_rows
from wfm_pipeline.domain.staffing.requirement import agents_required
from wfm_pipeline.units import ANSWER_TARGET_SECONDS, SECONDS_PER_HOUR

SCENARIO_LEVELS: Final = np.arange(0.05, 1.0, 0.1)
"""Middles of ten equally likely tenths of a band; inside the outermost quantiles of a forecast (5 and 95 %)."""
_LEVEL_SLACK: Final = 1e-12
"""Rounding of a level that a program counted up to."""
CURVE_LEVELS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Quantiles at which the curve of hours against service level is taken."""
_FURTHER_AGENTS: Final = (16, 64, 256)
"""Agents beyond an interval's floor that are looked at, fewer first: they rarely matter and each costs [count]."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What does not depend on the number of calls; scalars or shape (n,).

    Attributes:
        interval_seconds: Length of an interval [s].
        aht_seconds: Mean handle time [s].
        answer_target_seconds: Answer-time target [s].
        patience_seconds: Mean patience [s]; infinite = nobody leaves.
        concurrency: Contacts an agent handles at a time.
    """

    interval_seconds: ArrayLike
    aht_seconds: ArrayLike
    answer_target_seconds: ArrayLike = ANSWER_TARGET_SECONDS
    patience_seconds: ArrayLike = np.inf
    concurrency: ArrayLike = 1.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What a team achieves over a band; shape (n,).

    Attributes:
        calls: Expected calls offered.
        in_target: Expected calls answered within the target.
        abandoned: Expected calls that leave.
        busy: Expected busy slots [erlangs].
    """

    calls: FloatArray
    in_target: FloatArray
    abandoned: FloatArray
    busy: FloatArray


def critical_ratio(cost_under: float, cost_over: float) -> float:
    """The quantile at which one agent more costs what it saves (newsvendor).

    Args:
        cost_under: Cost of one agent too few, > 0.
        cost_over: Cost of one agent too many, > 0; same currency and time.

    Returns:
        Level in (0, 1): the quantile of the need to staff to.

    Raises:
        StaffingError: a cost that is not above 0.

    Source:
        docs/methods/staffing.md, step 8.

    Example:
        >>> critical_ratio(cost_under=3.0, cost_over=1.0)
        0.75
    """
    if not (cost_under > 0 and cost_over > 0):
        raise StaffingError(f"costs must be above 0, got {cost_under} and {cost_over}")
    return cost_under / (cost_under + cost_over)


def band_quantile(bands: Mapping[float, ArrayLike], level: ArrayLike) -> FloatArray:
    """A quantile between those that a forecast gives.

    Args:
        bands: Level -> quantile of calls, shape (n,) each; at least two levels, rising.
        level: Wanted levels, scalar or shape (n,), inside the outermost given ones.

    Returns:
        Calls, shape (n,): straight lines over the normal score of the level.

    Raises:
        StaffingError: a level outside the given ones: what the forecast does not say is not made up.
    """
    from scipy.special import ndtri

    levels = np.array(sorted(bands))
    values = np.column_stack([np.asarray(bands[key], dtype=np.float64) for key in levels])
    wanted = np.broadcast_to(np.asarray(level, dtype=np.float64), len(values))
    if len(levels) == 1 or ((wanted < levels[0] - _LEVEL_SLACK) | (wanted > levels[-1] + _LEVEL_SLACK)).any():
        raise StaffingError(f"level must be inside the forecast's quantiles {levels[0]} to {levels[-1]}, got {level!r}")
    scores, score = ndtri(levels), ndtri(np.clip(wanted, levels[0], levels[-1]))
    right = np.clip(np.searchsorted(scores, score, side="left"), 1, len(levels) - 1)
    share = (score - scores[right - 1]) / (scores[right] - scores[right - 1])
    rows = np.arange(len(values))
    return np.maximum(values[rows, right - 1] * (1 - share) + values[rows, right] * share, 0.0)


def scenarios(bands: Mapping[float, ArrayLike]) -> FloatArray:
    """Equally likely numbers of calls of each row's band.

    Args:
        bands: The forecast's quantiles of calls, as in `band_quantile`.

    Returns:
        Calls at SCENARIO_LEVELS, shape (n, 10).
    """
    return np.column_stack([band_quantile(bands, level) for level in SCENARIO_LEVELS])


def expected_measures(agents: ArrayLike, calls: FloatArray, queue: Queue) -> Expected:
    """What teams achieve over equally likely numbers of calls.

    Args:
        agents: Agents on the phones, >= 0; shape (n,).
        calls: Calls of each scenario; shape (n, n_scenarios).
        queue: What else is known.

    Returns:
        Expectations over the scenarios, shape (n,).
    """
    shape = calls.shape

    def spread(value: ArrayLike) -> FloatArray:
        return np.broadcast_to(np.asarray(value, dtype=np.float64)[..., None], shape)

    aht = spread(queue.aht_seconds)
    load = calls * aht / spread(queue.interval_seconds)
    slots = spread(np.asarray(agents, dtype=np.float64) * np.asarray(queue.concurrency, dtype=np.float64))
    columns = [load, slots, spread(queue.answer_target_seconds) / aht, aht / spread(queue.patience_seconds)]
    answers = run_rows("fill_measures", [column.ravel() for column in columns], 5)
    gone, service = answers[:, 1].reshape(shape), answers[:, 2].reshape(shape)
    busy = np.minimum(load * (1 - gone), slots)
    return Expected(calls.mean(axis=1), (calls * service).mean(axis=1), (calls * gone).mean(axis=1), busy.mean(axis=1))


def level_curve(
    bands: Mapping[float, ArrayLike],
    queue: Queue,
    *,
    service_level_target: ArrayLike,
    levels: ArrayLike = CURVE_LEVELS,
    max_occupancy: ArrayLike = np.nan,
) -> pd.DataFrame:
    """Hours against expected service level when every interval is staffed to the same quantile.

    Args:
        bands: The forecast's quantiles of calls, as in `band_quantile`.
        queue: What else is known.
        service_level_target: The level each interval is staffed for at that quantile.
        levels: Quantiles to look at.
        max_occupancy: Cap of the occupancy, NaN = none.

    Returns:
        One row per quantile: quantile, agent_hours, service_level (of the volume, over the band).
    """
    calls = scenarios(bands)
    rows = []
    for level in np.atleast_1d(np.asarray(levels, dtype=np.float64)):
        need = need_at(band_quantile(bands, level), queue, service_level_target, max_occupancy)
        got = expected_measures(need, calls, queue)
        hours = float((need * np.asarray(queue.interval_seconds)).sum()) / SECONDS_PER_HOUR
        rows.append((float(level), hours, float(got.in_target.sum() / got.calls.sum())))
    return pd.DataFrame(rows, columns=["quantile", "agent_hours", "service_level"])


def need_at(calls: ArrayLike, queue: Queue, target: ArrayLike, max_occupancy: ArrayLike = np.nan) -> FloatArray:
    """The team for a number of calls.

    Args:
        calls: Calls of each interval, shape (n,).
        queue: What else is known.
        target: Service level to reach, in (0, 1); scalar or shape (n,).
        max_occupancy: Cap of the occupancy, NaN = none.

    Returns:
        Whole agents, shape (n,); NaN where the row has a reason (see `agents_required`).
    """
    patience = np.asarray(queue.patience_seconds, dtype=np.float64)
    return agents_required(
        calls,
        queue.interval_seconds,
        queue.aht_seconds,
        answer_target_seconds=queue.answer_target_seconds,
        service_level_target=target,
        max_occupancy=max_occupancy,
        patience_seconds=np.where(np.isinf(patience), np.nan, patience),
        concurrency=queue.concurrency,
    ).agents_required


def cheapest_for_level(
    bands: Mapping[float, ArrayLike],
    queue: Queue,
    *,
    level_over_all: float | None = None,
    agents_in_all: int | None = None,
    floor_level: float = 0.5,
) -> FloatArray:
    """The team of every interval that reaches a level over all of them with the fewest agents.

    Args:
        bands: The forecast's quantiles of calls; intervals of one length.
        queue: What else is known.
        level_over_all: Expected service level of the volume to reach, in (0, 1); or
        agents_in_all: Agents to spend, summed over the intervals: reaches the highest level they can.
        floor_level: No interval is staffed below this expected level, in (0, 1).

    Returns:
        Whole agents per interval, shape (n,). Every further agent goes where it brings most calls
        into the target; of equals to the earlier interval. That is the best there is as long as
        every agent brings less than the one before, which holds above a level of about one half.

    Raises:
        StaffingError: neither or both of the two goals, or a level outside (0, 1).
    """
    if (level_over_all is None) == (agents_in_all is None):
        raise StaffingError("give either level_over_all or agents_in_all")
    if not 0 < floor_level < 1 or (level_over_all is not None and not 0 < level_over_all < 1):
        raise StaffingError("levels must be in (0, 1); write 80 % as 0.8")
    calls = scenarios(bands)
    floor = _floor_team(calls, queue, floor_level)
    reached = expected_measures(floor, calls, queue)
    missing = np.inf if level_over_all is None else level_over_all * reached.calls.sum() - reached.in_target.sum()
    spare = np.inf if agents_in_all is None else agents_in_all - floor.sum()
    for ahead in _FURTHER_AGENTS:
        gains = _gains(floor, calls, queue, ahead)
        extra, is_enough = _take_best(gains, missing, spare)
        if is_enough:
            break
    return floor + extra


def _gains(floor: FloatArray, calls: FloatArray, queue: Queue, ahead: int) -> FloatArray:
    """Calls that each further agent brings into the target; shape (n, ahead), 0 where nobody calls."""
    teams = floor[:, None] + np.arange(ahead + 1)
    wide = Queue(
        **{
            field.name: np.repeat(np.broadcast_to(np.asarray(getattr(queue, field.name), float), len(floor)), ahead + 1)
            for field in fields(Queue)
        }
    )
    got = expected_measures(teams.ravel(), np.repeat(calls, ahead + 1, axis=0), wide)
    return np.diff(got.in_target.reshape(teams.shape), axis=1)


def _take_best(gains: FloatArray, missing: float, spare: float) -> tuple[FloatArray, bool]:
    """Further agents per row, the best gains first, until nothing is missing or nobody is left.

    The second answer is False where a row has taken every agent that was looked at and more are needed.
    """
    falling = np.minimum.accumulate(gains, axis=1)  # a row's agents come in their order
    order = np.argsort(-falling, axis=None, kind="stable")
    brought = np.cumsum(gains.ravel()[order])
    count = int(np.searchsorted(brought, missing)) + 1 if missing > 0 else 0
    count = int(min(count, max(spare, 0), len(order)))
    extra = np.bincount(order[:count] // gains.shape[1], minlength=len(gains)).astype(np.float64)
    return extra, bool((extra < gains.shape[1]).all())


def _floor_team(calls: FloatArray, queue: Queue, floor_level: float) -> FloatArray:
    """Fewest agents with which each interval is expected to reach the floor, by doubling and halving."""
    low, high = np.zeros(len(calls)), np.ones(len(calls))

    def fails(team: FloatArray) -> np.ndarray:
        got = expected_measures(team, calls, queue)
        return got.in_target < floor_level * got.calls

    while (short := fails(high)).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        short = fails(middle)
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.where(calls.sum(axis=1) > 0, high, 0.0)
