"""Locks that die with their owner, so that a killed process never has to be cleaned up after.

Here: taking one without waiting, telling whether it is held still, giving it back. Not here: waiting,
and who holds it (writing.py, leases.py).
"""

import fcntl
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.urls import make_engine, masked
from wfm_pipeline.warehouse.engines.opening import check_url, duckdb_path
from wfm_pipeline.warehouse.engines.postgres import TURN_KEYS, lock_number

_KEEP_ALIVE = ("tcp_keepalives_idle = 30", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3")
"""After a minute without a sign of our host the server takes the lock back [s, s, count]."""


class OwnerLock(ABC):
    """A lock of this process, not taken yet."""

    @abstractmethod
    def try_take(self) -> bool:
        """Take it if nobody has it; says whether it is ours now."""

    @abstractmethod
    def is_held(self) -> bool:
        """False where it was ours and is no more."""

    @abstractmethod
    def give_back(self) -> None:
        """Give it back; one that is not held stays as it is."""


class FileLock(OwnerLock):
    """`flock` on a file: the system takes it back when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Of that file, which stays when the lock is given back."""
        self._path = path
        self._file: IO[str] | None = None

    def try_take(self) -> bool:
        """See `OwnerLock`.

        Raises:
            WarehouseError: the file cannot be made.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a")
        except OSError as error:
            raise WarehouseError(f"cannot lock {self._path} ({error.strerror}); choose WFM_HOME") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        if self.is_held():
            return True
        self.give_back()  # the file was taken away between opening and locking it
        return False

    def is_held(self) -> bool:
        """See `OwnerLock`: a file that was deleted locks nobody out."""
        try:
            return self._file is not None and os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except OSError:
            return False

    def give_back(self) -> None:
        """See `OwnerLock`."""
        if self._file is not None:
            self._file.close()
            self._file = None


class ServerLock(OwnerLock):
    """An advisory lock of a PostgreSQL session: the server takes it back when the connection ends."""

    def __init__(self, url: str, name: str) -> None:
        """Of that name in the URL's database."""
        self._url = check_url(url)
        self._engine = make_engine(
            self._url, scheme="postgresql+psycopg", poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        self._number = lock_number(name)
        self._connection: sa.Connection | None = None

    def try_take(self) -> bool:
        """See `OwnerLock`.

        Raises:
            WarehouseError: the server does not answer.
        """
        try:
            connection = self._connection or self._connect()
            self._connection = connection
            return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(TURN_KEYS, self._number))))
        except sa.exc.DBAPIError as error:
            self.give_back()
            raise WarehouseError(f"cannot lock {self._url}: {masked(str(error.orig)).splitlines()[0]}") from None

    def is_held(self) -> bool:
        """See `OwnerLock`: the lock lives as long as its connection."""
        try:
            return self._connection is not None and self._connection.scalar(sa.select(1)) == 1
        except sa.exc.DBAPIError:
            return False

    def give_back(self) -> None:
        """See `OwnerLock`."""
        if self._connection is not None:
            self._connection.invalidate()  # ends the session, and its lock with it
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def _connect(self) -> sa.Connection:
        connection = self._engine.connect()
        for setting in _KEEP_ALIVE:
            connection.exec_driver_sql(f"set {setting}")
        return connection


def writer_lock(warehouse_url: str, home: Path) -> OwnerLock | None:
    """The writer lock of a warehouse; None in memory, where no other process can come."""
    if not warehouse_url.startswith("duckdb://"):
        return ServerLock(warehouse_url, "writer")
    path = duckdb_path(warehouse_url, home)
    return FileLock(path.with_name(f"{path.stem}_writer.lock")) if path else None
