"""Which business dates the next run is about: new ones, the overlap, late rows, corrected ones, and what a killed run left undone."""

import datetime as dt
from dataclasses import dataclass

from wfm_pipeline.assets.common import Days
from wfm_pipeline.contracts.source_map import TableMap
from wfm_pipeline.errors import SourceError
from wfm_pipeline.resources import House
from wfm_pipeline.sources.reader import SourceReader
from wfm_pipeline.warehouse.bronze_days import ledger, stale_dates, watermark
from wfm_pipeline.warehouse.engine import Warehouse
from wfm_pipeline.warehouse.pending import pending_dates


@dataclass(frozen=True, slots=True)
class Plan:
    """The dates a run must read and refresh.

    Attributes:
        dates: Stale business dates, in order; at least one.
        notices: What the source's tables have more or less than their map, in words.
    """

    dates: tuple[dt.date, ...]
    notices: tuple[str, ...] = ()

    @property
    def days(self) -> Days:
        """The shortest stretch that holds all of them."""
        return Days(self.dates[0], self.dates[-1])

    def blocks(self) -> list[Days]:
        """Stretches of consecutive dates: what late data touches, and no more."""
        found: list[Days] = []
        for date in self.dates:
            if found and date - found[-1].last == dt.timedelta(days=1):
                found[-1] = Days(found[-1].first, date)
            else:
                found.append(Days(date, date))
        return found


def plan_run(house: House) -> Plan:
    """Ask the source and the warehouse which dates are stale.

    Raises:
        SourceError: the source lacks a table or column of its map, or holds no dated rows at all.
    """
    with house.open_source() as reader:
        notices = [notice for table_map in house.source_map.tables for notice in reader.check(table_map)]
        daily = [table_map for table_map in house.source_map.tables if table_map.load == "incremental"]
        counts = {table_map.name: reader.day_counts(table_map) for table_map in daily}
        if not any(counts.values()):
            raise SourceError(
                f"source {house.source_map.name!r} holds no dated rows in {', '.join(counts)}; "
                "there is nothing to load: check source_url, or load a file with `wfm load`",
                tables=tuple(counts),
            )
        with house.open_warehouse() as warehouse:
            stale = pending_dates(warehouse, house.source_map)
            stale |= {date for table in daily for date in _stale(house, warehouse, reader, table, counts[table.name])}
    newest = max(date for days in counts.values() for date in days)
    return Plan(tuple(sorted(stale or {newest})), tuple(notices))


def _stale(
    house: House, warehouse: Warehouse, reader: SourceReader, table_map: TableMap, counts: dict[dt.date, int]
) -> set[dt.date]:
    since = watermark(warehouse, house.source_map, table_map).changed_since(house.settings.overlap_days)
    return stale_dates(
        day_counts=counts,
        ledger=ledger(warehouse, house.source_map, table_map),
        changed=reader.changed_dates(table_map, since) if since else frozenset(),
        overlap_days=house.settings.overlap_days,
    )
