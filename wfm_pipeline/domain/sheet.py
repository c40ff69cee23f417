"""Cells of a planner's table, read with messages that name table and line.

Here: a frame of text or typed cells whose columns become numbers, dates, instants, flags and words.
Not here: files (sources), a table's rows by its contract (planners_tables.py), and what columns mean (each room).
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final, TypeVar

import pandas as pd

from wfm_pipeline.errors import DataError, shown
from wfm_pipeline.units import number_hint, plain_number, sensible_date

Value = TypeVar("Value")
LINES: Final = "lines"
"""Attribute of a frame that names the line in the file of each of its rows."""
NOTICES: Final = "notices"
"""Attribute of a frame that says what of its file was read otherwise than it stands."""
_TRUE: Final = frozenset({"true", "1", "yes", "y", "t"})
_FALSE: Final = frozenset({"false", "0", "no", "n", "f"})
_HEADER_LINES: Final = 2
"""Line of the first row of a file whose header is line 1."""
_A_DATE: Final = "a date of 1990 to 2199 such as 2025-07-28"


class Sheet:
    """A frame whose cells are read with messages that name table and line.

    Attributes:
        missing_error: Raised where a column is absent; a room may name its own.
        invalid_error: Raised where a cell cannot be read.
        duplicate_error: Raised where two rows have one key.
        lines: Line in the file of each row.
        ignored: Columns that nobody asked for.
    """

    missing_error: ClassVar[type[DataError]] = DataError
    invalid_error: ClassVar[type[DataError]] = DataError
    duplicate_error: ClassVar[type[DataError]] = DataError

    def __init__(
        self, frame: pd.DataFrame, name: str, *, required: Iterable[str], optional: Iterable[str] = ()
    ) -> None:
        """Take a frame.

        Raises:
            DataError: a required column is absent; the message names those present.
        """
        self.name = name
        self.frame = frame.rename(columns=lambda column: str(column).strip().lower())
        self.lines: Sequence[int] = frame.attrs.get(LINES, range(_HEADER_LINES, len(frame) + _HEADER_LINES))
        twice = self.frame.columns[self.frame.columns.duplicated()]
        if len(twice):
            raise self.invalid_error(f"{name} has the column {twice[0]!r} twice; keep one", got=twice[0])
        missing = [column for column in required if column not in self.frame.columns]
        if missing:
            raise self.missing_error(
                f"{name} lacks the columns {', '.join(missing)}; present: {', '.join(map(str, frame.columns))}",
                missing=missing,
            )
        known = {*required, *optional}
        self.ignored = [column for column in self.frame.columns if column not in known]

    def __len__(self) -> int:
        return len(self.frame)

    def has(self, column: str) -> bool:
        """Whether the table has a column.

        Args:
            column: Its name in lower case.

        Returns:
            False where it is absent.
        """
        return column in self.frame.columns

    def where(self, row: int) -> str:
        """Words for a row: the table and the line in the file, the header being line 1.

        Args:
            row: Position of the row, from 0.

        Returns:
            Such as `resources, line 2`.
        """
        return f"{self.name}, line {self.lines[row]}"

    def cells(self, column: str) -> list[object]:
        """Raw values of a column.

        Args:
            column: Its name.

        Returns:
            One value per row; None for every row where the column is absent.
        """
        return self.frame[column].tolist() if self.has(column) else [None] * len(self)

    def texts(self, column: str) -> list[str]:
        """Values of a column as trimmed text.

        Args:
            column: Its name.

        Returns:
            One text per row; empty where unknown.
        """
        return [cell_text(value) for value in self.cells(column)]

    def parse(self, column: str, read: Callable[[str], Value], allowed: str) -> list[Value | None]:
        """Values of a column read by a function.

        Args:
            column: Its name.
            read: Makes a value of a text that is not empty, or raises ValueError.
            allowed: What is allowed, in words.

        Returns:
            One value per row; None where empty.

        Raises:
            DataError: a cell cannot be read; names line, column and what is allowed.
        """
        texts = enumerate(self.texts(column))
        return [self._read(row, column, text, read, allowed) if text else None for row, text in texts]

    def needed(self, column: str, read: Callable[[str], Value], allowed: str) -> list[Value]:
        """Values of a column read by a function, which also says what an empty cell is.

        Args:
            column: Its name.
            read: Makes a value of a text, or raises ValueError.
            allowed: What is allowed, in words.

        Returns:
            One value per row.

        Raises:
            DataError: a cell cannot be read; names line, column and what is allowed.
        """
        return [self._read(row, column, text, read, allowed) for row, text in enumerate(self.texts(column))]

    def _read(self, row: int, column: str, text: str, read: Callable[[str], Value], allowed: str) -> Value:
        try:
            return read(text)
        except ValueError as error:
            raise self.invalid_error(
                f"{column} must be {allowed}, got {shown(text)} ({self.where(row)}){number_hint(text) if 'number' in allowed else ''}",
                got=text,
                column=column,
            ) from error

    def numbers(self, column: str) -> list[float | None]:
        """Values of a column as finite numbers.

        Args:
            column: Its name.

        Returns:
            One number per row; None where empty.

        Raises:
            DataError: a cell is no number, or beyond usual sizes.
        """
        return self.parse(column, plain_number, "a number (0, or 1e-9 to 1e15 in size)")

    def integers(self, column: str) -> list[int | None]:
        """Values of a column as whole numbers.

        Args:
            column: Its name.

        Returns:
            One number per row; None where empty.

        Raises:
            DataError: a cell is no whole number.
        """
        return self.parse(column, _integer, "a whole number")

    def dates(self, column: str) -> list[dt.date | None]:
        """Values of a column as dates.

        Args:
            column: Its name.

        Returns:
            One date per row; None where empty.

        Raises:
            DataError: a cell is no date of 1990 to 2199.
        """
        return self.parse(column, lambda text: sensible_date(dt.datetime.fromisoformat(text).date()), _A_DATE)

    def instants(self, column: str) -> list[dt.datetime | None]:
        """Values of a column as instants or wall-clock times without a zone; a bare date is its midnight.

        Args:
            column: Its name.

        Returns:
            One time per row; None where empty.

        Raises:
            DataError: a cell is no time of 1990 to 2199, or has a zone.
        """
        return self.parse(column, _instant, "a time of 1990 to 2199 without a zone such as 2025-07-28 09:30, or a date")

    def flags(self, column: str) -> list[bool | None]:
        """Values of a column as true or false.

        Args:
            column: Its name.

        Returns:
            One value per row; None where empty.

        Raises:
            DataError: a cell is neither.
        """
        return self.parse(column, _flag, "true or false")

    def sets(self, column: str) -> list[frozenset[str]]:
        """Values of a column as sets of words separated by `;`, or given as lists.

        Args:
            column: Its name.

        Returns:
            One set per row; empty where the cell is.

        Raises:
            DataError: a word cannot be printed.
        """
        known: dict[str, frozenset[str]] = {}
        return [self._set(value, row, column, known) for row, value in enumerate(self.cells(column))]

    def _set(self, value: object, row: int, column: str, known: dict[str, frozenset[str]]) -> frozenset[str]:
        text = (
            cell_text(value) if isinstance(value, str) or not hasattr(value, "__iter__") else ";".join(map(str, value))
        )
        if text not in known:
            if not text.isprintable():
                raise self.invalid_error(
                    f"{column} must be printable words separated by ';', got {shown(text)} ({self.where(row)})",
                    got=text,
                )
            known[text] = frozenset(word.strip() for word in text.split(";") if word.strip())
        return known[text]

    def required(self, column: str, values: Sequence[Value | None]) -> list[Value]:
        """The values, none of them empty.

        Args:
            column: Name of the column, for the message.
            values: Its values, one per row.

        Returns:
            The same values, none of them empty.

        Raises:
            DataError: a cell is empty; names line and column.
        """
        kept = []
        for row, value in enumerate(values):
            if value is None or value == "":
                raise self.invalid_error(f"{column} must not be empty ({self.where(row)})", column=column)
            kept.append(value)
        return kept

    def refuse_twice(self, what: str, keys: Iterable[object]) -> None:
        """Refuse two rows of one key.

        Args:
            what: Names of the key's columns, for the message.
            keys: The key of each row.

        Raises:
            DataError: a key comes twice; names the key and both lines.
        """
        known: dict[object, int] = {}
        for row, key in enumerate(keys):
            if known.setdefault(key, row) != row:
                words = ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)
                lines = f"lines {self.lines[known[key]]} and {self.lines[row]}"
                raise self.duplicate_error(
                    f"{self.name} has two rows for {what} = {words} ({lines}); keep one", got=key
                )

    def notice(self) -> list[str]:
        """What was read otherwise than it stands, and what was ignored."""
        ignored = [f"{self.name}: ignored the columns {', '.join(self.ignored)}"] if self.ignored else []
        return [*self.frame.attrs.get(NOTICES, []), *ignored]


def cell_text(value: object) -> str:
    """A cell as trimmed text.

    Args:
        value: Any cell.

    Returns:
        Its text, whole numbers without a point; empty where unknown.

    Example:
        >>> cell_text(3.0), cell_text(None), cell_text(" a ")
        ('3', '', 'a')
    """
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _integer(text: str) -> int:
    value = plain_number(text)
    if not value.is_integer():
        raise ValueError(text)
    return int(value)


def _flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)


def _instant(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(text)
    sensible_date(moment.date())
    return moment
