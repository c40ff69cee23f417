"""Limits of the chart for a stated number of false alarms a week, by run lengths simulated from our own past scores.

Weeks are put together from whole past days: for each weekday one of the queue's past days of that weekday. Hours of a day stay together, as
they lean on each other; the sum runs on from day to day. The two limits are those at which each branch alone would have its
part of the budget, both then moved together until the two branches have the budget between them.

A limit is a high rank of few past weeks: what is stated must have come some times in them, else nothing is known and there is no limit.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.backlog.surges.chart import ALLOWANCE, ChartLimits, beginnings, chart
from wfm_pipeline.units import DAYS_PER_WEEK, HOURS_PER_DAY

HOUR_SHARE: Final = 0.25
"""Part of the budget of false alarms that the one-hour branch has [0..1] (chosen on even weeks, docs/methods/backlog.md)."""
LEAST_EVENTS: Final = 3.0
"""False alarms that the past must have had at the stated rate: a limit by fewer is luck [count]."""
SERIES: Final = 1_024
"""Simulated series at the least: two weeks each [count]."""
_RUN_WEEKS: Final = 2
"""Length of a simulated series [weeks]: a sum that matters is over by then."""
_LEAST_RUNS: Final = 16
"""Series of each queue at the least [count]."""
_STEPS: Final = 5
"""Halvings by which the two limits are moved together: a factor of 9 comes down to 7 % [count]."""
_FURTHEST: Final = 3.0
"""Factor by which they are moved at the most, either way [1]."""
_HALF_AN_EVENT: Final = 0.5
"""A limit between two ranks is put on the higher one: of n past events n are then expected, not n + 1 [count]."""
NO_WEEKS: Final = "not enough history"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntLimits:
    """What past weeks say.

    Attributes:
        limits: The limits; None where nothing is known.
        weeks: Weeks of scores they were learnt from [count].
        simulated_per_week: False alarms a week over all queues at these limits, simulated; NaN without limits.
        reason: Why there are none; empty where there are.
    """

    limits: ChartLimits | None
    weeks: int
    simulated_per_week: float
    reason: str = ""


def learnt_limits(
    scores: FloatArray,
    *,
    per_week: float,
    seed: int,
    allowance: float = ALLOWANCE,
    hour_share: float = HOUR_SHARE,
) -> LearntLimits:
    """Limits with a stated number of false alarms.

    Args:
        scores: Past scores, shape (n_weeks, 7, 24, n_queues); NaN: no score.
        per_week: False alarms a week over all queues together, > 0.
        seed: Of the simulation.
        allowance: What a score may have and add nothing.
        hour_share: Part of the budget that the one-hour branch has.

    Returns:
        Limits, or why there are none.
    """
    weeks = len(scores)
    if weeks * per_week < LEAST_EVENTS or np.isnan(scores).all():
        needed = int(np.ceil(LEAST_EVENTS / per_week))
        reason = f"{NO_WEEKS}: {per_week:g} false alarms a week need {needed} weeks with scores, there are {weeks}"
        return LearntLimits(limits=None, weeks=weeks, simulated_per_week=np.nan, reason=reason)
    runs = simulated_runs(scores, seed=seed)
    budget = _Budget.of(runs, n_queues=scores.shape[-1], allowance=allowance, hour_share=hour_share)
    aim = per_week - _HALF_AN_EVENT / weeks
    low, high = -np.log(_FURTHEST), np.log(_FURTHEST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        is_too_many = budget.false_alarms(budget.limits(aim * np.exp(middle))) > aim
        low, high = (low, middle) if is_too_many else (middle, high)
    limits = budget.limits(aim * np.exp((low + high) / 2))
    return LearntLimits(limits=limits, weeks=weeks, simulated_per_week=budget.false_alarms(limits))


def simulated_runs(scores: FloatArray, *, seed: int) -> FloatArray:
    """Series of weeks put together from whole past days.

    Args:
        scores: Past scores, shape (n_weeks, 7, 24, n_queues).
        seed: Of the draws.

    Returns:
        Shape (n_hours, n_series), the series of one queue after another in each repetition.
    """
    weeks, _, _, n_queues = scores.shape
    repeats = max(_LEAST_RUNS, -(-SERIES // n_queues))
    size = (_RUN_WEEKS, DAYS_PER_WEEK, repeats, n_queues)
    drawn: IntArray = np.random.default_rng(seed).integers(0, weeks, size=size)
    weekday = np.arange(DAYS_PER_WEEK)[None, :, None, None]
    days = scores[drawn, weekday, :, np.arange(n_queues)[None, None, None, :]]
    hours = np.moveaxis(days, -1, 2)
    return np.ascontiguousarray(hours.reshape(_RUN_WEEKS * DAYS_PER_WEEK * HOURS_PER_DAY, repeats * n_queues))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Budget:
    """Simulated series, and what each branch alone would make of them.

    Attributes:
        runs: The series.
        site_weeks: Weeks of the whole site in them [count].
        hours: Scores of single hours, the highest first.
        peaks: Highest sum between two returns to 0, the highest first.
        allowance, hour_share: As chosen.
    """

    runs: FloatArray
    site_weeks: float
    hours: FloatArray
    peaks: FloatArray
    allowance: float
    hour_share: float

    @classmethod
    def of(cls, runs: FloatArray, *, n_queues: int, allowance: float, hour_share: float) -> "_Budget":
        known = runs[~np.isnan(runs)]
        peaks = peak_sums(runs, allowance=allowance)
        return cls(
            runs=runs,
            site_weeks=runs.shape[1] / n_queues * _RUN_WEEKS,
            hours=np.sort(known)[::-1],
            peaks=np.sort(peaks)[::-1],
            allowance=allowance,
            hour_share=hour_share,
        )

    def limits(self, per_week: float) -> ChartLimits:
        """Limits at which the branches alone have so many false alarms a week together."""
        return ChartLimits(
            hour=_ranked(self.hours, per_week * self.hour_share * self.site_weeks),
            total=_ranked(self.peaks, per_week * (1 - self.hour_share) * self.site_weeks),
        )

    def false_alarms(self, limits: ChartLimits) -> float:
        """Alarms a week over all queues."""
        made = beginnings(chart(self.runs, limits, allowance=self.allowance).is_alarm)
        return float(made.sum() / self.site_weeks)


def peak_sums(scores: FloatArray, *, allowance: float) -> FloatArray:
    """The highest sum between two returns to 0, of all series: an alarm begins in a stretch where its peak is over the limit.

    Args:
        scores: Shape (n_hours, n_series).
        allowance: What a score may have and add nothing.

    Returns:
        Peaks above 0, in no order.
    """
    added = np.where(np.isnan(scores), 0.0, scores - allowance)
    total, peak, found = np.zeros(scores.shape[1]), np.zeros(scores.shape[1]), []
    for hour in added:
        total = np.maximum(total + hour, 0.0)
        is_over = (total == 0.0) & (peak > 0.0)
        found.append(peak[is_over])
        peak = np.where(is_over, 0.0, np.maximum(peak, total))
    return np.concatenate([*found, peak[peak > 0.0]])


def _ranked(falling: FloatArray, rank: float) -> float:
    """Value that so many are at or above; beyond all of them where none is."""
    if not len(falling):
        return np.inf
    return float(np.interp(rank, np.arange(len(falling)) + 1.0, falling))
