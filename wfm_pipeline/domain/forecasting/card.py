"""A model's card: what a person must know to trust a stored model or to make it again."""

import dataclasses
from importlib.metadata import version
from typing import Any

from wfm_pipeline.domain.forecasting.fitting import ForecastModel


def model_card(model: ForecastModel) -> dict[str, Any]:
    """What a model was learnt from, as plain values.

    Args:
        model: A fitted model.

    Returns:
        Queues, training window [dates], horizon [days], interval length [min], features, options,
        and the versions of this project and of LightGBM.
    """
    return {
        "queue_ids": list(model.queue_ids),
        "train_from": model.train_from.isoformat(),
        "origin": model.origin.isoformat(),
        "horizon_days": model.horizon_days,
        "interval_minutes": model.interval_minutes,
        "features": list(model.features),
        "inner_days": model.inner_days,
        "options": dataclasses.asdict(model.options),
        "versions": {name: version(name) for name in ("wfm-pipeline", "lightgbm", "numpy")},
    }
