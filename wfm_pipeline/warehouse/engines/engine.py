"""What every open warehouse can do, whichever database it is; who works with one asks it and no driver.

Here: reading tables, appending, replacing a scope whole, transactions, changing tables. Not here: what an
engine does in its own way (duckdb.py, postgres.py), and what is chosen by a URL before anything is open
(entry.py, registry.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import ibis
import pandas as pd
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.expr.types import Scalar
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.layout import PLAIN, Layout
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import ContractError, WarehouseError
from wfm_pipeline.warehouse.engines.copies.shown import views_of
from wfm_pipeline.warehouse.engines.schemas import ibis_schema, ibis_type, to_contract
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

_CHANGES_TABLES = ("alter", "drop", "create")
"""How statements begin after which a table may be another than the one known."""


class Warehouse(ABC):
    """One open connection to a warehouse. Use it as a context manager; several may hold it at once (`shared`)."""

    dialect: str
    """What the engine speaks, as sqlglot calls it; nobody outside of this room asks."""

    def __init__(self, con: Any) -> None:
        """Keep the Ibis connection, which is this room's alone."""
        self.con = con
        self._holders = 1
        self._is_in_transaction = False
        self._known: dict[str, IbisTable] = {}  # tables once found; those that begin with _ come and go

    # -- reading -------------------------------------------------------------------------------
    def has(self, name: str) -> bool:
        """True where `layer.table` exists."""
        return name in self._known or self._is_there(name)

    def _is_there(self, name: str) -> bool:
        layer, table = name.split(".", 1)
        return layer in self.con.list_databases() and table in self.con.list_tables(database=layer)

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
        found = self._found(layer, table)
        if not table.startswith("_"):
            self._known[name] = found
        return found

    def _found(self, layer: str, table: str) -> IbisTable:
        """A table that is there."""
        found: IbisTable = self.con.table(table, database=layer)
        return found

    def frame(self, expr: IbisTable) -> pd.DataFrame:
        """The rows of an expression as pandas, timestamps in microseconds."""
        return self.arrow(expr).to_pandas(date_as_object=False)

    def arrow(self, expr: IbisTable) -> pa.Table:
        """The rows of an expression as Arrow."""
        return self.con.to_pyarrow(expr)

    def raw_rows(self, expr: IbisTable, types: Mapping[str, str]) -> pa.Table:
        """A source's own rows as Arrow, in the types that its map declares."""
        del types
        return self.arrow(expr)

    def batches(self, expr: IbisTable, *, chunk_rows: int) -> Iterator[pa.RecordBatch]:
        """The rows of an expression in pieces of at most so many rows."""
        yield from self.con.to_pyarrow_batches(expr, chunk_size=chunk_rows)

    def value(self, expr: Scalar) -> Any:
        """The one value of an expression; none at all is null as pandas has it."""
        return self.con.execute(expr)

    def count(self, rows: str | IbisTable, scope: Scope | None = None) -> int:
        """Rows of `layer.table`, of a scope only where one is given, or of an expression.

        A table's are asked in plain SQL, for that is done after every write.
        """
        if not isinstance(rows, str):
            return int(self.value(rows.count()))
        counted = sge.select("count(*)").from_(_table(rows))
        return int(self.rows(counted.where(scope.where()) if scope else counted)[0][0])

    def rows(self, query: sge.Expr | str) -> list[tuple[Any, ...]]:
        """Rows of a query that every engine understands: an expression, or text in which there is nothing to translate."""
        return self._fetch(self._text(query))

    @contextmanager
    def put_aside(self, rows: IbisTable) -> Iterator[IbisTable]:
        """The rows as a temporary table that lasts as long as the `with`, for what is joined several times.

        Open it outside a transaction: one that fails would keep the table from being dropped.
        """
        with rows.cache() as kept:
            self._analyse(self.identifier(kept.get_name()))
            yield kept

    def stored_columns(self, layers: Collection[str]) -> dict[str, set[str]]:
        """`layer.table` -> its columns, of every table and view of some layers, by one question."""
        named = ", ".join(f"'{layer}'" for layer in layers)
        found: dict[str, set[str]] = {}
        for layer, table, column in self.rows(
            "select table_schema, table_name, column_name from information_schema.columns "
            f"where table_catalog = current_database() and table_schema in ({named})"
        ):
            found.setdefault(f"{layer}.{table}", set()).add(column)
        return found

    def tables_like(self, layer: str, prefix: str) -> list[str]:
        """Names of a layer's tables that begin with something; none where there is no such layer."""
        is_there = layer in self.con.list_databases()
        return list(self.con.list_tables(like=f"^{prefix}", database=layer)) if is_there else []

    @abstractmethod
    def base_tables(self, layer: str) -> list[str]:
        """Names of a layer's tables, views left out, in order."""

    # -- writing -------------------------------------------------------------------------------
    def create(self, table: Table) -> None:
        """Make the contract's table if it is not there; nullable columns it has got since are added.

        Raises:
            ContractError: it is there with columns of another version that cannot be added.
        """
        self.create_from_schema(table.full_name, ibis_schema(table), table.layout)
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
        kind = self.con.compiler.type_mapper.to_string(ibis.dtype(data_type))
        self.execute(f"alter table {self.quoted(name)} add column {self.identifier(column)} {kind}")

    def create_from_schema(self, name: str, schema: ibis.Schema, layout: Layout = PLAIN) -> None:
        """Make `layer.table` with that schema if it is not there, laid out so where the engine has a choice."""
        if self.has(name):
            return
        layer, table = name.split(".", 1)
        if layer not in self.con.list_databases():
            self.con.create_database(layer, force=True)
        self._create_table(layer, table, schema, layout)

    def _create_table(self, layer: str, table: str, schema: ibis.Schema, layout: Layout) -> None:
        """Make a table whose layer is there."""
        del layout
        self.con.create_table(table, schema=schema, database=layer)

    def make_room(self, name: str, dates: Dates) -> None:  # noqa: B027  (rows of one place need none)
        """Be told of which dates rows are about to come: where a table is kept by months, theirs are made."""

    def ill_laid_out(self, name: str, layout: Layout) -> list[str]:
        """What `layer.table` lacks of its layout, in words; nothing where the engine has no choice, or no such table."""
        del name, layout
        return []

    def lay_out(self, name: str, layout: Layout) -> None:  # noqa: B027  (an engine without a choice has nothing to do)
        """Give a table that is there the layout that it lacks, all or nothing; its rows stay the same."""

    def append(self, name: str, expr: IbisTable) -> None:
        """Add the rows of an expression; columns are matched by name."""
        columns = ", ".join(map(self.identifier, expr.columns))
        self.con._run_pre_execute_hooks(expr)  # noqa: SLF001  (registers in-memory tables; no public name for it)
        self.execute(f"insert into {self.quoted(name)} ({columns}) {self.con.compile(expr)}")

    @abstractmethod
    def append_arrow(self, name: str, data: pa.Table) -> None:
        """Add Arrow rows in bulk; columns are matched by name."""

    def delete(self, name: str, scope: Scope) -> None:
        """Take out the rows of a scope."""
        self.execute(sge.delete(_table(name), where=scope.where()))

    def update(self, name: str, values: Mapping[str, Any], where: sge.Expr) -> None:
        """Write other values into the rows that meet a condition.

        Args:
            name: The table.
            values: Column -> its new value, a sqlglot expression.
            where: The condition, such as `Scope.where` gives it.
        """
        self.execute(sge.update(_table(name), dict(values), where=where))

    def drop(self, name: str) -> None:
        """Take a table away, if it is there."""
        self.execute(f"drop table if exists {self.quoted(name)}")

    def rename(self, name: str, new: str) -> None:
        """Call the table `layer.name` something else; it stays in its layer."""
        self.execute(f"alter table {self.quoted(name)} rename to {self.identifier(new)}")

    def quoted(self, name: str) -> str:
        """`layer.table` with the dialect's quotes."""
        return _table(name).sql(self.dialect)

    def identifier(self, name: str) -> str:
        """A column's or a table's own name with the dialect's quotes."""
        return sge.to_identifier(name, quoted=True).sql(self.dialect)

    def replace(self, table: Table, rows: IbisTable | pa.Table | pd.DataFrame, scope: Scope) -> int:
        """Put `rows` in place of everything in the scope, all or nothing; gives the scope's row count."""
        self.create(table)
        with self.transaction():
            if scope.dates and scope.column == table.layout.months_by:
                self.make_room(table.full_name, scope.dates)
            self.delete(table.full_name, scope)
            if isinstance(rows, IbisTable):
                self.append(table.full_name, rows.select(*table.column_names))
            else:
                self.append_arrow(table.full_name, to_contract(table, rows))
        return self.count(table.full_name, scope)

    def renew_statistics(self, name: str) -> None:
        """Tell the planner how large `layer.table` has become, if it is there."""
        if self.has(name):
            self._analyse(self.quoted(name))

    # -- readers -------------------------------------------------------------------------------
    published_schema: str = "gold"
    """Schema in which a connection opened by `open_published` finds gold."""

    @property
    @abstractmethod
    def readers_place(self) -> str:
        """Where readers find their copy of gold, in words."""

    @abstractmethod
    def renew_readers_copy(self, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> dict[str, int]:
        """Take gold's tables over into the readers' copies, in one move; see `publish.publish` for the words.

        Returns:
            Rows of each table that was taken over.
        """

    def rights_words(self) -> str:
        """Whether the login can do what a run needs, and whether it can do more, in words.

        Raises:
            WarehouseError: it can do less.
        """
        return "no roles here: who may read the files decides"

    def renew_views(self) -> None:
        """Make the analysts' views on gold, as far as the tables that they read are there."""
        for name, query in views_of(set(self.base_tables("gold")), self.dialect).items():
            self._renew_view(f"gold.{name}", query)

    @abstractmethod
    def _renew_view(self, name: str, query: str) -> None:
        """Make the view `layer.name`, or make it anew where its query is another."""

    # -- plumbing ------------------------------------------------------------------------------
    def execute(self, statement: sge.Expr | str) -> None:
        """Run one statement that returns nothing."""
        text = self._text(statement)
        if text.lstrip().lower().startswith(_CHANGES_TABLES):
            self._known.clear()
        self._run(text)

    def _text(self, statement: sge.Expr | str) -> str:
        return statement if isinstance(statement, str) else statement.sql(dialect=self.dialect)

    @abstractmethod
    def _run(self, sql: str) -> None:
        """Run SQL on the engine."""

    @abstractmethod
    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query on the engine and give its rows."""

    def _analyse(self, quoted: str) -> None:  # noqa: B027  (an engine that counts by itself is told nothing)
        """Have the planner count a table, a temporary one perhaps, named as SQL names it."""

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


def _table(name: str) -> sge.Table:
    """`layer.table`, every part of the name quoted."""
    layer, table = name.split(".", 1)
    return sge.table_(table, db=layer, quoted=True)
