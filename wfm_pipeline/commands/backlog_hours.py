"""Which hours `wfm backlog` is about: the instant asked for, and the dates whose hours are missing.

Not here: making them (orchestration), and showing one (look/backlog.py).
"""

import datetime as dt
from typing import TYPE_CHECKING

from wfm_pipeline.errors import DataError, SettingsError, WarehouseError, shown
from wfm_pipeline.units import sensible_date

if TYPE_CHECKING:
    from wfm_pipeline.domain.dates import Dates
    from wfm_pipeline.resources import House

_RECORDING = dt.timedelta(days=7)
"""A source whose newest event is older has ended: nobody asks for the hours since."""
_MOST_DAYS = 3
"""Days of hours that are made where more are missing: the schedule and a backfill make the others [days]."""
_MOST_DAYS_BACK = 31
"""Days among which the newest open one is looked for [days]."""


def asked_instant(house: "House", text: str | None) -> dt.datetime | None:
    """A time of the site's clock as naive UTC; one that comes twice is the first. A time of day alone is that of the newest open day.

    Raises:
        SettingsError: it is no such time.
        DataError: a time of day alone, at which the site was not open on any of the last days with cases.
    """
    from zoneinfo import ZoneInfo

    if not text:
        return None
    zone = ZoneInfo(house.site.time_zone)
    try:
        if len(text.strip()) <= len("00:00"):
            return _on_newest_open_day(house, dt.time.fromisoformat(text.strip()), zone)
        local = dt.datetime.fromisoformat(text.strip())
        sensible_date(local.date())
        return _utc(local if local.tzinfo else local.replace(tzinfo=zone))
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"--at must be a local time as YYYY-MM-DDTHH:MM or HH:MM, got {shown(text)}", got=text
        ) from error


def _on_newest_open_day(house: "House", time: dt.time, zone: dt.tzinfo) -> dt.datetime:
    from wfm_pipeline.domain.calendar import interval_grid
    from wfm_pipeline.warehouse.shelves.backlog.newest_event import newest_event_date

    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    with house.open_warehouse() as opened:
        newest = newest_event_date(opened, house.source_map, until=site_date(house, now)) or site_date(house, now)
    for back in range(_MOST_DAYS_BACK):
        date = newest - dt.timedelta(days=back)
        at = _utc(dt.datetime.combine(date, time, zone))
        grid = interval_grid(house.site, date, date)
        if at <= now and bool(grid.loc[grid["interval_start"] < at, "is_open"].tail(1).any()):
            return at
    raise DataError(
        f"the site was not open at {time:%H:%M} on any of {_MOST_DAYS_BACK} days up to {newest}; name a day too"
    )


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def missing_dates(house: "House", until: dt.datetime) -> "Dates":
    """Dates since the newest hour that readers see; of a recording to its last event."""
    from wfm_pipeline.domain.dates import Dates
    from wfm_pipeline.warehouse.shelves.backlog.newest_event import newest_event_date

    last = site_date(house, until)
    with house.open_warehouse() as opened:
        known = newest_event_date(opened, house.source_map, until=last)
    if known and last - known > _RECORDING:
        last = known
    earliest, made = last - dt.timedelta(days=_MOST_DAYS - 1), _newest_made(house, until)
    return Dates.between(min(max(made, earliest) if made else earliest, last), last)


def _newest_made(house: "House", until: dt.datetime) -> dt.date | None:
    """Date of the newest hour that readers see; None where they see none."""
    try:
        with house.open_gold() as gold:
            if not gold.has("backlog_hour"):
                return None
            found = gold.newest("backlog_hour", "hour_start", until=until, **house.in_source())
    except WarehouseError:
        return None
    return None if found is None else site_date(house, found)


def site_date(house: "House", instant: dt.datetime) -> dt.date:
    """The site's date at an instant (naive UTC)."""
    from zoneinfo import ZoneInfo

    return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(house.site.time_zone)).date()
