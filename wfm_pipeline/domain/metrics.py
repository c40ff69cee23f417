"""Scores of forecasts: point errors, quantile losses, band coverage and the floor nobody gets under.

Here: pure functions of arrays that everybody scores with. Not here: which rows are scored
(domain/forecasting/judging/scores) or what a score is compared with.

NaN rule of every score: a pair in which any value is NaN is left out; a score without any pair, or
that would divide by zero calls, is NaN and never 0 or infinity.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.errors import DataError

POISSON_NORMAL_FROM = 1e6
"""Rate above which the mean deviation of a Poisson count is sqrt(2 rate / pi) to 7 digits."""


def _pairs(*columns: ArrayLike) -> list[FloatArray]:
    arrays = [np.asarray(column, dtype=np.float64).ravel() for column in columns]
    sizes = {array.size for array in arrays}
    if len(sizes) > 1:
        raise DataError(f"scores need columns of one length, got lengths {sorted(sizes)}", got=sorted(sizes))
    known = ~np.isnan(np.vstack(arrays)).any(axis=0)
    return [array[known] for array in arrays]


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else float("nan")


def wmape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Weighted absolute percentage error: sum of absolute errors over sum of actuals.

    Args:
        actual: What came [calls], >= 0; shape (n,).
        forecast: What was forecast [calls]; shape (n,).

    Returns:
        Share [0..inf); lower is better. NaN where no pair is known or the actuals sum to 0.

    Raises:
        DataError: the two have different lengths.

    Example:
        >>> wmape([10, 20], [12, 17])  # (2 + 3) / 30
        0.16666666666666666
    """
    known, guess = _pairs(actual, forecast)
    return _ratio(float(np.abs(guess - known).sum()), float(known.sum()))


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum of (forecast - actual) over sum of actuals: positive forecasts too much.

    Args:
        actual: What came [calls], >= 0; shape (n,).
        forecast: What was forecast [calls]; shape (n,).

    Returns:
        Share (-1..inf) for non-negative forecasts; NaN as in `wmape`.

    Raises:
        DataError: the two have different lengths.

    Example:
        >>> bias([10, 20], [12, 24])  # (2 + 4) / 30
        0.2
    """
    known, guess = _pairs(actual, forecast)
    return _ratio(float((guess - known).sum()), float(known.sum()))


def volume_error(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Absolute error of the total over the total of the actuals.

    Args:
        actual: What came [calls], >= 0; shape (n,).
        forecast: What was forecast [calls]; shape (n,).

    Returns:
        Share [0..inf); NaN as in `wmape`.

    Raises:
        DataError: the two have different lengths.

    Example:
        >>> volume_error([10, 20], [13, 14])  # |27 - 30| / 30
        0.1
    """
    return abs(bias(actual, forecast))


def pinball_loss(actual: ArrayLike, quantile_forecast: ArrayLike, level: float) -> float:
    """Mean quantile loss at one level; its minimum is at the true quantile.

    Args:
        actual: What came [calls]; shape (n,).
        quantile_forecast: Forecast of the quantile [calls]; shape (n,).
        level: The quantile's level, in (0, 1).

    Returns:
        Mean loss [calls], >= 0; lower is better. NaN without a known pair.

    Raises:
        DataError: level outside (0, 1), or different lengths.

    Source:
        Koenker & Bassett (1978), Regression Quantiles.

    Example:
        >>> round(pinball_loss([10.0], [12.0], 0.9), 4)  # 2 too high, a tenth of it counts
        0.2
    """
    if not 0 < level < 1:
        raise DataError(f"level must be in (0, 1), got {level}; write 10 % as 0.1", got=level)
    known, guess = _pairs(actual, quantile_forecast)
    if not known.size:
        return float("nan")
    miss = known - guess
    return float(np.mean(np.maximum(level * miss, (level - 1) * miss)))


def relative_pinball_loss(actual: ArrayLike, quantiles: Mapping[float, ArrayLike]) -> float:
    """Mean of the quantile losses divided by the mean of the actuals; comparable across queues.

    Args:
        actual: What came [calls]; shape (n,).
        quantiles: Level -> forecast of that quantile [calls]; shape (n,) each.

    Returns:
        Share [0..inf). NaN without quantiles, without a known pair, or where the actuals sum to 0.

    Raises:
        DataError: a level outside (0, 1), or different lengths.
    """
    if not quantiles:
        return float("nan")
    known, *guesses = _pairs(actual, *quantiles.values())
    losses = [pinball_loss(known, guess, level) for level, guess in zip(quantiles, guesses, strict=True)]
    return _ratio(float(np.mean(losses)), float(known.mean())) if known.size else float("nan")


def band_coverage(actual: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of actuals inside [lower, upper], both ends included.

    Args:
        actual: What came [calls]; shape (n,).
        lower: Lower ends of the bands [calls]; shape (n,).
        upper: Upper ends [calls]; shape (n,).

    Returns:
        Share [0..1]; NaN without a known triple. An 80 % band should cover 0.8.

    Raises:
        DataError: different lengths.

    Example:
        >>> band_coverage([1, 5, 9], [0, 6, 9], [2, 8, 9])
        0.6666666666666666
    """
    known, low, high = _pairs(actual, lower, upper)
    return float(np.mean((known >= low) & (known <= high))) if known.size else float("nan")


def poisson_mean_deviation(rate: ArrayLike) -> FloatArray:
    """Expected absolute distance of a Poisson count from the median of its law, element by element.

    The median, not the mean: it is the point with the smallest absolute error, so nothing that
    knows the rate alone can do better.

    Args:
        rate: Expected count [calls], >= 0; NaN stays NaN.

    Returns:
        Expected absolute deviation [calls]; shape of the input.

    Source:
        E|N - k| = 2 (k P(N <= k) - rate P(N <= k - 1)) + rate - k; Crow (1958) for the mean case.
    """
    rates = np.atleast_1d(np.asarray(rate, dtype=np.float64))
    small = np.where(rates < POISSON_NORMAL_FROM, rates, np.nan)
    # The median lies between rate - log 2 and rate + 1/3, and the deviation is smallest there.
    near = [np.maximum(np.floor(small) + step, 0) for step in (-1, 0, 1)]
    deviation = np.minimum.reduce([_deviation_from(point, small) for point in near])
    return np.where(rates >= POISSON_NORMAL_FROM, np.sqrt(2 * rates / np.pi), deviation)


def _deviation_from(point: FloatArray, rate: FloatArray) -> FloatArray:
    from scipy.special import pdtr

    below = np.where(point > 0, pdtr(np.maximum(point - 1, 0), rate), 0.0)
    return 2 * (point * pdtr(point, rate) - rate * below) + rate - point


def poisson_floor(expected: ArrayLike) -> float:
    """Expected wMAPE of a forecast that knows the true rate, if calls come as a Poisson stream.

    Args:
        expected: Calls expected, or the calls that came as their unbiased guess [calls], >= 0.

    Returns:
        Share [0..inf): sum of expected absolute deviations over the sum of the rates. NaN where
        nothing is known or all is 0. From counts themselves it is a slight underestimate at
        rates below one, because a count of 0 is taken as a rate of 0.

    Raises:
        DataError: a negative rate.
    """
    (rates,) = _pairs(expected)
    if rates.size and float(rates.min()) < 0:
        raise DataError(f"a rate cannot be negative, got {float(rates.min())}", got=float(rates.min()))
    return _ratio(float(poisson_mean_deviation(rates).sum()), float(rates.sum()))
