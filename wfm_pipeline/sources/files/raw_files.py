"""Opens one file of rows, CSV (also gzipped, or a workbook's sheet), JSON lines or Parquet, as chunks of raw columns.

CSV and JSON lines come as text, so that typing is the map's business alone. A file that is cut off, or whose rows
have different lengths, is refused whole: a half file is worse than none.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.files.json_lines import SUFFIXES as JSON_SUFFIXES
from wfm_pipeline.sources.files.json_lines import json_names, read_json_lines
from wfm_pipeline.sources.files.packed import LONGEST_LINE, checked_names, guarded
from wfm_pipeline.sources.files.text_layout import (
    TEXT_FORMULA,
    TextLayout,
    is_total,
    layout_of,
    opened_body,
    rows_of,
    unique_names,
)

SUFFIXES: Final = (".parquet", ".csv", ".csv.gz", ".zip", ".xlsx", *JSON_SUFFIXES)
_BLOCK_BYTES: Final = LONGEST_LINE
_LARGEST_GROUP: Final = 1 << 30
"""Bytes of a row group of Parquet, which is unpacked at once."""


def column_names(path: Path) -> list[str]:
    """Columns of a file, in order.

    Raises:
        SourceError: the file is empty, cut off, or of another kind.
    """
    with guarded(path):
        if _is_parquet(path):
            return checked_names(path, _parquet_schema(path).names)
        if _is_json_lines(path):
            return json_names(path)
        return unique_names(path, layout_of(path))


def present_names(path: Path) -> list[str]:
    """Columns of a file, in order, one that comes twice too: for readers that ask for some of them by name.

    Raises:
        SourceError: the file is empty, cut off, or of another kind.
    """
    with guarded(path):
        if _is_parquet(path) or _is_json_lines(path):
            return column_names(path)
        return list(layout_of(path).names)


def notices_of(path: Path) -> list[str]:
    """What of a file is read otherwise than it stands; nothing of Parquet and JSON lines.

    Raises:
        SourceError: the file is empty, cut off, or of another kind.
    """
    with guarded(path):
        return [] if _is_parquet(path) or _is_json_lines(path) else list(layout_of(path).notices)


def read_file(path: Path, *, chunk_rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Rows of a file in chunks.

    Args:
        path: A `.csv`, `.csv.gz`, `.zip` (of one CSV), `.xlsx`, `.jsonl`, `.jsonl.gz` or `.parquet` file.
        chunk_rows: Rows at a time, at most (CSV: blocks of some megabytes).
        columns: Only these columns; all by default.

    Raises:
        SourceError: the file is empty, cut off, has rows of different length, or is of another kind.
    """
    with guarded(path):
        if _is_parquet(path):
            _parquet_schema(path)
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(chunk_rows, columns=list(columns) if columns else None):
                    batch.validate(full=True)  # texts that are no UTF-8 are taken off here, not in the middle of a run
                    yield pa.Table.from_batches([batch])
        elif _is_json_lines(path):
            yield from read_json_lines(path, chunk_rows=chunk_rows, columns=columns)
        else:
            yield from _read_csv(path, columns)


def _read_csv(path: Path, columns: Sequence[str] | None) -> Iterator[pa.Table]:
    layout = layout_of(path)
    if columns is None or any(layout.names.count(name) != 1 for name in columns):
        unique_names(path, layout)
    last: pa.RecordBatch | None = None
    with opened_body(path, layout) as body:
        if not body.peek(1):  # type: ignore[attr-defined]  # (all of them are buffered)
            return
        try:
            for batch in _stream(body, layout, columns):
                if batch.num_rows:
                    last = batch
                    yield pa.Table.from_batches([_unwrapped(batch)])
        except pa.ArrowInvalid as error:
            raise _crooked(path, layout) or error from error
    if last is not None and columns is None and is_total(_cells(last, last.num_rows - 1), last.num_columns):
        ((line, _),) = deque(rows_of(path, layout), maxlen=1)
        raise _total(path, line)


def _stream(body: IO[bytes], layout: TextLayout, columns: Sequence[str] | None) -> pyarrow.csv.CSVStreamingReader:
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(layout.names, pa.string()),
        include_columns=list(columns) if columns else None,
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
        check_utf8=True,
    )
    parse = pyarrow.csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True)
    read = pyarrow.csv.ReadOptions(column_names=layout.names, block_size=_BLOCK_BYTES, use_threads=False)
    return pyarrow.csv.open_csv(body, read_options=read, parse_options=parse, convert_options=convert)


def _unwrapped(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The cells, `="0041"` as the text it stands for."""
    for place, name in enumerate(batch.schema.names):
        column = batch.column(place)
        if pc.any(pc.starts_with(column, '="')).as_py():
            plain = pc.replace_substring_regex(column, TEXT_FORMULA, r"\1")
            batch = batch.set_column(place, name, plain)
    return batch


def _cells(batch: pa.RecordBatch, row: int) -> list[str | None]:
    return [column[row].as_py() for column in batch.columns]


def _crooked(path: Path, layout: TextLayout) -> SourceError | None:
    """What is said of the first row that has another number of cells than the header; None where all have as many."""
    columns = len(layout.names)
    crooked = next(((line, cells) for line, cells in rows_of(path, layout) if len(cells) != columns), None)
    if crooked is None:
        return None
    line, cells = crooked
    if is_total(cells, columns):
        return _total(path, line)
    more = f"put cells that hold {layout.delimiter!r} in double quotes, or take empty cells at its end away"
    mend = more if len(cells) > columns else "is it cut off, or a remark below the rows?"
    return SourceError(
        f"{path}, line {line}, has {len(cells)} cells, the header {columns}: {mend}", path=str(path), line=line
    )


def _total(path: Path, line: int) -> SourceError:
    return SourceError(
        f"{path}, line {line}, looks like a total of the rows above; take the line away", path=str(path), line=line
    )


def _parquet_schema(path: Path) -> pa.Schema:
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(number).total_byte_size for number in range(file.metadata.num_row_groups)]
        if max(groups, default=0) > _LARGEST_GROUP:
            raise SourceError(
                f"{path} has a row group of more than {_LARGEST_GROUP >> 30} GiB; write it in smaller ones",
                path=str(path),
            )
        return file.schema_arrow


def _is_parquet(path: Path) -> bool:
    if not path.name.endswith(SUFFIXES):
        raise SourceError(f"{path} must end in one of {', '.join(SUFFIXES)}", path=str(path))
    return path.suffix == ".parquet"


def _is_json_lines(path: Path) -> bool:
    return path.name.endswith(JSON_SUFFIXES)
