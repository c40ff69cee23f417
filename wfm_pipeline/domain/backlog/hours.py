"""The backlog per queue and hour: what is open at the hour's end, and what came and went in it.

Here: the request and the answer. Not here: states of cases (timeline), one instant (stock), what came and went (flows), how long
cases take (latency), the law that holds between the columns (balance).

Hours are instants, `[hour_start, hour_end)`: a day on which clocks change has 23 or 25 of them. An event at an hour's end belongs to the
next hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.backlog.calendar_clock import WorkingCalendars
from wfm_pipeline.domain.backlog.carried import Carried, carried_at
from wfm_pipeline.domain.backlog.cycles import DoneCycles, done_cycles
from wfm_pipeline.domain.backlog.due import DueTimes, due_times
from wfm_pipeline.domain.backlog.events import CaseEvents, usable_events
from wfm_pipeline.domain.backlog.flows import flows_by_hour, open_before
from wfm_pipeline.domain.backlog.latency import latency_by
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.stock import OpenCases, open_case_rows, open_cases, stock_by
from wfm_pipeline.domain.backlog.timeline import CaseTimeline, case_timeline
from wfm_pipeline.domain.backlog.working_time import WorkingTime
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import SECONDS_PER_HOUR


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
        calendars: Versions of the calendar; needed where due times count in working time.
        done_cycles: Cycles of cases whose events are not given and that ended before the hours: queue_id, priority, began_at, done_at
            (naive UTC); for latency alone. None where all events are given.
        carry_at: Instant up to which later hours want the cases carried on (see `carried`), not after `as_of`; None for none.
        handle_seconds: Queue -> expected handle time of a case [s]; a queue that is not here, or None, is unknown.
    """

    events: pd.DataFrame
    hours: pd.DataFrame
    as_of: pd.Timestamp
    rules: BacklogRules = field(default_factory=BacklogRules)
    queues: tuple[str, ...] | None = None
    working: pd.DataFrame | None = None
    calendars: WorkingCalendars | None = None
    done_cycles: pd.DataFrame | None = None
    carry_at: pd.Timestamp | None = None
    handle_seconds: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class BacklogHours:
    """The answer.

    Attributes:
        by_queue: One row per hour and queue: queue_id, hour_start, hour_end, open_before, the five flows, done_with_due and done_in_due
            (of the cases done, those that had a due time, and were done by it) [count], what `stock_by` counts at the hour's end,
            latency_q50_seconds, latency_q90_seconds, work_hours (open cases x handle time [h]; NaN where it is unknown and cases are
            open).
        by_priority: One row per hour, queue and priority that is open: the same stock and latency; priority null where none was told.
        open_cases: Who is open at the last hour's end, one by one; see `stock.open_case_rows`.
        findings: case_id, kind, at, finding.
        not_yet_known: Events that the source told only after `as_of` [count].
        carried: What later hours need, of the cases whose events were given; None where it was not asked for.
    """

    by_queue: pd.DataFrame
    by_priority: pd.DataFrame
    open_cases: pd.DataFrame
    findings: pd.DataFrame
    not_yet_known: int
    carried: Carried | None


@dataclass(frozen=True, slots=True, eq=False)
class _Past:
    """All that one hour's end is counted from."""

    timeline: CaseTimeline
    due: DueTimes
    done: DoneCycles
    rules: BacklogRules
    working: WorkingTime | None

    def open_at(self, now: int) -> OpenCases:
        return open_cases(self.timeline, self.due, now=now, rules=self.rules, working=self.working)


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
    past = _past(request, events)
    flows = flows_by_hour(past.timeline, past.due, starts, ends, rules=request.rules)
    by_queue, by_priority, cases = [], [], None
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        cases = past.open_at(end)
        span = {"hour_start": np.datetime64(start, "us"), "hour_end": np.datetime64(end, "us")}
        before = {"open_before": open_before(past.timeline, start)}
        made = {"queue_id": list(events.queues), **span, **before, **{name: flows[name][number] for name in flows}}
        by_queue.append(pd.DataFrame({**made, **_by_queue(past, cases, end)}))
        by_priority.append(_by_priority(past, cases, end).assign(**span))
    assert cases is not None  # `_edges` refuses no hours
    return BacklogHours(
        by_queue=_with_work(pd.concat(by_queue, ignore_index=True), request.handle_seconds),
        by_priority=pd.concat(by_priority, ignore_index=True),
        open_cases=open_case_rows(past.timeline, cases),
        findings=pd.concat([events.findings, past.timeline.findings], ignore_index=True),
        not_yet_known=events.not_yet_known,
        carried=_carried(request, past),
    )


def _carried(request: BacklogRequest, past: _Past) -> Carried | None:
    if request.carry_at is None:
        return None
    return carried_at(past.timeline, request.carry_at, days=request.rules.latency_days)


def _past(request: BacklogRequest, events: CaseEvents) -> _Past:
    timeline = case_timeline(events, request.rules)
    return _Past(
        timeline=timeline,
        due=due_times(timeline, request.rules, request.calendars),
        done=done_cycles(timeline, request.done_cycles),
        rules=request.rules,
        working=None if request.working is None else WorkingTime.of(request.working),
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


def _by_queue(past: _Past, cases: OpenCases, end: int) -> dict[str, np.ndarray]:
    n_queues, known = len(past.timeline.events.queues), past.done.queue >= 0
    stock = stock_by(cases.queue, cases, n_groups=n_queues, rules=past.rules)
    return {**stock, **_latency(past, cases, (cases.queue, past.done.queue), known, n_groups=n_queues, end=end)}


def _by_priority(past: _Past, cases: OpenCases, end: int) -> pd.DataFrame:
    events, done = past.timeline.events, past.done
    values = [*events.priorities, None]
    place = np.where(cases.priority >= 0, cases.priority, len(values) - 1)
    group, dense = np.unique(cases.queue * len(values) + place, return_inverse=True)
    names = np.array([*events.queues, ""], dtype=object)
    keys = {
        "queue_id": names[group // len(values)],
        "priority": pd.Series([values[one] for one in group % len(values)], dtype=object),
    }
    done_place = np.where(done.priority == -1, len(values) - 1, done.priority)
    of_done = done.queue * len(values) + done_place
    near = np.minimum(np.searchsorted(group, of_done), max(len(group) - 1, 0))
    known = (done.queue >= 0) & (done_place >= 0) & (group[near] == of_done if len(group) else False)
    stock = stock_by(dense, cases, n_groups=len(group), rules=past.rules)
    return pd.DataFrame({**keys, **stock, **_latency(past, cases, (dense, near), known, n_groups=len(group), end=end)})


def _latency(
    past: _Past, cases: OpenCases, group: tuple[IntArray, IntArray], known: BoolArray, *, n_groups: int, end: int
) -> dict[str, FloatArray]:
    """Latency of groups of open cases and of cycles done; cycles of no group left out."""
    of_open, of_done = group
    opened, row = past.timeline.events.happened_at, past.timeline.cycle_row[cases.row]
    done = np.flatnonzero(known)[: np.searchsorted(past.done.done_at[known], end)]
    return latency_by(
        np.concatenate([of_open, of_done[done]]),
        np.concatenate([opened[row], past.done.began_at[done]]),
        np.concatenate([np.full(len(row), np.iinfo(np.int64).max), past.done.done_at[done]]),
        n_groups=n_groups,
        now=end,
        days=past.rules.latency_days,
    )


def _with_work(rows: pd.DataFrame, handle_seconds: Mapping[str, float | None]) -> pd.DataFrame:
    each = rows["queue_id"].map({name: value for name, value in handle_seconds.items() if value is not None})
    work = rows["open_cases"] * each.astype(np.float64) / SECONDS_PER_HOUR
    return rows.assign(work_hours=work.where(rows["open_cases"] > 0, 0.0))
