"""A live centre's database falls over, hangs, comes back, or is given up by who asked: nothing crashes, nothing leaks."""

import asyncio
import contextlib
import datetime as dt
import itertools

import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url

from wfm_pipeline.sources.operational.live.limits import ReaderLimits
from wfm_pipeline.sources.operational.live.reader import LiveReader
from wfm_pipeline.sources.operational.live.reading import LiveQuestion, SourceOutageError
from wfm_pipeline_tests.operational_kit import MONDAY, make_operational, statistics
from wfm_pipeline_tests.own_server_kit import own_postgres

DAY = LiveQuestion(dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 6))
LIMITS = ReaderLimits(connect_seconds=2.0, query_seconds=5.0, attempts=2, first_wait_seconds=0.05)
CYCLES_TO_RECOVER = 2


@pytest.fixture(scope="module")
def server():
    with own_postgres() as one:
        make_operational(
            one.url.replace("postgresql://", "postgresql+psycopg://"), "postgres", contact_statistics=statistics(4)
        )
        yield one


def minutes():
    """A clock that goes on by a minute every time it is asked."""
    counter = itertools.count()
    return lambda: MONDAY + dt.timedelta(minutes=next(counter))


async def recovers(reader):
    """The reading with which an outage ends, and how many cycles that took."""
    for cycle in range(1, CYCLES_TO_RECOVER + 1):
        with contextlib.suppress(SourceOutageError):
            return await reader.read(DAY), cycle
        await asyncio.sleep(0.1)
    raise AssertionError("not recovered in two cycles")


def in_use(reader):
    return [address.connections_in_use for address in reader.addresses]


@pytest.mark.postgres
def test_a_server_that_falls_over_three_times_is_an_outage_each_time_and_recovers_within_two_cycles(server):
    async def watch():
        told = []
        async with LiveReader([server.url], limits=LIMITS, now=minutes()) as reader:
            await reader.read(DAY)
            for _ in range(3):
                server.stop()
                try:
                    for _ in range(2):
                        with pytest.raises(SourceOutageError) as caught:
                            await reader.read(DAY)
                        told.append(caught.value)
                finally:
                    server.start()
                reading, _cycle = await recovers(reader)
                assert 4 == len(reading.rows("contact_statistics"))
                assert [0] == in_use(reader)
        return told

    told = asyncio.run(watch())

    assert [1, 2] * 3 == [one.failed_reads for one in told]
    assert all(first.since == second.since for first, second in zip(told[::2], told[1::2], strict=True))
    assert told[0].since < told[2].since < told[4].since
    assert all(one.address.startswith("postgresql://127.0.0.1") for one in told)


@pytest.mark.postgres
def test_another_address_stands_in_and_the_first_is_used_again_when_it_is_back(server, tmp_path):
    stand_in = make_operational(f"sqlite:///{tmp_path / 'copy.sqlite'}", "sqlite", contact_statistics=statistics(3))

    async def watch():
        async with LiveReader([server.url, stand_in], limits=LIMITS) as reader:
            seen = [await reader.read(DAY)]
            server.stop()
            try:
                seen += [await reader.read(DAY), await reader.read(DAY)]
            finally:
                server.start()
            for _ in range(CYCLES_TO_RECOVER):
                seen.append(await reader.read(DAY))
                await asyncio.sleep(0.3)
            seen.append(await reader.read(DAY))
            return seen, in_use(reader)

    seen, used = asyncio.run(watch())

    assert [True, False, False] == [one.is_first_address for one in seen[:3]]
    assert [4, 3, 3] == [len(one.rows("contact_statistics")) for one in seen[:3]], "each address has its own rows"
    assert seen[-1].is_first_address
    assert 4 == len(seen[-1].rows("contact_statistics"))
    assert [0, 0] == used


@pytest.mark.postgres
def test_connections_that_the_server_ended_between_two_readings_are_not_seen(server):
    async def watch():
        async with LiveReader([server.url], limits=LIMITS) as reader:
            await reader.read(DAY)
            with psycopg.connect(server.url, autocommit=True) as admin:
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
                    "and backend_type = 'client backend'"
                )
            return await reader.read(DAY)

    assert 4 == len(asyncio.run(watch()).rows("contact_statistics"))


@contextlib.contextmanager
def locked_in_postgres(url):
    with psycopg.connect(url) as connection:
        connection.execute("lock table services in access exclusive mode")
        yield
        connection.rollback()


def _mariadb(url):
    parts = make_url(url)
    return pymysql.connect(
        host=parts.host, port=parts.port, user=parts.username, password=parts.password or "", database=parts.database
    )


@contextlib.contextmanager
def locked_in_mariadb(url):
    with _mariadb(url) as connection, connection.cursor() as cursor:
        cursor.execute("lock tables services write")
        yield
        cursor.execute("unlock tables")


async def given_up(url, lock):
    """Connections in use before, after giving up in mid-query three times, and after a reading that went well."""
    async with LiveReader([url], limits=LIMITS) as reader:
        await reader.read(DAY)
        used = [in_use(reader)]
        with lock(url):
            for _ in range(3):
                task = asyncio.create_task(reader.read(DAY))
                await asyncio.sleep(0.3)
                assert [1] == in_use(reader), "in mid-query"
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                used.append(in_use(reader))
        await reader.read(DAY)
        return [*used, in_use(reader)]


@pytest.mark.postgres
def test_giving_up_in_mid_query_leaks_no_connection_of_postgresql(server):
    assert [[0]] * 5 == asyncio.run(given_up(server.url, locked_in_postgres))


@pytest.mark.mariadb
def test_giving_up_in_mid_query_leaks_no_connection_of_mariadb(mariadb_url):
    make_operational(mariadb_url, "mariadb")

    assert [[0]] * 5 == asyncio.run(given_up(mariadb_url, locked_in_mariadb))


async def lost_in_mid_query(url, lock, kill):
    """A reading whose connection is ended while it waits, and goes on with another."""
    async with LiveReader([url], limits=LIMITS) as reader:
        with lock(url):
            task = asyncio.create_task(reader.read(DAY))
            await asyncio.sleep(0.3)
            assert 1 <= kill(url), "in mid-query"
        return await task, in_use(reader)


def kill_in_postgres(url):
    with psycopg.connect(url, autocommit=True) as admin:
        return admin.execute(
            "select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock') as k"
        ).fetchone()[0]


def kill_in_mariadb(url):
    with _mariadb(url) as admin, admin.cursor() as cursor:
        cursor.execute(
            "select id from information_schema.processlist where db = database() and state like 'Waiting for table%%'"
        )
        waiting = [row[0] for row in cursor.fetchall()]
        for one in waiting:
            cursor.execute(f"kill {one}")
        return len(waiting)


@pytest.mark.postgres
def test_a_connection_lost_in_mid_query_is_tried_again_on_postgresql(server):
    reading, used = asyncio.run(lost_in_mid_query(server.url, locked_in_postgres, kill_in_postgres))

    assert 4 == len(reading.rows("contact_statistics"))
    assert [0] == used


@pytest.mark.mariadb
def test_a_connection_lost_in_mid_query_is_tried_again_on_mariadb(mariadb_url):
    make_operational(mariadb_url, "mariadb", contact_statistics=statistics(4))

    reading, used = asyncio.run(lost_in_mid_query(mariadb_url, locked_in_mariadb, kill_in_mariadb))

    assert 4 == len(reading.rows("contact_statistics"))
    assert [0] == used


@pytest.mark.mariadb
def test_giving_up_does_not_wait_for_a_thread_and_the_thread_gives_its_connection_back(mariadb_url, mariadb_odbc_url):
    make_operational(mariadb_url, "mariadb")

    async def watch():
        async with LiveReader([mariadb_odbc_url], limits=LIMITS) as reader:
            with locked_in_mariadb(mariadb_url):
                task = asyncio.create_task(reader.read(DAY))
                await asyncio.sleep(0.3)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asyncio.wait_for(task, timeout=1.0)
                assert [1] == in_use(reader), "the thread still waits for the lock"
            for _ in range(50):
                await asyncio.sleep(0.1)
                if in_use(reader) == [0]:
                    return
            raise AssertionError("the connection did not come back")

    asyncio.run(asyncio.wait_for(watch(), timeout=20.0))


@pytest.mark.postgres
def test_a_query_that_hangs_is_an_outage_that_says_which_one_and_is_not_tried_again(server):
    asked = []

    async def watch():
        async with LiveReader([server.url], limits=ReaderLimits(query_seconds=0.3, attempts=3)) as reader:
            ask = reader.addresses[0].ask

            async def counted(questions):
                asked.append(len(questions))
                return await ask(questions)

            reader.addresses[0].ask = counted
            with (
                locked_in_postgres(server.url),
                pytest.raises(SourceOutageError, match=r"services took longer than 0\.3 s"),
            ):
                await reader.read(DAY)
            before = len(asked)
            reading, _cycle = await recovers(reader)
            return before, reading, in_use(reader)

    before, reading, used = asyncio.run(watch())

    assert 1 == before, "a time-out has waited long enough"
    assert 4 == len(reading.rows("contact_statistics"))
    assert [0] == used
