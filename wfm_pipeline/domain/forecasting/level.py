"""The day level: robust, recent, and moved by the calendar, the drift and last year's season.

Here: the level of each queue and weekday, and where it is going. Not here: the calendar effect
(effect), the shape of a day (shape).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.forecasting.daytypes import ORDINARY
from wfm_pipeline.domain.forecasting.effect import CALLS_ADDED, HALF_WEIGHT_CALLS, nan_median
from wfm_pipeline.domain.forecasting.history import FloatArray, last_dates
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
REHEARSED_DAYS: Final = 14
"""Days ahead that the drifts are rehearsed for [days]."""
REHEARSAL_STEP: Final = 2
"""Days between rehearsed origins [days]."""
LEAST_DAYS: Final = 42
"""History before a rehearsed origin [days]."""
HORIZON_STEPS: Final = (2, 3, 8)
"""First horizon days of the later groups: day 1, day 2, days 3 to 7, day 8 and beyond."""
PRIOR_WEIGHTS: Final = ((0.7, 0.5, 0.2, 0.1), (0.2, 0.3, 0.5, 0.4), (0.1, 0.2, 0.3, 0.5))
"""Weights before anything is rehearsed, per half-life and group of horizon days."""
PRIOR_DAYS: Final = 5.0
PRIOR_MISS: Final = 0.1
"""Belief before anything is rehearsed: so many days with that miss [days, log]."""
MISS_CLIP: Final = 0.5
SHARPNESS: Final = 8.0
"""Power with which a smaller miss brings weight: 5 % less miss, half as much weight again."""
ERROR_DAYS: Final = 40
"""Normal days behind the log error of the level [days]."""


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


def log_distance(calls: FloatArray, expected: FloatArray) -> FloatArray:
    """How far days lie from what was expected [log]; small days are held back."""
    return np.log((calls + CALLS_ADDED) / (expected + CALLS_ADDED))


def weekday_medians(freed: FloatArray, state: DeskState, days: Sequence[int]) -> FloatArray:
    """Mean of the medians of the last days of each weekday; shape (queues, 7) [calls].

    A short and a long median together follow a new level sooner than the long one, and a single
    odd day less than the short one.

    Args:
        freed: Day totals of the first dates of the history, NaN where not normal; shape (queues, dates).
        state: Tells weekdays and working days.
        days: Days of a weekday that count, one number per median; each >= 1.
    """
    level = np.full((len(freed), 7), np.nan)
    for day in range(7):
        same = freed[:, state.types.weekday[: freed.shape[1]] == day]
        if same.shape[1]:
            level[:, day] = np.mean([_last_median(same, count) for count in days], axis=0)
    return fill_unseen(level, state)


def _last_median(values: FloatArray, count: int) -> FloatArray:
    """Median of the last known values of each row; NaN without any."""
    dates, known = last_dates(~np.isnan(values), count)
    return nan_median(np.where(known, np.take_along_axis(values, dates, axis=1), np.nan))


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


def recent_drifts(state: DeskState, distance: FloatArray, expected: FloatArray, options: ForecastOptions) -> FloatArray:
    """Robust weighted means of the last working days' distance; half a queue's own, half everybody's.

    Special days are left out: a festive week says nothing of the week after it.

    Args:
        state: Tells which dates are ordinary working days.
        distance: Log distance of the first dates of the history; shape (queues, dates).
        expected: What was expected of them [calls]; same shape.
        options: Half-lives and days.

    Returns:
        Shape (half-lives, queues) [log].
    """
    known = distance.shape[1]
    ordinary = state.types.is_working[:known] & (state.types.day_class[:known] == ORDINARY)
    dates = np.flatnonzero(ordinary & (~np.isnan(distance)).any(axis=0))[-options.drift_days :]
    half_lives = np.array(options.drift_half_lives_days)
    if not dates.size:
        return np.zeros((half_lives.size, len(distance)))
    recent, calls = distance[:, dates], expected[:, dates]
    middle = np.nan_to_num(nan_median(recent))
    tame = middle[:, None] + np.clip(np.nan_to_num(recent - middle[:, None]), -DRIFT_CLIP, DRIFT_CLIP)
    decay = 0.5 ** ((known - dates) / half_lives[:, None])
    weight = decay[:, None, :] * ~np.isnan(recent)
    own = (weight * tame).sum(axis=2) / np.maximum(weight.sum(axis=2), 1e-12)
    size, has_days = np.nan_to_num(calls).mean(axis=1), ~np.isnan(recent).all(axis=1)
    trust = size / (size + HALF_WEIGHT_CALLS) * has_days
    everybody = (trust * own).sum(axis=1, keepdims=True) / max(trust.sum(), 1e-12)
    return np.where(has_days, (own + everybody) / 2, everybody)


def drift_weights(state: DeskState, freed: FloatArray, options: ForecastOptions) -> FloatArray:
    """Weights of the drifts by how well each would have met the last weeks, per queue and horizon day.

    Yesterday says much of tomorrow and little of the week after next, so near days want a short
    memory and far days a long one. Losses are half the queue's own and half all queues', pooled over
    neighbouring horizon days (HORIZON_STEPS).

    Args:
        state: What is known before the origin.
        freed: Day totals freed of the calendar, NaN where not normal; shape (queues, known dates).
        options: The forecast's choices.

    Returns:
        Shape (half-lives, queues, horizon); sums to 1 over half-lives.
    """
    kinds, queues = len(options.drift_half_lives_days), len(freed)
    loss, trust = np.zeros((kinds, queues, REHEARSED_DAYS)), np.zeros((queues, REHEARSED_DAYS))
    for origin in range(state.known - 1, max(state.known - options.rehearsal_days, LEAST_DAYS) - 1, -REHEARSAL_STEP):
        level = weekday_medians(freed[:, :origin], state, options.level_days)
        expected = level[:, state.types.weekday[: state.known]]
        distance = log_distance(freed, expected)
        drifts = options.drift_gain * recent_drifts(state, distance[:, :origin], expected[:, :origin], options)
        came = distance[:, origin : origin + REHEARSED_DAYS]
        sure = np.where(
            np.isnan(came), 0.0, (expected / (expected + HALF_WEIGHT_CALLS))[:, origin:][:, : came.shape[1]]
        )
        miss = np.abs(np.clip(np.nan_to_num(came)[None] - drifts[:, :, None], -MISS_CLIP, MISS_CLIP))
        loss[:, :, : came.shape[1]] += sure * miss
        trust[:, : came.shape[1]] += sure
    step = np.searchsorted(HORIZON_STEPS, np.arange(1, REHEARSED_DAYS + 1), side="right")
    member = step[:, None] == np.arange(len(HORIZON_STEPS) + 1)
    by_step, seen = loss @ member, trust @ member
    own = (by_step + PRIOR_DAYS * PRIOR_MISS) / (seen + PRIOR_DAYS)
    desk = (by_step.sum(axis=1, keepdims=True) + PRIOR_DAYS * PRIOR_MISS) / (
        seen.sum(axis=0, keepdims=True)[None] + PRIOR_DAYS
    )
    mean = (own + desk) / 2
    prior = np.array(PRIOR_WEIGHTS)[:, None, :]
    weights = prior * (mean / mean.min(axis=0, keepdims=True)) ** -SHARPNESS
    weights /= weights.sum(axis=0, keepdims=True)
    ahead = np.searchsorted(HORIZON_STEPS, np.arange(1, state.horizon + 1), side="right")
    return weights[:, :, ahead]


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
