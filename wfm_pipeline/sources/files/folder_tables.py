"""Which files of a folder are a table, and whether several of them are one table.

Here: names of files to tables, and their columns side by side. Not here: what is in a file (raw_files), and what a
reader does with a table (folder).
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pyarrow as pa

from wfm_pipeline.errors import MOST_NAMED, SourceError
from wfm_pipeline.sources.files.json_lines import SUFFIXES as JSON_SUFFIXES
from wfm_pipeline.sources.files.raw_files import SUFFIXES, column_names, notices_of, read_file
from wfm_pipeline.sources.rows.value_texts import as_text

_LOCK_MARK: Final = "~$"
"""How the file begins that a spreadsheet keeps beside one it has open."""


def tables_of(folder: Path, patterns: Mapping[str, str]) -> dict[str, list[Path]]:
    """The folder's tables and their files, both in order.

    Args:
        folder: The folder.
        patterns: Table -> pattern of its files' names, where it is not one file named like the table.

    Raises:
        SourceError: a file is there in two forms, so that nobody knows which one is meant.
    """
    files = _readable(folder)
    found = {table: [path for path in files if fnmatchcase(path.name, each)] for table, each in patterns.items()}
    taken = {path for paths in found.values() for path in paths}
    others = {_stem(path): [path] for path in files if path not in taken and _stem(path) not in patterns}
    return {table: paths for table, paths in sorted({**others, **found}.items()) if paths}


def logs_of(folder: Path, pattern: str) -> list[Path]:
    """Files of any ending whose names fit a pattern: a log and its rotated parts (`queue_log.1`, `queue_log.2.gz`)."""
    return sorted(path for path in folder.iterdir() if path.is_file() and fnmatchcase(path.name, pattern))


def columns_of(table: str, paths: Sequence[Path]) -> list[str]:
    """Columns of a table: those of its files, which are the same in any order; of JSON lines all that any has.

    Raises:
        SourceError: a file lacks a column that another has; the message names file and column.
    """
    by_file = {path: column_names(path) for path in paths}
    merged = list(dict.fromkeys(name for names in by_file.values() for name in names))
    for path, names in by_file.items():
        missing = [name for name in merged if name not in names]
        if missing and not path.name.endswith(JSON_SUFFIXES):
            other = next(each.name for each, theirs in by_file.items() if missing[0] in theirs)
            some = ", ".join(missing[:MOST_NAMED]) + (" ..." if missing[MOST_NAMED:] else "")
            raise SourceError(
                f"{path} lacks column(s) {some}, which {other} has: the files of table {table} must have the same "
                "columns; export it again, or give it a table of its own",
                path=str(path),
                missing=missing,
                present=names,
            )
    return merged


def rows_of_files(paths: Sequence[Path], names: Sequence[str], *, chunk_rows: int) -> Iterator[pa.Table]:
    """Rows of a table's files, one file after the other, with these columns in this order.

    Args:
        paths: The files.
        names: Columns; null where a file of JSON lines does not have one.
        chunk_rows: Rows held at a time.
    """
    for path in paths:
        own = column_names(path)
        wanted = [name for name in names if name in own]
        is_whole = len(wanted) == len(own)
        for chunk in read_file(path, chunk_rows=chunk_rows, columns=None if is_whole else wanted):
            present = set(chunk.column_names)
            yield pa.table(
                {name: chunk[name] if name in present else pa.nulls(chunk.num_rows, pa.string()) for name in names}
            )


def first_rows(paths: Sequence[Path], names: Sequence[str], rows: int) -> pa.Table:
    """The first rows of a table's files; values of files of several kinds are texts."""
    found = [pa.table({name: pa.array([], pa.string()) for name in names})]
    count = 0
    for chunk in rows_of_files(paths, names, chunk_rows=rows):
        found.append(chunk.slice(0, rows - count))
        count += found[-1].num_rows
        if count >= rows:
            break
    filled = found[1:] or found
    if any(chunk.schema != filled[0].schema for chunk in filled):
        filled = [_texts(chunk) for chunk in filled]
    return pa.concat_tables(filled)


def notices_of_files(folder: Path, paths: Sequence[Path], pattern: str | None) -> list[str]:
    """What of a table's files is read otherwise than it stands, and which fit the pattern but are no table."""
    notices = [notice for path in paths for notice in notices_of(path)]
    if pattern is None:
        return notices
    names = {path.name for path in paths}
    fitting = sorted(path.name for path in folder.iterdir() if path.is_file() and fnmatchcase(path.name, pattern))
    left = [name for name in fitting if name not in names and not name.startswith(_LOCK_MARK)]
    allowed = ", ".join(SUFFIXES)
    return [*notices, *(f"{name} fits {pattern} but is left out: it does not end in {allowed}" for name in left)]


def _texts(chunk: pa.Table) -> pa.Table:
    return pa.table({name: as_text(chunk[name].combine_chunks()) for name in chunk.column_names})


def _readable(folder: Path) -> list[Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.endswith(SUFFIXES) and not path.name.startswith(_LOCK_MARK):
            name = _stem(path)
            if name in found:
                raise SourceError(
                    f"{folder} holds {found[name].name} and {path.name}: one file per table, move one away", table=name
                )
            found[name] = path
    return list(found.values())


def _stem(path: Path) -> str:
    return path.name.removesuffix(next(suffix for suffix in SUFFIXES if path.name.endswith(suffix)))
