"""What a normal day of each weekday brings: robust levels, and the distance of a day from them.

Here: medians by weekday and log distances. Not here: where the level is going (drift, level).
"""

from collections.abc import Sequence

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.forecasting.desk.panel import last_dates
from wfm_pipeline.domain.forecasting.desk.state import DeskState
from wfm_pipeline.domain.forecasting.means.effect import CALLS_ADDED, nan_median
from wfm_pipeline.units import DAYS_PER_WEEK


def log_distance(calls: FloatArray, expected: FloatArray) -> FloatArray:
    """How far days lie from what was expected; small days are held back.

    Args:
        calls: What came [calls]; NaN = unknown.
        expected: What was expected [calls]; same shape.

    Returns:
        Log ratio, CALLS_ADDED on both sides [log]; same shape.
    """
    return np.log((calls + CALLS_ADDED) / (expected + CALLS_ADDED))


def weekday_medians(freed: FloatArray, state: DeskState, days: Sequence[int]) -> FloatArray:
    """Mean of the medians of the last days of each weekday.

    A short and a long median together follow a new level sooner than the long one, and a single odd day less than the
    short one.

    Args:
        freed: Day totals of the first dates of the history, NaN where not normal; shape (queues, dates).
        state: Tells weekdays and working days.
        days: Days of a weekday that count, one number per median; each >= 1.

    Returns:
        Shape (queues, 7) [calls].
    """
    level = np.full((len(freed), DAYS_PER_WEEK), np.nan)
    for day in range(DAYS_PER_WEEK):
        same = freed[:, state.types.weekday[: freed.shape[1]] == day]
        if same.shape[1]:
            level[:, day] = np.mean([_last_median(same, count) for count in days], axis=0)
    return fill_unseen(level, state)


def _last_median(values: FloatArray, count: int) -> FloatArray:
    """Median of the last known values of each row; NaN without any."""
    dates, known = last_dates(~np.isnan(values), count)
    return nan_median(np.where(known, np.take_along_axis(values, dates, axis=1), np.nan))


def fill_unseen(values: FloatArray, state: DeskState) -> FloatArray:
    """Give weekdays never seen the mean of the working weekdays seen, or of all; 0 without any.

    Args:
        values: Shape (queues, 7, ...), NaN on weekdays never seen.
        state: Tells which weekdays are working days.

    Returns:
        The values without NaN; same shape and unit.
    """
    working = np.isin(np.arange(DAYS_PER_WEEK), state.types.weekday[state.types.is_working])
    filled = values.copy()
    for queue in range(len(values)):
        seen = ~np.isnan(values[queue].reshape(DAYS_PER_WEEK, -1)[:, 0])
        lenders = seen & working if (seen & working).any() else seen
        lent = values[queue][lenders].mean(axis=0) if lenders.any() else 0.0
        filled[queue][~seen] = lent
    return filled
