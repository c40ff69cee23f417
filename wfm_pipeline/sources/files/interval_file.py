"""Plain interval files: queue_id, interval_start (local, no zone), calls; and tables beside them: origins, predictions.

Here: which columns are times and numbers; all others stay the text that stands there, a queue `NA` or `007` too. Not
here: what a file of text looks like (text_layout, raw_files), and what a time may look like (domain/written_times).
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from wfm_pipeline.domain.cells import as_it_was, frame_as_it_was
from wfm_pipeline.domain.sheet import NOTICES
from wfm_pipeline.domain.written_times import AS_SHOWN, TimeReading, UnreadTimeError, read_times
from wfm_pipeline.errors import DataError, SourceError, shown
from wfm_pipeline.sources.files.packed import checked_names, guarded, opened
from wfm_pipeline.sources.files.raw_files import SUFFIXES, read_file
from wfm_pipeline.sources.files.text_layout import layout_of, line_of_row
from wfm_pipeline.units import number_hint

_LARGEST_BYTES: Final = 1 << 30
_MOST_CELLS: Final = 100_000_000
"""Both are a thousand queues over two years of half-hours; such a file is held in memory whole."""
_BLOCK_BYTES: Final = 4 << 20
_CHUNK_ROWS: Final = 100_000

INTERVAL_COLUMNS = ("queue_id", "interval_start", "calls")
_TIMES: Final = ("interval_start", "origin", "train_from")
_NUMBERS: Final = r"calls|calls_mean|calls_q[0-9]{2}|fold|horizon_days"
_UNKNOWN: Final = ("nan", "na", "n/a", "null", "none")
"""Words for an unknown number; a number in words is none."""
_FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_GROUPED: Final = r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+"


def read_interval_file(path: Path, reading: TimeReading = AS_SHOWN) -> pd.DataFrame:
    """Read an interval file: CSV (also gzipped), a workbook or Parquet.

    Args:
        path: The file.
        reading: How its times are written.

    Returns:
        The file's rows; interval_start as datetime64, without zone or DST treatment. Attribute `notices` says what was
        read otherwise than it stands.

    Raises:
        DataError: the file is missing, unreadable or lacks a column (both lists are named), or a cell cannot be read
            or has two readings; the message names its line.
    """
    frame = read_table_file(path, reading)
    missing = [name for name in INTERVAL_COLUMNS if name not in frame.columns]
    if missing:
        raise DataError(
            f"{path} needs columns {', '.join(INTERVAL_COLUMNS)}; missing {', '.join(missing)}, "
            f"present {', '.join(map(str, frame.columns))}",
            missing=missing,
        )
    return frame


def read_table_file(path: Path, reading: TimeReading = AS_SHOWN) -> pd.DataFrame:
    """Read a CSV (also gzipped), a workbook or a Parquet file.

    Args:
        path: The file.
        reading: How its times are written.

    Returns:
        Its rows: known times and numbers typed, all else as text; Parquet keeps its own types. Attribute `notices` as
        of `read_interval_file`.

    Raises:
        DataError: it does not exist, has another ending, cannot be read, or a cell cannot.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path}", path=str(path))
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise DataError(f"a table file ends in {', '.join(SUFFIXES)}, got {path.name}", path=str(path))
    try:
        with guarded(path):
            frame = _parquet(path) if name.endswith(".parquet") else _csv(path)
            return _typed(path, frame, reading)
    except SourceError as error:
        raise DataError(str(error), path=str(path)) from error


def _csv(path: Path) -> pd.DataFrame:
    """A CSV file as text; looked through once in blocks, so that a file that is too large is never in memory."""
    unpacked = 0
    with opened(path) as file:
        while (block := file.read(_BLOCK_BYTES)) and unpacked <= _LARGEST_BYTES:
            unpacked += len(block)
    if unpacked > _LARGEST_BYTES:
        raise DataError(
            f"{path} is larger than {_LARGEST_BYTES >> 30} GiB unpacked; divide it by queues", path=str(path)
        )
    layout = layout_of(path)
    empty = pa.schema([(name, pa.string()) for name in layout.names]).empty_table()
    rows = pa.concat_tables([empty, *read_file(path, chunk_rows=_CHUNK_ROWS)])
    frame = rows.to_pandas().astype("str")
    marked = [name for name in frame.columns if frame[name].str.startswith("'", na=False).any()]
    frame[marked] = frame_as_it_was(frame[marked])
    frame.columns = pd.Index([as_it_was(name) for name in frame.columns])
    frame.attrs[NOTICES] = list(layout.notices)
    return frame


def _typed(path: Path, frame: pd.DataFrame, reading: TimeReading) -> pd.DataFrame:
    """The frame with its times and numbers; what has such types already is left."""
    notices: list[str] = frame.attrs.setdefault(NOTICES, [])
    for name in frame.columns:
        if not pd.api.types.is_string_dtype(frame[name]):
            continue
        if name in _TIMES:
            frame[name], said = _times(path, name, frame[name], reading)
            notices += [f"{path.name}: {words}" for words in said]
        elif re.fullmatch(_NUMBERS, name):
            frame[name] = _numbers(path, name, frame[name])
        elif name == "queue_id" and (frame[name].fillna("").str.strip() == "").any():
            row = int((frame[name].fillna("").str.strip() == "").to_numpy().argmax())
            raise _refused(path, name, row, "must not be empty")
        elif name == "is_open":
            frame[name] = _flags(path, name, frame[name])
    return frame


def _times(path: Path, name: str, texts: pd.Series, reading: TimeReading) -> tuple[pd.Series, list[str]]:
    try:
        return read_times(texts, reading)
    except UnreadTimeError as error:
        raise _refused(path, name, error.row, str(error)) from error


def _numbers(path: Path, name: str, texts: pd.Series) -> pd.Series:
    """Numbers of a column, whole where all are; an empty cell is unknown."""
    bare = texts.str.strip()
    bare = bare.mask(bare.str.lower().isin(_UNKNOWN) | (bare == ""))
    numbers = pd.to_numeric(bare, errors="coerce")
    odd = bare.notna() & numbers.isna()
    if odd.any():
        row = int(odd.to_numpy().argmax())
        text = bare.iloc[row]
        raise _refused(path, name, row, f"must be a number, got {shown(text)}{number_hint(text)}")
    is_pointed = bare.str.contains(".", regex=False, na=False).to_numpy()
    if name == "calls" and is_pointed.any() and bare[is_pointed].str.fullmatch(_GROUPED).all():
        row = int(is_pointed.argmax())
        plain, decimal = bare.iloc[row].replace(".", ""), f"{numbers.iloc[row]:g}"
        raise _refused(path, name, row, f"has two readings, {bare.iloc[row]}: write {plain} or {decimal}")
    return numbers


def _flags(path: Path, name: str, texts: pd.Series) -> pd.Series:
    flags = texts.str.strip().str.lower().map(_FLAGS)
    if flags.isna().any():
        row = int(flags.isna().to_numpy().argmax())
        raise _refused(path, name, row, f"must be true or false in every row, got {shown(texts.iloc[row])}")
    return flags.astype(bool)


def _refused(path: Path, name: str, row: int, words: str) -> DataError:
    is_text = not path.name.lower().endswith(".parquet")
    where = f"line {line_of_row(path, layout_of(path), row)}" if is_text else f"row {row + 1}"
    return DataError(f"{path}, {where}: {name} {words}", path=str(path), column=name)


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
