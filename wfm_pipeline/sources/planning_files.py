"""Planners' files: small CSV tables, every cell as the text that stands there.

Here: reading, with faults that name the file. Not here: what the cells mean (domain/allocation) and
how tables keep their history (warehouse). Cells stay text, so that the state `N/A` is not lost.
"""

from pathlib import Path

import pandas as pd

from wfm_pipeline.errors import DataError


def read_text_table(path: Path) -> pd.DataFrame:
    """Rows of a CSV file as text; an empty cell is an empty text.

    Args:
        path: UTF-8 CSV with a header, with or without a byte-order mark.

    Raises:
        DataError: it does not exist, is empty or no CSV; the message names it.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path}", path=str(path))
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=True)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as CSV in UTF-8: {error}", path=str(path)) from error
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(
            f"{path} has rows with more cells than the header's {len(frame.columns)}: {', '.join(frame.columns)}; "
            "put cells that hold a comma in double quotes, and separate skills and states by ';'",
            path=str(path),
        )
    return frame.fillna("")


def brought_by(path: Path) -> str:
    """Who brought a file: its name and, where the system knows one, its owner."""
    try:
        return f"{path.name} of {path.owner()}"
    except (KeyError, NotImplementedError):
        return path.name
