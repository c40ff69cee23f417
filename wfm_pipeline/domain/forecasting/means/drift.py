"""Where the level is going: recent drifts of several memories, weighted by horizon day.

Here: the drifts, and the rehearsal that weights them. Not here: the level they move (weekday_level),
what is carried of them (level), how long the memories are (domain/forecasting/options).

Yesterday says much of tomorrow and little of the week after next, so near days want a short memory
and far days a long one. How much so is rehearsed: each memory is asked what it would have missed.
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray
from wfm_pipeline.domain.forecasting.desk.calendar_facts import ORDINARY
from wfm_pipeline.domain.forecasting.desk.state import DeskState
from wfm_pipeline.domain.forecasting.means.effect import HALF_WEIGHT_CALLS, nan_median
from wfm_pipeline.domain.forecasting.means.weekday_level import log_distance, weekday_medians
from wfm_pipeline.domain.forecasting.options import ForecastOptions

DRIFT_CLIP: Final = 0.3
"""A day's distance from the drift's median beyond which it pulls no harder [log]."""
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
"""Miss of a rehearsed day beyond which it counts no more [log]."""
SHARPNESS: Final = 8.0
"""Power with which a smaller miss brings weight: 5 % less miss, half as much weight again."""


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
    own = (weight * tame).sum(axis=2) / np.maximum(weight.sum(axis=2), LEAST_DIVISOR)
    size, has_days = np.nan_to_num(calls).mean(axis=1), ~np.isnan(recent).all(axis=1)
    trust = size / (size + HALF_WEIGHT_CALLS) * has_days
    everybody = (trust * own).sum(axis=1, keepdims=True) / max(trust.sum(), LEAST_DIVISOR)
    return np.where(has_days, (own + everybody) / 2, everybody)


def drift_weights(state: DeskState, freed: FloatArray, options: ForecastOptions) -> FloatArray:
    """Weights of the drifts by how well each would have met the last weeks, per queue and horizon day.

    Losses are half the queue's own and half all queues', pooled over neighbouring horizon days
    (HORIZON_STEPS).

    Args:
        state: What is known before the origin.
        freed: Day totals freed of the calendar, NaN where not normal; shape (queues, known dates).
        options: The forecast's choices.

    Returns:
        Shape (half-lives, queues, horizon); sums to 1 over half-lives.

    Source:
        docs/methods/forecasting.md, step 3.
    """
    loss, trust = _rehearsed(state, freed, options)
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


def _rehearsed(state: DeskState, freed: FloatArray, options: ForecastOptions) -> tuple[FloatArray, FloatArray]:
    """Summed misses per half-life, queue and horizon day, and the trust they were summed with."""
    kinds, queues = len(options.drift_half_lives_days), len(freed)
    loss, trust = np.zeros((kinds, queues, REHEARSED_DAYS)), np.zeros((queues, REHEARSED_DAYS))
    for origin in range(state.known - 1, max(state.known - options.rehearsal_days, LEAST_DAYS) - 1, -REHEARSAL_STEP):
        level = weekday_medians(freed[:, :origin], state, options.level_days)
        expected = level[:, state.types.weekday[: state.known]]
        distance = log_distance(freed, expected)
        drifts = options.drift_gain * recent_drifts(state, distance[:, :origin], expected[:, :origin], options)
        came = distance[:, origin : origin + REHEARSED_DAYS]
        days = came.shape[1]
        sure = (expected / (expected + HALF_WEIGHT_CALLS))[:, origin : origin + days]
        sure = np.where(np.isnan(came), 0.0, sure)
        miss = np.abs(np.clip(np.nan_to_num(came)[None] - drifts[:, :, None], -MISS_CLIP, MISS_CLIP))
        loss[:, :, :days] += sure * miss
        trust[:, :days] += sure
    return loss, trust
