"""A source that may lack tables of its map: those are read as empty, with a notice.

Not here: reading what is there (databases, files).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cached_property

import pyarrow as pa

from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.sources.reader import DayCounts, SourceReader


class LenientReader(SourceReader):
    """A reader for which some tables are empty where the source does not have them."""

    def __init__(self, reader: SourceReader, tables: Sequence[TableMap]) -> None:
        """Read through another reader; `tables` are those that may be absent."""
        super().__init__(clock=reader.clock, chunk_rows=reader.chunk_rows)
        self.reader = reader
        self.optional = {table.name: table for table in tables}

    @cached_property
    def absent(self) -> frozenset[str]:
        """Names of those that are."""
        return frozenset(self.optional) - frozenset(self.reader.tables())

    def tables(self) -> list[str]:
        """Names of the source's tables, sorted."""
        return self.reader.tables()

    def columns(self, table: str) -> list[str]:
        """Columns of a table, of one that is absent those of its map."""
        return list(self.optional[table].types) if self._is_absent(table) else self.reader.columns(table)

    def head(self, table: str, rows: int) -> pa.Table:
        """The first rows of a table as they come."""
        if self._is_absent(table):
            return pa.table({name: pa.array([], pa.string()) for name in self.optional[table].types})
        return self.reader.head(table, rows)

    def day_counts(self, table_map: TableMap) -> DayCounts:
        """Rows per business date; none of a table that is absent."""
        return {} if self._is_absent(table_map.name) else self.reader.day_counts(table_map)

    def changed_dates(self, table_map: TableMap, since: dt.datetime) -> set[dt.date]:
        """Business dates of rows changed since."""
        return set() if self._is_absent(table_map.name) else self.reader.changed_dates(table_map, since)

    def read(
        self, table_map: TableMap, dates: Dates | None = None, *, is_undated_included: bool = True
    ) -> Iterator[pa.Table]:
        """Rows of these business dates; see `SourceReader.read`."""
        if self._is_absent(table_map.name):
            return iter(())
        return self.reader.read(table_map, dates, is_undated_included=is_undated_included)

    def check(self, table_map: TableMap) -> list[str]:
        """Notices of a table; that it is absent is one."""
        if self._is_absent(table_map.name):
            return [f"the source has no table {table_map.name}: nothing is read of it"]
        return self.reader.check(table_map)

    def close(self) -> None:
        """Give the connection back."""
        self.reader.close()

    def _is_absent(self, table: str) -> bool:
        return table in self.optional and table in self.absent


def lenient(reader: SourceReader, tables: Sequence[TableMap]) -> SourceReader:
    """The reader, which takes tables that may be absent for empty.

    Args:
        reader: Any reader.
        tables: Tables of the source's map.

    Returns:
        The reader itself where no table may be absent.
    """
    optional = [table for table in tables if table.is_optional]
    return LenientReader(reader, optional) if optional else reader
