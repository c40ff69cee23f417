"""How a day's calls spread over its slots: trimmed, smoothed and pooled, more so for small queues.

Here: shares of the day per slot, and the mean profiles of the lower rungs. Not here: how many
calls the day brings (level).
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.desk.panel import last_dates
from wfm_pipeline.domain.forecasting.desk.state import DeskState
from wfm_pipeline.domain.forecasting.means.weekday_level import fill_unseen
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.units import DAYS_PER_WEEK

SMOOTH_HALF_CALLS: Final = 20.0
"""Calls per interval at which the smoothed shape weighs half."""
POOL_SHARE: Final = 0.5
"""Largest part that all working days together have in a working day's shape [0..1]."""
POOL_HALF_CALLS: Final = 30.0
"""Calls per interval at which pooling with the other working days has half its largest share."""
MEAN_DAYS: Final = 8
"""Same weekdays in the mean of the lower rungs [days]."""


def learn_shape(state: DeskState, options: ForecastOptions) -> FloatArray:
    """Shares of a day's calls per queue, weekday and slot.

    Args:
        state: What is known before the origin.
        options: The forecast's choices.

    Returns:
        Shape (queues, 7, slots); each weekday sums to 1, or to 0 for a queue without calls. Closed
        slots are 0.

    Source:
        docs/methods/forecasting.md, step 4.
    """
    raw = fill_unseen(_trimmed_shares(state, options), state)
    calls = _calls_per_interval(state)
    open_slots = _open_or_lent(state)
    smooth = (1 / (1 + calls / SMOOTH_HALF_CALLS))[:, None, None]
    shape = (1 - smooth) * raw + smooth * smoothed(raw, open_slots)
    working = np.isin(np.arange(DAYS_PER_WEEK), state.types.weekday[state.types.is_working])
    if working.any():
        pool = (POOL_SHARE / (1 + calls / POOL_HALF_CALLS))[:, None, None]
        everyday = shape[:, working].mean(axis=1, keepdims=True)
        shape[:, working] = (1 - pool) * shape[:, working] + pool * everyday
    shape = np.where(open_slots, shape, 0.0)
    total = shape.sum(axis=2, keepdims=True)
    return np.divide(shape, total, out=np.zeros_like(shape), where=total > 0)


def _trimmed_shares(state: DeskState, options: ForecastOptions) -> FloatArray:
    queues, _, slots = state.panel.calls.shape
    shares = np.full((queues, DAYS_PER_WEEK, slots), np.nan)
    weekday = state.types.weekday[: state.known]
    busy = state.normal & (state.days.total > 0)
    weight: FloatArray = 0.5 ** (np.arange(options.shape_days) / options.shape_half_life_days)
    for day in range(DAYS_PER_WEEK):
        dates, known = last_dates(np.logical_and(busy, weekday == day), options.shape_days)
        calls = np.nan_to_num(state.panel.calls[np.arange(queues)[:, None], dates])
        part = calls / np.where(known, calls.sum(axis=2), np.inf)[:, :, None]
        mean = trimmed_mean(part, np.where(known, weight[: dates.shape[1]], 0.0), options.trim_share)
        shares[:, day] = np.where(known.any(axis=1, keepdims=True), mean, np.nan)
    return shares


def trimmed_mean(values: FloatArray, weight: FloatArray, trim_share: float) -> FloatArray:
    """Weighted mean without the outer values: a value stays if its middle lies inside the kept weight.

    Args:
        values: Shape (queues, days, slots).
        weight: Shape (queues, days), >= 0; a day of weight 0 does not count.
        trim_share: Share of the weight cut at each end, 0 to below 0.25, so that something always stays.

    Returns:
        Shape (queues, slots); 0 where no day has weight.
    """
    order = np.argsort(values, axis=1, kind="stable")
    ordered, own = np.take_along_axis(values, order, axis=1), np.take_along_axis(weight[:, :, None], order, axis=1)
    total = np.maximum(own.sum(axis=1, keepdims=True), LEAST_DIVISOR)
    middle = (np.cumsum(own, axis=1) - own / 2) / total
    kept = np.where((middle >= trim_share) & (middle <= 1 - trim_share), own, 0.0)
    return (kept * ordered).sum(axis=1) / np.maximum(kept.sum(axis=1), LEAST_DIVISOR)


def _calls_per_interval(state: DeskState) -> FloatArray:
    """Mean calls of an open interval of normal days per queue; 0 without any."""
    known = state.panel.calls[:, :, :]
    inside = state.normal[:, :, None] & ~np.isnan(known)
    count = inside.sum(axis=(1, 2))
    return np.where(inside, np.nan_to_num(known), 0.0).sum(axis=(1, 2)) / np.maximum(count, 1)


def _open_or_lent(state: DeskState) -> BoolArray:
    """Open slots; a weekday without any is taken to be open when any other weekday is."""
    lent = state.open_slots.any(axis=1, keepdims=True)
    return np.where(state.open_slots.any(axis=2, keepdims=True), state.open_slots, lent)


def smoothed(shape: FloatArray, open_slots: BoolArray) -> FloatArray:
    """Moving mean (1/4, 1/2, 1/4) along the slots.

    Args:
        shape: Values per slot; shape (..., slots).
        open_slots: Slots that count; same shape. A closed or absent neighbour counts as the slot itself.

    Returns:
        Same shape and unit.
    """
    before = np.concatenate([shape[..., :1], shape[..., :-1]], axis=-1)
    after = np.concatenate([shape[..., 1:], shape[..., -1:]], axis=-1)
    open_before = np.concatenate([open_slots[..., :1], open_slots[..., :-1]], axis=-1)
    open_after = np.concatenate([open_slots[..., 1:], open_slots[..., -1:]], axis=-1)
    return shape / 2 + np.where(open_before, before, shape) / 4 + np.where(open_after, after, shape) / 4


def weekday_means(state: DeskState, days: int = MEAN_DAYS) -> FloatArray:
    """Mean calls of the last same weekdays.

    Args:
        state: What is known before the origin.
        days: Same weekdays that count [days], >= 1.

    Returns:
        Shape (queues, 7, slots) [calls], 0 where never open.
    """
    queues, _, slots = state.panel.calls.shape
    means = np.full((queues, DAYS_PER_WEEK, slots), np.nan)
    weekday = state.types.weekday[: state.known]
    for queue in range(queues):
        for day in range(DAYS_PER_WEEK):
            same = state.days.usable[queue] & (weekday == day)
            chosen = same & state.normal[queue] if (same & state.normal[queue]).any() else same
            recent = np.flatnonzero(chosen)[-days:]
            if recent.size:
                means[queue, day] = np.nan_to_num(state.panel.calls[queue, recent]).mean(axis=0)
    return fill_unseen(means, state)


def pooled_means(state: DeskState) -> FloatArray:
    """The whole desk's week, scaled to each queue's own level.

    For queues with too little history for weekdays of their own. The smoothed sum over all queues
    gives the week's profile; a queue's level is its calls over what the profile has on its days.

    Args:
        state: What is known before the origin.

    Returns:
        Shape (queues, 7, slots) [calls].
    """
    week = np.nansum(weekday_means(state), axis=0, keepdims=True)
    week = smoothed(week, np.broadcast_to(week > 0, week.shape))[0]
    per_day = week.sum(axis=1)
    weekday = state.types.weekday[: state.known]
    own = np.where(state.days.usable, state.days.total, 0.0).sum(axis=1)
    profile = np.where(state.days.usable, per_day[weekday][None, :], 0.0).sum(axis=1)
    factor = np.divide(own, profile, out=np.zeros_like(own), where=profile > 0)
    return factor[:, None, None] * week[None, :, :]
