"""Opening hours that planners state for queues: the rows of `queue_hours`, and which of them holds on a date.

Here: one row, the file that brings it, and the order among rows. Not here: windows and intervals (queue_calendar.py).

The rule. A row of the queue itself goes before one of all queues, one with a last date (an exception, a season) before one
without, and the later from_date before the earlier. Where no row speaks the site's hours hold.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, cast

from wfm_pipeline.contracts.planning.planners_input import QUEUE_HOURS
from wfm_pipeline.contracts.source.site import OpeningHours, parse_hours
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.planners_tables import PlannersFile, Row
from wfm_pipeline.errors import DataError, SettingsError, shown
from wfm_pipeline.units import LATEST_DATE, WEEKDAYS

_EVERY_DAY: Final = f"{WEEKDAYS[0]}-{WEEKDAYS[-1]}"
"""What an empty cell of weekdays stands for."""
_TITLE: Final = "queue_hours.csv"


@dataclass(frozen=True, slots=True)
class StatedHours:
    """One row of the table.

    Attributes:
        queue_id: The queue, or `(all)`.
        from_date: First date.
        until_date: Last date, inclusive; `LATEST_DATE`: until another row holds.
        weekdays: Weekdays it is about, Monday 0.
        today: Windows of the date itself.
        tomorrow: What lies after its midnight.
    """

    queue_id: str
    from_date: dt.date
    until_date: dt.date
    weekdays: frozenset[int]
    today: tuple[OpeningHours, ...]
    tomorrow: tuple[OpeningHours, ...]

    @property
    def is_exception(self) -> bool:
        """It has a last date: a single day, or a season."""
        return self.until_date < LATEST_DATE

    @property
    def rank(self) -> tuple[bool, bool, dt.date]:
        """Of rows that speak of one date the largest holds."""
        return self.queue_id != ALL, self.is_exception, self.from_date


def read_weekdays(text: str) -> frozenset[int]:
    """Weekdays from words such as `mon-fri`, `sat;sun` or `fri-mon`.

    Args:
        text: Short English names, ranges with `-`, several with `;` or `,`.

    Returns:
        Numbers, Monday 0.

    Raises:
        DataError: a word is no weekday.
    """
    found: set[int] = set()
    for part in text.lower().replace(",", ";").split(";"):
        ends = [word.strip() for word in part.split("-")]
        if len(ends) > len("-") + 1 or any(word not in WEEKDAYS for word in ends):
            raise DataError(
                f"weekdays must be of {', '.join(WEEKDAYS)}, such as mon-fri or sat;sun, or empty for all; got {shown(text)}",
                got=text,
            )
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        found |= {(first + step) % len(WEEKDAYS) for step in range((last - first) % len(WEEKDAYS) + 1)}
    return frozenset(found)


def stated(row: Row) -> StatedHours:
    """A row of the table as the calendar takes it.

    Args:
        row: Columns of `silver.queue_hours`.

    Returns:
        The row.

    Raises:
        DataError: hours or weekdays have another form, or windows overlap.
    """
    hours = str(row["hours"])
    try:
        today, tomorrow = parse_hours(hours.replace(";", ","), where="hours")
    except SettingsError as error:
        raise DataError(str(error), got=hours) from error
    ordered = tuple(sorted(today))
    if any(after.opens_minute < before.closes_minute for before, after in pairwise(ordered)):
        raise DataError(f"hours: windows must not overlap, got {shown(hours)}", got=hours)
    return StatedHours(
        queue_id=str(row["queue_id"]),
        from_date=cast("dt.date", row["from_date"]),
        until_date=cast("dt.date", row["until_date"]),
        weekdays=read_weekdays(str(row["weekdays"])),
        today=ordered,
        tomorrow=tomorrow,
    )


def _check_row(row: Row) -> None:
    stated(row)
    first, last = cast("dt.date", row["from_date"]), cast("dt.date", row["until_date"])
    if last < first:
        raise DataError(f"until_date {last} lies before from_date {first}", got=last)


def _check_all(rows: Sequence[Row], places: Sequence[str], known: Sequence[str]) -> None:
    """No two rows of one rank speak of one date, and every queue has calls."""
    read = [stated(row) for row in rows]
    for number, (one, place) in enumerate(zip(read, places, strict=True)):
        if known and one.queue_id not in (*known, ALL):
            raise DataError(
                f"queue {shown(one.queue_id)} has no calls; known are {', '.join(known)}, or an empty cell for every queue "
                f"({place})",
                got=one.queue_id,
            )
        for other, there in zip(read[:number], places, strict=False):
            if one.rank == other.rank and one.queue_id == other.queue_id and one.weekdays & other.weekdays:
                raise DataError(
                    f"two rows give hours to queue {shown(one.queue_id)} from {one.from_date} on one weekday: keep one, or "
                    f"let one begin later ({there}; {place})",
                    got=one.queue_id,
                )


HOURS_FILE: Final = PlannersFile(
    table=QUEUE_HOURS,
    title=_TITLE,
    empty={"queue_id": ALL, "weekdays": _EVERY_DAY, "until_date": LATEST_DATE},
    check=_check_row,
    check_all=_check_all,
)
"""How `queue_hours` is read."""


def holding(rows: Iterable[StatedHours], first: dt.date, last: dt.date) -> dict[dt.date, StatedHours]:
    """The row that holds on each date, of rows that speak of one queue.

    Args:
        rows: Rows of the queue, and of all queues.
        first: First date.
        last: Last date, inclusive.

    Returns:
        Date -> row; dates on which none speaks are left out.
    """
    held: dict[dt.date, StatedHours] = {}
    for row in sorted(rows, key=lambda one: one.rank):
        begins, ends = max(first, row.from_date), min(last, row.until_date)
        dates = (begins + dt.timedelta(days=number) for number in range((ends - begins).days + 1))
        held.update({date: row for date in dates if date.weekday() in row.weekdays})
    return held
