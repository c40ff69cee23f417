"""DuckDB as the warehouse: one file, one writer. The embedded default."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import sqlglot.expressions as sge

from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.machine import machine_error
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.readers.duckdb_copy import READERS_COPY, published_path, swap_copy
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

_LOCK_WORDS = ("Conflicting lock", "Could not set lock")
_RETRY_SECONDS = 0.5
_LONGEST_REASON = 300
_READER = {"enable_external_access": "false"}
_WRITER = {"preserve_insertion_order": "false", "memory_limit": "1GB"}
"""What does not fit into the limit goes to disk; the order of rows is nobody's promise."""


class DuckDBWarehouse(Warehouse):
    """A DuckDB file, opened for writing or, for readers, read-only and shut off from other files."""

    dialect = "duckdb"
    path: Path | None = None

    @classmethod
    def open(
        cls, path: Path | None, url: str, *, is_read_only: bool = False, wait_seconds: float = 30.0
    ) -> "DuckDBWarehouse":
        """Open the file, waiting for another writer to finish; None opens a database in memory.

        Raises:
            WarehouseError: another process holds the file for longer than `wait_seconds`, the file
                is not a DuckDB database, its folder cannot be made, or there is nothing to read.
        """
        if path is None:
            return cls(ibis.duckdb.connect(), url)
        if is_read_only and not path.exists():
            raise WarehouseError(f"there is no warehouse at {path}; run `wfm run` first")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(f"cannot make the folder {path.parent} ({error.strerror}); choose WFM_HOME") from error
        opened = cls(_connect(path, is_read_only=is_read_only, wait_seconds=wait_seconds), url)
        opened.path = path
        return opened

    @classmethod
    def open_published(cls, path: Path | None, url: str) -> "DuckDBWarehouse":
        """Open the readers' copy of the warehouse file.

        Raises:
            WarehouseError: nothing has been published yet.
        """
        if path is None:
            return cls.open(None, url)
        copy = published_path(path)
        if not copy.exists():
            raise WarehouseError(f"nothing has been published at {copy} yet; run `wfm run`, or `wfm publish` after it")
        opened = cls.open(copy, url, is_read_only=True)
        opened.path = path
        return opened

    @property
    def readers_place(self) -> str:
        """The file that readers open."""
        return str(published_path(self.path)) if self.path else "this process alone (the warehouse is in memory)"

    def renew_readers_copy(self, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> dict[str, int]:
        """Write the copy's file and swap it in; a warehouse in memory has none."""
        if readers.roles:
            raise SettingsError(
                "reader_roles (WFM_READER_ROLES) needs a warehouse with roles; DuckDB has none: "
                "who may read the copy is the file's permission",
                got=sorted(readers.roles),
            )
        return swap_copy(self.con.con, self.path, stamp, changed, readers) if self.path else {}

    def renew_view(self, name: str, query: str) -> None:
        """Make the view anew."""
        self.execute(f"create or replace view {self.quoted(name)} as {query}")

    def base_tables(self, layer: str) -> list[str]:
        """Names of a layer's tables, views left out, in order."""
        query = "select table_name from duckdb_tables() where database_name = current_database() and schema_name = ?"
        return sorted(row[0] for row in self.con.con.execute(query, [layer]).fetchall())

    def renew_statistics(self, name: str) -> None:
        """DuckDB counts by itself."""

    def append_arrow(self, name: str, data: pa.Table) -> None:
        """Add Arrow rows without copying them; columns are matched by name."""
        columns = ", ".join(sge.to_identifier(column, quoted=True).sql(self.dialect) for column in data.column_names)
        self.con.con.register("_arrow_rows", data)
        try:
            self._run(f"insert into {self.quoted(name)} ({columns}) select {columns} from _arrow_rows")
        finally:
            self.con.con.unregister("_arrow_rows")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """See `Warehouse`."""
        return self.con.con.execute(sql).fetchall()

    def _run(self, sql: str) -> None:
        self.con.con.execute(sql)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("begin transaction")
        try:
            yield
        except BaseException:
            self._run("rollback")
            raise
        self._run("commit")


def _connect(path: Path, *, is_read_only: bool, wait_seconds: float) -> ibis.BaseBackend:
    deadline = time.monotonic() + wait_seconds
    options = _READER if is_read_only else _WRITER
    while True:
        try:
            return ibis.duckdb.connect(path, read_only=is_read_only, **options)
        except duckdb.Error as error:
            if not any(word in str(error) for word in _LOCK_WORDS):
                raise machine_error(error, path.parent) or _unopened(path, error) from error
            if time.monotonic() >= deadline:
                raise WarehouseError(
                    f"{path} is being written by another process, waited {wait_seconds:.0f} s; "
                    "stop it, or read the published copy beside it"
                ) from error
            time.sleep(_RETRY_SECONDS)


def _unopened(path: Path, error: Exception) -> WarehouseError:
    said = " ".join(str(error).split())[:_LONGEST_REASON]
    mend = (
        "make the readers' copy again with `wfm publish`"
        if path.stem.endswith(READERS_COPY)
        else f"move {path.name} and {path.name}.wal away and put the last backup in their place (docs/runbook.md)"
    )
    return WarehouseError(f"{path} cannot be opened as a DuckDB database: {said}; {mend}")
