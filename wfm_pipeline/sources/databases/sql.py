"""Reads any database that SQLAlchemy reads: MariaDB, SQLite, PostgreSQL, SQL Server and others.

Statements are built by SQLAlchemy, so that quoting and types are the dialect's own; rows come
through a server-side cursor. Dates of MariaDB and PostgreSQL are read as text, because their
drivers refuse or bend values that are no dates (0000-00-00, infinity).
"""

import datetime as dt
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import BIT as MYSQL_BIT
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import SQLAlchemyError

from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.sources.databases.connect import Connection
from wfm_pipeline.sources.databases.retry import Retry
from wfm_pipeline.sources.reader import DayCounts, SourceReader, chosen, summed
from wfm_pipeline.sources.rows.clock import EARLIEST, SourceClock
from wfm_pipeline.sources.rows.prepare import prepare
from wfm_pipeline.sources.rows.spool import read_whole
from wfm_pipeline.sources.rows.value_texts import to_array

_TEXT_DATES: Final = frozenset({"mysql", "mariadb", "postgresql"})
"""Dialects whose dates are read as text."""
_DATE_SHAPE: Final = "____-__-__%"
_ISO_STYLE: Final[sa.ColumnElement[int]] = sa.literal_column("121")
"""SQL Server's number for `yyyy-mm-dd hh:mi:ss.mmm`."""


class SqlReader(SourceReader):
    """A database behind a SQLAlchemy URL."""

    def __init__(
        self,
        url: str,
        *,
        clock: SourceClock,
        chunk_rows: int,
        retry: Retry,
        connect: Callable[[], Any] | None = None,
    ) -> None:
        """Prepare the engine; the first question connects, in its own way where `connect` is given.

        Raises:
            SourceError: the URL is not one, or its driver is not installed.
        """
        super().__init__(clock=clock, chunk_rows=chunk_rows)
        self._retry = retry
        self._connection = Connection(url, connect=connect)
        self._engine = self._connection.engine
        self._columns: dict[str, dict[str, sa.types.TypeEngine]] = {}

    def tables(self) -> list[str]:
        """Tables and views of the database, materialised ones too, sorted."""
        return self._ask(_relations)

    def columns(self, table: str) -> list[str]:
        """Columns of a table, in the source's order."""
        return list(self._types(table))

    def head(self, table: str, rows: int) -> pa.Table:
        """The first rows of a table, in no order."""
        query = sa.select(*self._selected(table)).select_from(sa.table(table)).limit(rows)
        with self._guard():
            chunks = list(self._fetch(query))
        return pa.concat_tables(chunks).slice(0, rows) if chunks else self._no_rows(table)

    def _no_rows(self, table: str) -> pa.Table:
        return pa.table({name: pa.array([], pa.string()) for name in self._types(table)})

    def day_counts(self, table_map: TableMap) -> DayCounts:
        """Rows per business date, counted in the database."""
        return self._dates(table_map, sa.true())

    def changed_dates(self, table_map: TableMap, since: dt.datetime) -> set[dt.date]:
        """Business dates of rows changed at or after `since`."""
        if table_map.changed_at is None or table_map.changed_at not in self._types(table_map.name):
            return set()
        column = self._raw(table_map, table_map.changed_at)
        counts = self._dates(table_map, column >= self._moment(table_map, table_map.changed_at, since))
        return {date for date in counts if date is not None}

    def read(
        self, table_map: TableMap, dates: Dates | None = None, *, is_undated_included: bool = True
    ) -> Iterator[pa.Table]:
        """Rows of these business dates, ready for bronze; see `SourceReader.read`."""
        self.check(table_map)
        where = self._where(table_map, dates, is_undated_included=is_undated_included)
        query = sa.select(*self._selected(table_map.name)).select_from(sa.table(table_map.name)).where(where)

        def chunks() -> Iterator[pa.Table]:
            with self._guard():
                for raw in self._fetch(query):
                    rows = prepare(raw, table_map, self.clock)
                    # 30 February lies between two days and is none; 29 February may lie outside the stretches.
                    yield rows.filter(chosen(rows["_business_date"], dates, is_undated_included=is_undated_included))

        yield from read_whole(chunks, self._retry)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _fetch(self, query: sa.Select[Any]) -> Iterator[pa.Table]:
        """Rows of a query in chunks, as the driver gives them."""
        with self._engine.connect() as con:
            result = con.execution_options(stream_results=True, max_row_buffer=self.chunk_rows).execute(query)
            names, cursor = list(result.keys()), result.cursor
            try:
                while rows := result.fetchmany(self.chunk_rows):
                    arrays = [to_array(values) for values in zip(*rows, strict=True)]
                    yield pa.Table.from_arrays(arrays, names=names)
            except SQLAlchemyError:
                _forget_rest(cursor)
                raise

    # -- questions -----------------------------------------------------------------------------
    def _ask(self, question: Callable[[sa.Connection], Any]) -> Any:
        def once() -> Any:
            with self._guard(), self._engine.connect() as con:
                return question(con)

        return self._retry(once)

    def _types(self, table: str) -> dict[str, sa.types.TypeEngine]:
        if table not in self._columns:
            present = self.tables()
            if table not in present:
                raise self._missing_table(table, present)
            found = self._ask(lambda con: _columns(con, table))
            self._columns[table] = {column["name"]: column["type"] for column in found}
        return self._columns[table]

    def _dates(self, table_map: TableMap, where: sa.ColumnElement[bool]) -> DayCounts:
        """Rows per business date among those that `where` lets through."""
        if table_map.business_date is None:
            return {}
        self.check(table_map)
        text = _as_text(self._column(table_map, table_map.business_date), self._engine)
        # UTC times are counted by minute, for every zone's midnight is a whole minute of UTC.
        prefix = sa.func.substr(text, 1, 10 if self.clock.time_zone is None else 16).label("day")
        query = sa.select(prefix, sa.func.count()).select_from(sa.table(table_map.name)).where(where).group_by(prefix)
        found = self._ask(lambda con: con.execute(query).all())
        return summed((self._date(text_of_day), int(rows)) for text_of_day, rows in found)

    def _date(self, text: object) -> dt.date | None:
        try:
            moment = dt.datetime.fromisoformat(str(text).strip())
        except ValueError:
            return None
        return self.clock.dates(pa.array([moment], pa.timestamp("us")))[0].as_py()

    # -- statements ----------------------------------------------------------------------------
    def _column(self, table_map: TableMap, name: str) -> sa.ColumnClause[Any]:
        return sa.column(name, self._types(table_map.name)[name])

    def _selected(self, table: str) -> list[sa.ColumnElement[Any]]:
        return [self._read_as(name, kind) for name, kind in self._types(table).items()]

    def _read_as(self, name: str, kind: sa.types.TypeEngine) -> sa.ColumnElement[Any]:
        column: sa.ColumnClause[Any] = sa.column(name)
        if isinstance(kind, MYSQL_BIT):
            return (column + 0).label(name)  # as a number: drivers give bytes or booleans
        is_temporal = isinstance(kind, sa.Date | sa.DateTime | sa.Time)
        if is_temporal and self._engine.dialect.name in _TEXT_DATES:
            return _as_text(column, self._engine).label(name)
        return column

    def _moment(self, table_map: TableMap, name: str, moment: dt.datetime) -> Any:
        """A time as the column compares it: text beside text, a date or a time beside those."""
        kind = self._types(table_map.name)[name]
        if self._is_text(kind):
            return sa.literal(moment.isoformat(sep=" ") if moment.time() != dt.time() else moment.date().isoformat())
        return sa.literal(moment.date() if isinstance(kind, sa.Date) else moment, kind)

    def _is_text(self, kind: sa.types.TypeEngine) -> bool:
        return self._engine.dialect.name == "sqlite" or isinstance(kind, sa.String)

    def _where(self, table_map: TableMap, dates: Dates | None, *, is_undated_included: bool) -> sa.ColumnElement[bool]:
        name = table_map.business_date
        if name is None or dates is None:
            return sa.true()
        column = self._raw(table_map, name)
        bounds = [self.clock.bounds(days.first, days.last) for days in dates.stretches]
        wanted = [
            sa.and_(column >= self._moment(table_map, name, begin), column < self._moment(table_map, name, end))
            for begin, end in bounds
        ]
        return sa.or_(sa.false(), *wanted, *([self._undated(table_map, name)] if is_undated_included else []))

    def _raw(self, table_map: TableMap, name: str) -> sa.ColumnElement[Any]:
        """The column, compared as text where dates are text."""
        column = self._column(table_map, name)
        return sa.type_coerce(column, sa.String()) if self._is_text(column.type) else column

    def _undated(self, table_map: TableMap, name: str) -> sa.ColumnElement[bool]:
        column = self._raw(table_map, name)
        is_undated: list[sa.ColumnElement[bool]] = [column.is_(None)]
        if self._is_text(self._types(table_map.name)[name]):
            is_undated += [column.not_like(_DATE_SHAPE), _is_no_day(column)]
        elif self._engine.dialect.name in ("mysql", "mariadb"):
            # Zero months and days, and 31 June, are kept there under the older modes.
            is_undated.append(_is_no_day(_as_text(self._column(table_map, name), self._engine)))
        elif self._engine.dialect.name == "postgresql":
            is_undated.append(sa.not_(sa.func.isfinite(column)))
        is_undated.append(column < self._moment(table_map, name, self.clock.start_of(EARLIEST)))
        if self.clock.latest is not None:
            latest = self.clock.latest
            is_undated.append(column >= self._moment(table_map, name, self.clock.bounds(latest, latest)[1]))
        return sa.or_(*is_undated)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Turns the driver's errors into ours, without the URL, the statement or its values."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise self._connection.error(error) from None


def _columns(con: sa.Connection, table: str) -> Sequence[ReflectedColumn]:
    """Columns of a table; a type that SQLAlchemy does not know is read as its driver gives it, without a word."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Did not recognize type", sa.exc.SAWarning)
        return sa.inspect(con).get_columns(table)


def _relations(con: sa.Connection) -> list[str]:
    """Names of all that can be read like a table."""
    inspector = sa.inspect(con)
    asked = [inspector.get_table_names, inspector.get_view_names]
    asked += [inspector.get_materialized_view_names] if con.dialect.name == "postgresql" else []
    return sorted({name for ask in asked for name in ask()})


def _is_no_day(text: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Text of a date's shape that names no day, such as 2026-02-30: it lies in no stretch of dates.

    29 February counts too, a day or not: the few rows are sorted out after they are read. The whole table is asked
    this, so the months' lengths come last: only a day after the 28th gets there.
    """
    month, day = sa.func.substr(text, 6, 2), sa.func.substr(text, 9, 2)
    is_too_long = sa.or_(day > "31", month == "02", sa.and_(day > "30", month.in_(["04", "06", "09", "11"])))
    return sa.or_(sa.not_(month.between("01", "12")), day < "01", sa.and_(day > "28", is_too_long))


def _forget_rest(cursor: Any) -> None:
    """Stop PyMySQL from reading the rest of a broken line when it clears up, which fails with a loud trace."""
    unread: Any = getattr(cursor, "_result", None)
    if unread is not None and hasattr(unread, "unbuffered_active"):
        unread.unbuffered_active = False


def _as_text(column: sa.ColumnClause[Any], engine: sa.Engine) -> sa.ColumnElement[str]:
    """A date or time as ISO text, made by the database."""
    if engine.dialect.name == "mssql":
        return sa.func.convert(sa.literal_column("varchar(32)"), column, _ISO_STYLE, type_=sa.String())
    return sa.cast(column, sa.String(32))
