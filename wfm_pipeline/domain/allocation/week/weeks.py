"""ISO weeks and months as dates; nothing about localities' settings (week_hours)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.allocation.faults import InvalidValueError
from wfm_pipeline.domain.calendar import holiday_names
from wfm_pipeline.domain.dates import year_and_week
from wfm_pipeline.units import DAYS_PER_WEEK, LONGEST_MONTH_DAYS, MONTHS_PER_YEAR

YEARS: Final = range(1900, 3000)
"""Years of a plan; any other is a slip of the pen."""
_MONTHS_KEPT: Final = 256
"""Months whose weeks are kept in memory [count]."""


def check_year(year: int) -> None:
    """Refuse a year that can only be a slip of the pen.

    Args:
        year: Calendar or ISO year.

    Raises:
        InvalidValueError: outside 1900..2999.
    """
    if year not in YEARS:
        raise InvalidValueError(f"year must be {YEARS.start}..{YEARS.stop - 1}, got {year}", got=year)


@dataclass(frozen=True, slots=True, order=True)
class IsoWeek:
    """An ISO 8601 week, Monday to Sunday."""

    iso_year: int
    iso_week: int

    def __post_init__(self) -> None:
        """Refuse a week its year does not have."""
        check_year(self.iso_year)
        try:
            dt.date.fromisocalendar(self.iso_year, self.iso_week, 1)
        except ValueError as error:
            raise InvalidValueError(
                f"no ISO week {self.iso_year}-W{self.iso_week:02d}: {error}", got=str(self)
            ) from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2025-W28`.

        Args:
            text: Such as `2025-W28`.

        Returns:
            The week.

        Raises:
            InvalidValueError: the text names no week, or its year does not have it.

        Source:
            ISO 8601.
        """
        found = year_and_week(text.strip())
        if found is None:
            raise InvalidValueError(f"an ISO week looks like 2025-W28, got {text!r}", got=text)
        return cls(*found)

    @classmethod
    def of(cls, date: dt.date) -> Self:
        """The week a date lies in.

        Args:
            date: The date.

        Returns:
            The week.
        """
        calendar = date.isocalendar()
        return cls(calendar.year, calendar.week)

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """Monday to Sunday."""
        monday = dt.date.fromisocalendar(self.iso_year, self.iso_week, 1)
        return tuple(monday + dt.timedelta(days=day) for day in range(DAYS_PER_WEEK))

    @property
    def previous(self) -> "IsoWeek":
        """The week before."""
        return IsoWeek.of(self.dates[0] - dt.timedelta(days=DAYS_PER_WEEK))

    def __str__(self) -> str:
        return f"{self.iso_year}-W{self.iso_week:02d}"


def weeks_of(dates: Iterable[dt.date]) -> list[IsoWeek]:
    """ISO weeks that dates lie in, in the dates' order.

    Args:
        dates: Dates in any order.

    Returns:
        The weeks, each once.

    Example:
        >>> [str(week) for week in weeks_of([dt.date(2025, 7, 6), dt.date(2025, 7, 7), dt.date(2025, 7, 8)])]
        ['2025-W27', '2025-W28']
    """
    return list(dict.fromkeys(IsoWeek.of(date) for date in dates))


def working_dates(site: Site, first_date: dt.date, last_date: dt.date) -> tuple[dt.date, ...]:
    """Dates between two dates, inclusive, that are neither weekend nor holiday of the site.

    Args:
        site: Weekend and holidays.
        first_date: First date.
        last_date: Last date, inclusive.

    Returns:
        The dates, in order.
    """
    days = (first_date + dt.timedelta(days=day) for day in range((last_date - first_date).days + 1))
    off, weekend = holiday_names(site, first_date, last_date), site.weekend_numbers()
    return tuple(date for date in days if date not in off and date.weekday() not in weekend)


def month_ends(year: int, month: int) -> tuple[dt.date, dt.date]:
    """First and last date of a month.

    Args:
        year: Calendar year.
        month: Calendar month, 1..12.

    Returns:
        First and last date.

    Raises:
        InvalidValueError: month outside 1..12, or year outside 1900..2999.
    """
    check_year(year)
    if not 1 <= month <= MONTHS_PER_YEAR:
        raise InvalidValueError(f"month must be 1..12, got {month} (year {year})", got=month)
    first = dt.date(year, month, 1)
    return first, (first + dt.timedelta(days=LONGEST_MONTH_DAYS)).replace(day=1) - dt.timedelta(days=1)


@lru_cache(maxsize=_MONTHS_KEPT)
def weeks_of_month(year: int, month: int) -> tuple[IsoWeek, ...]:
    """ISO weeks with at least one date inside the month, in order.

    Args:
        year: Calendar year.
        month: Calendar month, 1..12.

    Returns:
        The weeks, in order of time.

    Raises:
        InvalidValueError: month outside 1..12, or year outside 1900..2999.

    Example:
        >>> [str(week) for week in weeks_of_month(2025, 7)][-1]
        '2025-W31'
    """
    first, last = month_ends(year, month)
    days = range((last - first).days + 1)
    return tuple(dict.fromkeys(IsoWeek.of(first + dt.timedelta(days=day)) for day in days))
