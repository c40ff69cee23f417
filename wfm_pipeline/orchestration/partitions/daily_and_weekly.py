"""Daily partitions from the source's first known date on, and weekly ones of the same stretch and a little ahead.

Nothing is opened to know that date: the definitions load while source and warehouse are down.
"""

import datetime as dt

import dagster as dg

from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.first_dates import noted_first_date

FALLBACK_FIRST_DATE = dt.date(2020, 1, 1)
"""Where partitions start before anything is known of the source."""


def first_date(house: House) -> dt.date:
    """First date of the partitions: the setting, else the map's, else what the last run wrote down, else a stated one.

    Of several sources of a site the earliest.
    """
    noted = (noted_first_date(house.settings.home, part.name) for part in house.source_map.parts)
    return (
        house.settings.first_date
        or house.source_map.first_date
        or min((date for date in noted if date), default=None)
        or FALLBACK_FIRST_DATE
    )


def daily_partitions(house: House) -> dg.DailyPartitionsDefinition:
    """One partition per business date of the site, in its own time zone; today's fills hour by hour."""
    return dg.DailyPartitionsDefinition(
        start_date=first_date(house).isoformat(), timezone=house.site.time_zone, end_offset=1
    )


WEEKS_AHEAD = 9
"""Weekly partitions from the current week on: it and eight more can be planned."""


def weekly_partitions(house: House, first: dt.date) -> dg.WeeklyPartitionsDefinition:
    """One partition per ISO week, named by its Monday.

    Args:
        house: The house.
        first: First date of the daily partitions; weeks start with its calendar year.
    """
    new_year = dt.date(first.year, 1, 1)
    monday = new_year - dt.timedelta(days=new_year.weekday())
    return dg.WeeklyPartitionsDefinition(
        start_date=monday.isoformat(), timezone=house.site.time_zone, day_offset=1, end_offset=WEEKS_AHEAD
    )
