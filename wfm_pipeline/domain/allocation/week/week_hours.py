"""What a week is like in each locality: working days, hours, and who is there for how many of them.

Here: `WeekConfiguration` (one row per month, ISO week and locality), the table of them with the
calendars behind it, a week's settings per locality, availability windows and capacity hours. Not
here: what has to be done in a week (demand) or by whom (strategies).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.allocation.faults import DuplicateError, InvalidValueError, UnknownValueError
from wfm_pipeline.domain.allocation.tables.locality import LOCALITIES
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek, month_ends, weeks_of_month, working_dates
from wfm_pipeline.units import DAYS_PER_WEEK, HOURS_PER_DAY

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
        if self.week not in weeks_of_month(self.year, self.month):
            raise InvalidValueError(
                f"{self.week} has no day in {self.year}-{self.month:02d} (week_configuration, {self.locality})",
                got=self.key,
            )
        ranges = {
            "working_days": (0 <= self.working_days <= DAYS_PER_WEEK, "0..7", self.working_days),
            "work_hours": (0 < self.work_hours <= HOURS_PER_DAY, "(0, 24]", self.work_hours),
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
        """Working days inside a window; pro-rated where a planner changed the count.

        Args:
            available_from: First date of the window; None = open.
            available_until: Last date, inclusive; None = open.

        Returns:
            Days [days], >= 0.
        """
        dates = self.working_dates
        inside = sum(
            (available_from is None or date >= available_from) and (available_until is None or date <= available_until)
            for date in dates
        )
        return self.working_days * inside / len(dates)

    def capacity_hours(self, days_present: float, productivity: float = 1.0) -> float:
        """Hours a person can handle in the week: days x work hours x (1 - shrinkage) x productivity.

        Args:
            days_present: Working days the person is there [days].
            productivity: Share of a full capacity [0..1].

        Returns:
            Capacity [h].

        Example:
            >>> LocalityWeek(5.0, ()).capacity_hours(4.0)  # 4 days x 9 h x 0.9
            32.4
        """
        return days_present * self.work_hours * (1 - self.shrinkage) * productivity


@dataclass(frozen=True, slots=True)
class WeekHours:
    """One ISO week with the settings of every locality."""

    week: IsoWeek
    localities: Mapping[str, LocalityWeek]

    def locality(self, name: str) -> LocalityWeek:
        """Settings of a locality.

        Args:
            name: Domestic or Global.

        Returns:
            The settings.

        Raises:
            UnknownValueError: the week has no settings for it.
        """
        if name not in self.localities:
            raise UnknownValueError(f"{self.week} has no calendar for locality {name!r}", got=name)
        return self.localities[name]


class WeekTable:
    """Working days of every month, week and locality: a planner's rows, and the calendars where there are none.

    A planner's rows for a month and locality replace the calendar for that whole month: a week that
    is not among them has no working day in it.
    """

    def __init__(
        self,
        configuration: Iterable[WeekConfiguration] = (),
        *,
        calendars: Mapping[str, Site] = DEFAULT_CALENDARS,
    ) -> None:
        """Take rows and calendars.

        Raises:
            DuplicateError: two rows for one month, week and locality.
            UnknownValueError: a locality without a calendar.
        """
        missing = [locality for locality in LOCALITIES if locality not in calendars]
        if missing:
            raise UnknownValueError(f"no calendar for locality {missing[0]!r}, got {sorted(calendars)}", got=missing)
        self.calendars = calendars
        self._rows: dict[tuple[int, int, str], dict[IsoWeek, WeekConfiguration]] = {}
        self._days: dict[tuple[int, int, str], dict[IsoWeek, float]] = {}
        for row in configuration:
            month = self._rows.setdefault((row.year, row.month, row.locality), {})
            if row.week in month:
                raise DuplicateError(f"week_configuration has two rows for {row.key}", got=row.key)
            month[row.week] = row

    def calendar_of(self, locality: str, state: str, year: int, month: int) -> str:
        """Calendar of a demand in a month: its state's (`Domestic-TX`) where there is one, else its locality's.

        A state has one where the month has rows of it, or where a calendar of that name is configured.

        Args:
            locality: Domestic or Global.
            state: The demand's state.
            year: Calendar year.
            month: Calendar month, 1..12.

        Returns:
            Name of the calendar.
        """
        own = f"{locality}-{state}"
        return own if own in self.calendars or (year, month, own) in self._rows else locality

    def days_of_month(self, year: int, month: int, calendar: str) -> dict[IsoWeek, float]:
        """Working days of each ISO week inside a month, in order of time [days].

        Args:
            year: Calendar year.
            month: Calendar month, 1..12.
            calendar: A locality, or a state's own calendar.

        Returns:
            ISO week -> working days inside the month [days], in order of time.

        Raises:
            UnknownValueError: there is neither a row nor a calendar of that name.
        """
        key = (year, month, calendar)
        if key not in self._days:
            self._days[key] = self._count_days(year, month, calendar)
        return self._days[key]

    def _count_days(self, year: int, month: int, calendar: str) -> dict[IsoWeek, float]:
        rows = self._rows.get((year, month, calendar))
        weeks = weeks_of_month(year, month)
        if rows is not None:
            return {week: rows[week].working_days if week in rows else 0.0 for week in weeks}
        if calendar not in self.calendars:
            raise UnknownValueError(f"no calendar {calendar!r} for {year}-{month:02d}", got=calendar)
        dates = working_dates(self.calendars[calendar], *month_ends(year, month))
        return {week: float(sum(IsoWeek.of(date) == week for date in dates)) for week in weeks}

    def row(self, year: int, month: int, week: IsoWeek, calendar: str) -> WeekConfiguration:
        """One row, a planner's or the calendar's.

        Args:
            year: Calendar year.
            month: Calendar month, 1..12.
            week: An ISO week with a day in that month.
            calendar: A locality, or a state's own calendar.

        Returns:
            The planner's row, or the calendar's.

        Raises:
            UnknownValueError: there is neither a row nor a calendar of that name.
        """
        planned = self._rows.get((year, month, calendar), {}).get(week)
        return planned or WeekConfiguration(
            year, month, week, calendar, self.days_of_month(year, month, calendar)[week]
        )

    def hours_of(self, week: IsoWeek) -> "WeekHours":
        """Settings of a whole ISO week in every locality.

        Args:
            week: The ISO week.

        Returns:
            The settings; of a week over two months hours and shrinkage are means weighted by days and paid hours.
        """
        return WeekHours(week, {locality: self._locality_week(week, locality) for locality in LOCALITIES})

    def _locality_week(self, week: IsoWeek, locality: str) -> LocalityWeek:
        site = self.calendars[locality]
        months = dict.fromkeys((date.year, date.month) for date in week.dates)
        rows = [self.row(year, month, week, locality) for year, month in months]
        days = sum(row.working_days for row in rows)
        dates = working_dates(site, week.dates[0], week.dates[-1])
        if not dates:  # a week of holidays that a planner may have opened: its weekdays stand for the dates
            dates = tuple(date for date in week.dates if date.weekday() not in site.weekend_numbers())
        hours = _mean([row.work_hours for row in rows], [row.working_days for row in rows])
        paid = [row.working_days * row.work_hours for row in rows]
        shrinkage = _mean([row.shrinkage for row in rows], paid)
        present = [hours_paid * (1 - row.shrinkage) for hours_paid, row in zip(paid, rows, strict=True)]
        return LocalityWeek(days, dates, hours, shrinkage, _mean([row.occupancy for row in rows], present))

    def notices(self) -> list[str]:
        """Months whose rows leave weeks out."""
        words = []
        for (year, month, locality), rows in self._rows.items():
            absent = [str(week) for week in weeks_of_month(year, month) if week not in rows]
            if absent:
                words.append(
                    f"week_configuration for {year}-{month:02d} {locality} does not list {', '.join(absent)}: "
                    "no working day there in that month"
                )
        return words


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """Weighted mean, so that a week over two months has the hours of both; the first value without any weight."""
    total = sum(weights)
    if total == 0 or len(set(values)) == 1:
        return values[0]
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / total
