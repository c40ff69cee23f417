"""What came and went in each hour: counts of events, by queue.

Here: flows, and who was open at an hour's start. Not here: who is open at its end (stock), the law between them (balance).
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, IntArray
from wfm_pipeline.domain.backlog.due import DueTimes, put_off_due
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import CaseTimeline
from wfm_pipeline.domain.backlog.working_time import NO_TIME

FLOWS: Final = ("inflow", "re_opened", "moved_in", "outflow", "moved_out")
DONE: Final = ("done_with_due", "done_in_due")
"""Of the cases done: those that had a due time, and those done by it."""


def flows_by_hour(
    timeline: CaseTimeline, due: DueTimes, starts: IntArray, ends: IntArray, *, rules: BacklogRules
) -> dict[str, IntArray]:
    """Flows of hours, each by queue.

    Args:
        timeline: States of the cases.
        due: Due times of the same rows.
        starts: Beginnings of hours, in order [us since 1970], shape (n_hours,).
        ends: Their ends, exclusive [us since 1970], shape (n_hours,).
        rules: Whether pauses put due times off.

    Returns:
        Name -> counts, shape (n_hours, n_queues), of `FLOWS` and `DONE`.
    """
    at, n_queues = timeline.events.happened_at, len(timeline.events.queues)
    hour = np.searchsorted(starts, at, side="right") - 1
    is_inside = (hour >= 0) & (at < ends[np.maximum(hour, 0)])

    def count(mask: BoolArray, queue: IntArray) -> IntArray:
        rows = np.flatnonzero(mask & is_inside)
        found = np.bincount(hour[rows] * n_queues + queue[rows], minlength=len(starts) * n_queues)
        return found.reshape(len(starts), n_queues).astype(np.int64)

    done = np.flatnonzero(timeline.is_outflow & is_inside)
    due_at = np.full(len(at), NO_TIME)
    due_at[done] = put_off_due(timeline, due, done, now=None, rules=rules)
    has_due = due_at != NO_TIME
    return {
        "inflow": count(timeline.is_inflow, timeline.queue),
        "re_opened": count(timeline.is_re_opened, timeline.queue),
        "moved_in": count(timeline.is_moved, timeline.queue),
        "outflow": count(timeline.is_outflow, timeline.queue),
        "moved_out": count(timeline.is_moved, timeline.queue_before),
        "done_with_due": count(has_due, timeline.queue),
        "done_in_due": count(has_due & (at <= due_at), timeline.queue),
    }


def open_before(timeline: CaseTimeline, start: int) -> IntArray:
    """Who was open at an hour's start: counted from states, not from flows, for the conservation law is held against it.

    Args:
        timeline: States of the cases.
        start: The hour's start [us since 1970].

    Returns:
        Open cases by queue [count], shape (n_queues,).
    """
    is_there = timeline.is_open & (timeline.events.happened_at < start) & (timeline.until >= start)
    return np.bincount(timeline.queue[is_there], minlength=len(timeline.events.queues)).astype(np.int64)
