"""When each case is due, and from which event on its pauses put that off.

Here: due times of a source, due times by a rule per priority, re-opens. Not here: who is over due at an instant (stock).

A due time of the source stands as it was given; a re-open that restarts it gives the case the time again that it had from
the beginning of the cycle in which it was given. Without one the rule of the priority counts from the opening, or from the re-open.
Allowances are plain time: a rule in working hours needs the calendar as it stood then, which is not built yet.
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import IntArray
from wfm_pipeline.domain.backlog.events import NO_TIME
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import CaseTimeline, last_where
from wfm_pipeline.domain.backlog.working_time import MICROSECONDS_PER_SECOND


@dataclass(frozen=True, slots=True, eq=False)
class DueTimes:
    """Due times in force after each event, shape (n_events,).

    Attributes:
        due_at: When the case is due, had it never been paused [us]; `NO_TIME` where it has no due time.
        clock_row: Row of the event from which on pauses put it off.
    """

    due_at: IntArray
    clock_row: IntArray


def due_times(timeline: CaseTimeline, rules: BacklogRules) -> DueTimes:
    """Due times of all cases over time.

    Args:
        timeline: States of the cases.
        rules: Time allowed by priority, and whether a re-open restarts it.

    Returns:
        Due times.
    """
    events, cycle = timeline.events, timeline.cycle_row
    given = last_where(events.due_at != NO_TIME, events.first)
    has_own = given >= 0
    own_cycle = cycle[given] if len(given) else cycle
    is_restarted = has_own & rules.reopen_restarts_due & (given < cycle)
    own_due = events.due_at[given] + np.where(
        is_restarted, events.happened_at[cycle] - events.happened_at[own_cycle], 0
    )
    rule_clock = cycle if rules.reopen_restarts_due else events.first
    allowed = _allowances(timeline, rules)
    rule_due = np.where(allowed == NO_TIME, NO_TIME, events.happened_at[rule_clock] + np.maximum(allowed, 0))
    return DueTimes(
        due_at=np.where(has_own, own_due, rule_due),
        clock_row=np.where(has_own & ~is_restarted, given, rule_clock),
    )


def put_off_due(
    timeline: CaseTimeline, due: DueTimes, rows: IntArray, *, now: int | None, rules: BacklogRules
) -> IntArray:
    """Due times of some rows, put off by what was paused since their clock began.

    Args:
        timeline: States of the cases.
        due: Due times of all rows.
        rows: Which rows, shape (n,).
        now: An instant in the stretch of every row, up to which a pause that lasts counts [us since 1970]; None for the event itself.
        rules: Whether pauses put due times off.

    Returns:
        Due times [us since 1970], shape (n,); `NO_TIME` where none is known.
    """
    due_at = due.due_at[rows]
    if rules.pauses_count_in_due:
        return due_at
    paused = timeline.paused_before[rows] - timeline.paused_before[due.clock_row[rows]]
    if now is not None:
        paused = paused + np.where(timeline.is_paused[rows], now - timeline.events.happened_at[rows], 0)
    return np.where(due_at == NO_TIME, NO_TIME, due_at + paused)


def _allowances(timeline: CaseTimeline, rules: BacklogRules) -> IntArray:
    """Time allowed by the priority of each row [us], `NO_TIME` where no rule speaks of it."""
    by_place = [
        round(rules.due_seconds[value] * MICROSECONDS_PER_SECOND) if value in rules.due_seconds else NO_TIME
        for value in timeline.events.priorities
    ]
    return np.array([*by_place, NO_TIME], dtype=np.int64)[timeline.priority]
