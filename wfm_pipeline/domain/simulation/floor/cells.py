"""Cells of plain text tables as numbers, times and words, with faults that name table and line.

Here: reading one cell or column. Not here: what the tables mean (sheets), and files.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd

from wfm_pipeline.errors import DataError
from wfm_pipeline.units import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE, plain_number, sensible_date

Value = TypeVar("Value")
_HEADER_LINES = 2
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


class TextTable:
    """A frame of text cells that knows its name.

    Attributes:
        name: What messages call it.
        frame: The rows, columns trimmed and in lower case.
    """

    def __init__(self, frame: pd.DataFrame, name: str, *, required: Sequence[str]) -> None:
        """Take a frame.

        Raises:
            DataError: it has no row, or lacks a column; both lists are named.
        """
        self.name = name
        self.frame = frame.rename(columns=lambda column: str(column).strip().lower())
        missing = [column for column in required if column not in self.frame.columns]
        if missing:
            raise DataError(
                f"{name} lacks the columns {', '.join(missing)}; present: {', '.join(map(str, frame.columns))}",
                missing=missing,
            )
        if self.frame.empty:
            raise DataError(f"{name} has no row", table=name)

    def has(self, column: str) -> bool:
        """True where the table has the column."""
        return column in self.frame.columns

    def line(self, row: int) -> str:
        """Words for a row: its line in the file, the header being line 1."""
        return f"{self.name}, line {row + _HEADER_LINES}"

    def texts(self, column: str) -> list[str]:
        """Cells as trimmed text; empty where there is no such column."""
        if not self.has(column):
            return [""] * len(self.frame)
        return ["" if pd.isna(cell) else str(cell).strip() for cell in self.frame[column]]

    def needed(self, column: str, read: Callable[[str], Value], allowed: str) -> list[Value]:
        """Cells read by a function, none of them empty.

        Raises:
            DataError: a cell is empty or cannot be read; the message names line, column and what is allowed.
        """
        return [self._read(row, column, text, read, allowed) for row, text in enumerate(self.texts(column))]

    def optional(self, column: str, read: Callable[[str], Value], allowed: str) -> list[Value | None]:
        """Cells read by a function; None where empty.

        Raises:
            DataError: a cell cannot be read.
        """
        return [
            self._read(row, column, text, read, allowed) if text else None
            for row, text in enumerate(self.texts(column))
        ]

    def _read(self, row: int, column: str, text: str, read: Callable[[str], Value], allowed: str) -> Value:
        try:
            return read(text)
        except ValueError as error:
            raise DataError(
                f"{column} must be {allowed}, got {text!r} ({self.line(row)})", got=text, column=column
            ) from error


def word(text: str) -> str:
    """A word that is not empty."""
    if not text:
        raise ValueError(text)
    return text


def number_from(low: float, high: float = math.inf) -> Callable[[str], float]:
    """A reader of finite numbers in [low, high]."""

    def read(text: str) -> float:
        value = plain_number(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


def whole_number_to(high: int) -> Callable[[str], int]:
    """A reader of whole numbers from 0 to `high`."""

    def read(text: str) -> int:
        value = plain_number(text)
        if not value.is_integer() or not 0 <= value <= high:
            raise ValueError(text)
        return int(value)

    return read


def clock_seconds(text: str) -> float | None:
    """Seconds since midnight of a clock time such as 08:30, up to 24:00; None where it is none.

    Raises:
        ValueError: it looks like one and cannot be.
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
