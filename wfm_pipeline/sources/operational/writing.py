"""The operational tables in a database: made if they are missing, upserted in sets, emptied when asked.

PostgreSQL, MariaDB and SQLite. Not here: whose rows they are (monitoring/replay), reading a live centre's tables (database.py).
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import DATETIME as SQLITE_DATETIME
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.sources.databases.connect import Connection
from wfm_pipeline.urls import parse_url

DDL_FOLDER: Final = Path(__file__).resolve().parents[3] / "sql" / "operational"
_DIALECTS: Final = {"mysql": "mariadb", "mariadb": "mariadb", "sqlite": "sqlite", "postgresql": "postgres"}
_LONGEST_TEXT: Final = 1_000
"""Length of a text column of a table that is made here [characters]; those of sql/operational have their own."""
_READERS_MILLISECONDS: Final = 60_000
"""How long a tick waits for whoever reads a SQLite file [ms]: on a busy machine a reader took more than the driver's five seconds."""
_SECONDS_ONLY: Final = sa.DateTime().with_variant(SQLITE_DATETIME(truncate_microseconds=True), "sqlite")
"""SQLite keeps instants as text: whole seconds are written as others write them."""
_TYPES: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "string": sa.String(_LONGEST_TEXT),
    "int64": sa.Integer(),
    "float64": sa.Double(),
    "boolean": sa.Boolean(),
    "timestamp": _SECONDS_ONLY,
}


def described(table: Table) -> sa.Table:
    """A contract as SQLAlchemy knows tables.

    Args:
        table: The contract.

    Returns:
        Its columns and key.
    """
    columns = [sa.Column(one.name, _TYPES[one.type], primary_key=one.name in table.key) for one in table.columns]
    return sa.Table(table.name, sa.MetaData(), *columns)


_TABLES: Final = {table.name: described(table) for table in OPERATIONAL_TABLES}


class OperationalTables:
    """The tables of one database. Use it as a context manager."""

    def __init__(self, url: str, *, what: str) -> None:
        """Prepare the connection.

        Args:
            url: SQLAlchemy URL of a PostgreSQL, MariaDB or SQLite database.
            what: Whose URL it is, for messages.

        Raises:
            SettingsError: the database is of another kind.
            SourceError: its driver is not installed.
        """
        parsed = parse_url(url, what=what)
        self.shown_url = str(parsed)
        if parsed.parts.get_backend_name() not in _DIALECTS:
            raise SettingsError(
                f"{what} must be a PostgreSQL, MariaDB or SQLite database, got {self.shown_url}", got=self.shown_url
            )
        self._connection = Connection(url, what=what, is_made_if_missing=True)
        self._engine = self._connection.engine
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _wait_for_readers)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All that is written inside, or nothing.

        Raises:
            SourceError: the database does not answer, or does not take it.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._connection.error(error) from None

    def make(self) -> None:
        """Make the tables that are missing; what is there stays as it is."""
        with self.transaction() as connection:
            for statement in ddl_statements(_DIALECTS[self._engine.dialect.name]):
                connection.exec_driver_sql(statement)

    def row_counts(self, connection: sa.Connection) -> dict[str, int]:
        """Rows of each table that is there [count]."""
        present = set(sa.inspect(connection).get_table_names())
        questions = {
            name: sa.select(sa.func.count()).select_from(table) for name, table in _TABLES.items() if name in present
        }
        return {name: int(connection.execute(question).scalar_one()) for name, question in questions.items()}

    def upsert(self, connection: sa.Connection, name: str, rows: pd.DataFrame) -> None:
        """Insert rows, and replace those of the same key."""
        if len(rows):
            connection.execute(self._upserting(_TABLES[name]), _plain(rows))

    def empty(self, connection: sa.Connection) -> None:
        """Delete every row of every table."""
        for table in reversed(_TABLES.values()):
            connection.execute(sa.delete(table))

    def _upserting(self, table: sa.Table) -> Any:
        others = [column.name for column in table.columns if not column.primary_key]
        if self._engine.dialect.name in ("mysql", "mariadb"):
            insert = mysql_insert(table)
            again = {name: insert.inserted[name] for name in others or table.primary_key.columns.keys()}
            return insert.on_duplicate_key_update(again)
        into = (postgres_insert if self._engine.dialect.name == "postgresql" else sqlite_insert)(table)
        keys = list(table.primary_key.columns)
        if not others:
            return into.on_conflict_do_nothing(index_elements=keys)
        return into.on_conflict_do_update(index_elements=keys, set_={name: into.excluded[name] for name in others})

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close."""
        self.close()


def ddl_statements(dialect: str) -> list[str]:
    """The statements that make the tables, as sql/operational has them.

    Args:
        dialect: `postgres`, `mariadb` or `sqlite`.

    Returns:
        One statement each, in order.
    """
    text = (DDL_FOLDER / f"operational_{dialect}.sql").read_text(encoding="utf-8")
    bare = re.sub(r"(?m)^\s*--.*$", "", text)
    return [part.strip() for part in bare.split(";") if part.strip()]


def _wait_for_readers(connection: Any, _record: object) -> None:
    connection.execute(f"pragma busy_timeout = {_READERS_MILLISECONDS}")


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as every driver takes them: Python's own values, None where unknown."""
    columns = {name: _values(rows[name]) for name in rows.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _values(column: "pd.Series[Any]") -> Sequence[Any]:
    if pd.api.types.is_datetime64_dtype(column.dtype):
        whole = column.dt.floor("s").dt.to_pydatetime()
        return [None if missing else _instant(value) for value, missing in zip(whole, column.isna(), strict=True)]
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]


def _instant(value: Any) -> dt.datetime:
    return pd.Timestamp(value).to_pydatetime()
