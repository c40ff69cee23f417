"""How wrong forecasts of whole weeks were, and days that hang together so that paths are as wrong.

Here: the variance of errors of seven-day sums, learnt from past forecasts, and the correlation of
days that gives it back under today's day bands. Not here: how days hang together by themselves
(dependence), or the paths (domain/forecasting/long_range/sample_paths).

Bands of days lean on the last weeks; after a quiet month they are narrow, and weeks added up from
them are too. Sums of seven days were seen for longer and are what a planner of weeks asks for, so
their variance is learnt by itself: a sum of mean M is off with variance M + f M^2.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import MAD_TO_SD, ROUNDING, BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.bands.day_errors import CLIP_SIGMAS
from wfm_pipeline.units import DAYS_PER_WEEK

HALF_WEEKS: Final = 10.0
"""Distinct weeks at which the seen variance weighs half beside what days alone would make [weeks]."""
LEAST_SHARE: Final = 0.5
"""Share of a week's forecast days that must be known for its sum to count [0..1]."""
MOST_CORRELATION: Final = 0.98
"""Correlation of days that go together as far as they may."""


@dataclass(frozen=True, slots=True)
class WeekErrors:
    """Errors of seven-day sums of past forecasts.

    Attributes:
        variance: f of Var = M + f M^2; shape (queues,), >= 0; NaN where no sum was seen.
        weeks: Distinct target days behind it, in weeks; shape (queues,). Overlapping sums count once.
        horizon: Target days ahead that were looked at [days].
    """

    variance: FloatArray
    weeks: FloatArray
    horizon: int

    def fitted(self, correlation: FloatArray, queue: int, *, mean: FloatArray, spread: FloatArray) -> FloatArray:
        """A correlation of days under which weeks are as wrong as they were.

        The correlation is drawn towards days that all go together, or towards independent days, until
        seven-day sums of the first days have the variance asked for: the geometric mean of the seen
        one and the correlation's own, weighted by distinct weeks. Bands of days stay as they are.

        Args:
            correlation: Of the target days; shape (horizon, horizon).
            queue: Which queue.
            mean: Means of the days [calls]; shape (horizon,).
            spread: Standard deviations of the days [calls]; shape (horizon,).

        Returns:
            A correlation matrix; the given one where no week was seen or none lies in the horizon.
        """
        days = min(self.horizon, len(mean))
        if np.isnan(self.variance[queue]) or days < DAYS_PER_WEEK:
            return correlation
        together = np.full_like(correlation, MOST_CORRELATION)
        np.fill_diagonal(together, 1.0)
        apart = np.eye(len(correlation))
        usual, most, least = (_sum_variance(each, spread[:days]) for each in (correlation, together, apart))
        sums = _sums(mean[:days])
        seen = float((sums + self.variance[queue] * sums**2).sum())
        if min(usual, seen) <= 0:
            return correlation
        trust = self.weeks[queue] / (self.weeks[queue] + HALF_WEEKS)
        wanted = usual * (seen / usual) ** trust
        target, reach = (together, most) if wanted > usual else (apart, least)
        share = min((wanted - usual) / (reach - usual), 1.0) if abs(reach - usual) > ROUNDING * usual else 0.0
        return (1 - max(share, 0.0)) * correlation + max(share, 0.0) * target


def learn_week_errors(said: FloatArray, came: FloatArray, known: BoolArray, origin: IntArray) -> WeekErrors:
    """Learn from past forecasts of days.

    Args:
        said: What was forecast [calls], >= 0; shape (origins, queues, horizon).
        came: What came [calls]; same shape; looked at where known.
        known: Days with an outcome; same shape.
        origin: Date index of each origin; shape (origins,).

    Returns:
        Errors of the sums of every seven days in a row inside a forecast, as far as they are known.

    Source:
        docs/methods/sample_paths.md, step 2.
    """
    queues, horizon = said.shape[1:]
    asked = _sums((said > 0).astype(np.float64))
    have = _sums((known & (said > 0)).astype(np.float64))
    usable = (have > 0) & (have >= LEAST_SHARE * asked)
    sums, errors = _sums(np.where(known, said, 0.0)), _sums(np.where(known, came - said, 0.0))
    date = origin[:, None] + np.arange(horizon)
    variance, weeks = np.full(queues, np.nan), np.zeros(queues)
    for queue in range(queues):
        some = usable[:, queue]
        if some.any():
            variance[queue] = _excess(sums[:, queue][some], errors[:, queue][some])
            weeks[queue] = np.unique(date[known[:, queue]]).size / DAYS_PER_WEEK
    return WeekErrors(variance, weeks, horizon)


def _excess(sums: FloatArray, errors: FloatArray) -> float:
    """Factor f of Var = M + f M^2, around the forecast itself: a lasting bias is part of the error."""
    scale = np.sqrt(sums * (1 + sums / np.median(sums)))
    usual = MAD_TO_SD * np.median(np.abs(errors) / scale) * scale
    limit = CLIP_SIGMAS * np.maximum(usual, np.sqrt(sums))
    square = np.minimum(np.abs(errors), limit) ** 2
    return max(float((square - sums).sum() / (sums**2).sum()), 0.0)


def _sums(days: FloatArray) -> FloatArray:
    """Sums of every seven days in a row along the last axis; none if there are fewer."""
    if days.shape[-1] < DAYS_PER_WEEK:
        return np.zeros((*days.shape[:-1], 0))
    return np.lib.stride_tricks.sliding_window_view(days, DAYS_PER_WEEK, axis=-1).sum(axis=-1)


def _sum_variance(correlation: FloatArray, spread: FloatArray) -> float:
    """Variances of all seven-day sums, added up [calls^2]."""
    days = len(spread)
    covariance = correlation[:days, :days] * np.outer(spread, spread)
    starts = range(days - DAYS_PER_WEEK + 1)
    return float(sum(covariance[day : day + DAYS_PER_WEEK, day : day + DAYS_PER_WEEK].sum() for day in starts))
