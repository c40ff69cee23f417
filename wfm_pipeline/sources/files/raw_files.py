"""Opens one file of rows, CSV (also gzipped) or Parquet, as chunks of raw columns.

CSV comes as text, so that typing is the map's business alone. A file that is cut off, or whose rows
have different lengths, is refused whole: a half file is worse than none.
"""

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.files.packed import LONGEST_LINE, checked_names, first_line, guarded, opened

SUFFIXES: Final = (".parquet", ".csv", ".csv.gz")
_DELIMITERS: Final = ",;\t|"
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
        return _header(path, encoding_of(path))


def encoding_of(path: Path) -> str:
    """Encoding of a CSV file: `utf8` where all of it is UTF-8, else `cp1252`; Parquet is always UTF-8."""
    if _is_parquet(path):
        return "utf8"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with guarded(path), opened(path) as file:
        try:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf8"


def read_file(path: Path, *, chunk_rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Rows of a file in chunks.

    Args:
        path: A `.csv`, `.csv.gz` or `.parquet` file.
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
        else:
            yield from _read_csv(path, columns)


def _read_csv(path: Path, columns: Sequence[str] | None) -> Iterator[pa.Table]:
    encoding = encoding_of(path)
    names = _header(path, encoding)
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        include_columns=list(columns) if columns else None,
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
        check_utf8=True,
    )
    parse = pyarrow.csv.ParseOptions(delimiter=_delimiter(path, encoding), newlines_in_values=True)
    read = pyarrow.csv.ReadOptions(encoding=encoding, block_size=_BLOCK_BYTES, use_threads=False)
    with (
        opened(path) as file,
        pyarrow.csv.open_csv(file, read_options=read, parse_options=parse, convert_options=convert) as stream,
    ):
        for batch in stream:
            if batch.num_rows:
                yield pa.Table.from_batches([batch])


def _delimiter(path: Path, encoding: str) -> str:
    line = first_line(path, encoding)
    return max(_DELIMITERS, key=line.count)


def _header(path: Path, encoding: str) -> list[str]:
    line = first_line(path, encoding)
    names = next(csv.reader([line], delimiter=_delimiter(path, encoding)))
    return checked_names(path, names)


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
