"""Reads a live centre: a day so far again and again, past dates once a day.

Not here: which address is asked (failover), what is read of a day this time (day), the shape of past dates (history).
"""

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self, TypeVar

import pandas as pd
import sqlalchemy as sa

from wfm_pipeline.contracts.operational.statistics import CONTACT_STATISTICS
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.errors import SettingsError, SourceError
from wfm_pipeline.sources.operational.live.address import Address, RawAnswer, make_address
from wfm_pipeline.sources.operational.live.day import DayMemory, frame_of
from wfm_pipeline.sources.operational.live.door import TypedRows, through_the_live_door
from wfm_pipeline.sources.operational.live.failover import FIRST, FailOver
from wfm_pipeline.sources.operational.live.history import Window, history_of, windows_of
from wfm_pipeline.sources.operational.live.limits import STANDARD_LIMITS, ReaderLimits
from wfm_pipeline.sources.operational.live.reading import LiveQuestion, LiveReading
from wfm_pipeline.sources.operational.questions import window_question, within

T = TypeVar("T")
LIVE_URLS: Final = "live_urls (WFM_LIVE_URLS)"
MOST_WINDOWS: Final = 4
"""Windows of which the rows are remembered [count]: the day of all services, and a few that somebody looks at."""


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
        self._now = now
        self._asking = FailOver(self.addresses, limits=limits, now=now)
        self._days: OrderedDict[tuple[Any, ...], DayMemory] = OrderedDict()

    async def read(self, question: LiveQuestion) -> LiveReading:
        """All operational tables of a window, as of one instant.

        The first reading of a window reads all of it; the following ones its last hours and one older hour in turn (memory).

        Args:
            question: Window and services.

        Returns:
            Rows in the house's units, where they came from, and until when they are true.

        Raises:
            SourceOutageError: no address answers, or what it has cannot be read.
        """
        days = [self._day(question, place) for place in range(len(self.addresses))]
        place, answers = await self._asking.ask(lambda place: days[place].questions(self.addresses[place].dialect))
        read_at = self._now()
        day, found = await self._worked(place, days[place].answered, answers)
        self._remember(day, place)
        return LiveReading(
            tables=found,
            address=self.addresses[place].shown_url,
            is_first_address=place == FIRST,
            read_at=read_at,
            last_updated=_last_updated(found["queue_current_metrics"].rows["last_updated"], read_at),
            seconds={name: answer.seconds for name, answer in answers.items()},
            left_out={service: why for one in day.judged.values() for service, why in one.left_out.items()},
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
        place, answers = await self._asking.ask(lambda place: _past_questions(windows, self.addresses[place].dialect))
        return await self._worked(place, _past, answers, windows, site, is_absent_zero)

    async def _worked(self, place: int, work: Callable[..., T], *words: Any) -> T:
        """Work on what came, in a thread, so that a screen goes on; it counts as read when the door has let it in."""
        try:
            found = await asyncio.to_thread(work, *words)
        except SourceError as error:
            raise self._asking.failed({place: str(error)}) from None
        self._asking.succeeded()
        return found

    def _day(self, question: LiveQuestion, place: int) -> DayMemory:
        """What is remembered of a window at an address: a copy that lags behind has other rows."""
        known = self._days.get((place, question.starts_at, question.service_ids))
        return known.asked(question) if known and known.goes_on(question) else DayMemory(question)

    def _remember(self, day: DayMemory, place: int) -> None:
        key = (place, day.question.starts_at, day.question.service_ids)
        self._days[key] = day
        self._days.move_to_end(key)
        while len(self._days) > MOST_WINDOWS:
            self._days.popitem(last=False)

    async def close(self) -> None:
        """Close all connections."""
        self._days.clear()
        await self._asking.close()

    async def __aenter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close."""
        await self.close()


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
        typed = TypedRows.of(CONTACT_STATISTICS, frame_of(answers[date.isoformat()]))
        rows = through_the_live_door(CONTACT_STATISTICS, typed).found.rows
        found[date] = within(CONTACT_STATISTICS, rows, starts_at, ends_at)
    return history_of(found, windows, site, is_absent_zero=is_absent_zero)


def _last_updated(told: "pd.Series[Any]", read_at: dt.datetime) -> pd.Timestamp | None:
    past = told[told <= read_at]
    newest = (told if past.empty else past).max()
    return None if pd.isna(newest) else pd.Timestamp(newest)
