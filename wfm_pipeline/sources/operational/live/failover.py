"""Asks the first of several addresses that answers, patiently, and knows since when none does.

Not here: how one address is asked (address), what is asked (day).
"""

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable, Mapping
from typing import Final

import sqlalchemy as sa
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from wfm_pipeline.errors import SourceError, WfmError
from wfm_pipeline.sources.databases.retry import SourceGoneError
from wfm_pipeline.sources.operational.live.address import Address, Questions, RawAnswer, TookTooLongError
from wfm_pipeline.sources.operational.live.limits import ReaderLimits
from wfm_pipeline.sources.operational.live.reading import SourceOutageError

_LOG = logging.getLogger(__name__)
FIRST: Final = 0
"""Place of the first address."""


class FailOver:
    """Addresses, of which one is in use."""

    def __init__(self, addresses: tuple[Address, ...], *, limits: ReaderLimits, now: Callable[[], dt.datetime]) -> None:
        """Begin with the first address."""
        set_on_retry_hooks([_told])  # its own would print a line with a traceback's look onto whoever's board
        self._addresses = addresses
        self._limits = limits
        self._now = now
        self._in_use = FIRST
        self._look: asyncio.Task[bool] | None = None
        self._out_since: dt.datetime | None = None
        self._failed_reads = 0

    async def ask(self, questions: Callable[[int], Questions]) -> tuple[int, dict[str, RawAnswer]]:
        """Answers of the first address that gives them.

        The address in use is asked first, then the others in their order. While another one stands in, the first is
        tried beside the readings, so that none waits for it.

        Args:
            questions: Place of an address -> what it is asked.

        Returns:
            Place of the address, and its answers.

        Raises:
            SourceOutageError: none answers, or one has something that cannot be read.
        """
        self._back_to_the_first()
        said: dict[int, str] = {}
        for place in sorted(range(len(self._addresses)), key=lambda place: (place != self._in_use, place)):
            try:
                answers = await self._patiently(self._addresses[place], questions(place))
            except SourceGoneError as error:
                said[place] = str(error)
            except SourceError as error:
                raise self.failed({place: str(error)}) from None
            else:
                self._stays_with(place)
                return place, answers
        raise self.failed(said)

    def failed(self, said: Mapping[int, str]) -> SourceOutageError:
        """The error of a read that failed.

        Args:
            said: Place of an address -> what came.

        Returns:
            Since when nothing could be read, and how often that was tried.
        """
        self._out_since = self._out_since or self._now()
        self._failed_reads += 1
        told = {self._addresses[place].shown_url: said[place] for place in sorted(said)}
        return SourceOutageError(told, since=self._out_since, failed_reads=self._failed_reads)

    def succeeded(self) -> None:
        """What was read can be used: an outage is over."""
        self._out_since, self._failed_reads = None, 0

    async def close(self) -> None:
        """Close all connections."""
        if self._look is not None:
            self._look.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._look
            self._look = None
        for address in self._addresses:
            await address.close()

    async def _patiently(self, address: Address, questions: Questions) -> dict[str, RawAnswer]:
        """Again where the connection failed, but not after a time-out; once only while nothing answers, for the next cycle is a try."""
        tries = stamina.retry_context(
            on=_is_worth_a_try,
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
            _LOG.info("the live centre is read from %s", self._addresses[place].shown_url)
        self._in_use = place
        if place != FIRST and self._look is None:
            self._look = asyncio.create_task(_answers(self._addresses[FIRST]))

    def _back_to_the_first(self) -> None:
        if self._look is not None and self._look.done():
            is_there, self._look = self._look.result(), None
            self._in_use = FIRST if is_there else self._in_use


def _told(details: RetryDetails) -> None:
    """A line in the log: the screen is the board's, which says where it reads."""
    _LOG.info("%s; trying again in %.1f s", details.caused_by, details.wait_for)


def _is_worth_a_try(error: Exception) -> bool:
    return isinstance(error, SourceGoneError) and not isinstance(error, TookTooLongError)


async def _answers(address: Address) -> bool:
    try:
        await address.ask({"one": sa.select(sa.literal(1))})
    except WfmError:
        return False
    return True
