"""Files of rows opened for reading, plain, gzipped or zipped, within bounds; broken ones said in one line.

Here: unpacking as a stream, and how much may come out of how little. Not here: what the bytes mean
(raw_files, interval_file). A gzip of 5 MB can hold 5 GB of nothing; whoever reads it whole is out of memory.
"""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import pyarrow as pa

from wfm_pipeline.errors import SourceError, shown
from wfm_pipeline.sources.files.workbook import SUFFIX, SheetText

LARGEST_RATIO: Final = 200
"""Bytes out of one packed byte: exports of calls have 5 to 50."""
_FREE_BYTES: Final = 64 << 20
"""So much may come out of any file, however small."""
_ZIP: Final = ".zip"
LONGEST_LINE: Final = 4 << 20
"""Bytes of one row."""
FILES_KNOWN: Final = 1_000
"""Files whose looks are kept in memory, and are looked at again when they have changed [count]."""
MOST_COLUMNS: Final = 1_500
"""PostgreSQL holds 1,600 columns, some of which are ours."""
LONGEST_NAME: Final = 255
"""Characters of a column's name."""


class _Unpacked(io.RawIOBase):
    """The unpacked bytes, counted."""

    def __init__(self, packed: IO[bytes], path: Path, unpacked: IO[bytes] | gzip.GzipFile) -> None:
        self._packed, self._path, self._bytes = packed, path, 0
        self._unpacked = unpacked

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # (whatever can be written to)
        count = self._unpacked.readinto(buffer)  # type: ignore[union-attr]  # (both can)
        self._bytes += count
        if self._bytes > max(_FREE_BYTES, LARGEST_RATIO * self._packed.tell()):
            raise SourceError(
                f"{self._path} unpacks to more than {LARGEST_RATIO} times its size; if it is right, unpack it first",
                path=str(self._path),
            )
        return count


def state_of(path: Path) -> tuple[int, int, int]:
    """What tells whether a file is the one that was looked at before: its time of change [ns], its bytes, its inode."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where its name ends in `.gz` or `.zip`; of a workbook its sheet as CSV in UTF-8.

    Raises:
        SourceError: while reading, where a small file unpacks to a huge one, or a workbook is no table.
    """
    if is_workbook(path):
        with io.BufferedReader(SheetText(path), 1 << 20) as text:
            yield text
        return
    with path.open("rb") as plain:
        if path.suffix.lower() == ".gz":
            with io.BufferedReader(_Unpacked(plain, path, gzip.GzipFile(fileobj=plain)), 1 << 20) as unpacked:
                yield unpacked
        elif path.suffix.lower() == _ZIP:
            with (
                zipfile.ZipFile(plain) as box,
                box.open(_only_file(path, box)) as member,
                io.BufferedReader(_Unpacked(plain, path, member), 1 << 20) as unpacked,
            ):
                yield unpacked
        else:
            yield plain


def _only_file(path: Path, box: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one CSV of a zip; what machines put beside it does not count."""
    files = [one for one in box.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    if len(files) != 1 or not files[0].filename.lower().endswith(".csv") or files[0].flag_bits & 1:
        names = ", ".join(one.filename for one in files[:5])
        raise SourceError(
            f"{path} must hold one CSV without a password; it holds {len(files)} files ({shown(names)}): unpack it",
            path=str(path),
        )
    return files[0]


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook by its name."""
    return path.name.lower().endswith(SUFFIX)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns what reading a broken file raises into one line that says which file and what to do."""
    try:
        yield
    except SourceError:
        raise
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        kind = "zip" if path.suffix.lower() == _ZIP else "gzip"
        raise SourceError(f"{path} is cut off or not {kind}: {error}; fetch it again", path=str(path)) from error
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path} is no text in UTF-8, UTF-16 or Windows-1252 ({error.reason}); save it as UTF-8", path=str(path)
        ) from error
    except (pa.ArrowException, OSError, ValueError, csv.Error, MemoryError, OverflowError) as error:
        line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise SourceError(
            f"{path} cannot be read: {line}; it may be cut off: fetch it again", path=str(path)
        ) from error


def checked_names(path: Path, names: Sequence[str]) -> list[str]:
    """The names of the columns.

    Raises:
        SourceError: a name comes twice, there are too many, or one is too long.
    """
    if len(names) > MOST_COLUMNS:
        raise SourceError(
            f"{path} has {len(names):,} columns; {MOST_COLUMNS:,} are allowed: leave some out", path=str(path)
        )
    long = next((name for name in names if len(name) > LONGEST_NAME), None)
    if long is not None:
        raise SourceError(
            f"{path} has a column name of {len(long):,} characters; {LONGEST_NAME} are allowed: {shown(long)}",
            path=str(path),
        )
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise SourceError(f"{path} names a column twice: {shown(twice)}", path=str(path), present=list(names))
    return list(names)
