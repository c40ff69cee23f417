"""ISO weeks of a locality: working days, hours, and who is there for how many of them.

Here: `WeekConfiguration` (one row per month, ISO week and locality), the calendars it is made from,
a week's settings per locality, availability windows and capacity hours. Not here: what has to be
done in a week (demand) or by whom (strategies).
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from wfm_pipeline.contracts.site import Site
from wfm_pipeline.domain.allocation.faults import DuplicateError, InvalidValueError, UnknownValueError
from wfm_pipeline.domain.allocation.locality import LOCALITIES
from wfm_pipeline.domain.calendar import holiday_names

WORK_HOURS: Final = 9.0
"""Paid hours of a working day [h]."""
SHRINKAGE: Final = 0.10
"""Paid time not available [0, 1)."""
OCCUPANCY: Final = 1.0
"""Share of available time that is handling [0..1]; 1 leaves the required FTE to hours alone."""
DEFAULT_CALENDARS: Final[Mapping[str, Site]] = {
    "Domestic": Site(calendar="Domestic", country="US"),
    "Global": Site(calendar="Global", country="IN"),
}
_WEEK = re.compile(r"^(\d{4})-?[Ww](\d{1,2})$")


@dataclass(frozen=True, slots=True, order=True)
class IsoWeek:
    """An ISO 8601 week, Monday to Sunday."""

    iso_year: int
    iso_week: int

    def __post_init__(self) -> None:
        """Refuse a week its year does not have."""
        try:
            dt.date.fromisocalendar(self.iso_year, self.iso_week, 1)
        except ValueError as error:
            raise InvalidValueError(
                f"no ISO week {self.iso_year}-W{self.iso_week:02d}: {error}", got=str(self)
            ) from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2025-W28`."""
        match = _WEEK.match(text.strip())
        if not match:
            raise InvalidValueError(f"an ISO week looks like 2025-W28, got {text!r}", got=text)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, date: dt.date) -> Self:
        """The week a date lies in."""
        calendar = date.isocalendar()
        return cls(calendar.year, calendar.week)

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """Monday to Sunday."""
        monday = dt.date.fromisocalendar(self.iso_year, self.iso_week, 1)
        return tuple(monday + dt.timedelta(days=day) for day in range(7))

    @property
    def previous(self) -> "IsoWeek":
        """The week before."""
        return IsoWeek.of(self.dates[0] - dt.timedelta(days=7))

    def __str__(self) -> str:
        return f"{self.iso_year}-W{self.iso_week:02d}"


def working_dates(site: Site, first_date: dt.date, last_date: dt.date) -> tuple[dt.date, ...]:
    """Dates between two dates, inclusive, that are neither weekend nor holiday of the site."""
    days = (first_date + dt.timedelta(days=day) for day in range((last_date - first_date).days + 1))
    off, weekend = holiday_names(site, first_date, last_date), site.weekend_numbers()
    return tuple(date for date in days if date not in off and date.weekday() not in weekend)


def month_ends(year: int, month: int) -> tuple[dt.date, dt.date]:
    """First and last date of a month.

    Raises:
        InvalidValueError: month outside 1..12.
    """
    if not 1 <= month <= 12:  # noqa: PLR2004 - months of a year
        raise InvalidValueError(f"month must be 1..12, got {month} (year {year})", got=month)
    first = dt.date(year, month, 1)
    return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


def weeks_of_month(year: int, month: int) -> tuple[IsoWeek, ...]:
    """ISO weeks with at least one date inside the month, in order."""
    first, last = month_ends(year, month)
    days = range((last - first).days + 1)
    return tuple(dict.fromkeys(IsoWeek.of(first + dt.timedelta(days=day)) for day in days))


@dataclass(frozen=True, slots=True)
class WeekConfiguration:
    """One row of `week_configuration`: the part of an ISO week that lies in one month.

    Attributes:
        year, month: The calendar month.
        week: The ISO week.
        locality: Domestic or Global, or a state's own calendar such as `Domestic-TX`.
        working_days: Working days of the week inside the month [days], 0..7.
        work_hours: Paid hours of a day [h], (0, 24].
        shrinkage: Paid time not available [0, 1).
        occupancy: Share of available time that is handling (0, 1].
    """

    year: int
    month: int
    week: IsoWeek
    locality: str
    working_days: float
    work_hours: float = WORK_HOURS
    shrinkage: float = SHRINKAGE
    occupancy: float = OCCUPANCY

    def __post_init__(self) -> None:
        """Refuse values out of range, naming the row."""
        month_ends(self.year, self.month)
        ranges = {
            "working_days": (0 <= self.working_days <= 7, "0..7", self.working_days),  # noqa: PLR2004 - days of a week
            "work_hours": (0 < self.work_hours <= 24, "(0, 24]", self.work_hours),  # noqa: PLR2004 - hours of a day
            "shrinkage": (0 <= self.shrinkage < 1, "[0, 1)", self.shrinkage),
            "occupancy": (0 < self.occupancy <= 1, "(0, 1]", self.occupancy),
        }
        for name, (is_right, allowed, got) in ranges.items():
            if not is_right:
                raise InvalidValueError(
                    f"{name} must be in {allowed}, got {got} (week_configuration {self.key})", got=got
                )

    @property
    def key(self) -> tuple[int, int, str, str]:
        """Year, month, week and locality: unique in the table."""
        return self.year, self.month, str(self.week), self.locality


def calendar_weeks(
    year: int, month: int, *, calendars: Mapping[str, Site] = DEFAULT_CALENDARS
) -> tuple[WeekConfiguration, ...]:
    """What the calendars say about the weeks of a month: the rows a planner may then override."""
    first, last = month_ends(year, month)
    rows = []
    for locality, site in calendars.items():
        dates = working_dates(site, first, last)
        for week in weeks_of_month(year, month):
            inside = sum(IsoWeek.of(date) == week for date in dates)
            rows.append(WeekConfiguration(year, month, week, locality, inside))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class LocalityWeek:
    """A whole ISO week of one locality.

    Attributes:
        working_days: Working days of the week, over both its months where it has two [days].
        working_dates: The dates the calendar says; a planner's count may differ.
        work_hours, shrinkage, occupancy: As in `WeekConfiguration`.
    """

    working_days: float
    working_dates: tuple[dt.date, ...]
    work_hours: float = WORK_HOURS
    shrinkage: float = SHRINKAGE
    occupancy: float = OCCUPANCY

    def days_present(self, available_from: dt.date | None, available_until: dt.date | None) -> float:
        """Working days inside a window, ends included [days]; pro-rated where a planner changed the count."""
        dates = self.working_dates
        inside = sum(
            (available_from is None or date >= available_from) and (available_until is None or date <= available_until)
            for date in dates
        )
        return self.working_days * inside / len(dates)

    def capacity_hours(self, days_present: float, productivity: float = 1.0) -> float:
        """Hours a person can handle in the week: days x work hours x (1 - shrinkage) x productivity [h]."""
        return days_present * self.work_hours * (1 - self.shrinkage) * productivity


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """One ISO week with the settings of every locality."""

    week: IsoWeek
    localities: Mapping[str, LocalityWeek]

    def locality(self, name: str) -> LocalityWeek:
        """Settings of a locality.

        Raises:
            UnknownValueError: the week has no settings for it.
        """
        if name not in self.localities:
            raise UnknownValueError(f"{self.week} has no calendar for locality {name!r}", got=name)
        return self.localities[name]


def plan_week(
    week: IsoWeek,
    *,
    configuration: Iterable[WeekConfiguration] = (),
    calendars: Mapping[str, Site] = DEFAULT_CALENDARS,
) -> WeekPlan:
    """Settings of a week: the calendars, with a planner's rows laid over them.

    Raises:
        DuplicateError: two rows for one month, week and locality.
        UnknownValueError: a locality without a calendar.
    """
    overrides = index_configuration(configuration)
    plans = {}
    for locality in LOCALITIES:
        if locality not in calendars:
            raise UnknownValueError(f"no calendar for locality {locality!r}, got {sorted(calendars)}", got=locality)
        plans[locality] = _locality_week(week, locality, calendars[locality], overrides)
    return WeekPlan(week, plans)


def index_configuration(rows: Iterable[WeekConfiguration]) -> dict[tuple[int, int, str, str], WeekConfiguration]:
    """Rows by key.

    Raises:
        DuplicateError: two rows of one key.
    """
    index: dict[tuple[int, int, str, str], WeekConfiguration] = {}
    for row in rows:
        if row.key in index:
            raise DuplicateError(f"week_configuration has two rows for {row.key}", got=row.key)
        index[row.key] = row
    return index


def _locality_week(
    week: IsoWeek, locality: str, site: Site, overrides: Mapping[tuple[int, int, str, str], WeekConfiguration]
) -> LocalityWeek:
    calendar_dates = working_dates(site, week.dates[0], week.dates[-1])
    months = dict.fromkeys((date.year, date.month) for date in week.dates)
    days, settings = 0.0, None
    for year, month in months:
        row = overrides.get((year, month, str(week), locality))
        own = sum((date.year, date.month) == (year, month) for date in calendar_dates)
        days += own if row is None else row.working_days
        settings = settings or row
    if days and not calendar_dates:  # a planner opened a week of holidays: its weekdays stand for the dates
        calendar_dates = tuple(date for date in week.dates if date.weekday() not in site.weekend_numbers())
    if not days:
        calendar_dates = week.dates
    if settings is None:
        return LocalityWeek(days, calendar_dates)
    return LocalityWeek(days, calendar_dates, settings.work_hours, settings.shrinkage, settings.occupancy)
