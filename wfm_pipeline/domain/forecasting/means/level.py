"""The day level: robust, recent, and moved by the drift and last year's season.

Here: what the level of a target day is made of. Not here: the medians (weekday_level), the drifts
(drift), the calendar effect (effect), the shape of a day (shape); how many days each remembers (domain/forecasting/options).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.forecasting.desk.state import DeskState
from wfm_pipeline.domain.forecasting.means.drift import drift_weights, recent_drifts
from wfm_pipeline.domain.forecasting.means.weekday_level import log_distance, weekday_medians
from wfm_pipeline.domain.forecasting.options import ForecastOptions

YEAR_DAYS: Final = 364
"""52 weeks, so that weekdays meet weekdays [days]."""
YEAR_WINDOW_DAYS: Final = 10
"""Days on either side that make up last year's level [days]."""
YEAR_GAIN: Final = 0.5
"""Part of last year's movement that is expected again [0..1]: one year is one example."""
YEAR_CLIP: Final = 0.3
"""Largest movement that is carried over, either way [log]."""
ERROR_DAYS: Final = 40
"""Normal days behind the log error of the level [days]."""
ONE_SIGMA: Final = (0.16, 0.84)
"""Levels of a normal law one standard deviation from its mean: half of what lies between is a robust spread."""


@dataclass(frozen=True, slots=True)
class LevelModel:
    """Levels on the eve of an origin.

    Attributes:
        weekday: Shape (queues, 7): calls of a normal day [calls]; weekdays never seen carry the
            mean of the working days.
        drift: Shape (queues, target dates): recent movement carried forward [log].
        yearly: Shape (queues, target dates): last year's movement [log].
        correction: Shape (queues,): half the variance of the level's log error [log].
    """

    weekday: FloatArray
    drift: FloatArray
    yearly: FloatArray
    correction: FloatArray


def learn_level(state: DeskState, effect: FloatArray, options: ForecastOptions) -> LevelModel:
    """Level per queue and weekday from normal days freed of their calendar effect.

    Args:
        state: What is known before the origin.
        effect: Calendar effect of all dates [log]; shape (queues, dates).
        options: The forecast's choices.

    Returns:
        Levels, and what moves them on the target days.

    Source:
        docs/methods/forecasting.md, step 3.
    """
    freed = np.where(state.normal, state.days.total / np.exp(effect[:, : state.known]), np.nan)
    weekday = weekday_medians(freed, state, options.level_days)
    expected = weekday[:, state.types.weekday[: state.known]]
    distance = log_distance(freed, expected)
    drifts = options.drift_gain * recent_drifts(state, distance, expected, options)
    weights = drift_weights(state, freed, options)
    drift = (weights * drifts[:, :, None]).sum(axis=0)
    yearly = _yearly(state, distance, options)
    return LevelModel(weekday, drift, yearly, _correction(distance, options.lognormal_cap))


def _yearly(state: DeskState, distance: FloatArray, options: ForecastOptions) -> FloatArray:
    """Half of what last year did between the same two points of the year, clipped."""
    yearly = np.zeros((len(distance), state.horizon))
    if state.known < options.yearly_from_days:
        return yearly
    then_now = _window_mean(distance, state.known - YEAR_DAYS)
    for ahead in range(state.horizon):
        move = _window_mean(distance, state.known + ahead - YEAR_DAYS) - then_now
        yearly[:, ahead] = np.clip(YEAR_GAIN * np.nan_to_num(move), -YEAR_CLIP, YEAR_CLIP)
    return yearly


def _window_mean(distance: FloatArray, centre: int) -> FloatArray:
    window = distance[:, max(centre - YEAR_WINDOW_DAYS, 0) : centre + YEAR_WINDOW_DAYS + 1]
    known = ~np.isnan(window)
    count = known.sum(axis=1)
    total = np.where(known, window, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _correction(distance: FloatArray, cap: float) -> FloatArray:
    """Half the variance of the log error, so that the mean of a skewed level is met, capped."""
    correction = np.zeros(len(distance))
    for queue, row in enumerate(distance):
        recent = row[~np.isnan(row)][-ERROR_DAYS:]
        if recent.size > 1:
            spread = (np.quantile(recent, ONE_SIGMA[1]) - np.quantile(recent, ONE_SIGMA[0])) / 2
            correction[queue] = min(float(spread) ** 2 / 2, cap)
    return correction
