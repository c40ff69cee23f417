"""Two branches over scores: one hour that is far out, and many hours that add up. Either begins an alarm.

The sum is a CUSUM: it takes what a score has above `allowance`, never falls below 0, and is cut at its limit, so that an alarm ends
some quiet hours after its cause. An alarm stands while the sum is above half its limit. Hours without a score leave all as it is.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray

ALLOWANCE: Final = 0.5
"""What an hour's score may have and add nothing [1] (chosen on even weeks, docs/methods/backlog.md)."""
STAYS_ABOVE: Final = 0.5
"""Share of the sum's limit above which an alarm that began stands [0..1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLimits:
    """Where an alarm begins.

    Attributes:
        hour: Score of a single hour.
        total: Sum of what hours have above the allowance.
    """

    hour: float
    total: float


@dataclass(frozen=True, slots=True, eq=False)
class Charted:
    """What the chart says of every hour; shape (n_hours, n_series) each.

    Attributes:
        is_alarm: An alarm stands at the hour's end.
        total: The sum at the hour's end.
    """

    is_alarm: BoolArray
    total: FloatArray


def chart(scores: FloatArray, limits: ChartLimits, *, allowance: float = ALLOWANCE) -> Charted:
    """Run both branches from a quiet beginning.

    Args:
        scores: Shape (n_hours, n_series), in order of time; NaN: no score.
        limits: Where an alarm begins.
        allowance: What a score may have and add nothing.

    Returns:
        Alarms and sums.

    Example:
        >>> scores = np.array([[0.0], [2.0], [2.0], [np.nan], [-3.0]])
        >>> chart(scores, ChartLimits(hour=5.0, total=3.0)).is_alarm[:, 0].tolist()
        [False, False, True, True, False]
    """
    is_alarm, totals = np.zeros(scores.shape, dtype=np.bool_), np.zeros(scores.shape)
    total, stands = np.zeros(scores.shape[1:]), np.zeros(scores.shape[1:], dtype=np.bool_)
    is_known = ~np.isnan(scores)
    given = np.where(is_known, scores, 0.0)
    added = np.where(is_known, given - allowance, 0.0)
    begins = is_known & (given >= limits.hour)
    for hour in range(len(scores)):
        total = np.clip(total + added[hour], 0.0, limits.total)
        is_over = is_known[hour] & (total >= limits.total) & (total > 0)
        stands = begins[hour] | is_over | (stands & (total >= STAYS_ABOVE * limits.total)) | (stands & ~is_known[hour])
        is_alarm[hour], totals[hour] = stands, total
    return Charted(is_alarm, totals)


def beginnings(is_alarm: BoolArray) -> BoolArray:
    """Hours in which an alarm begins: it stands, and did not in the hour before.

    Args:
        is_alarm: As charted, shape (n_hours, n_series).

    Returns:
        The same shape.
    """
    before = np.zeros_like(is_alarm)
    before[1:] = is_alarm[:-1]
    return is_alarm & ~before
