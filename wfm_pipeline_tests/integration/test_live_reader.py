"""A live centre read as it lives: the rows of the synchronous door on each engine, one fixed number of questions, honest outages."""

import asyncio
import datetime as dt

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.errors import DataError, SettingsError, SourceError
from wfm_pipeline.sources.operational.database import OperationalDatabase
from wfm_pipeline.sources.operational.live.day import DayMemory
from wfm_pipeline.sources.operational.live.limits import ReaderLimits
from wfm_pipeline.sources.operational.live.reader import LiveReader
from wfm_pipeline.sources.operational.live.reading import LiveQuestion, SourceOutageError
from wfm_pipeline_tests.integration.test_operational_database import moved_shifts, some_states, their_breaks
from wfm_pipeline_tests.operational_kit import MONDAY, activity, make_operational, statistics

HOUR = dt.timedelta(hours=1)
DAY = LiveQuestion(dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 6))
QUICK = ReaderLimits(connect_seconds=2.0, query_seconds=2.0, attempts=1, first_wait_seconds=0.01)


def a_centre():
    """Rows of every table; two services, of which the second has nothing in the afternoon."""
    queues = {"calls_waiting": 2, "agents_available": 1, "agents_busy": 3, "agents_not_ready": 0}
    return {
        "services": pd.DataFrame([{"id": "1", "service_name": "Sales", "target_answer_time": 20}, {"id": "2"}]),
        "groups": pd.DataFrame([{"id": "g", "group_name": "All"}]),
        "service_groups": pd.DataFrame([{"service_id": "1", "group_id": "g"}, {"service_id": "2", "group_id": "g"}]),
        "contact_statistics": pd.concat([statistics(60, start=MONDAY - 8 * HOUR), statistics(8, service="2")]),
        "agent_activity": activity(6),
        "queue_current_metrics": pd.DataFrame(
            [{"service_id": "1", **queues, "last_updated": MONDAY}, {"service_id": "2", **queues, "last_updated": MONDAY + HOUR}]
        ),
        "agent_states": some_states(),
        "shifts": moved_shifts(),
        "shift_breaks": their_breaks(),
    }  # fmt: skip


def read(url, question=DAY):
    async def once():
        async with LiveReader([url]) as reader:
            return await reader.read(question)

    return asyncio.run(once())


def agrees_with_the_synchronous_door(url, question=DAY):
    found, database = read(url, question), OperationalDatabase(url)
    for table in OPERATIONAL_TABLES:
        expected = database.rows(table, since=question.starts_at, until=question.ends_at)
        ours = found.tables[table.name]
        keys = [name for name in table.key if name in expected.rows]
        pd.testing.assert_frame_equal(
            *(one.rows.sort_values(keys, ignore_index=True) for one in (expected, ours)), obj=table.name
        )
        assert len(expected.findings) == len(ours.findings), table.name
    database.close()
    return found


def test_the_rows_are_those_of_the_synchronous_door_on_sqlite(tmp_path):
    url = make_operational(f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite", **a_centre())

    found = agrees_with_the_synchronous_door(url)

    assert (60 + 8, 2, 6) == tuple(len(found.rows(one)) for one in ("contact_statistics", "services", "agent_activity"))
    assert pd.Timestamp(MONDAY + HOUR) == found.last_updated
    assert found.is_first_address


@pytest.mark.mariadb
def test_the_rows_are_those_of_the_synchronous_door_on_mariadb(mariadb_url):
    agrees_with_the_synchronous_door(make_operational(mariadb_url, "mariadb", **a_centre()))


@pytest.mark.mariadb
def test_the_rows_are_the_same_through_a_driver_that_cannot_wait(mariadb_url, mariadb_odbc_url):
    waited = read(make_operational(mariadb_url, "mariadb", **a_centre()))

    in_threads = read(mariadb_odbc_url)

    assert "pyodbc" in in_threads.address
    for name, expected in waited.tables.items():
        pd.testing.assert_frame_equal(expected.rows, in_threads.rows(name), obj=name)


@pytest.mark.postgres
def test_the_rows_are_those_of_the_synchronous_door_on_postgresql(postgres_url):
    psycopg = postgres_url.replace("postgresql://", "postgresql+psycopg://")

    agrees_with_the_synchronous_door(make_operational(psycopg, "postgres", **a_centre()))

    assert 2 == len(read(postgres_url).rows("services")), "postgresql:// is translated"


def test_only_the_services_asked_for_and_people_whole(tmp_path):
    url = make_operational(f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite", **a_centre())

    found = read(url, LiveQuestion(DAY.starts_at, DAY.ends_at, ("2",)))

    assert ["2"] == found.rows("contact_statistics")["service_id"].unique().tolist()
    assert (1, 1, 2, 6) == tuple(
        len(found.rows(one)) for one in ("services", "queue_current_metrics", "service_groups", "agent_activity")
    )


def test_empty_tables_are_empty_frames_and_never_a_number(tmp_path):
    url = make_operational(f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite")

    found = read(url)

    assert {table.name for table in OPERATIONAL_TABLES} == set(found.tables)
    assert all(one.rows.empty and len(one.rows.columns) for one in found.tables.values())
    assert found.findings.empty
    assert found.last_updated is None


def test_as_many_questions_for_many_services_as_for_two(tmp_path):
    many = a_centre() | {"services": pd.DataFrame([{"id": str(number)} for number in range(40)])}
    counts = []
    for name, tables in (("two", a_centre()), ("many", many)):
        url = make_operational(f"sqlite:///{tmp_path / name}.sqlite", "sqlite", **tables)
        counts.append(len(_statements(url)))

    assert [len(OPERATIONAL_TABLES)] * 2 == counts


def _statements(url):
    """Statements of a second reading: the first one of a connection asks for the server's version and the like."""
    sent = []

    async def twice():
        async with LiveReader([url]) as reader:
            await reader.read(DAY)
            engine = reader.addresses[0]._engine.sync_engine
            sa.event.listen(engine, "before_cursor_execute", lambda *words: sent.append(words[2]))
            await reader.read(DAY)

    asyncio.run(twice())
    return [one for one in sent if one != "BEGIN"]


def test_one_service_in_another_unit_is_left_out_and_named(tmp_path):
    tables = a_centre()
    slipped = tables["contact_statistics"].reset_index(drop=True)
    is_late = (slipped["service_id"] == "1") & (slipped["interval_start_time"] >= MONDAY)
    slipped.loc[is_late, "aht"] /= 1000
    url = make_operational(
        f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite", **tables | {"contact_statistics": slipped}
    )

    found = read(url)

    assert ["2"] == found.rows("contact_statistics")["service_id"].unique().tolist()
    assert ["1"] == list(found.left_out)
    assert "it looks like seconds" in found.left_out["1"]
    assert ["unit_slip_aht"] == found.findings["rule"].unique().tolist()
    with pytest.raises(SourceError, match="nothing was read"):
        OperationalDatabase(url).rows(OPERATIONAL_TABLES[3])


def test_a_whole_column_in_another_unit_is_emptied_and_said(tmp_path):
    tables = a_centre()
    shares = tables["contact_statistics"].assign(service_level=0.8)
    url = make_operational(f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite", **tables | {"contact_statistics": shares})

    found = read(url)

    assert found.rows("contact_statistics")["service_level"].isna().all()
    assert (found.rows("contact_statistics")["received_calls"] == 10).all()
    assert ["unit_slip_service_level"] == found.findings["rule"].tolist()
    assert {} == found.left_out


def test_past_dates_are_told_per_interval_and_absent_ones_had_no_contacts(tmp_path):
    url = make_operational(
        f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite", contact_statistics=statistics(3, start=MONDAY)
    )
    stockholm = Site(time_zone="Europe/Stockholm", interval_minutes=30)

    async def past(**words):
        async with LiveReader([url]) as reader:
            return await reader.history(
                [dt.date(2026, 1, 5), dt.date(2025, 12, 29), dt.date(2026, 1, 5)], site=stockholm, **words
            )

    full, told = asyncio.run(past()), asyncio.run(past(is_absent_zero=False))

    # 08:00, 08:15 and 08:30 UTC: 20 calls at 09:00 local, 10 at 09:30; nothing is known of 29 December.
    assert [20.0, 10.0] == told["calls_offered"].tolist()
    assert ["09:00", "09:30"] == told["interval_start_local"].dt.strftime("%H:%M").tolist()
    assert [240.0, 240.0] == told["aht_seconds"].tolist()
    assert (48, 30.0) == (len(full), full["calls_offered"].sum())
    assert full["aht_seconds"].notna().sum() == 2


def test_what_cannot_be_read_names_address_what_and_since_when(tmp_path):
    (tmp_path / "live.sqlite").touch()
    moments = iter([MONDAY, MONDAY + HOUR])

    async def twice():
        outages = []
        async with LiveReader([f"sqlite:///{tmp_path / 'live.sqlite'}"], now=lambda: next(moments)) as reader:
            for _ in range(2):
                with pytest.raises(SourceOutageError, match="no such table: services") as caught:
                    await reader.read(DAY)
                outages.append(caught.value)
        return outages

    first, second = asyncio.run(twice())

    assert [MONDAY, MONDAY] == [first.since, second.since], "since the first of them"
    assert [1, 2] == [first.failed_reads, second.failed_reads]
    assert "since 2026-01-05 08:00:00 UTC" in str(second)
    assert str(tmp_path / "live.sqlite") in second.address


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        pytest.param(lambda: LiveReader([]), SettingsError, id="no_url"),
        pytest.param(lambda: LiveReader(["sqlite:////nowhere/at/all.sqlite"]), SourceError, id="no_file"),
        pytest.param(lambda: ReaderLimits(kept_connections=30), SettingsError, id="pool_too_large"),
        pytest.param(lambda: ReaderLimits(query_seconds=0), SettingsError, id="no_time"),
        pytest.param(lambda: LiveQuestion(MONDAY, MONDAY), DataError, id="no_window"),
        pytest.param(lambda: LiveQuestion(MONDAY, MONDAY.replace(day=6, tzinfo=dt.UTC)), DataError, id="a_zone"),
    ],
)
def test_what_cannot_be_meant_is_refused(make, kind):
    with pytest.raises(kind):
        make()


def test_a_password_is_in_no_message():
    url = "postgresql://boss:very-secret@127.0.0.1:1/live"

    with pytest.raises(SourceOutageError, match=r"postgresql://127\.0\.0\.1/live: ") as caught:
        read_quickly(url)

    assert "very-secret" not in f"{caught.value!r} {caught.value} {caught.value.facts}"


def test_nothing_is_printed_while_a_connection_is_tried_again(capfd):
    limits = ReaderLimits(connect_seconds=2.0, attempts=3, first_wait_seconds=0.01, longest_wait_seconds=0.02)

    async def once():
        async with LiveReader(["postgresql://boss@127.0.0.1:1/live"], limits=limits) as reader:
            await reader.read(DAY)

    with pytest.raises(SourceOutageError):
        asyncio.run(once())

    assert ("", "") == tuple(capfd.readouterr()), "the screen is the board's"


def read_quickly(url):
    async def once():
        async with LiveReader([url], limits=QUICK) as reader:
            return await reader.read(DAY)

    return asyncio.run(once())


def test_every_window_is_found_by_an_index(tmp_path):
    url = make_operational(f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite")
    engine, taken = sa.create_engine(url, poolclass=NullPool), {}
    for name, question in DayMemory(DAY).questions("sqlite").items():
        text = str(question.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
        with engine.connect() as connection:
            steps = connection.exec_driver_sql(f"explain query plan {text}").fetchall()
        taken[name] = {word for step in steps for word in step[3].split() if "_by_" in word}

    assert {"contact_statistics_by_interval_start"} == taken["contact_statistics"]
    assert {"agent_activity_by_interval_start"} == taken["agent_activity"]
    assert {"agent_states_by_ended"} == taken["agent_states"]
    assert {"shifts_by_starts"} == taken["shifts"]
    assert {"shift_breaks_by_starts"} == taken["shift_breaks"]
