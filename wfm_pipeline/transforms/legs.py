"""Bronze rows to canonical legs of calls, with the findings on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
from ibis.expr.types import IntegerValue, StringValue
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.silver import CALL_LEGS
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.transforms.rows.canonical import Judged, RawRows
from wfm_pipeline.transforms.rows.findings import Finding, any_found, is_refused
from wfm_pipeline.transforms.rows.phone import normalised_number
from wfm_pipeline.transforms.rows.row_rules import (
    in_dst_gap,
    map_exclusions,
    misfits,
    missing_key,
    negative_position,
    setting_exclusions,
    undated,
)
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.transforms.rows.zones import SiteClock

DURATIONS = ("menu_seconds", "wait_seconds", "talk_seconds", "hold_seconds", "after_call_seconds")
TEXTS = ("agent_id", "channel", "landing_number", "customer_id", "case_id")


@dataclass(frozen=True)
class JudgedRows:
    """Bronze rows with what was found on them, and the good ones in canonical form.

    Attributes:
        rows: The bronze rows that the findings are bound to.
        findings: Every rule.
        loaded: Rows that are not refused, canonical columns.
    """

    rows: IbisTable
    findings: tuple[Finding, ...]
    loaded: IbisTable

    @property
    def suspects(self) -> IbisTable:
        """The bronze rows with at least one finding."""
        misfit = self.rows["_misfits"].notnull()
        others = [finding for finding in self.findings if not finding.rule.startswith("misfit_")]
        return self.rows.filter(any_found(others) | misfit)


@dataclass(frozen=True)
class KnownQueues:
    """What the source's own table of queues says; `ids` is None where there is no such table."""

    ids: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()


def identity_of_call(table_map: TableMap) -> tuple[str, ...]:
    """Raw columns by which rows must be seen whole: the key, or the call where legs are to be numbered.

    Args:
        table_map: The table of legs.

    Returns:
        Names of the raw columns.
    """
    return table_map.key if "leg_number" in table_map.columns else table_map.columns["call_id"].raw_columns


def judge_legs(
    rows: IbisTable, source_map: SourceMap, rules: SilverRules, queues: KnownQueues, clock: SiteClock
) -> JudgedRows:
    """Canonical legs of the latest versions of bronze rows.

    Args:
        rows: Latest versions, one per key.
        source_map: The source; its table with role `call_legs` is read.
        rules: Thresholds and excluded queues and numbers.
        queues: Queues the source knows.
        clock: The site's clock over the dates of the rows.

    Returns:
        Findings, and one row per leg with the columns of `silver.call_legs`.
    """
    table_map = source_map.table("call_legs")
    assert table_map is not None  # a source without call records feeds no legs
    raw = RawRows(rows, table_map)
    call_id, queue, status = raw.text("call_id"), raw.text("queue_id"), raw.word("status", other="other")
    durations = {name: raw.seconds(name) for name in DURATIONS}
    texts = {name: raw.text(name) for name in TEXTS}
    caller, started = raw.text("caller_number"), raw.time("started_at")
    identifiers = [call_id.value, *([raw.number("leg_number")] if raw.has("leg_number") else [])]
    findings = [
        *map_exclusions(raw),
        *setting_exclusions(raw, queue.value, rules, source_map, queues.excluded),
        missing_key(raw, identifiers),
        *([negative_position(raw.number("leg_number"))] if raw.has("leg_number") else []),
        undated(raw, "started_at", started),
        *([in_dst_gap("started_at", started, clock)] if source_map.times_are == "local" else []),
        *_of_values([call_id, queue, status, *durations.values(), *texts.values(), caller]),
        unknown_queue(queue.value, queues),
        *misfits(raw),
    ]
    is_local = source_map.times_are == "local"
    columns = {
        "source": ibis.literal(source_map.name),
        "call_id": call_id.value,
        "leg_number": _leg_number(raw),
        "queue_id": queue.value,
        "status": status.value,
        "started_at": clock.to_utc(started) if is_local else started,
        "started_at_local": started if is_local else clock.to_local(started),
        **{name: judged.value for name, judged in {**durations, **texts}.items()},
        "caller_number": normalised_number(caller.value, source_map.country_calling_code, rules.redial_minimum_digits),
        "business_date": rows["_business_date"],
        "row_hash": rows["_row_hash"],
        "batch_id": rows["_batch_id"],
    }
    loaded = rows.filter(~is_refused(findings)).select(**{name: columns[name] for name in CALL_LEGS.column_names})
    return JudgedRows(rows, tuple(findings), _numbered(loaded, raw))


def unknown_queue(queue_id: StringValue, queues: KnownQueues) -> Finding:
    """Calls of no queue, or of one the source's table of queues does not know: they stay and are counted.

    Args:
        queue_id: The leg's queue, bound to the rows.
        queues: Queues the source's own table knows, if it has one.

    Returns:
        A finding that refuses nothing.
    """
    if queues.ids is None:
        return Finding("unknown_queue", queue_id.isnull(), ibis.literal(f"no queue id: counted under {UNKNOWN}"))
    named = ibis.literal("queue ") + queue_id + " is not in the source's table of queues: kept under this id"
    reason = named.fill_null(f"no queue id: counted under {UNKNOWN}")
    is_unknown = queue_id.isnull() | (queue_id.notin(queues.ids) if queues.ids else True)
    return Finding("unknown_queue", is_unknown, reason)


def _of_values(judged: Sequence[Judged]) -> list[Finding]:
    return [finding for value in judged for finding in value.findings]


def _leg_number(raw: RawRows) -> IntegerValue:
    return raw.number("leg_number") if raw.has("leg_number") else ibis.literal(1, type="int64")


def _numbered(legs: IbisTable, raw: RawRows) -> IbisTable:
    """Leg numbers in order of start, then row hash, where the source gives none and a call may have several."""
    is_one_row_per_call = set(raw.table_map.key) == set(raw.table_map.columns["call_id"].raw_columns)
    if raw.has("leg_number") or is_one_row_per_call:
        return legs
    in_order = ibis.window(group_by="call_id", order_by=["started_at", "row_hash"])
    return legs.mutate(leg_number=(ibis.row_number().over(in_order) + 1).cast("int64"))
