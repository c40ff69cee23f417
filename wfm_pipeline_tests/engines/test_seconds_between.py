"""Seconds between two moments: the same on every engine, unknown where a moment is, emptied where they go backwards."""

import datetime as dt

import ibis
import pyarrow as pa
import pytest

from wfm_pipeline.contracts.source.source_map import ColumnMap, TableMap
from wfm_pipeline.transforms.rows.canonical import RawRows
from wfm_pipeline.transforms.rows.row_rules import map_exclusions
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline_tests.silver_kit import LEGS, Exclusion, replace

NOON = dt.datetime(2026, 3, 2, 12)
ROWS = {
    "began": [NOON, NOON, NOON, None],
    "ended": [NOON + dt.timedelta(days=1, seconds=90), None, NOON - dt.timedelta(seconds=5), NOON],
    "joined": pa.array([1_772_452_800_000, 1_772_452_800_000, 5, None], pa.int64()),
    "taken": pa.array([1_772_452_830_500, None, 4, 7], pa.float64()),
    "queue": ["sales", "", None, " "],
}


@pytest.fixture
def rows(engine_url, tmp_path):
    with open_warehouse(engine_url, tmp_path) as opened:
        table = pa.table(ROWS)
        opened.create_from_schema("silver.moments", ibis.Schema.from_pyarrow(table.schema))
        opened.append_arrow("silver.moments", table)
        yield opened.table("silver.moments")


def table_map(**columns) -> TableMap:
    return replace(LEGS, columns={**LEGS.columns, **columns})


def seconds(rows, form):
    judged = RawRows(rows, table_map(talk_seconds=form)).seconds("talk_seconds")
    is_negative = next(finding for finding in judged.findings if finding.rule == "negative_talk_seconds").is_found
    found = rows.select(seconds=judged.value, is_negative=is_negative).to_pyarrow().to_pylist()
    return [row["seconds"] for row in found], [bool(row["is_negative"]) for row in found]


def test_between_timestamps_also_over_midnight(rows):
    assert ([86_490.0, None, None, None], [False, False, True, False]) == seconds(
        rows, ColumnMap(since="began", until="ended")
    )


def test_between_numbers_of_an_epoch_in_their_unit(rows):
    assert ([30.5, None, None, None], [False, False, True, False]) == seconds(
        rows, ColumnMap(since="joined", until="taken", unit="milliseconds")
    )


def test_an_exclusion_of_nothing_takes_empty_blank_and_unknown(rows):
    excluding = replace(LEGS, exclude=(Exclusion("excluded_no_queue", "queue", ("",)),))

    [finding] = map_exclusions(RawRows(rows, excluding))

    found = rows.select(is_out=finding.is_found, reason=finding.reason).to_pyarrow().to_pylist()
    assert [False, True, True, True] == [row["is_out"] for row in found]
    assert "queue is empty: excluded by the source map" == found[1]["reason"] == found[2]["reason"]
