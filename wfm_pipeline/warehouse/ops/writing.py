"""One writer at a time: waiting for the writer lock with words, holding it, and telling others who does.

The lock decides (locks.py); the lease in the ops store only tells (leases.py). A heartbeat renews the
lease and looks whether the lock is ours still.
"""

import contextlib
import datetime as dt
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.ops.leases import Lease, give_back, holder, write_lease
from wfm_pipeline.warehouse.ops.locks import OwnerLock
from wfm_pipeline.warehouse.ops.opening import open_ops
from wfm_pipeline.warehouse.ops.store import OpsStore

WRITER: Final = "writer"
"""Name of the writer's lease."""
HEARTBEAT_SECONDS: Final = 15.0
SILENT_AFTER: Final = dt.timedelta(seconds=4 * HEARTBEAT_SECONDS)
"""A holder that gave no sign of life for so long may hang, or be gone."""
_POLL_SECONDS = 0.5

Say = Callable[[str], None]


@contextmanager
def writing(
    url: str, home: Path, *, owner: str, run_id: str | None = None, wait_seconds: float, on_wait: Say
) -> Iterator[bool]:
    """Be the only writer of a warehouse; inside it the same thread may ask again and has it at once.

    Args:
        url: URL of the warehouse; one in memory has no other writers.
        home: Home folder.
        owner: Who we are, for those who wait.
        run_id: Dagster run, where there is one.
        wait_seconds: How long to wait for another writer; 0 does not wait [s].
        on_wait: Told whom we wait for, once for each.

    Yields:
        True where we became the writer, False where we were it already.

    Raises:
        WarehouseError: another writes for longer than that; the message says who, since when and what to do.
    """
    place = _place_of(url, home)
    if not place.turns.acquire(blocking=False):
        on_wait(_waiting_for(place.lease, wait_seconds))
        if not place.turns.acquire(timeout=wait_seconds):
            raise _too_long(place.lease, wait_seconds)
    try:
        is_first = place.depth == 0
        if is_first:
            place.take(owner, run_id, wait_seconds, on_wait)
        elif run_id:
            place.name_run(run_id)
        place.depth += 1
        try:
            yield is_first
        finally:
            place.depth -= 1
            if is_first:
                place.leave()
    finally:
        place.turns.release()


def check_still_writer(url: str, home: Path) -> None:
    """Refuse to go on where this process was the writer and another may be it by now.

    Raises:
        WarehouseError: the lock is lost.
    """
    if _place_of(url, home).is_lost:
        raise WarehouseError(
            "the writer lock of the warehouse is lost (the server restarted, or the lock file was deleted): "
            "another run may be writing, so this one stops; run again"
        )


def current_writer(store: OpsStore) -> Lease | None:
    """Who holds the writer's lease; it may have died since."""
    with store.reading() as ops:
        return holder(ops, WRITER)


def utc_now() -> dt.datetime:
    """Now, naive UTC."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class _Place:
    """The writer's place of one warehouse, in this process."""

    def __init__(self, url: str, home: Path) -> None:
        """Nobody has it yet."""
        self._url, self._home = url, home
        self.turns = threading.RLock()
        self.depth = 0
        self.lease: Lease | None = None
        self.is_lost = False
        self._lock: OwnerLock | None = None
        self._stop = threading.Event()
        self._heart: threading.Thread | None = None

    def take(self, owner: str, run_id: str | None, wait_seconds: float, on_wait: Say) -> None:
        """Wait for the lock, and note who has it."""
        lock = engine_of(self._url, self._home).writer_lock()
        if lock is None:
            return
        try:
            with self._ops() as store:
                _wait(lock, store, wait_seconds, on_wait)
                now = utc_now()
                self.lease = Lease(WRITER, owner, socket.gethostname(), os.getpid(), run_id, now, now)
                self._tell(store)
        except BaseException:
            self.lease = None
            lock.give_back()
            raise
        self._lock, self.is_lost, self._stop = lock, False, threading.Event()
        self._heart = threading.Thread(target=self._beat, name="wfm-writer-heartbeat", daemon=True)
        self._heart.start()

    def name_run(self, run_id: str) -> None:
        """The Dagster run has its id now."""
        if self.lease is not None and self.lease.run_id is None:
            self.lease = replace(self.lease, run_id=run_id)
            with self._ops() as store:
                self._tell(store)

    def leave(self) -> None:
        """Give lock and lease back."""
        if self._lock is None or self.lease is None or self._heart is None:
            return
        self._stop.set()
        self._heart.join()
        try:
            # The lock is what counts and goes in any case; the next holder writes its own lease.
            with contextlib.suppress(WarehouseError), self._ops() as store, store.writing() as ops:
                give_back(ops, self.lease)
        finally:
            self._lock.give_back()
            self._lock, self.lease, self.is_lost = None, None, False

    def _beat(self) -> None:
        """Renew the lease until told to stop; without the lock there is nothing to renew."""
        while not self._stop.wait(HEARTBEAT_SECONDS):
            if self._lock is None or not self._lock.is_held():
                self.is_lost = True
                return
            # A sign of life that does not get through is followed by the next one.
            with contextlib.suppress(WarehouseError), self._ops() as store:
                self._tell(store)

    def _tell(self, store: OpsStore) -> None:
        assert self.lease is not None
        with store.writing() as ops:
            write_lease(ops, replace(self.lease, heartbeat_at=utc_now()))

    def _ops(self) -> OpsStore:
        return open_ops(self._url, self._home)


_PLACES: dict[tuple[str, Path], _Place] = {}
_PLACES_GUARD = threading.Lock()


def _place_of(url: str, home: Path) -> _Place:
    with _PLACES_GUARD:
        return _PLACES.setdefault((url, home), _Place(url, home))


def _wait(lock: OwnerLock, store: OpsStore, wait_seconds: float, on_wait: Say) -> None:
    deadline = time.monotonic() + wait_seconds
    told: str | None = None
    while not lock.try_take():
        other = current_writer(store)
        if time.monotonic() >= deadline:
            raise _too_long(other, wait_seconds)
        who = str(other)
        if who != told:
            on_wait(_waiting_for(other, wait_seconds))
            told = who
        time.sleep(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))


def _waiting_for(other: Lease | None, wait_seconds: float) -> str:
    return f"the warehouse is being written by {_words(other)}; waiting for it, up to {wait_seconds:.0f} s"


def _words(other: Lease | None) -> str:
    if other is None:
        return "another process"
    is_silent = utc_now() - other.heartbeat_at > SILENT_AFTER
    return f"{other}, last sign of life {other.heartbeat_at:%H:%M:%S}" if is_silent else str(other)


def _too_long(other: Lease | None, wait_seconds: float) -> WarehouseError:
    waited = f"waited {wait_seconds:.0f} s" if wait_seconds else "did not wait"
    return WarehouseError(
        f"the warehouse is being written by {_words(other)}; {waited}: let it end or stop it, then run again, "
        "or raise writer_wait_seconds (WFM_WRITER_WAIT_SECONDS)",
        holder=other,
    )
