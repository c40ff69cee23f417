"""The inner backtest: forecasts from origins inside the training window, for bands and weights.

Here: where those origins lie and what their forecasts and outcomes are. Not here: what is learnt
from them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.forecasting.desk.state import DeskState, head, observe
from wfm_pipeline.domain.forecasting.means.core import expected_calls, learn_core
from wfm_pipeline.domain.forecasting.means.peers import PEERS, peer_week
from wfm_pipeline.domain.forecasting.options import ForecastOptions

INNER_HORIZON_DAYS: Final = 14
"""Target days of an inner forecast, as of an issue [days]."""
SPACING_DAYS: Final = 5
"""Days between inner origins; not a week, so that every horizon meets every weekday [days]."""
RIVALS: Final = ("median_6", "mean_8")
"""Simple peers that may take a part of a queue's forecast."""
LEAST_KNOWN_DAYS: Final = 21
"""History an inner origin needs before it [days]."""


@dataclass(frozen=True, slots=True)
class InnerForecasts:
    """Forecasts with known outcome, days of all inner origins one after the other.

    Attributes:
        mean: Shape (queues, days, slots) [calls].
        actual: Same shape [calls]; NaN where closed or missing.
        date: Index of each day in the history; shape (days,).
        origin: Index of each day's origin; shape (days,).
        peers: Means of RIVALS from the same origins, each of the shape of `mean` [calls].
    """

    mean: FloatArray
    actual: FloatArray
    date: IntArray
    origin: IntArray
    peers: dict[str, FloatArray]

    @property
    def ahead(self) -> IntArray:
        """Horizon day of each day, from 1; shape (days,)."""
        return self.date - self.origin + 1


def inner_forecasts(state: DeskState, options: ForecastOptions) -> InnerForecasts:
    """Forecast again from the last weeks' origins, each knowing only what was known then.

    Args:
        state: What is known before the origin.
        options: The forecast's choices.

    Returns:
        Forecasts and outcomes of up to INNER_HORIZON_DAYS days from each origin; none where the history is too short.
    """
    horizon = min(INNER_HORIZON_DAYS, state.horizon)
    origins = [state.known - horizon - SPACING_DAYS * back for back in range(options.inner_origins)]
    means, dates, starts = [], [], []
    rivals: dict[str, list[FloatArray]] = {name: [] for name in RIVALS}
    for origin in sorted(day for day in origins if day >= LEAST_KNOWN_DAYS):
        first = state.panel.first_date
        past = state.panel.window(first, state.types.dates[origin].astype(object))
        then = observe(past, head(state.types, origin + horizon))
        means.append(expected_calls(learn_core(then, options, effect_seeds=1), options)[0])
        weekday = state.types.weekday[origin : origin + horizon]
        for name, forecasts in rivals.items():
            forecasts.append(peer_week(past, PEERS[name])[:, weekday])
        dates.append(np.arange(origin, origin + horizon))
        starts.append(np.full(horizon, origin))
    if not means:
        queues, _, slots = state.panel.calls.shape
        empty, none = np.empty((queues, 0, slots)), np.empty(0, dtype=np.int64)
        return InnerForecasts(empty, empty, none, none, dict.fromkeys(RIVALS, empty))
    date = np.concatenate(dates)
    actual = np.where(state.days.usable[:, :, None], state.panel.calls, np.nan)[:, date]
    peers = {name: np.concatenate(forecasts, axis=1) for name, forecasts in rivals.items()}
    return InnerForecasts(np.concatenate(means, axis=1), actual, date, np.concatenate(starts), peers)
