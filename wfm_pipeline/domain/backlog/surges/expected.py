"""What an hour should have brought: the same hour of the weeks before it, leaning on the whole site where a queue has few cases.

Every week is expected from weeks before it alone, so that what is left over has the size of what will be left over of the newest
day. Not here: how unlikely a difference is (scores).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray

SITE_CASES: Final = 3.0
"""Cases per hour of the week by which the site's own week leans on day of week x hour of day [count] (docs/methods/backlog.md)."""
QUEUE_CASES: Final = 5.0
"""Cases per hour of the week by which a queue's week leans on the site's [count] (docs/methods/backlog.md)."""
LOOKED_BACK: Final = 4
"""Weeks before a week from which it is expected [weeks] (docs/methods/backlog.md). The same for every week: where the newest is expected from more than the
past ones were, its scores are smaller than those that made the limits."""
STEADY_WEEKS: Final = 4.0
"""Weeks of nothing by which the mean change of an hour leans on no change [weeks]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """How much is leant on what is shared.

    Attributes:
        site_cases: Of the site's week on weekday x hour [cases per hour of the week].
        queue_cases: Of a queue's week on the site's [cases per hour of the week].
    """

    site_cases: float = SITE_CASES
    queue_cases: float = QUEUE_CASES


def expected_counts(
    counts: FloatArray, *, weeks: int = LOOKED_BACK, leaning: Leaning = Leaning()
) -> tuple[FloatArray, FloatArray]:
    """Expected count of every hour from the weeks before its week, and how far that may be wrong itself.

    Args:
        counts: Shape (n_weeks, 7, 24, n_queues), NaN where nothing is known or the hour does not count.
        weeks: Weeks before a week from which it is expected [count].
        leaning: How much is leant on what is shared.

    Returns:
        Expected counts, the same shape, >= 0; NaN in the first weeks and of queues without a known hour before. And their doubt: the
        variance of the expected count over its square, which falls with the cases that it was learnt from.

    Example:
        >>> expected, doubt = expected_counts(np.ones((5, 7, 24, 1)))
        >>> expected[4, 0, 0, 0].round(3), doubt[4, 0, 0, 0].round(3)
        (np.float64(1.0), np.float64(0.111))
    """
    total, hours = _weeks_before(counts, weeks)
    expected, doubt = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    for week in range(weeks, len(counts)):
        expected[week] = _one_week(total[week], hours[week], leaning)
        doubt[week] = 1.0 / (leaning.queue_cases + total[week])
    return expected, doubt


def _weeks_before(values: FloatArray, weeks: int) -> tuple[FloatArray, FloatArray]:
    """Sums over so many weeks before each week, and how many hours are in them; the first weeks are not filled."""
    known = ~np.isnan(values)
    total, hours = np.cumsum(np.where(known, values, 0.0), axis=0), np.cumsum(known, axis=0).astype(np.float64)
    before = [np.zeros_like(total), np.zeros_like(hours)]
    for sums, whole in zip(before, (total, hours), strict=True):
        sums[weeks:] = whole[weeks - 1 : -1]
        sums[weeks + 1 :] -= whole[: -weeks - 1]
    return before[0], before[1]


def _one_week(total: FloatArray, hours: FloatArray, leaning: Leaning) -> FloatArray:
    """Expected counts of a week, shape (7, 24, n_queues), from sums over former weeks and how many hours are in them."""
    shape = _site_week(total.sum(axis=2), leaning.site_cases)[:, :, None]
    level = total.sum(axis=(0, 1)) / np.maximum((shape * hours).sum(axis=(0, 1)), LEAST_DIVISOR)
    prior = shape * level
    own = prior * (leaning.queue_cases + total) / np.maximum(leaning.queue_cases + prior * hours, LEAST_DIVISOR)
    kept = np.where(hours > 0, own * hours, 0.0).sum(axis=(0, 1))
    scale = np.where(kept > 0, total.sum(axis=(0, 1)) / np.maximum(kept, LEAST_DIVISOR), 1.0)
    return np.where(hours.sum(axis=(0, 1)) > 0, own * scale, np.nan)


def _site_week(total: FloatArray, cases: float) -> FloatArray:
    """Share of the site's week in each of its hours, shape (7, 24), leaning on share of the day x share of the hour."""
    everything = total.sum()
    if everything <= 0:
        return np.full(total.shape, 1.0 / total.size)
    product = np.outer(total.sum(axis=1), total.sum(axis=0)) / everything**2
    return (total + cases * total.size * product) / (everything + cases * total.size)


def expected_changes(changes: FloatArray, *, weeks: int = LOOKED_BACK) -> FloatArray:
    """Expected change of every hour from the weeks before its week: their mean, leaning on no change.

    Args:
        changes: Shape (n_weeks, 7, 24, n_queues), of either sign; NaN where nothing is known or the hour does not count.
        weeks: Weeks before a week from which it is expected [count].

    Returns:
        The same shape; NaN in the first weeks.
    """
    total, hours = _weeks_before(changes, weeks)
    expected = total / (hours + STEADY_WEEKS)
    expected[:weeks] = np.nan
    return expected
