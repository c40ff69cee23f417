"""Source against ledger, one table at a time: which dates hold other rows than bronze has read.

Counts are asked of the source for every date; rows are read and hashed only where counts say nothing.
What the answers mean for a run is in stale_dates.py.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.digests import DayDigests, is_same_version
from wfm_pipeline.sources.reader import DayCounts, SourceReader
from wfm_pipeline.warehouse.bronze.days import stale_dates, suspect_dates, watermark
from wfm_pipeline.warehouse.day_checks import due_dates, known_days, known_undated, note_checked, state_hashes
from wfm_pipeline.warehouse.engines.engine import Warehouse


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about one table.

    Attributes:
        stale: Stale date -> what the source holds now, its number of rows or their digest.
        compared: Dates whose rows were compared.
    """

    stale: Mapping[dt.date, str]
    compared: frozenset[dt.date] = frozenset()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A source and the warehouse that follows it, both open."""

    source_map: SourceMap
    reader: SourceReader
    warehouse: Warehouse

    def look(self, table_map: TableMap, day_counts: DayCounts, *, overlap_days: int, check_days: int) -> Found:
        """Which dates of a table are stale: by their count, else by their rows.

        Args:
            table_map: A table that is read by date.
            day_counts: Date -> rows the source holds now; None -> those without a date.
            overlap_days: Days before the last known one that are always compared [days].
            check_days: Older dates to compare in turn [days].
        """
        dated = {date: rows for date, rows in day_counts.items() if date is not None}
        known = known_days(self.warehouse, self.source_map, table_map)
        ledger = {date: day.rows for date, day in known.items()}
        stale = stale_dates(day_counts=dated, ledger=ledger)
        contents = {date: f"{dated[date]} rows" for date in stale}
        if not known:
            return Found(contents)
        since = watermark(self.warehouse, self.source_map, table_map).changed_since(overlap_days)
        suspects = suspect_dates(
            day_counts=dated,
            ledger=ledger,
            changed=self.reader.changed_dates(table_map, since) if since else frozenset(),
            overlap_days=overlap_days,
        )
        suspects |= due_dates(known, day_counts=dated, besides=suspects, most=check_days)
        held, differing = self._compare(
            table_map, {date: known[date].digest for date in suspects}, is_undated_included=None in day_counts
        )
        contents |= {date: held.digest(date) for date in differing}
        if known_undated(self.warehouse, self.source_map, table_map) != held.digest(None):
            contents.setdefault(max(known), held.digest(None))  # rows without a date are read with any date
        return Found(contents, frozenset(suspects))

    def is_changed(self, table_map: TableMap) -> bool:
        """True where a table that is read whole holds other rows than when it was last read."""
        held = self.reader.digests(table_map).whole()
        return known_undated(self.warehouse, self.source_map, table_map) != held.digest(None)

    def _compare(
        self, table_map: TableMap, known: Mapping[dt.date, str | None], *, is_undated_included: bool
    ) -> tuple[DayDigests, frozenset[dt.date]]:
        """What the source holds for some dates, and which of them differ; the others are noted as compared."""
        began = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        unknown = {date for date, digest in known.items() if not is_same_version(digest)}
        held, foreign = self._held(table_map, Dates.of(known), unknown, is_undated_included=is_undated_included)
        differing = foreign | {
            date for date, digest in known.items() if date not in unknown and digest != held.digest(date)
        }
        same = known.keys() - differing
        note_checked(
            self.warehouse,
            self.source_map,
            table_map,
            dates=same,
            digests={date: held.digest(date) for date in unknown & same},
            checked_at=began,
        )
        return held, frozenset(differing)

    def _held(
        self, table_map: TableMap, dates: Dates, unknown: set[dt.date], *, is_undated_included: bool
    ) -> tuple[DayDigests, set[dt.date]]:
        """What the source holds for some dates, and which of the unknown ones hold a row that bronze has not.

        Rows without a date are looked for only where the source has some: they are found in no index.
        """
        state = state_hashes(self.warehouse, self.source_map, table_map, Dates.of(unknown))
        held, foreign = DayDigests(), set[dt.date]()
        for chunk in self.reader.read(table_map, dates, is_undated_included=is_undated_included):
            held.add(chunk)
            if unknown:
                rows = zip(chunk["_business_date"].to_pylist(), chunk["_row_hash"].to_pylist(), strict=True)
                foreign |= {date for date, row in rows if date in unknown and row not in state.get(date, ())}
        return held, foreign
