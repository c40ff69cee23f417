"""Versions of the site's calendar as they are kept: noted at every hour, approved or refused by a planner.

Not here: when a version comes into force (domain/backlog/calendar_versions), opening hours as planners state them (queue_hours).
"""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from wfm_pipeline.contracts.backlog.calendar_versions import BACKLOG_CALENDAR
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.backlog.calendar_clock import WorkingCalendars
from wfm_pipeline.domain.backlog.calendar_versions import (
    YEARS_AHEAD,
    YEARS_BACK,
    CalendarVersion,
    decided,
    new_versions,
    told_now,
    working_calendars,
)
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_source
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar


def calendar_versions(warehouse: Warehouse, source_map: SourceMap) -> list[CalendarVersion]:
    """All versions that were ever seen, in order; none where the calendar was never noted.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
    """
    if not warehouse.has(BACKLOG_CALENDAR.full_name):
        return []
    rows = warehouse.frame(of_source(source_map).filter(warehouse.table(BACKLOG_CALENDAR.full_name)))
    ordered = rows.sort_values("version").drop(columns="source").astype(object)
    return [CalendarVersion(**row) for row in ordered.where(ordered.notna(), None).to_dict("records")]  # type: ignore[arg-type]


def note_calendar(warehouse: Warehouse, source_map: SourceMap, now: pd.Timestamp) -> list[CalendarVersion]:
    """Write down what the calendar says now, where it is another than before; the same again writes nothing.

    Args:
        warehouse: An open warehouse; a writer holds it.
        source_map: The source, whose site is the desk's own.
        now: The instant, naive UTC.

    Returns:
        New versions: one in force from now on, one that waits for approval; none where nothing changed.
    """
    calendar = read_queue_calendar(warehouse, source_map)
    own, feed = told_now(calendar, range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1))
    made = new_versions(calendar_versions(warehouse, source_map), own, feed, now)
    keep_versions(warehouse, source_map, made)
    return made


def decide_calendar(
    warehouse: Warehouse, source_map: SourceMap, version: int, *, is_approved: bool, by: str, now: pd.Timestamp
) -> CalendarVersion:
    """Approve or refuse a version that waits.

    Args:
        warehouse: An open warehouse; a writer holds it.
        source_map: The source.
        version: Its number.
        is_approved: It counts from now on; else never.
        by: Who says so.
        now: The instant, naive UTC.

    Returns:
        The version as it stands now.

    Raises:
        DataError: no such version waits.
    """
    known = calendar_versions(warehouse, source_map)
    made = decided(known, version, is_approved=is_approved, by=by, now=now)
    keep_versions(warehouse, source_map, made)
    return made[0]


def read_working_calendars(warehouse: Warehouse, source_map: SourceMap) -> WorkingCalendars | None:
    """Working time by all versions that ever counted; None where the calendar was never noted.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
    """
    known = calendar_versions(warehouse, source_map)
    return working_calendars(known) if known else None


def calendar_words(known: Sequence[CalendarVersion]) -> list[str]:
    """What a reader should know: versions that wait, and the one that counts until they are approved.

    Args:
        known: All versions there are.
    """
    return [
        f"version {one.version} of the calendar waits for approval since {one.seen_at:%Y-%m-%d %H:%M} UTC ({one.difference}); until then "
        "the former one counts"
        for one in known
        if one.status == "waiting"
    ]


def keep_versions(warehouse: Warehouse, source_map: SourceMap, versions: Sequence[CalendarVersion]) -> None:
    """Write versions down by their numbers, each replaced whole: a second writer of the same leaves the same.

    Args:
        warehouse: An open warehouse; a writer holds it.
        source_map: The source.
        versions: New ones, or decided ones.
    """
    warehouse.create(BACKLOG_CALENDAR)
    with warehouse.transaction():
        for one in versions:
            row = pd.DataFrame([{"source": source_map.name, **asdict(one)}]).astype({"decided_by": "str"})
            row = row.assign(known_from=row["known_from"].astype("datetime64[us]"))
            warehouse.replace(BACKLOG_CALENDAR, row, Scope({"source": source_map.name, "version": one.version}))
