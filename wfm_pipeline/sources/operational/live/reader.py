"""Reads a live centre from the first of its addresses that answers, and goes back to the first one when it is there again.

Not here: how an address is asked (address), what becomes of the rows (door), past days (history).
"""

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self, TypeVar

import pandas as pd
import sqlalchemy as sa
import stamina

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.operational.statistics import CONTACT_STATISTICS
from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.errors import SettingsError, SourceError
from wfm_pipeline.sources.databases.retry import SourceGoneError
from wfm_pipeline.sources.operational.door import OperationalRows
from wfm_pipeline.sources.operational.live.address import Address, Questions, RawAnswer, make_address
from wfm_pipeline.sources.operational.live.door import LiveRows, through_the_live_door
from wfm_pipeline.sources.operational.live.history import Window, history_of, windows_of
from wfm_pipeline.sources.operational.live.limits import STANDARD_LIMITS, ReaderLimits
from wfm_pipeline.sources.operational.live.reading import LiveQuestion, LiveReading, SourceOutageError
from wfm_pipeline.sources.operational.questions import window_question, within

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
LIVE_URLS: Final = "live_urls (WFM_LIVE_URLS)"
_BY_SERVICE: Final = ("services", "contact_statistics", "queue_current_metrics")
"""Tables of which only the asked services' rows are read."""
_FIRST: Final = 0


def utc_now() -> dt.datetime:
    """Now, UTC without a zone."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class LiveReader:
    """A live centre, read only. Use it as an async context manager, in one event loop.

    Attributes:
        addresses: Its addresses, the first one first.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        limits: ReaderLimits = STANDARD_LIMITS,
        now: Callable[[], dt.datetime] = utc_now,
        what: str = LIVE_URLS,
    ) -> None:
        """Prepare the engines; the first question connects.

        Args:
            urls: SQLAlchemy URLs: the first address, and those that stand in for it.
            limits: Pools and time-outs of each.
            now: The clock (naive UTC).
            what: Whose URLs they are, for messages.

        Raises:
            SettingsError: there is no URL, or one is none.
            SourceError: a driver is not installed, or a file is not there.
        """
        if not urls:
            raise SettingsError(f"{what} must name at least one database, got none")
        self.addresses: tuple[Address, ...] = tuple(make_address(url, what=what, limits=limits) for url in urls)
        self._limits = limits
        self._now = now
        self._in_use = _FIRST
        self._look: asyncio.Task[bool] | None = None
        self._out_since: dt.datetime | None = None
        self._failed_reads = 0

    async def read(self, question: LiveQuestion) -> LiveReading:
        """All operational tables of a window, as of one instant.

        Args:
            question: Window and services.

        Returns:
            Rows in the house's units, where they came from, and until when they are true.

        Raises:
            SourceOutageError: no address answers, or what it has cannot be read.
        """
        place, answers = await self._ask(lambda address: _questions(question, address.dialect))
        read_at = self._now()
        through = await self._judged(place, _through_the_door, answers, question)
        return LiveReading(
            tables={name: one.found for name, one in through.items()},
            address=self.addresses[place].shown_url,
            is_first_address=place == _FIRST,
            read_at=read_at,
            last_updated=_last_updated(through["queue_current_metrics"].found.rows, read_at),
            seconds={name: answer.seconds for name, answer in answers.items()},
            left_out={service: why for one in through.values() for service, why in one.left_out.items()},
        )

    async def history(self, dates: Sequence[dt.date], *, site: Site, is_absent_zero: bool = True) -> pd.DataFrame:
        """Past dates of every service, to be read once a day.

        Args:
            dates: Local dates, one or more: the last four same weekdays.
            site: Time zone and intervals.
            is_absent_zero: A quarter without a row had no contacts, on dates of which the service has any row; otherwise it is
                not known.

        Returns:
            Columns `history.HISTORY_COLUMNS`, as `required.RequiredRequest` takes them; the queue is the service. A service
            whose means jump in a date is left out of that date.

        Raises:
            SourceOutageError: no address answers, or what it has cannot be read.
            SettingsError: the site's intervals are shorter than a quarter of an hour.
            DataError: no date was given.
        """
        windows = windows_of(dates, site)
        place, answers = await self._ask(lambda address: _past_questions(windows, address.dialect))
        return await self._judged(place, _past, answers, windows, site, is_absent_zero)

    async def _judged(self, place: int, work: Callable[..., T], *words: Any) -> T:
        """Work on what came, in a thread, so that a screen goes on; it counts as read when the door has let it in."""
        try:
            found = await asyncio.to_thread(work, *words)
        except SourceError as error:
            raise self._failed({self.addresses[place].shown_url: f"has what cannot be read: {error}"}) from None
        self._out_since, self._failed_reads = None, 0
        return found

    async def _ask(self, questions: Callable[[Address], Questions]) -> tuple[int, dict[str, RawAnswer]]:
        """Answers of the first address that gives them, and its place."""
        await self._back_to_the_first()
        said: dict[str, str] = {}
        order = sorted(range(len(self.addresses)), key=lambda place: (place != self._in_use, place))
        for place in order:
            address = self.addresses[place]
            try:
                answers = await self._patiently(address, questions(address))
            except SourceGoneError as error:
                said[address.shown_url] = _bare(error, address)
            except SourceError as error:
                raise self._failed({address.shown_url: _bare(error, address)}) from None
            else:
                self._stays_with(place)
                return place, answers
        raise self._failed({one.shown_url: said[one.shown_url] for one in self.addresses})

    async def _patiently(self, address: Address, questions: Questions) -> dict[str, RawAnswer]:
        """Ask again where the connection was lost; once only while nothing answers."""
        tries = stamina.retry_context(
            on=SourceGoneError,
            attempts=1 if self._out_since else self._limits.attempts,
            timeout=None,
            wait_initial=self._limits.first_wait_seconds,
            wait_max=self._limits.longest_wait_seconds,
            wait_jitter=self._limits.first_wait_seconds,
        )
        async for attempt in tries:
            with attempt:
                return await address.ask(questions)
        raise AssertionError("there is at least one try")

    def _stays_with(self, place: int) -> None:
        if place != self._in_use:
            _LOG.warning("the live centre is read from %s", self.addresses[place].shown_url)
        self._in_use = place
        if place != _FIRST and self._look is None:
            self._look = asyncio.create_task(_answers(self.addresses[_FIRST]))

    async def _back_to_the_first(self) -> None:
        """Whether the first address answers again was asked beside the last read, so that no read waits for it."""
        if self._look is not None and self._look.done():
            look, self._look = self._look, None
            if look.result():
                self._in_use = _FIRST

    def _failed(self, said: Mapping[str, str]) -> SourceOutageError:
        self._out_since = self._out_since or self._now()
        self._failed_reads += 1
        return SourceOutageError(said, since=self._out_since, failed_reads=self._failed_reads)

    async def close(self) -> None:
        """Close all connections."""
        if self._look is not None:
            self._look.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._look
            self._look = None
        for address in self.addresses:
            await address.close()

    async def __aenter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close."""
        await self.close()


def _questions(question: LiveQuestion, dialect: str) -> dict[str, sa.Select[Any]]:
    return {
        table.name: window_question(
            table,
            dialect=dialect,
            since=question.starts_at,
            until=question.ends_at,
            service_ids=question.service_ids if table.name in _BY_SERVICE else None,
        )
        for table in OPERATIONAL_TABLES
    }


def _through_the_door(answers: Mapping[str, RawAnswer], question: LiveQuestion) -> dict[str, LiveRows]:
    return {table.name: _one_table(table, answers[table.name], question) for table in OPERATIONAL_TABLES}


def _past_questions(windows: Mapping[dt.date, Window], dialect: str) -> dict[str, sa.Select[Any]]:
    return {
        date.isoformat(): window_question(CONTACT_STATISTICS, dialect=dialect, since=starts_at, until=ends_at)
        for date, (starts_at, ends_at) in windows.items()
    }


def _past(
    answers: Mapping[str, RawAnswer], windows: Mapping[dt.date, Window], site: Site, is_absent_zero: bool
) -> pd.DataFrame:
    found = {}
    for date, (starts_at, ends_at) in windows.items():
        came = through_the_live_door(CONTACT_STATISTICS, frame_of(answers[date.isoformat()]))
        found[date] = within(CONTACT_STATISTICS, came.found.rows, starts_at, ends_at)
    return history_of(found, windows, site, is_absent_zero=is_absent_zero)


def _one_table(table: Table, answer: RawAnswer, question: LiveQuestion) -> LiveRows:
    came = through_the_live_door(table, frame_of(answer))
    rows = within(table, came.found.rows, question.starts_at, question.ends_at)
    return LiveRows(OperationalRows(rows, came.found.findings), came.left_out)


def frame_of(answer: RawAnswer) -> pd.DataFrame:
    """Rows of an answer under its columns."""
    return pd.DataFrame(answer.rows, columns=list(answer.columns))


def _last_updated(queues: pd.DataFrame, read_at: dt.datetime) -> pd.Timestamp | None:
    told = queues["last_updated"][queues["last_updated"] <= read_at]
    return None if told.empty else pd.Timestamp(told.max())


async def _answers(address: Address) -> bool:
    try:
        await address.ask({"one": sa.select(sa.literal(1))})
    except SourceError:
        return False
    return True


def _bare(error: SourceError, address: Address) -> str:
    """What was said of an address, without its name, which the message begins with."""
    return "said: " + str(error).removeprefix(f"{address.shown_url}: ")
