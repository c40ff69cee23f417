"""A workbook (.xlsx) as the text of a table: the values of its one sheet that has any, row by row as CSV.

Here: from a workbook's cells to lines of CSV, within bounds; all else is as for any file of text (text_layout). Values
are read, nothing is calculated. Not here: what we write ourselves (files.py).
"""

import csv
import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from wfm_pipeline.errors import SourceError, shown
from wfm_pipeline.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR

SUFFIX: Final = ".xlsx"
_LARGEST_BYTES: Final = 512 << 20
"""Unpacked: a sheet of a million rows has 100 to 400 MiB."""
_MOST_COLUMNS: Final = 1_500
"""As of any file (packed): a sheet may have 16,384."""
_PADDED: Final = re.compile(r"0{2,}")
"""Format of numbers with leading zeros: 41 is shown as 0041."""
_NOISE: Final = dt.timedelta(milliseconds=5)
"""Times are fractions of a day in a workbook, and miss their second by so much."""
_LOOKED_AT: Final = 50
"""Rows that show whether a sheet has cells [count]."""
_FORMULA: Final = b"<f"


class SheetText(io.RawIOBase):
    """The rows of a workbook's sheet as UTF-8 bytes of CSV, made as they are read.

    Raises:
        SourceError: it is no workbook, has several sheets with cells, a cell holds an error or a formula without
            a value, or it goes beyond the bounds of this module.
    """

    def __init__(self, path: Path) -> None:
        """Open the workbook."""
        self._lines, self._rest = _lines(path), b""

    def readable(self) -> bool:
        """True: it can be read, once."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # (whatever can be written to)
        """Fill a buffer with the next bytes; 0 at the end."""
        while not self._rest:
            line = next(self._lines, None)
            if line is None:
                return 0
            self._rest = line.encode("utf-8", "replace")
        given, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)

    def close(self) -> None:
        """Give the file back."""
        self._lines.close()
        super().close()


def _lines(path: Path) -> Generator[str]:
    """Lines of CSV; a row without cells is an empty line, so that a line is a row of the sheet."""
    columns = 0
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for cells in _rows(path):
        columns = columns or len(cells)
        writer.writerow([*cells, *[""] * (columns - len(cells))] if cells else [])
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _rows(path: Path) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415  (a quarter of a second; most files are none)

    try:
        _check_size(path)
        with ExitStack() as opened, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which are no values
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            opened.callback(book.close)
            sheet = _only_sheet(path, book)
            unsaved = _unsaved_formulas(path, sheet.title) if _has_formulas(path) else frozenset()
            sheet.reset_dimensions()
            for row in sheet.iter_rows():
                yield _cells(path, row, unsaved)
    except (SourceError, OSError, MemoryError):
        raise
    except Exception as error:  # a spoilt workbook: its parts raise whatever they meet
        words = shown(str(error) or type(error).__name__)
        raise SourceError(f"{path} is no whole workbook: {words}; save it again, or as CSV", path=str(path)) from error


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(one.file_size for one in packed.infolist())
    if unpacked > _LARGEST_BYTES:
        raise SourceError(f"{path} unpacks to more than {_LARGEST_BYTES >> 20} MiB; save it as CSV", path=str(path))


def _only_sheet(path: Path, book: Any) -> Any:
    """The sheet that has cells; of several nobody says which one is meant."""
    filled = [sheet for sheet in book.worksheets if any(map(_has_value, sheet.iter_rows(max_row=_LOOKED_AT)))]
    if len(filled) != 1:
        names = ", ".join(sheet.title for sheet in filled) or "none"
        raise SourceError(
            f"{path} must have one sheet with cells, it has {len(filled)}: {names}; keep one, or save it as CSV",
            path=str(path),
        )
    return filled[0]


def _has_value(row: Sequence[Any]) -> bool:
    return any(cell.value is not None for cell in row)


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if name.startswith("xl/worksheets/")]
        for name in names:
            with packed.open(name) as file:
                end = b""
                while block := file.read(1 << 20):
                    if _FORMULA in end + block:
                        return True
                    end = block[-len(_FORMULA) :]
    return False


def _unsaved_formulas(path: Path, title: str) -> frozenset[str]:
    """Cells with a formula; those that have no value in the reading of values were never calculated."""
    from openpyxl import load_workbook  # noqa: PLC0415

    book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    try:
        sheet = book[title]
        sheet.reset_dimensions()
        return frozenset(cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f")
    finally:
        book.close()


def _cells(path: Path, row: Sequence[Any], formulas: frozenset[str]) -> list[str]:
    if len(row) > _MOST_COLUMNS:
        raise SourceError(f"{path} has {len(row):,} columns; {_MOST_COLUMNS:,} are allowed", path=str(path))
    cells = []
    for cell in row:
        if cell.value is None and formulas and getattr(cell, "coordinate", None) in formulas:
            raise _refused(path, cell, "is a formula that was never calculated")
        if cell.data_type == "e":
            raise _refused(path, cell, f"holds the error {shown(cell.value)}")
        cells.append(_text(cell))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _refused(path: Path, cell: Any, words: str) -> SourceError:
    return SourceError(
        f"{path}, line {cell.row}, column {cell.column_letter}: the cell {words}; mend and save it in the spreadsheet",
        path=str(path),
    )


def _text(cell: Any) -> str:
    """A value as a CSV file of ours would have it."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            number = int(value) if float(value).is_integer() else value
            return str(number).zfill(len(cell.number_format)) if _PADDED.fullmatch(cell.number_format) else str(number)
        case dt.datetime():
            moment = _on_the_second(value)
            return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(" ")
        case dt.timedelta():
            seconds = round(value.total_seconds())
            return f"{seconds // SECONDS_PER_HOUR}:{seconds // MINUTES_PER_HOUR % MINUTES_PER_HOUR:02d}:{seconds % MINUTES_PER_HOUR:02d}"
        case _:
            return str(value)


def _on_the_second(moment: dt.datetime) -> dt.datetime:
    near = (moment + _NOISE).replace(microsecond=0)
    return near if abs(near - moment) <= _NOISE else moment
