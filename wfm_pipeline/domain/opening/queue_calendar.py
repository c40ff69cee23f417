"""The calendar of a site's queues: on every date the windows in which each is open, and the intervals in which it is closed.

Here: windows by date, the interval grid of a queue, and its closed intervals as half-open stretches of UTC. Not here: the rows
that planners state (stated_hours.py) and the grid and holidays of the site (domain/calendar).

The rule. Where a row holds, its windows are the date's, with what the night before left over; a row with a last date that
says `closed` closes the date from midnight to midnight. A holiday that closes the site closes its queues too, unless a row
with a last date speaks of it: such a row is about these very dates.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import OpeningHours, Site
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import BoolArray
from wfm_pipeline.domain.calendar import calendar_days, clock, holiday_names, interval_grid, minute_of_day
from wfm_pipeline.domain.opening.stated_hours import StatedHours, holding
from wfm_pipeline.units import MINUTES_PER_DAY

By = Literal["site", "standing", "holiday", "exception"]
"""Where the hours of a date are from: the site, a row without a last date (on a holiday nobody said that it works), or one with."""
ONE_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hours of a queue on a date.

    Attributes:
        windows: When it is open, local time, in order; none where it is closed.
        by: Where they are from.
    """

    windows: tuple[OpeningHours, ...]
    by: By


@dataclass(frozen=True, slots=True)
class QueueCalendar:
    """When each queue of a site is open.

    Attributes:
        site: Its hours and holidays hold where no row speaks.
        rows: What planners state.
    """

    site: Site
    rows: tuple[StatedHours, ...] = field(default=())

    @property
    def named(self) -> tuple[str, ...]:
        """Queues that have a row of their own, sorted."""
        return tuple(sorted({row.queue_id for row in self.rows} - {ALL}))

    def hours(self, queue_ids: Iterable[str], first: dt.date, last: dt.date) -> dict[tuple[str, dt.date], DayHours]:
        """Hours of queues on dates on which a row speaks; on all others the site's hold.

        Args:
            queue_ids: The queues.
            first: First date.
            last: Last date, inclusive.

        Returns:
            (queue, date) -> hours, for dates whose hours are not the site's.
        """
        if not self.rows or last < first:
            return {}
        named = set(self.named)
        spoken: dict[str, dict[dt.date, DayHours]] = {}
        found = {}
        for queue in queue_ids:
            speaker = queue if queue in named else ALL
            if speaker not in spoken:
                spoken[speaker] = self._spoken(speaker, first, last)
            found.update({(queue, date): day for date, day in spoken[speaker].items()})
        return found

    def _spoken(self, queue: str, first: dt.date, last: dt.date) -> dict[dt.date, DayHours]:
        """Dates on which a row speaks of a queue; one without rows of its own has those of all queues."""
        rows = [row for row in self.rows if row.queue_id in (queue, ALL)]
        if not rows:
            return {}
        holidays = set(holiday_names(self.site, first, last))
        held = holding(rows, first - ONE_DAY, last)
        dates = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
        days = {date: self._day(held, date, is_holiday=date in holidays) for date in dates}
        return {date: day for date, day in days.items() if day is not None}

    def _day(self, held: Mapping[dt.date, StatedHours], date: dt.date, *, is_holiday: bool) -> DayHours | None:
        row, before = held.get(date), held.get(date - ONE_DAY)
        if row is not None and row.is_exception:
            left = before.tomorrow if before else self._left_by_site(date)
            return DayHours(_union((*row.today, *left)) if row.today else (), "exception")
        if is_holiday and self.site.closed_on_holidays:
            return None
        if row is not None:
            left = before.tomorrow if before else self._left_by_site(date)
            return DayHours(_union((*row.today, *left)), "holiday" if is_holiday else "standing")
        if before is None or not before.tomorrow:
            return None
        own = self.site.windows_by_weekday()[date.weekday()]
        return DayHours(_union((*own, *before.tomorrow)), "standing")

    def _left_by_site(self, date: dt.date) -> tuple[OpeningHours, ...]:
        """A night of the site's own that began on the day before; its windows of the date that begin at midnight."""
        before = self.site.windows_by_weekday()[(date - ONE_DAY).weekday()]
        is_night = (
            bool(before)
            and before[-1].closes_minute == MINUTES_PER_DAY
            and before != (OpeningHours(0, MINUTES_PER_DAY),)
        )
        own = self.site.windows_by_weekday()[date.weekday()]
        return tuple(window for window in own if is_night and window.opens_minute == 0)

    def desk_days(self, first: dt.date, last: dt.date) -> pd.DataFrame:
        """The site's days, open where any queue is.

        Args:
            first: First date.
            last: Last date, inclusive.

        Returns:
            As `domain.calendar.calendar_days`.
        """
        days = calendar_days(self.site, first, last)
        own = self.hours([ALL, *self.named], first, last)
        for number, date in enumerate(days["date"].dt.date) if own else ():
            stated = [own[queue, date] for queue in (ALL, *self.named) if (queue, date) in own]
            if not stated:
                continue
            by_site = () if (ALL, date) in own else self._by_site(days, number)
            windows = _union((*by_site, *(one for day in stated for one in day.windows)))
            days.loc[number, "is_open"] = bool(windows)
            days.loc[number, "opens_at"] = clock(windows[0].opens_minute) if windows else None
            days.loc[number, "closes_at"] = clock(windows[-1].closes_minute) if windows else None
        return days

    def _by_site(self, days: pd.DataFrame, number: int) -> tuple[OpeningHours, ...]:
        weekday = days["date"].iloc[number].weekday()
        return self.site.windows_by_weekday()[weekday] if days["is_open"].iloc[number] else ()

    def grid(self, queue_id: str, first: dt.date, last: dt.date) -> pd.DataFrame:
        """The interval grid of a queue: that of the site with the queue's own `is_open`.

        Args:
            queue_id: The queue.
            first: First business date.
            last: Last business date, inclusive.

        Returns:
            As `domain.calendar.interval_grid`.
        """
        grid = interval_grid(self.site, first, last)
        own = self.hours([queue_id], first, last)
        return grid.assign(is_open=opened(grid, {date: day for (_, date), day in own.items()})) if own else grid

    def with_own_hours(self, history: pd.DataFrame) -> pd.DataFrame:
        """Intervals by wall clock whose `is_open` is the queue's own on dates on which a row speaks.

        Args:
            history: queue_id, interval_start (local) and is_open.

        Returns:
            The very frame where no row speaks.
        """
        if not self.rows or history.empty:
            return history
        starts = history["interval_start"]
        grid = pd.DataFrame(
            {"interval_start_local": starts, "business_date": starts.dt.normalize(), "is_open": history["is_open"]}
        )
        is_open = history["is_open"].to_numpy(bool).copy()
        places = {str(queue): rows for queue, rows in history.groupby("queue_id").indices.items()}
        own: dict[str, dict[dt.date, DayHours]] = {}
        for (queue, date), day in self.hours(places, starts.min().date(), starts.max().date()).items():
            own.setdefault(queue, {})[date] = day
        for queue, days in own.items():
            is_open[places[queue]] = opened(grid.iloc[places[queue]], days)
        return history.assign(is_open=is_open)

    def open_ahead(self, first: dt.date, last: dt.date) -> pd.DataFrame:
        """When queues are open on target dates, by wall clock, and where that is from.

        Args:
            first: First target date.
            last: Last target date, inclusive.

        Returns:
            queue_id, interval_start (local, the hour that comes twice once), is_open and `by`; the rows of `(all)` are of
            every queue that has none of its own.
        """
        names = (ALL, *self.named)
        own = self.hours(names, first, last)
        site = interval_grid(self.site, first, last).drop_duplicates("interval_start_local", ignore_index=True)
        dates = site["business_date"].dt.date
        parts = []
        for queue in names:
            hours = {date: day for (name, date), day in own.items() if name == queue}
            by = [hours[date].by if date in hours else "site" for date in dates]
            parts.append(
                pd.DataFrame(
                    {
                        "queue_id": queue,
                        "interval_start": site["interval_start_local"],
                        "is_open": opened(site, hours),
                        "by": by,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def closed_intervals(self, queue_id: str, first: dt.date, last: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """When a queue is closed, as stretches of UTC.

        Args:
            queue_id: The queue.
            first: First business date.
            last: Last business date, inclusive.

        Returns:
            Half-open stretches [start, end) in naive UTC, in order, made of whole intervals; neighbours are joined.
        """
        grid = self.grid(queue_id, first, last)
        shut = ~grid["is_open"].to_numpy(bool)
        begins = shut & ~np.append(False, shut[:-1])
        ends = shut & ~np.append(shut[1:], False)
        starts, stops = grid["interval_start"][begins], grid["interval_end"][ends]
        return [(start.to_pydatetime(), stop.to_pydatetime()) for start, stop in zip(starts, stops, strict=True)]


def opened(grid: pd.DataFrame, own: dict[dt.date, DayHours]) -> BoolArray:
    """`is_open` of a grid with the hours of some dates put in the place of the site's.

    Args:
        grid: Rows with interval_start_local, business_date and is_open.
        own: Date -> hours.

    Returns:
        Shape (rows,): the interval starts inside the hours.
    """
    is_open = grid["is_open"].to_numpy(bool).copy()
    minute = minute_of_day(grid["interval_start_local"]).to_numpy()
    dates: dict[tuple[OpeningHours, ...], list[dt.date]] = {}
    for date, hours in own.items():
        dates.setdefault(hours.windows, []).append(date)
    for windows, same in dates.items():
        mine = grid["business_date"].isin(pd.to_datetime(same)).to_numpy()
        inside = np.zeros(len(grid), bool)
        for one in windows:
            inside |= (minute >= one.opens_minute) & (minute < one.closes_minute)
        is_open[mine] = inside[mine]
    return is_open


def _union(windows: Iterable[OpeningHours]) -> tuple[OpeningHours, ...]:
    """Windows in order, those that touch or overlap joined."""
    joined: list[OpeningHours] = []
    for one in sorted(windows):
        if joined and one.opens_minute <= joined[-1].closes_minute:
            last = joined.pop()
            joined.append(OpeningHours(last.opens_minute, max(last.closes_minute, one.closes_minute)))
        else:
            joined.append(one)
    return tuple(joined)
