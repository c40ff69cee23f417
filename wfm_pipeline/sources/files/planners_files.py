"""Planners' files: small CSV tables, every cell as the text that stands there.

Here: reading, with faults that name the file; as a table, or as header and rows where every row must come out again.
The mark that our own files put before a formula is taken off (csv_rows). Not here: what the cells mean (domain/allocation) and
how tables keep their history (warehouse). Cells stay text, so that the state `N/A` is not lost.
"""

from pathlib import Path

import pandas as pd

from wfm_pipeline.domain.sheet import LINES, NOTICES
from wfm_pipeline.errors import DataError, SettingsError, shown
from wfm_pipeline.sources.files.csv_rows import csv_rows, people_layout


def read_text_table(path: Path) -> pd.DataFrame:
    """Rows of a CSV file as text; an empty cell is an empty text, a line without any cell is left out.

    Args:
        path: CSV with a header.

    Returns:
        The rows; attribute `lines` has the line of the file on which each of them ends, `notices` what was read
        otherwise than it stands.

    Raises:
        DataError: it does not exist, is empty or no CSV, has a column twice, or a row has more cells than the header; the message names it.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path}", path=str(path))
    layout = people_layout(path)
    header, rows = list(layout.names), [(line, cells) for line, cells in csv_rows(path, layout) if any(cells)]
    lower = [name.lower() for name in header]
    twice = next((name for name in lower if lower.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has the column {shown(twice)} twice; keep one", path=str(path), got=twice)
    long = next((line for line, cells in rows if len(cells) > len(header)), None)
    if long is not None:
        raise DataError(
            f"{path}, line {long}, has more cells than the header's {len(header)}: {', '.join(header)}; "
            f"put cells that hold {layout.delimiter!r} in double quotes, and separate skills and states by ';'",
            path=str(path),
            line=long,
        )
    frame = pd.DataFrame([cells + [""] * (len(header) - len(cells)) for _, cells in rows], columns=header, dtype="str")
    frame.attrs |= {LINES: [line for line, _ in rows], NOTICES: list(layout.notices)}
    return frame


def read_cells(path: Path) -> tuple[list[str], list[list[str]], list[str]]:
    """Header and rows of a CSV file, and notices.

    Args:
        path: CSV with a header. Bytes that are no text become a replacement character, so that one bad
            cell is one bad row.

    Raises:
        SettingsError: there is no such file.
        DataError: it cannot be read, or has no header.
    """
    if not path.is_file():
        raise SettingsError(f"there is no file {path}", path=str(path))
    layout = people_layout(path)
    rows = [cells for _, cells in csv_rows(path, layout, is_lenient=True) if cells]
    return list(layout.names), rows, list(layout.notices)


def brought_by(path: Path) -> str:
    """Who brought a file: its name and, where the system knows one, its owner."""
    try:
        return f"{path.name} of {path.owner()}"
    except (KeyError, NotImplementedError):
        return path.name
