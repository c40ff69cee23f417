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
LEAST_WEEKS: Final = 3
"""Weeks before a week from which it is expected: with fewer nothing is known of a weekday's hour [weeks]."""
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


def expected_counts(counts: FloatArray, *, least_weeks: int = LEAST_WEEKS, leaning: Leaning = Leaning()) -> FloatArray:
    """Expected count of every hour from the weeks before its week.

    Args:
        counts: Shape (n_weeks, 7, 24, n_queues), NaN where nothing is known or the hour does not count.
        least_weeks: Weeks before a week from which it is expected [count].
        leaning: How much is leant on what is shared.

    Returns:
        The same shape, >= 0; NaN in the first weeks and of queues without a known hour before.

    Example:
        >>> week = np.ones((4, 7, 24, 1))
        >>> expected_counts(week)[3, 0, 0, 0].round(3)
        np.float64(1.0)
    """
    known = ~np.isnan(counts)
    total = np.cumsum(np.where(known, counts, 0.0), axis=0)
    hours = np.cumsum(known, axis=0)
    expected = np.full(counts.shape, np.nan)
    for week in range(least_weeks, len(counts)):
        expected[week] = _one_week(total[week - 1], hours[week - 1].astype(np.float64), leaning)
    return expected


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


def expected_changes(changes: FloatArray, *, least_weeks: int = LEAST_WEEKS) -> FloatArray:
    """Expected change of every hour from the weeks before its week: their mean, leaning on no change.

    Args:
        changes: Shape (n_weeks, 7, 24, n_queues), of either sign; NaN where nothing is known or the hour does not count.
        least_weeks: Weeks before a week from which it is expected [count].

    Returns:
        The same shape; NaN in the first weeks.
    """
    known = ~np.isnan(changes)
    total = np.cumsum(np.where(known, changes, 0.0), axis=0)
    hours = np.cumsum(known, axis=0)
    expected = np.full(changes.shape, np.nan)
    for week in range(least_weeks, len(changes)):
        expected[week] = total[week - 1] / (hours[week - 1] + STEADY_WEEKS)
    return expected
