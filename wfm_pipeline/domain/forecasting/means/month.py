"""The month's own rhythm: a smooth curve over the day of the month, beside the trees.

Here: a kernel mean over neighbouring days of the month. Not here: how far it is believed (effect).
Trees cut the month into steps; pay days and invoices make hills. Each sees what the other misses.
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.forecasting.desk.calendar_facts import FEATURES

DAYS: Final = 31
"""Places on the curve, the 1st to the 31st [days]."""
MEAN_MONTH_DAYS: Final = 30.4
"""Length of the circle on which the 31st stands beside the 1st [days]."""
BANDWIDTH_DAYS: Final = 2.0
"""Standard deviation of the kernel: pay days and invoices fall on a day or its neighbours [days]."""
PRIOR_DAYS: Final = 4.0
"""Weight of the belief that the month does nothing [days]."""
DAY_OF_MONTH: Final = FEATURES.index("day_of_month")
_SINCE, _UNTIL, _OTHER = (FEATURES.index(name) for name in ("days_since_holiday", "days_to_holiday", "other_category"))


def month_curve(rows: FloatArray, goal: FloatArray, weight: FloatArray) -> FloatArray:
    """Smooth mean of the goal by day of the month, from days that are no kind of holiday.

    Args:
        rows: Features of days; shape (rows, features).
        goal: What is to be explained [log]; shape (rows,).
        weight: Weight of each day, >= 0; shape (rows,).

    Returns:
        Shape (31,) [log]; 0 where nothing is known.

    Source:
        docs/methods/forecasting.md, step 2.
    """
    ordinary = (rows[:, _SINCE] > 0) & (rows[:, _UNTIL] > 0) & (rows[:, _OTHER] == 0)
    away = np.abs(np.arange(1, DAYS + 1)[:, None] - rows[None, :, DAY_OF_MONTH])
    away = np.minimum(away, MEAN_MONTH_DAYS - away)
    kernel = np.exp(-((away / BANDWIDTH_DAYS) ** 2) / 2) * (weight * ordinary)[None, :]
    return (kernel * goal[None, :]).sum(axis=1) / (kernel.sum(axis=1) + PRIOR_DAYS)


def on_curve(curve: FloatArray, rows: FloatArray) -> FloatArray:
    """The curve's value for days; features in the last axis, which the result lacks.

    Args:
        curve: From `month_curve`; shape (31,) [log].
        rows: Features of days; shape (..., features).

    Returns:
        The curve's value on those days [log]; shape (...).
    """
    return curve[rows[..., DAY_OF_MONTH].astype(np.int64) - 1]
