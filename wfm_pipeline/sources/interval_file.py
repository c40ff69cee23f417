"""Plain interval files: queue_id, interval_start (local, no zone), calls. Taken as they stand."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from wfm_pipeline.errors import DataError

INTERVAL_COLUMNS = ("queue_id", "interval_start", "calls")


def read_interval_file(path: Path) -> pd.DataFrame:
    """Read an interval file, CSV (also gzipped) or Parquet.

    Returns:
        The file's rows; interval_start as datetime64, without zone or DST treatment.

    Raises:
        DataError: the file is missing, unreadable or lacks a column; both lists are named.
    """
    frame = read_table_file(path)
    missing = [name for name in INTERVAL_COLUMNS if name not in frame.columns]
    if missing:
        raise DataError(
            f"{path} needs columns {', '.join(INTERVAL_COLUMNS)}; missing {', '.join(missing)}, "
            f"present {', '.join(map(str, frame.columns))}",
            missing=missing,
        )
    if not pd.api.types.is_datetime64_any_dtype(frame["interval_start"]):
        try:
            frame["interval_start"] = pd.to_datetime(frame["interval_start"])
        except (ValueError, TypeError) as error:
            raise DataError(f"{path}: interval_start must be times such as 2026-01-31 08:30:00; {error}") from error
    return frame


def read_table_file(path: Path) -> pd.DataFrame:
    """Read a CSV (also gzipped) or Parquet file.

    Raises:
        DataError: it does not exist, has another ending, or cannot be read.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path}", path=str(path))
    name = path.name.lower()
    try:
        if name.endswith(".parquet"):
            return pd.read_parquet(path)
        if name.endswith((".csv", ".csv.gz")):
            return pd.read_csv(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}", path=str(path)) from error
    raise DataError(f"a table file ends in .csv, .csv.gz or .parquet, got {path.name}", path=str(path))
