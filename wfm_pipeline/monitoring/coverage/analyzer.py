"""Live coverage for callers: statistics of a stretch of time, a service as it stands, monitoring with a callback.

One cycle reads the centre and answers for all services; who asks for one service looks into it. The mathematics runs in a
thread, so that the event loop goes on. Not here: what a cycle does (cycle), what follows it (telling), settings (opening).
"""

import asyncio
import datetime as dt
import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import start_of_day
from wfm_pipeline.errors import DataError, shown
from wfm_pipeline.monitoring.coverage.board import CoverageStatus, statuses_of
from wfm_pipeline.monitoring.coverage.cadence import Due, steps
from wfm_pipeline.monitoring.coverage.cycle import Cycle, Worker, empty_board, last_updated_of, tables_of
from wfm_pipeline.monitoring.coverage.statistics import CoverageStatistics, statistics_of
from wfm_pipeline.monitoring.coverage.telling import Teller
from wfm_pipeline.sources.operational.live.reading import LiveQuestion, LiveReading, SourceOutageError

_LOG = logging.getLogger(__name__)
EVERY_SECONDS: Final = 30.0
"""From cycle to cycle [s]."""
MOST_DATES: Final = 31
"""Business dates of one question [count]: each is a reading."""
Callback = Callable[[Any], Awaitable[None] | None]
"""Called with a `CoverageStatus` (or all of them) after each cycle; may be a coroutine function."""


class Reader(Protocol):
    """What reads a centre."""

    async def read(self, question: LiveQuestion) -> LiveReading:
        """All tables of a window.

        Raises:
            SourceOutageError: nothing answers.
        """

    async def close(self) -> None:
        """Close all connections."""


@dataclass(frozen=True, slots=True, eq=False)
class Beat:
    """A cycle and when it was.

    Attributes:
        cycle: What it found.
        due: Its step.
        skipped: Steps left out so far because a cycle took too long [count].
        lost_alerts: Cycles so far whose alerts could not be written [count].
    """

    cycle: Cycle
    due: Due
    skipped: int
    lost_alerts: int


def utc_now() -> dt.datetime:
    """The time, naive UTC."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@dataclass(slots=True, eq=False)
class CoverageAnalyzer:
    """Coverage of a live centre. Use it as an async context manager, in one event loop.

    Attributes:
        reader: Reads the centre; it is closed with the analyzer.
        worker: Works cycles out.
        site: Whose business dates are asked about.
        teller: Tells and keeps after each cycle of monitoring.
        now: The clock (naive UTC).
    """

    reader: Reader
    worker: Worker
    site: Site
    teller: Teller
    now: Callable[[], dt.datetime] = utc_now
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _date: dt.date | None = field(default=None, init=False)
    _last: Cycle | None = field(default=None, init=False)
    _told: dict[str | None, Callback] = field(default_factory=dict, init=False)
    _loop: asyncio.Task[None] | None = field(default=None, init=False)
    _every: float = field(default=EVERY_SECONDS, init=False)

    async def __aenter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop monitoring and close all connections."""
        try:
            await self.stop()
        finally:
            await self.reader.close()

    async def analyze_coverage_real_time(
        self, service_id: str | None, period: tuple[dt.datetime, dt.datetime]
    ) -> CoverageStatistics:
        """Coverage over a stretch of time: what was, and what is to come of today.

        Args:
            service_id: The service; None = all.
            period: Start and end, exclusive; UTC without a zone, or with any zone.

        Returns:
            Intervals, gaps, actions, and averages of what is known.

        Raises:
            DataError: the stretch holds no time or is longer than a month, or the centre has no such service.
            SourceOutageError: the centre cannot be read.
        """
        starts_at, ends_at = map(_naive, period)
        answers = []
        for date in self._dates(starts_at, ends_at):
            async with self._lock:
                reading = await self.reader.read(self._window(date))
                answer = await asyncio.to_thread(self._answer, reading, date, service_id)
            answers += [answer] if answer is not None else []
        return statistics_of(answers, service_id, starts_at, ends_at)

    async def get_real_time_coverage_status(self, service_id: str | None = None) -> Any:
        """A service as it stands: of the last cycle where monitoring runs, else of one made now.

        Args:
            service_id: The service; None = all.

        Returns:
            A `CoverageStatus`, or of all services a tuple of them, those to look at first first.

        Raises:
            DataError: the centre has no such service.
            SourceOutageError: the centre cannot be read and was not read before.
        """
        cycle = self._last if self._loop is not None and self._last is not None else await self.cycle()
        return _picked(cycle, service_id)

    async def cycle(self) -> Cycle:
        """Read the centre and work its day out; where it cannot be read, what was last known, and that it is stale.

        Raises:
            SourceOutageError: it cannot be read and was not read before.
        """
        async with self._lock:
            looked_at, began = self.now(), time.perf_counter()
            try:
                reading = await self._reading(looked_at)
            except SourceOutageError as error:
                self._last = self._outage(error, looked_at, time.perf_counter() - began)
                return self._last
            read_seconds = time.perf_counter() - began
            self._last = await asyncio.to_thread(
                self.worker.cycle, reading, looked_at=looked_at, read_seconds=read_seconds
            )
            return self._last

    async def start_real_time_monitoring(
        self, service_id: str | None, callback: Callback, every_seconds: float = EVERY_SECONDS
    ) -> None:
        """Call back after each cycle from now on, until `stop`; one cycle serves all who listen.

        Args:
            service_id: The service; None = all.
            callback: Told a `CoverageStatus`, or a tuple of all; one that fails is logged and told again.
            every_seconds: From cycle to cycle [s].

        Raises:
            DataError: monitoring runs already in other steps.
        """
        if self._loop is not None and every_seconds != self._every:
            raise DataError(f"monitoring runs every {self._every:g} s already, got {every_seconds:g}; stop it first")
        self._told[service_id] = callback
        if self._loop is None:
            self._every = every_seconds
            self._loop = asyncio.create_task(self._monitor(every_seconds))

    async def stop(self) -> None:
        """End monitoring, and wait for what it has begun to write and send."""
        if self._loop is not None:
            loop, self._loop = self._loop, None
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
        self._told.clear()
        await self.teller.settle()

    async def beats(self, every_seconds: float = EVERY_SECONDS) -> Any:
        """Cycles as they are due, with alerts told and history kept; without end.

        Args:
            every_seconds: From cycle to cycle [s].

        Yields:
            A `Beat` each.
        """
        skipped = 0
        async for due in steps(every_seconds):
            skipped += due.missed
            if due.missed:
                _LOG.warning("%d cycles left out: the one before took too long", due.missed)
            cycle = await self.cycle_or_fault()
            await self.teller.tell(cycle)
            yield Beat(cycle, due, skipped, self.teller.lost)

    async def cycle_or_fault(self) -> Cycle:
        """A cycle, also where the centre could not be read yet: then its board is empty and says why."""
        try:
            return await self.cycle()
        except SourceOutageError as error:
            return _nothing(error, self.now(), self.worker.date_of(self.now()))

    async def _monitor(self, every_seconds: float) -> None:
        async for beat in self.beats(every_seconds):
            for service_id, callback in list(self._told.items()):
                await _call(callback, beat.cycle, service_id)

    async def _reading(self, looked_at: dt.datetime) -> LiveReading:
        """The day that the centre says it is: of another day it is asked again."""
        date = self._date or self.worker.date_of(looked_at)
        reading = await self.reader.read(self._window(date))
        updated = last_updated_of(reading)
        self._date = self.worker.date_of(updated or looked_at)
        return reading if self._date == date else await self.reader.read(self._window(self._date))

    def _window(self, date: dt.date) -> LiveQuestion:
        return LiveQuestion(start_of_day(self.site, date), start_of_day(self.site, date + dt.timedelta(days=1)))

    def _dates(self, starts_at: dt.datetime, ends_at: dt.datetime) -> list[dt.date]:
        if not starts_at < ends_at:
            raise DataError(f"a stretch runs from an instant to a later one, got {starts_at} to {ends_at}")
        first, last = self.worker.date_of(starts_at), self.worker.date_of(ends_at - dt.timedelta(microseconds=1))
        days = (last - first).days + 1
        if days > MOST_DATES:
            raise DataError(f"a stretch touches at most {MOST_DATES} dates, got {days}; ask for the history in gold instead")
        return [first + dt.timedelta(days=number) for number in range(days)]

    def _answer(self, reading: LiveReading, date: dt.date, service_id: str | None) -> Any:
        tables = tables_of(reading)
        if service_id is not None and service_id not in set(tables["services"]["id"]):
            raise _unknown(service_id)
        ends_at = pd.Timestamp(start_of_day(self.site, date + dt.timedelta(days=1)))
        as_of = min(pd.Timestamp(last_updated_of(reading) or self.now()), ends_at)
        return self.worker.answer(tables, date, as_of=as_of)

    def _outage(self, error: SourceOutageError, looked_at: dt.datetime, seconds: float) -> Cycle:
        from dataclasses import replace

        if self._last is None or self._last.as_of is None:
            raise error
        since = min(error.since, self._last.stale_since or error.since)
        return replace(
            self._last,
            looked_at=looked_at,
            stale_since=since,
            board=self._last.board.assign(stale_since=pd.Timestamp(since)),
            fault=str(error),
            seconds={"reading": seconds},
        )


def _nothing(error: SourceOutageError, looked_at: dt.datetime, date: dt.date) -> Cycle:
    return Cycle(
        looked_at=looked_at,
        as_of=None,
        board=empty_board(),
        answer=None,
        date=date,
        stale_since=error.since,
        fault=str(error),
        address=None,
        findings=0,
        suspects=(),
        seconds={},
    )


def _picked(cycle: Cycle, service_id: str | None) -> CoverageStatus | tuple[CoverageStatus, ...]:
    found = statuses_of(cycle.board)
    if service_id is None:
        return tuple(found.values())
    if service_id not in found:
        raise _unknown(service_id)
    return found[service_id]


def _unknown(service_id: str) -> DataError:
    return DataError(f"the centre has no service {shown(service_id)}; table services names them by id", got=service_id)


async def _call(callback: Callback, cycle: Cycle, service_id: str | None) -> None:
    try:
        answer = callback(_picked(cycle, service_id))
        if inspect.isawaitable(answer):
            await answer
    except Exception as error:  # noqa: BLE001  (somebody's callback must not end the monitoring)
        _LOG.warning("the callback of service %s failed: %s", service_id or "(all)", error)


def _naive(instant: dt.datetime) -> dt.datetime:
    return instant if instant.tzinfo is None else instant.astimezone(dt.UTC).replace(tzinfo=None)
