"""Cells of the floor's tables: numbers in a range, clock times, words.

Not here: reading a column with faults that name table and line (domain/sheet), what the tables mean (sheets.py), files.
"""

import math
import re
from collections.abc import Callable, Sequence

import pandas as pd

from wfm_pipeline.domain.sheet import Sheet
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE, plain_number, sensible_date

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


class FloorTable(Sheet):
    """A table of the floor, which has a row at least."""

    def __init__(self, frame: pd.DataFrame, name: str, *, required: Sequence[str]) -> None:
        """Take a frame.

        Raises:
            DataError: it has no row, or lacks a column; both lists are named.
        """
        super().__init__(frame, name, required=required)
        if self.frame.empty:
            raise DataError(f"{name} has no row", table=name)


def word(text: str) -> str:
    """A word that is not empty.

    Args:
        text: A trimmed cell.

    Returns:
        The text.

    Raises:
        ValueError: it is empty.
    """
    if not text:
        raise ValueError(text)
    return text


def number_from(low: float, high: float = math.inf) -> Callable[[str], float]:
    """A reader of finite numbers in [low, high].

    Args:
        low: Smallest number, inclusive.
        high: Largest, inclusive.

    Returns:
        A function of a text that gives the number, or raises ValueError.

    Example:
        >>> number_from(0, 1)("0.4")
        0.4
    """

    def read(text: str) -> float:
        value = plain_number(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


def whole_number_to(high: int) -> Callable[[str], int]:
    """A reader of whole numbers from 0 on.

    Args:
        high: Largest number, inclusive.

    Returns:
        A function of a text that gives the number, or raises ValueError.
    """

    def read(text: str) -> int:
        value = plain_number(text)
        if not value.is_integer() or not 0 <= value <= high:
            raise ValueError(text)
        return int(value)

    return read


def clock_seconds(text: str) -> float | None:
    """A clock time such as 08:30, up to 24:00.

    Args:
        text: A trimmed cell.

    Returns:
        Seconds since midnight [s]; None where it looks like none.

    Raises:
        ValueError: it looks like one and cannot be.

    Example:
        >>> clock_seconds("08:30"), clock_seconds("2026-01-31 08:30")
        (30600.0, None)
    """
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE + seconds
    if minutes >= SECONDS_PER_MINUTE or seconds >= SECONDS_PER_MINUTE or total > SECONDS_PER_DAY:
        raise ValueError(text)
    return float(total)


def moment(text: str) -> float | pd.Timestamp:
    """A clock time (seconds since midnight) or a date with a time.

    Args:
        text: A trimmed cell.

    Returns:
        Seconds since midnight [s], or the date with its time.

    Raises:
        ValueError: it is neither.
    """
    clock = clock_seconds(text)
    if clock is not None:
        return clock
    if not text:
        raise ValueError(text)
    try:
        stamp = pd.Timestamp(text)
        if not pd.isna(stamp):
            sensible_date(stamp.date())
    except (ValueError, TypeError, OverflowError, NotImplementedError) as error:  # the last: a year before the first
        raise ValueError(text) from error
    if pd.isna(stamp) or stamp.tzinfo is not None:
        raise ValueError(text)
    return stamp
