"""In which hours queues are open: an hour is where a window of the queue reaches into it.

Here: windows of queues as instants, and hours against them. Not here: which windows hold on a date (queue_calendar.py).
"""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import OpeningHours
from wfm_pipeline.domain.calendar import calendar_days
from wfm_pipeline.domain.opening.queue_calendar import ONE_DAY, QueueCalendar


def open_windows(calendar: QueueCalendar, queue_id: str, first: dt.date, last: dt.date) -> pd.DataFrame:
    """Windows in which a queue is open, to the minute.

    Args:
        calendar: When queues are open.
        queue_id: The queue; `(all)` for one without hours of its own.
        first: First date.
        last: Last date, inclusive.

    Returns:
        starts_at, ends_at (naive UTC), in order; windows that touch are one. A wall-clock time that clocks skip is the instant at which
        they are put on; of one that comes twice a window begins with the earlier and ends with the later.

    Example:
        >>> from wfm_pipeline.contracts.source.site import Site
        >>> site = Site(time_zone="Europe/Paris", opening_hours={"sun": "01:00-04:00"})
        >>> found = open_windows(QueueCalendar(site), "a", dt.date(2026, 3, 29), dt.date(2026, 3, 29))
        >>> found.to_numpy("datetime64[s]").astype(str).tolist()
        [['2026-03-29T00:00:00', '2026-03-29T02:00:00']]
    """
    own = {date: day.windows for (_, date), day in calendar.hours([queue_id], first, last).items()}
    weekdays = calendar.site.windows_by_weekday()
    days = calendar_days(calendar.site, first, last)
    spans: list[tuple[dt.datetime, dt.datetime]] = []
    for date, is_open in zip(days["date"].dt.date, days["is_open"], strict=True):
        windows = own.get(date, weekdays[date.weekday()] if is_open else ())
        spans += [_local(date, window) for window in windows]
    starts, ends = _in_utc(calendar.site.time_zone, spans)
    is_there = ends > starts
    starts, ends = starts[is_there], ends[is_there]
    begins = np.append(True, starts[1:] > np.maximum.accumulate(ends)[:-1]) if len(starts) else np.empty(0, bool)
    last_ends = (
        np.maximum.accumulate(ends)[np.append(np.flatnonzero(begins)[1:] - 1, len(ends) - 1)] if len(ends) else ends
    )
    return pd.DataFrame({"starts_at": starts[begins], "ends_at": last_ends})


def hours_open(calendar: QueueCalendar, queue_ids: Iterable[str], hours: pd.DataFrame) -> pd.DataFrame:
    """Whether queues are open in hours.

    Args:
        calendar: When queues are open.
        queue_ids: The queues.
        hours: hour_start, hour_end (naive UTC).

    Returns:
        queue_id, hour_start, is_open, in order of queue and hour: a window of the queue reaches into the hour.
    """
    starts, ends = (hours[name].to_numpy("datetime64[us]") for name in ("hour_start", "hour_end"))
    if not len(starts):
        return pd.DataFrame({"queue_id": [], "hour_start": starts, "is_open": np.empty(0, bool)})
    first, last = (pd.Timestamp(instant).date() for instant in (starts.min(), ends.max()))
    named, known = set(calendar.named), {}
    parts = []
    for queue in queue_ids:
        key = queue if queue in named else ""
        if key not in known:
            windows = open_windows(calendar, queue, first - ONE_DAY, last + ONE_DAY)
            opens, closes = (windows[name].to_numpy("datetime64[us]") for name in ("starts_at", "ends_at"))
            known[key] = np.searchsorted(opens, ends, side="left") > np.searchsorted(closes, starts, side="right")
        parts.append(pd.DataFrame({"queue_id": queue, "hour_start": starts, "is_open": known[key]}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["queue_id", "hour_start", "is_open"])


def _local(date: dt.date, window: OpeningHours) -> tuple[dt.datetime, dt.datetime]:
    midnight = dt.datetime.combine(date, dt.time())
    return tuple(midnight + dt.timedelta(minutes=minute) for minute in (window.opens_minute, window.closes_minute))  # type: ignore[return-value]


def _in_utc(zone: str, spans: list[tuple[dt.datetime, dt.datetime]]) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends as instants."""
    found = []
    for place, is_earlier in ((0, True), (1, False)):
        local = pd.DatetimeIndex([span[place] for span in spans], dtype="datetime64[us]")
        dst = np.full(len(local), is_earlier)
        zoned = local.tz_localize(zone, ambiguous=dst, nonexistent="shift_forward")
        found.append(zoned.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[us]"))
    return found[0], found[1]
