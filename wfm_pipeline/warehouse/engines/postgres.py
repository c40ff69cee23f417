"""PostgreSQL as the warehouse: many readers beside the writer.

Not here: its readers' copies and their rights (warehouse/engines/copies), its ops store and its writer's lock (postgres_ops.py).
"""

import io
from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.layout import Layout
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.urls import DatabaseUrl, masked
from wfm_pipeline.warehouse.engines.copies.postgres_copy import check_readable, renew_copies, renew_view, table_shapes
from wfm_pipeline.warehouse.engines.copies.postgres_rights import PERSONAL, PUBLISHED, rights_words
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.entry import Driver, Engine
from wfm_pipeline.warehouse.engines.postgres_layout import (
    column_of_months,
    lacking,
    lay_out,
    make_indices,
    make_months,
    make_table,
    months_of,
    rename_months,
    renew_statistics,
    settle,
)
from wfm_pipeline.warehouse.engines.postgres_ops import TURN_KEYS, ServerLock, lock_number, server_store
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.ops.locks import OwnerLock
from wfm_pipeline.warehouse.ops.store import OpsStore
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

_COPY_ROWS = 50_000
_PLACE = f"schema {PUBLISHED}"
_DRIVER = Driver("PostgreSQL driver", "psycopg", "pip install 'wfm-pipeline[postgres]'")


def _words(url: DatabaseUrl) -> dict[str, Any]:
    """The URL as the driver's arguments: a driver that is given no URL cannot quote a piece of one."""
    parts = url.parts
    database, _, schema = (parts.database or "").partition("/")
    named = {"host": parts.host, "user": parts.username, "password": parts.password, "database": database}
    named |= {"port": str(parts.port) if parts.port else None, "schema": schema}
    return {**parts.query, **{name: value for name, value in named.items() if value}}


class PostgresWarehouse(Warehouse):
    """A PostgreSQL database with the schemas bronze, silver and gold."""

    dialect = "postgres"

    @classmethod
    def open(cls, url: DatabaseUrl, *, is_read_only: bool = False) -> "PostgresWarehouse":
        """Connect; a reader's connection refuses to write, whatever its role may do.

        Raises:
            WarehouseError: the driver is missing or the server refuses; no secret is shown.
        """
        try:
            con = ibis.postgres.connect(**_words(url))
        except ImportError as error:
            raise WarehouseError(f"the {_DRIVER.title} is missing: {_DRIVER.install}") from error
        except Exception as error:  # noqa: BLE001  (psycopg's errors are only known once it is installed)
            first_line = masked(str(error)).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise WarehouseError(f"cannot open {url}: {first_line}") from None
        con.raw_sql("set time zone 'UTC'").close()
        con.raw_sql("set client_min_messages to warning").close()
        if is_read_only:
            con.raw_sql("set default_transaction_read_only = on").close()
        return cls(con)

    @classmethod
    def open_published(cls, url: DatabaseUrl, *, with_persons: bool = False) -> "PostgresWarehouse":
        """Connect to a readers' copy, in one transaction: every table is of one publish until it is closed.

        Raises:
            WarehouseError: the server refuses, nothing has been published yet, or the role may not read it.
        """
        opened = cls.open(url, is_read_only=True)
        opened.published_schema = PERSONAL if with_persons else PUBLISHED
        try:
            check_readable(opened.con.con, opened.published_schema)
        except WarehouseError:
            opened.close()
            raise
        opened.execute("set default_transaction_isolation = 'repeatable read'")
        opened.con.con.autocommit = False
        opened.con.con.execute("select 1")  # the transaction begins, and ends with the connection
        return opened

    @property
    def readers_place(self) -> str:
        """The schema that readers use."""
        return _PLACE

    def renew_readers_copy(self, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> dict[str, int]:
        """Change the copies' rows in one transaction."""
        return renew_copies(self.con.con, stamp, changed, readers)

    def rights_words(self) -> str:
        """See `Warehouse`."""
        return rights_words(self.con.con)

    def _renew_view(self, name: str, query: str) -> None:
        with self.con.con.transaction():
            schema, view = name.split(".", 1)
            renew_view(self.con.con, schema, view, query)

    def base_tables(self, layer: str) -> list[str]:
        """Names of a layer's tables, views left out, in order."""
        return sorted(table_shapes(self.con.con, layer))

    def _analyse(self, quoted: str) -> None:
        """PostgreSQL joins fresh rows row by row until it is told of them."""
        renew_statistics(self.con.con, quoted)

    def _create_table(self, layer: str, table: str, schema: ibis.Schema, layout: Layout) -> None:
        """With the layout that it shall have: months from the first row on, and indices."""
        name = f"{layer}.{table}"
        with self.transaction():
            if layout.months_by is None:
                super()._create_table(layer, table, schema, layout)
            else:
                kinds = [(column, self.con.compiler.type_mapper.to_string(kind)) for column, kind in schema.items()]
                make_table(self.con.con, name, kinds, layout.months_by)
            make_indices(self.con.con, name, layout.indices)

    def make_room(self, name: str, dates: Dates) -> None:
        """Make the months of some dates ahead, so that their rows are written once."""
        with self.transaction():
            if column_of_months(self.con.con, name):
                make_months(self.con.con, name, months_of(dates))

    def ill_laid_out(self, name: str, layout: Layout) -> list[str]:
        """Months and indices that a table lacks."""
        return lacking(self.con.con, name, layout)

    def lay_out(self, name: str, layout: Layout) -> None:
        """Rows move into months in one transaction; our own views are made again.

        Raises:
            WarehouseError: something of somebody else's hangs on the table, such as a view.
        """
        with self.transaction():
            lay_out(self.con.con, name, layout)
            self.renew_views()
        self._known.clear()

    def rename(self, name: str, new: str) -> None:
        """A table's months get its new name too."""
        with self.transaction():
            rename_months(self.con.con, name, new)
            super().rename(name, new)

    def replace(self, table: Table, rows: IbisTable | pa.Table | pd.DataFrame, scope: Scope) -> int:
        """As everywhere; the server counts months by itself, but never the table that they make up."""
        count = super().replace(table, rows, scope)
        if column_of_months(self.con.con, table.full_name):
            self.renew_statistics(table.full_name)
        return count

    def append(self, name: str, expr: IbisTable) -> None:
        """Add the rows of an expression; each finds its month."""
        with self.transaction():
            super().append(name, expr)
            settle(self.con.con, name)

    def append_arrow(self, name: str, data: pa.Table) -> None:
        """Add Arrow rows; each finds its month, which is made before it where it is not there."""
        with self.transaction():
            column = column_of_months(self.con.con, name)
            if column:
                self.make_room(name, Dates.of(pc.unique(data[column].cast(pa.date32())).drop_null().to_pylist()))
            self._copy(name, data)
            if column:
                settle(self.con.con, name)

    def _copy(self, name: str, data: pa.Table) -> None:
        """Through COPY; quoted empty text stays apart from null."""
        columns = ", ".join(map(self.identifier, data.column_names))
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
        with (
            self.con.con.cursor() as cursor,
            self.con.con.transaction(),
            cursor.copy(f"copy {self.quoted(name)} ({columns}) from stdin with (format csv)") as copy,
        ):
            for batch in data.to_batches(max_chunksize=_COPY_ROWS):
                buffer = io.BytesIO()
                pyarrow.csv.write_csv(batch, buffer, options)
                copy.write(buffer.getvalue())

    def _run(self, sql: str) -> None:
        with self.con.con.cursor() as cursor, self.con.con.transaction():
            cursor.execute(sql)

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        with self.con.con.cursor() as cursor, self.con.con.transaction():
            cursor.execute(sql)
            return cursor.fetchall()

    def wait_for_turn(self, name: str) -> None:
        """An advisory lock of the transaction."""
        self._run(f"select pg_advisory_xact_lock({TURN_KEYS}, {lock_number(name)})")

    def _transaction(self) -> AbstractContextManager[Any]:
        return self.con.con.transaction()


class PostgresEngine(Engine):
    """A database of a server, with schemas for layers, readers and ops."""

    name = "postgres"
    schemes = ("postgresql", "postgres")
    forms = ("postgresql://user:password@host/database",)
    driver = _DRIVER

    def open(self, *, is_read_only: bool = False) -> Warehouse:
        """See `Engine`."""
        return PostgresWarehouse.open(self.parsed, is_read_only=is_read_only)

    def open_published(self, *, with_persons: bool = False) -> Warehouse:
        """See `Engine`."""
        return PostgresWarehouse.open_published(self.parsed, with_persons=with_persons)

    @property
    def readers_place(self) -> Path | str:
        """The schema that readers use."""
        return _PLACE

    def writer_lock(self) -> OwnerLock | None:
        """An advisory lock of the server's."""
        return ServerLock(self.parsed, "writer")

    def ops_store(self) -> OpsStore:
        """Schema `ops` of the same database."""
        return server_store(self.parsed)
