"""318,286 real calls through silver: every row accounted for, every queue as the data's README counts it."""

import datetime as dt

import pyarrow.parquet as pq
import pytest

from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.prepare import prepare
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.laws import calls_equal_intervals, offered_is_the_sum_of_outcomes
from wfm_pipeline_tests.silver_kit import memory, refresh, rows_of

FIRST, LAST = dt.date(1999, 1, 1), dt.date(1999, 10, 31)


@pytest.fixture(scope="module")
def real_source_map():
    return load_map("anonymous_bank")


@pytest.mark.real_data
@pytest.mark.slow
def test_real_calls_are_conserved_from_source_to_intervals(real_data, real_source_map):
    table_map = real_source_map.table("call_legs")
    file = pq.ParquetFile(real_data / "anonymous_bank_1999" / "calls.parquet")
    with memory() as warehouse:
        append_versions(
            warehouse,
            source_map=real_source_map,
            table_map=table_map,
            read=lambda: (prepare(batch, table_map, SourceClock()) for batch in file.iter_batches(50_000)),
            batch_id="b1",
            ingested_at=dt.datetime(2026, 1, 1),
        )
        counts = refresh(warehouse, FIRST, LAST, source_map=real_source_map)
        calls = warehouse.table("silver.calls")
        by_queue = warehouse.frame(calls.group_by("queue_id").agg(calls=calls.count()))
        missing = [row["date"] for row in rows_of(warehouse, "calendar_days", "date") if row["is_missing"]]
        laws = [
            calls_equal_intervals(warehouse, real_source_map),
            offered_is_the_sum_of_outcomes(warehouse, real_source_map),
        ]

    assert (318_286, 318_286 - 2_658, 2_658, 0) == (
        counts.rows_in,
        counts.rows_loaded,
        counts.rows_rejected,
        counts.rows_duplicate,
    )
    assert 2_658 == counts.findings["excluded_phantom"]
    # README counts of each type, blanks stripped, less its PHANTOM rows
    expected = {"PS": 217_384, "NW": 50_702, "NE": 27_276, "IN": 9_771, "TT": 9_193, "PE": 1_297, "AA": 5}
    assert expected == dict(zip(by_queue["queue_id"], by_queue["calls"], strict=True))
    august = [dt.date(1999, 8, day) for day in range(1, 32)]  # the public file lacks this month
    assert [dt.date(1999, 1, 11), dt.date(1999, 1, 12), *august] == missing
    assert all(law.holds and law.left == 315_628 for law in laws)
