"""Answers as files that a person asked for: whole or not at all, and cells of a CSV without formulas.

Here: tables as CSV or Parquet, a page as text. Not here: files that come in (sources), what belongs to the
warehouse (warehouse) and how a file is swapped in (machine).
"""

import csv
from pathlib import Path
from typing import Literal

import pandas as pd

from wfm_pipeline.domain.cells import neutral_frame
from wfm_pipeline.machine import answer_file


def write_csv(frame: pd.DataFrame, path: Path, *, is_raw: bool = False) -> None:
    """Write a table as CSV, an unknown value as an empty cell, beside its place and then swapped in.

    Args:
        frame: The table.
        path: Where to.
        is_raw: Also text that a spreadsheet would run as a formula is written as it stands; see domain/cells.py.

    Raises:
        DataError: the place cannot be written.
    """
    written = frame if is_raw else neutral_frame(frame)
    with answer_file(path) as beside:
        written.to_csv(beside, index=False, na_rep="", lineterminator="\n", quoting=_quoting(written))


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, beside its place and then swapped in.

    Raises:
        DataError: the place cannot be written.
    """
    with answer_file(path) as beside:
        frame.to_parquet(beside, index=False)


def write_page(text: str, path: Path) -> None:
    """Write a page, beside its place and then swapped in.

    Raises:
        DataError: the place cannot be written.
    """
    with answer_file(path) as beside:
        beside.write_text(text, encoding="utf-8")


def _quoting(frame: pd.DataFrame) -> Literal[0, 2]:
    """Quotes around every text where one holds a carriage return: Python writes that bare, and readers end a row there."""
    texts = [*frame.columns, *frame.select_dtypes(["object", "str"]).to_numpy().ravel()]
    return csv.QUOTE_NONNUMERIC if any("\r" in str(text) for text in texts) else csv.QUOTE_MINIMAL
