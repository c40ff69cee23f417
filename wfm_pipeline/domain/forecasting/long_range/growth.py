"""What months ahead cost in certainty: how a level's error grows, and whether a trend is worth following.

Here: what past long forecasts say about both, with stated defaults where history is too short to say.
Not here: the long forecast (long_range).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.bands.walk_forward import PastForecasts
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, day_table
from wfm_pipeline.domain.forecasting.means.effect import CALLS_ADDED
from wfm_pipeline.units import DAYS_PER_WEEK

DEFAULT_START_VARIANCE: Final = 0.002
"""Variance of a queue's relative level in the first week before anything is tested: 4.5 %."""
DEFAULT_GROWTH_PER_WEEK: Final = 0.0005
"""Variance a level gains per week ahead before anything is tested: 12 % after half a year, 18 % after 64 weeks."""
DEFAULT_DAY_VARIANCE: Final = 0.01
"""Variance of a day around its week's level before anything is tested."""
TREND_WEEKS: Final = 26
"""Weeks whose slope is the trend [weeks]."""
LEAST_TREND_WEEKS: Final = 12
"""Known weeks below which there is no trend [weeks]."""
TREND_DAMPING: Final = 0.9
"""Part of last week's growth that goes on for another week; all of it comes to nine more weeks of growth."""
MOST_WEEKLY_GROWTH: Final = 0.03
"""Largest trend, either way [log per week]: damped, it comes to a factor of 1.3."""
TREND_GAINS: Final = (0.0, 0.5, 1.0)
"""Parts of the damped trend that are tried."""
TREND_EARNS: Final = 0.05
"""Fall of the weekly error from which a trend is followed [share]."""
LEAST_TESTS: Final = 6
"""Past origins below which no trend is followed: with three it looked useful on a desk where it was not."""
HALF_ORIGINS: Final = 4.0
"""Past origins at which what was seen weighs half beside the defaults."""
HALF_DAY_FORECASTS: Final = 20.0
"""Day forecasts at which a queue's own day variance weighs half beside the default [count]."""
LEAST_DAY_VARIANCE: Final = 1e-5
"""Smallest variance of a day around its week's level: 0.3 %."""
CLIP: Final = 1.0
"""Largest log error that counts."""
LEAST_WEEK_SHARE: Final = 0.5
"""Share of a week's forecast calls that must be known: half of a week tells its level [0..1]."""
LEAST_WEEK_SQUARE: Final = 1e-6
"""Smallest squared log error of weeks that a queue's own is held against."""
MOST_SCALE: Final = 4.0
"""Factor, either way, that a queue's variance may differ from all queues' by."""
LEAST_GROWTH_PER_WEEK: Final = DEFAULT_GROWTH_PER_WEEK / 4
"""Growth that no history talks the bands out of: a few quiet months prove no steady level."""


@dataclass(frozen=True, slots=True)
class LongErrors:
    """How wrong long forecasts are.

    Attributes:
        start: Variance of the level's log error in the first week; shape (queues,).
        growth: Variance it gains per week ahead; shape (queues,).
        day: Variance of a day's log error around its week's level; shape (queues,).
        trend_gain: Part of the damped trend that is followed.
        origins: Past origins behind it; 0 means defaults.
        tested_weeks: Longest horizon that was tested [weeks].
    """

    start: FloatArray
    growth: FloatArray
    day: FloatArray
    trend_gain: float
    origins: int
    tested_weeks: int


def damped(weeks: FloatArray) -> FloatArray:
    """How far a damped trend has come.

    Args:
        weeks: Weeks ahead, 0 the first [weeks].

    Returns:
        Weeks of undamped growth by the middle of each week ahead [weeks], at most 9.

    Source:
        Gardner & McKenzie (1985), damped trends.
    """
    return TREND_DAMPING * (1 - TREND_DAMPING ** (weeks + 0.5)) / (1 - TREND_DAMPING)


def weekly_slope(panel: CallPanel) -> FloatArray:
    """Robust growth of each queue's level over its last weeks.

    Args:
        panel: The history.

    Returns:
        Log growth per week; shape (queues,); 0 where there are fewer than LEAST_TREND_WEEKS.

    Source:
        Theil (1950), Sen (1968): the median of all slopes between two weeks.
    """
    totals, weekday = day_table(panel).total, panel.weekday
    last = totals[:, -TREND_WEEKS * DAYS_PER_WEEK :]
    kind = weekday[-TREND_WEEKS * DAYS_PER_WEEK :]
    logs = np.log(last + CALLS_ADDED)
    slope = np.zeros(len(totals))
    for queue, row in enumerate(logs):
        free = row.copy()
        for day in range(DAYS_PER_WEEK):
            same = kind == day
            if (~np.isnan(row[same])).any():
                free[same] -= np.nanmedian(row[same])
        weeks = len(free) // DAYS_PER_WEEK
        blocks = free[len(free) - weeks * DAYS_PER_WEEK :].reshape(weeks, DAYS_PER_WEEK)
        known = ~np.isnan(blocks).all(axis=1)
        if known.sum() >= LEAST_TREND_WEEKS:
            number, level = np.flatnonzero(known), np.nanmedian(blocks[known], axis=1)
            first, second = np.triu_indices(len(number), 1)
            slope[queue] = np.median((level[second] - level[first]) / (number[second] - number[first]))
    return np.clip(slope, -MOST_WEEKLY_GROWTH, MOST_WEEKLY_GROWTH)


def learn_long_errors(past: PastForecasts, slopes: FloatArray) -> LongErrors:
    """Growth of errors, and the trend's worth, from forecasts of past origins.

    Args:
        past: Forecasts of whole weeks from several origins, without trend.
        slopes: Log growth per week as known at each origin; shape (origins, queues).

    Returns:
        Variances and the trend's gain; the defaults without any past forecast.

    Source:
        docs/methods/long_range.md, steps 3 and 4.
    """
    origins, queues, horizon = past.mean.shape[:3]
    weeks = horizon // DAYS_PER_WEEK
    said, came, known = _week_sums(past, weeks)
    tested = known.any(axis=(0, 1))
    if not tested.any():
        return _defaults(queues)
    error = np.where(known, np.log((came + CALLS_ADDED) / (said + CALLS_ADDED)), np.nan)
    ahead = np.arange(weeks, dtype=np.float64)
    gain = _trend_gain(error, came, slopes, ahead)
    left = np.clip(error - gain * slopes[:, :, None] * damped(ahead), -CLIP, CLIP)
    belief = origins / (origins + HALF_ORIGINS)
    start, growth = _growth(left, said, ahead, belief)
    day = _day_variance(past, left, weeks)
    return LongErrors(start, growth, day, gain, origins, int(np.flatnonzero(tested).max()) + 1)


def _defaults(queues: int) -> LongErrors:
    return LongErrors(
        np.full(queues, DEFAULT_START_VARIANCE),
        np.full(queues, DEFAULT_GROWTH_PER_WEEK),
        np.full(queues, DEFAULT_DAY_VARIANCE),
        0.0,
        0,
        0,
    )


def _week_sums(past: PastForecasts, weeks: int) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Weeks of every origin: forecast and outcome over the known cells; a week needs most of its forecast known."""
    cells = ~np.isnan(past.actual)
    shape = (*past.mean.shape[:2], weeks, DAYS_PER_WEEK)

    def summed(values: FloatArray) -> FloatArray:
        return values.sum(axis=3)[:, :, : weeks * DAYS_PER_WEEK].reshape(shape).sum(axis=3)

    said, came = summed(np.where(cells, past.mean, 0.0)), summed(np.where(cells, past.actual, 0.0))
    whole = summed(past.mean)
    known: BoolArray = (said > LEAST_WEEK_SHARE * whole) & (said > 0)
    return said, came, known


def _trend_gain(error: FloatArray, came: FloatArray, slopes: FloatArray, ahead: FloatArray) -> float:
    """Part of the trend that lowers the absolute error of weeks by enough, all queues together."""
    known = ~np.isnan(error)
    if known.any(axis=(1, 2)).sum() < LEAST_TESTS:
        return 0.0
    move = slopes[:, :, None] * damped(ahead)
    loss = [float((np.abs(error - gain * move) * np.sqrt(came))[known].sum()) for gain in TREND_GAINS]
    best = int(np.argmin(loss))
    return TREND_GAINS[best] if loss[best] <= (1 - TREND_EARNS) * loss[0] else 0.0


def _growth(left: FloatArray, said: FloatArray, ahead: FloatArray, belief: float) -> tuple[FloatArray, FloatArray]:
    """Start and growth of the level's variance: a line through squared errors, scaled per queue."""
    from scipy.optimize import nnls

    square = left**2 - 1 / np.maximum(said, 1.0)
    known = ~np.isnan(square)
    count = known.sum(axis=(0, 1))
    seen = np.where(known, square, 0.0).sum(axis=(0, 1)) / np.maximum(count, 1)
    root = np.sqrt(count)
    line = np.stack([np.ones_like(ahead), ahead], axis=1)
    fitted, _ = nnls(line * root[:, None], np.maximum(seen, 0.0) * root)
    start = belief * fitted[0] + (1 - belief) * DEFAULT_START_VARIANCE
    growth = belief * fitted[1] + (1 - belief) * DEFAULT_GROWTH_PER_WEEK
    own = np.where(known, square, 0.0).sum(axis=(0, 2))
    usual = np.where(known, np.maximum(seen, LEAST_WEEK_SQUARE), 0.0).sum(axis=(0, 2))
    scale = np.clip(np.divide(own, usual, out=np.ones_like(own), where=usual > 0), 1 / MOST_SCALE, MOST_SCALE)
    drawn = belief * scale + (1 - belief)
    return start * drawn, np.maximum(growth, LEAST_GROWTH_PER_WEEK) * drawn


def _day_variance(past: PastForecasts, left: FloatArray, weeks: int) -> FloatArray:
    """Variance of days around their week's level, beyond counting noise; shape (queues,)."""
    cells = ~np.isnan(past.actual)
    said, came = np.where(cells, past.mean, 0.0).sum(axis=3), np.where(cells, past.actual, 0.0).sum(axis=3)
    inside = slice(None, weeks * DAYS_PER_WEEK)
    level = np.repeat(np.nan_to_num(left), DAYS_PER_WEEK, axis=2)
    known = (said > 0)[:, :, inside] & np.repeat(~np.isnan(left), DAYS_PER_WEEK, axis=2)
    error = np.log((came[:, :, inside] + CALLS_ADDED) / (said[:, :, inside] + CALLS_ADDED)) - level
    square = np.clip(error, -CLIP, CLIP) ** 2 - 1 / np.maximum(said[:, :, inside], 1.0)
    total = np.where(known, square, 0.0).sum(axis=(0, 2))
    count = known.sum(axis=(0, 2))
    drawn = (total + HALF_DAY_FORECASTS * DEFAULT_DAY_VARIANCE) / (count + HALF_DAY_FORECASTS)
    return np.maximum(drawn, LEAST_DAY_VARIANCE)
