"""What every reader of a source can do.

A reader gives rows ready for bronze (see rows/prepare.py), in chunks, and answers cheap questions about
dates, so that a run need not read what it has. It never writes to a source.
Not here: which reader a URL means (opening.py).
"""

import datetime as dt
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.digests import DayDigests
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.prepare import extra_columns

DayCounts = Mapping[dt.date | None, int]
"""Business date -> rows; None -> rows without a date that can be used."""


class SourceReader(ABC):
    """One open source. Use it as a context manager."""

    def __init__(self, *, clock: SourceClock, chunk_rows: int) -> None:
        """Keep what all readers need."""
        self.clock = clock
        self.chunk_rows = chunk_rows

    @abstractmethod
    def tables(self) -> list[str]:
        """Names of the source's tables, sorted."""

    @abstractmethod
    def columns(self, table: str) -> list[str]:
        """Columns of a table, in the source's order."""

    @abstractmethod
    def head(self, table: str, rows: int) -> pa.Table:
        """The first rows of a table as they come, for a look; a table without rows has its columns."""

    @abstractmethod
    def day_counts(self, table_map: TableMap) -> DayCounts:
        """Rows per business date, in order; under None those without a usable date, where there are any."""

    @abstractmethod
    def changed_dates(self, table_map: TableMap, since: dt.datetime) -> set[dt.date]:
        """Business dates of rows whose `changed_at` is at or after `since`; none where the map names no such column."""

    @abstractmethod
    def read(
        self, table_map: TableMap, dates: Dates | None = None, *, is_undated_included: bool = True
    ) -> Iterator[pa.Table]:
        """Rows of these business dates and no others, ready for bronze, in chunks.

        Args:
            table_map: The table.
            dates: Business dates; None for all.
            is_undated_included: Also rows whose business date is missing or no date: they would
                never be read otherwise, and so never be refused with a reason.

        Raises:
            SourceError: the source does not answer, or is not as the map says. Nothing has been
                given out by then that was not read to its end.
        """

    def digests(self, table_map: TableMap, dates: Dates | None = None) -> DayDigests:
        """What the source holds for these business dates (None: all), and without a date, without keeping the rows."""
        held = DayDigests()
        for chunk in self.read(table_map, dates):
            held.add(chunk)
        return held

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    def check(self, table_map: TableMap) -> list[str]:
        """Compare a table with its map before anything is read.

        Returns:
            Notices: optional columns that are absent, columns that the map does not name.

        Raises:
            SourceError: the table or a required column is missing; the message says which are there.
        """
        present = self.columns(table_map.name)
        wanted = [name for name in table_map.types if name not in present]
        missing = [name for name in wanted if name not in table_map.optional]
        if missing:
            raise SourceError(
                f"table {table_map.name} lacks columns {', '.join(missing)}; it has {', '.join(present)}; "
                "name the new columns in the source map, or list what may be absent under optional",
                table=table_map.name,
                missing=missing,
                present=present,
            )
        notices = [f"table {table_map.name} has no column {name}: read as null" for name in wanted]
        extras = extra_columns(present, table_map)
        return (
            [*notices, f"table {table_map.name} has further columns, kept as text: {', '.join(extras)}"]
            if extras
            else notices
        )

    def _missing_table(self, table: str, present: Sequence[str]) -> SourceError:
        return SourceError(
            f"the source has no table {table}; it has {', '.join(sorted(present)) or 'no tables'}; "
            "check the URL, or the tables of the source map",
            table=table,
            present=sorted(present),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def summed(counts: Iterable[tuple[dt.date | None, int]]) -> DayCounts:
    """Counts of the same date added up, in order; the rows without a date last."""
    total: dict[dt.date | None, int] = {}
    for date, rows in counts:
        total[date] = total.get(date, 0) + rows
    return dict(sorted(total.items(), key=lambda item: (item[0] is None, item[0] or dt.date.max)))


def unread_dates(reader: SourceReader, table_map: TableMap, *, most: int = 3) -> list[str]:
    """Different texts of a table's business date that are no date, from its first rows."""
    first = next(reader.read(table_map, Dates()), None)
    kept = first["_misfits"].drop_null().to_pylist() if first is not None else []
    texts = (json.loads(misfits).get(table_map.business_date) for misfits in kept)
    return list(itertools.islice(dict.fromkeys(text for text in texts if text), most))


def chosen(dates: pa.ChunkedArray, wanted: Dates | None, *, is_undated_included: bool) -> pa.ChunkedArray:
    """Which rows of these business dates a read is about."""
    is_dated = pc.is_valid(dates)
    if wanted is None:
        return pc.or_(is_dated, is_undated_included)
    found = pc.is_in(dates, value_set=pa.array(wanted, pa.date32()))
    return pc.or_(found, pc.invert(is_dated)) if is_undated_included else found
