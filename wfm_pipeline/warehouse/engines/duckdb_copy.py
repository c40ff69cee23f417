"""The readers' copy of a DuckDB warehouse: a file in a folder of its own, written whole and swapped in by one rename.

DuckDB shuts readers out while it writes, so the dashboard, the API and analysts read this file. A
reader that has it open keeps the former one until it opens it again.
"""

import os
import shutil
from collections.abc import Collection
from pathlib import Path

import duckdb

from wfm_pipeline.contracts.publication import PSEUDONYM
from wfm_pipeline.contracts.tables import PERSONAL
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.machine import machine_error
from wfm_pipeline.warehouse.engines.readers_queries import quoted, shown_to, views_of
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

_Connection = duckdb.DuckDBPyConnection
_COPY = "_readers"
READERS_COPY = "_gold"
"""End of the name of the published copy."""
PRIVATE = 0o700


def published_path(warehouse_path: Path) -> Path:
    """Where the readers' copy of a DuckDB warehouse stands: in a folder beside it."""
    return warehouse_path.with_name(f"{warehouse_path.stem}_readers") / f"{warehouse_path.stem}{READERS_COPY}.duckdb"


def file_mode(folder_mode: int) -> int:
    """Mode of a file that who may look into the folder may read, and its user write."""
    return folder_mode & 0o444 | 0o600


def swap_copy(
    con: _Connection, warehouse_path: Path, stamp: Stamp, changed: Collection[str] | None, readers: Readers
) -> dict[str, int]:
    """Write the copy beside the former one and put it in its place; gives rows per table taken over.

    Args:
        con: The writer's connection: while it is open nobody else publishes.
        warehouse_path: File of the warehouse.
        stamp: Which publish it is.
        changed: Tables to take over besides those that the former copy lacks; None takes all.
        readers: Who reads the copy, and what of persons they see.
    """
    target = published_path(warehouse_path)
    _clear_litter(target)
    beside = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.parent.chmod(readers.folder_mode)
        is_former = changed is not None and _take_former(target, beside, readers)
        rows = _take_over(con, beside, set(changed or ()) if is_former else None, readers)
        _finish(beside, stamp, readers)
        beside.chmod(file_mode(readers.folder_mode))
        beside.replace(target)
        _leave_former_place(warehouse_path)
    except (duckdb.Error, OSError) as error:
        raise machine_error(error, target.parent) or WarehouseError(
            f"the readers' copy {target} cannot be written: {error}", path=str(target)
        ) from error
    finally:
        _clear_litter(target)
    return rows


def _clear_litter(target: Path) -> None:
    """Take away what a killed publish left; there is one writer, so no other publish is under way."""
    for path in target.parent.glob(f"{target.stem}.*.tmp*"):
        path.unlink(missing_ok=True)


def _leave_former_place(warehouse_path: Path) -> None:
    """The copy once stood beside the warehouse; left there it would go on telling old numbers."""
    warehouse_path.with_name(f"{warehouse_path.stem}{READERS_COPY}.duckdb").unlink(missing_ok=True)


def _take_former(target: Path, beside: Path, readers: Readers) -> bool:
    """Begin with the bytes of the former copy; False where none can be opened that shows persons as asked."""
    if not target.exists():
        return False
    shutil.copyfile(target, beside)
    try:
        with duckdb.connect(str(beside)) as former:
            is_alike = _one(former, "select persons from gold.publication") == readers.see
    except duckdb.Error:
        is_alike = False
    if not is_alike:
        beside.unlink()
    return is_alike


def _take_over(con: _Connection, beside: Path, changed: set[str] | None, readers: Readers) -> dict[str, int]:
    warehouse = _one(con, "select current_database()")
    names = f"{quoted(warehouse)}.{PSEUDONYM.full_name}"
    con.execute(f"attach {_text(beside)} as {_COPY}")
    try:
        con.execute(f"create schema if not exists {_COPY}.gold")
        ours, theirs = _shapes(con, warehouse), _shapes(con, _COPY)
        for name in theirs.keys() - ours.keys():
            con.execute(f"drop table {_COPY}.gold.{quoted(name)}")
        wanted = [name for name in ours if changed is None or name in changed or theirs.get(name) != ours[name]]
        for name in wanted:
            columns, table = [column for column, _ in ours[name]], f"{quoted(warehouse)}.gold.{quoted(name)}"
            shown = shown_to(readers, columns, PERSONAL.get(name, {}), table=table, names=names)
            con.execute(f"create or replace table {_COPY}.gold.{quoted(name)} as {shown}")
        rows = {name: int(_one(con, f"select count(*) from {_COPY}.gold.{quoted(name)}")) for name in wanted}
        con.execute(f"checkpoint {_COPY}")
    finally:
        con.execute(f"detach {_COPY}")
    return rows


def _shapes(con: _Connection, database: str) -> dict[str, list[tuple[str, str]]]:
    """Columns and their types of the tables of a database's gold, without the one that only a copy has."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = (
        "select c.table_name, c.column_name, c.data_type from duckdb_columns() as c "
        "inner join duckdb_tables() as t on t.table_oid = c.table_oid and t.database_oid = c.database_oid "
        "where c.database_name = ? and c.schema_name = 'gold' and c.table_name <> 'publication' "
        "order by c.table_name, c.column_index"
    )
    for table, column, kind in con.execute(query, [database]).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def _finish(beside: Path, stamp: Stamp, readers: Readers) -> None:
    """Views and stamp, by a connection of the copy's own: a view keeps the names its connection knows."""
    with duckdb.connect(str(beside)) as copy:
        for name, query in views_of(set(_shapes(copy, _one(copy, "select current_database()"))), "duckdb").items():
            copy.execute(f"create or replace view gold.{quoted(name)} as {query}")
        copy.execute(
            "create or replace table gold.publication "
            "(publish_id varchar, published_at timestamp, run_id varchar, persons varchar)"
        )
        copy.execute(
            "insert into gold.publication values (?, ?, ?, ?)",
            [stamp.publish_id, stamp.published_at, stamp.run_id, readers.see],
        )
        copy.execute("checkpoint")


def _one(con: _Connection, query: str) -> str:
    row = con.execute(query).fetchone()
    assert row is not None  # the queries here always give a row
    return str(row[0])


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
