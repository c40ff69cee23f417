"""Delta tables in a folder, and a session's way to read and write them.

Each table changes whole, by one Delta commit (`replaceWhere` for a scope). Not here: which tables there are
(catalogue.py), rows on their way to Spark (rows.py), and what makes a whole warehouse of it (warehouse.py).
"""

import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import ibis
import ibis.expr.operations as ops
import pandas as pd
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import to_contract
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.engines.spark.rows import sendable, spark_type, with_clocks, with_doubles

_ASIDE: Final = "silver"
"""Layer in which rows are put aside."""
_TIMES_MAY_COME: Final = "'delta.feature.timestampNtz' = 'supported'"
"""Delta takes a first column of times without a zone only into a table that was made for them."""


class SparkTables(Warehouse):
    """A Spark session and the folder of its tables, as the server sees it."""

    dialect = "spark"

    def __init__(self, con: Any, session: Any, folder: str) -> None:
        """Keep the Ibis connection, the session and the folder."""
        super().__init__(con)
        self.session, self.folder = session, folder.rstrip("/")
        self.is_read_only = False

    # -- reading -------------------------------------------------------------------------------
    def _found(self, layer: str, table: str) -> IbisTable:
        """Ibis asks the catalogue by bare names, which a sign in a source's own name breaks."""
        from ibis.backends.pyspark.datatypes import PySparkType  # noqa: PLC0415  (an extra)

        stored = self.session.table(self.quoted(f"{layer}.{table}")).schema
        schema = ibis.schema(PySparkType.to_ibis(stored).fields)
        return ops.DatabaseTable(
            table, schema=schema, source=self.con, namespace=ops.Namespace(database=layer)
        ).to_expr()

    def arrow(self, expr: IbisTable) -> pa.Table:
        """The rows of an expression as Arrow, as the server sent them: Ibis takes them through pandas, which bends them."""
        found = self.session.sql(self._query(expr)).toArrow()
        return found.cast(expr.schema().to_pyarrow())

    def batches(self, expr: IbisTable, *, chunk_rows: int) -> Iterator[pa.RecordBatch]:
        """The rows of an expression in pieces; Spark Connect's client holds them all at once."""
        yield from self.arrow(expr).to_batches(max_chunksize=chunk_rows)

    def raw_rows(self, expr: IbisTable, types: Mapping[str, str]) -> pa.Table:
        """See `Warehouse`."""
        return with_clocks(self.arrow(expr), types)

    def stored_columns(self, layers: Collection[str]) -> dict[str, set[str]]:
        """`layer.table` -> its columns; Spark has no information schema."""
        return {
            f"{layer}.{table}": set(self.table(f"{layer}.{table}").columns)
            for layer in layers
            for table in self.base_tables(layer)
        }

    def base_tables(self, layer: str) -> list[str]:
        """Names of a layer's tables, views left out, in order."""
        if layer not in self.con.list_databases():
            return []
        found = self.session.catalog.listTables(layer)
        return sorted(table.name for table in found if table.tableType not in ("VIEW", "TEMPORARY"))

    @contextmanager
    def put_aside(self, rows: IbisTable) -> Iterator[IbisTable]:
        """The rows as they are now; see `Warehouse`. What Spark caches may be read again from tables that have changed."""
        name = f"{_ASIDE}._staging_aside_{uuid.uuid4().hex[:12]}"
        self.make_layer(_ASIDE)
        self.execute(f"create table {self.quoted(name)} using parquet as {self._query(rows)}")
        try:
            yield self.table(name)
        finally:
            self.execute(f"drop table {self.quoted(name)}")

    # -- writing -------------------------------------------------------------------------------
    def make_table(self, name: str, columns: str) -> None:
        """Make a table in its folder, or make the one that stands there known."""
        place = self.literal(self.place(name))
        made = f"create table if not exists {self.quoted(name)} ({columns}) using delta location {place}"
        self.execute(f"{made} tblproperties ({_TIMES_MAY_COME})")

    def append(self, name: str, expr: IbisTable) -> None:
        """Add the rows of an expression; columns are matched by name, and those it lacks are null."""
        self._insert(name, f"({self._query(expr)})", expr.columns)

    def append_arrow(self, name: str, data: pa.Table) -> None:
        """Add Arrow rows; columns are matched by name."""
        if data.num_rows:
            with self._shown(data) as view:
                self._insert(name, view, data.column_names)

    def replace(self, table: Table, rows: IbisTable | pa.Table | pd.DataFrame, scope: Scope) -> int:
        """Put `rows` in place of everything in the scope by one commit; gives the scope's row count."""
        self.create(table)
        name = table.full_name
        given = (
            self._query(rows.select(*table.column_names)) if isinstance(rows, IbisTable) else to_contract(table, rows)
        )
        self.overwrite(name, given, scope)
        return self.count(name, scope)

    def overwrite(self, name: str, rows: str | pa.Table, scope: Scope | None = None) -> None:
        """Put the rows of a query, or Arrow rows, in place of everything in the scope, by one commit.

        Args:
            name: The table, whose columns the rows have.
            rows: A query in Spark's words, or the rows.
            scope: What they stand for; None is the whole table.
        """
        if isinstance(rows, str):
            self._overwrite(name, f"({rows})", scope or Scope())
        elif rows.num_rows:
            with self._shown(rows) as view:
                self._overwrite(name, view, scope or Scope())
        else:
            self.delete(name, scope or Scope())

    def add_column(self, name: str, column: str, data_type: str) -> None:
        """Add a column to `layer.table`: Delta merges the schema of a write without rows."""
        self._refuse_a_reader()
        added = f"cast(null as {spark_type(data_type)}) as {self.identifier(column)}"
        none = self.session.sql(f"select *, {added} from {self.quoted(name)} where false")
        none.write.format("delta").mode("append").option("mergeSchema", "true").save(self.place(name))
        self._known.clear()

    # -- plumbing ------------------------------------------------------------------------------
    def execute(self, statement: sge.Expr | str) -> None:
        """Run one statement that returns nothing.

        Raises:
            WarehouseError: this opening only reads.
        """
        self._refuse_a_reader()
        super().execute(statement)

    def _refuse_a_reader(self) -> None:
        """A Spark session has no read-only mode: who opened it to read is stopped here, whatever the server would allow."""
        if self.is_read_only:
            raise WarehouseError(f"the warehouse in {self.folder} was opened to read only, and nothing was written")

    def place(self, name: str) -> str:
        """Folder of a table."""
        return f"{self.folder}/{name.replace('.', '/', 1)}"

    def make_layer(self, layer: str) -> None:
        """Make a schema if it is not there; what is put aside in it lies in the folder too."""
        place = self.literal(f"{self.folder}/{layer}")
        self.execute(f"create database if not exists {self.identifier(layer)} location {place}")

    def literal(self, value: str) -> str:
        """A text with the dialect's quotes."""
        return sge.Literal.string(value).sql(self.dialect)

    def _query(self, expr: IbisTable) -> str:
        self.con._run_pre_execute_hooks(expr)  # noqa: SLF001  (registers in-memory tables; no public name for it)
        tree = self.con.compiler.to_sqlglot(expr).transform(with_doubles)
        return str(tree.sql(self.con.dialect))

    def _typed(self, name: str, given: Collection[str]) -> str:
        """All columns of a table, out of rows called `given`: those that they lack are null."""
        return ", ".join(
            f"cast({f'given.{self.identifier(column)}' if column in given else 'null'} as {spark_type(kind)}) "
            f"as {self.identifier(column)}"
            for column, kind in self.table(name).schema().items()
        )

    def _insert(self, name: str, rows: str, given: Collection[str]) -> None:
        self.execute(f"insert into {self.quoted(name)} select {self._typed(name, given)} from {rows} as given")

    def _overwrite(self, name: str, rows: str, scope: Scope) -> None:
        self._refuse_a_reader()
        frame = self.session.sql(f"select {self._typed(name, self.table(name).columns)} from {rows} as given")
        writer, where = frame.write.format("delta").mode("overwrite"), scope.where()
        if where != sge.true():
            writer = writer.option("replaceWhere", where.sql(self.dialect))
        writer.save(self.place(name))

    @contextmanager
    def _shown(self, data: pa.Table) -> Iterator[str]:
        """Arrow rows as a view of the session's own."""
        view = f"_arrow_{uuid.uuid4().hex[:12]}"
        self.session.createDataFrame(sendable(data)).createOrReplaceTempView(view)
        try:
            yield view
        finally:
            self.session.catalog.dropTempView(view)

    def _run(self, sql: str) -> None:
        self.session.sql(sql).toArrow()

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        columns = [column.to_pylist() for column in self.session.sql(sql).toArrow().columns]
        return list(zip(*columns, strict=True))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """There is none over several tables."""
        yield
