"""Quantile bands: negative binomial laws whose width and bend come from an inner backtest.

Here: calibration on forecasts made inside the training window, and quantiles from it. Not here:
the means (core) or the law's formulae (counts).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.bands.counts import distribution, fit_dispersion, integer_quantile, middle_quantile
from wfm_pipeline.domain.forecasting.options import MEDIAN, QUANTILE_LEVELS

INTERVAL_BANDS: Final = 3
"""Level bands of intervals: small, middle and large; each has its own dispersion and its own bend."""
DAY_BANDS: Final = 1
"""Level bands of days: one, a few dozen days are too few to part."""
SHRINK_DAYS: Final = 40.0
"""Distinct days at which the observed bend weighs half."""
PIT_GRID: Final = np.linspace(0.0, 1.0, 201)
"""Points at which the probability integral transform is taken: steps of half a percent."""
GROWTH_PRIOR: Final = 0.02
"""Growth of the dispersion per horizon day before anything is seen: twice as wide after half a year."""
GROWTH_PRIOR_DAYS: Final = 40.0
"""Distinct days at which the observed growth weighs half."""
GROWTH_CAP: Final = 0.1
"""Largest growth of the dispersion per horizon day [1/day]."""
LEAST_GROWN: Final = 0.3
"""Smallest share of the learnt dispersion that near days are given."""
SCORE_CLIP: Final = 9.0
"""Squared standard errors beyond which a cell counts no more in the growth."""
OUTERMOST: Final = 0.001
"""Level that no bend goes beyond, at either end: there is next to nothing to learn it from."""
LEAST_CELLS: Final = 20
"""Cells below which a band keeps the default dispersion and nominal levels."""
MEDIAN_TRUST: Final = 0.5
"""Part of the bend that the median follows: a few weeks' bias says less about the next weeks than their spread."""


@dataclass(frozen=True, slots=True)
class BandModel:
    """Bands of several rows (queues) on one grain.

    Attributes:
        edges: Means between the level bands, shape (queues, level bands - 1) [calls].
        dispersion: f of Var = m + f m^2, shape (queues, level bands).
        levels: Level to ask the law for, per nominal level; shape (queues, level bands, levels).
        growth: Growth of the dispersion per horizon day, as a share of the learnt dispersion [1/day], >= 0.
        centre_days: Horizon day whose dispersion was learnt [days].
    """

    edges: FloatArray
    dispersion: FloatArray
    levels: FloatArray
    growth: float = GROWTH_PRIOR
    centre_days: float = 1.0

    def quantiles(self, mean: FloatArray, ahead: IntArray | None = None, doubt: FloatArray | None = None) -> FloatArray:
        """Quantiles of counts with these means.

        Args:
            mean: Means [calls]; shape (queues, cells).
            ahead: Horizon day of each cell, from 1; shape (cells,). None: as far ahead as was learnt.
            doubt: Variance of what moves a cell besides, such as an event's effect [log²]; shape of
                `mean`. It is added to the dispersion. None: nothing.

        Returns:
            Shape (queues, cells, levels) [calls], never crossing, never negative; 0 where the mean is 0.
        """
        queue = np.arange(len(mean))[:, None]
        band = self.band_of(mean)
        spread = self.dispersion[queue, band]
        if ahead is not None:
            spread = spread * np.maximum(1 + self.growth * (ahead - self.centre_days), LEAST_GROWN)[None, :]
        if doubt is not None:
            spread = spread + doubt
        asked = self.levels[queue, band]
        answer = np.empty((*mean.shape, len(QUANTILE_LEVELS)))
        for position, level in enumerate(QUANTILE_LEVELS):
            ask = integer_quantile if level == MEDIAN else middle_quantile
            answer[..., position] = ask(asked[..., position], mean, spread)
        return np.maximum.accumulate(answer, axis=-1)

    def band_of(self, mean: FloatArray) -> IntArray:
        """Number of the level band of each mean, same shape.

        Args:
            mean: Means [calls]; shape (queues, cells).

        Returns:
            Number of the level band of each mean, from 0; same shape.
        """
        return (mean[:, :, None] >= self.edges[:, None, :]).sum(axis=2)


def default_bands(queues: int, dispersion: float, *, level_bands: int) -> BandModel:
    """Bands before any backtest exists: one dispersion, nominal levels.

    Args:
        queues: Queues [count].
        dispersion: f of Var = m + f m^2.
        level_bands: Bands of the mean that are calibrated apart [count], >= 1.

    Returns:
        Bands before any backtest exists: one dispersion, nominal levels.
    """
    levels = np.broadcast_to(np.array(QUANTILE_LEVELS), (queues, level_bands, len(QUANTILE_LEVELS)))
    return BandModel(
        np.full((queues, level_bands - 1), np.inf), np.full((queues, level_bands), dispersion), levels.copy()
    )


def learn_bands(
    mean: FloatArray, actual: FloatArray, date: IntArray, ahead: IntArray, *, default: float, level_bands: int
) -> BandModel:
    """Calibrate bands on forecasts whose outcome is known.

    Args:
        mean: Means that were forecast [calls]; shape (queues, cells).
        actual: What came [calls], NaN where closed or missing; same shape.
        date: Number of the target date of each cell; shape (cells,).
        ahead: Horizon day of each cell, from 1; shape (cells,).
        default: Dispersion where there is too little to learn from.
        level_bands: Bands of the mean that are calibrated apart.

    Returns:
        Bands; those with too little to learn from are the default ones.

    Source:
        docs/methods/forecasting.md, step 6.
    """
    model = default_bands(len(mean), default, level_bands=level_bands)
    for queue in range(len(mean)):
        scored = ~np.isnan(actual[queue]) & (mean[queue] > 0)
        if scored.sum() < LEAST_CELLS:
            continue
        means, counts, dates = mean[queue][scored], actual[queue][scored], date[scored]
        model.edges[queue] = np.quantile(means, np.arange(1, level_bands) / level_bands)
        band = (means[:, None] >= model.edges[queue]).sum(axis=1)
        for number in range(level_bands):
            inside = band == number
            if inside.sum() >= LEAST_CELLS:
                spread = fit_dispersion(counts[inside], means[inside], default=default)
                model.dispersion[queue, number] = spread
                model.levels[queue, number] = _bent_levels(
                    counts[inside], means[inside], spread, days=np.unique(dates[inside]).size
                )
    return _grown(model, mean, actual, date, ahead)


def _grown(model: BandModel, mean: FloatArray, actual: FloatArray, date: IntArray, ahead: IntArray) -> BandModel:
    """The bands with the slope of the squared standardised error over horizon days, all queues together."""
    scored = ~np.isnan(actual) & (mean > 0)
    days = np.unique(date[scored.any(axis=0)]).size
    if not days:
        return model
    spread = np.take_along_axis(model.dispersion, model.band_of(mean), axis=1)
    score = np.minimum((actual - mean) ** 2 / np.where(scored, mean + spread * mean**2, 1.0), SCORE_CLIP)[scored]
    horizon = np.broadcast_to(ahead, mean.shape)[scored].astype(np.float64)
    centre, usual = float(horizon.mean()), float(score.mean())
    away = horizon - centre
    slope = float((away * score).sum() / max((away**2).sum(), LEAST_DIVISOR)) / max(usual, LEAST_DIVISOR)
    seen = days if (away**2).sum() > 0 else 0
    growth = (seen * slope + GROWTH_PRIOR_DAYS * GROWTH_PRIOR) / (seen + GROWTH_PRIOR_DAYS)
    return replace(model, growth=min(max(growth, 0.0), GROWTH_CAP), centre_days=centre)


def _bent_levels(counts: FloatArray, means: FloatArray, spread: float, *, days: int) -> FloatArray:
    """Levels at which the law's own probabilities of what came have their quantiles, shrunk by days.

    Source:
        Czado, Gneiting & Held (2009), Predictive Model Assessment for Count Data: the
        non-randomised probability integral transform.
    """
    spreads = np.full(len(means), spread)
    low, high = distribution(counts - 1, means, spreads), distribution(counts, means, spreads)
    inside = (PIT_GRID[:, None] - low) / np.maximum(high - low, LEAST_DIVISOR)
    share = np.clip(inside, 0.0, 1.0).mean(axis=1)
    observed = np.interp(QUANTILE_LEVELS, share, PIT_GRID)
    nominal = np.array(QUANTILE_LEVELS)
    trust = days / (days + SHRINK_DAYS) * np.where(nominal == MEDIAN, MEDIAN_TRUST, 1.0)
    return np.clip(nominal + trust * (observed - nominal), OUTERMOST, 1 - OUTERMOST)
