"""Kinds of special days: what a holiday, its eve or another named day did to calls before, it does again.

Here: level and shape of named days, learnt per queue. Not here: which days are special (calendar_facts), or
effects that every month has (effect).

A special day is first expected to be like the weekday it behaves like. What its kind did beyond that
is carried over: a kind met before keeps most of its own past, a kind never met borrows from all
kinds of its class (holidays, eves, other named days), and a class never met changes nothing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.desk.calendar_facts import OTHER
from wfm_pipeline.domain.forecasting.desk.state import DeskState
from wfm_pipeline.domain.forecasting.means.effect import CALLS_ADDED, HALF_WEIGHT_CALLS
from wfm_pipeline.domain.forecasting.means.shape import smoothed

KIND_HALF_DAYS: Final = 0.5
"""Days of a kind at which its own past weighs half against its class [days]."""
CLASS_HALF_KINDS: Final = 4.0
"""Kinds of a class at which its mean weighs half against no change at all: kinds differ more among
themselves than classes differ from their weekdays."""
SHIFT_CLIP: Final = 2.0
"""Largest move of one past day that is believed [log]."""
SHAPE_HALF_CALLS_PER_SLOT: Final = 11.0
"""Calls per open slot at which a kind's own shape weighs half: its noise is then 30 % a slot, as
far as shapes of holidays lie from those of weekend days."""


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """What the target days that are special get beyond their weekday.

    Attributes:
        shift: Shape (queues, horizon): move of the level [log]; 0 on ordinary days.
        days: Numbers of the target days with a shape of their own; shape (special,).
        shape: Shape (queues, special, slots): shares of those days, each summing to 1 or 0.
    """

    shift: FloatArray
    days: IntArray
    shape: FloatArray


def learn_special_days(state: DeskState, level: FloatArray, effect: FloatArray, shape: FloatArray) -> SpecialDays:
    """Level and shape of the target days that have a name.

    Args:
        state: What is known before the origin.
        level: Neighbours' day totals, shape (queues, known dates) [calls].
        effect: Calendar effect of all dates [log]; shape (queues, dates).
        shape: Shares by weekday, shape (queues, 7, slots).

    Returns:
        What those days get beyond their weekday.

    Source:
        docs/methods/forecasting.md, step 1.
    """
    expected = level * np.exp(effect[:, : state.known])
    moved = np.log((state.days.total + CALLS_ADDED) / (expected + CALLS_ADDED))
    moved = np.clip(np.where(state.days.usable, moved, np.nan), -SHIFT_CLIP, SHIFT_CLIP)
    weight = np.where(np.isnan(moved), 0.0, level / (level + HALF_WEIGHT_CALLS))
    kinds, classes = np.array(state.types.kinds), state.types.day_class
    ahead = np.flatnonzero(classes[state.known :] > 0)
    shift = np.zeros((len(moved), state.horizon))
    shapes = np.zeros((len(moved), ahead.size, shape.shape[2]))
    for position, day in enumerate(ahead):
        date = state.known + day
        same_class = classes[: state.known] == classes[date]
        same_kind = same_class & (kinds[: state.known] == kinds[date])
        met = np.unique(kinds[: state.known][same_class & (weight > 0).any(axis=0)]).size
        by_class = met / (met + CLASS_HALF_KINDS) * _mean_move(moved, weight, same_class)
        days = (weight[:, same_kind] > 0).any(axis=0).sum()
        share = days / (days + KIND_HALF_DAYS)
        shift[:, day] = share * _mean_move(moved, weight, same_kind) + (1 - share) * by_class
        own = shape[np.arange(len(shape)), state.like[:, date]]
        shapes[:, position] = own if classes[date] == OTHER else _own_shape(state, same_kind, own)
    return SpecialDays(shift, ahead, shapes)


def _mean_move(moved: FloatArray, weight: FloatArray, dates: BoolArray) -> FloatArray:
    """Mean move on some dates, half the queue's own and half all queues'; 0 without any; shape (queues,) [log]."""
    values, trust = np.nan_to_num(moved[:, dates]), weight[:, dates]
    desk = float((trust * values).sum() / max(trust.sum(), LEAST_DIVISOR))
    own = ((trust * values).sum(axis=1) + desk) / (trust.sum(axis=1) + 1)
    mean: FloatArray = (own + desk) / 2
    return mean


def _own_shape(state: DeskState, dates: BoolArray, expected: FloatArray) -> FloatArray:
    """Shares on past days of a kind, as far as their calls tell; shape (queues, slots)."""
    seen = np.logical_and(state.days.usable, dates)
    calls = np.where(seen[:, :, None], np.nan_to_num(state.panel.calls), 0.0).sum(axis=1)
    open_slots = expected > 0
    calls = np.where(open_slots, smoothed(calls, open_slots), 0.0)
    total = calls.sum(axis=1, keepdims=True)
    share = total / (total + SHAPE_HALF_CALLS_PER_SLOT * np.maximum(open_slots.sum(axis=1, keepdims=True), 1))
    mixed: FloatArray = share * calls / np.maximum(total, LEAST_DIVISOR) + (1 - share) * expected
    return mixed
