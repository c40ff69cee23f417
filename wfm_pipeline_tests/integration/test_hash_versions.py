"""Stored rows tell their own hash, and a new rule of hashing makes no new version, on DuckDB and on PostgreSQL."""

import dataclasses
import datetime as dt
from decimal import Decimal
from functools import partial

import pyarrow as pa
import pytest

from wfm_pipeline.contracts.bronze import HASH_VERSION
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import ColumnMap, SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.prepare import prepare
from wfm_pipeline.sources.rows.rehash import hashed_anew
from wfm_pipeline.sources.rows.value_texts import to_array
from wfm_pipeline.warehouse.bronze.hash_versions import renew_hashes
from wfm_pipeline.warehouse.bronze.pending import pending_dates, strike_off
from wfm_pipeline.warehouse.bronze.versions import BronzeCounts, append_versions
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.staging import drop_leftovers

LONG_NAME = "a column of the source whose name is longer than any engine keeps it as it stands"
CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("id", "leg"),
    types={
        "id": "string", "leg": "int64", "day": "date", "clock": "time", "at": "timestamp", "rate": "float64",
        "talk": "duration", "is_vip": "boolean",
    },
    columns={"call_id": ColumnMap(column="id")},
    business_date="day",
)  # fmt: skip
QUEUES = TableMap(
    name="queues",
    role="queues",
    load="full",
    key=("id",),
    types={"id": "string", "name": "string"},
    columns={"queue_id": ColumnMap(column="id")},
)
DESK = SourceMap(name="desk", title="A desk", site=Site(), tables=(CALLS, QUEUES))
DAY_1, DAY_2 = dt.date(2026, 3, 1), dt.date(2026, 3, 2)
NOW = dt.datetime(2026, 3, 9, 12)
ROWS = {
    "id": ["c1", "c1", "c2", None, "c\0", "å"],
    "leg": ["1", "2", "no number", "1", "4", "-7"],
    "day": [DAY_1, DAY_1, DAY_2, DAY_2, None, DAY_2],
    "clock": ["9:10:38", "10:00", "25:00:00", None, "23:59:59.5", "00:00:00"],
    "at": ["2026-03-01 09:10:38", None, "2026-03-02T10:00:00.123456", "yesterday", "2026-03-02", "2026-03-02 7:00"],
    "rate": [0.1, 1e22, -0.0, None, 3, 0.0909],
    "talk": ["0:01:02", "0:00:00.25", "8:01", None, "12:00:00", "0:00:07"],
    "is_vip": ["yes", "0", "perhaps", None, "t", "F"],
    "number": [Decimal("1756710638.5"), Decimal("0.12"), None, Decimal(7), Decimal("1E+3"), Decimal("-2.50")],
    LONG_NAME: ["x", "", None, "y", "ü", "z"],
}


@pytest.fixture
def warehouse(engine_url, tmp_path):
    with open_warehouse(engine_url, tmp_path) as opened:
        yield opened


def bring(warehouse, batch, rows=ROWS, table_map=CALLS):
    chunk = prepare(pa.table({name: to_array(values) for name, values in rows.items()}), table_map, SourceClock())
    return append_versions(
        warehouse, source_map=DESK, table_map=table_map, read=lambda: iter([chunk]), batch_id=batch, ingested_at=NOW
    )


def renew(warehouse, table_map=CALLS, rehash=None, **more):
    rehash = rehash or partial(hashed_anew, table_map=table_map)
    return renew_hashes(warehouse, source_map=DESK, table_map=table_map, rehash=rehash, **more)


def stored(warehouse, table_map=CALLS):
    rows = warehouse.arrow(warehouse.table(DESK.bronze_name(table_map)))
    return sorted(rows.to_pylist(), key=str)


def as_an_older_rule_left_it(warehouse, table_map=CALLS, version="null"):
    name = warehouse.quoted(DESK.bronze_name(table_map))
    warehouse.execute(
        f"update {name} set _hash_version = {version}, _row_hash = md5(_row_hash), _key_hash = md5(_key_hash)"
    )


def test_what_is_stored_tells_the_hash_of_what_came(warehouse):
    bring(warehouse, "1")
    rows = warehouse.raw_rows(warehouse.table(DESK.bronze_name(CALLS)), CALLS.types)

    again = hashed_anew(rows, CALLS)

    assert rows.num_rows == 6
    assert rows["_misfits"].null_count < 6
    for name in ("_row_hash", "_key_hash"):
        assert rows[name].to_pylist() == again[name].to_pylist()
    assert rows.column_names == again.column_names


@pytest.mark.parametrize("version", ["null", "1"])
def test_a_new_rule_makes_no_new_version_of_a_row_that_is_read_again(warehouse, version):
    bring(warehouse, "1")
    before = stored(warehouse)
    as_an_older_rule_left_it(warehouse, version=version)

    renewed = renew(warehouse, rows_at_once=2)

    assert renewed == 6
    assert before == stored(warehouse)
    assert bring(warehouse, "2") == BronzeCounts(6, 0, 6)


def test_hashes_of_two_versions_are_never_compared(warehouse):
    bring(warehouse, "1")
    name = warehouse.quoted(DESK.bronze_name(CALLS))
    warehouse.execute(f"update {name} set _hash_version = 1")

    assert bring(warehouse, "2") == BronzeCounts(6, 6, 0)


def test_rows_of_today_s_rule_are_left_alone(warehouse):
    bring(warehouse, "1")

    assert renew(warehouse, rehash=lambda _: pytest.fail("hashed again")) == 0
    assert {row["_hash_version"] for row in stored(warehouse)} == {HASH_VERSION}


def test_keys_that_are_gone_stay_gone(warehouse):
    bring(warehouse, "1", {"id": ["q1", "q2"], "name": ["one", "two"]}, QUEUES)
    bring(warehouse, "2", {"id": ["q1"], "name": ["one"]}, QUEUES)
    before = stored(warehouse, QUEUES)
    as_an_older_rule_left_it(warehouse, QUEUES)

    renew(warehouse, QUEUES)

    assert before == stored(warehouse, QUEUES)
    assert bring(warehouse, "3", {"id": ["q1"], "name": ["one"]}, QUEUES) == BronzeCounts(1, 0, 1)
    assert bring(warehouse, "4", {"id": ["q1", "q2"], "name": ["one", "two"]}, QUEUES) == BronzeCounts(2, 1, 1)


def test_dates_whose_rows_changed_their_hash_are_made_again(warehouse):
    bring(warehouse, "1")
    for table in ("silver.call_legs", "silver.calls", "silver.queue_intervals"):
        strike_off(warehouse, DESK, table, Dates.of([DAY_1, DAY_2]))
    as_an_older_rule_left_it(warehouse)

    renew(warehouse)

    assert {DAY_1, DAY_2} == pending_dates(warehouse, DESK, "silver.calls")


def test_stopped_in_the_middle_it_leaves_everything_as_it_was(warehouse):
    bring(warehouse, "1")
    as_an_older_rule_left_it(warehouse)
    before, stretches = stored(warehouse), []

    def stopped(rows):
        stretches.append(rows.num_rows)
        if len(stretches) > 1:
            raise KeyboardInterrupt
        return hashed_anew(rows, CALLS)

    with pytest.raises(KeyboardInterrupt):
        renew(warehouse, rehash=stopped, rows_at_once=1)

    assert before == stored(warehouse)
    assert [] == drop_leftovers(warehouse)
    assert renew(warehouse) == 6


def test_a_column_that_came_later_is_no_reason_for_another_hash(warehouse):
    bring(warehouse, "1")
    wider = {**ROWS, "extra": [None] * 5 + ["new"]}
    bring(warehouse, "2", wider)
    before = stored(warehouse)
    as_an_older_rule_left_it(warehouse)

    renew(warehouse)

    assert before == stored(warehouse)


def test_a_key_that_the_map_names_anew_counts_as_missing(warehouse):
    bring(warehouse, "1")
    as_an_older_rule_left_it(warehouse)
    other = dataclasses.replace(CALLS, key=("id", "not there yet"))

    assert renew(warehouse, rehash=partial(hashed_anew, table_map=other)) == 6

    assert all(row["_row_hash"] == row["_key_hash"] for row in stored(warehouse))
