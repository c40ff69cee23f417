"""Plain interval files: queue_id, interval_start (local, no zone), calls. Taken as they stand."""

import csv
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from wfm_pipeline.domain.cells import frame_as_it_was
from wfm_pipeline.errors import DataError, SourceError, shown
from wfm_pipeline.sources.files.packed import checked_names, first_line, guarded, opened

_LARGEST_BYTES: Final = 1 << 30
_MOST_CELLS: Final = 100_000_000
"""Both are a thousand queues over two years of half-hours; such a file is held in memory whole."""
_BLOCK_BYTES: Final = 4 << 20

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
        except (ValueError, TypeError, OverflowError) as error:
            raise DataError(f"{path}: interval_start must be times such as 2026-01-31 08:30:00") from error
    return frame


def read_table_file(path: Path) -> pd.DataFrame:
    """Read a CSV (also gzipped) or Parquet file.

    Raises:
        DataError: it does not exist, has another ending, or cannot be read.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path}", path=str(path))
    name = path.name.lower()
    if not name.endswith((".parquet", ".csv", ".csv.gz")):
        raise DataError(f"a table file ends in .csv, .csv.gz or .parquet, got {path.name}", path=str(path))
    try:
        with guarded(path):
            return _parquet(path) if name.endswith(".parquet") else _csv(path)
    except SourceError as error:
        raise DataError(str(error), path=str(path)) from error


def _csv(path: Path) -> pd.DataFrame:
    """A CSV file; looked through once in blocks, so that a file that is too large is never in memory."""
    checked_names(path, list(dict.fromkeys(next(csv.reader([first_line(path, "utf-8-sig")])))))
    unpacked = 0
    with opened(path) as file:
        while (block := file.read(_BLOCK_BYTES)) and unpacked <= _LARGEST_BYTES:
            unpacked += len(block)
    if unpacked > _LARGEST_BYTES:
        raise DataError(
            f"{path} is larger than {_LARGEST_BYTES >> 30} GiB unpacked; divide it by queues", path=str(path)
        )
    with opened(path) as file:
        return frame_as_it_was(pd.read_csv(file))


def _is_plain(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return not pa.types.is_nested(plain) and not pa.types.is_binary(plain) and not pa.types.is_large_binary(plain)


def _parquet(path: Path) -> pd.DataFrame:
    with pq.ParquetFile(path) as file:
        checked_names(path, file.schema_arrow.names)
        odd = next((field for field in file.schema_arrow if not _is_plain(field.type)), None)
        if odd is not None:
            raise DataError(f"{path}: column {shown(odd.name)} must be numbers, texts or times, got {odd.type}")
        cells = file.metadata.num_rows * file.metadata.num_columns
        if cells > _MOST_CELLS:
            raise DataError(
                f"{path} has {cells:,} cells, {_MOST_CELLS:,} are allowed; divide it by queues", path=str(path)
            )
        for batch in file.iter_batches():
            batch.validate(full=True)  # texts that are no UTF-8
    return pd.read_parquet(path)
