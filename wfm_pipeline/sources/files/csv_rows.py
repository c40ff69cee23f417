"""Rows of CSV files that people write, one by one and within bounds.

Here: lines to cells. Not here: how a file is laid out (text_layout), exports of systems, which are read in blocks (raw_files), and what the
cells mean. The bounds are a hundred times what planners' tables have; without them a file of a few
megabytes becomes gigabytes of cells.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from wfm_pipeline.domain.cells import as_it_was
from wfm_pipeline.errors import DataError, SourceError
from wfm_pipeline.sources.files.packed import guarded
from wfm_pipeline.sources.files.text_layout import TEXT_FORMULA, TextLayout, layout_of, opened_text

LARGEST_BYTES: Final = 256 << 20
MOST_ROWS: Final = 2_000_000
MOST_CELLS: Final = 20_000_000
"""Counted as if every row were as wide as the header, which is how a table is kept."""
MOST_COLUMNS: Final = 1_000
LONGEST_CELL: Final = 32_767
"""Characters of a cell: as many as a spreadsheet holds."""
LONGEST_LINE: Final = 1 << 20
"""Characters of a line."""
_TEXT: Final = re.compile(TEXT_FORMULA)


def people_layout(path: Path) -> TextLayout:
    """How a file that people write is laid out; see text_layout.

    Raises:
        DataError: it is too large, empty, no text, or its first line is a title.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _refused(path, f"is larger than {LARGEST_BYTES >> 20} MiB")
        with guarded(path):
            layout = layout_of(path)
            return replace(layout, names=tuple(map(as_it_was, layout.names)))
    except (SourceError, OSError) as error:
        raise DataError(str(error), path=str(path)) from error


def csv_rows(path: Path, layout: TextLayout, *, is_lenient: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file below its header; blank lines have no cell.

    Args:
        path: The file.
        layout: How it is laid out.
        is_lenient: Bytes that are no text become a replacement character and a quote in the wrong place
            is taken as it is, so that one bad cell is one bad row.

    Yields:
        The line of the file on which a row ends, and its cells.

    Raises:
        DataError: the file cannot be read, is no CSV, or goes beyond the bounds of this module.
    """
    errors = "replace" if is_lenient else "strict"
    try:
        with opened_text(path, layout.encoding, errors=errors) as file:
            lines = _lines(path, file)
            for _ in range(layout.lines_above):
                next(lines)
            reader = csv.reader(lines, strict=not is_lenient, delimiter=layout.delimiter)
            rows = _within_bounds(path, reader, layout.lines_above)
            next(rows)
            yield from rows
    except UnicodeDecodeError as error:
        raise _refused(
            path, f"is no text in UTF-8, UTF-16 or Windows-1252 ({error.reason}); save it as UTF-8"
        ) from error
    except (SourceError, OSError, csv.Error) as error:
        raise _refused(path, f"cannot be read as CSV: {error}") from error


def _lines(path: Path, file: IO[str]) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise _refused(path, f"has a line of more than {LONGEST_LINE:,} characters (line {number})")
        yield line


def _within_bounds(path: Path, reader: Iterator[list[str]], above: int) -> Iterator[tuple[int, list[str]]]:
    width, rows = 0, 0
    for cells in reader:
        line = above + reader.line_num  # type: ignore[attr-defined]  # (csv's reader has it)
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
    """The text as every warehouse keeps it, without what our own files and spreadsheets put before it."""
    told = _TEXT.match(text)
    return (told[1] if told else as_it_was(text)).replace("\0", "\ufffd")


def _refused(path: Path, words: str) -> DataError:
    return DataError(f"{path} {words}", path=str(path))
