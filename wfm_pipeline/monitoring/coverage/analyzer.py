"""Live coverage for callers: statistics of a stretch of time, a service as it stands, monitoring with a callback.

One cycle reads the centre and answers for all services; who asks for one service looks into it. The mathematics runs in a
thread, so that the event loop goes on. Not here: a cycle (centre, cycle), what follows it (telling), settings (opening).
"""

import asyncio
import datetime as dt
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self

from wfm_pipeline.errors import DataError
from wfm_pipeline.monitoring.coverage.board import CoverageStatus, statuses_of
from wfm_pipeline.monitoring.coverage.cadence import Due, steps
from wfm_pipeline.monitoring.coverage.centre import LiveCentre, unknown_service
from wfm_pipeline.monitoring.coverage.cycle import Cycle
from wfm_pipeline.monitoring.coverage.statistics import CoverageStatistics, statistics_of
from wfm_pipeline.monitoring.coverage.telling import Teller
from wfm_pipeline.warehouse.ops.outbox import Alert

_LOG = logging.getLogger(__name__)
EVERY_SECONDS: Final = 30.0
"""From cycle to cycle [s]."""
MOST_DATES: Final = 31
"""Business dates of one question [count]: each is a reading."""
Callback = Callable[[Any], Awaitable[None] | None]
"""Called with a `CoverageStatus` (or a tuple of all) after each cycle; may be a coroutine function."""


@dataclass(frozen=True, slots=True, eq=False)
class Beat:
    """A cycle and when it was.

    Attributes:
        cycle: What it found.
        due: Its step.
        skipped: Steps left out so far because a cycle took too long [count].
        lost_alerts: Cycles so far whose alerts could not be written [count].
        told: Alerts that are new.
    """

    cycle: Cycle
    due: Due
    skipped: int
    lost_alerts: int
    told: tuple[Alert, ...]


@dataclass(slots=True, eq=False)
class CoverageAnalyzer:
    """Coverage of a live centre. Use it as an async context manager, in one event loop.

    Attributes:
        centre: What is read; its connections are closed with the analyzer.
        teller: Tells and keeps after each cycle of monitoring.
    """

    centre: LiveCentre
    teller: Teller
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
            await self.centre.reader.close()

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
        answers = [await self.centre.answer(date, service_id) for date in self._dates(starts_at, ends_at)]
        return statistics_of([one for one in answers if one is not None], service_id, starts_at, ends_at)

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
        last = self.centre.last
        return _picked(last if self._loop is not None and last is not None else await self.centre.cycle(), service_id)

    async def start_real_time_monitoring(
        self, service_id: str | None, callback: Callback, every_seconds: float = EVERY_SECONDS
    ) -> None:
        """Call back after each cycle from now on, until `stop`; one cycle serves all who listen.

        Args:
            service_id: The service; None = all.
            callback: Told a `CoverageStatus`, or a tuple of all; one that fails is logged and told the next again.
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

    async def beats(self, every_seconds: float = EVERY_SECONDS) -> AsyncGenerator[Beat]:
        """Cycles as they are due, with alerts told and history kept; without end.

        Args:
            every_seconds: From cycle to cycle [s].

        Yields:
            Cycle after cycle, also where nothing answers.
        """
        skipped = 0
        async for due in steps(every_seconds):
            skipped += due.missed
            if due.missed:
                _LOG.warning("%d cycles left out: the one before took too long", due.missed)
            cycle = await self.centre.cycle_or_fault()
            told = await self.teller.tell(cycle)
            yield Beat(cycle, due, skipped, self.teller.lost, tuple(told))

    async def _monitor(self, every_seconds: float) -> None:
        async for beat in self.beats(every_seconds):
            for service_id, callback in list(self._told.items()):
                await _call(callback, beat.cycle, service_id)

    def _dates(self, starts_at: dt.datetime, ends_at: dt.datetime) -> list[dt.date]:
        if not starts_at < ends_at:
            raise DataError(f"a stretch runs from an instant to a later one, got {starts_at} to {ends_at}")
        date_of = self.centre.worker.date_of
        first, last = date_of(starts_at), date_of(ends_at - dt.timedelta(microseconds=1))
        days = (last - first).days + 1
        if days > MOST_DATES:
            raise DataError(
                f"a stretch touches at most {MOST_DATES} dates, got {days}; gold.coverage_interval has more"
            )
        return [first + dt.timedelta(days=number) for number in range(days)]


def _picked(cycle: Cycle, service_id: str | None) -> CoverageStatus | tuple[CoverageStatus, ...]:
    found = statuses_of(cycle.board)
    if service_id is None:
        return tuple(found.values())
    if service_id not in found:
        raise unknown_service(service_id)
    return found[service_id]


async def _call(callback: Callback, cycle: Cycle, service_id: str | None) -> None:
    try:
        answer = callback(_picked(cycle, service_id))
        if inspect.isawaitable(answer):
            await answer
    except Exception as error:  # noqa: BLE001  (somebody's callback must not end the monitoring)
        _LOG.warning("the callback of service %s failed: %s", service_id or "(all)", error)


def _naive(instant: dt.datetime) -> dt.datetime:
    return instant if instant.tzinfo is None else instant.astimezone(dt.UTC).replace(tzinfo=None)
