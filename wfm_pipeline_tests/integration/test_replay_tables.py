"""A replayed day in PostgreSQL, MariaDB and SQLite against the raw rows, counted again one by one; and whose tables may be written."""

import datetime as dt
import os
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from wfm_pipeline.errors import DataError, SettingsError, SourceError
from wfm_pipeline.monitoring.replay.claim import ForeignRowsError
from wfm_pipeline.monitoring.replay.replaying import ReplayRequest, replay
from wfm_pipeline.sources.operational.writing import OperationalTables, ddl_statements
from wfm_pipeline.urls import make_engine, parse_url
from wfm_pipeline_tests.bank_day_kit import (
    DAY,
    UTC_MIDNIGHT,
    board,
    calls_of,
    house_of,
    raw_day,
    same_as_recorded,
    tables_in,
)


class Hand:
    """A clock that a test moves; waiting moves it too."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


@pytest.fixture(scope="module")
def raw():
    return raw_day()


@pytest.fixture(scope="module")
def house(raw, tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay")
    raw.to_csv(folder / "calls.csv", index=False)
    return house_of(folder, folder / "calls.csv")


def request(url, **changes):
    usual = {"date": DAY, "to": url, "today": None, "speed": 0, "every_seconds": 450.0}
    return ReplayRequest(**(usual | {"starts": dt.time(13), "until": dt.time(16, 30)} | changes))


def run(house, asked, *, on_tick=lambda _tick: None, clock=None):
    opened = []
    replay(house, asked, clock=clock or Hand(), on_open=opened.append, on_tick=on_tick)
    return opened[0]


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb),
                        pytest.param("postgres", marks=pytest.mark.postgres)])  # fmt: skip
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'live.sqlite'}"
    return request.getfixturevalue(f"{request.param}_url")


def look_at(url, calls, instants):
    """Compare at these ticks; gives what to call after each, and the list of those that were looked at."""
    seen = []

    def on_tick(tick):
        if tick.as_of in instants:
            same_as_recorded(tables_in(url), calls, tick.as_of.to_pydatetime())
            seen.append(tick.as_of)

    return on_tick, seen


def test_the_tables_are_the_recorded_calls_at_twenty_instants(house, raw, url):
    calls = calls_of(raw)
    first = pd.Timestamp(UTC_MIDNIGHT) + pd.Timedelta(hours=13)
    instants = {first + number * pd.Timedelta(seconds=77 * 8) for number in range(1, 21)}
    on_tick, seen = look_at(url, calls, instants)

    opened = run(house, request(url, every_seconds=77.0, until=dt.time(16, 28)), on_tick=on_tick)

    assert (len(calls), "the source", None, 0) == (
        opened.contacts, opened.origin, opened.resumed_at, opened.shift_seconds,
    )  # fmt: skip
    assert 20 == len(seen)
    assert max(board(calls, "PS", at)["calls_waiting"] for at in instants) > 0


@pytest.mark.skipif("WFM_REAL_DATA" not in os.environ, reason="WFM_REAL_DATA is not set")
def test_a_real_day_of_the_bank_is_its_recorded_calls_at_twenty_instants(tmp_path, url):
    whole = pd.read_parquet(Path(os.environ["WFM_REAL_DATA"]) / "anonymous_bank_1999" / "calls.parquet")
    day = whole[whole["date"].astype(str) == str(DAY)]
    day.to_parquet(tmp_path / "calls.parquet", index=False)
    calls = calls_of(day)
    first = pd.Timestamp(UTC_MIDNIGHT) + pd.Timedelta(hours=7)
    instants = {first + number * pd.Timedelta(seconds=2_741) for number in range(1, 21)}  # a prime: never on a border
    on_tick, seen = look_at(url, calls, instants)

    opened = run(
        house_of(tmp_path, tmp_path / "calls.parquet"),
        request(url, every_seconds=2_741.0, starts=dt.time(7), until=dt.time(23)),
        on_tick=on_tick,
    )

    assert (3_043, 20) == (opened.contacts, len(seen))
    assert sum(board(calls, "PS", at)["calls_waiting"] for at in instants) > 20


def test_killed_within_a_tick_and_started_again_the_tables_are_the_same(house, tmp_path):
    whole, broken = (f"sqlite:///{tmp_path / name}.sqlite" for name in ("whole", "broken"))
    run(house, request(whole))
    run(house, request(broken, until=dt.time(14)))
    engine = sa.create_engine(broken, poolclass=NullPool)
    with engine.begin() as connection:  # the last table of a tick refuses its rows: all before it is written by then
        connection.exec_driver_sql(
            "create trigger stop before insert on queue_current_metrics begin select raise(abort, 'stopped here'); end"
        )
    with pytest.raises(SourceError, match="stopped here"):
        run(house, request(broken, starts=None))
    stands = tables_in(broken)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop trigger stop")

    opened = run(house, request(broken, starts=None))

    assert {UTC_MIDNIGHT + dt.timedelta(hours=14)} == set(stands["queue_current_metrics"]["last_updated"])
    assert UTC_MIDNIGHT + dt.timedelta(hours=14) == opened.resumed_at
    for name, rows in tables_in(whole).items():
        pd.testing.assert_frame_equal(rows, tables_in(broken)[name])


def test_the_same_again_changes_nothing_and_a_replay_does_not_go_back(house, tmp_path):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"
    run(house, request(url))
    before = tables_in(url)

    run(house, request(url, starts=None))

    for name, rows in tables_in(url).items():
        pd.testing.assert_frame_equal(before[name], rows)
    with pytest.raises(SettingsError, match="does not go back"):
        run(house, request(url, until=dt.time(15)))
    with pytest.raises(SettingsError, match="does not go back"):
        run(house, request(url, starts=dt.time(13)))


def written_by_a_centre(url):
    dialect = {"postgresql": "postgres", "mysql": "mariadb"}.get(sa.make_url(url).get_backend_name(), "sqlite")
    engine = make_engine(parse_url(url, what="test"), poolclass=NullPool)
    with engine.begin() as connection:
        for statement in ddl_statements(dialect):
            connection.exec_driver_sql(statement)
        groups = sa.table("groups", sa.column("id"), sa.column("group_name"))
        connection.execute(sa.insert(groups), {"id": "g1", "group_name": "Sales"})
    engine.dispose()


@pytest.mark.parametrize("is_started_over", [False, True], ids=["plainly", "starting_over"])
def test_rows_that_no_replay_wrote_are_never_touched(house, url, is_started_over):
    written_by_a_centre(url)

    with pytest.raises(ForeignRowsError, match="groups holds 1 rows, 0 of them a replay's"):
        run(house, request(url, is_started_over=is_started_over))

    found = tables_in(url)
    assert {"groups": 1} == {name: len(rows) for name, rows in found.items() if len(rows)}


@pytest.mark.parametrize("is_started_over", [False, True], ids=["plainly", "starting_over"])
def test_a_centre_that_began_to_write_into_a_replays_tables_is_not_overwritten(house, tmp_path, is_started_over):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"
    run(house, request(url, until=dt.time(14)))
    written_by_a_centre(url)

    with pytest.raises(ForeignRowsError, match="groups holds"):
        run(house, request(url, starts=None, is_started_over=is_started_over))


def test_another_day_needs_to_start_over_and_then_only_that_day_is_there(house, raw, tmp_path):
    url, other = f"sqlite:///{tmp_path / 'live.sqlite'}", DAY + dt.timedelta(days=1)
    (tmp_path / "next").mkdir()
    raw.assign(date=other).to_csv(tmp_path / "next" / "calls.csv", index=False)
    run(house, request(url))
    later = house_of(tmp_path / "next", tmp_path / "next" / "calls.csv")

    with pytest.raises(ForeignRowsError, match="--start-over"):
        run(later, request(url, date=other))
    run(later, request(url, date=other, is_started_over=True))

    shown = tables_in(url)
    assert {UTC_MIDNIGHT + dt.timedelta(days=1, hours=16.5)} == set(shown["queue_current_metrics"]["last_updated"])
    assert shown["agent_states"]["started_at"].min() > UTC_MIDNIGHT + dt.timedelta(days=1)


def test_records_that_were_corrected_since_are_not_mixed_with_what_was_replayed(house, raw, tmp_path):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"
    run(house, request(url, until=dt.time(14)))
    raw.iloc[1:].to_csv(tmp_path / "calls.csv", index=False)

    with pytest.raises(ForeignRowsError, match="other records or settings"):
        run(house_of(tmp_path, tmp_path / "calls.csv"), request(url, starts=None))


def test_of_two_replays_at_once_the_first_stops(house, tmp_path):
    url, ticks = f"sqlite:///{tmp_path / 'live.sqlite'}", []

    def begin_another(tick):
        ticks.append(tick)
        if len(ticks) == 2:
            run(house, request(url, starts=None, until=dt.time(14)))

    with pytest.raises(ForeignRowsError, match="taken these tables over"):
        run(house, request(url), on_tick=begin_another)
    assert 2 == len(ticks)


def test_laid_onto_another_date_wall_clocks_stay_though_that_date_has_another_offset(house, tmp_path):
    url, local = f"sqlite:///{tmp_path / 'live.sqlite'}", []
    winter = dt.date(2026, 1, 15)  # two hours ahead of UTC, not three

    run(house, request(url, today=winter), on_tick=lambda tick: local.append(tick.as_of_local))

    assert (dt.datetime(2026, 1, 15, 13), dt.datetime(2026, 1, 15, 16, 30)) == (local[0], local[-1])
    assert {dt.datetime(2026, 1, 15, 14, 30)} == set(tables_in(url)["queue_current_metrics"]["last_updated"])


def test_what_nobody_recorded_is_labelled_as_inferred(house, tmp_path):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"

    run(house, request(url))

    shown = tables_in(url)
    labelled = [*shown["groups"]["id"], *shown["shifts"]["shift_id"], *shown["agent_activity"]["group_id"]]
    assert {True} == {name.startswith("inferred:") for name in labelled}
    assert {True} == {"replay of anonymous_bank 1999-05-23" in name for name in shown["services"]["service_name"]}


def test_a_date_without_calls_is_an_error_and_a_database_of_another_kind_too(house, tmp_path):
    with pytest.raises(DataError, match="no call of source anonymous_bank began on 1999-05-24"):
        run(house, request(f"sqlite:///{tmp_path / 'live.sqlite'}", date=DAY + dt.timedelta(days=1)))
    with pytest.raises(SettingsError, match="PostgreSQL, MariaDB or SQLite"):
        run(house, request("duckdb:///live.duckdb"))


def test_a_tick_waits_for_a_slow_reader_of_a_sqlite_file(tmp_path):
    with OperationalTables(f"sqlite:///{tmp_path / 'live.sqlite'}", what="test") as tables:
        tables.make()
        with tables.transaction() as connection:
            assert (
                60_000 == connection.exec_driver_sql("pragma busy_timeout").scalar_one()
            )  # [ms]; five seconds were too few
