"""DuckDB as the warehouse: one file, one writer. The embedded default.

Not here: its readers' copies (warehouse/engines/copies), and the ops store beside it (sqlite_ops.py).
"""

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend as DuckDBBackend

from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.machine import machine_error
from wfm_pipeline.urls import DatabaseUrl
from wfm_pipeline.warehouse.engines.copies.duckdb_copy import (
    PERSONAL_COPY,
    READERS_COPY,
    personal_path,
    published_path,
    swap_copies,
)
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.entry import URL_OF_WAREHOUSE, Engine
from wfm_pipeline.warehouse.engines.sqlite_ops import sqlite_store
from wfm_pipeline.warehouse.ops.locks import FileLock, OwnerLock
from wfm_pipeline.warehouse.ops.store import OpsStore
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

_LOCK_WORDS = ("Conflicting lock", "Could not set lock")
_RETRY_SECONDS = 0.5
_LONGEST_REASON = 300
_READER = {"enable_external_access": "false", "python_enable_replacements": "false"}
_WRITER = {"preserve_insertion_order": "false", "memory_limit": "1GB"}
"""What does not fit into the limit goes to disk; the order of rows is nobody's promise."""
_LAYERS = ("bronze", "silver", "gold")
_NO_COPY = "this process alone (the warehouse is in memory)"


class DuckDBWarehouse(Warehouse):
    """A DuckDB file, opened for writing or, for readers, read-only and shut off from other files."""

    dialect = "duckdb"
    path: Path | None = None

    @classmethod
    def open(cls, path: Path | None, *, is_read_only: bool = False, wait_seconds: float = 30.0) -> "DuckDBWarehouse":
        """Open the file, waiting for another writer to finish; None opens a database in memory.

        Raises:
            WarehouseError: another process holds the file for longer than `wait_seconds`, the file
                is not a DuckDB database, its folder cannot be made, or there is nothing to read.
        """
        if path is None:
            return cls(ibis.duckdb.connect())
        if is_read_only and not path.exists():
            raise WarehouseError(f"there is no warehouse at {path}; run `wfm run` first")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(f"cannot make the folder {path.parent} ({error.strerror}); choose WFM_HOME") from error
        opened = cls(_connect(path, is_read_only=is_read_only, wait_seconds=wait_seconds))
        opened.path = path
        return opened

    @classmethod
    def open_published(cls, path: Path | None, *, with_persons: bool = False) -> "DuckDBWarehouse":
        """Open a readers' copy of the warehouse file.

        Raises:
            WarehouseError: nothing has been published yet, or no copy with persons is made.
        """
        if path is None:
            return cls.open(None)
        copy = personal_path(path) if with_persons else published_path(path)
        if with_persons and not copy.exists():
            raise WarehouseError(
                f"there is no copy with persons at {copy}: set personal_readers_mode (WFM_PERSONAL_READERS_MODE) and "
                "publish"
            )
        if not copy.exists():
            raise WarehouseError(f"nothing has been published at {copy} yet; run `wfm run`, or `wfm publish` after it")
        opened = cls.open(copy, is_read_only=True)
        opened.path = path
        return opened

    @property
    def readers_place(self) -> str:
        """The file that readers open."""
        return str(published_path(self.path)) if self.path else _NO_COPY

    def renew_readers_copy(self, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> dict[str, int]:
        """Write the copies' files and swap them in; a warehouse in memory has none."""
        for name, roles in readers.roles_by_setting.items():
            raise SettingsError(
                f"{name} (WFM_{name.upper()}) needs a warehouse with roles; DuckDB has none: "
                "who may read a copy is the file's permission (readers_mode, personal_readers_mode)",
                got=sorted(roles),
            )
        return swap_copies(self.con.con, self.path, stamp, changed, readers) if self.path else {}

    def _renew_view(self, name: str, query: str) -> None:
        self.execute(f"create or replace view {self.quoted(name)} as {query}")

    def _is_there(self, name: str) -> bool:
        """As the binder finds it: to read the catalogue costs eighty times as much, and every write asks."""
        try:
            self._run(f"select 1 from {self.quoted(name)} limit 0")
        except duckdb.CatalogException:
            return False
        return True

    def base_tables(self, layer: str) -> list[str]:
        """Names of a layer's tables, views left out, in order."""
        query = "select table_name from duckdb_tables() where database_name = current_database() and schema_name = ?"
        return sorted(row[0] for row in self.con.con.execute(query, [layer]).fetchall())

    def append_arrow(self, name: str, data: pa.Table) -> None:
        """Add Arrow rows without copying them; columns are matched by name."""
        columns = ", ".join(map(self.identifier, data.column_names))
        self.con.con.register("_arrow_rows", data)
        try:
            self._run(f"insert into {self.quoted(name)} ({columns}) select {columns} from _arrow_rows")
        finally:
            self.con.con.unregister("_arrow_rows")

    def _run(self, sql: str) -> None:
        self.con.con.execute(sql)

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.con.execute(sql).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("begin transaction")
        try:
            yield
        except BaseException:
            self._run("rollback")
            raise
        self._run("commit")


class DuckDBEngine(Engine):
    """A file in home or elsewhere, or a warehouse in memory."""

    name = "duckdb"
    schemes = ("duckdb",)
    forms = ("duckdb:///relative/to/home.duckdb", "duckdb:////absolute/path.duckdb")
    is_kept_open = True

    def __init__(self, url: str, parsed: DatabaseUrl, home: Path) -> None:
        """See `Engine`."""
        super().__init__(url, parsed, home)
        shown = str(parsed)
        if parsed.parts.query:
            raise SettingsError(f"{URL_OF_WAREHOUSE}: a DuckDB file takes no options after a ?; got {shown}", got=shown)
        if Path(url).stem.lower() in _LAYERS:
            raise SettingsError(
                f"a DuckDB file may not be named like a layer ({', '.join(_LAYERS)}): its schemas could not be told "
                f"from the file; got {shown}",
                got=shown,
            )

    @property
    def file(self) -> Path | None:
        """The URL's file, None in memory; three slashes are relative to home, four absolute."""
        rest = self.url.removeprefix("duckdb://")
        if rest in {"", "/", "/:memory:"}:
            return None
        return Path(rest[1:]) if rest.startswith("//") else self.home / rest.removeprefix("/")

    def open(self, *, is_read_only: bool = False) -> Warehouse:
        """See `Engine`."""
        return DuckDBWarehouse.open(self.file, is_read_only=is_read_only)

    def open_published(self, *, with_persons: bool = False) -> Warehouse:
        """See `Engine`."""
        return DuckDBWarehouse.open_published(self.file, with_persons=with_persons)

    @property
    def readers_place(self) -> Path | str:
        """The copy's file."""
        return published_path(self.file) if self.file else _NO_COPY

    @property
    def personal_folder(self) -> Path | None:
        """Beside that of the analysts' copy."""
        return personal_path(self.file).parent if self.file else None

    def writer_lock(self) -> OwnerLock | None:
        """A lock on a file beside the warehouse."""
        return FileLock(self.file.with_name(f"{self.file.stem}_writer.lock")) if self.file else None

    def ops_store(self) -> OpsStore:
        """A SQLite file beside the warehouse: many processes may write it while the warehouse is busy."""
        return sqlite_store(self.file.with_name(f"{self.file.stem}_ops.sqlite") if self.file else None)


def _connect(path: Path, *, is_read_only: bool, wait_seconds: float) -> ibis.BaseBackend:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return _reader(path) if is_read_only else ibis.duckdb.connect(path, **_WRITER)
        except duckdb.Error as error:
            if not any(word in str(error) for word in _LOCK_WORDS):
                raise machine_error(error, path.parent) or _unopened(path, error) from error
            if time.monotonic() >= deadline:
                raise WarehouseError(
                    f"{path} is being written by another process, waited {wait_seconds:.0f} s; "
                    "stop it, or read the published copy beside it"
                ) from error
            time.sleep(_RETRY_SECONDS)


class _ReadersBackend(DuckDBBackend):
    """Ibis on a file of which nobody can change the settings, so that none of its readers gets at another file.

    Connections of one process to one file share its settings: the first sets and locks them, and Ibis, which would set
    its own again with every connection, must not.
    """

    _opening = threading.Lock()

    def _post_connect(self, extensions: Any = None) -> None:
        del extensions
        self._record_batch_readers_consumed: dict[str, Any] = {}
        with self._opening:
            locked = self.con.execute("select current_setting('lock_configuration')").fetchone()
            if locked != (True,):
                self.con.execute("set global TimeZone = 'UTC'")
                self.con.execute("set lock_configuration = true")


def _reader(path: Path) -> ibis.BaseBackend:
    return _ReadersBackend().connect(path, read_only=True, **_READER)


def _unopened(path: Path, error: Exception) -> WarehouseError:
    said = " ".join(str(error).split())[:_LONGEST_REASON]
    mend = (
        "make the readers' copy again with `wfm publish`"
        if path.stem.endswith((READERS_COPY, PERSONAL_COPY))
        else f"move {path.name} and {path.name}.wal away and put the last backup in their place (docs/runbook.md)"
    )
    return WarehouseError(f"{path} cannot be opened as a DuckDB database: {said}; {mend}")
