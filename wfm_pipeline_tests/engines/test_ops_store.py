"""The ops store: the same promises in a PostgreSQL schema and in a SQLite file beside DuckDB."""

import dataclasses
import datetime as dt
import subprocess
import sys

import pytest
import sqlalchemy as sa

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.ops import tables
from wfm_pipeline.warehouse.ops.incidents import Incident, closed_incidents, incident, keep, open_incidents
from wfm_pipeline.warehouse.ops.leases import Lease, give_back, holder, write_lease
from wfm_pipeline.warehouse.ops.notes import note, noted
from wfm_pipeline.warehouse.ops.opening import open_ops
from wfm_pipeline.warehouse.ops.outbox import Alert, channels_of, mark_delivered, mark_failed, put, take_due, withdraw

NOON = dt.datetime(2026, 3, 1, 12)
HOLD = dt.timedelta(minutes=5)
ALERT = Alert("a-1", "run_failed", "error", "the nightly failed", "look at the run", {"run_id": "r", "rows": 3})
# Opens the store and adds one to a number, so many times.
CHILD = """
import datetime as dt, sys
from pathlib import Path
from wfm_pipeline.warehouse.ops.notes import note, noted
from wfm_pipeline.warehouse.ops.opening import open_ops
import sqlalchemy as sa
for _ in range(20):
    with open_ops(sys.argv[1], Path(sys.argv[2])) as store, store.writing() as ops:
        if store.schema:
            ops.execute(sa.select(sa.func.pg_advisory_xact_lock(1)))
        note(ops, "n", str(int(noted(ops, "n") or 0) + 1), now=dt.datetime(2026, 3, 1))
"""


@pytest.fixture
def url(engine_url):
    return engine_url


@pytest.fixture
def store(url, tmp_path):
    with open_ops(url, tmp_path) as opened:
        yield opened


def test_what_is_noted_is_there_for_the_next_who_opens_the_store(store, url, tmp_path):
    with store.writing() as ops:
        note(ops, "first_date", "2025-01-01", now=NOON)
        note(ops, "first_date", "2026-01-01", now=NOON)

    with open_ops(url, tmp_path) as again, again.reading() as ops:
        assert ("2026-01-01", None) == (noted(ops, "first_date"), noted(ops, "nothing"))


def test_what_is_written_together_is_there_together_or_not_at_all(store):
    def two_notes_of_which_one_fails():
        with store.writing() as ops:
            note(ops, "a", "1", now=NOON)
            raise KeyError

    with pytest.raises(KeyError):
        two_notes_of_which_one_fails()

    with store.reading() as ops:
        assert noted(ops, "a") is None


def test_two_processes_make_and_write_the_store_at_once(url, tmp_path):
    children = [subprocess.Popen([sys.executable, "-c", CHILD, url, str(tmp_path)]) for _ in range(2)]

    assert [0, 0] == [child.wait(timeout=120) for child in children]
    with open_ops(url, tmp_path) as store, store.reading() as ops:
        assert noted(ops, "n") == "40"


def test_the_store_is_written_while_the_warehouse_is_being_written(url, tmp_path):
    with open_warehouse(url, tmp_path) as warehouse, warehouse.transaction():
        warehouse.execute("create table t (a integer)")
        with open_ops(url, tmp_path) as store, store.writing() as ops:
            note(ops, "a", "1", now=NOON)
        with open_ops(url, tmp_path) as store, store.reading() as ops:
            assert noted(ops, "a") == "1"


def test_a_column_added_since_reaches_an_older_store(url, tmp_path):
    with open_ops(url, tmp_path) as store, store.writing() as ops:
        note(ops, "a", "1", now=NOON)
        name = ops.dialect.identifier_preparer.format_table(tables.lease, use_schema=store.schema is not None)
        ops.exec_driver_sql(f"alter table {name} drop column run_id")
        ops.execute(sa.delete(tables.schema_version))

    with open_ops(url, tmp_path) as store, store.writing() as ops:
        write_lease(ops, LEASE)
        assert (LEASE, "1") == (holder(ops, "writer"), noted(ops, "a"))


def test_a_store_of_a_newer_version_is_refused_in_one_line(store, url, tmp_path):
    with store.writing() as ops:
        ops.execute(sa.insert(tables.schema_version).values(version=99, applied_at=NOON))

    with pytest.raises(WarehouseError, match=r"has version 99, this wfm knows up to \d+: install the newer wfm"):
        open_ops(url, tmp_path)


def test_a_warehouse_in_memory_has_an_ops_store_in_memory(tmp_path):
    with open_ops("duckdb://", tmp_path) as store:
        with store.writing() as ops:
            note(ops, "a", "1", now=NOON)
        with store.reading() as ops:
            assert noted(ops, "a") == "1"
    assert [] == list(tmp_path.iterdir())


def test_the_file_beside_duckdb_is_named_after_the_warehouse(tmp_path):
    open_ops("duckdb:///house/w.duckdb", tmp_path).close()

    assert (tmp_path / "house" / "w_ops.sqlite").exists()


def test_a_refused_login_is_one_line_without_the_password(tmp_path):
    with pytest.raises(WarehouseError) as raised:
        open_ops("postgresql://u:sekret@127.0.0.1:1/d", tmp_path)

    assert "sekret" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_file_that_is_no_store_is_one_line(tmp_path):
    (tmp_path / "w_ops.sqlite").write_text("not a database, but long enough to be looked at " * 10)

    with pytest.raises(WarehouseError, match=r"w_ops\.sqlite cannot be used: file is not a database"):
        open_ops("duckdb:///w.duckdb", tmp_path)


# -- outbox ------------------------------------------------------------------------------------


def test_an_alert_is_put_in_once_per_channel_however_often_it_is_raised(store):
    with store.writing() as ops:
        first = put(ops, ALERT, channels=["log", "email"], now=NOON)
        again = put(ops, ALERT, channels=["log", "email", "webhook"], now=NOON)

    assert (2, 1) == (first, again)


def test_an_alert_comes_out_as_it_was_put_in(store):
    with store.writing() as ops:
        put(ops, ALERT, channels=["log"], now=NOON)

    with store.writing() as ops:
        (letter,) = take_due(ops, now=NOON, hold=HOLD)

    assert (ALERT, "log", NOON, 1) == (letter.alert, letter.channel, letter.created_at, letter.attempts)


def test_what_one_sender_holds_another_does_not_get_until_the_time_is_over(store):
    with store.writing() as ops:
        put(ops, ALERT, channels=["log"], now=NOON)
        take_due(ops, now=NOON, hold=HOLD)

    with store.writing() as ops:
        meanwhile = take_due(ops, now=NOON + HOLD / 2, hold=HOLD)
        afterwards = take_due(ops, now=NOON + HOLD, hold=HOLD)

    assert ([], [2]) == (meanwhile, [letter.attempts for letter in afterwards])


def test_what_is_delivered_never_goes_out_again_and_what_failed_is_due_when_told(store):
    later = NOON + dt.timedelta(minutes=1)
    with store.writing() as ops:
        put(ops, ALERT, channels=["email", "log", "webhook"], now=NOON)
        email, log, webhook = take_due(ops, now=NOON, hold=HOLD)
        mark_failed(ops, email, error="refused", next_attempt_at=later)
        mark_delivered(ops, log, now=NOON)
        mark_failed(ops, webhook, error="gone", next_attempt_at=None)

    with store.writing() as ops:
        due = take_due(ops, now=NOON + dt.timedelta(days=1), hold=HOLD)

    assert [("email", 2)] == [(letter.channel, letter.attempts) for letter in due]


# -- alert state and leases --------------------------------------------------------------------


def test_a_newer_letter_takes_the_place_of_those_on_their_way_and_empties_those_that_went_out(store):
    def report(name, kind="report"):
        return dataclasses.replace(ALERT, alert_id=name, kind=kind)

    with store.writing() as ops:
        put(ops, report("r-a_b-1"), channels=["email", "webhook"], now=NOON)
        (sent, *_) = take_due(ops, now=NOON, hold=HOLD, limit=1)
        mark_delivered(ops, sent, now=NOON)
        for other in (report("r-axb-1"), report("r-a_b-1b", "alert")):  # another source's, another kind
            put(ops, other, channels=["email"], now=NOON)
        put(ops, report("r-a_b-2"), channels=["email"], now=NOON)

        gone = withdraw(ops, kind="report", begins="r-a_b-", kept="r-a_b-2")

        assert 1 == gone
        assert ({"email"}, {"email"}) == (channels_of(ops, "r-a_b-1"), channels_of(ops, "r-a_b-2"))
        left = {letter.alert.alert_id: letter.alert.facts for letter in take_due(ops, now=NOON, hold=HOLD)}
        assert {"r-axb-1": ALERT.facts, "r-a_b-1b": ALERT.facts, "r-a_b-2": ALERT.facts} == left
        bodies = ops.execute(sa.select(tables.outbox.c.body).where(tables.outbox.c.delivered_at.is_not(None)))
        assert [""] == list(bodies.scalars())


def test_an_incident_is_kept_whole_and_is_open_until_it_is_closed(store):
    known = Incident("run:nightly", "run_failed", "nightly", "i-1", NOON, NOON, NOON, 2, "no answer", {"run_id": "r"})
    with store.writing() as ops:
        keep(ops, known)
    with store.writing() as ops:
        assert (known, None) == (incident(ops, "run:nightly"), incident(ops, "run:other"))
        assert ([known], []) == (open_incidents(ops), closed_incidents(ops, limit=5))
        over = dataclasses.replace(known, closed_at=NOON + HOLD)
        keep(ops, over)

    with store.reading() as ops:
        assert ([], [over]) == (open_incidents(ops), closed_incidents(ops, limit=5))


LEASE = Lease("writer", "wfm run", "a", 7, None, NOON, NOON)


def test_a_lease_tells_who_and_since_when(store):
    with store.writing() as ops:
        write_lease(ops, LEASE)

    with store.reading() as ops:
        assert LEASE == holder(ops, "writer")
    assert "wfm run (host a, process 7) since 2026-03-01 12:00:00 UTC" == str(LEASE)


def test_giving_back_leaves_a_later_holder_alone(store):
    later = Lease("writer", "job nightly", "b", 8, "12345678-9", NOON, NOON)
    with store.writing() as ops:
        write_lease(ops, LEASE)
        write_lease(ops, later)
        give_back(ops, LEASE)
        kept = holder(ops, "writer")
        give_back(ops, later)

        assert (later, None) == (kept, holder(ops, "writer"))
