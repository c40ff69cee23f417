"""Bronze keeps every version of every row and adds nothing twice, on DuckDB and on PostgreSQL."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterator

import pyarrow as pa
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import ColumnMap, SourceMap, TableMap
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.prepare import prepare
from wfm_pipeline.sources.rows.value_texts import to_array
from wfm_pipeline.warehouse.bronze.days import ledger, stale_dates, suspect_dates, touched_dates, watermark
from wfm_pipeline.warehouse.bronze.versions import BronzeCounts, append_versions, current_state
from wfm_pipeline.warehouse.day_checks import known_days, known_undated, note_checked
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.staging import drop_leftovers, staging_name

CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("id",),
    types={"id": "string", "day": "date", "state": "string"},
    columns={"call_id": ColumnMap(column="id")},
    business_date="day",
)
LOG = TableMap(
    name="log",
    role="call_legs",
    load="incremental",
    key=("id",),
    types={"id": "string", "day": "date", "state": "string", "changed": "timestamp"},
    columns={"call_id": ColumnMap(column="id")},
    business_date="day",
    changed_at="changed",
)
QUEUES = TableMap(
    name="queues",
    role="queues",
    load="full",
    key=("id",),
    types={"id": "string", "name": "string"},
    columns={"queue_id": ColumnMap(column="id")},
)
DESK = SourceMap(name="desk", title="A desk", site=Site(), tables=(CALLS, QUEUES))
DAY_1, DAY_2, DAY_3 = (dt.date(2026, 3, day) for day in (1, 2, 3))
NOW = dt.datetime(2026, 3, 9, 12)


@pytest.fixture
def warehouse(engine_url, tmp_path):
    with open_warehouse(engine_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def bring(warehouse):
    """Brings rows to bronze as the next batch; gives the counts."""
    numbers = itertools.count(1)

    def _bring(table_map: TableMap, *chunks: pa.Table, run: str = "run") -> BronzeCounts:
        return append_versions(
            warehouse,
            source_map=DESK,
            table_map=table_map,
            read=lambda: iter(chunks),
            batch_id=f"20260309T{next(numbers):06d}-{run}",
            ingested_at=NOW,
        )

    return _bring


def calls(*rows: tuple, **more: list) -> pa.Table:
    return made(CALLS, rows, **more)


def made(table_map: TableMap, rows: tuple, **more: list) -> pa.Table:
    columns = dict(zip(table_map.types, map(list, zip(*rows, strict=True)), strict=True))
    return prepare(
        pa.table({name: to_array(values) for name, values in {**columns, **more}.items()}), table_map, SourceClock()
    )


def stored(warehouse, table_map: TableMap = CALLS, *columns: str) -> list[tuple]:
    names = list(columns or table_map.types)
    rows = warehouse.con.to_pyarrow(warehouse.table(DESK.bronze_name(table_map)).select(*names))
    return sorted((tuple(row.values()) for row in rows.to_pylist()), key=str)


def current(warehouse, table_map: TableMap = CALLS) -> list[tuple]:
    state = current_state(warehouse.table(DESK.bronze_name(table_map)), table_map).select(*table_map.types)
    return sorted((tuple(row.values()) for row in warehouse.con.to_pyarrow(state).to_pylist()), key=str)


A, B, OTHER = ("c1", DAY_1, "A"), ("c1", DAY_1, "B"), ("c2", DAY_2, "x")


def test_the_same_rows_again_add_nothing(warehouse, bring) -> None:
    first = bring(CALLS, calls(A, OTHER))
    again = bring(CALLS, calls(OTHER, A))

    assert (first, again) == (BronzeCounts(2, 2, 0), BronzeCounts(2, 0, 2))
    assert stored(warehouse) == [A, OTHER]


def test_a_corrected_row_is_a_new_version_and_going_back_is_the_newest_again(warehouse, bring) -> None:
    counts = [bring(CALLS, calls(row)) for row in (A, B, A)]

    assert counts == [BronzeCounts(1, 1, 0)] * 3
    assert stored(warehouse) == [A, A, B]
    assert current(warehouse) == [A]


def test_repeats_inside_a_batch_and_across_its_chunks_count_as_duplicates(warehouse, bring) -> None:
    counts = bring(CALLS, calls(A, A), calls(A, OTHER))

    assert counts == BronzeCounts(rows_in=4, rows_loaded=2, rows_duplicate=2)
    assert stored(warehouse) == [A, OTHER]


def test_a_log_that_keeps_old_versions_settles(warehouse, bring) -> None:
    bring(CALLS, calls(A))
    grown = bring(CALLS, calls(A, B))
    settled = bring(CALLS, calls(A, B))

    # The key's whole state comes again with its new row, so that one batch tells it.
    assert grown == BronzeCounts(rows_in=2, rows_loaded=2, rows_duplicate=0)
    assert settled == BronzeCounts(rows_in=2, rows_loaded=0, rows_duplicate=2)
    assert current(warehouse) == [A, B]


def test_a_log_that_repeats_a_key_on_two_dates_stays_quiet_when_dates_are_read_one_by_one(bring) -> None:
    early = made(LOG, (("c1", DAY_1, "A", dt.datetime(2026, 3, 1, 9)),))
    late = made(LOG, (("c1", DAY_2, "B", dt.datetime(2026, 3, 2, 9)),))
    bring(LOG, early)
    bring(LOG, late)

    assert [bring(LOG, rows).rows_loaded for rows in (early, late, early)] == [0, 0, 0]


def test_rows_without_a_key_are_kept_once_each(warehouse, bring) -> None:
    nameless = [(None, DAY_1, "x"), (None, DAY_2, "y")]
    bring(CALLS, calls(*nameless))

    assert bring(CALLS, calls(nameless[0])).rows_loaded == 0
    assert bring(CALLS, calls((None, DAY_3, "z"))).rows_loaded == 1
    assert bring(CALLS, calls(*nameless)).rows_loaded == 0


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_days_may_come_in_any_order(tmp_path, order) -> None:
    days = [calls(A), calls(OTHER), calls(("c3", DAY_3, "y"), ("c3", DAY_3, "y"))]
    with open_warehouse("duckdb://", tmp_path) as opened:
        for place in (*order, *order):
            append_versions(
                opened, source_map=DESK, table_map=CALLS, read=lambda at=place: iter([days[at]]),
                batch_id=f"{place}", ingested_at=NOW,
            )  # fmt: skip

        assert stored(opened) == [A, OTHER, ("c3", DAY_3, "y")]


def test_a_new_column_of_the_source_is_added_and_old_rows_have_null_there(warehouse, bring) -> None:
    bring(CALLS, calls(A, OTHER))
    counts = bring(CALLS, calls(A, OTHER, note=["hello", None]))

    assert counts == BronzeCounts(rows_in=2, rows_loaded=1, rows_duplicate=1)
    assert stored(warehouse, CALLS, "id", "note") == [("c1", "hello"), ("c1", None), ("c2", None)]


def test_a_column_that_is_gone_is_null_in_later_versions(warehouse, bring) -> None:
    bring(CALLS, calls(A, note=["hello"]))
    bring(CALLS, calls(B))

    assert stored(warehouse, CALLS, "state", "note") == [("A", "hello"), ("B", None)]


def test_a_row_gone_from_a_table_read_whole_is_marked_and_its_history_kept(warehouse, bring) -> None:
    red, blue = ("q1", "Red"), ("q2", "Blue")
    bring(QUEUES, made(QUEUES, (red, blue)))
    gone = bring(QUEUES, made(QUEUES, (blue,)))
    still_gone = bring(QUEUES, made(QUEUES, (blue,)))
    at_that_time = current(warehouse, QUEUES)
    back = bring(QUEUES, made(QUEUES, (red, blue)))

    assert (gone, still_gone) == (BronzeCounts(1, 0, 1, rows_deleted=1), BronzeCounts(1, 0, 1))
    assert at_that_time == [blue]
    assert back == BronzeCounts(rows_in=2, rows_loaded=1, rows_duplicate=1)
    assert current(warehouse, QUEUES) == [red, blue]
    assert ("q1", None) in stored(warehouse, QUEUES)


def test_an_empty_source_makes_empty_tables(warehouse, bring) -> None:
    assert bring(CALLS) == BronzeCounts(0, 0, 0)
    assert stored(warehouse) == []
    assert watermark(warehouse, DESK, CALLS).last_date is None


def test_a_batch_that_breaks_half_way_leaves_bronze_as_it_was(warehouse, bring) -> None:
    bring(CALLS, calls(A))

    def broken() -> Iterator[pa.Table]:
        yield calls(B, OTHER)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        append_versions(warehouse, source_map=DESK, table_map=CALLS, read=broken, batch_id="z", ingested_at=NOW)

    assert stored(warehouse) == [A]
    assert ledger(warehouse, DESK, CALLS) == {DAY_1: 1}
    assert bring(CALLS, calls(B, OTHER)) == BronzeCounts(2, 2, 0)


def test_a_batch_leaves_another_batch_s_staging_table_alone_and_its_own_is_gone(warehouse, bring) -> None:
    bring(CALLS, calls(A))
    others = staging_name("bronze", "1")
    warehouse.create_from_schema(others, warehouse.table(DESK.bronze_name(CALLS)).select("id", "state").schema())

    assert bring(CALLS, calls(A, OTHER)) == BronzeCounts(2, 1, 1)
    assert [others] == drop_leftovers(warehouse)
    assert not warehouse.has(others)


def test_a_batch_replaces_the_ledger_of_its_own_dates_and_no_other(warehouse, bring) -> None:
    bring(CALLS, calls(A, OTHER))

    bring(CALLS, calls(A, ("c3", DAY_3, "x")))  # 1 and 3 March; what 2 March held stays known

    assert ledger(warehouse, DESK, CALLS) == {DAY_1: 1, DAY_2: 1, DAY_3: 1}


def test_types_and_texts_come_through_whole(warehouse, bring) -> None:
    row = ("Åsa \"q\", 'x'\n雪", DAY_1, "")
    bring(CALLS, calls(row, ("b", None, None)))

    assert stored(warehouse) == sorted([row, ("b", None, None)], key=str)


def test_the_ledger_knows_how_many_rows_each_date_held(warehouse, bring) -> None:
    bring(CALLS, calls(A, A, OTHER, ("c9", None, "undated")))
    bring(CALLS, calls(A))

    # 2 March was not read again and stays; 1 March held one row when it was read last.
    assert ledger(warehouse, DESK, CALLS) == {DAY_1: 1, DAY_2: 1}
    assert watermark(warehouse, DESK, CALLS).last_date == DAY_2


def test_the_watermark_knows_the_latest_change(warehouse, bring) -> None:
    bring(LOG, made(LOG, (("c1", DAY_1, "A", dt.datetime(2026, 3, 5, 9)), ("c2", DAY_2, "A", None))))

    found = watermark(warehouse, DESK, LOG)

    assert found.changed_at == dt.datetime(2026, 3, 5, 9)
    assert found.changed_since(3) == dt.datetime(2026, 3, 2, 9)


def test_a_row_that_moves_touches_its_old_date_too(warehouse, bring) -> None:
    bring(CALLS, calls(A, OTHER), run="first-run")
    bring(CALLS, calls(("c1", DAY_3, "A")), run="second-run")

    assert touched_dates(warehouse, DESK, run_suffix="first-run") == {DAY_1, DAY_2, DAY_3}
    assert touched_dates(warehouse, DESK, run_suffix="second-run") == {DAY_1, DAY_3}
    assert touched_dates(warehouse, DESK, run_suffix="third-run") == set()


@pytest.mark.parametrize(
    ("counts", "known", "changed", "stale", "suspect"),
    [
        pytest.param({1: 5, 2: 5}, {}, set(), {1, 2}, set(), id="an_empty_warehouse_reads_everything"),
        pytest.param(
            {1: 5, 9: 5, 10: 5, 11: 5}, {1: 5, 9: 5, 10: 5}, set(), {11}, {9, 10}, id="new_dates_and_the_overlap"
        ),
        pytest.param({1: 6, 30: 5}, {1: 5, 30: 5}, set(), {1}, {30}, id="a_row_29_days_late"),
        pytest.param({1: 5, 2: 4, 30: 5}, {1: 5, 2: 5, 30: 5}, set(), {2}, {30}, id="a_row_taken_out"),
        pytest.param({1: 5, 2: 5, 30: 5}, {1: 5, 30: 5}, set(), {2}, {30}, id="a_date_filled_later"),
        pytest.param({1: 5, 2: 5, 30: 5}, {1: 5, 2: 5, 30: 5}, {2}, set(), {2, 30}, id="a_changed_row"),
        pytest.param({1: 5, 30: 6}, {1: 5, 30: 5}, {30}, {30}, set(), id="what_is_stale_need_not_be_looked_at"),
        pytest.param({30: 5}, {1: 5, 30: 5}, set(), set(), {30}, id="a_source_that_clears_out_its_past"),
        pytest.param({}, {1: 5}, set(), set(), set(), id="an_empty_source"),
    ],
)
def test_dates_are_stale_by_their_count_and_suspect_in_the_overlap_or_when_changed(
    counts, known, changed, stale, suspect
) -> None:
    def march(days):
        return {dt.date(2026, 3, day): rows for day, rows in days.items()}

    held, ledger = march(counts), march(known)
    changes = {dt.date(2026, 3, day) for day in changed}

    assert stale_dates(day_counts=held, ledger=ledger) == {dt.date(2026, 3, day) for day in stale}
    assert suspect_dates(day_counts=held, ledger=ledger, changed=changes, overlap_days=1) == {
        dt.date(2026, 3, day) for day in suspect
    }


def test_what_was_compared_is_written_down_for_just_those_dates(warehouse, bring) -> None:
    bring(CALLS, calls(A, OTHER))
    then = dt.datetime(2026, 3, 10, 4, 0, 0, 123456)
    before = known_days(warehouse, DESK, CALLS)

    note_checked(warehouse, DESK, CALLS, dates=[DAY_1], digests={DAY_1: "0.0:1:ab"}, checked_at=then)

    after = known_days(warehouse, DESK, CALLS)
    assert after[DAY_2] == before[DAY_2]
    assert after[DAY_1] == dataclasses.replace(before[DAY_1], digest="0.0:1:ab", checked_at=then)


def test_a_date_read_again_is_known_by_its_new_rows_and_no_comparison(warehouse, bring) -> None:
    bring(CALLS, calls(A, OTHER))
    before = known_days(warehouse, DESK, CALLS)
    note_checked(warehouse, DESK, CALLS, dates=[DAY_1, DAY_2], digests={}, checked_at=NOW)

    bring(CALLS, calls(("c1", DAY_1, "B")))

    after = known_days(warehouse, DESK, CALLS)
    assert (after[DAY_1].checked_at, after[DAY_2].checked_at) == (None, NOW)
    assert after[DAY_1].digest != before[DAY_1].digest
    assert after[DAY_2].digest == before[DAY_2].digest


def test_the_digest_of_a_table_read_whole_covers_all_its_rows(warehouse, bring) -> None:
    queues = (made(QUEUES, (("q1", "Sales"),)), made(QUEUES, (("q2", "Service"),)))
    bring(QUEUES, *queues)
    one_way = known_undated(warehouse, DESK, QUEUES)
    bring(QUEUES, *reversed(queues))

    assert one_way == known_undated(warehouse, DESK, QUEUES)
    assert one_way.split(":")[1] == "2"
