"""Rows of CSV files that people write, one by one and within bounds.

Here: lines to cells. Not here: exports of systems, which are read in blocks (raw_files), and what the
cells mean. The bounds are a hundred times what planners' tables have; without them a file of a few
megabytes becomes gigabytes of cells.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from wfm_pipeline.domain.cells import as_it_was
from wfm_pipeline.errors import DataError

LARGEST_BYTES: Final = 256 << 20
MOST_ROWS: Final = 2_000_000
MOST_CELLS: Final = 20_000_000
"""Counted as if every row were as wide as the header, which is how a table is kept."""
MOST_COLUMNS: Final = 1_000
LONGEST_CELL: Final = 32_767
"""Characters of a cell: as many as a spreadsheet holds."""
LONGEST_LINE: Final = 1 << 20
"""Characters of a line."""


def csv_rows(path: Path, *, is_lenient: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file that have a cell, the header first.

    Args:
        path: CSV in UTF-8 with or without a byte-order mark.
        is_lenient: Bytes that are no UTF-8 become a replacement character and a quote in the wrong place
            is taken as it is, so that one bad cell is one bad row.

    Yields:
        The line of the file on which a row ends, and its cells.

    Raises:
        DataError: the file cannot be read, is no CSV, or goes beyond the bounds of this module.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _refused(path, f"is larger than {LARGEST_BYTES >> 20} MiB")
        with path.open(encoding="utf-8-sig", errors="replace" if is_lenient else "strict", newline="") as file:
            yield from _within_bounds(path, csv.reader(_lines(path, file), strict=not is_lenient))
    except UnicodeDecodeError as error:
        raise _refused(
            path, f"cannot be read as CSV in UTF-8: byte {error.start + 1} is none; save it as UTF-8"
        ) from error
    except (OSError, csv.Error) as error:
        raise _refused(path, f"cannot be read as CSV in UTF-8: {error}") from error


def _lines(path: Path, file: IO[str]) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise _refused(path, f"has a line of more than {LONGEST_LINE:,} characters (line {number})")
        yield line


def _within_bounds(path: Path, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    width, rows = 0, 0
    for cells in reader:
        line = reader.line_num  # type: ignore[attr-defined]  # (csv's reader has it)
        if max(map(len, cells), default=0) > LONGEST_CELL:
            raise _refused(path, f"has a cell of more than {LONGEST_CELL:,} characters (line {line})")
        width, rows = max(width, len(cells)), rows + 1
        if width > MOST_COLUMNS:
            raise _refused(path, f"has {width:,} cells in a line, {MOST_COLUMNS:,} are allowed (line {line})")
        if rows > MOST_ROWS or rows * width > MOST_CELLS:
            raise _refused(
                path, f"has more than {MOST_ROWS:,} rows or {MOST_CELLS:,} cells (line {line}); divide it into several"
            )
        yield line, [_as_kept(cell) for cell in cells]


def _as_kept(text: str) -> str:
    """The text as every warehouse keeps it, without the mark that our own files have before a formula."""
    return as_it_was(text).replace("\0", "\ufffd")


def _refused(path: Path, words: str) -> DataError:
    return DataError(f"{path} {words}", path=str(path))
