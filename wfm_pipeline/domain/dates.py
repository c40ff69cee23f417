"""Sets of dates as stretches of consecutive days: what a run is about, and the words for it in a tag.

Here: such sets, and texts that name dates or weeks. Not here: which dates are stale (orchestration/partitions/stale_dates), what is open or a holiday (domain/calendar).
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Self

from wfm_pipeline.errors import DataError

_ONE_DAY: Final = dt.timedelta(days=1)
_NONE: Final = "none"
_BETWEEN, _TO = ",", ".."
_WEEK: Final = re.compile(r"(\d{4})-?[Ww](\d{1,2})")


def year_and_week(text: str) -> tuple[int, int] | None:
    """The ISO year and week that a text names.

    Args:
        text: Such as `2025-W28` or `2025w28`.

    Returns:
        Year and week, which that year need not have; None where the text names none.

    Example:
        >>> year_and_week("2025-W28"), year_and_week("28/2025")
        ((2025, 28), None)
    """
    match = _WEEK.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """A stretch of dates, both ends included."""

    first: dt.date
    last: dt.date

    def __iter__(self) -> Iterator[dt.date]:
        return (self.first + dt.timedelta(days=number) for number in range((self.last - self.first).days + 1))

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}{_TO}{self.last}"


@dataclass(frozen=True, slots=True)
class Dates:
    """Any set of dates, kept as its stretches.

    Attributes:
        stretches: In order, none next to another.

    Example:
        >>> dates = Dates.parse("2025-01-01..2025-01-03,2025-03-02")
        >>> len(dates), str(dates.hull), str(dates.widened(1))
        (4, '2025-01-01..2025-03-02', '2024-12-31..2025-01-04,2025-03-01..2025-03-03')
    """

    stretches: tuple[Days, ...] = ()

    @classmethod
    def of(cls, dates: Iterable[dt.date]) -> Self:
        """These dates as a set.

        Args:
            dates: In any order; one that is named twice counts once.

        Returns:
            The set.
        """
        numbered = enumerate(sorted(set(dates)))
        runs = (list(run) for _, run in groupby(numbered, key=lambda item: item[1].toordinal() - item[0]))
        return cls(tuple(Days(run[0][1], run[-1][1]) for run in runs))

    @classmethod
    def between(cls, first: dt.date, last: dt.date) -> Self:
        """All dates from one to another.

        Args:
            first: First date.
            last: Last date, inclusive.

        Returns:
            The set; empty where the last lies before the first.
        """
        return cls((Days(first, last),)) if first <= last else cls()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The dates that `str` wrote.

        Args:
            text: Dates and stretches with commas between them, or `none`.

        Returns:
            The set.

        Raises:
            DataError: it is no list of dates and stretches.
        """
        if text.strip() == _NONE:
            return cls()
        try:
            ends = [[dt.date.fromisoformat(day.strip()) for day in part.split(_TO)] for part in text.split(_BETWEEN)]
        except ValueError:
            ends = []
        if not ends or any(len(pair) > 2 or pair[0] > pair[-1] for pair in ends):  # noqa: PLR2004  (first and last)
            raise DataError(f"dates must be like 2025-01-01..2025-01-05,2025-03-02, or {_NONE}; got {text!r}", got=text)
        return cls.of(day for pair in ends for day in Days(pair[0], pair[-1]))

    def __str__(self) -> str:
        return _BETWEEN.join(map(str, self.stretches)) or _NONE

    def __iter__(self) -> Iterator[dt.date]:
        return (date for days in self.stretches for date in days)

    def __len__(self) -> int:
        return sum((days.last - days.first).days + 1 for days in self.stretches)

    def __or__(self, other: Iterable[dt.date]) -> "Dates":
        return Dates.of({*self, *other})

    @property
    def hull(self) -> Days:
        """The shortest stretch that holds all of them; there must be some."""
        return Days(self.stretches[0].first, self.stretches[-1].last)

    def hold(self, days: Days) -> bool:
        """Whether every day of a stretch is among them.

        Args:
            days: The stretch.

        Returns:
            False where one is missing.
        """
        return any(own.first <= days.first and days.last <= own.last for own in self.stretches)

    def widened(self, days: int) -> "Dates":
        """These dates and so many on either side of each.

        Args:
            days: How many on either side [days], >= 0.

        Returns:
            The larger set.
        """
        return Dates.of(
            date
            for stretch in self.stretches
            for date in Days(stretch.first - days * _ONE_DAY, stretch.last + days * _ONE_DAY)
        )

    def coarsened(self, *, gap_days: int, most: int) -> "Dates":
        """The same dates and more, in fewer stretches, for work that costs by the stretch.

        Args:
            gap_days: Gaps of at most so many dates are filled.
            most: Of the other gaps the shortest are filled until so many stretches are left, >= 1; of gaps of
                one length the earlier.

        Returns:
            A set that holds these dates.
        """
        gaps = [
            (later.first - earlier.last).days - 1
            for earlier, later in zip(self.stretches, self.stretches[1:], strict=False)
        ]
        order = sorted(range(len(gaps)), key=lambda place: (gaps[place], place))
        filled = {place for place in order if gaps[place] <= gap_days} | set(order[: max(len(gaps) + 1 - most, 0)])
        found: list[Days] = []
        for place, days in enumerate(self.stretches):
            found[-1:] = [Days(found[-1].first, days.last)] if place - 1 in filled else [*found[-1:], days]
        return Dates(tuple(found))
