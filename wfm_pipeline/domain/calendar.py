"""Days, intervals and clocks of a site.

Here: public holidays and opening days, the interval grid built in UTC (a DST day has 23 or 25
hours), and the offsets of a time zone as plain segments that any engine can apply. Not here: which
days have data (transforms) or what a holiday does to demand (forecasting).
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.units import MINUTES_PER_HOUR

_HALF_HOUR: Final = dt.timedelta(minutes=30)
"""Time after a change of clocks at which the next is looked for: none follows sooner."""
_NAMED_COUNTRIES: Final = 12
"""Countries that a message names as examples [count]."""
YEARS_KEPT: Final = 256
"""Calendars of a country and year that are kept in memory [count]."""


@dataclass(frozen=True, slots=True)
class ZoneSegment:
    """A stretch of time with one UTC offset: instants from `starts_at_utc` (inclusive) on."""

    starts_at_utc: dt.datetime
    offset_seconds: int

    @property
    def starts_at_local(self) -> dt.datetime:
        """Wall-clock time at the start, under this segment's own offset."""
        return self.starts_at_utc + dt.timedelta(seconds=self.offset_seconds)


def zone_segments(time_zone: str, first_date: dt.date, last_date: dt.date) -> tuple[ZoneSegment, ...]:
    """UTC offsets of a zone between two dates, in order of time.

    Args:
        time_zone: IANA name.
        first_date: First date that must be covered.
        last_date: Last date that must be covered, inclusive.

    Returns:
        Segments, the first starting two days before `first_date`; instants are naive UTC.
        Transitions are found to the second.

    Source:
        IANA time zone database, through the standard library's `zoneinfo`.
    """
    zone = ZoneInfo(time_zone)
    # A local date begins up to a day before or after the UTC date of its name; a day more is for the search's steps.
    start = dt.datetime.combine(first_date, dt.time()) - dt.timedelta(days=2)
    end = dt.datetime.combine(last_date, dt.time()) + dt.timedelta(days=3)
    segments = [ZoneSegment(start, _offset_seconds(zone, start))]
    moment = start
    while moment < end:
        following = min(moment + dt.timedelta(days=1), end)
        if _offset_seconds(zone, following) != segments[-1].offset_seconds:
            change = _bisect_transition(zone, moment, following)
            segments.append(ZoneSegment(change, _offset_seconds(zone, change)))
            following = change + _HALF_HOUR
        moment = following
    return tuple(segments)


def _offset_seconds(zone: ZoneInfo, instant_utc: dt.datetime) -> int:
    offset = instant_utc.replace(tzinfo=dt.UTC).astimezone(zone).utcoffset()
    assert offset is not None  # a ZoneInfo always knows its offset
    return int(offset.total_seconds())


def _bisect_transition(zone: ZoneInfo, low: dt.datetime, high: dt.datetime) -> dt.datetime:
    before = _offset_seconds(zone, low)
    while high - low > dt.timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if _offset_seconds(zone, middle) == before else (low, middle)
    return high


@lru_cache(maxsize=YEARS_KEPT)
def _public_holidays(country: str, subdivision: str | None, year: int) -> dict[dt.date, str]:
    import holidays

    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError as error:
        known = ", ".join(sorted(holidays.list_supported_countries())[:_NAMED_COUNTRIES])
        raise SettingsError(
            f"country must be an ISO code the holidays library knows ({known}, ...), "
            f"got {country!r} with subdivision {subdivision!r}",
            got=country,
        ) from error


def holiday_names(site: Site, first_date: dt.date, last_date: dt.date) -> dict[dt.date, str]:
    """Public holidays and the site's own extra days between two dates.

    Args:
        site: Country, subdivision and extra holidays.
        first_date: First date.
        last_date: Last date, inclusive.

    Returns:
        Date -> name, in order of date; a day of the site's own stands above a public one.

    Source:
        The `holidays` library.
    """
    names: dict[dt.date, str] = {}
    if site.country:
        for year in range(first_date.year, last_date.year + 1):
            names |= _public_holidays(site.country, site.subdivision, year)
    names |= dict(site.extra_holidays)
    return {date: name for date, name in sorted(names.items()) if first_date <= date <= last_date}


def calendar_days(site: Site, first_date: dt.date, last_date: dt.date) -> pd.DataFrame:
    """The site's days: weekday kind, holiday, opening hours.

    Args:
        site: The site.
        first_date: First date.
        last_date: Last date, inclusive; before `first_date` gives an empty frame.

    Returns:
        One row per date with columns calendar, date (datetime64, midnight), is_holiday,
        holiday_name (None if none), day_type (`working`, `weekend` or `holiday`), is_open,
        opens_at and closes_at (first opening and last closing, `HH:MM`, None if closed; midnight at the end is `24:00`),
        working_day (neither weekend nor holiday).
    """
    names, hours, weekend = holiday_names(site, first_date, last_date), site.hours_by_weekday(), site.weekend_numbers()
    rows = []
    for date in pd.date_range(first_date, last_date, freq="D", unit="us"):
        name = names.get(date.date())
        open_hours = None if name and site.closed_on_holidays else hours[date.weekday()]
        day_type = "holiday" if name else "weekend" if date.weekday() in weekend else "working"
        rows.append(
            {
                "calendar": site.calendar,
                "date": date,
                "is_holiday": bool(name),
                "holiday_name": name,
                "day_type": day_type,
                "is_open": open_hours is not None,
                "opens_at": clock(open_hours.opens_minute) if open_hours else None,
                "closes_at": clock(open_hours.closes_minute) if open_hours else None,
                "working_day": day_type == "working",
            }
        )
    columns = [
        "calendar",
        "date",
        "is_holiday",
        "holiday_name",
        "day_type",
        "is_open",
        "opens_at",
        "closes_at",
        "working_day",
    ]
    return pd.DataFrame(rows, columns=columns)


def clock(minute: int) -> str:
    """A time of day as people write it.

    Args:
        minute: Minutes after local midnight, 0 to 1440 [min].

    Returns:
        `HH:MM`; the end of the day is `24:00`.
    """
    return f"{minute // MINUTES_PER_HOUR:02d}:{minute % MINUTES_PER_HOUR:02d}"


def interval_grid(site: Site, first_date: dt.date, last_date: dt.date) -> pd.DataFrame:
    """Every interval of the site's business dates, built in UTC.

    A business date runs from local midnight to local midnight, so a day on which clocks change has
    23 or 25 hours of intervals. An interval that begins before a change keeps its UTC length.

    Args:
        site: Zone, interval length and opening hours.
        first_date: First business date.
        last_date: Last business date, inclusive; before `first_date` gives an empty frame.

    Returns:
        One row per interval, in order of time: interval_start and interval_end (naive UTC),
        interval_start_local (naive wall clock), business_date (datetime64, midnight), is_open
        (the interval starts inside the opening hours).
    """
    columns = ["interval_start", "interval_end", "interval_start_local", "business_date", "is_open"]
    if last_date < first_date:
        return pd.DataFrame(columns=columns)
    step = pd.Timedelta(minutes=site.interval_minutes)
    first, last = start_of_day(site, first_date), start_of_day(site, last_date + dt.timedelta(days=1))
    starts = pd.date_range(first, last, freq=step, inclusive="left", unit="us")
    local = starts.tz_localize("UTC").tz_convert(site.time_zone).tz_localize(None)
    frame = pd.DataFrame({"interval_start": starts, "interval_end": starts + step, "interval_start_local": local})
    frame["business_date"] = local.normalize()
    days = calendar_days(site, first_date, last_date).set_index("date")
    minute = ((local - local.normalize()) / pd.Timedelta(minutes=1)).to_numpy()
    in_window = np.zeros(len(frame), bool)
    for number, windows in enumerate(site.windows_by_weekday()):
        for window in windows:
            in_window |= (
                (local.day_of_week == number) & (minute >= window.opens_minute) & (minute < window.closes_minute)
            )
    frame["is_open"] = in_window & days["is_open"].reindex(frame["business_date"]).to_numpy(bool)
    return frame[columns]


def start_of_day(site: Site, date: dt.date) -> dt.datetime:
    """First instant of a local date, also where clocks skip midnight itself.

    Args:
        site: Time zone.
        date: Local date.

    Returns:
        The instant, naive UTC.
    """
    local = dt.datetime.combine(date, dt.time(), tzinfo=ZoneInfo(site.time_zone))
    return local.astimezone(dt.UTC).replace(tzinfo=None)


def minute_of_day(instants: pd.Series) -> pd.Series:
    """Minute of the day of local times.

    Args:
        instants: Naive local times (datetime64); shape (n,).

    Returns:
        Whole minutes since midnight [min], 0 to 1439, index as given.
    """
    return instants.dt.hour * MINUTES_PER_HOUR + instants.dt.minute
