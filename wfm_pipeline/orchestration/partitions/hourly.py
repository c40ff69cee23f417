"""Hourly partitions in the site's own time zone, the hours a run is about, and hours that no run has made.

A day on which clocks change has 23 or 25 of them; the hour that comes twice has its offset in the second name. Not here:
days and weeks (daily_and_weekly.py), and when hours are asked for (orchestration/hourly.py).
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

import dagster as dg

from wfm_pipeline.domain.calendar import start_of_day
from wfm_pipeline.resources import House

_ONE_DAY = dt.timedelta(days=1)


def hourly_partitions(house: House, first: dt.date) -> dg.HourlyPartitionsDefinition:
    """One partition per hour that is over.

    Args:
        house: The house.
        first: First date of the daily partitions.
    """
    return dg.HourlyPartitionsDefinition(start_date=f"{first.isoformat()}-00:00", timezone=house.site.time_zone)


def hours_of_dates(house: House, dates: Collection[dt.date], *, until: dt.datetime | None = None) -> list[str]:
    """Names of the hours of some business dates that are over, in order.

    Args:
        house: The house.
        dates: Business dates.
        until: No hour that ends later (naive UTC); None takes all that are over.
    """
    if not dates:
        return []
    hours = hourly_partitions(house, min(dates))
    named = list[str]()
    for date in sorted(dates):
        starts, ends = (_utc(start_of_day(house.site, day)) for day in (date, date + _ONE_DAY))
        named += hours.get_partition_keys_in_time_window(dg.TimeWindow(starts, ends))
    if until is None:
        return named
    return [name for name in named if hours.time_window_for_partition_key(name).end <= _utc(until)]


def missed_hours(
    hours: dg.HourlyPartitionsDefinition, made: Collection[str], *, until: dt.datetime, reach: dt.timedelta
) -> list[tuple[str, str]]:
    """Hours that nobody has made, neighbours as one stretch.

    Args:
        hours: The partitions.
        made: Those that are made.
        until: No hour that ends later.
        reach: How far back is looked.

    Returns:
        First and last hour of each stretch, oldest first.
    """
    known = frozenset(made)
    keys = list(hours.get_partition_keys_in_time_window(dg.TimeWindow(max(hours.start, until - reach), until)))
    if keys and hours.time_window_for_partition_key(keys[-1]).end > until:
        keys = keys[:-1]  # it has begun and is not over
    return [(stretch[0], stretch[-1]) for stretch in _stretches([(key, key in known) for key in keys])]


def _stretches(keys: Sequence[tuple[str, bool]]) -> Iterator[list[str]]:
    for is_made, some in groupby(keys, key=lambda one: one[1]):
        if not is_made:
            yield [key for key, _ in some]


def _utc(instant: dt.datetime) -> dt.datetime:
    return instant.replace(tzinfo=dt.UTC)
