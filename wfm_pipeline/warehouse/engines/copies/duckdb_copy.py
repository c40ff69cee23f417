"""The readers' copies of a DuckDB warehouse: files in folders of their own, written whole and swapped in by rename.

DuckDB shuts readers out while it writes, so the dashboard, the API and analysts read these files. A reader that has one
open keeps the former one until it opens it again. The analysts' copy is always there, the one with persons where it is
asked for. Both are written before either is renamed, the analysts' first; both say which publish they are.
"""

import contextlib
import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import duckdb

from wfm_pipeline.contracts.publication import PSEUDONYM
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.machine import machine_error
from wfm_pipeline.warehouse.engines.copies.shown import quoted, rule_digest, shown_tables, shown_to, views_of
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

_Connection = duckdb.DuckDBPyConnection
_COPY = "_readers"
READERS_COPY = "_gold"
"""End of the name of the analysts' copy."""
PERSONAL_COPY: Final = f"{READERS_COPY}_personal"
"""End of the name of the copy with persons."""
PRIVATE = 0o700


def published_path(warehouse_path: Path) -> Path:
    """Where the analysts' copy of a DuckDB warehouse stands: in a folder beside it."""
    return warehouse_path.with_name(f"{warehouse_path.stem}_readers") / f"{warehouse_path.stem}{READERS_COPY}.duckdb"


def personal_path(warehouse_path: Path) -> Path:
    """Where the copy with persons stands: in another folder, as others may look into it."""
    return warehouse_path.with_name(f"{warehouse_path.stem}_personal") / f"{warehouse_path.stem}{PERSONAL_COPY}.duckdb"


def file_mode(folder_mode: int) -> int:
    """Mode of a file that who may look into the folder may read, and its user write."""
    return folder_mode & 0o444 | 0o600


def swap_copies(
    con: _Connection, warehouse_path: Path, stamp: Stamp, changed: Collection[str] | None, readers: Readers
) -> dict[str, int]:
    """Write the copies beside the former ones and put them in their place; gives rows per table taken over.

    Args:
        con: The writer's connection: while it is open nobody else publishes.
        warehouse_path: File of the warehouse.
        stamp: Which publish it is.
        changed: Tables to take over besides those that the former copy lacks; None takes all.
        readers: Who reads the copies, and what of persons they see.
    """
    analysts, personal = published_path(warehouse_path), personal_path(warehouse_path)
    copies = {analysts: readers}
    if readers.personal_folder_mode is not None:
        copies[personal] = readers.of_persons
    rows: dict[str, int] = {}
    begun: list[str | None] = []
    try:
        for target, who in copies.items():
            begun.append(_begin(target, who) if changed is not None else None)
            is_former = begun[-1] is not None and begun[-1] == begun[0]  # not after a kill between the two renames
            rows = {**_write(con, target, stamp, set(changed or ()) if is_former else None, who), **rows}
        for target in copies:
            _beside(target).replace(target)
        _leave_former_places(warehouse_path, copies)
    except (duckdb.Error, OSError) as error:
        raise machine_error(error, analysts.parent) or WarehouseError(
            f"the readers' copy {analysts} cannot be written: {error}", path=str(analysts)
        ) from error
    finally:
        for target in (analysts, personal):
            _clear_litter(target)
    return rows


def _begin(target: Path, readers: Readers) -> str | None:
    """Begin with the bytes of the former copy; gives its publish, None where none can be opened that shows persons as asked."""
    _make_folder(target, readers)
    if not target.exists():
        return None
    beside = _beside(target)
    shutil.copyfile(target, beside)
    try:
        with duckdb.connect(str(beside)) as former:
            is_alike = _one(former, "select rule_digest from gold.publication") == rule_digest(readers)
            return _one(former, "select publish_id from gold.publication") if is_alike else None
    except duckdb.Error:
        return None


def _write(con: _Connection, target: Path, stamp: Stamp, changed: set[str] | None, readers: Readers) -> dict[str, int]:
    """Write a copy whole beside the former one, whose bytes are there unless all is changed; gives rows per table taken over."""
    beside = _beside(target)
    if changed is None:
        _make_folder(target, readers)
    rows = _take_over(con, beside, changed, readers)
    _finish(beside, stamp, readers)
    beside.chmod(file_mode(readers.folder_mode))
    return rows


def _make_folder(target: Path, readers: Readers) -> None:
    """The copy's folder, with the mode that lets its readers in, and without what a killed publish left there."""
    target.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    target.parent.chmod(readers.folder_mode)
    _clear_litter(target)


def _beside(target: Path) -> Path:
    return target.with_suffix(f".{os.getpid()}.tmp")


def _clear_litter(target: Path) -> None:
    """Take away what a killed publish left; there is one writer, so no other publish is under way."""
    for path in target.parent.glob(f"{target.stem}.*.tmp*"):
        path.unlink(missing_ok=True)


def _leave_former_places(warehouse_path: Path, copies: Mapping[Path, Readers]) -> None:
    """A copy that is not made any more would go on telling old numbers, and one with persons whom nobody asked for."""
    warehouse_path.with_name(f"{warehouse_path.stem}{READERS_COPY}.duckdb").unlink(missing_ok=True)  # stood there once
    personal = personal_path(warehouse_path)
    if personal not in copies and personal.parent.exists():
        personal.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody put a file of their own there
            personal.parent.rmdir()


def _take_over(con: _Connection, beside: Path, changed: set[str] | None, readers: Readers) -> dict[str, int]:
    warehouse = _one(con, "select current_database()")
    names = f"{quoted(warehouse)}.{PSEUDONYM.full_name}"
    con.execute(f"attach {_text(beside)} as {_COPY}")
    try:
        con.execute(f"create schema if not exists {_COPY}.gold")
        ours, theirs = _shapes(con, warehouse), _shapes(con, _COPY)
        names_shown = shown_tables(readers, ours)
        for name in theirs.keys() - set(names_shown):
            con.execute(f"drop table {_COPY}.gold.{quoted(name)}")
        wanted = [name for name in names_shown if changed is None or name in changed or theirs.get(name) != ours[name]]
        for name in wanted:
            columns, table = [column for column, _ in ours[name]], f"{quoted(warehouse)}.gold.{quoted(name)}"
            shown = shown_to(readers, name, columns, table=table, names=names)
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
            "(publish_id varchar, published_at timestamp, run_id varchar, persons varchar, rule_digest varchar)"
        )
        copy.execute(
            "insert into gold.publication values (?, ?, ?, ?, ?)",
            [stamp.publish_id, stamp.published_at, stamp.run_id, readers.see, rule_digest(readers)],
        )
        copy.execute("checkpoint")


def _one(con: _Connection, query: str) -> str:
    row = con.execute(query).fetchone()
    assert row is not None  # the queries here always give a row
    return str(row[0])


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
