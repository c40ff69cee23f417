"""A recorded day replayed into operational tables, tick after tick, each a transaction.

Killed at any moment the tables stand as of a tick; started again the same replay goes on from there. Not here: what the rows
are (domain/replay), whose tables these are (claim).
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from wfm_pipeline.domain.calendar import start_of_day
from wfm_pipeline.domain.replay.agent_states import GAP_SECONDS
from wfm_pipeline.domain.replay.contacts import contacts_of_legs
from wfm_pipeline.domain.replay.pace import Clock, ticks
from wfm_pipeline.domain.replay.recorded_day import RecordedDay
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.replay.claim import Claim, make_marks, renew, standing_of, start_over, take
from wfm_pipeline.monitoring.replay.recorded import Recorded, read_day
from wfm_pipeline.resources import House
from wfm_pipeline.sources.operational.writing import OperationalTables

EVERY_SECONDS = 5.0
"""Replay time from tick to tick [s]: live boards are renewed every few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """Which day is replayed, how, and into which database.

    Attributes:
        date: Business date of the records.
        to: SQLAlchemy URL of the database.
        today: The date onto which the day is laid; None keeps its own instants.
        starts: First tick, wall clock of the recorded day.
        until: Last tick; None for the end of the day.
        speed: Replay time per time [s/s]; 0 waits for nothing.
        every_seconds: Replay time from tick to tick [s].
        gap_seconds: Longest pause between two contacts of an agent that is waiting [s].
        is_started_over: Delete what an earlier replay wrote.
    """

    date: dt.date
    to: str
    today: dt.date | None
    starts: dt.time | None = None
    until: dt.time | None = None
    speed: float = 60.0
    every_seconds: float = EVERY_SECONDS
    gap_seconds: float = GAP_SECONDS
    is_started_over: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """What a tick left in the tables.

    Attributes:
        as_of: As of when they are, UTC, in the tables' own time.
        as_of_local: The same, wall clock of the site.
        waiting: Contacts in line [count].
        in_service: Contacts in service [count].
        received: Contacts so far [count].
    """

    as_of: pd.Timestamp
    as_of_local: dt.datetime
    waiting: int
    in_service: int
    received: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What is replayed, told before the first tick.

    Attributes:
        contacts: Contacts of the day [count].
        origin: Where they were read, in words.
        resumed_at: As of when the tables already were; None where they were empty.
        shift_seconds: Added to every recorded instant [s].
    """

    contacts: int
    origin: str
    resumed_at: dt.datetime | None
    shift_seconds: int


def replay(
    house: House,
    request: ReplayRequest,
    *,
    clock: Clock,
    on_open: Callable[[Opening], None],
    on_tick: Callable[[Tick], None],
) -> None:
    """Replay a recorded day.

    Args:
        house: The house: its sources, its site, its answer-time target.
        request: What is replayed.
        clock: Tells the time and waits.
        on_open: Told once, before the first tick.
        on_tick: Told after each tick is committed.

    Raises:
        ForeignRowsError: the tables hold others' rows.
        SettingsError: the database is of another kind, or the first tick lies after the last or before the tables.
        DataError: the date has no calls.
        SourceError: source or database do not answer.
    """
    first, last = _ends(house, request)
    with OperationalTables(request.to, what="--to") as tables:
        tables.make()
        make_marks(tables)
        if request.is_started_over:
            start_over(tables)
        standing = standing_of(tables, house.source_map.name, request.date)
        recorded = read_day(house, request.date)
        shift = _shift(house, request) if standing is None else standing.shift_seconds
        day = _day(house, request, recorded, shift)
        claim = Claim(house.source_map.name, request.date, _digest(day), uuid.uuid4().hex)
        take(tables, claim, shift)
        before = None if standing is None or standing.as_of is None else pd.Timestamp(standing.as_of)
        on_open(Opening(len(day.contacts), recorded.origin, None if before is None else before.to_pydatetime(), shift))
        moved = pd.Timedelta(seconds=shift)
        begin = _begin(first + moved, last + moved, before, is_asked=request.starts is not None)
        paced = ticks(begin, last + moved, every_seconds=request.every_seconds, speed=request.speed, clock=clock)
        zone = ZoneInfo(house.site.time_zone)
        for at in paced:
            _write(tables, day, claim, before, at)
            before = at
            on_tick(_tick(day, at, zone))


def _ends(house: House, request: ReplayRequest) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last tick, as recorded, UTC; a wall clock that comes twice means the earlier one."""
    midnight = start_of_day(house.site, request.date)
    tomorrow = start_of_day(house.site, request.date + dt.timedelta(days=1))
    first = midnight if request.starts is None else _instant(house, request.date, request.starts)
    last = tomorrow if request.until is None else _instant(house, request.date, request.until)
    if first > last:
        raise SettingsError(f"--from {request.starts} lies after --until {request.until or 'the end of the day'}")
    return pd.Timestamp(first), pd.Timestamp(last)


def _instant(house: House, date: dt.date, time: dt.time) -> dt.datetime:
    local = dt.datetime.combine(date, time, tzinfo=ZoneInfo(house.site.time_zone))
    return local.astimezone(dt.UTC).replace(tzinfo=None)


def _shift(house: House, request: ReplayRequest) -> int:
    """From local midnight of the recorded date to that of today: wall clocks are the same, durations too."""
    if request.today is None:
        return 0
    moved = start_of_day(house.site, request.today) - start_of_day(house.site, request.date)
    return round(moved.total_seconds())


def _day(house: House, request: ReplayRequest, recorded: Recorded, shift_seconds: int) -> RecordedDay:
    shift = pd.Timedelta(seconds=shift_seconds)
    made = "simulated, " if house.is_simulated else ""
    return RecordedDay(
        contacts=contacts_of_legs(recorded.legs, shift=shift),
        day_starts_at=pd.Timestamp(start_of_day(house.site, request.date)) + shift,
        answer_target_seconds=float(house.settings.answer_target_seconds),
        label=f"{made}replay of {house.source_map.name} {request.date}",
        gap_seconds=request.gap_seconds,
    )


def _digest(day: RecordedDay) -> str:
    """One short text that is another when the records, or the numbers that rows are made by, are others."""
    numbers = f"{day.label}|{day.answer_target_seconds}|{day.gap_seconds}|{day.day_starts_at}"
    rows = day.contacts.to_csv(index=False)
    return hashlib.sha256(f"{numbers}\n{rows}".encode()).hexdigest()[:32]


def _begin(first: pd.Timestamp, last: pd.Timestamp, before: pd.Timestamp | None, *, is_asked: bool) -> pd.Timestamp:
    """The first tick: never before the tables, which only go forward."""
    if before is None:
        return first
    if before > last or (is_asked and first < before):
        raise SettingsError(
            f"the tables are as of {before} UTC already, and a replay does not go back; --start-over begins anew",
            as_of=before,
        )
    return max(first, before)


def _write(
    tables: OperationalTables, day: RecordedDay, claim: Claim, before: pd.Timestamp | None, at: pd.Timestamp
) -> None:
    with tables.transaction() as connection:
        renew(connection, claim, at.to_pydatetime(), day.row_counts(at))
        for name, rows in day.rows_between(before, at).items():
            tables.upsert(connection, name, rows)


def _tick(day: RecordedDay, at: pd.Timestamp, zone: ZoneInfo) -> Tick:
    states = day.queue_states(pd.DatetimeIndex([at]).to_numpy())
    local = at.tz_localize("UTC").astimezone(zone).to_pydatetime().replace(tzinfo=None)
    waiting, in_service, received = (int(part.sum()) for part in (states.waiting, states.in_service, states.received))
    return Tick(at, local, waiting, in_service, received)
