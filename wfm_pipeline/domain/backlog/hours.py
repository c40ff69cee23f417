"""The backlog per queue and hour: what is open at the hour's end, and what came and went in it.

Here: the request and the answer. Not here: states of cases (timeline), one instant (stock), the law that holds between the
columns (balance). No command reaches it yet: the hourly run and `wfm backlog` are to come.

Hours are instants, `[hour_start, hour_end)`: a day on which clocks change has 23 or 25 of them. An event at an hour's end belongs to the
next hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, IntArray
from wfm_pipeline.domain.backlog.due import due_times
from wfm_pipeline.domain.backlog.events import usable_events
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.stock import OpenCases, open_cases, stock_by
from wfm_pipeline.domain.backlog.timeline import CaseTimeline, case_timeline
from wfm_pipeline.domain.backlog.working_time import WorkingTime
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import SECONDS_PER_HOUR

FLOWS: Final = ("inflow", "re_opened", "moved_in", "outflow", "moved_out")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BacklogRequest:
    """What the backlog is counted from.

    Attributes:
        events: Case events; columns as in `events.py`.
        hours: hour_start, hour_end (naive UTC), in order, without overlap, none after `as_of`.
        as_of: The instant of knowledge, naive UTC: what was told later is not used.
        rules: What counts.
        queues: The queues there are, each with a row an hour; None for those that events name.
        working: Windows of work, starts_at and ends_at (naive UTC), over the life of the cases; None where every hour is one.
        handle_seconds: Queue -> expected handle time of a case [s]; a queue that is not here, or None, is unknown.
    """

    events: pd.DataFrame
    hours: pd.DataFrame
    as_of: pd.Timestamp
    rules: BacklogRules = field(default_factory=BacklogRules)
    queues: tuple[str, ...] | None = None
    working: pd.DataFrame | None = None
    handle_seconds: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class BacklogHours:
    """The answer.

    Attributes:
        by_queue: One row per hour and queue: queue_id, hour_start, hour_end, open_before, the five flows, what `stock_by` counts at the
            hour's end, work_hours (open cases x handle time [h]; NaN where it is unknown and cases are open).
        by_priority: One row per hour, queue and priority that is open: the same stock; priority null where none was told.
        findings: case_id, kind, at, finding.
        not_yet_known: Events that the source told only after `as_of` [count].
    """

    by_queue: pd.DataFrame
    by_priority: pd.DataFrame
    findings: pd.DataFrame
    not_yet_known: int


def backlog_hours(request: BacklogRequest) -> BacklogHours:
    """Backlog of every queue at every hour's end, and its flows.

    Args:
        request: Events, hours and rules.

    Returns:
        The backlog, in order of hour and queue.

    Raises:
        DataError: hours that end after `as_of`, overlap or are out of order; events without their columns.
    """
    starts, ends = _edges(request)
    events = usable_events(request.events, as_of=request.as_of, queues=request.queues)
    timeline = case_timeline(events, request.rules)
    due = due_times(timeline, request.rules)
    working = None if request.working is None else WorkingTime.of(request.working)
    flows = _flows(timeline, starts, ends)
    by_queue, by_priority = [], []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        cases = open_cases(timeline, due, now=end, rules=request.rules, working=working)
        span = {"hour_start": np.datetime64(start, "us"), "hour_end": np.datetime64(end, "us")}
        stock = stock_by(cases.queue, cases, n_groups=len(events.queues), rules=request.rules)
        before = _open_before(timeline, start)
        made = {"queue_id": list(events.queues), **span, "open_before": before}
        by_queue.append(pd.DataFrame({**made, **{name: flows[name][number] for name in FLOWS}, **stock}))
        by_priority.append(_by_priority(timeline, cases, request.rules).assign(**span))
    return BacklogHours(
        by_queue=_with_work(pd.concat(by_queue, ignore_index=True), request.handle_seconds),
        by_priority=pd.concat(by_priority, ignore_index=True),
        findings=pd.concat([events.findings, timeline.findings], ignore_index=True),
        not_yet_known=events.not_yet_known,
    )


def _edges(request: BacklogRequest) -> tuple[IntArray, IntArray]:
    starts, ends = (
        request.hours[name].to_numpy("datetime64[us]").astype(np.int64) for name in ("hour_start", "hour_end")
    )
    if not len(starts) or (ends <= starts).any() or (starts[1:] < ends[:-1]).any():
        raise DataError(
            f"hours must be [hour_start, hour_end) in order without overlap, got {len(starts)} that are not"
        )
    last = request.hours["hour_end"].max()
    if last > request.as_of:
        raise DataError(
            f"an hour ends at {last}, after as_of {request.as_of}: it is not over; ask for hours that are",
            hour_end=last,
        )
    return starts, ends


def _flows(timeline: CaseTimeline, starts: IntArray, ends: IntArray) -> dict[str, IntArray]:
    """Name -> counts, shape (n_hours, n_queues)."""
    at, n_queues = timeline.events.happened_at, len(timeline.events.queues)
    hour = np.searchsorted(starts, at, side="right") - 1
    is_inside = (hour >= 0) & (at < ends[np.maximum(hour, 0)])

    def count(mask: BoolArray, queue: IntArray) -> IntArray:
        rows = mask & is_inside
        found = np.bincount(hour[rows] * n_queues + queue[rows], minlength=len(starts) * n_queues)
        return found.reshape(len(starts), n_queues).astype(np.int64)

    return {
        "inflow": count(timeline.is_inflow, timeline.queue),
        "re_opened": count(timeline.is_re_opened, timeline.queue),
        "moved_in": count(timeline.is_moved, timeline.queue),
        "outflow": count(timeline.is_outflow, timeline.queue),
        "moved_out": count(timeline.is_moved, timeline.queue_before),
    }


def _open_before(timeline: CaseTimeline, start: int) -> IntArray:
    """Counted from the states, not from flows: what the conservation law is then held against."""
    is_there = timeline.is_open & (timeline.events.happened_at < start) & (timeline.until >= start)
    return np.bincount(timeline.queue[is_there], minlength=len(timeline.events.queues)).astype(np.int64)


def _by_priority(timeline: CaseTimeline, cases: OpenCases, rules: BacklogRules) -> pd.DataFrame:
    values = [*timeline.events.priorities, None]
    place = np.where(cases.priority >= 0, cases.priority, len(values) - 1)
    group, dense = np.unique(cases.queue * len(values) + place, return_inverse=True)
    names = np.array([*timeline.events.queues, ""], dtype=object)
    keys = {
        "queue_id": names[group // len(values)],
        "priority": pd.Series([values[one] for one in group % len(values)], dtype=object),
    }
    return pd.DataFrame({**keys, **stock_by(dense, cases, n_groups=len(group), rules=rules)})


def _with_work(rows: pd.DataFrame, handle_seconds: Mapping[str, float | None]) -> pd.DataFrame:
    each = rows["queue_id"].map({name: value for name, value in handle_seconds.items() if value is not None})
    work = rows["open_cases"] * each.astype(np.float64) / SECONDS_PER_HOUR
    return rows.assign(work_hours=work.where(rows["open_cases"] > 0, 0.0))
