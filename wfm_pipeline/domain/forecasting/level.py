"""The day level: robust, recent, and moved by the calendar, the drift and last year's season.

Here: the level of each queue and weekday, and where it is going. Not here: the calendar effect
(effect), the shape of a day (shape).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.forecasting.daytypes import ORDINARY
from wfm_pipeline.domain.forecasting.effect import CALLS_ADDED, HALF_WEIGHT_CALLS
from wfm_pipeline.domain.forecasting.history import FloatArray
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.domain.forecasting.state import DeskState

DRIFT_CLIP: Final = 0.3
"""A day's distance from the drift's median beyond which it pulls no harder [log]."""
YEAR_DAYS: Final = 364
"""52 weeks, so that weekdays meet weekdays [days]."""
YEAR_WINDOW_DAYS: Final = 10
"""Days on either side that make up last year's level [days]."""
YEAR_GAIN: Final = 0.5
YEAR_CLIP: Final = 0.3
ERROR_DAYS: Final = 40
"""Normal days behind the log error of the level [days]."""


@dataclass(frozen=True, slots=True)
class LevelModel:
    """Levels on the eve of an origin.

    Attributes:
        weekday: Shape (queues, 7): calls of a normal day [calls]; weekdays never seen carry the
            mean of the working days.
        drift: Shape (queues,): recent movement carried forward [log].
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
    """
    freed = np.where(state.normal, state.days.total / np.exp(effect[:, : state.known]), np.nan)
    weekday = _weekday_medians(state, freed, options.level_days)
    expected = weekday[:, state.types.weekday[: state.known]]
    distance = np.log((freed + CALLS_ADDED) / (expected + CALLS_ADDED))
    drift = options.drift_gain * _drift(state, distance, expected, options)
    yearly = _yearly(state, distance, options)
    return LevelModel(weekday, drift, yearly, _correction(distance, options.lognormal_cap))


def _weekday_medians(state: DeskState, freed: FloatArray, days: int) -> FloatArray:
    level = np.full((len(freed), 7), np.nan)
    weekday = state.types.weekday[: state.known]
    for queue in range(len(freed)):
        for day in range(7):
            recent = freed[queue, weekday == day]
            recent = recent[~np.isnan(recent)][-days:]
            if recent.size:
                level[queue, day] = np.median(recent)
    return fill_unseen(level, state)


def fill_unseen(values: FloatArray, state: DeskState) -> FloatArray:
    """Give weekdays never seen the mean of the working weekdays seen, or of all; 0 without any.

    Args:
        values: Shape (queues, 7, ...), NaN on weekdays never seen.
        state: Tells which weekdays are working days.
    """
    working = np.isin(np.arange(7), state.types.weekday[state.types.is_working])
    filled = values.copy()
    for queue in range(len(values)):
        seen = ~np.isnan(values[queue].reshape(7, -1)[:, 0])
        lenders = seen & working if (seen & working).any() else seen
        lent = values[queue][lenders].mean(axis=0) if lenders.any() else 0.0
        filled[queue][~seen] = lent
    return filled


def _drift(state: DeskState, distance: FloatArray, expected: FloatArray, options: ForecastOptions) -> FloatArray:
    """Robust weighted mean of the last working days' distance; half a queue's own, half everybody's.

    Special days are left out: a festive week says nothing of the week after it.
    """
    ordinary = state.types.is_working[: state.known] & (state.types.day_class[: state.known] == ORDINARY)
    dates = np.flatnonzero(ordinary & (~np.isnan(distance)).any(axis=0))[-options.drift_days :]
    if not dates.size:
        return np.zeros(len(distance))
    recent, calls = distance[:, dates], expected[:, dates]
    age = state.known - dates
    weight = np.where(np.isnan(recent), 0.0, 0.5 ** (age / options.drift_half_life_days)[None, :])
    has_days = ~np.isnan(recent).all(axis=1)
    middle = np.zeros(len(recent))
    middle[has_days] = np.nanmedian(recent[has_days], axis=1)
    tame = middle[:, None] + np.clip(np.nan_to_num(recent - middle[:, None]), -DRIFT_CLIP, DRIFT_CLIP)
    own = (weight * tame).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12)
    size = np.nan_to_num(np.nanmean(np.where(np.isnan(calls), 0.0, calls), axis=1))
    trust = size / (size + HALF_WEIGHT_CALLS) * has_days
    everybody = float((trust * own).sum() / max(trust.sum(), 1e-12))
    return np.where(has_days, (own + everybody) / 2, everybody)


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
            spread = (np.quantile(recent, 0.84) - np.quantile(recent, 0.16)) / 2  # one sigma, robustly
            correction[queue] = min(float(spread) ** 2 / 2, cap)
    return correction
