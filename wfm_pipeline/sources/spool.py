"""Rows on their way, kept on disk until the source has given them all.

A read is all or nothing: when the connection breaks half way, the half is thrown away and read
again, and nobody has seen it. It also frees the source's connection before the warehouse writes.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.retry import Retry

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def read_whole(chunks: Callable[[], Iterator[pa.Table]], retry: Retry) -> Iterator[pa.Table]:
    """All chunks, given out once the last one has been read.

    Args:
        chunks: Starts a read from its beginning; all chunks have one schema.
        retry: What to do when the source is gone at the start or half way.

    Yields:
        The chunks, in order.
    """
    with tempfile.TemporaryDirectory(prefix="wfm_spool_") as folder:
        path = Path(folder) / "rows.arrow"
        has_rows = retry(lambda: _write(path, chunks()))
        if has_rows:
            with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
                for batch in stream:
                    yield pa.Table.from_batches([batch])


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
