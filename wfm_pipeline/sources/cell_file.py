"""CSV files whose every row must come out again: header and cells as the text that stands there.

Here: reading; the mark that our own files put before a formula is taken off. A row with too many or too few cells is handed on as it is, for the reader to judge;
lines without any cell are not rows. Not here: what the cells mean (domain/staffing/sheet.py).
"""

from pathlib import Path

from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline.sources.csv_rows import csv_rows


def read_cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a CSV file.

    Args:
        path: CSV with a header, in UTF-8 with or without a byte-order mark. Bytes that are no UTF-8
            become a replacement character, so that one bad cell is one bad row.

    Raises:
        SettingsError: there is no such file.
        DataError: it cannot be read, or has no header.
    """
    if not path.is_file():
        raise SettingsError(f"there is no file {path}", path=str(path))
    lines = [cells for _, cells in csv_rows(path, is_lenient=True) if cells]
    if not lines:
        raise DataError(f"{path} is empty; its first line should name the columns", path=str(path))
    return lines[0], lines[1:]
