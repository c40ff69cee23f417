"""Late, corrected and removed rows: reading only the stale dates ends where reading everything ends."""

import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from wfm_pipeline.contracts.site import Site
from wfm_pipeline.contracts.source_map import ColumnMap, SourceMap, TableMap
from wfm_pipeline.sources.reader import open_reader
from wfm_pipeline.warehouse.bronze import append_versions, current_state
from wfm_pipeline.warehouse.bronze_days import ledger, stale_dates, watermark
from wfm_pipeline.warehouse.opening import open_warehouse

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


def april(day: int) -> dt.date:
    return dt.date(2026, 4, day)


def at(day: int, hour: int = 10) -> str:
    return f"{april(day)} {hour:02d}:00:00"


def _stretches(dates: set[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Dates that follow each other, as first and last."""
    found: list[tuple[dt.date, dt.date]] = []
    for date in sorted(dates):
        if found and date - found[-1][1] == dt.timedelta(days=1):
            found[-1] = (found[-1][0], date)
        else:
            found.append((date, date))
    return found


class Desk:
    """A source that people change, and a warehouse that follows it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0
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

    def follow(self) -> set[dt.date]:
        """One run: reads the dates that are stale, and no others."""
        self.runs += 1
        with (
            open_reader(f"sqlite:///{self.folder / 'desk.sqlite'}") as reader,
            open_warehouse("duckdb:///house.duckdb", self.folder) as warehouse,
        ):
            since = watermark(warehouse, DESK, CALLS).changed_since(1)
            dates = stale_dates(
                day_counts=reader.day_counts(CALLS),
                ledger=ledger(warehouse, DESK, CALLS),
                changed=reader.changed_dates(CALLS, since) if since else frozenset(),
                overlap_days=1,
            )
            for first, last in _stretches(dates):
                append_versions(
                    warehouse, source_map=DESK, table_map=CALLS, read=lambda ends=(first, last): reader.read(CALLS, *ends),
                    batch_id=f"{self.runs}-{first}", ingested_at=dt.datetime(2026, 6, 1),
                )  # fmt: skip
        return dates

    def known(self) -> dict[str, tuple]:
        """Call -> its latest version in bronze."""
        with open_warehouse("duckdb:///house.duckdb", self.folder) as warehouse:
            state = current_state(warehouse.table("bronze.desk__calls"), CALLS)
            rows = warehouse.con.to_pyarrow(state.select("id", "at", "state", "changed")).to_pylist()
        latest = sorted(rows, key=lambda row: row["changed"])
        return {row["id"]: (str(row["at"]), row["state"]) for row in latest}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.follow()
    return made


def test_the_first_run_reads_everything_and_the_next_only_the_overlap(desk: Desk) -> None:
    assert len(desk.known()) == 30
    assert desk.follow() == {april(29), april(30)}


@pytest.mark.parametrize("days_late", [3, 29])
def test_a_late_row_is_found_by_its_dates_count(desk: Desk, days_late: int) -> None:
    desk.add("late", 30 - days_late)

    assert desk.follow() == {april(30 - days_late), april(29), april(30)}
    assert desk.known()["late"] == (at(30 - days_late), "ok")
    assert april(30 - days_late) not in desk.follow()


def test_a_corrected_row_is_found_by_its_change_time(desk: Desk) -> None:
    desk.do("update calls set state = 'mended', changed = ? where id = 'c5'", at(30, 12))

    assert april(5) in desk.follow()
    assert desk.known()["c5"] == (at(5), "mended")


def test_a_change_time_of_the_far_future_hides_no_later_correction(desk: Desk) -> None:
    desk.do("update calls set changed = '2999-01-01 00:00:00' where id = 'c30'")
    desk.follow()
    desk.do("update calls set state = 'corrected', changed = ? where id = 'c5'", at(30, 12))
    assert april(5) in desk.follow()


def test_a_row_that_moves_to_another_day_is_there_once_and_newest(desk: Desk) -> None:
    desk.do("update calls set at = ?, changed = ? where id = 'c5'", at(7), at(30, 12))

    assert {april(7)} <= desk.follow()
    assert desk.known()["c5"] == (at(7), "ok")


def test_new_days_are_read_and_empty_ones_are_no_rows(desk: Desk) -> None:
    desk.do("delete from calls where id = 'c30'")
    desk.do("insert into calls values ('m2', '2026-05-02 10:00:00', 'ok', '2026-05-02 10:00:00')")

    assert desk.follow() == {april(29), dt.date(2026, 5, 2)}
    assert desk.follow() == {dt.date(2026, 5, 2)}


def test_a_source_that_clears_out_its_past_takes_nothing_from_bronze(desk: Desk) -> None:
    desk.do("delete from calls where at < '2026-04-20'")

    assert desk.follow() == {april(29), april(30)}
    assert len(desk.known()) == 30
