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
from wfm_pipeline.sources.clock import SourceClock
from wfm_pipeline.sources.retry import Retry
from wfm_pipeline.sources.sql import SqlReader

_LONGEST_TEXT: Final = 4_000
"""Room for one text value [characters]; drivers report far longer ones for text columns."""
_MANAGER_MISSING: Final = "ODBC is not installed on this machine: install the system package unixodbc"


class OdbcReader(SqlReader):
    """A database behind ODBC."""

    def __init__(self, url: str, *, clock: SourceClock, chunk_rows: int, retry: Retry) -> None:
        """Prepare the engine.

        Raises:
            SourceError: the ODBC manager or the driver is missing; the message names the package.
        """
        self._arrow_odbc = _load_arrow_odbc()
        super().__init__(url, clock=clock, chunk_rows=chunk_rows, retry=retry)
        arguments, _ = self._engine.dialect.create_connect_args(sa.make_url(url))
        self._connection_string: str = arguments[0]

    def _fetch(self, query: sa.Select[Any]) -> Iterator[pa.Table]:
        """Rows of a query in chunks, as columns from the start."""
        try:
            batches = self._arrow_odbc.read_arrow_batches_from_odbc(
                query=_statement(query, self._engine),
                connection_string=self._connection_string,
                batch_size=self.chunk_rows,
                max_text_size=_LONGEST_TEXT,
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


def _load_arrow_odbc() -> ModuleType:
    try:
        import arrow_odbc  # noqa: PLC0415
        import pyodbc  # noqa: F401, PLC0415  (loaded only when ODBC is used)
    except (ImportError, OSError) as error:
        raise SourceError(f"{_MANAGER_MISSING} ({error})") from None
    return arrow_odbc
