"""The readers' copy of gold: written beside, then swapped in one move.

DuckDB shuts readers out while it writes, so the dashboard, the API and analysts read this copy. On
PostgreSQL readers see committed rows of the warehouse itself and nothing is copied.
"""

import os
from pathlib import Path

import duckdb
import sqlglot

from wfm_pipeline.contracts.gold import GOLD_TABLES
from wfm_pipeline.contracts.plans import QUEUE_INTERVAL_FINAL
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.duckdb import READERS_COPY
from wfm_pipeline.warehouse.engine import Warehouse

SQL_FOLDER = Path(__file__).parents[2] / "sql" / "gold"
VIEW_FILES = {
    "Frcast_Operative_Calls": "frcast_operative_calls.sql",
    "Dim_Customer_Behavior": "dim_customer_behavior.sql",
}
"""Names that analysts of the source system know, and the query of each."""
VIEWED_TABLES = (*GOLD_TABLES, QUEUE_INTERVAL_FINAL)
"""Tables without which the views cannot be made."""


def view_query(name: str) -> str:
    """The select behind an analysts' view, without its comments."""
    text = (SQL_FOLDER / VIEW_FILES[name]).read_text(encoding="utf-8")
    return sqlglot.parse_one(text, dialect="postgres").sql(dialect="postgres", comments=False)


def create_views(warehouse: Warehouse) -> None:
    """Make or renew the analysts' views, where their tables exist."""
    if not all(warehouse.has(table.full_name) for table in VIEWED_TABLES):
        return
    for name in VIEW_FILES:
        warehouse.execute(f"create or replace view {warehouse.quoted(f'gold.{name}')} as {view_query(name)}")


def published_path(warehouse_path: Path) -> Path:
    """Where the readers' copy of a DuckDB warehouse stands."""
    return warehouse_path.with_name(f"{warehouse_path.stem}{READERS_COPY}.duckdb")


def publish(warehouse_path: Path) -> Path:
    """Copy gold out of a closed DuckDB warehouse and swap it in; gives the copy's path.

    Raises:
        WarehouseError: there is no warehouse, or it cannot be read.
    """
    if not warehouse_path.exists():
        raise WarehouseError(f"there is no warehouse at {warehouse_path}; run `wfm run` first")
    target = published_path(warehouse_path)
    beside = target.with_suffix(f".{os.getpid()}.tmp")
    _take_away(beside)
    try:
        _copy_gold(warehouse_path, beside)
        beside.replace(target)
    finally:
        _take_away(beside)
    return target


def _take_away(beside: Path) -> None:
    """The half copy of a publish that broke off, and its log, which a full disk leaves behind."""
    for path in (beside, beside.with_name(f"{beside.name}.wal")):
        path.unlink(missing_ok=True)


def _copy_gold(warehouse_path: Path, beside: Path) -> None:
    with duckdb.connect(str(beside)) as copy:
        try:
            copy.execute(f"attach '{str(warehouse_path).replace(chr(39), chr(39) * 2)}' as warehouse (read_only)")
        except duckdb.Error as error:
            raise WarehouseError(f"{warehouse_path} cannot be read: {error}") from error
        copy.execute("create schema gold")
        present = {
            row[0]
            for row in copy.execute(
                "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'gold'"
            ).fetchall()
        }
        for name in sorted(present):
            copy.execute(f'create table gold."{name}" as from warehouse.gold."{name}"')
        if {table.name for table in VIEWED_TABLES} <= present:
            for name in VIEW_FILES:
                copy.execute(f'create view gold."{name}" as {view_query(name)}')
        copy.execute("detach warehouse")
