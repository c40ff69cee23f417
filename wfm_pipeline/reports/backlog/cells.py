"""Single values of the view as people read them: a dash where nothing is known, never a zero in its place.

Not here: which values stand where (status, readiness, performance).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from wfm_pipeline.reports.words.numbers import UNKNOWN, number
from wfm_pipeline.reports.words.plain_words import one_line
from wfm_pipeline.units import HOURS_PER_DAY, MINUTES_PER_HOUR, PERCENT, SECONDS_PER_MINUTE

LONGEST_NAME: Final = 28
"""Letters of a queue's name that a table shows [characters]."""
_HALF_PERCENT: Final = 0.005
_TEN: Final = 10

Row = Mapping[str, Any]
"""A row of gold: column -> value, None where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """A table as it is shown on every medium.

    Attributes:
        title: What it shows.
        heads: Names of its columns; the first names the row.
        rows: Text of the cells.
        texts: Places of columns that are words, besides the first.
        levels: Of each row, how urgent it is: `act`, `watch`, `well` or `unknown`; may be empty.
        notes: Sentences below it.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: frozenset[int] = frozenset()
    levels: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame; what is null is None."""
    known = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]


def name(queue_id: object, *, longest: int = LONGEST_NAME) -> str:
    """A queue's name on one line, cut where it is very long."""
    line = one_line(str(queue_id))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def whole(value: object) -> str:
    """A count."""
    return UNKNOWN if value is None else f"{float(str(value)):,.0f}"


def people(value: object) -> str:
    """A number of people: whole where it is, else one decimal.

    Example:
        >>> people(3.0), people(2.56), people(None) == UNKNOWN
        ('3', '2.6', True)
    """
    if value is None:
        return UNKNOWN
    count = float(str(value))
    return f"{count:,.0f}" if abs(count - round(count)) < _HALF_PERCENT else number(count, digits=1)


def signed(value: object) -> str:
    """A change, with its sign.

    Example:
        >>> signed(12), signed(-3), signed(0)
        ('+12', '-3', '0')
    """
    return UNKNOWN if value is None else "0" if value == 0 else f"{float(str(value)):+,.0f}"


def risk(value: object) -> str:
    """A probability in whole percent, never rounded to certainty.

    Example:
        >>> risk(0.71), risk(0.004), risk(0.999), risk(0.0), risk(1.0)
        ('71 %', '< 1 %', '> 99 %', '0 %', '100 %')
    """
    if value is None:
        return UNKNOWN
    share = float(str(value))
    if 0 < share < _HALF_PERCENT:
        return "< 1 %"
    if 1 - _HALF_PERCENT < share < 1:
        return "> 99 %"
    return f"{share * PERCENT:.0f} %"


def share(value: object) -> str:
    """A share in whole percent."""
    return UNKNOWN if value is None else f"{float(str(value)) * PERCENT:.0f} %"


def age(seconds: object) -> str:
    """A duration in its two largest units.

    Example:
        >>> age(59), age(2700), age(7500), age(187_200), age(2_700_000)
        ('< 1 min', '45 min', '2 h 05', '2 d 4 h', '31 d')
    """
    if seconds is None:
        return UNKNOWN
    minutes = int(float(str(seconds)) // SECONDS_PER_MINUTE)
    hours, days = minutes // MINUTES_PER_HOUR, minutes // (MINUTES_PER_HOUR * HOURS_PER_DAY)
    if minutes < 1:
        return "< 1 min"
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % MINUTES_PER_HOUR:02d}"
    return f"{days} d {hours % HOURS_PER_DAY} h" if days < _TEN else f"{days:,} d"


def hours(value: object, low: object = None, high: object = None) -> str:
    """A number of hours, with its band where that is known; a band whose end is not within reach is open.

    Example:
        >>> hours(3.25), hours(41.0, 30.0, 60.5), hours(8.0, 6.5, None), hours(0.0), hours(None) == UNKNOWN
        ('3.2 h', '41 h (30-60)', '8.0 h (6.5 or more)', '0 h', True)
    """
    if value is None:
        return UNKNOWN if low is None else f"{_count(low)} h or more"
    if low is None or not float(str(value)):
        return f"{_count(value)} h"
    return (
        f"{_count(value)} h ({_count(low)} or more)"
        if high is None
        else f"{_count(value)} h ({_count(low)}-{_count(high)})"
    )


def _count(value: object) -> str:
    count = float(str(value))
    return f"{count:,.0f}" if count >= _TEN or not count else f"{count:.1f}"
