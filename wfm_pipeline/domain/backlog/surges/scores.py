"""How unlikely an hour is, as a standard normal score: counts by a negative binomial law, changes by their own spread.

A count's score is that of the middle of its probability (mid-p): few and many cases are on one scale, and the same hour always gives the same
score. What the law does not get right does no harm to the rate of false alarms: limits come from the scores themselves (limits).
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray

SPREAD_CASES: Final = 50.0
"""Sum of squared expected cases by which a queue's spread leans on the site's [count^2]."""
MOST_SCORE: Final = 7.0
"""Scores are cut here: beyond 1 in 10^12 a law says nothing [1]."""
_LEAST_SPREAD: Final = 1e-6
"""Spread of a law that is Poisson for all that can be seen [1]."""
_LEAST_TAIL: Final = 1e-12
_SPREAD_HOURS: Final = 168.0
"""Hours by which a queue's variance leans on the site's: a week [h]."""


def spread_of(counts: FloatArray, expected: FloatArray, doubt: float | FloatArray = 0.0) -> FloatArray:
    """How much more than Poisson counts spread around what is expected: variance = mean + (spread + doubt) x mean^2.

    Args:
        counts: Shape (..., n_queues); NaN is left out.
        expected: The same shape.
        doubt: Of the expected counts, the same shape.

    Returns:
        Shape (n_queues,), > 0; of a queue with few cases about the site's.
    """
    axes = tuple(range(counts.ndim - 1))
    more = np.nansum((counts - expected) ** 2 - expected - doubt * expected**2, axis=axes)
    squares = np.nansum(np.where(np.isnan(counts), np.nan, expected) ** 2, axis=axes)
    site = max(more.sum() / max(squares.sum(), LEAST_DIVISOR), 0.0)
    return np.maximum((more + SPREAD_CASES * site) / (squares + SPREAD_CASES), _LEAST_SPREAD)


def count_scores(
    counts: FloatArray, expected: FloatArray, spread: FloatArray, *, part: float | FloatArray = 0.5
) -> FloatArray:
    """Score of a count; high is many.

    Args:
        counts: Shape (..., n_queues), >= 0.
        expected: The same shape, >= 0.
        spread: As `spread_of` gives, doubt added, > 0; shape (n_queues,) or that of counts.
        part: Which part of a count's own probability lies below it [0..1]: 0.5 is the middle; a uniform number makes the score exact.

    Returns:
        The same shape; NaN where one is not known.

    Example:
        >>> count_scores(np.array([[0.0], [3.0]]), np.array([[1.0], [1.0]]), np.array([1e-6])).round(2).tolist()
        [[-0.9], [1.65]]
    """
    from scipy.special import ndtri

    below, upto = _share_upto(counts - 1, expected, spread), _share_upto(counts, expected, spread)
    share = below + part * (upto - below)
    return np.clip(ndtri(np.clip(share, _LEAST_TAIL, 1 - _LEAST_TAIL)), -MOST_SCORE, MOST_SCORE)


def count_at(score: float, expected: float, spread: float, *, is_low: bool = False) -> float:
    """Count from which an hour has a score.

    Args:
        score: The score.
        expected: Expected count, >= 0.
        spread: Of the queue.
        is_low: Few are unlikely: the largest count whose score is at most `-score`.

    Returns:
        The count; with `is_low` -1 where no count is few enough.
    """
    counts = np.arange(0.0, np.ceil(10 * (expected + 10) * (1 + spread * expected)))
    scores = count_scores(counts[:, None], np.full((len(counts), 1), expected), np.array([spread]))[:, 0]
    if is_low:
        return float(np.count_nonzero(scores <= -score)) - 1
    return float(np.count_nonzero(scores < score))


def _share_upto(counts: FloatArray, expected: FloatArray, spread: FloatArray) -> FloatArray:
    """Probability of at most so many; 0 below 0."""
    from scipy.special import betainc

    size = 1.0 / spread
    share = betainc(size, np.maximum(counts, 0.0) + 1.0, size / (size + expected))
    return np.where(counts < 0, 0.0 * share, share)


def change_scale(changes: FloatArray, expected: FloatArray) -> FloatArray:
    """Usual size of what is left of a change in each hour of the week.

    Args:
        changes: Shape (n_weeks, 7, 24, n_queues); NaN is left out.
        expected: The same shape.

    Returns:
        Shape (7, 24, n_queues), > 0: the queue's own size times how much that weekday and that hour move at the site. Of both together there are
        too few weeks: a size that few hours of the past have made finds those hours quiet and each new one loud.
    """
    squares = (changes - expected) ** 2
    known = (~np.isnan(squares)).astype(np.float64)
    squares = np.nan_to_num(squares)
    site = squares.sum() / max(known.sum(), 1.0)
    weekday = squares.sum(axis=(0, 2, 3)) / np.maximum(known.sum(axis=(0, 2, 3)), 1.0)
    hour = squares.sum(axis=(0, 1, 3)) / np.maximum(known.sum(axis=(0, 1, 3)), 1.0)
    product = np.outer(weekday, hour) / max(site, LEAST_DIVISOR)
    shape = (product + site) / max(2 * site, LEAST_DIVISOR)  # half its own, half even: a quiet hour is not without risk
    own = (squares.sum(axis=(0, 1, 2)) + _SPREAD_HOURS * site) / (known.sum(axis=(0, 1, 2)) + _SPREAD_HOURS)
    return np.sqrt(np.maximum(shape[:, :, None] * own, LEAST_DIVISOR))
