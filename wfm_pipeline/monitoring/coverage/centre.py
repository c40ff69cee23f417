"""The live centre as cycles see it: which of its days is read, what stands where nothing answers, answers of other days.

Not here: the mathematics of a reading (cycle), when cycles are due and who is told (analyzer).
"""

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import pandas as pd

from wfm_pipeline.calculators.live_coverage import LiveCoverageAnswer
from wfm_pipeline.contracts.operational.foreign_columns import INTERVAL_SECONDS
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import start_of_day
from wfm_pipeline.errors import DataError, WfmError, shown
from wfm_pipeline.monitoring.coverage.cycle import Cycle, Worker, empty_board, moment_of, tables_of
from wfm_pipeline.sources.operational.live.reading import LiveQuestion, LiveReading
from wfm_pipeline.units import SECONDS_PER_MINUTE
from wfm_pipeline.warehouse.shelves.coverage.same_weekdays import same_weekdays

_LOG = logging.getLogger(__name__)
PAST_AGAIN: Final = dt.timedelta(minutes=10)
"""After so long past days that could not be read are asked for again: each try may take the longest wait of a question."""
SECOND_LOOK_SECONDS: Final = 1.0
"""After so long numbers that are old at first sight are read again [s]: a replay at an hour a minute has ticked by then."""


class Reader(Protocol):
    """What reads a centre."""

    async def read(self, question: LiveQuestion) -> LiveReading:
        """All tables of a window.

        Raises:
            SourceOutageError: nothing answers.
        """

    async def history(self, dates: Sequence[dt.date], *, site: Site) -> pd.DataFrame:
        """Past dates of every service, see `LiveReader.history`.

        Raises:
            SourceOutageError: nothing answers.
        """

    async def close(self) -> None:
        """Close all connections."""


def utc_now() -> dt.datetime:
    """The time, naive UTC."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@dataclass(slots=True, eq=False)
class LiveCentre:
    """A centre that is read again and again, by one at a time.

    Attributes:
        reader: Reads it.
        worker: Works readings out.
        site: Whose business dates are asked about.
        now: The clock (naive UTC).
        last: The last cycle; None before the first.
        pause: Waits so many seconds.
    """

    reader: Reader
    worker: Worker
    site: Site
    now: Callable[[], dt.datetime] = utc_now
    last: Cycle | None = None
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _date: dt.date | None = field(default=None, init=False)
    _past_again_at: dt.datetime = field(default=dt.datetime.min, init=False)  # noqa: DTZ901  (naive UTC, as all instants here)

    async def cycle(self) -> Cycle:
        """Read the centre and work its day out; where that fails, what was last known, and why it is old.

        Raises:
            WfmError: it fails and nothing was known before; a `SourceOutageError` where nothing answers.
        """
        async with self._lock:
            looked_at, began = self.now(), time.perf_counter()
            try:
                reading = await self._reading(looked_at)
                await self._look_back(self._date or self.worker.date_of(looked_at), reading)
                seconds = time.perf_counter() - began
                self.last = await asyncio.to_thread(
                    self.worker.cycle, reading, looked_at=looked_at, read_seconds=seconds
                )
            except WfmError as error:
                if self.last is None or self.last.as_of is None:
                    raise
                self.last = _standing(self.last, error, looked_at, time.perf_counter() - began)
            return self.last

    async def cycle_or_fault(self) -> Cycle:
        """A cycle, also where nothing was known before: then its board is empty and says why."""
        looked_at = self.now()
        try:
            return await self.cycle()
        except WfmError as error:
            return _nothing(error, looked_at, self.worker.date_of(looked_at))

    async def answer(self, date: dt.date, service_id: str | None) -> LiveCoverageAnswer | None:
        """Coverage of a date as far as it is known; None where the centre has no service.

        Args:
            date: Business date.
            service_id: A service that must be there; None = none must.

        Raises:
            DataError: the centre has no such service.
            SourceOutageError: it cannot be read.
        """
        async with self._lock:
            reading = await self.reader.read(self._window(date))
            tables = tables_of(reading)
            if service_id is not None and service_id not in set(tables["services"]["id"]):
                raise unknown_service(service_id)
            await self._look_back(date, reading)
            ends_at = pd.Timestamp(self._window(date).ends_at)
            as_of = min(pd.Timestamp(moment_of(reading) or self.now()), ends_at)
            return await asyncio.to_thread(self.worker.answer, tables, date, as_of=as_of)

    async def _reading(self, looked_at: dt.datetime) -> LiveReading:
        """The day that the centre says it is; of another day it is asked again.

        What is old at first sight may be a centre with a clock of its own, such as a replay: a second look shows whether it moves.
        """
        date = self._date or self.worker.date_of(looked_at)
        reading = await self.reader.read(self._window(date))
        updated = moment_of(reading)
        self._date = self.worker.date_of(updated or looked_at)
        is_old = self.last is None and self.worker.is_stale(updated, looked_at)
        if is_old:
            await self.pause(SECOND_LOOK_SECONDS)
        return await self.reader.read(self._window(self._date)) if is_old or self._date != date else reading

    async def _look_back(self, date: dt.date, reading: LiveReading) -> None:
        """Once a date: the centre's own counts of the same weekdays, where forecast and warehouse do not know a service.

        Where they cannot be read the cycle goes on without them, and they are asked for again some minutes later.
        """
        if self.site.interval_minutes * SECONDS_PER_MINUTE < INTERVAL_SECONDS:
            return  # a quarter of an hour says nothing of its minutes
        services = reading.rows("services")["id"]
        day = await asyncio.to_thread(self.worker.days.day, date, services)
        if not self.worker.past.lacks(day, services) or self.now() < self._past_again_at:
            return
        try:
            self.worker.past.keep(date, await self.reader.history(same_weekdays(date), site=self.site))
        except WfmError as error:
            self._past_again_at = self.now() + PAST_AGAIN
            _LOG.warning("past days of the centre are not read, and tried again in %s: %s", PAST_AGAIN, error)

    def _window(self, date: dt.date) -> LiveQuestion:
        return LiveQuestion(start_of_day(self.site, date), start_of_day(self.site, date + dt.timedelta(days=1)))


def unknown_service(service_id: str) -> DataError:
    """A service was asked for that the centre does not have."""
    return DataError(f"the centre has no service {shown(service_id)}; table services names them by id", got=service_id)


def _standing(last: Cycle, error: WfmError, looked_at: dt.datetime, seconds: float) -> Cycle:
    """The last cycle once more: as of when it was, stale since it could not be read."""
    since = _since(error, looked_at)
    if last.stale_since is not None:
        since = min(since, last.stale_since)
    board = last.board.assign(stale_since=pd.Timestamp(since))
    changes = {"looked_at": looked_at, "stale_since": since, "board": board, "fault": str(error)}
    return replace(last, seconds={"reading": seconds}, **changes)  # type: ignore[arg-type]  # names of its own fields


def _nothing(error: WfmError, looked_at: dt.datetime, date: dt.date) -> Cycle:
    return Cycle(
        looked_at=looked_at,
        as_of=None,
        board=empty_board(),
        answer=None,
        date=date,
        stale_since=_since(error, looked_at),
        fault=str(error),
        address=None,
        findings=0,
        suspects=(),
        seconds={},
    )


def _since(error: WfmError, looked_at: dt.datetime) -> dt.datetime:
    """An outage knows since when it lasts."""
    since = getattr(error, "since", None)
    return since if isinstance(since, dt.datetime) else looked_at
