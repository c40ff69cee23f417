"""Daily partitions from the source's first date on, and weekly ones of the same stretch and a little ahead."""

import datetime as dt
import logging

import dagster as dg

from wfm_pipeline.errors import WfmError
from wfm_pipeline.resources import House

_LOG = logging.getLogger(__name__)
FALLBACK_FIRST_DATE = dt.date(2020, 1, 1)
"""Where partitions start while the source cannot be asked and no first_date is set."""


def first_date(house: House) -> dt.date:
    """First date of the partitions: the setting, else what the source says, else a stated fallback."""
    if house.settings.first_date:
        return house.settings.first_date
    legs = house.source_map.table("call_legs")
    try:
        with house.open_source() as reader:
            return (legs and reader.first_date(legs)) or FALLBACK_FIRST_DATE
    except WfmError as error:
        _LOG.warning(
            "partitions start at %s: the source cannot be asked (%s); set first_date", FALLBACK_FIRST_DATE, error
        )
        return FALLBACK_FIRST_DATE


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
