"""Open cases at one instant, counted by any grouping: how many, how old, over due, paused, stuck; and one by one.

Here: one instant. Not here: the hours (hours), what flowed in them (flows), how long cases take (latency).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.backlog.due import DueTimes, put_off_due
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import CaseTimeline
from wfm_pipeline.domain.backlog.working_time import MICROSECONDS_PER_SECOND, NO_TIME, WorkingTime, working_between
from wfm_pipeline.units import SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, eq=False)
class OpenCases:
    """Cases that are open at an instant; all arrays have the shape (n_open,).

    Attributes:
        row: Row of the timeline that holds at the instant.
        queue, priority: Places, as in the timeline.
        age_seconds: Since the first opening, time done in between included; without pauses where the rules say so [s].
        due_at: Due time, put off by the pauses so far where the rules say so [us]; `NO_TIME` where none is known.
        is_over_due: The instant is after the due time.
        is_paused: It waits for somebody else.
        is_bouncing: Moved more often than the limit.
        is_resting: Not paused, and without progress for the limit of working hours.
    """

    row: IntArray
    queue: IntArray
    priority: IntArray
    age_seconds: FloatArray
    due_at: IntArray
    is_over_due: BoolArray
    is_paused: BoolArray
    is_bouncing: BoolArray
    is_resting: BoolArray

    @property
    def has_due(self) -> BoolArray:
        """A due time is known."""
        return self.due_at != NO_TIME


def open_cases(
    timeline: CaseTimeline, due: DueTimes, *, now: int, rules: BacklogRules, working: WorkingTime | None
) -> OpenCases:
    """Who is open at an instant, after all events before it.

    Args:
        timeline: States of the cases.
        due: Due times of the same rows.
        now: The instant [us since 1970]; what happens at it has not happened yet.
        rules: Limits, and whether pauses count.
        working: Windows of work; None where every hour is one.

    Returns:
        The open cases.
    """
    at = timeline.events.happened_at
    rows = np.flatnonzero(timeline.is_open & (at < now) & (timeline.until >= now))
    first, is_paused = timeline.events.first[rows], timeline.is_paused[rows]
    paused = timeline.paused_before[rows] + np.where(is_paused, now - at[rows], 0)
    due_at = put_off_due(timeline, due, rows, now=now, rules=rules)
    age = now - at[first] - (0 if rules.pauses_count_in_age else paused)
    rested = working_between(working, timeline.progress_at[rows], now)
    longest_rest = rules.stuck_working_hours * SECONDS_PER_HOUR * MICROSECONDS_PER_SECOND
    return OpenCases(
        row=rows,
        queue=timeline.queue[rows],
        priority=timeline.priority[rows],
        age_seconds=age / MICROSECONDS_PER_SECOND,
        due_at=due_at,
        is_over_due=(due_at != NO_TIME) & (now > due_at),
        is_paused=is_paused,
        is_bouncing=timeline.moves[rows] > rules.stuck_moves,
        is_resting=~is_paused & (rested >= longest_rest),
    )


def stock_by(group: IntArray, cases: OpenCases, *, n_groups: int, rules: BacklogRules) -> dict[str, np.ndarray]:
    """Open cases counted by group.

    Args:
        group: Group of each open case, 0 to n_groups - 1, shape (n_open,).
        cases: The open cases.
        n_groups: How many groups there are [count].
        rules: Limits of the age buckets.

    Returns:
        Name -> values, shape (n_groups,): open_cases [count], oldest_seconds [s] (NaN with nobody open), over_due [count] (NaN where
        cases are open and no due time of any is known), without_due, paused, stuck_moved, stuck_no_progress, stuck (one or both)
        [count], and the age buckets [count], which add up to open_cases.
    """

    def count(mask: BoolArray) -> IntArray:
        return np.bincount(group[mask], minlength=n_groups).astype(np.int64)

    everybody = np.bincount(group, minlength=n_groups).astype(np.int64)
    oldest = np.full(n_groups, -np.inf)
    np.maximum.at(oldest, group, cases.age_seconds)
    without_due = count(~cases.has_due)
    bucket = np.searchsorted(np.asarray(rules.age_limits_seconds), cases.age_seconds, side="right")
    return {
        "open_cases": everybody,
        "oldest_seconds": np.where(everybody > 0, oldest, np.nan),
        "over_due": np.where((everybody > 0) & (without_due == everybody), np.nan, count(cases.is_over_due)),
        "without_due": without_due,
        "paused": count(cases.is_paused),
        "stuck_moved": count(cases.is_bouncing),
        "stuck_no_progress": count(cases.is_resting),
        "stuck": count(cases.is_bouncing | cases.is_resting),
        **{name: count(bucket == number) for number, name in enumerate(rules.bucket_names)},
    }


def open_case_rows(timeline: CaseTimeline, cases: OpenCases) -> pd.DataFrame:
    """Open cases one by one, for whoever looks ahead or lists them.

    Args:
        timeline: States of the cases.
        cases: Those open at the instant.

    Returns:
        One row per open case, by queue, then the longest open first, then case: case_id, queue_id, priority (null where none was told),
        opened_at (naive UTC, the first opening), age_seconds, due_at (naive UTC, put off by pauses so far; NaT where none is known),
        is_paused, is_over_due.
    """
    events = timeline.events
    priorities = np.array([*events.priorities, None], dtype=object)
    frame = pd.DataFrame(
        {
            "case_id": events.case_ids[cases.row],
            "queue_id": np.array(events.queues, dtype=object)[cases.queue],
            "priority": pd.Series(priorities[cases.priority], dtype=object),
            "opened_at": events.happened_at[events.first[cases.row]].astype("datetime64[us]"),
            "age_seconds": cases.age_seconds,
            "due_at": cases.due_at.astype("datetime64[us]"),
            "is_paused": cases.is_paused,
            "is_over_due": cases.is_over_due,
        }
    )
    return frame.sort_values(["queue_id", "opened_at", "case_id"], kind="stable", ignore_index=True)
