"""Locks that die with their owner, so that a killed process never has to be cleaned up after.

Here: taking one without waiting, telling whether it is held still, giving it back, and the lock on a file. Not
here: waiting, and who holds it (writing.py, leases.py), locks of a server (warehouse/engines).
"""

import fcntl
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO

from wfm_pipeline.errors import WarehouseError


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
