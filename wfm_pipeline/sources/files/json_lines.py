"""JSON lines as rows of texts: one object a line, names inside names joined by a dot (`Queue.Name`), within bounds.

Here: from lines to columns of texts. A value's text is its own, as it stands in the file: `1.50` stays `1.50`, `true` is
`true`, a list is its JSON. Not here: unpacking (packed), and what the texts mean (the map). A name that is absent from
an object is unknown there, as is `null`; so the columns of a file are all names of all its objects.
"""

import codecs
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from wfm_pipeline.errors import SourceError, shown
from wfm_pipeline.sources.files.packed import FILES_KNOWN, LONGEST_LINE, MOST_COLUMNS, checked_names, opened, state_of
from wfm_pipeline.sources.rows.value_texts import to_array

SUFFIXES: Final = (".jsonl", ".jsonl.gz")
_DEEPEST: Final = 32
"""Objects and lists inside each other [count]; contact records have 5."""
_BLOCK_BYTES: Final = 16 << 20
"""Lines held at a time [bytes]."""
_MOST_CELLS: Final = 2_000_000
"""Values held at a time [count]."""
_MEND: Final = "one object a line is read: jq -c . makes lines of objects, jq -c '.[]' of one list"

Row = dict[str, str | None]


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def json_names(path: Path) -> list[str]:
    """Names of the columns, in the order in which they first come.

    Raises:
        SourceError: a line is no object, or the file goes beyond the bounds of this module.
    """
    return list(_names(path, state_of(path)))


@functools.lru_cache(maxsize=FILES_KNOWN)
def _names(path: Path, _state: tuple[int, ...]) -> tuple[str, ...]:
    """All names; one that only ever is null while others stand inside it is none: an object that is absent there."""
    is_filled: dict[str, bool] = {}
    for row, _ in _rows(path):
        for name, value in row.items():
            is_filled[name] = is_filled.get(name, False) or value is not None
        if len(is_filled) > MOST_COLUMNS:
            checked_names(path, list(is_filled))
    inner = {name[:place] for name in is_filled for place, sign in enumerate(name) if sign == "."}
    return tuple(checked_names(path, [name for name, filled in is_filled.items() if filled or name not in inner]))


def read_json_lines(path: Path, *, chunk_rows: int, columns: Sequence[str] | None) -> Iterator[pa.Table]:
    """Rows of a file in chunks, each column of texts.

    Args:
        path: A `.jsonl` or `.jsonl.gz` file.
        chunk_rows: Rows at a time, at most.
        columns: Only these columns; all by default.

    Raises:
        SourceError: a line is no object, or the file goes beyond the bounds of this module.
    """
    names = json_names(path) if columns is None else list(columns)
    most_rows = max(1, min(chunk_rows, _MOST_CELLS // max(1, len(names))))
    held: list[Row] = []
    held_bytes = 0
    for row, line_bytes in _rows(path):
        held.append(row)
        held_bytes += line_bytes
        if len(held) == most_rows or held_bytes >= _BLOCK_BYTES:
            yield _table(held, names)
            held, held_bytes = [], 0
    if held:
        yield _table(held, names)


def _table(rows: Sequence[Row], names: Sequence[str]) -> pa.Table:
    return pa.table({name: to_array([row.get(name) for row in rows]).cast(pa.string()) for name in names})


def _rows(path: Path) -> Iterator[tuple[Row, int]]:
    """Each object as a flat row, and the bytes of its line; blank lines are left out."""
    with opened(path) as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise _refused(path, number, f"is longer than {LONGEST_LINE >> 20} MiB")
            text = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).decode("utf-8").strip()
            if text:
                yield _row(path, number, text), len(line)


def _row(path: Path, number: int, text: str) -> Row:
    try:
        found = json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_once_each
        )
        if not isinstance(found, dict):
            raise _refused(path, number, f"is no JSON object: {_MEND}")
        row: Row = {}
        _flatten(found, "", 1, row)
    except RecursionError:
        raise _refused(path, number, f"has more than {_DEEPEST} objects or lists inside each other") from None
    except ValueError as error:
        raise _refused(path, number, f"is no JSON object ({error}): is it cut off? {_MEND}") from None
    return row


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name that comes twice would lose a value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"it has the name {shown(next(name for name in names if names.count(name) > 1))} twice")
    return found


def _flatten(value: Mapping[str, Any], before: str, depth: int, row: Row) -> None:
    if depth > _DEEPEST:
        raise RecursionError
    for key, inner in value.items():
        name = before + key
        if isinstance(inner, dict):
            _flatten(inner, f"{name}.", depth + 1, row)
        elif name in row:
            raise ValueError(f"it has the name {shown(name)} twice")
        else:
            row[name] = None if inner is None else _text(inner, depth)


def _text(value: Any, depth: int) -> str:
    """A value as it stands; a list as JSON, its objects with sorted names."""
    return value if isinstance(value, str) else _json(value, depth)


def _json(value: Any, depth: int) -> str:
    if depth > _DEEPEST:
        raise RecursionError
    match value:
        case _Number():
            return value
        case list():
            return f"[{', '.join(_json(one, depth + 1) for one in value)}]"
        case dict():
            inner = (f"{_json(name, depth)}: {_json(one, depth + 1)}" for name, one in sorted(value.items()))
            return f"{{{', '.join(inner)}}}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _refused(path: Path, line: int, words: str) -> SourceError:
    return SourceError(f"{path}, line {line}, {words}", path=str(path), line=line)
