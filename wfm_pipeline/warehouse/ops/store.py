"""The ops store: opening it, its transactions, its version. Its shelves are the other modules of this room.

PostgreSQL: schema `ops` of the warehouse's database. DuckDB has one writer, so there it is a SQLite
file in WAL mode beside the warehouse, which many processes may write while the warehouse is busy.

    with house.open_ops() as store, store.writing() as ops:
        outbox.put(ops, alert, channels=["log"], now=now)

Whatever is done inside one `writing` happens together or not at all.
"""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool, StaticPool

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.urls import make_engine, masked
from wfm_pipeline.warehouse.engines.opening import check_url, duckdb_path
from wfm_pipeline.warehouse.ops.tables import OPS_VERSION, SCHEMA, metadata, schema_version

_BUSY_SECONDS = 30.0
_RETRY_SECONDS = 0.05
_MAKING_KEY = 0x77666D01
"""Advisory lock of PostgreSQL that is held while the store is made or brought up to date."""
_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class OpsStore:
    """An open ops store. Use it as a context manager."""

    def __init__(self, engine: sa.Engine, shown: str) -> None:
        """Keep the engine and the words that messages name it by."""
        self._engine = engine
        self.shown = shown

    @property
    def dialect(self) -> str:
        """`postgresql` or `sqlite`."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only looks."""
        with self._told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes: all or nothing. Keep it short: on SQLite there is one at a time.

        Raises:
            WarehouseError: the database does not answer, the disk is full, or others write for longer than 30 s.
        """
        with self._told(), self._engine.connect().execution_options(is_writing=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The driver's own errors as one line of ours, without the URL."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            words = masked(str(error.orig)).strip().splitlines() or [type(error.orig).__name__]
            raise WarehouseError(f"the ops store {self.shown} cannot be used: {words[0]}") from None

    def version(self) -> int:
        """Version of the stored tables; 0 where there are none."""
        with self.reading() as ops:
            if not sa.inspect(ops).has_table(schema_version.name, schema=self._schema):
                return 0
            return int(ops.scalar(sa.select(sa.func.max(schema_version.c.version))) or 0)

    def bring_up_to_date(self) -> None:
        """Make what is missing; two processes may do so at once.

        Raises:
            WarehouseError: the store was written by a newer version.
        """
        if self.pending():
            with self.writing() as ops:
                self._make(ops)

    def pending(self) -> list[str]:
        """What it lacks for this version, in words.

        Raises:
            WarehouseError: the store was written by a newer version.
        """
        found = self.version()
        if found > OPS_VERSION:
            raise WarehouseError(
                f"the ops store {self.shown} has version {found}, this wfm knows up to {OPS_VERSION}: install the newer wfm"
            )
        if not found:
            return [f"ops store {self.shown} is made"]
        with self.reading() as ops:
            stored = sa.inspect(ops).get_multi_columns(schema=self._schema)
        present = {name: {column["name"] for column in columns} for (_, name), columns in stored.items()}
        lacking = [
            f"new column ops.{table.name}.{column.name}"
            for table in metadata.sorted_tables
            for column in table.columns
            if column.name not in present.get(table.name, ())
        ]
        return lacking + ([f"ops store from version {found} to {OPS_VERSION}"] if found < OPS_VERSION else [])

    @property
    def _schema(self) -> str | None:
        return SCHEMA if self.dialect == "postgresql" else None

    def _make(self, ops: sa.Connection) -> None:
        if self.dialect == "postgresql":
            ops.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING_KEY)))
            ops.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
        metadata.create_all(ops)
        for table in metadata.sorted_tables:
            _add_missing_columns(ops, table, self._schema)
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        upsert(ops, schema_version, {"version": OPS_VERSION, "applied_at": now})

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_ops(warehouse_url: str, home: Path, *, is_made: bool = True) -> OpsStore:
    """The ops store that belongs to a warehouse, made or brought up to date where needed.

    Args:
        warehouse_url: URL of the warehouse.
        home: Folder that a relative DuckDB URL starts from.
        is_made: False only looks, and leaves the store as it is.

    Raises:
        SettingsError: no engine goes by the URL's scheme.
        WarehouseError: it cannot be opened, or is of a newer version; no secret is shown.
    """
    parsed = check_url(warehouse_url)
    if warehouse_url.startswith("duckdb://"):
        path = duckdb_path(warehouse_url, home)
        store = _sqlite_store(ops_path(path) if path else None)
    else:
        store = OpsStore(make_engine(parsed, scheme="postgresql+psycopg", poolclass=NullPool), f"in {parsed}")
    try:
        if is_made:
            store.bring_up_to_date()
    except BaseException:
        store.close()
        raise
    return store


def ops_path(warehouse_path: Path) -> Path:
    """Where the ops store of a DuckDB warehouse stands."""
    return warehouse_path.with_name(f"{warehouse_path.stem}_ops.sqlite")


def upsert(ops: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
    """Write a row; one with its key is replaced in the columns given."""
    keys = [column.name for column in table.primary_key]
    statement = _INSERTS[ops.dialect.name](table).values(row)
    rest = {name: value for name, value in row.items() if name not in keys}
    ops.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


def insert_if_new(ops: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Write a row unless one with its key is there; says whether it was written."""
    statement = _INSERTS[ops.dialect.name](table).values(row).on_conflict_do_nothing()
    return ops.execute(statement.returning(*table.primary_key)).first() is not None


def _add_missing_columns(ops: sa.Connection, table: sa.Table, schema: str | None) -> None:
    """Columns a table has got since: they are nullable, older rows have null there."""
    present = {column["name"] for column in sa.inspect(ops).get_columns(table.name, schema=schema)}
    name = ops.dialect.identifier_preparer.format_table(table, use_schema=schema is not None)
    for column in table.columns:
        if column.name not in present:
            ops.exec_driver_sql(f"alter table {name} add column {sa.schema.CreateColumn(column).compile(ops)}")


def _sqlite_store(path: Path | None) -> OpsStore:
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(f"cannot make the folder {path.parent} ({error.strerror}); choose WFM_HOME") from error
    pool: Any = {"poolclass": NullPool} if path else {"poolclass": StaticPool}
    url = sa.URL.create("sqlite", database=str(path) if path else ":memory:")
    engine = sa.create_engine(
        url, connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}, **pool
    ).execution_options(schema_translate_map={SCHEMA: None})
    sa.event.listen(engine, "connect", _use_wal)
    sa.event.listen(engine, "begin", _begin)
    return OpsStore(engine, str(path or "in memory"))


def _begin(connection: sa.Connection) -> None:
    """A writer takes its place at once, so that it never finds out half way that another was first."""
    is_writing = connection.get_execution_options().get("is_writing")
    connection.exec_driver_sql("begin immediate" if is_writing else "begin")


def _use_wal(connection: Any, _record: object) -> None:
    """WAL, which stays in the file once set; SQLite does not wait by itself while another process sets it."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return
