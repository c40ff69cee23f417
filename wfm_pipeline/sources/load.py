"""Puts a public file or an export into a source database, so that it is read as a customer's would be.

The table is replaced in one step: readers see the old rows or the new ones, never half. MariaDB
ends a transaction at every DDL statement, so there the rows go into a table beside and the two are
renamed together. What a table's columns are in a database: sql/source/<map>_<dialect>.sql, or
sql/operational for an operational table, or else the types of the map.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.errors import SettingsError, SourceError, shape
from wfm_pipeline.sources.databases.connect import Connection
from wfm_pipeline.sources.files.raw_files import column_names, read_file
from wfm_pipeline.sources.rows.prepare import typed_column
from wfm_pipeline.sources.rows.value_texts import as_text

_SQL: Final = Path(__file__).resolve().parents[2] / "sql"
_DIALECTS: Final = {"mysql": "mariadb", "mariadb": "mariadb", "sqlite": "sqlite", "postgresql": "postgres"}
_CHUNK_ROWS: Final = 20_000
_SQL_TYPES: Final[dict[str, sa.types.TypeEngine]] = {
    "string": sa.Text(),
    "int64": sa.BigInteger(),
    "float64": sa.Double(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "timestamp": sa.DateTime(),
    "time": sa.Time(),
    "duration": sa.Double(),
}

Progress = Callable[[int], None]
"""Called with the rows written so far."""


def load_file(
    source_map: SourceMap,
    file: Path,
    url: str,
    *,
    is_append: bool = False,
    on_progress: Progress | None = None,
) -> int:
    """Load a file into the table of a source that it holds.

    Args:
        source_map: The source. Where it has several tables, the file is named like its table.
        file: A `.parquet`, `.csv`, `.csv.gz`, `.jsonl`, `.jsonl.gz` or `.xlsx` file.
        url: SQLAlchemy URL of a MariaDB, SQLite or PostgreSQL database.
        is_append: Add to the rows that are there instead of replacing them.
        on_progress: Told after every chunk.

    Returns:
        Rows loaded.

    Raises:
        SettingsError: the database is of another kind, or the file belongs to no table of the map.
        SourceError: the file or the database cannot be read or written, or a value does not fit its
            column; then the database is as it was.
    """
    table_map = _table_of(source_map, file)
    names = _checked_columns(table_map, file)
    connection = Connection(url, what="--to", is_made_if_missing=True)
    dialect = connection.engine.dialect.name
    if dialect not in _DIALECTS:
        raise SettingsError(
            f"--to must be a MariaDB, SQLite or PostgreSQL database, got {connection.shown_url}", got=dialect
        )
    target = _Target(connection, source_map, table_map, is_append=is_append)
    try:
        with target.open() as (con, table):
            rows = 0
            for chunk in read_file(file, chunk_rows=_CHUNK_ROWS):
                _insert(
                    con, table, _typed(chunk.select(names), table_map, file, rows, is_utc=source_map.times_are == "utc")
                )
                rows += chunk.num_rows
                if on_progress:
                    on_progress(rows)
            return rows
    except SQLAlchemyError as error:
        raise connection.error(error) from None
    finally:
        connection.engine.dispose()


@dataclass(frozen=True, slots=True)
class _Target:
    """The table to fill."""

    connection: Connection
    source_map: SourceMap
    table_map: TableMap
    is_append: bool

    @contextmanager
    def open(self) -> Iterator[tuple[sa.Connection, str]]:
        """A connection and the name to insert into; committed, or as before on failure."""
        name = self.table_map.name
        with self.connection.engine.connect() as con:
            is_there = sa.inspect(con).has_table(name)
            con.rollback()
            is_beside = is_there and not self.is_append and con.dialect.name in ("mysql", "mariadb")
            table = f"{name}__loading" if is_beside else name
            try:
                with _transaction(con):
                    if not self.is_append or not is_there:
                        self._create(con, table)
                    yield con, table
                if is_beside:
                    _swap(con, name, table)
            except BaseException:
                if table != name or not is_there:
                    _drop(con, table)
                raise

    def _create(self, con: sa.Connection, table: str) -> None:
        _drop(con, table)
        for statement in self._statements(con, table):
            con.exec_driver_sql(statement)

    def _statements(self, con: sa.Connection, table: str) -> list[str]:
        path = self._ddl(_DIALECTS[con.dialect.name])
        if path is None:
            columns = [sa.Column(name, _SQL_TYPES[data_type]) for name, data_type in self.table_map.types.items()]
            made = sa.Table(table, sa.MetaData(), *columns)
            return [str(sa.schema.CreateTable(made).compile(dialect=con.dialect))]
        quote = con.dialect.identifier_preparer.quote_identifier
        text = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--"))
        own = quote(self.table_map.name)
        statements = [part.strip() for part in text.split(";") if own in part]
        return [statement.replace(own, quote(table)) for statement in statements]

    def _ddl(self, dialect: str) -> Path | None:
        """The file that says what the table is like: the source's own, or that of the operational tables; None without one."""
        own = _SQL / "source" / f"{self.source_map.name}_{dialect}.sql"
        shared = _SQL / "operational" / f"operational_{dialect}.sql"
        is_operational = self.table_map.name in {table.name for table in OPERATIONAL_TABLES}
        return own if own.is_file() else shared if is_operational and shared.is_file() else None


@contextmanager
def _transaction(con: sa.Connection) -> Iterator[None]:
    """One transaction, DDL included: SQLite's driver would otherwise commit before DDL."""
    if con.dialect.name == "sqlite":
        driver: Any = con.connection.driver_connection
        driver.isolation_level = None
        con.exec_driver_sql("begin immediate")
    with con.get_transaction() or con.begin():
        yield


def _swap(con: sa.Connection, name: str, beside: str) -> None:
    quote = con.dialect.identifier_preparer.quote_identifier
    old = f"{name}__old"
    _drop(con, old)
    con.exec_driver_sql(f"rename table {quote(name)} to {quote(old)}, {quote(beside)} to {quote(name)}")
    _drop(con, old)


def _drop(con: sa.Connection, table: str) -> None:
    con.exec_driver_sql(f"drop table if exists {con.dialect.identifier_preparer.quote_identifier(table)}")


def _table_of(source_map: SourceMap, file: Path) -> TableMap:
    if not file.is_file():
        raise SourceError(f"{file} is not a file", path=str(file))
    names = [table.name for table in source_map.tables]
    stem = file.name.split(".", 1)[0]
    if len(names) > 1 and stem not in names:
        raise SettingsError(
            f"source {source_map.name} has tables {', '.join(names)}: name the file after its table, got {file.name}",
            got=file.name,
        )
    return source_map.tables[names.index(stem) if stem in names else 0]


def _checked_columns(table_map: TableMap, file: Path) -> list[str]:
    """The file's columns, all of them known to the map and none missing."""
    present = column_names(file)
    missing = [name for name in table_map.types if name not in present and name not in table_map.optional]
    unknown = [name for name in present if name not in table_map.types]
    if missing or unknown:
        raise SourceError(
            f"{file} lacks columns {missing} and has unknown ones {unknown}; it has {present}, "
            f"table {table_map.name} takes {list(table_map.types)}",
            missing=missing,
            unknown=unknown,
        )
    return present


def _typed(chunk: pa.Table, table_map: TableMap, file: Path, rows_before: int, *, is_utc: bool) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for name in chunk.column_names:
        typed = typed_column(chunk[name].combine_chunks(), table_map, name, is_utc=is_utc)
        if typed.misfits is not None:
            place = pc.index(typed.misfits.is_valid(), True).as_py()
            raise SourceError(
                f"{file}: column {name} must be {table_map.types[name]}; row {rows_before + place + 1} holds something "
                f"written like {shape(typed.misfits[place].as_py())!r}; nothing was loaded",
                column=name,
            )
        columns[name] = typed.values
    return pa.table(columns)


def _insert(con: sa.Connection, table: str, rows: pa.Table) -> None:
    quote = con.dialect.identifier_preparer.quote_identifier
    into = f"{quote(table)} ({', '.join(quote(name) for name in rows.column_names)})"
    if con.dialect.name == "postgresql":
        _copy(con, into, rows)
        return
    mark = "?" if con.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * rows.num_columns)
    statement = f"insert into {into.replace('%', '%%') if mark == '%s' else into} values ({marks})"
    values: Sequence[Any] = list(zip(*(_plain(rows[name].combine_chunks()) for name in rows.column_names), strict=True))
    if values:
        con.exec_driver_sql(statement, values)


def _plain(column: pa.Array) -> list[Any]:
    """Values as every driver takes them: dates and times as ISO text."""
    return (as_text(column) if pa.types.is_temporal(column.type) else column).to_pylist()


def _copy(con: sa.Connection, into: str, rows: pa.Table) -> None:
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(rows, buffer, pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed"))
    driver: Any = con.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"copy {into} from stdin with (format csv)") as copy:
        copy.write(buffer.getvalue())
