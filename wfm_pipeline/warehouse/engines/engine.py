"""What every warehouse engine can do, whichever database it is.

Here: schemas from contracts, reading tables, appending, replacing a scope whole, transactions. The
dialects' own parts (connecting, bulk loading, transactions) are in duckdb.py and postgres.py; the
choice by URL is in `open_warehouse`.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import ibis
import pandas as pd
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.columns import DataType, Table
from wfm_pipeline.errors import ContractError, WarehouseError
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "time": pa.time64("us"),
}


def ibis_schema(table: Table) -> ibis.Schema:
    """The Ibis schema of a contract."""
    return ibis.schema({column.name: ibis_type(column.type) for column in table.columns})


def ibis_type(data_type: DataType) -> str:
    """The Ibis name of an engine-neutral type; times keep microseconds."""
    return "timestamp(6)" if data_type == "timestamp" else data_type


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a contract."""
    return pa.schema([(column.name, ARROW_TYPES[column.type]) for column in table.columns])


def to_contract(table: Table, frame: pd.DataFrame | pa.Table) -> pa.Table:
    """Columns of a frame in the contract's order and types.

    Raises:
        ContractError: columns are missing, or a value does not fit its type.
    """
    arrow = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    missing = [name for name in table.column_names if name not in arrow.column_names]
    if missing:
        raise ContractError(f"{table.full_name} needs columns {missing}; the frame has {arrow.column_names}")
    return pa.table([_fitted(table, name, arrow[name]) for name in table.column_names], arrow_schema(table))


def _fitted(table: Table, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in its contract's type; what does not fit is not quoted, for it may be a person's."""
    wanted = table.column(name).type
    try:
        return values.cast(ARROW_TYPES[wanted])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise ContractError(f"{table.full_name}: a value of {name} ({values.type}) is no {wanted}") from None


_CHANGES_TABLES = ("alter", "drop", "create")
"""How statements begin after which a table may be another than the one known."""


class Warehouse(ABC):
    """One open connection to a warehouse. Use it as a context manager; several may hold it at once (`shared`)."""

    dialect: str

    def __init__(self, con: Any, url: str) -> None:
        """Keep the Ibis connection and the URL (which may hold a password: never print it)."""
        self.con = con
        self.url = url
        self._holders = 1
        self._is_in_transaction = False
        self._known: dict[str, IbisTable] = {}  # tables once found; those that begin with _ come and go

    # -- reading -------------------------------------------------------------------------------
    def has(self, name: str) -> bool:
        """True where `layer.table` exists."""
        layer, table = name.split(".", 1)
        return name in self._known or (
            layer in self.con.list_databases() and table in self.con.list_tables(database=layer)
        )

    def table(self, name: str) -> IbisTable:
        """The table `layer.table` as an Ibis expression.

        Raises:
            WarehouseError: it does not exist; the message says which do.
        """
        if name in self._known:
            return self._known[name]
        layer, table = name.split(".", 1)
        if not self.has(name):
            known = self.con.list_tables(database=layer) if layer in self.con.list_databases() else []
            raise WarehouseError(
                f"the warehouse has no table {name}; {layer} holds {sorted(known)}; run `wfm run` first"
            )
        found = self.con.table(table, database=layer)
        if not table.startswith("_"):
            self._known[name] = found
        return found

    def frame(self, expr: IbisTable) -> pd.DataFrame:
        """The rows of an expression as pandas, timestamps in microseconds."""
        return self.con.to_pyarrow(expr).to_pandas(date_as_object=False)

    def count(self, name: str, scope: Scope | None = None) -> int:
        """Rows of `layer.table`, of a scope only where one is given; plain SQL, for it is asked after every write."""
        layer, table = name.split(".", 1)
        counted = sge.select("count(*)").from_(sge.table_(table, db=layer, quoted=True))
        query = counted.where(scope.where()) if scope else counted
        return int(self.rows(query.sql(self.dialect))[0][0])

    # -- writing -------------------------------------------------------------------------------
    def create(self, table: Table) -> None:
        """Make the contract's table if it is not there; nullable columns it has got since are added.

        Raises:
            ContractError: it is there with columns of another version that cannot be added.
        """
        self.create_from_schema(table.full_name, ibis_schema(table))
        found = set(self.table(table.full_name).columns)
        missing = [column for column in table.columns if column.name not in found]
        extra = found - set(table.column_names)
        if extra or not all(column.nullable for column in missing):
            raise ContractError(
                f"{table.full_name} in the warehouse lacks {sorted(column.name for column in missing)} and has "
                f"{sorted(extra)} besides; it was made by another version: use that version, or `wfm upgrade`"
            )
        for column in missing:
            self.add_column(table.full_name, column.name, ibis_type(column.type))

    def add_column(self, name: str, column: str, data_type: str) -> None:
        """Add a column to `layer.table`; older rows have null there.

        Args:
            name: The table.
            column: Name of the new column; it may come from a source, so it is quoted.
            data_type: Its type as Ibis calls it.
        """
        quoted = sge.to_identifier(column, quoted=True).sql(self.dialect)
        kind = self.con.compiler.type_mapper.to_string(ibis.dtype(data_type))
        self.execute(f"alter table {self.quoted(name)} add column {quoted} {kind}")

    def create_from_schema(self, name: str, schema: ibis.Schema) -> None:
        """Make `layer.table` with that schema if it is not there."""
        if self.has(name):
            return
        layer, table = name.split(".", 1)
        if layer not in self.con.list_databases():
            self.con.create_database(layer, force=True)
        self.con.create_table(table, schema=schema, database=layer)

    def append(self, name: str, expr: IbisTable) -> None:
        """Add the rows of an expression; columns are matched by name."""
        columns = ", ".join(sge.to_identifier(column, quoted=True).sql(self.dialect) for column in expr.columns)
        self.con._run_pre_execute_hooks(expr)  # noqa: SLF001  (registers in-memory tables; no public name for it)
        self.execute(f"insert into {self.quoted(name)} ({columns}) {self.con.compile(expr)}")

    def quoted(self, name: str) -> str:
        """`layer.table` with the dialect's quotes."""
        layer, table = name.split(".", 1)
        return sge.table_(table, db=layer, quoted=True).sql(self.dialect)

    @abstractmethod
    def append_arrow(self, name: str, data: pa.Table) -> None:
        """Add Arrow rows in bulk; columns are matched by name."""

    def delete(self, name: str, scope: Scope) -> None:
        """Take out the rows of a scope."""
        layer, table = name.split(".", 1)
        self.execute(sge.delete(sge.table_(table, db=layer, quoted=True), where=scope.where(), dialect=self.dialect))

    def replace(self, table: Table, rows: IbisTable | pa.Table | pd.DataFrame, scope: Scope) -> int:
        """Put `rows` in place of everything in the scope, all or nothing; gives the scope's row count."""
        self.create(table)
        with self.transaction():
            self.delete(table.full_name, scope)
            if isinstance(rows, IbisTable):
                self.append(table.full_name, rows.select(*table.column_names))
            else:
                self.append_arrow(table.full_name, to_contract(table, rows))
        return self.count(table.full_name, scope)

    @abstractmethod
    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query that both dialects understand, about the database itself."""

    # -- readers -------------------------------------------------------------------------------
    published_schema: str = "gold"
    """Schema in which a connection opened by `open_published` finds gold."""

    @property
    @abstractmethod
    def readers_place(self) -> str:
        """Where readers find their copy of gold, in words."""

    @abstractmethod
    def renew_readers_copy(self, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> dict[str, int]:
        """Take gold's tables over into the readers' copy, in one move; see `publish.publish` for the words.

        Returns:
            Rows of each table that was taken over.
        """

    @abstractmethod
    def renew_view(self, name: str, query: str) -> None:
        """Make the view `layer.name`, or make it anew where its query is another."""

    @abstractmethod
    def base_tables(self, layer: str) -> list[str]:
        """Names of a layer's tables, views left out, in order."""

    @abstractmethod
    def renew_statistics(self, name: str) -> None:
        """Tell the planner how large `layer.table`, or a temporary table, has become."""

    # -- plumbing ------------------------------------------------------------------------------
    def execute(self, statement: sge.Expression | str) -> None:
        """Run one statement that returns nothing."""
        text = statement if isinstance(statement, str) else statement.sql(dialect=self.dialect)
        if text.lstrip().lower().startswith(_CHANGES_TABLES):
            self._known.clear()
        self._run(text)

    @abstractmethod
    def _run(self, sql: str) -> None:
        """Run SQL on the engine."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner transaction joins the outer one."""
        if self._is_in_transaction:
            yield
            return
        self._is_in_transaction = True
        try:
            with self._transaction():
                yield
        except BaseException:
            self._known.clear()  # a table that was made inside is gone again
            raise
        finally:
            self._is_in_transaction = False

    def wait_for_turn(self, name: str) -> None:  # noqa: B027  (an engine with one writer has nothing to wait for)
        """Inside a transaction: wait until no other transaction has the turn of that name; it ends with ours.

        Also whoever writes without the writer lock then reads what the one before wrote.
        """

    @abstractmethod
    def _transaction(self) -> Any:
        """The engine's own transaction as a context manager."""

    def shared(self) -> Self:
        """The same connection for one more holder; the last one who closes it gives it back."""
        self._holders += 1
        return self

    def close(self) -> None:
        """Give the connection back, unless somebody else still holds it."""
        self._holders -= 1
        if self._holders <= 0:
            self.con.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def table_from_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Arrow batches as one table of that schema, also when there is none."""
    return pa.Table.from_batches(list(batches), schema=schema)
