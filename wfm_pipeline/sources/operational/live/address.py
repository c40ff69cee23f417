"""One address of a live centre: its questions asked in one transaction, so that all answers are of the same instant.

Not here: which driver (drivers), which address, and trying again (reader).
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from wfm_pipeline.sources.databases.connect import source_error
from wfm_pipeline.sources.databases.retry import SourceGoneError
from wfm_pipeline.sources.operational.live.drivers import async_scheme, threaded_engine, waiting_engine
from wfm_pipeline.sources.operational.live.limits import ReaderLimits
from wfm_pipeline.urls import DatabaseUrl, parse_url


class TookTooLongError(SourceGoneError):
    """A time-out: it was waited for long enough, and another try would make it twice as long."""


Questions = Mapping[str, sa.Select[Any]]


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """Rows of one question as the driver gave them.

    Attributes:
        columns: Their names.
        rows: The rows.
        seconds: How long they took to come [s].
    """

    columns: tuple[str, ...]
    rows: list[Any]
    seconds: float


class Address(Protocol):
    """What the reader knows of an address.

    Attributes:
        shown_url: Without secrets.
        dialect: SQLAlchemy's name of the database's kind.
    """

    shown_url: str
    dialect: str

    async def ask(self, questions: Questions) -> dict[str, RawAnswer]:
        """Answers of all questions, as of one instant.

        Raises:
            SourceGoneError: the connection failed, broke off, or took too long.
            SourceError: anything else that the database said.
        """

    async def close(self) -> None:
        """Close all connections."""

    @property
    def connections_in_use(self) -> int:
        """Connections that were taken and not given back [count]."""


def make_address(url: str, *, what: str, limits: ReaderLimits) -> Address:
    """The address of a URL, read by a driver that waits, or in threads.

    Args:
        url: A SQLAlchemy URL.
        what: Whose it is, for messages.
        limits: Its pool and time-outs.

    Returns:
        An address; nothing is connected yet.

    Raises:
        SettingsError: the URL is not one, or its options are not the driver's.
        SourceError: the driver is not installed, or the file is not there.
    """
    parsed = parse_url(url, what=what)
    scheme = async_scheme(parsed)
    return ThreadedAddress(parsed, limits) if scheme is None else WaitingAddress(parsed, scheme, limits)


class WaitingAddress:
    """An address whose driver waits without holding up others."""

    def __init__(self, url: DatabaseUrl, scheme: str, limits: ReaderLimits) -> None:
        """Prepare the engine."""
        self.shown_url = str(url)
        self._engine = waiting_engine(url, scheme, limits)
        self.dialect = self._engine.dialect.name
        self._limits = limits

    async def ask(self, questions: Questions) -> dict[str, RawAnswer]:
        """See `Address`."""
        with _our_errors(self.shown_url, self.dialect):
            async with AsyncExitStack() as stack:
                with _time_kept(self.shown_url, "connecting", self._limits.connect_seconds):
                    async with asyncio.timeout(self._limits.connect_seconds):
                        connection = await stack.enter_async_context(self._engine.connect())
                return {name: await self._one(connection, name, question) for name, question in questions.items()}

    async def _one(self, connection: AsyncConnection, name: str, question: sa.Select[Any]) -> RawAnswer:
        began = time.perf_counter()
        with _time_kept(self.shown_url, name, self._limits.query_seconds):
            async with asyncio.timeout(self._limits.query_seconds):
                answer = await connection.execute(question)
        return _raw(answer, began)

    async def close(self) -> None:
        """See `Address`."""
        await self._engine.dispose()

    @property
    def connections_in_use(self) -> int:
        """See `Address`."""
        return int(self._engine.pool.checkedout())  # type: ignore[attr-defined]  # every pool but that of one connection


class ThreadedAddress:
    """An address whose driver cannot wait.

    Who stops waiting for an answer leaves a thread that takes it and gives back its connection. Its threads are its own: those
    that hang take none from others.
    """

    def __init__(self, url: DatabaseUrl, limits: ReaderLimits) -> None:
        """Prepare the engine."""
        self.shown_url = str(url)
        self._engine = threaded_engine(url, limits)
        self._threads = ThreadPoolExecutor(limits.most_connections, thread_name_prefix="live")
        self.dialect = self._engine.dialect.name
        self._limits = limits

    async def ask(self, questions: Questions) -> dict[str, RawAnswer]:
        """See `Address`."""
        longest = self._limits.connect_seconds + self._limits.query_seconds
        with _our_errors(self.shown_url, self.dialect), _time_kept(self.shown_url, "all questions", longest):
            async with asyncio.timeout(longest):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, questions)

    def _ask(self, questions: Questions) -> dict[str, RawAnswer]:
        answers = {}
        with self._engine.connect() as connection:
            for name, question in questions.items():
                began = time.perf_counter()
                answers[name] = _raw(connection.execute(question), began)
        return answers

    async def close(self) -> None:
        """See `Address`."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._engine.dispose)

    @property
    def connections_in_use(self) -> int:
        """See `Address`."""
        return int(self._engine.pool.checkedout())  # type: ignore[attr-defined]  # every pool but that of one connection


def _raw(answer: sa.CursorResult[Any], began: float) -> RawAnswer:
    rows = list(answer.fetchall())
    return RawAnswer(tuple(answer.keys()), rows, time.perf_counter() - began)


@contextmanager
def _our_errors(shown_url: str, dialect: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise source_error(error, shown_url=shown_url, is_a_file=dialect == "sqlite") from None


@contextmanager
def _time_kept(shown_url: str, what: str, seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise TookTooLongError(f"{shown_url}: {what} took longer than {seconds:g} s", url=shown_url) from None
