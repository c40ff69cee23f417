"""Hours of single people: several windows a day (split shifts, nights), and leave inside them.

Whoever has no window works the hours of their locality. Lengths are measured on the clock of the world, so a night on
which clocks change is an hour longer or shorter. Not here: days and hours of a locality (week_hours.py).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

from wfm_pipeline.contracts.source.site import Site, parse_hours
from wfm_pipeline.domain.allocation.faults import InvalidWindowError
from wfm_pipeline.domain.allocation.week.week_hours import LocalityWeek
from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.units import SECONDS_PER_HOUR, WEEKDAYS

WindowKind = Literal["work", "leave"]
ALL_DAYS: Final = "all"
WHOLE_DAY: Final = "00:00-24:00"
Stretch = tuple[dt.datetime, dt.datetime]
"""Half-open, UTC."""


@dataclass(frozen=True, slots=True)
class PersonWindow:
    """When a person works, or is on leave.

    Attributes:
        cn: Number of the person; personal data.
        kind: `work` or `leave`.
        from_date: First date.
        until_date: Last date, included; None = until it is taken out.
        weekdays: `all`, or days such as `mon;wed`.
        hours: Windows of the day, `08:00-12:00,16:00-20:00`; `22:00-06:00` goes over midnight.
        time_zone: Whose clock the hours are.
    """

    cn: str
    kind: WindowKind
    from_date: dt.date
    until_date: dt.date | None = None
    weekdays: str = ALL_DAYS
    hours: str = WHOLE_DAY
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse what is no stretch of dates, no weekday, no hours or no time zone."""
        if self.until_date is not None and self.until_date < self.from_date:
            raise InvalidWindowError(
                f"until_date {self.until_date} lies before from_date {self.from_date}; swap or correct them",
                got=str(self.until_date),
            )
        if self.kind == "work" and self.hours == WHOLE_DAY:
            raise InvalidWindowError("work needs hours, such as 08:00-12:00,16:00-20:00, got none", got=self.hours)
        unknown = sorted(set(self.weekdays.split(";")) - {*WEEKDAYS, ALL_DAYS})
        if unknown:
            raise InvalidWindowError(
                f"weekdays must be {ALL_DAYS} or some of {';'.join(WEEKDAYS)}, got {shown(self.weekdays)}",
                got=self.weekdays,
            )
        try:
            Site(time_zone=self.time_zone)
            parse_hours(self.hours, where="hours")
        except SettingsError as error:
            raise InvalidWindowError(str(error), got=self.hours) from error

    def is_valid(self, date: dt.date) -> bool:
        """Whether a date lies in its stretch, whatever the weekday.

        Args:
            date: The date.

        Returns:
            True from the first to the last date.
        """
        return self.from_date <= date and (self.until_date is None or date <= self.until_date)

    def stretches(self, date: dt.date) -> list[Stretch]:
        """Its windows that begin on a date; none on other weekdays, or outside its dates.

        Args:
            date: The date, by the clock of the window.

        Returns:
            Stretches, UTC. A time that clocks skip is read by the clock of before, one that comes twice is the first.
        """
        if not self.is_valid(date) or not (
            self.weekdays == ALL_DAYS or WEEKDAYS[date.weekday()] in self.weekdays.split(";")
        ):
            return []
        today, tomorrow = parse_hours(self.hours, where="hours")
        next_date = date + dt.timedelta(days=1)
        windows = [(date, one) for one in today] + [(next_date, one) for one in tomorrow]
        return [(self._instant(day, one.opens_minute), self._instant(day, one.closes_minute)) for day, one in windows]

    def _instant(self, date: dt.date, minute: int) -> dt.datetime:
        local = dt.datetime.combine(date, dt.time()) + dt.timedelta(minutes=minute)
        return local.replace(tzinfo=ZoneInfo(self.time_zone)).astimezone(dt.UTC)


def days_by_windows(
    windows: Sequence[PersonWindow], week: LocalityWeek, start: dt.date | None, end: dt.date | None, *, full_week: bool
) -> float:
    """Working days a person with windows is there, in days of the locality's hours.

    Args:
        windows: Windows of the person.
        week: The week of the person's locality.
        start: First date of availability; None = open.
        end: Last date, included; None = open.
        full_week: 0 unless there is an hour left on every working date.

    Returns:
        Days [days], so that days x work hours are the hours of the windows without leave. Where a planner's count of days differs
        from the calendar's dates it is pro-rated, as for everybody.
    """
    dates = week.working_dates
    hours = [
        hours_of(windows, date, week.work_hours)
        if (start is None or start <= date) and (end is None or date <= end)
        else 0.0
        for date in dates
    ]
    if full_week and not all(hours):
        return 0.0
    return week.working_days * sum(hours) / week.work_hours / len(dates)


def hours_of(windows: Sequence[PersonWindow], date: dt.date, usual_hours: float) -> float:
    """Hours of a person that begin on a date.

    Args:
        windows: Windows of the person.
        date: A working date.
        usual_hours: Hours of a day of whoever has no window on that date [h].

    Returns:
        Hours [h]: what the windows hold, each hour once, less leave inside them; without a window of work the usual hours less
        the leave of that date, which then counts as lying in them.
    """
    work = [one for one in windows if one.kind == "work" and one.is_valid(date)]
    leave = [one for one in windows if one.kind == "leave"]
    if not work:
        away = _length(_union(stretch for one in leave for stretch in one.stretches(date)))
        return max(0.0, usual_hours - away)
    there = _union(stretch for one in work for stretch in one.stretches(date))
    beside = [date + dt.timedelta(days=step) for step in (-1, 0, 1)]
    gone = _union(stretch for one in leave for day in beside for stretch in one.stretches(day))
    return _length(there) - _length(_common(there, gone))


def _union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time in stretches that do not touch, in order."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif start < end:
            found.append((start, end))
    return found


def _common(one: Sequence[Stretch], other: Sequence[Stretch]) -> list[Stretch]:
    pairs = ((max(a[0], b[0]), min(a[1], b[1])) for a in one for b in other)
    return [(start, end) for start, end in pairs if start < end]


def _length(stretches: Iterable[Stretch]) -> float:
    """Hours of stretches that do not touch [h]."""
    return sum((end - start).total_seconds() for start, end in stretches) / SECONDS_PER_HOUR
