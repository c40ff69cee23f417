"""A small source for the silver tests: its map, rows as a log writes them, and the way through the layers."""

import datetime as dt
import itertools
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import ColumnMap, Exclusion, SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.prepare import prepare
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.silver import refresh as silver

DAY = dt.date(2026, 3, 10)  # a Tuesday
RULES = SilverRules()
STOCKHOLM = Site(
    calendar="test",
    time_zone="Europe/Stockholm",
    opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-18:00"),
)
WORDS = {"ANSWERED": "answered", "ABANDONED": "abandoned", "TRANSFERRED": "transferred", "OVERFLOW": "other"}
LEGS = TableMap(
    name="cdr",
    role="call_legs",
    load="incremental",
    key=("call", "leg"),
    types={
        "call": "string",
        "leg": "int64",
        "status": "string",
        "created": "timestamp",
        "queue": "string",
        "caller": "string",
        "landing": "string",
        "customer": "string",
        "agent": "string",
        "wait": "int64",
        "talk": "int64",
        "hold": "int64",
        "wrap": "int64",
        "talk_from": "time",
        "talk_to": "time",
        "updated": "timestamp",
    },
    columns={
        "call_id": ColumnMap(column="call"),
        "leg_number": ColumnMap(column="leg"),
        "queue_id": ColumnMap(column="queue", is_trimmed=True),
        "agent_id": ColumnMap(column="agent", nulls=("NONE",)),
        "status": ColumnMap(column="status", words=WORDS),
        "started_at": ColumnMap(column="created"),
        "wait_seconds": ColumnMap(column="wait", maximum=7200),
        "talk_seconds": ColumnMap(column="talk", starts="talk_from", ends="talk_to", maximum=14_400),
        "hold_seconds": ColumnMap(column="hold", maximum=7200),
        "after_call_seconds": ColumnMap(column="wrap", maximum=7200),
        "landing_number": ColumnMap(column="landing", is_digits=True),
        "caller_number": ColumnMap(column="caller", nulls=("anonymous",)),
        "customer_id": ColumnMap(column="customer", nulls=("0",), unusable=r"^[0-9.]+E[+][0-9]+$"),
        "channel": ColumnMap(constant="voice"),
    },
    business_date="created",
    changed_at="updated",
    exclude=(Exclusion("excluded_test_queue", "queue", ("TEST",)),),
)
QUEUES = TableMap(
    name="queues",
    role="queues",
    load="full",
    key=("queue",),
    types={"queue": "string", "out": "int64"},
    columns={
        "queue_id": ColumnMap(column="queue"),
        "is_excluded": ColumnMap(column="out", words={"0": "false", "1": "true"}),
    },
)
CUSTOMERS = TableMap(
    name="customers",
    role="customers",
    load="full",
    key=("landing",),
    types={"landing": "string", "customer": "string", "parent": "string"},
    columns={
        "landing_number": ColumnMap(column="landing", is_digits=True),
        "customer_id": ColumnMap(column="customer"),
        "parent_customer_id": ColumnMap(column="parent"),
    },
)
CASES = TableMap(
    name="cases",
    role="cases",
    load="incremental",
    key=("case",),
    types={"case": "string", "queue": "string", "state": "string", "opened": "timestamp", "closed": "timestamp"},
    columns={
        "case_id": ColumnMap(column="case"),
        "queue_id": ColumnMap(column="queue"),
        "status": ColumnMap(column="state"),
        "opened_at": ColumnMap(column="opened"),
        "closed_at": ColumnMap(column="closed"),
    },
    business_date="opened",
)
CASE_EVENTS = TableMap(
    name="case_log",
    role="case_events",
    load="incremental",
    key=("number",),
    types={
        "number": "int64", "case": "string", "what": "string", "at": "timestamp", "queue": "string", "priority": "string",
        "due": "timestamp", "who": "string", "told": "timestamp",
    },
    columns={
        "case_id": ColumnMap(column="case", is_trimmed=True),
        "kind": ColumnMap(column="what", words={"Created": "opened", "Reassigned": "moved", "Deadline": "due"}),
        "happened_at": ColumnMap(column="at"),
        "queue_id": ColumnMap(column="queue", is_trimmed=True),
        "priority": ColumnMap(column="priority"),
        "due_at": ColumnMap(column="due"),
        "agent_id": ColumnMap(column="who", nulls=("NONE",)),
        "known_at": ColumnMap(column="told"),
    },
    business_date="at",
    exclude=(Exclusion("excluded_comment", "what", ("Comment",)),),
)  # fmt: skip
SOURCE = SourceMap("test", "A test", STOCKHOLM, (LEGS,), country_calling_code="46")
FULL_SOURCE = replace(SOURCE, tables=(LEGS, QUEUES, CUSTOMERS, CASES, CASE_EVENTS))
_batches = itertools.count(1)


def at(clock, day=DAY):
    """`HH:MM:SS` on a day, as a timestamp."""
    return dt.datetime.combine(day, dt.time.fromisoformat(clock))


def leg(call="c1", leg=1, **changes):
    """A raw row: an answered call on `DAY` at 10:00 that waited 10 s, talked 100, held 20, wrapped 30."""
    row = {
        "call": call,
        "leg": leg,
        "status": "ANSWERED",
        "created": at("10:00:00"),
        "queue": "sales",
        "caller": "08-123 45 67",
        "landing": "0771-100",
        "customer": None,
        "agent": "ann",
        "wait": 10,
        "talk": 100,
        "hold": 20,
        "wrap": 30,
        "talk_from": None,
        "talk_to": None,
        "updated": None,
    }
    assert set(changes) <= set(row), f"the test source has no column {set(changes) - set(row)}"
    return row | changes


def memory():
    """An empty DuckDB warehouse in memory."""
    return open_warehouse("duckdb://", Path())


def ingest(warehouse, rows, source_map=SOURCE, role="call_legs"):
    """Bring rows into bronze as one batch, through the sources' own preparation."""
    table_map = source_map.table(role)
    clock = SourceClock(source_map.site.time_zone if source_map.times_are == "utc" else None)
    names = list(table_map.types)
    table = pa.table({name: _as_driver_gives([row.get(name) for row in rows]) for name in names})
    return append_versions(
        warehouse,
        source_map=source_map,
        table_map=table_map,
        read=lambda: iter([prepare(table, table_map, clock)] if rows else []),
        batch_id=f"batch_{next(_batches):06d}",  # no hyphen: staging tables are named after it (docs/adr/0019)
        ingested_at=dt.datetime(2026, 4, 1),
    )


def _as_driver_gives(values):
    """A column of one type; a text among numbers makes it a column of texts."""
    is_mixed = len({type(value) for value in values if value is not None}) > 1
    return pa.array([None if value is None else str(value) for value in values] if is_mixed else values)


def refresh(warehouse, first=DAY, last=DAY, *, source_map=SOURCE, rules=RULES):
    """Silver for business dates first..last; gives the counts of the legs."""
    dates = Dates.between(first, last)
    counts = silver.refresh_legs(warehouse, source_map, rules, dates)
    silver.refresh_calls(warehouse, source_map, rules, dates)
    silver.refresh_calendar(warehouse, source_map)
    silver.refresh_intervals(warehouse, source_map, rules, dates)
    return counts


def rows_of(warehouse, table, *order):
    """A silver table as dicts with None for nulls, in the order of some columns."""
    stored = warehouse.table(f"silver.{table}")
    return warehouse.con.to_pyarrow(stored.order_by(*(order or stored.columns[:2]))).to_pylist()


def silver_of(rows, *, source_map=SOURCE, rules=RULES, first=DAY, last=DAY):
    """A warehouse in memory with silver made from raw legs."""
    warehouse = memory()
    ingest(warehouse, rows, source_map)
    refresh(warehouse, first, last, source_map=source_map, rules=rules)
    return warehouse


def calls_of(rows, **options):
    """call_id -> row of silver.calls, made from raw legs."""
    with silver_of(rows, **options) as warehouse:
        return {row["call_id"]: row for row in rows_of(warehouse, "calls", "call_id")}


def findings_of(rows, **options):
    """(call or row text, rule) findings on raw legs: rule -> rows of silver.rejected_rows."""
    with silver_of(rows, **options) as warehouse:
        found = rows_of(warehouse, "rejected_rows", "rule", "row_hash")
    return {rule: list(same) for rule, same in itertools.groupby(found, key=lambda row: row["rule"])}
