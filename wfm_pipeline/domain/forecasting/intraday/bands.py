"""Bands of a day that is under way: counts with the updated mean and variance, levels bent by past days.

Here: which levels to ask a count's law for so that past updates were covered as promised, and the
quantiles then. Not here: the updated mean and variance (intraday), or issued bands (bands).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray
from wfm_pipeline.domain.forecasting.bands.counts import distribution, integer_quantile, middle_quantile
from wfm_pipeline.domain.forecasting.bands.learnt_bands import MEDIAN_TRUST, OUTERMOST, PIT_GRID
from wfm_pipeline.domain.forecasting.options import MEDIAN, QUANTILE_LEVELS

SIZE_EDGES: Final = (1.0, 5.0, 25.0, 125.0)
"""Means that part counts into classes, each with levels of its own [calls]."""
SHRINK_DAYS: Final = 20.0
"""Distinct days at which the observed bend weighs half [days]."""
LEAST_CELLS: Final = 50
"""Outcomes below which a class keeps nominal levels [count]."""
LEAST_DISPERSION: Final = 1e-7
"""Dispersion that is as good as Poisson: the law divides by it."""


@dataclass(frozen=True, slots=True)
class BentLevels:
    """Levels to ask the law for, per class of size; shape (classes, levels)."""

    levels: FloatArray

    def quantiles(self, mean: FloatArray, dispersion: FloatArray) -> FloatArray:
        """Quantiles of counts with Var = mean + dispersion mean^2.

        Args:
            mean: Means [calls], >= 0; any shape.
            dispersion: Relative variance of the rate, >= 0; same shape.

        Returns:
            Shape (..., levels) [calls]; never crossing, never negative, 0 where the mean is 0.
        """
        asked = self.levels[_size_class(mean)]
        spread = np.maximum(dispersion, LEAST_DISPERSION)
        answer = np.empty((*mean.shape, len(QUANTILE_LEVELS)))
        for position, level in enumerate(QUANTILE_LEVELS):
            ask = integer_quantile if level == MEDIAN else middle_quantile
            answer[..., position] = ask(asked[..., position], mean, spread)
        return np.maximum.accumulate(answer, axis=-1)


def nominal_levels() -> BentLevels:
    """Every level asked for as it stands."""
    return BentLevels(np.tile(np.array(QUANTILE_LEVELS), (len(SIZE_EDGES) + 1, 1)))


def learn_levels(mean: FloatArray, dispersion: FloatArray, came: FloatArray, date: FloatArray) -> BentLevels:
    """Bend the levels so that past updates were covered as promised.

    Args:
        mean: Updated means [calls], > 0; shape (n,).
        dispersion: Relative variances that went with them; shape (n,).
        came: What came [calls]; shape (n,).
        date: Day of each; shape (n,). Days are counted, not slots: slots of a day err together.

    Returns:
        Levels to ask for, per class of size; nominal where a class has too few outcomes.

    Source:
        Czado, Gneiting & Held (2009), Predictive Model Assessment for Count Data: the
        non-randomised probability integral transform.
    """
    bent = nominal_levels().levels
    classes = _size_class(mean)
    for number in range(len(bent)):
        inside = classes == number
        if inside.sum() >= LEAST_CELLS:
            days = np.unique(date[inside]).size
            bent[number] = _bent(mean[inside], dispersion[inside], came[inside], days=days)
    return BentLevels(bent)


def _bent(mean: FloatArray, dispersion: FloatArray, came: FloatArray, *, days: int) -> FloatArray:
    spread = np.maximum(dispersion, LEAST_DISPERSION)
    low, high = distribution(came - 1, mean, spread), distribution(came, mean, spread)
    share = np.zeros(PIT_GRID.size)
    for position, point in enumerate(PIT_GRID):
        share[position] = np.clip((point - low) / np.maximum(high - low, LEAST_DIVISOR), 0.0, 1.0).mean()
    nominal = np.array(QUANTILE_LEVELS)
    observed = np.interp(nominal, share, PIT_GRID)
    trust = days / (days + SHRINK_DAYS) * np.where(nominal == MEDIAN, MEDIAN_TRUST, 1.0)
    return np.clip(nominal + trust * (observed - nominal), OUTERMOST, 1 - OUTERMOST)


def _size_class(mean: FloatArray) -> np.ndarray:
    return np.searchsorted(np.array(SIZE_EDGES), mean, side="right")
