"""Answers of the calculators as CSV files: whole or not at all."""

from pathlib import Path

import pandas as pd

from wfm_pipeline.machine import answer_file


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, an unknown value as an empty cell, beside its place and then swapped in.

    Raises:
        DataError: the place cannot be written.
    """
    with answer_file(path) as beside:
        frame.to_csv(beside, index=False, na_rep="", lineterminator="\n")
