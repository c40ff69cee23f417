"""Constants with a unit, and the grammar of a schedule's time: what is checked at the very door."""

import datetime as dt
import re
from typing import Final

from cronsim import CronSim, CronSimError

SECONDS_PER_MINUTE: Final = 60
SECONDS_PER_HOUR: Final = 3_600
SECONDS_PER_DAY: Final = 86_400
MINUTES_PER_HOUR: Final = 60
MINUTES_PER_DAY: Final = 1_440
DAYS_PER_WEEK: Final = 7
INTERVAL_MINUTES_ALLOWED: Final = (5, 15, 30, 60)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Short weekday names; the position equals `datetime.date.weekday()`."""

_CRON_FIELDS: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("weekday", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_ANY_TIME: Final = dt.datetime(2024, 1, 1)
_CRON_PART: Final = re.compile(r"(?P<all>\*)(/(?P<every>\d+))?|(?P<first>\w+)(-(?P<last>\w+)(/(?P<step>\d+))?)?")


def cron_fault(text: str) -> str | None:
    """What is wrong with a schedule's time, in words; None where nothing is.

    Args:
        text: Five fields: minute, hour, day of the month, month, weekday (0 or 7 is Sunday); each `*`, `*/n`,
            a value, a range `a-b` or `a-b/n`, or a list of those with commas.

    Example:
        >>> cron_fault("0 3 * * *")
        >>> cron_fault("0 25 * * *")
        'hour must be 0 to 23'
        >>> cron_fault("0 3 31 2 *")
        'no day of any year meets it'
    """
    fields = text.split()
    if len(fields) != len(_CRON_FIELDS):
        return "it must have five fields: minute hour day-of-month month weekday, such as '0 3 * * *' for 03:00"
    for field, (name, low, high, words) in zip(fields, _CRON_FIELDS, strict=True):
        if not all(_is_cron_part(part, low, high, words) for part in field.lower().split(",")):
            return f"{name} must be {low} to {high}" + (f" or {words[0]} to {words[-1]}" if words else "")
    try:
        next(CronSim(text, _ANY_TIME))
    except (CronSimError, StopIteration):
        return "no day of any year meets it"
    return None


def _is_cron_part(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    match = _CRON_PART.fullmatch(part)
    if match is None:
        return False
    if match["all"]:
        return match["every"] is None or 1 <= int(match["every"]) <= high
    ends = [
        words.index(end) + low if end in words else int(end) if end.isdigit() else -1
        for end in (match["first"], match["last"] or match["first"])
    ]
    return low <= ends[0] <= ends[1] <= high and (match["step"] is None or 1 <= int(match["step"]) <= high)
