"""Cases walked one by one: the slow, plain way to the backlog that the fast one is held against.

Here: events from short rows, and the oracle. Not here: the tests.
"""

from fractions import Fraction
from itertools import pairwise

import pandas as pd

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.domain.backlog.events import KINDS
from wfm_pipeline.domain.backlog.hours import BacklogRequest, backlog_hours
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.warehouse.engines.scope import Scope

UNKNOWN = "(unknown)"
INSTANTS = ("at", "known_at", "due_at")
COLUMNS = ("case_id", "kind", "at", "queue_id", "to_queue", "priority", "due_at", "known_at")
FLOWS = ("inflow", "re_opened", "moved_in", "outflow", "moved_out")
COUNTS = (*FLOWS, "done_with_due", "done_in_due")
SHARES = {"latency_q50_seconds": Fraction(1, 2), "latency_q90_seconds": Fraction(9, 10)}


def as_events(rows):
    """Events from dicts or tuples in the order of COLUMNS; what is not said is null."""
    dicts = [row if isinstance(row, dict) else dict(zip(COLUMNS, row, strict=False)) for row in rows]
    frame = pd.DataFrame(dicts, columns=COLUMNS).astype(object)
    for name in INSTANTS:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return frame


def hour_grid(start, end):
    at = pd.date_range(start, end, freq="h", unit="us")
    return pd.DataFrame({"hour_start": at[:-1], "hour_end": at[1:]})


def backlog(rows, hours, *, as_of=None, **options):
    """The backlog of rows; rules and request options by name."""
    request = {name: options.pop(name) for name in ("queues", "working", "handle_seconds") if name in options}
    known = hours["hour_end"].max() if as_of is None else pd.Timestamp(as_of)
    return backlog_hours(
        BacklogRequest(events=as_events(rows), hours=hours, as_of=known, rules=BacklogRules(**options), **request)
    )


class Case:
    """One case, event after event."""

    def __init__(self, rules):
        self.rules, self.level, self.is_open = rules, "none", False
        self.queue = self.priority = self.opened = self.cycle = self.progress = self.own = None
        self.pauses, self.paused_since, self.moves, self.cycles = [], None, 0, []

    def take(self, row, queue_of):
        """One event; gives the flows it makes as (name, queue)."""
        kind, at = row["kind"], row["at"]
        if self.opened is None:
            if kind != "opened":
                return
            self.opened = self.cycle = at
            self.queue, self.is_open, self.level, self.progress = queue_of(row["queue_id"]), True, "open", at
            yield "inflow", self.queue
        elif kind == "opened":
            return
        self._note(row)
        if kind in ("assigned", "resumed", "resolved"):
            self.progress = at
        if kind in ("resumed", "resolved", "closed"):
            self._resume(at)
        if kind == "paused" and self.is_open and self.paused_since is None:
            self.paused_since = at
        if kind == "moved":
            yield from self._move(queue_of(row["to_queue"]))
        elif kind in ("resolved", "closed"):
            yield from self._end(kind, at)
        elif kind == "re_opened" and self.level in ("resolved", "closed"):
            yield from self._re_open(at)

    def _note(self, row):
        if not pd.isna(row["priority"]):
            self.priority = row["priority"]
        if row["kind"] == "due" and not pd.isna(row["due_at"]):
            self.own = (row["due_at"], row["at"], self.cycle)

    def _end(self, kind, at):
        self.level = kind
        if self.is_open and (kind == "closed" or self.rules.done == "resolved"):
            self.is_open = False
            self.cycles.append((self.queue, self.priority, self.cycle, at))
            yield "outflow", self.queue
            is_late = self.over_due(at)
            if is_late is not None:
                yield "done_with_due", self.queue
            if is_late is False:
                yield "done_in_due", self.queue

    def _resume(self, at):
        if self.paused_since is not None:
            self.pauses.append((self.paused_since, at))
            self.paused_since = None

    def _move(self, queue):
        if self.is_open and queue != self.queue:
            self.moves += 1
            yield "moved_out", self.queue
            yield "moved_in", queue
        self.queue = queue

    def _re_open(self, at):
        self._resume(at)
        self.level, self.progress = "open", at
        if not self.is_open:
            self.is_open, self.cycle = True, at
            yield "re_opened", self.queue

    def paused(self, since, now):
        """Seconds paused in [since, now)."""
        spans = [*self.pauses, *([(self.paused_since, now)] if self.paused_since is not None else [])]
        return sum(max((min(end, now) - max(start, since)).total_seconds(), 0) for start, end in spans)

    def age(self, now):
        """Age in seconds."""
        without = 0 if self.rules.pauses_count_in_age else self.paused(self.opened, now)
        return (now - self.opened).total_seconds() - without

    def over_due(self, now):
        """Whether it is over due; None where no due time is known."""
        restart = self.rules.reopen_restarts_due
        if self.own is not None:
            due, clock, cycle = self.own
            if restart and cycle < self.cycle:
                due, clock = self.cycle + (due - cycle), self.cycle
        elif self.priority in self.rules.due_seconds:
            clock = self.cycle if restart else self.opened
            due = clock + pd.Timedelta(seconds=self.rules.due_seconds[self.priority])
        else:
            return None
        put_off = 0 if self.rules.pauses_count_in_due else self.paused(clock, now)
        return now - pd.Timedelta(seconds=put_off) > due

    def resting(self, now, windows):
        """Whether it rests: not paused, and no progress for the limit of working hours."""
        spans = windows or [(self.opened, now)]
        worked = sum(max((min(end, now) - max(start, self.progress)).total_seconds(), 0) for start, end in spans)
        return self.paused_since is None and worked >= self.rules.stuck_working_hours * 3600


def by_case(events, hours, *, as_of, rules, queues=None, windows=()):
    """Brute force: every case of every queue at the end of every hour, in order; rows as dicts by (queue, hour_end)."""
    queue_of = (lambda name: UNKNOWN if pd.isna(name) else name) if queues is None else None
    queue_of = queue_of or (lambda name: name if name in queues else UNKNOWN)
    rows = [
        row
        for row in events.to_dict("records")
        if not row["known_at"] > as_of
        if row["kind"] in KINDS and not pd.isna(row["at"]) and not pd.isna(row["case_id"]) and row["at"] <= as_of
    ]
    cases = {}
    for row in sorted(rows, key=lambda row: (row["at"], row["kind"] != "opened")):
        cases.setdefault(row["case_id"], []).append(row)
    found, in_order = {}, list(hours.itertuples())
    for mine in cases.values():
        _walk(found, mine, in_order, Case(rules), queue_of, windows)
    return found


def _walk(found, mine, hours, case, queue_of, windows):
    """One case through all hours, event by event."""
    place = 0
    for hour in hours:

        def row(queue, end=hour.hour_end):
            return found.setdefault((queue, end), nothing())

        while place < len(mine) and mine[place]["at"] < hour.hour_start:
            list(case.take(mine[place], queue_of))
            place += 1
        if case.is_open:
            row(case.queue)["open_before"] += 1
        while place < len(mine) and mine[place]["at"] < hour.hour_end:
            for flow, queue in case.take(mine[place], queue_of):
                row(queue)[flow] += 1
            place += 1
        if case.is_open:
            _count(row(case.queue), hour.hour_end, case, windows)
        first = hour.hour_end - pd.Timedelta(days=case.rules.latency_days)
        for queue, priority, began, done in case.cycles:
            if done >= first:
                row(queue)["cycles"].append((priority, began, done))


def _count(row, now, case, windows):
    is_bouncing, is_resting = case.moves > case.rules.stuck_moves, case.resting(now, windows)
    is_paused = case.paused_since is not None
    row["open"].append((case.age(now), case.over_due(now), is_bouncing, is_resting, case.priority, is_paused))
    row["cycles"].append((case.priority, case.cycle, None))


def nothing():
    return dict.fromkeys(COUNTS, 0) | {"open": [], "open_before": 0, "cycles": []}


def latency(cycles, now, days, share):
    """Age in seconds by which a share is done: age after age, in exact fractions; None where it is not known."""
    start = now - pd.Timedelta(days=days)
    seen = [
        (max((start - began).total_seconds(), 0), ((done or now) - began).total_seconds(), done is not None)
        for _, began, done in cycles
        if done is None or done >= start
    ]
    left = Fraction(1)
    if not any(entry == 0 for entry, _, _ in seen):
        return None
    for age in sorted({end for _, end, _ in seen}):
        at_risk = sum(entry <= age <= end for entry, end, _ in seen)
        left *= 1 - Fraction(sum(end == age and is_done for _, end, is_done in seen), at_risk)
        if left <= 1 - share:
            return age
        if not any(entry <= age < end for entry, end, _ in seen):
            return None
    return None


def figures(found, key, limits, days):
    """The numbers of one queue and hour, as the fast way names them."""
    row = found.get(key, nothing())
    opened = row["open"]
    edges = [0.0, *limits, float("inf")]
    due = [one[1] for one in opened if one[1] is not None]
    return {
        **{name: row[name] for name in (*COUNTS, "open_before")},
        **{name: latency(row["cycles"], key[1], days, share) for name, share in SHARES.items()},
        "open_cases": len(opened),
        "oldest_seconds": max((one[0] for one in opened), default=None),
        "over_due": None if opened and not due else sum(due),
        "without_due": len(opened) - len(due),
        "paused": sum(one[5] for one in opened),
        "stuck_moved": sum(one[2] for one in opened),
        "stuck_no_progress": sum(one[3] for one in opened),
        "stuck": sum(one[2] or one[3] for one in opened),
        **{f"open_from_{low:.0f}s": sum(low <= one[0] < high for one in opened) for low, high in pairwise(edges)},
    }


def of_priorities(found):
    """The same by queue, hour and priority: who is open and which cycles there are."""
    split = {}
    for key, row in found.items():
        for name, place in (("open", 4), ("cycles", 0)):
            for one in row[name]:
                split.setdefault((*key, one[place]), nothing())[name].append(one)
    return split


def none_or(value):
    return None if pd.isna(value) else value


def told(row):
    """A row of the fast way as the oracle writes it."""
    said = ("queue_id", "priority", "hour_start", "hour_end", "work_hours")
    return {name: none_or(value) for name, value in row.items() if name not in said}


def case_event_rows(rows):
    """Rows of silver.case_events from dicts; the source is put in by `put_case_events`."""
    frame = pd.DataFrame(rows, columns=list(CASE_EVENTS.column_names))
    for name in ("happened_at", "due_at", "known_at", "ingested_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    texts = ("source", "case_id", "kind", "queue_id", "priority", "agent_id", "row_hash", "batch_id")
    frame = frame.assign(batch_id="b", business_date=frame["happened_at"].dt.normalize())
    return frame.astype(dict.fromkeys(texts, "str"))


def put_case_events(warehouse, source, rows):
    """Let silver hold these events of a source and no others."""
    warehouse.replace(CASE_EVENTS, rows.assign(source=source), Scope({"source": source}))
