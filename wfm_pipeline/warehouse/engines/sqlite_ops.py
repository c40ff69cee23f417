"""The ops store of an engine with one writer: a SQLite file in WAL mode beside the warehouse, or in memory with it.

Many processes may write it while the warehouse is busy. Not here: what is kept in it (warehouse/ops).
"""

import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import NullPool, StaticPool

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.ops.store import OpsStore
from wfm_pipeline.warehouse.ops.tables import SCHEMA

_BUSY_SECONDS = 30.0
_RETRY_SECONDS = 0.05


class FileStore(OpsStore):
    """The ops store as a file, whose writers come one by one."""

    def insert(self, table: sa.Table) -> Any:
        """See `OpsStore`."""
        return sqlite.insert(table)


def sqlite_store(path: Path | None) -> OpsStore:
    """The ops store in a file, or in memory.

    Raises:
        WarehouseError: the file's folder cannot be made.
    """
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(f"cannot make the folder {path.parent} ({error.strerror}); choose WFM_HOME") from error
    pool: Any = {"poolclass": NullPool} if path else {"poolclass": StaticPool}
    url = sa.URL.create("sqlite", database=str(path) if path else ":memory:")
    engine = sa.create_engine(
        url, connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}, **pool
    ).execution_options(schema_translate_map={SCHEMA: None})
    sa.event.listen(engine, "connect", _use_wal)
    sa.event.listen(engine, "begin", _begin)
    return FileStore(engine, str(path or "in memory"))


def _begin(connection: sa.Connection) -> None:
    """A writer takes its place at once, so that it never finds out half way that another was first."""
    is_writing = connection.get_execution_options().get("is_writing")
    connection.exec_driver_sql("begin immediate" if is_writing else "begin")


def _use_wal(connection: Any, _record: object) -> None:
    """WAL, which stays in the file once set; SQLite does not wait by itself while another process sets it."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return
