"""Cells of the files we write: text that a spreadsheet would run as a formula is kept from it, and read back as it was.

A cell that begins with one of `= + - @`, a tab or an end of line, and is no number, gets an apostrophe in front, which
spreadsheets take as "this is text". So does one that has apostrophes before such a beginning; so taking one off again
gives every cell back. Not here: files (files.py writes them, sources read them).
"""

import re
from collections.abc import Callable
from typing import Final

import pandas as pd

_MARK: Final = "'"
_COMMANDS: Final = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def neutral(text: str) -> str:
    """The text as it is written.

    Args:
        text: Any text.

    Returns:
        The text as it is written to a file, perhaps with an apostrophe in front.

    Example:
        >>> neutral("=1+1"), neutral("-5"), neutral("desk")
        ("'=1+1", '-5', 'desk')
    """
    return _MARK + text if _COMMANDS.match(text) and not _NUMBER.fullmatch(text) else text


def as_it_was(text: str) -> str:
    """The text of a cell that `neutral` may have written.

    Args:
        text: A cell that was read.

    Returns:
        The text without the apostrophe that `neutral` put there.

    Example:
        >>> as_it_was("'=1+1"), as_it_was("'tis")
        ('=1+1', "'tis")
    """
    is_marked = text.startswith(_MARK) and neutral(text[1:]) == text
    return text[1:] if is_marked else text


def neutral_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame as it is written: texts, names of columns too, are neutral; other values stay.

    Args:
        frame: Any frame.

    Returns:
        The same rows and columns.
    """
    return _changed(frame, neutral)


def frame_as_it_was(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame that was read, its texts as they were before `neutral_frame`.

    Args:
        frame: Any frame.

    Returns:
        The same rows and columns.
    """
    return _changed(frame, as_it_was)


def _changed(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    def of(value: object) -> object:
        return change(value) if isinstance(value, str) else value

    changed = frame.rename(columns=of)
    for place, kind in enumerate(frame.dtypes):  # by place, for two columns may have one name
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_datetime64_any_dtype(kind):
            changed.isetitem(place, frame.iloc[:, place].map(of).array)
    return changed
