"""Bronze rows to canonical events of cases, with the findings on them.

Not here: what an event does to a case (domain/backlog), and which raw rows are one (sources/files/event_logs).
"""

from typing import Final

import ibis
from ibis.expr.types import BooleanValue, StringValue, TimestampValue

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENT_KINDS, CASE_EVENTS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.transforms.legs import JudgedRows, KnownQueues
from wfm_pipeline.transforms.rows.canonical import RawRows
from wfm_pipeline.transforms.rows.findings import Finding, any_found, is_refused
from wfm_pipeline.transforms.rows.row_rules import (
    emptied_in_dst_gap,
    in_dst_gap,
    map_exclusions,
    misfits,
    missing_key,
    undated,
)
from wfm_pipeline.transforms.rows.zones import SiteClock

CLOCK_SLACK_MINUTES: Final = 15
"""How far a source's clock may be ahead of ours [min]: clocks differ by seconds or minutes, a wrong zone by half an hour and more."""
_TEXTS: Final = ("queue_id", "priority", "agent_id")
_TIMES: Final = ("happened_at", "due_at", "known_at")
_STAMP: Final = "%Y-%m-%d %H:%M:%S"
_NAMES_QUEUE: Final = ("opened", "moved")
"""Kinds of events that say where the case is from then on."""


def judge_case_events(rows: ibis.Table, source_map: SourceMap, queues: KnownQueues, clock: SiteClock) -> JudgedRows:
    """Canonical case events of the latest versions of bronze rows.

    Args:
        rows: Latest versions, one per key.
        source_map: The source; its table with role `case_events` is read.
        queues: Queues that the source's own table knows, if it has one.
        clock: The site's clock over all times in the rows, due dates included.

    Returns:
        Findings, and one row per event with the columns of `silver.case_events`. Refused: an unknown kind, no case, no time, a local
        time that never was, a time more than `CLOCK_SLACK_MINUTES` after it was read, a due event without its due time. Mended:
        `known_at` before the event is the event's own time.
    """
    table_map = source_map.table("case_events")
    assert table_map is not None  # asked for only where the map has one
    raw, is_local = RawRows(rows, table_map), source_map.times_are == "local"
    case_id, kind = raw.text("case_id"), raw.text("kind")
    texts = {name: raw.text(name) for name in _TEXTS}
    word = kind.value.strip().lower()
    times = {name: raw.time(name) for name in _TIMES}
    happened, due, known = (clock.to_known_utc(time) if is_local else time for time in times.values())
    excluded = map_exclusions(raw)
    findings = [
        *excluded,
        missing_key(raw, [case_id.value]),
        _unknown_kind(word, any_found(excluded)),
        undated(raw, "happened_at", times["happened_at"]),
        *([in_dst_gap("happened_at", times["happened_at"], clock)] if is_local else []),
        _in_the_future(happened, rows["_ingested_at"]),
        _without_due_time(word, due),
        *[finding for judged in (case_id, kind, *texts.values()) for finding in judged.findings],
        *([emptied_in_dst_gap(raw, name, clock) for name in ("due_at", "known_at")] if is_local else []),
        _known_before(known, happened),
        _unknown_queue(word, texts["queue_id"].value, queues),
        *misfits(raw),
    ]
    columns = {
        "source": ibis.literal(source_map.name),
        "case_id": case_id.value,
        "kind": word,
        "happened_at": happened,
        **{name: judged.value for name, judged in texts.items()},
        "priority": texts["priority"].value.lower(),
        "due_at": due,
        "known_at": ibis.ifelse((known < happened).fill_null(False), happened, known),
        "ingested_at": rows["_ingested_at"].cast("timestamp(6)"),
        "business_date": rows["_business_date"],
        "row_hash": rows["_row_hash"],
        "batch_id": rows["_batch_id"],
    }
    loaded = rows.filter(~is_refused(findings)).select(**{name: columns[name] for name in CASE_EVENTS.column_names})
    return JudgedRows(rows, tuple(findings), loaded)


def _unknown_kind(kind: StringValue, is_excluded: BooleanValue) -> Finding:
    said = (
        ibis.literal("kind ")
        + kind
        + f" is none of {', '.join(CASE_EVENT_KINDS)}: say in the map what it means, or exclude it"
    )
    is_unknown = (kind.isnull() | kind.notin(CASE_EVENT_KINDS)) & ~is_excluded
    return Finding("unknown_kind", is_unknown, said.fill_null("no kind"), is_row_refused=True)


def _in_the_future(happened: TimestampValue, read_at: TimestampValue) -> Finding:
    """Said to have happened after it was read: its clock, or the zone in the map, is wrong."""
    latest = read_at + ibis.interval(minutes=CLOCK_SLACK_MINUTES)
    reason = (
        ibis.literal("happened_at ")
        + happened.strftime(_STAMP)
        + " UTC is after it was read, "
        + read_at.strftime(_STAMP)
    )
    return Finding("in_the_future", happened > latest, reason, is_row_refused=True)


def _without_due_time(kind: StringValue, due: TimestampValue) -> Finding:
    reason = ibis.literal("a due event without a due time that can be read says nothing")
    return Finding("no_due_time", (kind == "due") & due.isnull(), reason, is_row_refused=True)


def _known_before(known: TimestampValue, happened: TimestampValue) -> Finding:
    reason = ibis.literal("known_at ") + known.strftime(_STAMP) + " UTC is before it happened: known when it happened"
    return Finding("known_before_it_happened", known < happened, reason)


def _unknown_queue(kind: StringValue, queue_id: StringValue, queues: KnownQueues) -> Finding:
    """The event stays; whoever counts by queue counts its case under the stand-in."""
    is_unnamed: BooleanValue = kind.isin(_NAMES_QUEUE) & queue_id.isnull()
    if queues.ids is None:
        return Finding("unknown_queue", is_unnamed, ibis.literal(f"no queue id: counted under {UNKNOWN}"))
    named = ibis.literal("queue ") + queue_id + " is not in the source's table of queues"
    is_unknown = queue_id.notnull() & (queue_id.notin(queues.ids) if queues.ids else True)
    return Finding("unknown_queue", is_unnamed | is_unknown, named.fill_null(f"no queue id: counted under {UNKNOWN}"))
