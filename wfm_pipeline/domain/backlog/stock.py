"""Open cases at one instant, counted by any grouping: how many, how old, over due, stuck.

Here: one instant. Not here: the hours and what flowed in them (hours).
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.backlog.due import DueTimes
from wfm_pipeline.domain.backlog.events import NO_TIME
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import CaseTimeline
from wfm_pipeline.domain.backlog.working_time import MICROSECONDS_PER_SECOND, WorkingTime, working_between
from wfm_pipeline.units import SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, eq=False)
class OpenCases:
    """Cases that are open at an instant; all arrays have the shape (n_open,).

    Attributes:
        queue, priority: Places, as in the timeline.
        age_seconds: Since the first opening, time done in between included; without pauses where the rules say so [s].
        has_due: A due time is known.
        is_over_due: The instant is after the due time, put off by pauses where the rules say so.
        is_bouncing: Moved more often than the limit.
        is_resting: Not paused, and without progress for the limit of working hours.
    """

    queue: IntArray
    priority: IntArray
    age_seconds: FloatArray
    has_due: BoolArray
    is_over_due: BoolArray
    is_bouncing: BoolArray
    is_resting: BoolArray


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
    due_at, clock = due.due_at[rows], due.clock_row[rows]
    put_off = 0 if rules.pauses_count_in_due else paused - timeline.paused_before[clock]
    age = now - at[first] - (0 if rules.pauses_count_in_age else paused)
    rested = working_between(working, timeline.progress_at[rows], now)
    longest_rest = rules.stuck_working_hours * SECONDS_PER_HOUR * MICROSECONDS_PER_SECOND
    has_due = due_at != NO_TIME
    return OpenCases(
        queue=timeline.queue[rows],
        priority=timeline.priority[rows],
        age_seconds=age / MICROSECONDS_PER_SECOND,
        has_due=has_due,
        is_over_due=has_due & (now - put_off > due_at),
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
        cases are open and no due time of any is known), without_due, stuck_moved, stuck_no_progress, stuck (one or both) [count],
        and the age buckets [count], which add up to open_cases.
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
        "stuck_moved": count(cases.is_bouncing),
        "stuck_no_progress": count(cases.is_resting),
        "stuck": count(cases.is_bouncing | cases.is_resting),
        **{name: count(bucket == number) for number, name in enumerate(rules.bucket_names)},
    }
