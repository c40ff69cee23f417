"""Is the desk open at a wall-clock time? The site's opening hours as one expression."""

import datetime as dt

import ibis
from ibis.expr.types import BooleanValue, TimestampValue

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
