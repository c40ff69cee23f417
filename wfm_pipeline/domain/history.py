"""Versions of a planner's table: what a file says now becomes the next state of a table with history.

Here: the pure step from stored versions and a file's rows to the next versions. Not here: reading
the file (sources) or writing the table (warehouse).

The rule. The file and SQL may both change a table; whoever spoke last about a row wins.
- A key the file never named, or names differently than it did: the open version is closed, a new one opens.
- A key the file names as before: nothing happens, whatever SQL has made of the row since.
- A key the file named and no longer names: the open version is closed.
- A key that only SQL brought: the file has no say.
What the file said last is kept as the hash on one version of the key; a version it let go of has none.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Row = Mapping[str, object]
_SEPARATOR: Final = "\x1f"
_HASH_DIGITS: Final = 32
"""Hexadecimal digits of a row's hash: 128 bits, so that no two rows of any table share one [count]."""


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """The next state of a table.

    Attributes:
        rows: Every version, closed ones too.
        opened: Versions that the file opened [count].
        closed: Versions that the file closed [count].
    """

    rows: tuple[Row, ...]
    opened: int
    closed: int

    @property
    def is_changed(self) -> bool:
        """False where the file brought nothing new."""
        return bool(self.opened or self.closed)


def next_versions(
    stored: Sequence[Row], incoming: Sequence[Row], *, key: Sequence[str], now: dt.datetime, changed_by: str
) -> HistoryStep:
    """What a file makes of a table with history.

    Args:
        stored: Versions with valid_from, valid_until, changed_by, file_hash and the planner's columns.
        incoming: The file's rows, planner's columns only, unique by key.
        key: Columns that name a row, without valid_from.
        now: Instant of the change, UTC; later than every stored valid_from.
        changed_by: Who brought the file.

    Returns:
        Every version, and how many the file opened and closed.

    Example:
        >>> first = next_versions([], [{"cn": "1", "skill": "a"}], key=["cn"], now=dt.datetime(2026, 1, 1), changed_by="f")
        >>> second = next_versions(first.rows, [{"cn": "1", "skill": "b"}], key=["cn"], now=dt.datetime(2026, 2, 1), changed_by="f")
        >>> [(row["skill"], row["valid_until"]) for row in second.rows]
        [('a', datetime.datetime(2026, 2, 1, 0, 0)), ('b', None)]
    """
    said = {_key(row, key): row["file_hash"] for row in stored if row["file_hash"] is not None}
    says = {_key(row, key): row_hash(row) for row in incoming}
    spoken = {one for one in {*said, *says} if said.get(one) != says.get(one)}
    kept, closed = [], 0
    for row in stored:
        if _key(row, key) not in spoken:
            kept.append(row)
            continue
        is_open = row["valid_until"] is None
        closed += is_open
        kept.append({**row, "valid_until": now if is_open else row["valid_until"], "file_hash": None})
    opened = [
        {**row, "valid_from": now, "valid_until": None, "changed_by": changed_by, "file_hash": says[_key(row, key)]}
        for row in incoming
        if _key(row, key) in spoken
    ]
    return HistoryStep((*kept, *opened), len(opened), closed)


def row_hash(row: Row) -> str:
    """What a row says, as a hash; the order of its columns does not matter.

    Args:
        row: Column -> value; None counts as empty.

    Returns:
        32 hexadecimal digits.
    """
    words = (f"{name}={'' if row[name] is None else row[name]!s}" for name in sorted(row))
    return hashlib.sha256(_SEPARATOR.join(words).encode()).hexdigest()[:_HASH_DIGITS]


def _key(row: Row, key: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in key)
