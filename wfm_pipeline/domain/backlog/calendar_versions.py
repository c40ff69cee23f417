"""Versions of a site's calendar: what a calendar says, what makes a new version, and when one comes into force.

An edit of the site's own hours, days or queue hours is in force from the instant at which it is seen; nothing before it is counted anew.
A change that comes from the holiday feed alone waits for somebody's approval, and until then the former version counts. Years that the
feed had not told before change nothing that was told, and are taken over.

Not here: counting by a version (calendar_clock), keeping them (the caller).
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import pandas as pd

from wfm_pipeline.contracts.source.site import OpeningHours, Site
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.backlog.calendar_clock import CalendarWindows, WorkingCalendars
from wfm_pipeline.domain.calendar import holiday_names
from wfm_pipeline.domain.opening.open_hours import open_windows
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar
from wfm_pipeline.domain.opening.stated_hours import StatedHours
from wfm_pipeline.errors import DataError

YEARS_BACK, YEARS_AHEAD = 15, 2
"""Years before and after the present one whose public holidays a version holds [count]: no clock of an open case lies further back, no due
time further ahead."""
_NAMED: Final = 6
"""Dates that a difference names [count]."""
Status = Literal["in_force", "waiting", "refused"]
Cause = Literal["first", "site_edit", "holiday_feed", "later_years"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarVersion:
    """One version; see `contracts.backlog.calendar_versions`.

    Attributes:
        version: Its number.
        status: Whether it counts.
        cause: What made it.
        seen_at: When it was first seen, naive UTC.
        known_from: From when on it counts; None: it never did.
        own: What the site itself says, as JSON.
        feed: Public holidays by year, as JSON.
        decided_by: Who approved or refused it.
        difference: What is other than before, in words.
    """

    version: int
    status: Status
    cause: Cause
    seen_at: pd.Timestamp
    known_from: pd.Timestamp | None
    own: str
    feed: str
    decided_by: str | None = None
    difference: str = ""


def told_now(calendar: QueueCalendar, years: range) -> tuple[str, str]:
    """What a calendar says at present: of the site itself, and of the holiday feed.

    Args:
        calendar: The site and its queues' hours.
        years: Years whose public holidays count.

    Returns:
        Both as JSON; the same calendar gives the same texts.
    """
    site = calendar.site
    rows = [
        [row.queue_id, row.from_date, row.until_date, sorted(row.weekdays), _minutes(row.today), _minutes(row.tomorrow)]
        for row in sorted(
            calendar.rows, key=lambda row: (row.queue_id, row.from_date, row.until_date, sorted(row.weekdays))
        )
    ]
    own = {
        "time_zone": site.time_zone,
        "opening_hours": dict(site.opening_hours),
        "closed_on_holidays": site.closed_on_holidays,
        "extra_holidays": sorted(site.extra_holidays),
        "country": [site.country, site.subdivision],
        "queue_hours": rows,
    }
    plain = replace(site, extra_holidays={})
    public = holiday_names(plain, dt.date(years[0], 1, 1), dt.date(years[-1], 12, 31))
    feed = {str(year): sorted(date for date in public if date.year == year) for year in years}
    return json.dumps(own, sort_keys=True, default=str), json.dumps(feed, sort_keys=True, default=str)


def new_versions(known: Sequence[CalendarVersion], own: str, feed: str, now: pd.Timestamp) -> list[CalendarVersion]:
    """Versions that what is told now makes.

    Args:
        known: All versions there are.
        own: What the site says now.
        feed: What the feed says now.
        now: The instant, naive UTC.

    Returns:
        New versions, at most two: one in force from now on, one that waits. The same told again makes none.
    """
    number = max((one.version for one in known), default=0)
    if not known:
        return [_made(1, "in_force", "first", now, own, feed, "the first version")]
    holds = newest_in_force(known)
    is_edit, is_other_country = holds.own != own, json.loads(holds.own)["country"] != json.loads(own)["country"]
    kept = feed if is_other_country else _merged(feed, holds.feed)
    made = []
    if is_edit or kept != holds.feed:
        number += 1
        cause: Cause = "site_edit" if is_edit else "later_years"
        words = "; ".join(filter(None, [_own_difference(holds.own, own), _feed_difference(holds.feed, kept)]))
        made.append(_made(number, "in_force", cause, now, own, kept, words))
    fresh = _merged(kept, feed)
    is_answered = any(one.feed == fresh for one in known if one.status != "in_force")
    if fresh != kept and not is_answered:
        made.append(_made(number + 1, "waiting", "holiday_feed", now, own, fresh, _feed_difference(kept, fresh)))
    return made


def decided(
    known: Sequence[CalendarVersion], version: int, *, is_approved: bool, by: str, now: pd.Timestamp
) -> list[CalendarVersion]:
    """Versions after somebody's word on one that waits.

    Args:
        known: All versions there are.
        version: Number of the one that waits.
        is_approved: It counts from now on; else never.
        by: Who says so.
        now: The instant, naive UTC.

    Returns:
        The version decided. Approved, it has what the site itself says by now: an edit since it was seen stays in force.

    Raises:
        DataError: no such version waits; the message says which do.
    """
    waiting = {one.version: one for one in known if one.status == "waiting"}
    if version not in waiting:
        there = ", ".join(map(str, sorted(waiting))) or "none"
        raise DataError(f"no version {version} of the calendar waits for approval; waiting: {there}", got=version)
    one = waiting[version]
    if not is_approved:
        return [replace(one, status="refused", decided_by=by)]
    return [replace(one, status="in_force", known_from=now, own=newest_in_force(known).own, decided_by=by)]


def newest_in_force(known: Sequence[CalendarVersion]) -> CalendarVersion:
    """The version that counts for clocks that begin now.

    Args:
        known: All versions there are, one of them in force.

    Returns:
        The version.
    """
    return max((one for one in known if one.known_from is not None), key=lambda one: (one.known_from, one.version))


def working_calendars(known: Sequence[CalendarVersion]) -> WorkingCalendars:
    """Working time by all versions that ever counted.

    Args:
        known: All versions there are, one of them in force.

    Returns:
        The calendars.
    """
    counted = [one for one in known if one.known_from is not None]
    return WorkingCalendars.of(
        [CalendarWindows(one.known_from, _windows(one)) for one in counted if one.known_from is not None]
    )


def _windows(version: CalendarVersion) -> Mapping[str, pd.DataFrame]:
    own, feed = json.loads(version.own), json.loads(version.feed)
    years = sorted(map(int, feed))
    days = [*own["extra_holidays"], *(day for year in feed.values() for day in year)]
    site = Site(
        time_zone=own["time_zone"],
        opening_hours=own["opening_hours"],
        closed_on_holidays=own["closed_on_holidays"],
        extra_holidays={dt.date.fromisoformat(day): "holiday" for day in days},
    )
    rows = tuple(
        StatedHours(queue, dt.date.fromisoformat(first), dt.date.fromisoformat(last), frozenset(weekdays), _hours(today), _hours(tomorrow))
        for queue, first, last, weekdays, today, tomorrow in own["queue_hours"]
    )  # fmt: skip
    calendar = QueueCalendar(site, rows)
    span = dt.date(years[0], 1, 1), dt.date(years[-1], 12, 31)
    return {queue: open_windows(calendar, queue, *span) for queue in sorted({ALL, *calendar.named})}


def _made(
    version: int, status: Status, cause: Cause, now: pd.Timestamp, own: str, feed: str, words: str
) -> CalendarVersion:
    known_from = now if status == "in_force" else None
    return CalendarVersion(
        version=version, status=status, cause=cause, seen_at=now, known_from=known_from, own=own, feed=feed, difference=words
    )  # fmt: skip


def _merged(feed: str, over: str) -> str:
    """Holidays by year, those of `over` where both tell of a year."""
    return json.dumps({**json.loads(feed), **json.loads(over)}, sort_keys=True)


def _own_difference(former: str, own: str) -> str:
    before, now = json.loads(former), json.loads(own)
    names = [name for name in sorted(now) if before.get(name) != now[name]]
    return f"the site's {', '.join(names)}" if names else ""


def _feed_difference(former: str, feed: str) -> str:
    before, now = ({day for days in json.loads(text).values() for day in days} for text in (former, feed))
    parts = []
    for words, days in (("holidays besides", sorted(now - before)), ("no holidays any more", sorted(before - now))):
        more = f" and {len(days) - _NAMED} more" if len(days) > _NAMED else ""
        parts += [f"{words}: {', '.join(days[:_NAMED])}{more}"] if days else []
    return "; ".join(parts)


def _minutes(windows: Sequence[OpeningHours]) -> list[list[int]]:
    return [[one.opens_minute, one.closes_minute] for one in windows]


def _hours(minutes: Sequence[Sequence[int]]) -> tuple[OpeningHours, ...]:
    return tuple(OpeningHours(*pair) for pair in minutes)
