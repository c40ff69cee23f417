"""Sample paths: whole futures of calls, interval by interval, that agree with the forecast's bands.

Here: joint draws over queues, days and intervals, and bands of sums such as weeks. Not here: how
errors hang together (dependence, week_errors, day_errors), or what is done with a path.

No command reaches it yet: the simulation, the backlog and capacity will draw their futures here.

A path is drawn from the day downwards. A day's total comes from the day's own quantiles; the totals
of one path go together from day to day and from queue to queue as past errors did, and so much that
weeks are as uncertain as past weeks were. A total is then
split over the day's intervals by chances that wobble around the forecast's shape, neighbours
together, as much as the interval bands ask for. So intervals add up to their day in every path.
"""

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.forecasting.bands.day_errors import ErrorLaw
from wfm_pipeline.domain.forecasting.bands.dependence import Dependence
from wfm_pipeline.domain.forecasting.fitting import Answer
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import DAYS_PER_WEEK

_WIDEST: Final = 2.0
"""Largest log standard deviation of a chance's wobble."""
_MOST_SIGMA: Final = 4.0
"""Normal scores beyond which the quantiles' tails are not drawn out further."""
_LEAST_VARIANCE: Final = 1e-9
"""Added to a wobble's variance: a law that knows of none has no correlation either."""


@dataclass(frozen=True, slots=True)
class SamplePaths:
    """Futures of calls.

    Attributes:
        calls: Shape (paths, queues, horizon, slots) [calls], whole numbers >= 0.
    """

    calls: IntArray

    @property
    def days(self) -> IntArray:
        """Totals of the days; shape (paths, queues, horizon) [calls]."""
        return self.calls.sum(axis=3)

    def weeks(self, first_weekday: int) -> IntArray:
        """Totals of the whole ISO weeks inside the horizon.

        Args:
            first_weekday: Weekday of the first target day, Monday 0. Days before the first Monday and
                after the last Sunday are left out.

        Returns:
            Shape (paths, queues, weeks) [calls].
        """
        skip = -first_weekday % DAYS_PER_WEEK
        days = self.days[:, :, skip:]
        weeks = days.shape[2] // DAYS_PER_WEEK
        return days[:, :, : weeks * DAYS_PER_WEEK].reshape(*days.shape[:2], weeks, DAYS_PER_WEEK).sum(axis=3)


def bands_of(totals: IntArray | FloatArray) -> FloatArray:
    """Quantiles over paths of any sum.

    Args:
        totals: Sums by path [calls]; paths on axis 0.

    Returns:
        Shape of one path with QUANTILE_LEVELS at the end [calls].
    """
    return np.moveaxis(np.quantile(totals, QUANTILE_LEVELS, axis=0), 0, -1)


def sample_paths(answer: Answer, *, dependence: Dependence, law: ErrorLaw, paths: int, seed: int) -> SamplePaths:
    """Draw whole futures.

    Args:
        answer: The forecast: means and bands of intervals and days.
        dependence: How days and queues go together.
        law: How intervals of a day go together; its decaying parts shape the wobble.
        paths: Futures to draw [count], >= 1.
        seed: The same seed draws the same futures.

    Returns:
        The futures. Closed intervals are 0 in all of them.

    Raises:
        DataError: paths below 1.

    Source:
        docs/methods/sample_paths.md; Ibrahim, Ye, L'Ecuyer & Shen (2016), Modeling and forecasting call center
        arrivals; Aitchison & Shen (1980) for chances that wobble.
    """
    if paths < 1:
        raise DataError(f"paths must be at least 1, got {paths}", got=paths)
    random = np.random.default_rng(seed)
    queues, _, slots = answer.mean.shape
    ranks = _day_ranks(dependence, answer, paths, random)
    calls = np.zeros((paths, *answer.mean.shape), dtype=np.int64)
    for queue in range(queues):
        totals = totals_at(ranks[:, queue], answer.day_quantiles[queue], answer.day_mean[queue], random)
        spread = _wobble(answer, queue)
        root = np.linalg.cholesky(_slot_correlation(law, queue, slots))
        for day in range(answer.mean.shape[1]):
            if answer.day_mean[queue, day] > 0:
                normal = random.standard_normal((paths, slots)) @ root.T
                chance = answer.mean[queue, day] * np.exp(spread[day] * normal - spread[day] ** 2 / 2)
                chance /= chance.sum(axis=1, keepdims=True)
                calls[:, queue, day] = random.multinomial(totals[:, day], chance)
    return SamplePaths(calls)


def _day_ranks(dependence: Dependence, answer: Answer, paths: int, random: np.random.Generator) -> FloatArray:
    """Normal scores of the days' totals; shape (paths, queues, horizon)."""
    queues, horizon = answer.day_mean.shape
    free = random.standard_normal((paths, queues, horizon))
    mixed = np.einsum("qr,prd->pqd", np.linalg.cholesky(dependence.queues), free)
    for queue in range(queues):
        mixed[:, queue] = mixed[:, queue] @ np.linalg.cholesky(_day_correlation(dependence, answer, queue)).T
    return mixed


def _day_correlation(dependence: Dependence, answer: Answer, queue: int) -> FloatArray:
    """Correlation of a queue's days: as days hung together, made fit for weeks where weeks were seen."""
    mean = answer.day_mean[queue]
    correlation = dependence.days(queue, len(mean))
    if dependence.weeks is None:
        return correlation
    spread = np.where(mean > 0, band_sigma(answer.day_quantiles[queue]), 0.0)
    return dependence.weeks.fitted(correlation, queue, mean=mean, spread=spread)


def totals_at(ranks: FloatArray, quantiles: FloatArray, mean: FloatArray, random: np.random.Generator) -> IntArray:
    """Totals at normal scores: between the quantiles in a straight line, beyond them on in their slope.

    Args:
        ranks: Normal scores; shape (paths, days).
        quantiles: Quantiles of the days [calls]; shape (days, levels).
        mean: Means of the days [calls]; shape (days,); a day of mean 0 stays 0.
        random: Source of chance: totals between two whole numbers go to either, in expectation as drawn.

    Returns:
        Whole totals [calls], >= 0; shape (paths, days).
    """
    normal = _normal_quantiles()
    scores = np.clip(ranks, -_MOST_SIGMA, _MOST_SIGMA)
    totals = np.zeros(ranks.shape)
    for day in range(ranks.shape[1]):
        if mean[day] > 0:
            low = (quantiles[day, 1] - quantiles[day, 0]) / (normal[1] - normal[0])
            high = (quantiles[day, -1] - quantiles[day, -2]) / (normal[-1] - normal[-2])
            column = scores[:, day]
            inside = np.interp(column, normal, quantiles[day])
            totals[:, day] = (
                inside + low * np.minimum(column - normal[0], 0) + high * np.maximum(column - normal[-1], 0)
            )
    whole = np.floor(totals + random.uniform(size=totals.shape))
    return np.maximum(whole, 0.0).astype(np.int64)


def band_sigma(quantiles: FloatArray) -> FloatArray:
    """Standard deviation of a normal law as wide as these bands.

    Args:
        quantiles: Quantiles at QUANTILE_LEVELS [calls]; shape (..., levels).

    Returns:
        Mean over the 90, 80 and 50 % bands [calls]; shape (...).
    """
    normal = _normal_quantiles()
    pairs = ((0, -1), (1, -2), (2, -3))
    widths = [(quantiles[..., b] - quantiles[..., a]) / (normal[b] - normal[a]) for a, b in pairs]
    return np.asarray(np.mean(widths, axis=0), dtype=np.float64)


def relative_spread(quantiles: FloatArray, mean: FloatArray) -> FloatArray:
    """Relative variance of the rate behind counts with these bands, beyond Poisson; 0 where there is less.

    Args:
        quantiles: Shape (..., levels) [calls].
        mean: Shape (...) [calls].

    Returns:
        Share of the squared mean, >= 0; shape (...).
    """
    beyond = np.maximum(band_sigma(quantiles) ** 2 - mean, 0.0)
    return np.divide(beyond, mean**2, out=np.zeros_like(mean), where=mean > 0)


def _wobble(answer: Answer, queue: int) -> FloatArray:
    """Log standard deviation of an interval's chance: what its band has beyond the day's; (horizon, slots)."""
    interval = relative_spread(answer.quantiles[queue], answer.mean[queue])
    day = relative_spread(answer.day_quantiles[queue], answer.day_mean[queue])
    return np.minimum(np.sqrt(np.log1p(np.maximum(interval - day[:, None], 0.0))), _WIDEST)


def _slot_correlation(law: ErrorLaw, queue: int, slots: int) -> FloatArray:
    """Correlation of the wobbles: the law without its constant part, which is the day's own."""
    whole = law.covariance(queue) - law.weights[queue, 0]
    noise = law.dispersion[queue]
    size = np.sqrt(np.diag(whole) + noise + _LEAST_VARIANCE)
    correlation = whole / np.outer(size, size)
    correlation[np.arange(slots), np.arange(slots)] = 1.0
    return np.asarray(correlation, dtype=np.float64)


@functools.cache
def _normal_quantiles() -> FloatArray:
    """Where a normal law has our quantiles [standard deviations]; shape (levels,)."""
    from scipy.stats import norm

    return np.asarray(norm.ppf(np.array(QUANTILE_LEVELS)))
