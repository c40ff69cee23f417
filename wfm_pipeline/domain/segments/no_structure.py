"""What chance alone would give: customers of one population, without groups, as many and as long known as ours.

Their rates are one Gamma, their handle times one lognormal, the two as correlated as ours; calls come by chance (Poisson)
and last by chance (one distribution). Not here: the comparison of ours with them (choice.py).
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray
from wfm_pipeline.domain.segments.shrinking import Figures, Priors, shrunk_rates

_CORRELATION_MAX: Final = 0.95
"""A correlation that is estimated above it is an accident of few customers."""
_SPREAD_LEAST: Final = 1e-3
"""Calls that spread less over their mean are of one length; a gamma of a larger shape is not drawn well."""


def correlation(figures: Figures, priors: Priors) -> float:
    """Correlation of customers' true rates and handle times, on the scale of logarithms.

    Args:
        figures: The customers.
        priors: What they have in common.

    Returns:
        [-0.95..0.95], without what the noise of few calls takes from it; 0 where either is alike for all.
    """
    if not priors.aht_spread > 0 or not priors.aht_mean_seconds > 0:
        return 0.0
    weight = figures.handled / (figures.handled + priors.handled_half)
    rate = np.log(shrunk_rates(figures, priors))
    length = figures.aht_seconds / priors.aht_mean_seconds - 1
    total = max(float(weight.sum()), LEAST_DIVISOR)
    rate, length = rate - (weight * rate).sum() / total, length - (weight * length).sum() / total
    spread = float((weight * rate**2).sum()) / total
    if spread <= LEAST_DIVISOR:
        return 0.0
    slope = float((weight * rate * length).sum()) / total / spread
    found = slope / (priors.aht_spread * np.sqrt(priors.rate_shape))
    return float(np.clip(found, -_CORRELATION_MAX, _CORRELATION_MAX))


def one_population(figures: Figures, priors: Priors, shared: float, rng: np.random.Generator) -> Figures:
    """Customers drawn from one population.

    Args:
        figures: Ours: how many, how long known, which share of their calls has a known handle time.
        priors: What ours have in common.
        shared: Correlation of rates and handle times.
        rng: Draws them.

    Returns:
        As many customers, each as long known as one of ours.
    """
    from scipy.special import gammaincinv, ndtr

    n = len(figures)
    one, two = rng.standard_normal((2, n))
    rates = gammaincinv(priors.rate_shape, ndtr(one)) / priors.rate_weeks
    repeats = rng.poisson(rates * figures.weeks).astype(float)
    known_share = figures.handled.sum() / (len(figures) + figures.repeats.sum())
    handled = rng.binomial((repeats + 1).astype(np.int64), min(known_share, 1.0)).astype(float)
    means = _lognormal(shared * one + np.sqrt(1 - shared**2) * two, priors)
    return Figures(
        repeats, figures.weeks, handled, _measured(means, handled, figures.call_spread, rng), figures.call_spread
    )


def _lognormal(normal: FloatArray, priors: Priors) -> FloatArray:
    """Customers' true mean handle times [s]."""
    sigma = np.sqrt(np.log1p(priors.aht_spread**2))
    mean = priors.aht_mean_seconds if priors.aht_mean_seconds > 0 else 0.0
    return mean * np.exp(sigma * normal - sigma**2 / 2)


def _measured(means: FloatArray, handled: FloatArray, spread: float, rng: np.random.Generator) -> FloatArray:
    """Means of so many handle times: of gammas, whose sum is a gamma."""
    shape = np.where(handled > 0, handled, 1.0) / max(spread, _SPREAD_LEAST) ** 2
    return np.where(handled > 0, means * rng.gamma(shape) / shape, 0.0)
