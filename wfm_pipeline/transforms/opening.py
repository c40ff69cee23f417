"""Is the desk, or a queue, open at a wall-clock time? Opening hours as one expression."""

import datetime as dt
from dataclasses import dataclass

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, TimestampValue
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.site import OpeningHours, Site
from wfm_pipeline.domain.calendar import holiday_names
from wfm_pipeline.units import MINUTES_PER_DAY, MINUTES_PER_HOUR


def is_open(local: TimestampValue, site: Site, first_date: dt.date, last_date: dt.date) -> BooleanValue:
    """True where the local time lies inside a window of the opening hours, [opens, closes), of its day.

    Args:
        local: Wall-clock time.
        site: Opening hours, and whether holidays close the desk.
        first_date: First date whose holidays are looked at.
        last_date: Last date, inclusive.

    Returns:
        True or false; null where the time is.
    """
    days = site.windows_by_weekday()
    minute = local.hour() * MINUTES_PER_HOUR + local.minute()
    inside = [
        local.day_of_week.index().isin([number for number, windows in enumerate(days) if same in windows])
        & minute.between(same.opens_minute, same.closes_minute - 1)
        for same in dict.fromkeys(window for windows in days for window in windows)
    ]
    is_always = all(windows == (OpeningHours(0, MINUTES_PER_DAY),) for windows in days)
    opens = ibis.literal(True) if is_always else ibis.or_(*inside) if inside else ibis.literal(False)
    closed = sorted(holiday_names(site, first_date, last_date)) if site.closed_on_holidays else []
    return opens & local.date().notin(closed) if closed else opens


@dataclass(frozen=True, slots=True)
class OwnHours:
    """Hours of queues that are not the site's.

    Attributes:
        table: own_queue_id, own_date and pattern, one row per queue and date with hours of its own.
        windows: Windows of each pattern; none where the queue is closed.
    """

    table: IbisTable
    windows: tuple[tuple[OpeningHours, ...], ...]


def with_own_hours(rows: IbisTable, own: OwnHours | None, *, local: str) -> IbisTable:
    """Rows whose `is_open` is the queue's own where it has hours of its own.

    Args:
        rows: queue_id, is_open by the site's hours, and a wall-clock time.
        own: Hours of queues; None where all have the site's.
        local: Column of the wall-clock time.

    Returns:
        The same rows and columns.
    """
    if own is None or not own.windows:
        return rows
    matches = (rows.queue_id == own.table.own_queue_id) & (rows[local].date() == own.table.own_date)
    joined = rows.left_join(own.table, matches)
    minute = joined[local].hour() * MINUTES_PER_HOUR + joined[local].minute()
    cases = [(joined.pattern == number, _inside(minute, windows)) for number, windows in enumerate(own.windows)]
    marked = joined.mutate(is_open=ibis.cases(*cases, else_=joined.is_open))
    return marked.drop("own_queue_id", "own_date", "pattern")


def _inside(minute: IntegerValue, windows: tuple[OpeningHours, ...]) -> BooleanValue:
    if not windows:
        return ibis.literal(False)
    return ibis.or_(*(minute.between(one.opens_minute, one.closes_minute - 1) for one in windows))
