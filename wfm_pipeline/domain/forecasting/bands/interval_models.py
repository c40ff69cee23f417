"""LightGBM quantile models at interval grain, for all queues together, on what level x shape leaves over.

Here: models of the mean and of the 10, 50 and 90 % quantiles of scaled residuals, and the weight
they earn. Not here: the forecast they correct (core) or the bands they share with (bands).

The residuals come from the inner backtest, so every one was out of sample. No lag is a feature:
short lags would have to be fed with our own forecasts, which collapses on small queues, and the
level already holds what the last weeks say. The mean's model moves calls inside a day, never the
day's total: what it says of whole days is the noise of a few weeks. A weight is earned on the
latest inner origin by models that were trained on days before it; without a gain that is clear and
sure, counted in days, it is 0.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.bands.inner_backtest import InnerForecasts
from wfm_pipeline.domain.forecasting.bands.learnt_bands import INTERVAL_BANDS, learn_bands
from wfm_pipeline.domain.forecasting.bands.weights import best_weight
from wfm_pipeline.domain.forecasting.desk.calendar_facts import FEATURES
from wfm_pipeline.domain.forecasting.means import boosting
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, ForecastOptions

MODEL_LEVELS: Final = (0.1, 0.5, 0.9)
"""Levels with a model of their own; the others move with their neighbours."""
LEVEL_POSITIONS: Final = [QUANTILE_LEVELS.index(level) for level in MODEL_LEVELS]
WEIGHTS: Final = (0.0, 0.25, 0.5)
"""Half at most: a few weeks teach these models, years of days the rest."""
LEAST_CELLS: Final = 500
"""Cells below which no interval model is learnt."""
MEAN_SETTINGS: Final = {"objective": "huber", "alpha": 2.0}
"""Loss of the mean's model: squared to two scaled residuals, straight beyond."""
TREE_SETTINGS: Final = {
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "lambda_l2": 5.0,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}
"""LightGBM's settings of the interval models (docs/methods/forecasting.md, step 7)."""
CELL_FEATURES: Final = ("log_mean", "slot", "queue", "weekday")
"""No feature that names a single day: the inner backtest has a few dozen, and trees would learn their noise."""
WEEKDAY: Final = FEATURES.index("weekday")


@dataclass(frozen=True, slots=True)
class IntervalModels:
    """Interval models and what they are worth.

    Attributes:
        mean_model: Text dump of the mean's model; empty where none was learnt.
        quantile_models: Text dumps in the order of MODEL_LEVELS; empty where none was learnt.
        mean_weight: Weight in the mean, one of WEIGHTS.
        band_weight: Weight in the quantiles, one of WEIGHTS.
    """

    mean_model: str = ""
    quantile_models: tuple[str, ...] = ()
    mean_weight: float = 0.0
    band_weight: float = 0.0

    def corrected_mean(self, mean: FloatArray, features: FloatArray) -> FloatArray:
        """Means with the model's share in them.

        Calls move inside their day only: the day's total stays, and zero stays zero.

        Args:
            mean: Level times shape [calls]; shape (queues, days, slots).
            features: Day features; shape (queues, days, features).

        Returns:
            Means with the model's share in them [calls]; same shape.
        """
        if not self.mean_weight:
            return mean
        moved = mean + self.mean_weight * _scale(mean) * _ask(self.mean_model, mean, features)
        moved = np.where(mean > 0, np.maximum(moved, 0.0), 0.0)
        before, after = mean.sum(axis=2, keepdims=True), moved.sum(axis=2, keepdims=True)
        return np.where(after > 0, moved * before / np.maximum(after, LEAST_DIVISOR), mean)

    def corrected_quantiles(self, quantiles: FloatArray, mean: FloatArray, features: FloatArray) -> FloatArray:
        """Quantiles with the models' share in them.

        Args:
            quantiles: Quantiles of the bands [calls]; shape (queues, days, slots, levels).
            mean: Their means [calls]; shape (queues, days, slots).
            features: Day features; shape (queues, days, features).

        Returns:
            Same shape as the quantiles [calls]; in order, never negative, 0 where the mean is 0.
        """
        if not self.band_weight:
            return quantiles
        own = np.stack([mean + _scale(mean) * _ask(text, mean, features) for text in self.quantile_models], axis=-1)
        moved = _blend(quantiles, own, self.band_weight)
        return np.where(mean[..., None] > 0, moved, 0.0)


def _blend(quantiles: FloatArray, own: FloatArray, weight: float) -> FloatArray:
    """Move the modelled levels by their weight and the levels between and beyond by the nearest moves."""
    move = weight * (own - quantiles[..., LEVEL_POSITIONS])
    moves = np.empty_like(quantiles)
    for position, level in enumerate(QUANTILE_LEVELS):
        right = min(max(int(np.searchsorted(MODEL_LEVELS, level)), 1), len(MODEL_LEVELS) - 1)
        low, high = MODEL_LEVELS[right - 1], MODEL_LEVELS[right]
        share = min(max((level - low) / (high - low), 0.0), 1.0)
        moves[..., position] = (1 - share) * move[..., right - 1] + share * move[..., right]
    return np.maximum.accumulate(np.maximum(quantiles + moves, 0.0), axis=-1)


def _scale(mean: FloatArray) -> FloatArray:
    return np.sqrt(mean + 1)


def cell_features(mean: FloatArray, features: FloatArray) -> FloatArray:
    """Features of every cell, as the trees know them.

    Args:
        mean: Means [calls]; shape (queues, days, slots).
        features: Day features; shape (queues, days, features).

    Returns:
        CELL_FEATURES; shape (queues x days x slots, 4).
    """
    queues, days, slots = mean.shape
    shape = (queues, days, slots)
    queue = np.broadcast_to(np.arange(queues)[:, None, None], shape)
    slot = np.broadcast_to(np.arange(slots), shape)
    weekday = np.broadcast_to(features[:, :, WEEKDAY, None], shape)
    return np.stack([np.log1p(mean), slot, queue, weekday], axis=-1).reshape(-1, len(CELL_FEATURES))


def _ask(model: str, mean: FloatArray, features: FloatArray) -> FloatArray:
    return boosting.predict((model,), cell_features(mean, features)).reshape(mean.shape)


def learn_interval_models(inner: InnerForecasts, features: FloatArray, options: ForecastOptions) -> IntervalModels:
    """Learn the models and the weights they earn.

    Args:
        inner: The inner backtest.
        features: Day features of the history, shape (queues, known dates, features).
        options: The forecast's choices.

    Returns:
        Models with weights; both weights 0 (and no models) where they earn nothing.

    Source:
        docs/methods/forecasting.md, step 7; Koenker & Bassett (1978), Regression Quantiles.
    """
    if not inner.date.size:
        return IntervalModels()
    last = inner.origin.max()
    early, late = inner.date < last, inner.origin == last
    scored = ~np.isnan(inner.actual) & (inner.mean > 0)
    if min(scored[:, early].sum(), scored[:, late].sum()) < LEAST_CELLS:
        return IntervalModels()
    trial = _train(inner, features, early, options)
    mean_weight, band_weight = _earned_weights(trial, inner, features, early=early, late=late, options=options)
    if not mean_weight and not band_weight:
        return IntervalModels()
    final = _train(inner, features, np.ones(len(early), bool), options)
    return IntervalModels(final.mean_model, final.quantile_models, mean_weight, band_weight)


def _train(inner: InnerForecasts, features: FloatArray, days: BoolArray, options: ForecastOptions) -> IntervalModels:
    mean, actual = inner.mean[:, days], inner.actual[:, days]
    rows = cell_features(mean, features[:, inner.date[days]])
    target = ((actual - mean) / _scale(mean)).ravel()
    kept = np.flatnonzero(~np.isnan(target) & (mean.ravel() > 0))
    kept = kept[:: -(-kept.size // options.quantile_max_rows)]

    def fit(settings: dict[str, object]) -> str:
        return boosting.train(
            rows[kept],
            target[kept],
            weights=None,
            parameters={**TREE_SETTINGS, **settings},
            trees=options.quantile_trees,
            seed=options.seed,
            num_threads=options.num_threads,
        )

    quantile_models = tuple(fit({"objective": "quantile", "alpha": level}) for level in MODEL_LEVELS)
    return IntervalModels(fit(dict(MEAN_SETTINGS)), quantile_models, 1.0, 1.0)


def _earned_weights(
    trial: IntervalModels,
    inner: InnerForecasts,
    features: FloatArray,
    *,
    early: BoolArray,
    late: BoolArray,
    options: ForecastOptions,
) -> tuple[float, float]:
    """Weights of mean and bands that lower the losses on the latest inner origin clearly enough."""
    queues, _, slots = inner.mean.shape
    mean, actual, day = inner.mean[:, late], inner.actual[:, late], features[:, inner.date[late]]
    bands = learn_bands(
        inner.mean[:, early].reshape(queues, -1),
        inner.actual[:, early].reshape(queues, -1),
        np.repeat(inner.date[early], slots),
        np.repeat(inner.ahead[early], slots),
        default=options.dispersion_default,
        level_bands=INTERVAL_BANDS,
    )
    base = bands.quantiles(mean.reshape(queues, -1), np.repeat(inner.ahead[late], slots)).reshape(*mean.shape, -1)
    own = np.stack([mean + _scale(mean) * _ask(text, mean, day) for text in trial.quantile_models], axis=-1)
    full = trial.corrected_mean(mean, day)
    mean_losses = [_per_day(((1 - w) * mean + w * full - actual) ** 2 / (mean + 1)) for w in WEIGHTS]
    band_losses = [_per_day(_pinball(actual, _blend(base, own, weight))) for weight in WEIGHTS]
    return best_weight(np.array(mean_losses), WEIGHTS), best_weight(np.array(band_losses), WEIGHTS)


def _pinball(actual: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Quantile losses of MODEL_LEVELS added up per cell [calls]."""
    miss = actual[..., None] - quantiles[..., LEVEL_POSITIONS]
    levels = np.array(MODEL_LEVELS)
    return np.maximum(levels * miss, (levels - 1) * miss).sum(axis=-1)


def _per_day(loss: FloatArray) -> FloatArray:
    """Loss of every day that has any outcome, all queues and slots together; shape (days,)."""
    return np.nansum(loss, axis=(0, 2))[~np.isnan(loss).all(axis=(0, 2))]
