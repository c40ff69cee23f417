"""A table of several files is one table: the same rows as one file, and files that differ are refused."""

import csv
import datetime as dt
import io
import itertools
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.source_map import ColumnMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SettingsError, SourceError
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.sources.reader import summed
from wfm_pipeline_tests.house_kit import do

CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("id",),
    types={"id": "string", "at": "timestamp", "changed": "timestamp"},
    columns={"call_id": ColumnMap(column="id")},
    business_date="at",
    changed_at="changed",
    files="calls-*.csv*",
)
JANUARY = "id,at,changed,note\na,2026-01-31 10:00:00,2026-02-01 09:00:00,first\n"
FEBRUARY = "note,changed,at,id\nsecond,2026-02-02 09:00:00,2026-02-01 11:00:00,b\nthird,,2026-02-02 12:00:00,c\n"
DAYS = [dt.date(2026, 1, 31), dt.date(2026, 2, 1), dt.date(2026, 2, 2)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "calls-2026-02.csv").write_text(FEBRUARY)
    (tmp_path / "calls-2026-01.csv").write_text(JANUARY)
    (tmp_path / "queues.csv").write_text("queue_id\nsales\n")
    return tmp_path


def opened(folder, table=CALLS, **options):
    return open_reader(str(folder), files={table.name: table.files}, **options)


def rows_of(folder, table=CALLS, **options):
    with opened(folder, table, **options) as reader:
        return [row for chunk in reader.read(table) for row in chunk.to_pylist()]


def test_files_are_read_in_the_order_of_their_names_and_columns_in_any_order(folder):
    with opened(folder) as reader:
        assert ["calls", "queues"] == reader.tables()
        assert ["id", "at", "changed", "note"] == reader.columns("calls")
        assert [("a", "first"), ("b", "second")] == [
            (row["id"], row["note"]) for row in reader.head("calls", 2).to_pylist()
        ]
        assert dict.fromkeys(DAYS, 1) == reader.day_counts(CALLS)
        assert {DAYS[1]} == reader.changed_dates(CALLS, dt.datetime(2026, 2, 2))
        assert ["b", "c"] == [
            row["id"] for chunk in reader.read(CALLS, Dates.between(DAYS[1], DAYS[2])) for row in chunk.to_pylist()
        ]
    assert ["a", "b", "c"] == [row["id"] for row in rows_of(folder)]


def test_a_file_that_lacks_a_column_is_named_with_the_column(folder):
    (folder / "calls-2026-03.csv").write_text("id,at,changed\nd,2026-03-01 10:00:00,\n")

    with pytest.raises(SourceError, match=r"calls-2026-03.csv lacks column\(s\) note, which calls-2026-01.csv has"):
        rows_of(folder)


def test_a_pattern_that_no_file_fits_and_a_file_that_cannot_be_a_table_are_said(folder):
    nowhere = replace(CALLS, files="kalls-*.csv")
    (folder / "calls-2026-03.csv.bak").write_text("x")

    with (
        opened(folder, nowhere) as reader,
        pytest.raises(SourceError, match=r"fits files = 'kalls-\*\.csv' of table calls"),
    ):
        reader.columns("calls")
    with opened(folder) as reader:
        assert [
            notice
            for notice in reader.check(CALLS)
            if "calls-2026-03.csv.bak fits calls-*.csv* but is left out" in notice
        ]


def test_one_file_in_two_forms_is_refused(folder):
    (folder / "calls-2026-01.csv.gz").write_bytes(b"")

    with opened(folder) as reader, pytest.raises(SourceError, match=r"calls-2026-01\.csv and calls-2026-01\.csv\.gz"):
        reader.tables()


def test_files_of_several_kinds_are_one_table(folder):
    table = replace(CALLS, files="calls-*")
    pq.write_table(
        pa.table(
            {
                "id": [7],
                "at": [dt.datetime(2026, 3, 1, 10)],
                "changed": pa.array([None], pa.timestamp("us")),
                "note": ["x"],
            }
        ),
        folder / "calls-2026-03.parquet",
    )
    (folder / "calls-2026-04.jsonl").write_text('{"id": 8, "at": "2026-04-01T10:00:00"}\n')

    assert ["a", "b", "c", "7", "8"] == [row["id"] for row in rows_of(folder, table)]
    with opened(folder, table) as reader:
        assert ["a", "b", "c", "7", "8"] == reader.head("calls", 10)["id"].to_pylist()


@given(
    cuts=st.lists(st.integers(0, 30), max_size=5),
    orders=st.lists(st.permutations(["id", "at", "changed", "note"]), min_size=6, max_size=6),
    chunk_rows=st.sampled_from([1, 7, 10_000]),
)
def test_rows_and_hashes_do_not_depend_on_how_a_table_is_cut_into_files(tmp_path_factory, cuts, orders, chunk_rows):
    rows = [
        {"id": str(n), "at": f"2026-01-{n % 28 + 1:02d} 10:00:00", "changed": "", "note": ["", "a,b", "1.50"][n % 3]}
        for n in range(30)
    ]
    whole, parts = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("parts")
    bounds = [0, *sorted(cuts), 30]
    written(whole / "calls-0.csv", rows, orders[0])
    for number, (first, last) in enumerate(itertools.pairwise(bounds)):
        written(parts / f"calls-{number}.csv", rows[first:last], orders[number % len(orders)])

    one, several = rows_of(whole), rows_of(parts, chunk_rows=chunk_rows)

    assert [row["_row_hash"] for row in one] == [row["_row_hash"] for row in several]
    with opened(parts) as reader:
        assert summed([(row["_business_date"], 1) for row in one]) == reader.day_counts(CALLS)


def written(path, rows, order):
    text = io.StringIO()
    writer = csv.DictWriter(text, order, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue())


DESK = """
name = "desk"
title = "Desk"
[site]
time_zone = "Europe/Stockholm"
country = "SE"
[tables.calls]
files = 'calls-*.csv*'
role = "call_legs"
load = "incremental"
key = ["id"]
business_date = "at"
[tables.calls.types]
id = "string"
at = "timestamp"
queue = "string"
[tables.calls.columns]
call_id = "id"
started_at = "at"
queue_id = "queue"
status = { constant = "answered" }
"""


@pytest.mark.parametrize("pattern", ["", "../calls-*.csv", "a\\b"])
def test_a_pattern_that_is_none_of_names_is_refused_at_load(tmp_path, pattern):
    path = tmp_path / "desk.toml"
    path.write_text(DESK.replace("calls-*.csv*", pattern))

    with pytest.raises(
        SettingsError, match=r"tables\.calls\.files must be a pattern of names .* such as calls-\*\.csv\*"
    ):
        load_map(str(path))


def test_a_row_in_two_files_is_one_call_and_a_second_run_finds_nothing_to_do(tmp_path):
    (tmp_path / "desk.toml").write_text(DESK)
    for number, ids in enumerate(["ab", "bc"]):
        rows = "".join(f"{each},2026-03-02 1{ord(each) - 97}:00:00,sales\n" for each in ids)
        (tmp_path / f"calls-{number}.csv").write_text(f"id,at,queue\n{rows}")
    house = House(
        load_settings(home=tmp_path / "home", source=str(tmp_path / "desk.toml"), source_url=f"file://{tmp_path}")
    )

    assert () == do(house, JobRequest(REFRESH, find_stale_dates(house).dates)).problems

    with house.open_warehouse() as warehouse:
        assert 3 == warehouse.count("silver.call_legs") == warehouse.count("bronze.desk__calls")
    assert not find_stale_dates(house).is_anything_new
    (tmp_path / "calls-2.csv").write_text("id,at,queue\nd,2026-03-02 14:00:00,sales\n")
    assert 1 == len(find_stale_dates(house).dates)
