"""Late, corrected and removed rows: reading only the stale dates ends where reading everything ends, and reads no other."""

import dataclasses
import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import ColumnMap, SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.partitions.stale_tables import Comparison, Found
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.sources.reader import SourceReader
from wfm_pipeline.warehouse.bronze.versions import append_versions, current_state
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.opening import open_warehouse

CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("id",),
    types={"id": "string", "at": "timestamp", "state": "string", "changed": "timestamp"},
    columns={"call_id": ColumnMap(column="id")},
    business_date="at",
    changed_at="changed",
)
DESK = SourceMap(name="desk", title="A desk", site=Site(), tables=(CALLS,))
UNTIMED = dataclasses.replace(CALLS, changed_at=None)


def april(day: int) -> dt.date:
    return dt.date(2026, 4, day)


def at(day: int, hour: int = 10) -> str:
    return f"{april(day)} {hour:02d}:00:00"


class Desk:
    """A source that people change, and a warehouse that follows it."""

    def __init__(self, folder: Path, calls: TableMap = CALLS) -> None:
        self.folder, self.runs, self.calls = folder, 0, calls
        self.source_map = dataclasses.replace(DESK, tables=(calls,))
        self.do("create table calls (id text, at datetime, state text, changed datetime)")
        for day in range(1, 31):
            self.add(f"c{day}", day)

    def do(self, sql: str, *values: object) -> None:
        con = sqlite3.connect(self.folder / "desk.sqlite")
        with con:
            con.execute(sql, values)
        con.close()

    def add(self, call: str, day: int) -> None:
        self.do("insert into calls values (?, ?, 'ok', ?)", call, at(day), at(day, 11))

    def look(self, *, check_days: int = 0) -> Found:
        """What is stale now; also says which dates were compared."""
        with self._reader() as reader, self._warehouse() as warehouse:
            return self._look(reader, warehouse, check_days)

    def follow(self, *, check_days: int = 0) -> set[dt.date]:
        """One run: reads the dates that are stale, and no others."""
        self.runs += 1
        with self._reader() as reader, self._warehouse() as warehouse:
            dates = set(self._look(reader, warehouse, check_days).stale)
            append_versions(
                warehouse, source_map=self.source_map, table_map=self.calls,
                read=lambda: reader.read(self.calls, Dates.of(dates)),
                batch_id=f"{self.runs:03d}", ingested_at=dt.datetime(2026, 6, 1),
            )  # fmt: skip
        return dates

    def forget_digests(self) -> None:
        """As if the ledger had been written before digests were kept."""
        with self._warehouse() as warehouse:
            warehouse.execute("update bronze.day_ledger set content_hash = null, checked_at = null")

    def _reader(self) -> SourceReader:
        return open_reader(f"sqlite:///{self.folder / 'desk.sqlite'}")

    def _warehouse(self) -> Warehouse:
        return open_warehouse("duckdb:///house.duckdb", self.folder)

    def _look(self, reader: SourceReader, warehouse: Warehouse, check_days: int) -> Found:
        comparison = Comparison(self.source_map, reader, warehouse)
        return comparison.look(self.calls, reader.day_counts(self.calls), overlap_days=1, check_days=check_days)

    def known(self) -> dict[str, tuple]:
        """Call -> its latest version in bronze."""
        with open_warehouse("duckdb:///house.duckdb", self.folder) as warehouse:
            state = current_state(warehouse.table("bronze.desk__calls"), CALLS)
            rows = warehouse.con.to_pyarrow(state.select("id", "at", "state", "changed")).to_pylist()
        latest = sorted(rows, key=lambda row: str(row["changed"]))
        return {row["id"]: (str(row["at"]), row["state"]) for row in latest}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.follow()
    return made


@pytest.fixture
def untimed(tmp_path: Path) -> Desk:
    """A desk whose source does not say when a row was changed."""
    made = Desk(tmp_path, UNTIMED)
    made.follow()
    return made


def test_the_first_run_reads_everything_and_the_next_nothing(desk: Desk) -> None:
    assert len(desk.known()) == 30
    assert desk.follow() == set()
    assert desk.look().compared == {april(29), april(30)}


@pytest.mark.parametrize("days_late", [3, 29])
def test_a_late_row_is_found_by_its_dates_count(desk: Desk, days_late: int) -> None:
    desk.add("late", 30 - days_late)

    assert desk.follow() == {april(30 - days_late)}
    assert desk.known()["late"] == (at(30 - days_late), "ok")
    assert desk.follow() == set()


def test_dates_far_apart_are_read_without_those_between(desk: Desk) -> None:
    desk.add("late", 3)
    desk.add("later", 20)

    assert desk.follow() == {april(3), april(20)}
    assert desk.follow() == set()


def test_a_corrected_row_is_found_by_its_change_time(desk: Desk) -> None:
    desk.do("update calls set state = 'mended', changed = ? where id = 'c5'", at(30, 12))

    assert desk.follow() == {april(5)}
    assert desk.known()["c5"] == (at(5), "mended")
    assert desk.follow() == set()


def test_a_change_time_of_the_far_future_hides_no_later_correction(desk: Desk) -> None:
    desk.do("update calls set changed = '2999-01-01 00:00:00' where id = 'c30'")
    desk.follow()
    desk.do("update calls set state = 'corrected', changed = ? where id = 'c5'", at(30, 12))
    assert desk.follow() == {april(5)}


def test_a_row_corrected_within_the_overlap_is_found_by_its_content(untimed: Desk) -> None:
    untimed.do("update calls set state = 'mended' where id = 'c29'")

    assert untimed.follow() == {april(29)}
    assert untimed.known()["c29"] == (at(29), "mended")
    assert untimed.follow() == set()


def test_a_row_corrected_long_ago_is_found_when_its_days_turn_comes(untimed: Desk) -> None:
    untimed.do("update calls set state = 'mended' where id = 'c12'")

    # Ten older days a night, the newest first: 19 to 28 April, then 9 to 18.
    assert [set(), {april(12)}, set()] == [untimed.follow(check_days=10) for _ in range(3)]
    assert untimed.known()["c12"] == (at(12), "mended")


def test_older_days_are_compared_in_turn_and_all_of_them_before_any_comes_again(untimed: Desk) -> None:
    turns = [untimed.look(check_days=10).compared - {april(29), april(30)} for _ in range(4)]

    assert [len(turn) for turn in turns] == [10, 10, 10, 10]
    assert set().union(*turns[:3]) == {april(day) for day in range(1, 29)}
    assert april(28) in turns[0] & turns[2]  # 28 days: the third turn has two left for those that waited longest


def test_no_older_day_is_compared_where_the_setting_says_none(untimed: Desk) -> None:
    untimed.do("update calls set state = 'mended' where id = 'c12'")

    assert untimed.follow(check_days=0) == set()


def test_the_same_rows_in_another_order_are_no_news(untimed: Desk) -> None:
    untimed.add("twin", 30)
    untimed.follow()
    untimed.do("create table turned as select * from calls order by at desc, id")
    untimed.do("delete from calls")
    untimed.do("insert into calls select * from turned order by rowid")

    assert untimed.look(check_days=30).stale == {}


def test_a_new_row_without_a_date_is_read_with_the_newest_date(untimed: Desk) -> None:
    untimed.do("insert into calls values ('odd', '0000-00-00 00:00:00', 'ok', null)")

    assert untimed.follow() == {april(30)}
    assert "odd" in untimed.known()
    assert untimed.follow() == set()


def test_a_ledger_without_digests_gets_them_and_its_days_are_not_stale_for_that(untimed: Desk) -> None:
    untimed.forget_digests()
    assert untimed.follow(check_days=30) == set()

    untimed.do("update calls set state = 'mended' where id = 'c12'")
    assert untimed.follow(check_days=30) == {april(12)}


def test_a_ledger_without_digests_hides_no_corrected_row(untimed: Desk) -> None:
    untimed.forget_digests()
    untimed.do("update calls set state = 'mended' where id = 'c12'")

    assert untimed.follow(check_days=30) == {april(12)}


def test_a_row_that_moves_to_another_day_is_there_once_and_newest(desk: Desk) -> None:
    desk.do("update calls set at = ?, changed = ? where id = 'c5'", at(7), at(30, 12))

    assert desk.follow() == {april(7)}
    assert desk.known()["c5"] == (at(7), "ok")


def test_new_days_are_read_and_empty_ones_are_no_rows(desk: Desk) -> None:
    desk.do("delete from calls where id = 'c30'")
    desk.do("insert into calls values ('m2', '2026-05-02 10:00:00', 'ok', '2026-05-02 10:00:00')")

    assert desk.follow() == {dt.date(2026, 5, 2)}
    assert desk.follow() == set()


def test_a_source_that_clears_out_its_past_takes_nothing_from_bronze(desk: Desk) -> None:
    desk.do("delete from calls where at < '2026-04-20'")

    assert desk.follow() == set()
    assert len(desk.known()) == 30
