"""What a Spark server takes and what it does not, tried statement by statement: a change of the server is met here first.

Sail as it is installed; a JVM Spark differs (docs/adr/0019-spark-through-connect.md says how).
"""

import datetime as dt

import pytest

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.opening import open_published, open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline_tests.engine_kit import empty_warehouse
from wfm_pipeline_tests.engines.test_spark import DAYS, MONDAY, TUESDAY, rows

pytestmark = pytest.mark.spark

REFUSED = {
    "another name for a table": "alter table gold.days rename to gold.other",
    "another name for a column": "alter table gold.days rename column calls to offered",
    "a new column": "alter table gold.days add columns (more string)",
    "a column less": "alter table gold.days drop column calls",
    "a transaction": "begin transaction",
    "all rows out at once": "truncate table gold.days",
    "a key": "create table gold.keyed (a bigint primary key) using delta",
    "an index": "create index seen on gold.days (seen_at)",
    "a role": "create role reader",
    "a right": "grant select on table gold.days to reader",
    "the names of columns as rows": "select column_name from information_schema.columns",
    "statistics for the planner": "analyze table gold.days compute statistics",
    "forgetting old files": "vacuum gold.days",
    "few files of many": "optimize gold.days",
    "commits as rows": "describe history gold.days",
    "an older state again": "restore table gold.days to version as of 0",
    "one partition by name": "insert overwrite gold.days partition (business_date = date '2026-03-02') select 'z', 1, null",
}
"""What we would use, or an administrator would look for, and must do without on Sail."""
TAKEN = {
    "other values": "update gold.days set calls = 2 where thing_id = 'a'",
    "rows out": "delete from gold.days where thing_id = 'a'",
    "rows in place of others": "insert into gold.days replace where business_date = date '2026-03-02' "
    "select 'z', date '2026-03-02', 1, cast(null as timestamp_ntz)",
    "rows by key": "merge into gold.days using (select 'a' as thing_id) as new on gold.days.thing_id = new.thing_id "
    "when matched then update set calls = 3",
    "a view": "create or replace view gold.seen as select thing_id from gold.days",
    "an older state to read": "select count(*) from gold.days version as of 0",
    "a time of day": "select cast('10:00:00' as time) as clock",
}
"""What works on Sail; updates, deletes and `replace where` are what the warehouse stands on."""


@pytest.fixture
def warehouse(tmp_path):
    with empty_warehouse("spark", tmp_path) as url, open_warehouse(url, tmp_path) as opened:
        opened.replace(DAYS, rows("a", "b"), Scope())
        yield opened


def said(warehouse, statement):
    """None where the server takes the statement, else the name of its error."""
    try:
        warehouse.session.sql(statement).toArrow()
    except Exception as error:  # noqa: BLE001  (each refusal has a kind of its own)
        return type(error).__name__
    return None


def test_what_the_server_refuses_is_known(warehouse):
    taken = [what for what, statement in REFUSED.items() if said(warehouse, statement) is None]

    assert [] == taken, (
        "the server takes these now: see whether the warehouse can stand on them, and move them to TAKEN"
    )


def test_what_the_warehouse_stands_on_is_taken(warehouse):
    refused = {what: word for what, statement in TAKEN.items() if (word := said(warehouse, statement))}

    assert {} == refused


def test_an_overwriting_of_partitions_by_the_server_would_take_the_other_day_away(warehouse):
    """Why replaceWhere names what it replaces: the option that other lakes use is taken and not kept."""
    warehouse.append_arrow(DAYS.full_name, rows("t", date=TUESDAY))
    of_monday = warehouse.session.sql("select * from gold.days where thing_id = 'a'")

    writer = of_monday.write.format("delta").mode("overwrite").option("partitionOverwriteMode", "dynamic")
    writer.save(warehouse.place(DAYS.full_name))

    assert [(MONDAY,)] == warehouse.rows("select distinct business_date from gold.days")


@pytest.fixture
def reader(tmp_path):
    with empty_warehouse("spark", tmp_path) as url:
        with open_warehouse(url, tmp_path) as writer:
            writer.replace(DAYS, rows("a", "b"), Scope())
            publish(writer, readers=Readers())
        with open_warehouse(url, tmp_path, is_read_only=True) as opened, open_published(url, tmp_path) as published:
            yield opened, published


def test_who_opened_it_to_read_is_refused_every_way_to_write(reader):
    opened, published = reader
    table = opened.table(DAYS.full_name)
    ways = {
        "replace": lambda: opened.replace(DAYS, rows("c"), Scope()),
        "append rows": lambda: opened.append_arrow(DAYS.full_name, rows("c")),
        "append a query": lambda: opened.append(DAYS.full_name, table),
        "overwrite": lambda: opened.overwrite(DAYS.full_name, "select * from gold.days"),
        "delete": lambda: opened.delete(DAYS.full_name, Scope()),
        "drop": lambda: opened.drop(DAYS.full_name),
        "add a column": lambda: opened.add_column(DAYS.full_name, "more", "string"),
        "put aside": lambda: opened.put_aside(table).__enter__(),
        "publish": lambda: publish(opened, readers=Readers()),
        "the copy": lambda: published.execute("delete from gold_published.days"),
    }

    assert [] == [way for way, write in ways.items() if not is_refused(write)]
    assert (2, 2) == (opened.count(DAYS.full_name), published.count("gold_published.days"))
    assert [dt.datetime(2026, 3, 29, 2, 30, 0, 1)] * 2 == opened.frame(table)["seen_at"].dt.to_pydatetime().tolist()


def is_refused(write):
    try:
        write()
    except WarehouseError as error:
        return "opened to read only" in str(error)
    return False
