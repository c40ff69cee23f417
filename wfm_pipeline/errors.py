"""Every error this project raises on purpose.

A message says what came, what is allowed, where, and what to do; the exception carries the same
facts as attributes. Anything that is not a `WfmError` is a bug of ours, not a fault of the input. A value of a source
may be a person's: dates and times are shown as they stand (`example`), of others only how they are written.
"""

import re
import reprlib
from typing import Final

MOST_NAMED: Final = 5
"""Things that a message names one by one; the others are counted [count]."""
_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 120
_SHORT.maxlevel = 3
SOURCE_NOT_READ: Final = 3
"""Exit code of a run that is done, but without a source of the site that could not be read."""
LONGEST_SHAPE: Final = 30
"""Signs of a value that are shown at most [count]."""
_MOMENT: Final = re.compile(
    r"(?i)(?=.*(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}:\d{2}))[-+\d:/., TZ@]*(am|pm|a\.m\.|p\.m\.|utc|gmt)?"
)


def shown(value: object) -> str:
    """What came, short enough for one line: long texts and lists lose their middle."""
    return _SHORT.repr(value)


def shape(text: str) -> str:
    """How a value is written, without the value.

    Args:
        text: A value of a source.

    Returns:
        Digits as 9 and letters as x, at most 30 signs.

    Example:
        >>> shape("1999-02-31"), shape("Ann B.")
        ('9999-99-99', 'xxx x.')
    """
    return "".join("9" if sign.isdigit() else "x" if sign.isalpha() else sign for sign in text[:LONGEST_SHAPE])


def example(text: str) -> str:
    """A value as an example for people: itself where it is a date, a time or a duration, else its shape.

    Args:
        text: A value of a source.

    Returns:
        In quotes; at most 30 signs.

    Example:
        >>> example("9/1/2025 9:46:25"), example("Ann B.")
        ("'9/1/2025 9:46:25'", "written like 'xxx x.'")
    """
    if len(text) <= LONGEST_SHAPE and _MOMENT.fullmatch(text.strip()):
        return repr(text)
    return f"written like {shape(text)!r}"


class WfmError(Exception):
    """Base of all deliberate errors; the command line prints it as one line and exits with 1."""

    exit_code = 1

    def __init__(self, message: str, **facts: object) -> None:
        """Keep the message as one line, and its facts as attributes for callers that do not read prose."""
        super().__init__(" ".join(message.splitlines()))
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)


class SettingsError(WfmError):
    """A setting, argument or source map is wrong; exit code 2."""

    exit_code = 2


class SourceError(WfmError):
    """A source cannot be reached or read, or does not look as its map says."""


class ContractError(WfmError):
    """A table does not keep what its contract promises."""


class WarehouseError(WfmError):
    """The warehouse cannot be opened, written or read."""


class MachineError(WfmError):
    """The machine is at fault: no room, no right to write, no memory.

    Attributes:
        what: The fault in our words.
        detail: What the system or the driver said.
    """

    def __init__(self, message: str, *, what: str, detail: str) -> None:
        """Keep what it is and what was said."""
        super().__init__(message, what=what, detail=detail)
        self.what, self.detail = what, detail


class DataError(WfmError):
    """Data that a public function was given cannot be worked with."""
