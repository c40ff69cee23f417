"""Reads a database through ODBC: questions by pyodbc, rows in bulk by arrow-odbc.

Used for URLs with driver `pyodbc`, such as
`mysql+pyodbc://user:password@host:3306/database?driver=MariaDB+Unicode`. Both libraries need the
system's ODBC manager, so they are loaded only here and only when such a URL is used.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.databases.connect import URL_OF_SOURCE
from wfm_pipeline.sources.databases.retry import Retry
from wfm_pipeline.sources.databases.sql import SqlReader
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.urls import parse_url

_LONGEST_TEXT: Final = 65_535
"""Room for one text value [characters]: all of a MariaDB `text`; drivers report far more for longer types."""
_BATCH_BYTES: Final = 64 << 20
"""Room for one batch [bytes]: a table with long texts comes in smaller batches."""
_MANAGER_MISSING: Final = "ODBC is not installed on this machine: install the system package unixodbc"


class OdbcReader(SqlReader):
    """A database behind ODBC."""

    def __init__(self, url: str, *, clock: SourceClock, chunk_rows: int, retry: Retry) -> None:
        """Prepare the engine.

        Raises:
            SourceError: the ODBC manager or the driver is missing; the message names the package.
        """
        self._arrow_odbc, pyodbc = _load_libraries()
        words = connection_string(parse_url(url, what=URL_OF_SOURCE).parts)
        super().__init__(url, clock=clock, chunk_rows=chunk_rows, retry=retry, connect=lambda: pyodbc.connect(words))
        self._connection_string = words

    def _fetch(self, query: sa.Select[Any]) -> Iterator[pa.Table]:
        """Rows of a query in chunks, as columns from the start."""
        try:
            batches = self._arrow_odbc.read_arrow_batches_from_odbc(
                query=_statement(query, self._engine),
                connection_string=self._connection_string,
                batch_size=self.chunk_rows,
                max_text_size=_LONGEST_TEXT,
                max_bytes_per_batch=_BATCH_BYTES,
                falliable_allocations=True,
            )
            for batch in batches:
                yield pa.Table.from_batches([batch])
        except self._arrow_odbc.Error as error:
            raise self._connection.error(error) from None


def _statement(query: sa.Select[Any], engine: sa.Engine) -> str:
    """The query with its values written out: dates and numbers of ours, never a source's values."""
    compiled = query.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
    return str(compiled).replace("%%", "%")


def connection_string(url: sa.URL) -> str:
    """The URL as an ODBC connection string.

    Made here because SQLAlchemy writes `server,port` for every database, as SQL Server wants it:
    others take that for their default port without a word.
    """
    if "odbc_connect" in url.query:
        return str(url.query["odbc_connect"])
    is_sql_server = url.get_backend_name() == "mssql"
    address = f"{url.host},{url.port}" if is_sql_server and url.port else url.host
    words = {"DRIVER": url.query.get("driver"), "SERVER": address, "PORT": None if is_sql_server else url.port}
    words |= {"DATABASE": url.database, "UID": url.username, "PWD": url.password}
    words |= {name: value for name, value in url.query.items() if name != "driver"}
    return ";".join(f"{name}={_in_braces(value)}" for name, value in words.items() if value not in (None, ""))


def _in_braces(value: object) -> str:
    text = str(value)
    return text if text.isalnum() else "{" + text.replace("}", "}}") + "}"


def _load_libraries() -> tuple[ModuleType, ModuleType]:
    """arrow-odbc and pyodbc."""
    try:
        import arrow_odbc  # noqa: PLC0415  (loaded only when ODBC is used)
        import pyodbc  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise SourceError(f"{_MANAGER_MISSING} ({error})") from None
    return arrow_odbc, pyodbc
