"""Which reader a source's URL means.

Not here: what a reader can do (reader.py), and how each does it (databases, files).
"""

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path

from wfm_pipeline.contracts.source.source_map import Events
from wfm_pipeline.contracts.source.update_log import UpdateLog
from wfm_pipeline.errors import SettingsError, SourceError
from wfm_pipeline.machine import expanded
from wfm_pipeline.sources.databases.retry import Retry
from wfm_pipeline.sources.databases.sql import SqlReader
from wfm_pipeline.sources.files.folder import FileReader
from wfm_pipeline.sources.reader import SourceReader
from wfm_pipeline.sources.rows.clock import LONGEST_AHEAD, SourceClock

_NO_PATH = re.compile("[:@?=]")
"""What makes a text rather a URL that was mistyped than a folder."""


def open_reader(
    url: str,
    *,
    time_zone: str | None = None,
    chunk_rows: int = 50_000,
    attempts: int = 3,
    retry: Retry | None = None,
    files: Mapping[str, str] | None = None,
    events: Mapping[str, Events] | None = None,
    updates: Mapping[str, UpdateLog] | None = None,
) -> SourceReader:
    """The reader that a URL means.

    Args:
        url: A SQLAlchemy URL; the same with driver `pyodbc` for ODBC; `file:///folder` or the path
            of a folder that holds `<table>.csv`, `.csv.gz`, `.zip`, `.jsonl`, `.jsonl.gz`, `.xlsx` or `.parquet`.
        time_zone: The site's zone where the source's times are UTC; None where they are local.
        chunk_rows: Rows held at a time.
        attempts: Tries when the source does not answer.
        retry: How to wait between tries, for tests; made from `attempts` by default.
        files: Table -> pattern of its files' names in a folder, where it is not one file named like the table.
        events: Table -> which log of events its files are, where they are one.
        updates: Table -> what the columns of a log of updates mean.

    Raises:
        SettingsError: events are to be read from a database.
        SourceError: the URL is not one, or its driver is not installed.
    """
    clock = SourceClock(time_zone, latest=dt.date.today() + LONGEST_AHEAD)
    patience = retry or Retry(attempts=attempts)
    if "://" not in url or url.startswith("file:"):
        return FileReader(
            _folder(url), clock=clock, chunk_rows=chunk_rows, patterns=files, events=events, updates=updates
        )
    if events:
        raise SettingsError(
            f"table {min(events)} is a log of events, which is read from files; source_url is a database"
        )
    if "+pyodbc" in url.split("://", 1)[0]:
        from wfm_pipeline.sources.databases.odbc import OdbcReader  # noqa: PLC0415  (ODBC is loaded only when it is used)

        return OdbcReader(url, clock=clock, chunk_rows=chunk_rows, retry=patience)
    return SqlReader(url, clock=clock, chunk_rows=chunk_rows, retry=patience)


def _folder(url: str) -> Path:
    path = expanded(Path(url.removeprefix("file://")))
    if not path.is_dir() and _NO_PATH.search(str(path)):
        raise SettingsError(
            "source_url (WFM_SOURCE_URL) is neither a database's URL nor a folder; it is not shown, as it may hold a password"
        )
    if not path.is_dir():
        raise SourceError(f"{path} is not a folder; a file source is a folder with a file per table", path=str(path))
    return path
