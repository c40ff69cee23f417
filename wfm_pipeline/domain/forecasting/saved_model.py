"""A model that is kept: its bytes, and the card beside them that a person can read.

Here: turning a model into bytes and back, and what must be known to trust it or to make it again. Not
here: where both are kept (warehouse/models/folders), or what a model is (fitting).
"""

import dataclasses
import pickle
from collections.abc import Mapping
from typing import Any

from wfm_pipeline.domain.forecasting.fitting import ForecastModel
from wfm_pipeline.errors import DataError


def dump_model(model: ForecastModel) -> bytes:
    """The model as bytes, for a model store.

    Args:
        model: A fitted model.

    Returns:
        A pickle: load only what you wrote yourself.
    """
    return pickle.dumps(model, protocol=pickle.HIGHEST_PROTOCOL)


def load_model(content: bytes) -> ForecastModel:
    """A model from `dump_model`; it answers exactly as before.

    Args:
        content: What `dump_model` gave, out of a store of our own.

    Returns:
        The model.

    Raises:
        DataError: the bytes hold something else.
    """
    model = pickle.loads(content)  # noqa: S301 (our own store; the docstring of dump_model says so)
    if not isinstance(model, ForecastModel):
        raise DataError(
            f"the stored bytes hold a {type(model).__name__}, not a ForecastModel", got=type(model).__name__
        )
    return model


def model_card(model: ForecastModel, *, versions: Mapping[str, str]) -> dict[str, Any]:
    """What a model was learnt from, as plain values.

    Args:
        model: A fitted model.
        versions: Distribution -> version of what it was learnt with.

    Returns:
        Queues, training window [dates], horizon [days], interval length [min], features, options and versions.
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
        "versions": dict(versions),
    }
