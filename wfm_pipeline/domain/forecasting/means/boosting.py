"""The one place that loads LightGBM: training to text, predicting from text, always the same result.

Here: the lazy import with its one-line error, and settings that make training deterministic.
Not here: features, targets and what a model is for (effect, interval_models).

Models live as text dumps. Predictions always go through the text, so a saved model answers exactly
as the one that was just trained.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.errors import WfmError

THREADS_PAY_FROM_ROWS: Final = 150_000
"""Rows below which a second thread brings little, and costs ten times over where cores are shared."""
MOST_BINS: Final = 63
"""Values of a feature that the trees tell apart: more earned nothing (docs/methods/forecasting.md) [count]."""


def load_lightgbm() -> ModuleType:
    """LightGBM, imported when first needed.

    Raises:
        WfmError: its system library is absent; the message names the package to install.
    """
    try:
        import lightgbm
    except OSError as error:
        raise WfmError(
            f"LightGBM cannot load its system library ({error}); install it with: apt-get install libgomp1",
            package="libgomp1",
        ) from error
    return lightgbm


def train(
    features: FloatArray,
    target: FloatArray,
    *,
    weights: FloatArray | None,
    parameters: Mapping[str, object],
    trees: int,
    seed: int,
    num_threads: int,
) -> str:
    """Train one boosted model and return it as text.

    Args:
        features: Shape (rows, features), in an order that is part of the result.
        target: Shape (rows,).
        weights: Shape (rows,), or None for equal weights.
        parameters: LightGBM parameters beyond the ones that make it deterministic.
        trees: Boosting rounds.
        seed: Seed of everything random in it.
        num_threads: Upper bound of threads.

    Returns:
        The model's text dump.
    """
    lightgbm = load_lightgbm()
    threads = num_threads if len(target) >= THREADS_PAY_FROM_ROWS else 1
    settings = {
        **parameters,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(features, label=target, weight=weights, params={"verbosity": -1, "max_bin": MOST_BINS})
    return lightgbm.train(settings, data, num_boost_round=trees).model_to_string()


def predict(models: tuple[str, ...], features: FloatArray) -> FloatArray:
    """Mean prediction of several text models.

    Args:
        models: Text dumps from `train`, at least one.
        features: Shape (rows, features).

    Returns:
        Shape (rows,).
    """
    lightgbm = load_lightgbm()
    total = np.zeros(len(features))
    for text in models:
        total += lightgbm.Booster(model_str=text).predict(features, num_threads=1)
    return total / len(models)
