"""The readers' copy on PostgreSQL: one publish at a time, whoever reads, whoever kills."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
import uuid

import psycopg
import pytest

from wfm_pipeline.contracts.gold import GOLD_TABLES
from wfm_pipeline.contracts.planning.planners_input import QUEUE_INTERVAL_FINAL
from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.warehouse.engines.copies.shown import VIEW_FILES
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish

pytestmark = pytest.mark.postgres

TABLES = (*GOLD_TABLES, QUEUE_INTERVAL_FINAL)
PUBLISHES = 25
BOTH = (
    "select (select publish_id from gold_published.publication), "
    "(select max(customer_key) from gold_published.customer_behavior), "
    '(select max(customer_key) from gold_published."Dim_Customer_Behavior"), '
    "(select max(run_id) from gold_published.pipeline_health), "
    "(select count(*) from gold_published.customer_behavior)"
)


@pytest.fixture
def gold(postgres_url, tmp_path):
    """A warehouse whose gold says the same number in two tables."""
    with open_warehouse(postgres_url, tmp_path) as warehouse:
        for table in TABLES:
            warehouse.create(table)
        write(warehouse, 0)
    return postgres_url, tmp_path


def write(warehouse, number):
    """Make both tables say `number`; the first by new rows for all, the second too."""
    with warehouse.transaction():
        warehouse.execute("delete from gold.customer_behavior")
        warehouse.execute("delete from gold.pipeline_health")
        warehouse.execute(
            "insert into gold.customer_behavior (source, customer_key, calls, calls_per_week, segment_name) "
            f"select 's', lpad('{number}', 6, '0') || lpad(n::text, 4, '0'), 1, 1, 'x' from generate_series(1, 300) n"
        )
        warehouse.execute(
            "insert into gold.pipeline_health (source, run_id, table_name, rows_in, rows_loaded, rows_rejected, "
            f"rows_duplicate) values ('s', lpad('{number}', 6, '0'), 't', 1, 1, 0, 0)"
        )


def publish_at(gold, **words):
    with open_warehouse(*gold) as warehouse:
        return publish(warehouse, **{"readers": Readers(), **words})


def ask(gold, query, **words):
    with psycopg.connect(gold[0], autocommit=True, **words) as connection:
        return connection.execute(query).fetchall()


def watch(url, is_transaction, found, has_begun, is_over):
    """A reader of its own: asks again and again, and gives every answer that mixes publishes."""
    mixed, seen = [], set()
    with psycopg.connect(url, autocommit=True) as connection:
        while not is_over.is_set():
            if is_transaction:
                with connection.transaction():
                    connection.execute("set transaction isolation level repeatable read")
                    parts = [connection.execute(f"select {part}").fetchone()[0] for part in split(BOTH)]
            else:
                parts = list(connection.execute(BOTH).fetchone())
            publish_id, customer, viewed, run_id, rows = parts
            seen.add((publish_id, run_id))
            if not customer or not customer.startswith(run_id) or viewed != customer or rows != 300:
                mixed.append(parts)
            has_begun.set()
    found.put((seen, mixed))


def split(query):
    return query.removeprefix("select ").split(", ")


@pytest.mark.parametrize(
    "is_transaction", [pytest.param(False, id="one_statement"), pytest.param(True, id="one_transaction")]
)
def test_a_reader_sees_one_publish_and_never_a_mix(gold, is_transaction):
    publish_at(gold)
    context = multiprocessing.get_context("spawn")
    found, has_begun, is_over = context.Queue(), context.Event(), context.Event()
    reader = context.Process(target=watch, args=(gold[0], is_transaction, found, has_begun, is_over))
    reader.start()
    assert has_begun.wait(60)

    for number in range(1, PUBLISHES):
        with open_warehouse(*gold) as warehouse:
            write(warehouse, number)
            publish(warehouse, readers=Readers(), changed={"customer_behavior", "pipeline_health"})
    is_over.set()
    seen, mixed = found.get(timeout=60)
    reader.join()

    assert mixed == []
    assert len(seen) > 1  # it read while publishes happened
    assert len(seen) == len({publish_id for publish_id, _ in seen})


def test_a_long_reader_neither_waits_nor_makes_the_publish_wait(gold):
    first = publish_at(gold)
    with psycopg.connect(gold[0]) as reader:
        reader.execute("set transaction isolation level repeatable read")
        assert 300 == reader.execute('select count(*) from gold_published."Dim_Customer_Behavior"').fetchone()[0]
        with open_warehouse(*gold) as warehouse:
            warehouse.execute("set lock_timeout = '5s'")
            write(warehouse, 1)
            publish(warehouse, readers=Readers())
        assert [(first.stamp.publish_id,)] == reader.execute(
            "select publish_id from gold_published.publication"
        ).fetchall()
        assert [("0000000300",)] == reader.execute(
            "select max(customer_key) from gold_published.customer_behavior"
        ).fetchall()
    assert [("0000010300",)] == ask(gold, "select max(customer_key) from gold_published.customer_behavior")


def test_unchanged_rows_are_not_written_again(gold):
    publish_at(gold)
    before = ask(gold, "select xmin::text, customer_key from gold_published.customer_behavior order by 2")
    with open_warehouse(*gold) as warehouse:
        warehouse.execute("update gold.customer_behavior set calls = 2 where customer_key = '0000000007'")

    publish_at(gold)

    after = ask(gold, "select xmin::text, customer_key from gold_published.customer_behavior order by 2")
    changed = [new[1] for old, new in zip(before, after, strict=True) if old != new]
    assert ["0000000007"] == changed
    assert [(2,)] == ask(gold, "select calls from gold_published.customer_behavior where customer_key = '0000000007'")


def test_only_changed_tables_are_taken_over_and_the_others_stay(gold):
    publish_at(gold)
    with open_warehouse(*gold) as warehouse:
        write(warehouse, 1)

    done = publish_at(gold, changed={"pipeline_health"})

    assert {"pipeline_health": 1} == done.rows
    assert [("0000000300",)] == ask(gold, "select max(customer_key) from gold_published.customer_behavior")


def test_a_new_column_reaches_the_readers(gold):
    publish_at(gold)
    with open_warehouse(*gold) as warehouse:
        warehouse.add_column("gold.customer_behavior", "note", "string")
        warehouse.execute("update gold.customer_behavior set note = 'n'")

    publish_at(gold, changed=set())

    assert [("n", 300)] == ask(gold, "select note, count(*) from gold_published.customer_behavior group by note")


def test_a_column_of_another_type_makes_the_table_anew_with_its_views(gold):
    publish_at(gold)
    with open_warehouse(*gold) as warehouse:
        warehouse.execute('drop view gold."Dim_Customer_Behavior"')
        warehouse.execute("alter table gold.customer_behavior alter column calls type numeric")

    publish_at(gold, changed=set())

    assert [(300,)] == ask(gold, 'select count(calls) from gold_published."Dim_Customer_Behavior"')


def test_a_table_of_somebody_else_is_published_too(gold):
    with open_warehouse(*gold) as warehouse:
        warehouse.execute("create table gold.extra as select 1 as x")
    publish_at(gold)
    with open_warehouse(*gold) as warehouse:
        warehouse.execute("insert into gold.extra values (2)")

    publish_at(gold)

    assert [(1,), (2,)] == ask(gold, "select x from gold_published.extra order by x")


def test_readers_find_views_in_both_schemas(gold):
    publish_at(gold)

    found = ask(gold, "select table_schema, table_name from information_schema.views where table_schema like 'gold%'")

    assert {(schema, name) for schema in ("gold", "gold_published") for name in VIEW_FILES} == set(found)


@pytest.fixture
def role(gold):
    """A login role without any right, dropped with what it was given."""
    name = f"wfm_test_{uuid.uuid4().hex[:8]}"
    ask_nothing(gold, f"create role {name} login")
    yield name
    ask_nothing(gold, f"drop owned by {name}")
    ask_nothing(gold, f"drop role {name}")


def ask_nothing(gold, statement):
    with psycopg.connect(gold[0], autocommit=True) as connection:
        connection.execute(statement)


def test_reader_roles_read_the_copy_and_nothing_else(gold, role):
    publish_at(gold, readers=Readers([role]))

    assert [(300,)] == ask(gold, 'select count(*) from gold_published."Dim_Customer_Behavior"', user=role)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(gold, "select count(*) from gold.customer_behavior", user=role)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(gold, "delete from gold_published.customer_behavior returning 1", user=role)


def test_a_new_table_is_granted_at_the_next_publish(gold, role):
    publish_at(gold, readers=Readers([role]))
    with open_warehouse(*gold) as warehouse:
        warehouse.execute("create table gold.extra as select 1 as x")

    publish_at(gold, changed=set(), readers=Readers([role]))

    assert [(1,)] == ask(gold, "select x from gold_published.extra", user=role)


def test_an_unknown_role_is_said_before_anything_is_written(gold):
    with pytest.raises(SettingsError, match=r"reader_roles .* names nobody_here, which the server does not know"):
        publish_at(gold, readers=Readers(["nobody_here"]))

    assert [] == ask(gold, "select 1 from pg_namespace where nspname = 'gold_published'")


def test_nothing_published_is_said(gold):
    with pytest.raises(WarehouseError, match="nothing has been published yet; run `wfm run`"):
        GoldReader.open(*gold)


def test_a_role_that_may_not_read_is_told_by_whom_it_may(gold, role):
    publish_at(gold)
    url = gold[0].replace("//postgres@", f"//{role}@")

    with pytest.raises(
        WarehouseError, match=f"role {role} may not read schema gold_published: name it in reader_roles"
    ):
        GoldReader.open(url, gold[1])


def test_one_reader_has_one_publish_until_it_is_closed(gold):
    first = publish_at(gold)
    with GoldReader.open(*gold) as reader:
        assert 300 == len(reader.rows("customer_behavior"))
        with open_warehouse(*gold) as warehouse:
            write(warehouse, 1)
            publish(warehouse, readers=Readers())
        assert [first.stamp.publish_id] == reader.rows("publication")["publish_id"].tolist()
        assert "0000000300" == reader.rows("customer_behavior")["customer_key"].max()


def test_a_killed_publish_leaves_the_former_copy_and_the_next_one_completes(gold):
    with open_warehouse(*gold) as warehouse:
        warehouse.execute(
            "create table gold.large as select n as x, md5(n::text) as h from generate_series(1, 500000) n"
        )
    first = publish_at(gold)
    with open_warehouse(*gold) as warehouse:
        write(warehouse, 1)
    code = (
        "from pathlib import Path; from wfm_pipeline.warehouse.engines.opening import open_warehouse\n"
        "from wfm_pipeline.warehouse.readers.publication import Readers\nfrom wfm_pipeline.warehouse.readers.publish import publish\n"
        f"with open_warehouse({gold[0]!r}, Path('.')) as warehouse: publish(warehouse, readers=Readers())"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    under_way = (
        "select 1 from pg_stat_activity where query like 'insert into gold_published.%large%' and state = 'active'"
    )
    while not ask(gold, under_way):
        assert process.poll() is None, "the publish ended before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    found = ask(gold, BOTH)[0]
    assert (first.stamp.publish_id, "0000000300", "000000") == (found[0], found[1], found[3])
    again = publish_at(gold)
    found = ask(gold, BOTH)[0]
    assert (again.stamp.publish_id, "0000010300", "000001") == (found[0], found[1], found[3])


def test_a_reader_of_both_copies_sees_one_publish_in_them(gold):
    """In one statement, and in one transaction, while another connection publishes again and again."""
    readers = Readers(pseudonym_key=b"k" * 32, personal_roles=["postgres"])
    publish_at(gold, readers=readers)
    both = (
        "select (select publish_id from gold_published.publication), (select publish_id from gold_personal.publication), "
        "(select max(run_id) from gold_published.pipeline_health), (select substring(max(customer_key) from 1 for 6) "
        "from gold_personal.customer_behavior)"
    )
    context = multiprocessing.get_context("spawn")
    is_begun, is_over = context.Event(), context.Event()
    writer = context.Process(target=_publish_often, args=(gold, readers, is_begun, is_over))
    writer.start()
    assert is_begun.wait(60)

    seen = set()
    with psycopg.connect(gold[0], autocommit=True) as reader:
        while not is_over.is_set():
            seen.add(reader.execute(both).fetchone())
            with reader.transaction():
                reader.execute("set transaction isolation level repeatable read")
                seen.add(tuple(reader.execute(f"select {part}").fetchone()[0] for part in split(both)))
    writer.join()

    assert 0 == writer.exitcode
    assert [] == [row for row in seen if row[0] != row[1] or row[2] != row[3]]
    assert len(seen) > 1  # it read while publishes happened


def _publish_often(gold, readers, is_begun, is_over):
    """A desk of its own that publishes ten times."""
    try:
        for number in range(1, 11):
            with open_warehouse(*gold) as warehouse:
                write(warehouse, number)
                publish(warehouse, readers=readers, changed={"customer_behavior", "pipeline_health"})
            is_begun.set()
    finally:
        is_begun.set()
        is_over.set()
