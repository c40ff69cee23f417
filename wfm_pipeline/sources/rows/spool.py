"""Rows on their way, kept on disk until the source has given them all.

A read is all or nothing: when the connection breaks half way, the half is thrown away and read
again, and nobody has seen it. It also frees the source's connection before the warehouse writes.

The rows are in a folder of their own that only this user can open. What a killed process left is taken
away by the next read: its lock has died with it.
"""

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.ipc

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.databases.retry import Retry

_PREFIX: Final = "wfm_spool_"
_LOCK: Final = "lock"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def read_whole(chunks: Callable[[], Iterator[pa.Table]], retry: Retry) -> Iterator[pa.Table]:
    """All chunks, given out once the last one has been read.

    Args:
        chunks: Starts a read from its beginning; all chunks have one schema.
        retry: What to do when the source is gone at the start or half way.

    Yields:
        The chunks, in order.
    """
    with _own_folder() as folder:
        path = folder / "rows.arrow"
        has_rows = retry(lambda: _write(path, chunks()))
        if has_rows:
            with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
                for batch in stream:
                    yield pa.Table.from_batches([batch])


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder that is locked as long as it is in use; those that nobody uses any more go first."""
    _clear_leftovers()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name:
        folder = Path(name)
        with (folder / f"{_LOCK}.new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / f"{_LOCK}.new").rename(folder / _LOCK)  # under this name it was always locked
            yield folder


def _clear_leftovers() -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            if lock.stat().st_uid != os.getuid():
                continue
            with lock.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:  # in use, or gone meanwhile
            continue


def _write(path: Path, chunks: Iterator[pa.Table]) -> bool:
    first = next(chunks, None)
    if first is None:
        return False
    try:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, first.schema, options=_OPTIONS) as stream:
            for chunk in itertools.chain([first], chunks):
                stream.write_table(chunk)
    except OSError as error:
        raise SourceError(
            f"rows cannot be kept in {path.parent}: {error}; free some room there, or set TMPDIR to another folder",
            path=str(path.parent),
        ) from error
    return True
