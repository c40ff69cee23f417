"""The ops store: its transactions, its version, and writing a row. Its shelves are the other modules of this room.

    with house.open_ops() as store, store.writing() as ops:
        outbox.put(ops, alert, channels=["log"], now=now)

Whatever is done inside one `writing` happens together or not at all. Not here: which store belongs to a
warehouse (opening.py), and where an engine keeps it (warehouse/engines).
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.urls import masked
from wfm_pipeline.warehouse.ops.tables import OPS_VERSION, metadata, schema_version

_KEYS_A_STATEMENT = 1_000
"""Older SQLite takes 999 and PostgreSQL 65,535 values in one statement; ours is newer and takes 32,766 [count]."""
_STORE = "ops_store"
"""Option of a connection: the store it is of, so that a shelf can ask what its database does in its own way."""


class OpsStore(ABC):
    """An open ops store. Use it as a context manager.

    Attributes:
        schema: Schema that its tables are in; None where it holds nothing else.
        shown: What messages call it.
    """

    schema: str | None = None

    def __init__(self, engine: sa.Engine, shown: str) -> None:
        """Keep the engine and the words that messages name it by."""
        engine.update_execution_options(**{_STORE: self})
        self._engine = engine
        self.shown = shown

    @abstractmethod
    def insert(self, table: sa.Table) -> Any:
        """An insert that can say what to do where a row with its key is there (`on_conflict_do_...`)."""

    def keep_others_out(self, ops: sa.Connection, table: sa.Table) -> None:  # noqa: B027  (see there)
        """Be the only one who changes a table until the transaction ends; of writers that come one by one, each is."""

    def _prepare(self, ops: sa.Connection) -> None:  # noqa: B027  (a file needs nothing)
        """Before tables are made: what they are made in; others who would make them wait."""

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
            if not sa.inspect(ops).has_table(schema_version.name, schema=self.schema):
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
            stored = sa.inspect(ops).get_multi_columns(schema=self.schema)
        present = {name: {column["name"] for column in columns} for (_, name), columns in stored.items()}
        lacking = [
            f"new column ops.{table.name}.{column.name}"
            for table in metadata.sorted_tables
            for column in table.columns
            if column.name not in present.get(table.name, ())
        ]
        return lacking + ([f"ops store from version {found} to {OPS_VERSION}"] if found < OPS_VERSION else [])

    def _make(self, ops: sa.Connection) -> None:
        self._prepare(ops)
        metadata.create_all(ops)
        for table in metadata.sorted_tables:
            _add_missing_columns(ops, table, self.schema)
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


def upsert(ops: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
    """Write a row; one with its key is replaced in the columns given."""
    keys = [column.name for column in table.primary_key]
    statement = _store_of(ops).insert(table).values(row)
    rest = {name: value for name, value in row.items() if name not in keys}
    ops.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


def insert_if_new(ops: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Write a row unless one with its key is there; says whether it was written."""
    statement = _store_of(ops).insert(table).values(row).on_conflict_do_nothing()
    return ops.execute(statement.returning(*table.primary_key)).first() is not None


def rows_of(ops: sa.Connection, chosen: sa.Select, table: sa.Table, keys: Iterable[str]) -> Iterator[sa.RowMapping]:
    """Rows of a choice from a table with these keys, in no order; a statement asks for so many at a time."""
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), _KEYS_A_STATEMENT):
        some = wanted[start : start + _KEYS_A_STATEMENT]
        yield from ops.execute(chosen.where(table.c.key.in_(some))).mappings()


def keep_others_out(ops: sa.Connection, table: sa.Table) -> None:
    """Be the only one who changes a table until the end of `writing`, so that what is read there still holds then."""
    _store_of(ops).keep_others_out(ops, table)


def _store_of(ops: sa.Connection) -> OpsStore:
    store: OpsStore = ops.get_execution_options()[_STORE]
    return store


def _add_missing_columns(ops: sa.Connection, table: sa.Table, schema: str | None) -> None:
    """Columns a table has got since: they are nullable, older rows have null there."""
    present = {column["name"] for column in sa.inspect(ops).get_columns(table.name, schema=schema)}
    name = f"{schema}.{table.name}" if schema else table.name
    for column in table.columns:
        if column.name not in present:
            ops.exec_driver_sql(f"alter table {name} add column {sa.schema.CreateColumn(column).compile(ops)}")
