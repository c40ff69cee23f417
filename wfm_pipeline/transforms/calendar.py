"""The site's days beside the days the source has rows for."""

import datetime as dt
from collections.abc import Collection

import pandas as pd

from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar

DAYS_AHEAD = 400
"""Calendar days after the source's last date [days]: more than a year, for any horizon."""


def days_with_missing(
    calendar: QueueCalendar, dates: Collection[dt.date], *, days_ahead: int = DAYS_AHEAD
) -> pd.DataFrame:
    """Calendar days from the source's first date on, with `is_missing`.

    Args:
        calendar: When the queues of the site are open.
        dates: Business dates the source has rows for; empty gives no days.
        days_ahead: Days after the last date [days].

    Returns:
        As `domain.calendar.calendar_days`, and is_missing: an open date between the first and the
        last that has no row. A closed date without rows is not missing, it is zero.
    """
    if not dates:
        return calendar.desk_days(dt.date(2000, 1, 2), dt.date(2000, 1, 1)).assign(is_missing=[])
    last = max(dates)
    days = calendar.desk_days(min(dates), last + dt.timedelta(days=days_ahead))
    has_rows = days["date"].isin(pd.to_datetime(sorted(dates)))
    is_over = days["date"] <= pd.Timestamp(last)
    return days.assign(is_missing=days["is_open"].astype(bool) & ~has_rows & is_over)


def grid_of_days(calendar: QueueCalendar, dates: Collection[dt.date], first: dt.date, last: dt.date) -> pd.DataFrame:
    """The site's intervals between two dates, numbered, with `is_missing` of their day.

    Args:
        calendar: When the queues of the site are open.
        dates: Business dates the source has rows for.
        first: First business date.
        last: Last business date, inclusive.

    Returns:
        slot (from 0 for the first interval of `first`), interval_start, interval_start_local,
        business_date, is_open, is_missing.
    """
    grid = interval_grid(calendar.site, first, last).drop(columns="interval_end")
    days = days_with_missing(calendar, dates, days_ahead=0)
    missing = days.loc[days["is_missing"].astype(bool), "date"]
    return grid.assign(slot=range(len(grid)), is_missing=grid["business_date"].isin(missing))
