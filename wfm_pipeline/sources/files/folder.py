"""Reads a folder of exports: per table one file named like it, or several whose names fit a pattern of the map.

Not here: which files those are (folder_tables), and what is in one (raw_files).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.contracts.source.source_map import Events, TableMap
from wfm_pipeline.contracts.source.update_log import UpdateLog
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.databases.retry import Retry
from wfm_pipeline.sources.files.event_logs import log_of
from wfm_pipeline.sources.files.folder_tables import (
    columns_of,
    first_rows,
    logs_of,
    notices_of_files,
    rows_of_files,
    tables_of,
)
from wfm_pipeline.sources.reader import DayCounts, SourceReader, chosen, summed
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.prepare import prepare, typed_column
from wfm_pipeline.sources.rows.spool import read_whole

_ONCE = Retry(attempts=1)


class FileReader(SourceReader):
    """A folder of files."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: SourceClock,
        chunk_rows: int,
        patterns: Mapping[str, str] | None = None,
        events: Mapping[str, Events] | None = None,
        updates: Mapping[str, UpdateLog] | None = None,
    ) -> None:
        """Keep the folder, the patterns of tables that are several files, and which tables are logs of events."""
        super().__init__(clock=clock, chunk_rows=chunk_rows)
        self.folder = folder
        self.events = {
            table: log_of(kind, (updates or {}).get(table), is_utc=clock.is_utc)
            for table, kind in (events or {}).items()
        }
        self.patterns = dict(patterns or {})

    def tables(self) -> list[str]:
        """Names of the tables: of files without their endings, and those with a pattern that some file fits."""
        logs = [table for table in self.events if logs_of(self.folder, self.patterns[table])]
        return sorted({*tables_of(self.folder, self.patterns), *logs})

    def columns(self, table: str) -> list[str]:
        """Columns of a table's files."""
        if table in self.events:
            return list(self.events[table].columns)
        return columns_of(table, self._paths(table))

    def head(self, table: str, rows: int) -> pa.Table:
        """The first rows of a table's files."""
        if table in self.events:
            return pa.concat_tables(self._stays(table, chunk_rows=rows)).slice(0, rows)
        return first_rows(self._paths(table), self.columns(table), rows)

    def check(self, table_map: TableMap) -> list[str]:
        """As for every reader; also says what of a file is read otherwise than it stands."""
        paths = self._paths(table_map.name)
        if table_map.name in self.events:
            return super().check(table_map)
        return [*super().check(table_map), *notices_of_files(self.folder, paths, self.patterns.get(table_map.name))]

    def day_counts(self, table_map: TableMap) -> DayCounts:
        """Rows per business date, from that one column of the file."""
        if table_map.business_date is None:
            return {}
        self.check(table_map)
        return summed(
            (entry["values"], entry["counts"])
            for chunk in self._chunks(table_map, [table_map.business_date])
            for entry in pc.value_counts(self._dates(chunk, table_map)).to_pylist()
        )

    def changed_dates(self, table_map: TableMap, since: dt.datetime) -> set[dt.date]:
        """Business dates of rows changed at or after `since`."""
        changed, date = table_map.changed_at, table_map.business_date
        if changed is None or date is None or changed not in self.columns(table_map.name):
            return set()
        dates: set[dt.date] = set()
        for chunk in self._chunks(table_map, list(dict.fromkeys([date, changed]))):
            moments = self._values(chunk, table_map, changed)
            is_new = pc.greater_equal(moments, pa.scalar(since, pa.timestamp("us")))
            dates |= set(self._dates(chunk, table_map).filter(is_new).drop_null().to_pylist())
        return dates

    def read(
        self, table_map: TableMap, dates: Dates | None = None, *, is_undated_included: bool = True
    ) -> Iterator[pa.Table]:
        """Rows of these business dates, ready for bronze; see `SourceReader.read`."""
        self.check(table_map)

        def chunks() -> Iterator[pa.Table]:
            for raw in self._chunks(table_map, None):
                wanted = self._wanted(raw, table_map, dates, is_undated_included=is_undated_included)
                if wanted.num_rows:
                    yield prepare(wanted, table_map, self.clock)

        yield from read_whole(chunks, _ONCE)

    def close(self) -> None:
        """Nothing is held open."""

    def _chunks(self, table_map: TableMap, columns: list[str] | None) -> Iterator[pa.Table]:
        names = self.columns(table_map.name) if columns is None else columns
        if table_map.name in self.events:
            return (chunk.select(names) for chunk in self._stays(table_map.name, chunk_rows=self.chunk_rows))
        return rows_of_files(self._paths(table_map.name), names, chunk_rows=self.chunk_rows)

    def _stays(self, table: str, *, chunk_rows: int) -> Iterator[pa.Table]:
        """Rows of a log of events."""
        return self.events[table].read(self._paths(table), chunk_rows=chunk_rows)

    def _wanted(
        self, chunk: pa.Table, table_map: TableMap, dates: Dates | None, *, is_undated_included: bool
    ) -> pa.Table:
        """Rows of these dates, chosen before the dear work on every row."""
        if table_map.business_date is None:
            return chunk
        return chunk.filter(chosen(self._dates(chunk, table_map), dates, is_undated_included=is_undated_included))

    def _dates(self, chunk: pa.Table, table_map: TableMap) -> pa.Array:
        name = table_map.business_date
        assert name
        return self.clock.dates(self._values(chunk, table_map, name))

    def _values(self, chunk: pa.Table, table_map: TableMap, name: str) -> pa.Array:
        return typed_column(chunk[name].combine_chunks(), table_map, name, is_utc=self.clock.is_utc).values

    def _paths(self, table: str) -> list[Path]:
        found = tables_of(self.folder, self.patterns)
        if table in self.events and (logs := logs_of(self.folder, self.patterns[table])):
            return logs
        if table in found:
            return found[table]
        if table in self.patterns:
            raise SourceError(
                f"no file of {self.folder} fits files = {self.patterns[table]!r} of table {table}; it has "
                f"{', '.join(found) or 'no tables'}; check the URL, or the pattern in the source map",
                table=table,
                present=list(found),
            )
        raise self._missing_table(table, list(found))
