"""Calls laid into hours that planners state for a queue: none outside, and new hours are not left empty.

Here: what becomes of a day's means where the hours ahead are not those that the history was learnt in. Not here: which hours
hold (domain/opening), and slots that the history itself shows to be shut (domain/forecasting/desk/state.py).

The rule. Callers who find a desk closed at their usual time come at another: hours that hold from a date on keep the day's
calls, laid over the slots that are open. An exception keeps what the slots bring: a short day has fewer calls. A slot that was
never open before has the calls of the nearest open one; a day that the queue never worked has the mean of its other days.
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray

BY_SITE, STANDING, EXCEPTION = 0, 1, 2
"""Where the hours of a target day are from."""


@dataclass(frozen=True, slots=True)
class OpenAhead:
    """When queues are open on the target days.

    Attributes:
        grid: Shape (horizon, slots): cells of the answer.
        allowed: Shape (queues, horizon, slots): the caller calls the cell open.
        by: Shape (queues, horizon): BY_SITE, STANDING or EXCEPTION.
    """

    grid: BoolArray
    allowed: BoolArray
    by: IntArray

    @property
    def is_stated(self) -> BoolArray:
        """Shape (queues, horizon): days whose hours a planner states."""
        stated: BoolArray = self.by != BY_SITE
        return stated


def laid_in(mean: FloatArray, ahead: OpenAhead, *, was_met: BoolArray, can_call: BoolArray) -> FloatArray:
    """Means of the target days inside the hours that hold.

    Args:
        mean: As learnt, shape (queues, horizon, slots) [calls].
        ahead: When queues are open.
        was_met: Shape (queues, slots): the history says something of the slot, if only that nobody called.
        can_call: Shape (queues,): queues that have calls at all.

    Returns:
        Same shape and unit; 0 outside the hours.
    """
    laid = np.where(ahead.allowed, mean, 0.0)
    for queue, day in np.argwhere(ahead.is_stated & can_call[:, None]):
        is_open = ahead.allowed[queue, day]
        own = mean[queue, day]
        usual = own if own.any() else _mean_day(mean[queue])
        filled = np.where(is_open, _filled(usual, is_open & ~was_met[queue]), 0.0)
        if ahead.by[queue, day] == STANDING and filled.any():
            filled *= usual.sum() / filled.sum()
        laid[queue, day] = filled
    return laid


def _mean_day(days: FloatArray) -> FloatArray:
    """Mean of the days that have calls; shape (slots,)."""
    busy = days[days.any(axis=1)]
    return busy.mean(axis=0) if len(busy) else np.zeros(days.shape[1])


def _filled(day: FloatArray, is_new: BoolArray) -> FloatArray:
    """A day whose new slots have the calls of the nearest slot with some; of two as near their mean."""
    known = np.flatnonzero((day > 0) & ~is_new)
    if not known.size or not is_new.any():
        return day
    new = np.flatnonzero(is_new)
    distance = np.abs(new[:, None] - known[None, :])
    nearest = distance == distance.min(axis=1, keepdims=True)
    filled = day.copy()
    filled[new] = (nearest * day[known]).sum(axis=1) / nearest.sum(axis=1)
    return filled
