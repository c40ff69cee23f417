"""Answers of the calculators as CSV files: whole or not at all."""

import os
from pathlib import Path

import pandas as pd

from wfm_pipeline.errors import DataError


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, an unknown value as an empty cell, beside its place and then swapped in.

    Raises:
        DataError: the place cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(beside, index=False, na_rep="", lineterminator="\n")
        beside.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error}", path=str(path)) from error
    finally:
        beside.unlink(missing_ok=True)
