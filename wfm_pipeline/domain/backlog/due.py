"""When each case is due, and from which event on its pauses put that off.

Here: due times of a source, due times by a rule per priority, re-opens. Not here: who is over due at an instant (stock).

A due time of the source stands as it was given; a re-open that restarts it gives the case the time again that it had from
the beginning of the cycle in which it was given. Without one the rule of the priority counts from the opening, or from the re-open.
Where due times count in working time, allowances, restarts and pauses are measured by the calendar that was in force, for the queue
in which the case then was, when its clock began: an edit of the calendar moves no due time of a case that is open already.
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import IntArray
from wfm_pipeline.domain.backlog.calendar_clock import WorkingCalendars
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import CaseTimeline, last_where
from wfm_pipeline.domain.backlog.working_time import MICROSECONDS_PER_SECOND, NO_TIME
from wfm_pipeline.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class DueTimes:
    """Due times in force after each event, shape (n_events,).

    Attributes:
        due_at: When the case is due, had it never been paused [us]; `NO_TIME` where it has no due time.
        clock_row: Row of the event from which on pauses put it off.
        paused_before: What pauses put off up to the event, of which differences from the clock's row on count [us].
        calendars: Calendars by which all this is measured; None for plain time.
        calendar: Which of them each row has; places in `calendars.times`.
    """

    due_at: IntArray
    clock_row: IntArray
    paused_before: IntArray
    calendars: WorkingCalendars | None
    calendar: IntArray


def due_times(timeline: CaseTimeline, rules: BacklogRules, calendars: WorkingCalendars | None = None) -> DueTimes:
    """Due times of all cases over time.

    Args:
        timeline: States of the cases.
        rules: Time allowed by priority, and whether a re-open restarts it.
        calendars: Versions of the calendar, where due times count in working time.

    Returns:
        Due times.

    Raises:
        DataError: due times count in working time, and no calendar is given.
    """
    if rules.due_in == "working" and calendars is None:
        raise DataError("due times count in working time (due_in = working), and no calendar is given")
    used = calendars if rules.due_in == "working" else None
    events, cycle = timeline.events, timeline.cycle_row
    given = last_where(events.due_at != NO_TIME, events.first)
    has_own = given >= 0
    own_cycle = cycle[given] if len(given) else cycle
    is_restarted = has_own & rules.reopen_restarts_due & (given < cycle)
    rule_clock = cycle if rules.reopen_restarts_due else events.first
    clock_row = np.where(has_own & ~is_restarted, given, rule_clock)
    at, began = events.happened_at, _calendars_of(timeline, used)
    had = _between(used, began[own_cycle], at[own_cycle], events.due_at[given])
    again = _after(used, began[cycle], at[cycle], had if used is None else np.maximum(had, 0))
    allowed = _allowances(timeline, rules)
    by_rule = _after(used, began[rule_clock], at[rule_clock], np.maximum(allowed, 0))
    rule_due = np.where(allowed == NO_TIME, NO_TIME, by_rule)
    return DueTimes(
        due_at=np.where(is_restarted, again, np.where(has_own, events.due_at[given], rule_due)),
        clock_row=clock_row,
        paused_before=timeline.paused_before if used is None else _paused_in(timeline, used, began[clock_row]),
        calendars=used,
        calendar=began[clock_row],
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
    paused = due.paused_before[rows] - due.paused_before[due.clock_row[rows]]
    if now is not None:
        since = timeline.events.happened_at[rows]
        lasting = _between(due.calendars, due.calendar[rows], since, np.full(len(rows), now))
        paused = paused + np.where(timeline.is_paused[rows], lasting, 0)
    return np.where(due_at == NO_TIME, NO_TIME, _after(due.calendars, due.calendar[rows], due_at, paused))


def _after(calendars: WorkingCalendars | None, calendar: IntArray, instants: IntArray, amounts: IntArray) -> IntArray:
    return instants + amounts if calendars is None else calendars.after(calendar, instants, amounts)


def _between(calendars: WorkingCalendars | None, calendar: IntArray, since: IntArray, until: IntArray) -> IntArray:
    return until - since if calendars is None else calendars.between(calendar, since, until)


def _calendars_of(timeline: CaseTimeline, calendars: WorkingCalendars | None) -> IntArray:
    """The calendar of each row, were it the one at which a clock begins."""
    events = timeline.events
    if calendars is None:
        return np.zeros(len(events.happened_at), np.int64)
    return calendars.calendar_of(events.happened_at, timeline.queue, events.queues)


def _paused_in(timeline: CaseTimeline, calendars: WorkingCalendars, calendar: IntArray) -> IntArray:
    """Working time paused before each row, added up over all rows."""
    at, until = timeline.events.happened_at, timeline.until
    is_over = timeline.is_paused & (until < np.iinfo(np.int64).max)
    lengths = np.where(is_over, calendars.between(calendar, at, np.where(is_over, until, at)), 0)
    return np.cumsum(lengths) - lengths


def _allowances(timeline: CaseTimeline, rules: BacklogRules) -> IntArray:
    """Time allowed by the priority of each row [us], `NO_TIME` where no rule speaks of it."""
    by_place = [
        round(rules.due_seconds[value] * MICROSECONDS_PER_SECOND) if value in rules.due_seconds else NO_TIME
        for value in timeline.events.priorities
    ]
    return np.array([*by_place, NO_TIME], dtype=np.int64)[timeline.priority]
