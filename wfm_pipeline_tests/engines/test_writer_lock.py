"""One writer at a time, on every engine, between real processes."""

import datetime as dt
import signal
import subprocess
import sys
import threading

import ibis
import pytest
import sqlalchemy as sa

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.engines.staging import drop_leftovers, staging_name
from wfm_pipeline.warehouse.ops import writing as room
from wfm_pipeline.warehouse.ops.leases import Lease, holder, write_lease

# Holds the writer lock until its standard input is closed, or it is killed.
CHILD = """
import sys
from pathlib import Path
from wfm_pipeline.warehouse.ops.writing import writing
with writing(sys.argv[1], Path(sys.argv[2]), owner="wfm run", run_id="12345678-9", wait_seconds=60, on_wait=print):
    print("holding", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def house(engine_url, tmp_path):
    return House(load_settings(home=tmp_path, warehouse_url=engine_url, writer_wait_seconds=0))


def other_writer(house):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, house.warehouse_url, str(house.settings.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "holding\n"
    return child


def patient(house, seconds=60):
    return House(house.settings.model_copy(update={"writer_wait_seconds": seconds}))


def lease(house):
    with house.open_ops() as store:
        return room.current_writer(store)


def test_a_second_writer_stops_with_who_holds_it_since_when_and_what_to_do(house):
    other = other_writer(house)
    try:
        with pytest.raises(WarehouseError) as raised, house.writing(owner="wfm planners"):
            pass
    finally:
        other.communicate()

    words = str(raised.value)
    assert f"wfm run (host {lease_host()}, process {other.pid}, run 12345678) since 20" in words
    assert "run again, or raise writer_wait_seconds" in words
    assert "\n" not in words


def lease_host():
    return room.socket.gethostname()


def test_a_second_writer_waits_and_says_for_whom_once(house):
    other, said = other_writer(house), []

    def end_other(words):
        said.append(words)
        other.stdin.close()

    with patient(house).writing(owner="wfm planners", say=end_other):
        assert "wfm planners" == lease(house).owner
    other.wait()

    assert [True] == ["written by wfm run (host" in words for words in said]


def test_a_killed_writer_holds_nobody_up(house):
    other = other_writer(house)
    other.send_signal(signal.SIGKILL)
    other.communicate()

    assert other.pid == lease(house).pid  # the words are still there, the lock is not
    with patient(house, 10).writing(owner="wfm run"):
        assert room.os.getpid() == lease(house).pid


def test_inside_the_lock_the_same_thread_has_it_again_and_names_its_run(house):
    with house.writing(owner="wfm run"):
        first = lease(house)
        with house.writing(owner="job nightly", run_id="abc"):
            inner = lease(house)
        with_outer_still_held = other_is_refused(house)

    assert (None, "abc") == (first.run_id, inner.run_id)
    assert ("wfm run", first.since) == (inner.owner, inner.since)
    assert with_outer_still_held
    assert lease(house) is None


def other_is_refused(house):
    """Another thread of this process is another writer."""
    found = []

    def ask():
        try:
            with house.writing(owner="thread"):
                found.append(False)
        except WarehouseError:
            found.append(True)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found == [True]


def test_a_writer_that_fails_gives_the_lock_back(house):
    with pytest.raises(KeyError), house.writing(owner="wfm run"):
        raise KeyError

    other = other_writer(house)
    other.communicate()
    assert 0 == other.returncode
    assert lease(house) is None


def test_the_heartbeat_renews_the_lease(house, monkeypatch):
    monkeypatch.setattr(room, "HEARTBEAT_SECONDS", 0.05)

    with house.writing(owner="wfm run"):
        first = lease(house)
        while lease(house).heartbeat_at == first.heartbeat_at:
            pass  # ends with the first beat
        assert first.since == lease(house).since


def test_a_writer_that_lost_its_lock_is_refused_the_warehouse(house, monkeypatch):
    monkeypatch.setattr(room, "HEARTBEAT_SECONDS", 0.05)

    with house.writing(owner="wfm run"):
        take_the_lock_away(house)
        with pytest.raises(WarehouseError, match=r"the writer lock of the warehouse is lost.*run again"):
            open_until_refused(house)
    house.open_warehouse().close()


def open_until_refused(house):
    while True:  # ends with the first beat that finds the lock gone
        house.open_warehouse().close()


def take_the_lock_away(house):
    """What a deleted lock file or a restarted server does."""
    if files := list(house.settings.home.rglob("*_writer.lock")):
        files[0].unlink()
        return
    engine = sa.create_engine(
        sa.make_url(house.warehouse_url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"
        )
    engine.dispose()


def test_a_holder_without_a_sign_of_life_is_said_to_be_silent(house):
    long_ago = dt.datetime(2026, 3, 1, 12)
    other = other_writer(house)
    with house.open_ops() as store, store.writing() as ops:
        write_lease(ops, Lease("writer", "wfm run", "h", 1, None, long_ago, long_ago))
    try:
        with pytest.raises(WarehouseError, match="last sign of life 12:00:00"), house.writing(owner="wfm planners"):
            pass
    finally:
        other.communicate()


def test_leftover_staging_tables_go_when_the_next_writer_comes(house):
    with house.open_warehouse() as warehouse:
        warehouse.create_from_schema(staging_name("bronze", "killed"), room_schema())

    with house.writing(owner="wfm run"), house.open_warehouse() as warehouse:
        assert [] == drop_leftovers(warehouse)


def room_schema():
    return ibis.schema({"a": "int64"})


def test_a_warehouse_in_memory_needs_no_lock(tmp_path):
    house = House(load_settings(home=tmp_path, warehouse_url="duckdb://"))

    with house.writing(owner="wfm run"):
        assert [] == list(tmp_path.iterdir())


def test_the_lease_is_the_writers_own_row(house):
    with house.writing(owner="wfm run"), house.open_ops() as store, store.reading() as ops:
        assert "wfm run" == holder(ops, "writer").owner
        assert holder(ops, "other") is None
