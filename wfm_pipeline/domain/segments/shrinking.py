"""What a customer's own figures are worth: rates and handle times pulled to everybody's by how much is known.

Here: the prior of the rates (a Gamma) and of the handle times (by credibility), both estimated from the customers, and
the two features of a segment. Not here: customers drawn from the priors (no_structure.py). Method: docs/methods/segmentation.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray

_SHAPE_RANGE: Final = (0.02, 1e4)
"""Shapes of the Gamma that are tried: from one customer in fifty who calls at all to rates alike within 1 %."""
_ALIKE: Final = 0.1
"""Spread of true figures over their mean below which customers are alike: a tenth is nothing to act on [0..1]."""
_CALL_SPREAD_UNKNOWN: Final = 1.0
"""Spread of a handle time over its mean where nobody has two that are known: that of an exponential."""
_PRIOR_STEPS_MAX: Final = 100
"""Steps of the search for the Gamma; some fifteen are enough [count]."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of customers, one entry each.

    Attributes:
        repeats: Calls after the first [calls].
        weeks: Weeks from the first call to the end of the window, above 0 [weeks].
        handled: Answered calls whose handle time is known [calls].
        aht_seconds: Their mean handle time; 0 where none is known, and without weight there [s].
        call_spread: Standard deviation of a call's handle time over its customer's mean, over all customers.
    """

    repeats: FloatArray
    weeks: FloatArray
    handled: FloatArray
    aht_seconds: FloatArray
    call_spread: float

    def __len__(self) -> int:
        """Number of customers."""
        return len(self.repeats)

    def rows(self, places: np.ndarray) -> "Figures":
        """The customers at these places.

        Args:
            places: Positions or a mask.

        Returns:
            Theirs alone, with the same spread of calls.
        """
        repeats, weeks, handled, aht = (
            one[places] for one in (self.repeats, self.weeks, self.handled, self.aht_seconds)
        )
        return Figures(repeats, weeks, handled, aht, self.call_spread)


@dataclass(frozen=True, slots=True)
class Priors:
    """What customers have in common.

    Attributes:
        rate_shape: Shape of the Gamma of calls per week; large where all call alike.
        rate_weeks: Its rate: weeks of a customer's own history that count as much as the prior [weeks].
        aht_mean_seconds: Mean handle time of a call; NaN where none is known [s].
        aht_spread: Standard deviation of customers' mean handle times over that mean, without the noise of single calls.
        handled_half: Known handle times at which a customer's own mean counts half; inf where means do not differ [calls].
    """

    rate_shape: float
    rate_weeks: float
    aht_mean_seconds: float
    aht_spread: float
    handled_half: float


def learn_priors(figures: Figures) -> Priors:
    """Priors of the rates and handle times, from the customers themselves (empirical Bayes).

    Args:
        figures: At least one customer.

    Returns:
        The Gamma of greatest likelihood for repeat calls over weeks, and the moments of Bühlmann and Straub.

    Source:
        Fader, Hardie & Lee (2005), Counting Your Customers the Easy Way (repeat calls over the time since the first);
        Bühlmann & Straub (1970), Glaubwürdigkeit für Schadensätze (credibility by numbers of calls).
    """
    shape, weeks = _gamma(figures)
    mean, spread = _handle_moments(figures)
    half = (figures.call_spread / spread) ** 2 if spread > 0 else np.inf
    return Priors(shape, weeks, mean, spread, half)


def shrunk_rates(figures: Figures, priors: Priors) -> FloatArray:
    """Expected calls per week: the mean of the Gamma after a customer's repeat calls.

    Args:
        figures: The customers.
        priors: What they have in common.

    Returns:
        Between a customer's own rate and everybody's; nearer to its own the longer it is known [calls/week].
    """
    return (priors.rate_shape + figures.repeats) / (priors.rate_weeks + figures.weeks)


def shrunk_aht(figures: Figures, priors: Priors) -> FloatArray:
    """Expected handle time: a customer's own mean weighted by its known handle times.

    Args:
        figures: The customers.
        priors: What they have in common.

    Returns:
        Everybody's mean where none of a customer's is known; NaN where nobody's is [s].
    """
    own = figures.handled / (figures.handled + priors.handled_half) if np.isfinite(priors.handled_half) else 0.0
    return own * figures.aht_seconds + (1 - own) * priors.aht_mean_seconds


def features(figures: Figures, priors: Priors) -> FloatArray:
    """The plane in which customers are near or far: logarithms of the shrunk rate and handle time.

    Args:
        figures: The customers.
        priors: What they have in common.

    Returns:
        Shape (n_customers, 2); where true figures differ by less than a tenth, or none is known, all have everybody's mean.
    """
    rates, aht = shrunk_rates(figures, priors), shrunk_aht(figures, priors)
    if priors.rate_shape > _ALIKE**-2:
        rates = np.full(len(figures), priors.rate_shape / priors.rate_weeks)
    if priors.aht_spread < _ALIKE:
        aht = np.full(len(figures), np.nan_to_num(priors.aht_mean_seconds, nan=1.0))
    return np.log(np.column_stack([rates, np.maximum(aht, 1.0)]))


def spread_of_calls(handled: FloatArray, means: FloatArray, deviations: FloatArray) -> float:
    """Standard deviation of a call's handle time over its customer's mean.

    Args:
        handled: Known handle times of each customer [calls].
        means: Their mean [s].
        deviations: Their standard deviation, with n - 1; NaN with fewer than two [s].

    Returns:
        One number for all customers, > 0; 1 where nobody has two known handle times.
    """
    has_two = (handled > 1) & np.isfinite(deviations)
    weight, mean, variance = handled[has_two] - 1, means[has_two], deviations[has_two] ** 2
    squares = float((weight * (mean**2 - variance / handled[has_two])).sum())  # of the true means, without their noise
    if squares <= 0:
        return _CALL_SPREAD_UNKNOWN
    return max(float(np.sqrt((weight * variance).sum() / squares)), LEAST_DIVISOR)


def _gamma(figures: Figures) -> tuple[float, float]:
    """Shape and rate of greatest likelihood; repeats given weeks are negative binomial."""
    from scipy.optimize import minimize
    from scipy.special import digamma, gammaln

    repeats, weeks = figures.repeats, figures.weeks
    mean = max(repeats.sum(), 1.0) / weeks.sum()
    shape_range = np.log(_SHAPE_RANGE)

    def loss(point: FloatArray) -> tuple[float, FloatArray]:
        shape, rate = np.exp(point)
        total = np.log(rate + weeks)
        likelihood = gammaln(shape + repeats) - gammaln(shape) + shape * (point[1] - total) - repeats * total
        by_shape = digamma(shape + repeats) - digamma(shape) + point[1] - total
        by_rate = shape / rate - (shape + repeats) / (rate + weeks)
        return -likelihood.mean(), -np.array([shape * by_shape.mean(), rate * by_rate.mean()])

    start = np.array([0.0, -np.log(mean)])
    bounds = [tuple(shape_range), (shape_range[0] + start[1] - 5, shape_range[1] + start[1] + 5)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _PRIOR_STEPS_MAX})
    shape, rate = np.exp(found.x)
    return float(shape), float(rate)


def _handle_moments(figures: Figures) -> tuple[float, float]:
    """Mean handle time and the spread of customers' own means around it, without the noise of single calls."""
    weight, total = figures.handled, float(figures.handled.sum())
    if total == 0:
        return float("nan"), 0.0
    mean = float((weight * figures.aht_seconds).sum()) / total
    around = float((weight * (figures.aht_seconds / mean - 1) ** 2).sum())
    noise = (np.count_nonzero(weight) - 1) * figures.call_spread**2
    between = (around - noise) / max(total - float((weight**2).sum()) / total, LEAST_DIVISOR)
    return mean, float(np.sqrt(max(between, 0.0)))
