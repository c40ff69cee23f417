"""The state of every case from each of its events to the next: where it is, whether it is open, paused, since when.

Here: states and flows, all cases at once. Not here: which events can be used (events), due times (due), counting (hours, stock).

A row is an event and the stretch from it to the case's next event. "Open at `t`" is the state after all events before `t`.
What an event does depends on the last one that opened or ended the case, so that no case is walked through one by one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, IntArray
from wfm_pipeline.domain.backlog.events import FINDING_COLUMNS, CaseEvents
from wfm_pipeline.domain.backlog.rules import BacklogRules

PROGRESS_KINDS = ("opened", "assigned", "resumed", "resolved")
"""Kinds that bring a case on, beside a true re-open: a move hands it on, a pause and a due time do no work on it."""


@dataclass(frozen=True, slots=True, eq=False)
class CaseTimeline:
    """States after each event; all arrays have the shape (n_events,), rows of a case in order of time.

    Attributes:
        events: The events they come from.
        until: The case's next event [us]; the greatest number there is where none follows.
        queue, queue_before: Place of the queue after and before the event.
        priority: Place of the priority, -1 where none was told yet.
        is_open: Open from the event on.
        is_inflow, is_re_opened, is_outflow, is_moved: The event brings the case in, back, out; takes an open case elsewhere.
        cycle_row: Row of the event that began the present open-close cycle.
        is_paused: Paused from the event on.
        paused_before: Paused time of the case up to the event [us].
        moves: Moves while open so far, this one included [count].
        progress_at: Last event that brought the case on [us].
        findings: Events that cannot be true in the state they met: `FINDING_COLUMNS`.
    """

    events: CaseEvents
    until: IntArray
    queue: IntArray
    queue_before: IntArray
    priority: IntArray
    is_open: BoolArray
    is_inflow: BoolArray
    is_re_opened: BoolArray
    is_outflow: BoolArray
    is_moved: BoolArray
    cycle_row: IntArray
    is_paused: BoolArray
    paused_before: IntArray
    moves: IntArray
    progress_at: IntArray
    findings: pd.DataFrame


def case_timeline(events: CaseEvents, rules: BacklogRules) -> CaseTimeline:
    """States of all cases over time.

    Args:
        events: Events that can be used.
        rules: What counts as done.

    Returns:
        The timeline. Findings: `re_open_of_open_case`, `done_again` and `paused_when_done`; what they tell changes nothing.
    """
    kind, first = events.kind, events.first
    is_first = np.arange(len(kind)) == first
    level_before = np.where(is_first, 0, _before(_levels(kind, first)))
    true_re_open = (kind == "re_opened") & (level_before > 0)
    last_open = last_where((kind == "opened") | (kind == "re_opened"), first)
    is_open = last_open > last_where(np.isin(kind, rules.done_kinds), first)
    was_open = np.where(is_first, False, _before(is_open))
    placed = events.queue[last_where(events.queue >= 0, first)] if len(kind) else events.queue
    queue_before = np.where(is_first, -1, _before(placed))
    is_moved = (kind == "moved") & was_open & (placed != queue_before)
    is_re_opened = (kind == "re_opened") & ~was_open
    told = last_where(events.priority >= 0, first)
    until = _following(events)
    pause = (kind == "paused") & is_open
    ends_pause = np.isin(kind, ("opened", "resumed", "resolved", "closed")) | true_re_open
    is_paused = last_where(pause, first) > last_where(ends_pause, first)
    moved_so_far = np.cumsum(is_moved)
    progress = np.isin(kind, PROGRESS_KINDS) | true_re_open
    return CaseTimeline(
        events=events,
        until=until,
        queue=placed,
        queue_before=queue_before,
        priority=np.where(told >= 0, events.priority[told], -1) if len(kind) else events.priority,
        is_open=is_open,
        is_inflow=is_first,
        is_re_opened=is_re_opened,
        is_outflow=was_open & ~is_open,
        is_moved=is_moved,
        cycle_row=last_where(is_first | is_re_opened, first),
        is_paused=is_paused,
        paused_before=_paused_before(events, until, is_paused),
        moves=moved_so_far - moved_so_far[first],
        progress_at=events.happened_at[last_where(progress, first)] if len(kind) else events.happened_at,
        findings=_contradictions(events, level_before, is_open),
    )


def last_where(mask: BoolArray, first: IntArray) -> IntArray:
    """The last row so far of the same case for which something holds.

    Args:
        mask: What holds, shape (n_events,).
        first: Row of the first event of the case, shape (n_events,).

    Returns:
        Row numbers, this row included, -1 for none; shape (n_events,).

    Example:
        >>> last_where(np.array([True, False, False, True]), np.array([0, 0, 2, 2])).tolist()
        [0, 0, -1, 3]
    """
    found = np.maximum.accumulate(np.where(mask, np.arange(len(mask)), -1)) if len(mask) else np.empty(0, np.int64)
    return np.where(found >= first, found, -1)


def _levels(kind: np.ndarray, first: IntArray) -> IntArray:
    """How far a case has come, whatever counts as done: 0 open, 1 resolved, 2 closed."""
    opened, resolved, closed = (
        last_where(np.isin(kind, kinds), first) for kinds in (("opened", "re_opened"), ("resolved",), ("closed",))
    )
    return np.where(closed > opened, 2, np.where(resolved > opened, 1, 0))


def _before(values: np.ndarray) -> np.ndarray:
    """Values of the row above; the first keeps its own."""
    return np.concatenate([values[:1], values[:-1]])


def _following(events: CaseEvents) -> IntArray:
    following = np.append(events.happened_at[1:], 0)[: len(events.happened_at)]
    is_last = np.append(np.diff(events.first) != 0, True)[: len(events.happened_at)]
    return np.where(is_last, np.iinfo(np.int64).max, following)


def _paused_before(events: CaseEvents, until: IntArray, is_paused: BoolArray) -> IntArray:
    """Added up over all cases; a sum that passes 64 bits wraps round, and its differences are right all the same."""
    is_over = is_paused & (until < np.iinfo(np.int64).max)
    lengths = np.where(is_over, until - events.happened_at, 0)
    so_far = np.cumsum(lengths) - lengths
    return so_far - so_far[events.first]


def _contradictions(events: CaseEvents, level_before: IntArray, is_open: BoolArray) -> pd.DataFrame:
    kind = events.kind
    rules = {
        "re_open_of_open_case": (kind == "re_opened") & (level_before == 0),
        "done_again": ((kind == "resolved") & (level_before > 0)) | ((kind == "closed") & (level_before > 1)),
        "paused_when_done": (kind == "paused") & ~is_open,
    }
    rows = np.flatnonzero(np.logical_or.reduce(list(rules.values())))
    told = np.select([mask[rows] for mask in rules.values()], list(rules), default="")
    columns = (events.case_ids[rows], kind[rows], events.happened_at[rows].astype("datetime64[us]"), told)
    return pd.DataFrame(dict(zip(FINDING_COLUMNS, columns, strict=True)))
