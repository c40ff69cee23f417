"""What is known on the eve of an origin: history, day kinds and closures, ready to be learnt from.

Here: one record that every part of the forecast reads. Not here: any estimate.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.desk.calendar_facts import FEATURES, DayTypes, backlog, closed_days
from wfm_pipeline.domain.forecasting.desk.panel import SILENT_CALLS, USUAL_SHARE, CallPanel, DayTable, day_table
from wfm_pipeline.units import DAYS_PER_WEEK

OPEN_SLOT_DAYS: Final = 8
"""Same weekdays that tell in which slots a queue is open [days]."""


@dataclass(frozen=True, slots=True)
class DeskState:
    """Everything known before an origin; dates run through history and horizon.

    Attributes:
        panel: Calls before the origin, shape (queues, known dates, slots).
        days: Usable, closed and missing days of the history.
        types: Calendar facts of all dates.
        closed: Shape (queues, dates): closed, as it happened or as it is expected.
        like: Shape (queues, dates): weekday each date behaves like for the queue.
        features: Shape (queues, dates, features), with the queue's own backlog.
        normal: Shape (queues, known dates): usable, neither holiday nor eve.
        open_slots: Shape (queues, 7, slots): slots the queue works in.
    """

    panel: CallPanel
    days: DayTable
    types: DayTypes
    closed: BoolArray
    like: IntArray
    features: FloatArray
    normal: BoolArray
    open_slots: BoolArray

    @property
    def known(self) -> int:
        """Number of dates before the origin."""
        return self.panel.calls.shape[1]

    @property
    def horizon(self) -> int:
        """Number of target dates."""
        return len(self.types.dates) - self.known

    def usable_weeks(self) -> FloatArray:
        """Weeks of usable history per queue; shape (queues,)."""
        per_week = np.maximum(self.days.open_weekday.sum(axis=1), 1)
        return self.days.usable.sum(axis=1) / per_week


def observe(panel: CallPanel, types: DayTypes) -> DeskState:
    """Gather what is known on the eve of an origin.

    Args:
        panel: Calls before the origin.
        types: Facts of its dates and of the target dates.

    Returns:
        What every part of the forecast reads.
    """
    days = day_table(panel)
    closed = closed_days(types, days)
    queues = np.arange(len(panel.queue_ids))[:, None]
    works_then = days.open_weekday[queues, types.behaves_like[None, :]]
    like = np.where(works_then, types.behaves_like[None, :], types.weekday[None, :])
    known = panel.calls.shape[1]
    features = np.repeat(types.features[None, :, :], len(panel.queue_ids), axis=0)
    features[:, :, FEATURES.index("backlog")] = backlog(types, days, closed)
    special = (types.is_holiday | types.is_eve)[:known]
    return DeskState(
        panel=panel,
        days=days,
        types=types,
        closed=closed,
        like=like,
        features=features,
        normal=days.usable & ~special[None, :],
        open_slots=_open_slots(panel, days),
    )


def head(types: DayTypes, dates: int) -> DayTypes:
    """The first `dates` dates of calendar facts.

    Args:
        types: Calendar facts.
        dates: How many of the first dates to keep [days].

    Returns:
        The facts of those dates.
    """
    return replace(
        types,
        dates=types.dates[:dates],
        names=types.names[:dates],
        is_holiday=types.is_holiday[:dates],
        is_eve=types.is_eve[:dates],
        behaves_like=types.behaves_like[:dates],
        is_working=types.is_working[:dates],
        kinds=types.kinds[:dates],
        day_class=types.day_class[:dates],
        features=types.features[:dates],
    )


def _open_slots(panel: CallPanel, days: DayTable) -> BoolArray:
    """Slots with a value on half of the last usable same weekdays, without those that history shows to be shut."""
    known = ~np.isnan(panel.calls)
    slots = np.zeros((len(panel.queue_ids), DAYS_PER_WEEK, panel.calls.shape[2]), bool)
    for queue in range(len(panel.queue_ids)):
        for day in range(DAYS_PER_WEEK):
            recent = np.flatnonzero(days.usable[queue] & (panel.weekday == day))[-OPEN_SLOT_DAYS:]
            if recent.size:
                slots[queue, day] = known[queue, recent].mean(axis=0) >= USUAL_SHARE
    return slots & ~_silent_slots(panel, days)


def _silent_slots(panel: CallPanel, days: DayTable) -> BoolArray:
    """Slots that never had a call though the slot beside them is busy: a lunch or a night that nobody wrote down.

    A share of a neighbour's calls that a smoothed shape would put there never came. Shape (queues, 7, slots).
    """
    silent = np.zeros((len(panel.queue_ids), DAYS_PER_WEEK, panel.calls.shape[2]), bool)
    for day in range(DAYS_PER_WEEK):
        same = days.usable & (panel.weekday == day)
        calls = np.where(same[:, :, None], np.nan_to_num(panel.calls), 0.0).sum(axis=1)
        beside = np.maximum(np.pad(calls, ((0, 0), (1, 0)))[:, :-1], np.pad(calls, ((0, 0), (0, 1)))[:, 1:])
        silent[:, day] = (calls == 0) & (beside >= SILENT_CALLS)
    return silent
