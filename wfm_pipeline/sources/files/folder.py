"""Reads a folder of exports: one CSV, gzipped CSV, Parquet file or workbook per table, named like the table."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.databases.retry import Retry
from wfm_pipeline.sources.files.raw_files import SUFFIXES, column_names, notices_of, read_file
from wfm_pipeline.sources.reader import DayCounts, SourceReader, chosen, summed
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.prepare import prepare, typed_column
from wfm_pipeline.sources.rows.spool import read_whole

_ONCE = Retry(attempts=1)


class FileReader(SourceReader):
    """A folder with one file per table."""

    def __init__(self, folder: Path, *, clock: SourceClock, chunk_rows: int) -> None:
        """Keep the folder."""
        super().__init__(clock=clock, chunk_rows=chunk_rows)
        self.folder = folder

    def tables(self) -> list[str]:
        """Names of the files that can be tables, without their endings."""
        return sorted(self._paths())

    def columns(self, table: str) -> list[str]:
        """Columns of a table's file."""
        return column_names(self._path(table))

    def head(self, table: str, rows: int) -> pa.Table:
        """The first rows of a table's file."""
        path = self._path(table)
        empty = pa.table({name: pa.array([], pa.string()) for name in column_names(path)})
        return next(read_file(path, chunk_rows=rows), empty).slice(0, rows)

    def check(self, table_map: TableMap) -> list[str]:
        """As for every reader; also says what of a file is read otherwise than it stands."""
        return [*super().check(table_map), *notices_of(self._path(table_map.name))]

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
        return read_file(self._path(table_map.name), chunk_rows=self.chunk_rows, columns=columns)

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

    def _paths(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for path in sorted(self.folder.iterdir()):
            suffix = next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), None)
            if suffix and not path.name.startswith("~$"):  # which a spreadsheet keeps beside a file it has open
                name = path.name.removesuffix(suffix)
                if name in found:
                    raise SourceError(
                        f"{self.folder} holds {found[name].name} and {path.name}: one file per table, move one away",
                        table=name,
                    )
                found[name] = path
        return found

    def _path(self, table: str) -> Path:
        paths = self._paths()
        if table not in paths:
            raise self._missing_table(table, list(paths))
        return paths[table]
