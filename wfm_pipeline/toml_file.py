"""TOML files that people write, read within bounds.

Here: the file as plain tables of texts, numbers, dates. Not here: what its keys mean (settings, source maps).
The bounds are far above any file written by hand; without them a few kilobytes take minutes or end in a
traceback, because the reader goes down one call per level and looks at every part of a dotted key again.
"""

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wfm_pipeline.errors import SettingsError, shown

_LARGEST_BYTES: Final = 1 << 20
_MOST_POINTS: Final = 1_000
"""Points in one line: a dotted key costs the square of its parts."""
_DEEPEST: Final = 16
"""Tables in tables: settings and maps need five."""
_LARGEST_WHOLE: Final = 2**63
"""TOML's own limit of whole numbers."""
_LONGEST_TEXT: Final = 20_000


class TomlError(SettingsError):
    """A file can be read, and what stands there is wrong."""


def read_toml(path: Path) -> dict[str, Any]:
    """Tables of a TOML file.

    Raises:
        SettingsError: it cannot be read.
        TomlError: it is not TOML in UTF-8, or goes beyond the bounds of this module.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
        if len(content) > _LARGEST_BYTES:
            raise _refused(path, f"is larger than {_LARGEST_BYTES >> 10} KiB")
        text = content.decode("utf-8-sig")
        if any(line.count(".") > _MOST_POINTS for line in text.splitlines()):
            raise _refused(path, f"has a line with more than {_MOST_POINTS} points; break it into several")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise _refused(path, f"is not UTF-8 (byte {error.start + 1}); save it as UTF-8") from None
    except RecursionError:
        raise _too_deep(path) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", path=str(path), got=str(path)) from None
    except ValueError as error:  # tomllib's own, and Python's for numbers of thousands of digits
        raise _refused(path, f"is not valid TOML: {str(error)[:200]}") from None
    _check(path, values)
    return values


def _check(path: Path, values: Mapping[str, Any]) -> None:
    """Refuse nesting, numbers and texts beyond the bounds; by a list of what is to do, not by recursion."""
    todo: list[tuple[str, Any, int]] = [("", values, 0)]
    while todo:
        key, value, depth = todo.pop()
        if depth > _DEEPEST:
            raise _too_deep(path)
        if isinstance(value, dict):
            todo += [(name, name, depth + 1) for name in value]
            todo += [(f"{key}.{name}" if key else name, inner, depth + 1) for name, inner in value.items()]
        elif isinstance(value, list):
            todo += [(key, inner, depth + 1) for inner in value]
        elif fault := _fault(value):
            raise _refused(path, f"{fault} (key {shown(key)})")


def _fault(value: Any) -> str | None:
    if isinstance(value, str):
        if len(value) > _LONGEST_TEXT:
            return f"has a text of {len(value):,} characters; {_LONGEST_TEXT:,} are allowed"
        return "has a NUL character in a text" if "\0" in value else None
    if isinstance(value, float) and not math.isfinite(value):
        return f"has the number {value}; numbers must be finite"
    is_large = isinstance(value, int) and not -_LARGEST_WHOLE <= value < _LARGEST_WHOLE
    return "has a whole number of more than 64 bits" if is_large else None


def _too_deep(path: Path) -> TomlError:
    return _refused(path, f"has more than {_DEEPEST} tables or lists inside each other")


def _refused(path: Path, words: str) -> TomlError:
    return TomlError(f"{path} {words}", path=str(path), got=str(path))
