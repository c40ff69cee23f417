"""Constants with a unit, and the grammar of a schedule's time: what is checked at the very door."""

import datetime as dt
import math
import re
from typing import Final

from cronsim import CronSim, CronSimError

SECONDS_PER_MINUTE: Final = 60
SECONDS_PER_HOUR: Final = 3_600
SECONDS_PER_DAY: Final = 86_400
MINUTES_PER_HOUR: Final = 60
MINUTES_PER_DAY: Final = 1_440
DAYS_PER_WEEK: Final = 7
MONTHS_PER_YEAR: Final = 12
LONGEST_MONTH_DAYS: Final = 31
HOURS_PER_DAY: Final = 24
PERCENT: Final = 100.0
"""Percent of a whole; shares are 0..1 everywhere but in texts."""
INTERVAL_MINUTES_ALLOWED: Final = (5, 15, 30, 60)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Short weekday names; the position equals `datetime.date.weekday()`."""

ANSWER_TARGET_SECONDS: Final = 20.0
SERVICE_LEVEL_TARGET: Final = 0.8
"""The 20 and the 80 of 80/20, the target that call centres name where nobody says another [s], [0..1]."""
EARLIEST_DATE: Final = dt.date(1990, 1, 1)
LATEST_DATE: Final = dt.date(2199, 12, 31)
"""Dates before and after are slips of the pen: no centre has such calls, and instants in nanoseconds end in 2262."""
SHORTEST_PATIENCE_SECONDS: Final = 0.1
LONGEST_PATIENCE_SECONDS: Final = 1e9
"""Mean patience [s]: nobody hangs up faster than they hear a tone; above thirty years, nobody hangs up."""
SMALLEST_TARGET: Final = 1e-4
LARGEST_TARGET: Final = 0.9999
"""Shares of callers that are worth a target [0..1]: outside, one call in ten thousand decides."""
SMALLEST_OCCUPANCY_CAP: Final = 0.05
LARGEST_SHRINKAGE: Final = 0.99
SMALLEST_NUMBER: Final = 1e-9
LARGEST_NUMBER: Final = 1e15
"""Sizes of the numbers in people's tables, zero apart: divided by less or multiplied by more, nothing is left."""
_LONGEST_WHOLE: Final = 9
_LONGEST_NUMBER: Final = 40
"""Characters of a number: a double has seventeen digits."""
_GROUPED_NUMBERS: Final = (
    (re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?"), re.compile(","), "."),
    (re.compile(r"[+-]?[1-9][0-9]{0,2}((\.[0-9]{3})+,[0-9]+|(\.[0-9]{3}){2,})"), re.compile(r"\."), ","),
    (re.compile(r"[+-]?[1-9][0-9]{0,2}([ '\u2019\u00a0\u202f][0-9]{3})+([.,][0-9]*)?"), re.compile(r"[^0-9.,+-]"), "."),
)
"""Numbers with thousands apart: how they look, what stands between the thousands, the decimal sign."""
_DECIMAL_COMMA: Final = re.compile(r"[+-]?[0-9]*,[0-9]+")

_CRON_FIELDS: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("weekday", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_ANY_TIME: Final = dt.datetime(2024, 1, 1)
_CRON_PART: Final = re.compile(r"(?P<all>\*)(/(?P<every>\d+))?|(?P<first>\w+)(-(?P<last>\w+)(/(?P<step>\d+))?)?")


def plain_number(text: str) -> float:
    """A number as programs write it: 12, 1.5, 2e3.

    Raises:
        ValueError: it is none, or not finite, longer than any number, or too small or too large to work with.

    Example:
        >>> plain_number("2e3")
        2000.0
    """
    if len(text) > _LONGEST_NUMBER or "_" in text:
        raise ValueError(text)
    value = float(text)
    if (value and not SMALLEST_NUMBER <= abs(value) <= LARGEST_NUMBER) or math.isnan(value):
        raise ValueError(text)
    return value


def number_hint(text: str) -> str:
    """What to write in place of a text that is a number to people only; of two readings both, of none nothing.

    Args:
        text: A trimmed cell that `plain_number` does not read.

    Returns:
        Words to put behind a message, beginning with `; `, or nothing.

    Example:
        >>> number_hint("1,200")
        '; it is 1200 with its comma between thousands and 1.2 with a decimal comma: write 1200 or 1.2'
        >>> number_hint("1.234,5"), number_hint("1,5")
        ('; write 1234.5', '; write decimals with a point: 1.5')
    """
    if len(text) > _LONGEST_NUMBER:
        return ""
    for grouped, between, point in _GROUPED_NUMBERS:
        if grouped.fullmatch(text):
            plain = between.sub("", text).replace(",", ".")
            decimal = text.replace(",", ".")
            if between.pattern != "," or text.count(",") > 1 or point in text:
                return f"; write {plain}"
            return (
                f"; it is {plain} with its comma between thousands and {float(decimal):g} with a decimal comma: "
                f"write {plain} or {float(decimal):g}"
            )
    is_decimal = _DECIMAL_COMMA.fullmatch(text) is not None
    return f"; write decimals with a point: {text.replace(',', '.')}" if is_decimal else ""


def whole(text: str) -> int | None:
    """A whole number of at most nine digits; None where the text is none."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_WHOLE else None


def sensible_date(date: dt.date) -> dt.date:
    """The date itself.

    Raises:
        ValueError: it lies before 1990 or after 2199.
    """
    if not EARLIEST_DATE <= date <= LATEST_DATE:
        raise ValueError(f"must lie between {EARLIEST_DATE} and {LATEST_DATE}")
    return date


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
        return match["every"] is None or 1 <= (whole(match["every"]) or 0) <= high
    ends = [
        words.index(end) + low if end in words else -1 if (number := whole(end)) is None else number
        for end in (match["first"], match["last"] or match["first"])
    ]
    return low <= ends[0] <= ends[1] <= high and (match["step"] is None or 1 <= (whole(match["step"]) or 0) <= high)
