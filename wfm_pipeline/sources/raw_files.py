"""Opens one file of rows, CSV (also gzipped) or Parquet, as chunks of raw columns.

CSV comes as text, so that typing is the map's business alone. A file that is cut off, or whose rows
have different lengths, is refused whole: a half file is worse than none.
"""

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from wfm_pipeline.errors import SourceError

SUFFIXES: Final = (".parquet", ".csv", ".csv.gz")
_DELIMITERS: Final = ",;\t|"
_BLOCK_BYTES: Final = 4 << 20


def column_names(path: Path) -> list[str]:
    """Columns of a file, in order.

    Raises:
        SourceError: the file is empty, cut off, or of another kind.
    """
    with _guard(path):
        if _is_parquet(path):
            return list(pq.read_schema(path).names)
        return _header(path, encoding_of(path))


def encoding_of(path: Path) -> str:
    """Encoding of a CSV file: `utf8` where all of it is UTF-8, else `cp1252`; Parquet is always UTF-8."""
    if _is_parquet(path):
        return "utf8"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _guard(path), _open(path) as file:
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
    with _guard(path):
        if _is_parquet(path):
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(chunk_rows, columns=list(columns) if columns else None):
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
        _open(path) as file,
        pyarrow.csv.open_csv(file, read_options=read, parse_options=parse, convert_options=convert) as stream,
    ):
        for batch in stream:
            if batch.num_rows:
                yield pa.Table.from_batches([batch])


def _first_line(path: Path, encoding: str) -> str:
    with _open(path) as file:
        line = file.readline().decode(encoding)
    if not line.strip():
        raise SourceError(f"{path} is empty: its first line must name the columns", path=str(path))
    return line.removeprefix("\ufeff").rstrip("\r\n")


def _delimiter(path: Path, encoding: str) -> str:
    line = _first_line(path, encoding)
    return max(_DELIMITERS, key=line.count)


def _header(path: Path, encoding: str) -> list[str]:
    line = _first_line(path, encoding)
    names = next(csv.reader([line], delimiter=_delimiter(path, encoding)))
    if len(set(names)) < len(names):
        raise SourceError(f"{path} names a column twice: {', '.join(names)}", path=str(path), present=names)
    return names


def _is_parquet(path: Path) -> bool:
    if not path.name.endswith(SUFFIXES):
        raise SourceError(f"{path} must end in one of {', '.join(SUFFIXES)}", path=str(path))
    return path.suffix == ".parquet"


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    with path.open("rb") as plain:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=plain) as unzipped:
                yield unzipped
        else:
            yield plain


@contextmanager
def _guard(path: Path) -> Iterator[None]:
    """Turns what reading a broken file raises into one line that says which file and what to do."""
    try:
        yield
    except SourceError:
        raise
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{path} is cut off or not gzip: {error}; fetch it again", path=str(path)) from error
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        line = str(error).splitlines()[0]
        raise SourceError(
            f"{path} cannot be read: {line}; it may be cut off: fetch it again", path=str(path)
        ) from error
