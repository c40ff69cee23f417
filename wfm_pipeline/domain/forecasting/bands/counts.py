"""Counts that scatter more than Poisson: the negative binomial law with Var = m + f m^2.

Here: its likelihood, its distribution and its quantiles, vectorised. Not here: where m and f come
from (bands).
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray

DISPERSIONS: Final = np.concatenate([[1e-6], np.geomspace(1e-4, 2.0, 40)])
"""Over-dispersions f the likelihood is asked about; the first is as good as Poisson."""
WORST_CELL_SHARE: Final = 0.02
"""Share of the least likely cells whose log likelihood is clipped, so that no single day decides f."""
MOST_CELLS: Final = 4_000
"""Cells the likelihood looks at; more are thinned evenly."""


def log_likelihood(counts: FloatArray, mean: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Log probability of counts.

    Args:
        counts: Counts; shape (n,).
        mean: Mean m > 0; shape (n,).
        dispersion: f > 0; shape (k,).

    Returns:
        Log probability [log]; shape (k, n).
    """
    from scipy.special import gammaln

    size = 1 / np.asarray(dispersion)[:, None]
    below = np.log1p(mean / size)
    binomial = gammaln(counts + size) - gammaln(size) - gammaln(counts + 1)
    return binomial + counts * (np.log(mean / size) - below) - size * below


def fit_dispersion(counts: FloatArray, mean: FloatArray, *, default: float) -> float:
    """Most likely f, the least likely cells clipped.

    Args:
        counts: Counts that came; shape (n,).
        mean: Means that were forecast; shape (n,); cells with mean 0 are left out.
        default: Answer without any cell.

    Returns:
        Over-dispersion f of Var = m + f m^2, one of DISPERSIONS.
    """
    some = mean > 0
    counts, mean = counts[some], mean[some]
    if not counts.size:
        return default
    thin = slice(None, None, -(-counts.size // MOST_CELLS))
    scores = log_likelihood(counts[thin], mean[thin], DISPERSIONS)
    floor = np.quantile(scores, WORST_CELL_SHARE, axis=1, keepdims=True)
    return float(DISPERSIONS[np.argmax(np.maximum(scores, floor).sum(axis=1))])


def distribution(counts: FloatArray, mean: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Probability that a count is at most a number.

    Args:
        counts: Numbers [calls]; a negative one has probability 0.
        mean: Mean m of the law [calls], >= 0; a mean of 0 is a sure 0.
        dispersion: f of Var = m + f m^2, > 0; the three broadcast.

    Returns:
        P(N <= counts) [0..1].

    Example:
        >>> distribution(np.array([0.0, 2.0]), np.array([2.0, 0.0]), np.array([1e-6])).round(4).tolist()
        [0.1353, 1.0]
    """
    from scipy.stats import nbinom

    size = 1 / dispersion
    answer = nbinom.cdf(counts, size, size / (size + np.maximum(mean, LEAST_DIVISOR)))
    return np.where(mean > 0, answer, (counts >= 0).astype(float))


def integer_quantile(level: FloatArray, mean: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Smallest count k with P(N <= k) >= level.

    Args:
        level: Levels, in (0, 1).
        mean: Mean m of the law [calls], >= 0.
        dispersion: f of Var = m + f m^2, > 0; the three broadcast.

    Returns:
        Whole counts [calls]; 0 where the mean is 0.

    Example:
        >>> integer_quantile(np.array([0.1, 0.5, 0.9]), np.array([4.0]), np.array([1e-6])).tolist()
        [2.0, 4.0, 7.0]
    """
    from scipy.stats import nbinom

    size = 1 / dispersion
    answer = nbinom.ppf(level, size, size / (size + np.maximum(mean, LEAST_DIVISOR)))
    return np.where(mean > 0, answer, 0.0)


def middle_quantile(level: FloatArray, mean: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Half-way between the integer quantile and that of the mid-distribution, which is continuous.

    Integer quantiles cover too much where counts are small; this mends it.

    Args:
        level: Levels, in (0, 1).
        mean: Mean m of the law [calls], >= 0.
        dispersion: f of Var = m + f m^2, > 0; the three broadcast.

    Returns:
        Counts [calls], >= 0, halves and less too; 0 where the mean is 0.

    Source:
        Ma, Genton & Parzen (2011), Asymptotic properties of sample quantiles of discrete distributions.
    """
    whole = integer_quantile(level, mean, dispersion)
    below2, below = distribution(whole - 2, mean, dispersion), distribution(whole - 1, mean, dispersion)
    here, above = distribution(whole, mean, dispersion), distribution(whole + 1, mean, dispersion)
    middle_below, middle, middle_above = (below2 + below) / 2, (below + here) / 2, (here + above) / 2
    down = (level - middle) / np.maximum(middle - middle_below, LEAST_DIVISOR)
    up = (level - middle) / np.maximum(middle_above - middle, LEAST_DIVISOR)
    smooth = np.maximum(whole + np.clip(np.where(level < middle, down, up), -1.0, 1.0), 0.0)
    return np.where(mean > 0, (whole + smooth) / 2, 0.0)
