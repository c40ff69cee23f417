"""The readers' copy on DuckDB: gold only, swapped whole, readable while the warehouse is being written."""

import os
import signal
import subprocess
import sys
import time

import duckdb
import pandas as pd
import pytest

from wfm_pipeline.contracts.gold import (
    CUSTOMER_BEHAVIOR,
    GOLD_TABLES,
    PIPELINE_HEALTH,
    QUEUE_DAY_FORECAST,
    QUEUE_INTERVAL_FORECAST,
)
from wfm_pipeline.contracts.planning.planners_input import QUEUE_INTERVAL_FINAL
from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.warehouse.engines.copies.shown import VIEW_FILES, view_query, viewed_tables
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish, tables_changed

URL = "duckdb:///w.duckdb"
TABLES = (*GOLD_TABLES, QUEUE_INTERVAL_FINAL)


def health(run_id, rows, table_name="silver.calls"):
    return pd.DataFrame(
        {
            "source": "s", "run_id": [run_id], "table_name": table_name, "rows_in": rows, "rows_loaded": rows,
            "rows_rejected": 0, "rows_duplicate": 0, "seconds": 1.0, "freshness": None, "findings": None, "not_made": None,
        }
    )  # fmt: skip


@pytest.fixture
def home(tmp_path):
    with open_warehouse(URL, tmp_path) as warehouse:
        for table in TABLES:
            warehouse.create(table)
        warehouse.replace(PIPELINE_HEALTH, health("r1", 5), Scope())
        warehouse.execute("create schema if not exists silver")
        warehouse.execute("create table silver.calls as select 1 as customer_key")
    return tmp_path


def publish_at(home, **words):
    with open_warehouse(URL, home) as warehouse:
        return publish(warehouse, **{"readers": Readers(), **words})


def write_health(home, run_id, rows):
    with open_warehouse(URL, home) as warehouse:
        warehouse.replace(PIPELINE_HEALTH, health(run_id, rows), Scope({"run_id": run_id}))


def read(home, query):
    with duckdb.connect(str(home / "w_readers/w_gold.duckdb"), read_only=True) as copy:
        return copy.execute(query).fetchall()


def test_the_copy_holds_gold_its_views_and_the_publish_and_nothing_else(home):
    publish_at(home)

    found = set(read(home, "select table_schema, table_name from information_schema.tables"))

    names = {table.name for table in TABLES} | set(VIEW_FILES) | {"publication"}
    assert {("gold", name) for name in names} == found


def test_the_copy_says_which_publish_and_which_run_it_is(home):
    done = publish_at(home, run_id="r1")

    assert [(done.stamp.publish_id, "r1")] == read(home, "select publish_id, run_id from gold.publication")


def test_readers_keep_reading_while_the_warehouse_is_written(home):
    publish_at(home)

    with open_warehouse(URL, home) as writer, writer.transaction():
        writer.replace(PIPELINE_HEALTH, health("r2", 7), Scope())
        with GoldReader.open(URL, home) as gold:
            rows = gold.rows("pipeline_health")

    assert [("r1", 5)] == list(zip(rows["run_id"], rows["rows_in"], strict=True))


def test_a_reader_that_is_open_keeps_its_publish_until_it_opens_again(home):
    first = publish_at(home)
    with GoldReader.open(URL, home) as gold:
        second = publish_at(home)
        assert [first.stamp.publish_id] == gold.rows("publication")["publish_id"].tolist()
    with GoldReader.open(URL, home) as gold:
        assert [second.stamp.publish_id] == gold.rows("publication")["publish_id"].tolist()


def test_publishing_again_shows_the_new_rows_and_leaves_no_litter(home):
    publish_at(home)
    write_health(home, "r2", 7)

    publish_at(home)

    with GoldReader.open(URL, home) as gold:
        assert [7] == gold.rows("pipeline_health", run_id="r2")["rows_in"].tolist()
    assert {"w.duckdb", "w_readers", "w_gold.duckdb"} == {path.name for path in home.rglob("*")}


def test_only_changed_tables_are_taken_over_and_the_others_stay(home):
    publish_at(home)
    with open_warehouse(URL, home) as warehouse:
        warehouse.replace(PIPELINE_HEALTH, health("r2", 7), Scope({"run_id": "r2"}))
        warehouse.execute("insert into gold.customer_behavior by name select 's' as source, 'c' as customer_key")

    done = publish_at(home, changed={"pipeline_health"})

    assert {"pipeline_health": 2} == done.rows
    assert {table.name for table in TABLES} - {"pipeline_health"} == set(done.kept)
    assert [(0,)] == read(home, "select count(*) from gold.customer_behavior")


def test_a_table_that_is_new_or_has_a_new_column_is_taken_over_though_nobody_names_it(home):
    publish_at(home)
    with open_warehouse(URL, home) as warehouse:
        warehouse.execute("create table gold.extra as select 1 as x")
        warehouse.add_column("gold.customer_behavior", "note", "string")

    done = publish_at(home, changed=set())

    assert {"extra": 1, "customer_behavior": 0} == done.rows


def test_a_table_that_is_gone_leaves_the_copy(home):
    with open_warehouse(URL, home) as warehouse:
        warehouse.execute("create table gold.extra as select 1 as x")
    publish_at(home)
    with open_warehouse(URL, home) as warehouse:
        warehouse.execute("drop table gold.extra")

    publish_at(home, changed=set())

    assert [] == read(home, "select 1 from information_schema.tables where table_name = 'extra'")


def test_a_damaged_copy_is_written_whole(home):
    publish_at(home)
    (home / "w_readers/w_gold.duckdb").write_bytes(b"no database")

    done = publish_at(home, changed={"pipeline_health"})

    assert {table.name for table in TABLES} == set(done.rows)


def test_the_tables_that_a_run_changed_are_those_of_its_lines_in_pipeline_health(home):
    with open_warehouse(URL, home) as warehouse:
        for run_id, table in (("a", "gold.queue_day_actual"), ("b", "gold.customer_behavior"), ("c", "gold.other")):
            warehouse.replace(PIPELINE_HEALTH, health(run_id, 1, table), Scope({"run_id": run_id}))
        found = tables_changed(warehouse, {"a", "b"})

    assert {"queue_day_actual", "customer_behavior", "pipeline_health"} == found


def test_a_killed_publish_leaves_the_former_copy_and_the_next_one_clears_its_litter(home):
    with open_warehouse(URL, home) as warehouse:
        warehouse.execute("create table gold.large as select range as x, hash(range) as h from range(20000000)")
    first = publish_at(home)
    code = (
        "from pathlib import Path; from wfm_pipeline.warehouse.engines.opening import open_warehouse\n"
        "from wfm_pipeline.warehouse.readers.publication import Readers\nfrom wfm_pipeline.warehouse.readers.publish import publish\n"
        f"with open_warehouse({URL!r}, Path({str(home)!r})) as warehouse: publish(warehouse, readers=Readers())"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while not list(home.rglob("w_gold.*.tmp")):
        assert process.poll() is None, "the publish ended before it could be killed"
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert list(home.rglob("w_gold.*.tmp"))
    assert [(first.stamp.publish_id, 20_000_000)] == read(
        home, "select publish_id, (select count(*) from gold.large) from gold.publication"
    )
    publish_at(home)
    assert {"w.duckdb", "w_readers", "w_gold.duckdb"} == {path.name for path in home.rglob("*")}


def test_many_small_publishes_do_not_let_the_copy_grow(home):
    with open_warehouse(URL, home) as warehouse:
        warehouse.execute("create table gold.large as select range as x, hash(range) as h from range(500000)")
    publish_at(home)

    def size_after_publish():
        publish_at(home, changed={"large"})
        return (home / "w_readers/w_gold.duckdb").stat().st_size

    # the free blocks that a replaced table leaves are used by the next one: the file goes back and forth between two sizes
    before = max(size_after_publish() for _ in range(4))

    assert max(size_after_publish() for _ in range(5)) <= before


def test_nothing_to_publish_is_said(tmp_path):
    with pytest.raises(WarehouseError, match="run `wfm run` first"):
        publish_at(tmp_path)


def test_nothing_published_is_said(tmp_path):
    with pytest.raises(WarehouseError, match="nothing has been published"):
        GoldReader.open(URL, tmp_path)


def test_reader_roles_are_refused_where_there_are_none(home):
    with pytest.raises(SettingsError, match="DuckDB has none"):
        publish_at(home, readers=Readers(["analysts"]))


@pytest.mark.parametrize("name", sorted(VIEW_FILES))
def test_an_analysts_view_selects_only(name):
    assert view_query(name, "duckdb").lower().startswith(("select", "with"))


def test_a_view_reads_the_schema_it_is_made_for():
    tables = viewed_tables("Frcast_Operative_Calls")

    assert {QUEUE_DAY_FORECAST.name, QUEUE_INTERVAL_FORECAST.name, QUEUE_INTERVAL_FINAL.name} == tables
    assert {CUSTOMER_BEHAVIOR.name} == viewed_tables("Dim_Customer_Behavior")
    assert "gold." not in view_query("Frcast_Operative_Calls", "duckdb", "readers")
    assert 3 == view_query("Frcast_Operative_Calls", "duckdb", "readers").count("readers.")
