"""The readers' copy: gold only, swapped whole, readable while the warehouse is being written."""

import duckdb
import pandas as pd
import pytest

from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.opening import open_warehouse
from wfm_pipeline.warehouse.publish import VIEW_FILES, VIEWED_TABLES, publish, view_query
from wfm_pipeline.warehouse.scope import Scope

URL = "duckdb:///w.duckdb"


def health(run_id, rows):
    return pd.DataFrame(
        {
            "source": "s", "run_id": [run_id], "table_name": "silver.calls", "rows_in": rows, "rows_loaded": rows,
            "rows_rejected": 0, "rows_duplicate": 0, "seconds": 1.0, "freshness": None,
        }
    )  # fmt: skip


@pytest.fixture
def home(tmp_path):
    with open_warehouse(URL, tmp_path) as warehouse:
        for table in VIEWED_TABLES:
            warehouse.create(table)
        warehouse.replace(PIPELINE_HEALTH, health("r1", 5), Scope())
        warehouse.execute("create schema if not exists silver")
        warehouse.execute("create table silver.calls as select 1 as customer_key")
    return tmp_path


def test_the_copy_holds_gold_and_its_views_and_nothing_else(home):
    path = publish(home / "w.duckdb")

    with duckdb.connect(str(path), read_only=True) as copy:
        found = copy.execute("select table_schema, table_name from information_schema.tables").fetchall()

    assert {("gold", table.name) for table in VIEWED_TABLES} | {("gold", name) for name in VIEW_FILES} == set(found)


def test_readers_keep_reading_while_the_warehouse_is_written(home):
    publish(home / "w.duckdb")

    with open_warehouse(URL, home) as writer, writer.transaction():
        writer.replace(PIPELINE_HEALTH, health("r2", 7), Scope())
        with GoldReader.open(URL, home) as gold:
            rows = gold.rows("pipeline_health")

    assert [("r1", 5)] == list(zip(rows["run_id"], rows["rows_in"], strict=True))


def test_publishing_again_shows_the_new_rows_and_leaves_no_litter(home):
    publish(home / "w.duckdb")
    with open_warehouse(URL, home) as writer:
        writer.replace(PIPELINE_HEALTH, health("r2", 7), Scope({"run_id": "r2"}))

    publish(home / "w.duckdb")

    with GoldReader.open(URL, home) as gold:
        assert [7] == gold.rows("pipeline_health", run_id="r2")["rows_in"].tolist()
    assert {"w.duckdb", "w_gold.duckdb"} == {path.name for path in home.iterdir()}


def test_nothing_to_publish_is_said(tmp_path):
    with pytest.raises(WarehouseError, match="run `wfm run` first"):
        publish(tmp_path / "none.duckdb")


def test_nothing_published_is_said(tmp_path):
    with pytest.raises(WarehouseError, match="run `wfm run` first"):
        GoldReader.open(URL, tmp_path)


@pytest.mark.parametrize("name", sorted(VIEW_FILES))
def test_an_analysts_view_selects_only(name):
    assert view_query(name).lower().startswith(("select", "with"))
