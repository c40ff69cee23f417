"""Which business dates the next run is about, found by asking and comparing, not by reading everything again.

A date is stale when the source holds another number of rows than when it was read, or other rows. The
latter is looked up for the dates of the overlap, for dates with changes since the watermark, and in
turn for some older ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wfm_pipeline.asset_keys import UNREAD_TAG, dates_tag
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError, example
from wfm_pipeline.orchestration.partitions.stale_tables import Comparison
from wfm_pipeline.resources import House
from wfm_pipeline.sources.reader import DayCounts, SourceReader, unread_dates
from wfm_pipeline.warehouse.bronze.pending import pending_dates
from wfm_pipeline.warehouse.standing import note_site


@dataclass(frozen=True, slots=True)
class StaleDates:
    """What a run must read and refresh.

    Attributes:
        dates: Stale business dates: what the run reads, and no others.
        waiting: Dates that bronze has and some silver table has not refreshed yet: nothing to read.
        compared: Dates whose rows were compared with the source.
        changed_tables: Tables without business dates of which the source holds other rows than bronze.
        contents: What tells the stale rows found now from others: rows or digest by table and date.
        notices: What the source's tables have more or less than their map, in words.
        by_source: Of a site's sources that are read, the stale dates of each.
        unread: Of a site's sources those that are not read, with the reason; where the reason is empty, it was no fault.
    """

    dates: Dates
    waiting: Dates = field(default_factory=Dates)
    compared: Dates = field(default_factory=Dates)
    changed_tables: tuple[str, ...] = ()
    contents: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()
    by_source: Mapping[str, Dates] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_anything_new(self) -> bool:
        """True where bronze or silver has something to do."""
        return bool(self.dates or self.waiting or self.changed_tables)

    @property
    def words(self) -> str:
        """What was found, for a person."""
        found = [f"{len(self.dates)} stale dates ({_shown(self.dates)})" if self.dates else "no stale date"]
        found += [f"{len(self.waiting)} dates to refresh in silver"] if self.waiting else []
        found += [f"changed: {', '.join(self.changed_tables)}"] if self.changed_tables else []
        return "; ".join([*found, f"{len(self.compared)} older dates compared"])


def _nothing_dated(
    source: str, reader: SourceReader, tables: Sequence[TableMap], counts: Mapping[str, DayCounts]
) -> SourceError:
    """Nothing to load: there are no rows, or none whose date can be read."""
    for table_map in tables:
        if rows := counts[table_map.name].get(None):
            shown = ", ".join(example(text) for text in unread_dates(reader, table_map))
            return SourceError(
                f"table {table_map.name} of source {source!r}: none of {rows:,} rows has a date in column "
                f"{table_map.business_date} that can be read{f', such as {shown}' if shown else ''}; say in the source map "
                f'how it is written: {table_map.business_date} = {{ type = "{table_map.types[str(table_map.business_date)]}", '
                'format = "%m/%d/%Y" }',
                tables=tuple(counts),
            )
    return SourceError(
        f"source {source!r} holds no dated rows in {', '.join(counts)}; "
        "there is nothing to load: check source_url, or load a file with `wfm load`",
        tables=tuple(counts),
    )


_SHOWN = 6


def _shown(dates: Dates) -> str:
    parts = [str(days).replace("..", " to ") for days in dates.stretches]
    more = len(parts) - _SHOWN
    return ", ".join(parts[:_SHOWN]) + (f" and {more} more stretches" if more > 0 else "")


def find_stale_dates(house: House, *, check_days: int | None = None) -> StaleDates:
    """Ask the source, or each of a site's, and the warehouse which dates are stale.

    One source of a site that cannot be asked does not stop the others; it is noted, and what it feeds is unknown from the
    day after the date it stands at.

    Args:
        house: The house.
        check_days: Older dates to compare in turn [days]; None takes the setting for a night.

    Raises:
        SourceError: the source, or every source of the site, cannot be reached, lacks a table or column of its map, or
            holds no dated rows at all.
    """
    turn = house.settings.check_days_per_night if check_days is None else check_days
    if not house.source_map.members:
        return _stale_dates_of(house, house.source_map, turn)
    found, faults = dict[str, StaleDates](), dict[str, SourceError]()
    for part in house.read_parts:
        try:
            found[part.name] = _stale_dates_of(house, part, turn)
        except SourceError as error:
            faults[part.name] = error
    if not found:
        raise SourceError("; ".join(f"source {name} cannot be read: {error}" for name, error in faults.items()))
    with house.open_warehouse() as warehouse:
        unread = note_site(warehouse, house.source_map, read=set(found), in_use=house.parts_in_use, faults=faults)
        waiting = Dates.of(pending_dates(warehouse, house.source_map))
    return _together(found, waiting, unread)


def tags_of_sources(stale: StaleDates) -> dict[str, str]:
    """Run tags that say what is read of each source of a site; none where there is one source."""
    tags = {dates_tag(name): str(dates) for name, dates in stale.by_source.items()}
    return {**tags, UNREAD_TAG: ",".join(stale.unread)} if stale.unread else tags


def _together(found: Mapping[str, StaleDates], waiting: Dates, unread: Mapping[str, str]) -> StaleDates:
    """What was found of each source of a site, as one."""
    each = found.values()
    return StaleDates(
        Dates.of(date for one in each for date in one.dates),
        waiting=waiting,
        compared=Dates.of(date for one in each for date in one.compared),
        changed_tables=tuple(f"{name} {table}" for name, one in found.items() for table in one.changed_tables),
        contents=frozenset(f"{name} {held}" for name, one in found.items() for held in one.contents),
        notices=tuple(f"{name}: {notice}" for name, one in found.items() for notice in one.notices),
        by_source={name: one.dates for name, one in found.items()},
        unread=unread,
    )


def _stale_dates_of(house: House, source_map: SourceMap, turn: int) -> StaleDates:
    """Ask one source; `turn` older dates are compared."""
    with house.open_source(source_map) as reader:
        notices = [notice for table_map in source_map.tables for notice in reader.check(table_map)]
        daily = [table_map for table_map in source_map.tables if table_map.load == "incremental"]
        counts = {table_map.name: reader.day_counts(table_map) for table_map in daily}
        if not any(date for found in counts.values() for date in found):
            raise _nothing_dated(source_map.name, reader, daily, counts)
        with house.open_warehouse() as warehouse:
            comparison = Comparison(source_map, reader, warehouse)
            overlap = house.settings.overlap_days
            looked = {
                table.name: comparison.look(table, counts[table.name], overlap_days=overlap, check_days=turn)
                for table in daily
            }
            whole = [table_map for table_map in source_map.tables if table_map.load == "full"]
            changed = [table_map.name for table_map in whole if comparison.is_changed(table_map)]
            waiting = pending_dates(warehouse, source_map)
    return StaleDates(
        Dates.of(date for found in looked.values() for date in found.stale),
        waiting=Dates.of(waiting),
        compared=Dates.of(date for found in looked.values() for date in found.compared),
        changed_tables=tuple(changed),
        contents=frozenset(
            f"{name} {date} {held}" for name, found in looked.items() for date, held in found.stale.items()
        ),
        notices=tuple(notices),
    )
