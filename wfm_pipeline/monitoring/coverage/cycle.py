"""One cycle: a reading of the centre becomes coverage of its day, a row per service, and what is said of both.

What does not change between cycles is kept: the date of gold, the need of the day, actions of a gap until the interval ends.
Not here: reading (sources/operational/live), when cycles run (analyzer), telling and keeping (telling).
"""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import pandas as pd

from wfm_pipeline.calculators.live_coverage import (
    GapKey,
    LiveCoverageAnswer,
    LiveCoverageRequest,
    answer_live_coverage,
    gap_keys,
    needed,
)
from wfm_pipeline.contracts.operational.foreign_columns import INTERVAL_SECONDS
from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.domain.coverage.ahead.live_level import reached_levels
from wfm_pipeline.domain.coverage.trials import Action
from wfm_pipeline.monitoring.coverage.asking import Choices, Tables, question_of
from wfm_pipeline.monitoring.coverage.board import BOARD_COLUMNS, board_of
from wfm_pipeline.monitoring.coverage.gold_day import GoldDay, GoldDays
from wfm_pipeline.monitoring.coverage.memory import BandMemory, CountedPast, LevelMemory
from wfm_pipeline.monitoring.coverage.staleness import Movement
from wfm_pipeline.sources.operational.live.reading import LiveReading


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """What a cycle found.

    Attributes:
        looked_at: When it began, by our clock (naive UTC).
        as_of: When the centre's numbers were true (naive UTC); None where nothing was read yet.
        board: One row per service, see `board.board_of`.
        answer: Coverage of the day; None where there was no service to ask about.
        date: The business date.
        stale_since: Since when nothing newer came, by our clock; None while numbers move.
        fault: Why there is no live data, in words: which table, which date, or what the database said; empty where there is.
        address: Which address answered, without secrets.
        findings: Values and rows of the reading that were refused, states that do not count [count].
        suspects: Agents with a state that is too long to be true, by name.
        seconds: Part of the cycle -> how long it took [s].
        has_forecast: Whether a forecast stands for the date.
        reached: Service -> service level of the newest quarter that the centre has counted [0..1].
    """

    looked_at: dt.datetime
    as_of: pd.Timestamp | None
    board: pd.DataFrame
    answer: LiveCoverageAnswer | None
    date: dt.date
    stale_since: dt.datetime | None
    fault: str
    address: str | None
    findings: int
    suspects: tuple[str, ...]
    seconds: Mapping[str, float]
    has_forecast: bool = False
    reached: pd.Series = field(default_factory=lambda: pd.Series(dtype="float64"))

    @property
    def took_seconds(self) -> float:
        """How long it took in all [s]."""
        return sum(self.seconds.values())


def empty_board() -> pd.DataFrame:
    """A board without a service."""
    return pd.DataFrame(columns=list(BOARD_COLUMNS))


@dataclass(slots=True)
class Worker:
    """Works cycles out, one after the other, in any one thread at a time.

    Attributes:
        days: Dates of gold.
        choices: What settings say.
        time_zone: The site's.
        stale_after_seconds: So long may the centre's time stand still [s].
        clock: Seconds since some moment [s].
        past: The centre's own counts of past days, once somebody has read them.
    """

    days: GoldDays
    choices: Choices
    time_zone: str
    stale_after_seconds: float
    clock: Callable[[], float] = time.perf_counter
    _movement: Movement = field(default_factory=Movement, init=False)
    _need: tuple[GoldDay, pd.DataFrame, pd.DataFrame] | None = field(default=None, init=False)
    _intervals: pd.DataFrame | None = field(default=None, init=False)
    past: CountedPast = field(default_factory=CountedPast, init=False)
    _bands: BandMemory = field(default_factory=BandMemory, init=False)
    _levels: tuple[LevelMemory, LevelMemory] = field(default_factory=lambda: (LevelMemory(), LevelMemory()), init=False)
    _kept: dict[GapKey, tuple[Action, ...]] = field(default_factory=dict, init=False)
    _kept_for: pd.Timestamp | None = field(default=None, init=False)

    def is_stale(self, updated: dt.datetime | None, now: dt.datetime) -> bool:
        """Take note of the centre's time; whether it stands still for too long."""
        self._movement = self._movement.after(updated, now=now)
        return self._movement.stale_since(now, after_seconds=self.stale_after_seconds) is not None

    def date_of(self, instant: dt.datetime) -> dt.date:
        """The business date of an instant (naive UTC)."""
        return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(self.time_zone)).date()

    def cycle(self, reading: LiveReading, *, looked_at: dt.datetime, read_seconds: float) -> Cycle:
        """What a reading of a date comes to.

        Args:
            reading: Of the date that the centre says it is.
            looked_at: When the cycle began (naive UTC).
            read_seconds: How long the reading took [s].
        """
        began = self.clock()
        updated = moment_of(reading)
        self._movement = self._movement.after(updated, now=looked_at)
        as_of = pd.Timestamp(updated or looked_at)
        tables, date = tables_of(reading), self.date_of(as_of.to_pydatetime())
        answer = self.answer(tables, date, as_of=as_of)
        stale = self._movement.stale_since(looked_at, after_seconds=self.stale_after_seconds)
        board = empty_board() if answer is None else board_of(answer, tables, as_of=as_of)
        found = answer.findings if answer is not None else None
        return Cycle(
            looked_at=looked_at,
            as_of=as_of,
            board=board if stale is None else board.assign(stale_since=pd.Timestamp(stale)),
            answer=answer,
            date=date,
            stale_since=stale,
            fault=fault_of(tables, date, stale, is_open=self._is_open(date, as_of)),
            address=reading.address,
            findings=len(reading.findings) + (0 if found is None else len(found)),
            suspects=() if found is None else tuple(sorted(set(found.loc[found["finding"] == "suspect", "agent_id"]))),
            seconds={"reading": read_seconds, "coverage": self.clock() - began},
            has_forecast=self._day(tables, date).issued_at is not None,
            reached=reached_levels(tables["contact_statistics"], as_of=as_of, interval_seconds=INTERVAL_SECONDS),
        )

    def answer(
        self, tables: Tables, date: dt.date, *, as_of: pd.Timestamp, is_agents_asked: bool = False
    ) -> LiveCoverageAnswer | None:
        """Coverage of a date; None where the centre has no service."""
        if tables["services"].empty:
            return None
        day = self._day(tables, date)
        is_known = self._is_known(day, tables)
        asked = question_of(tables, day, self.choices, as_of=as_of, intervals=self._intervals if is_known else None)
        self._intervals = asked.intervals
        self._forget_actions(as_of)
        required = self._needed(asked, day, tables)
        answer = answer_live_coverage(
            replace(
                asked,
                required=required,
                kept=self._kept,
                band_needs=self._bands,
                levels=self._levels[0],
                levels_needed=self._levels[1],
                is_agents_asked=is_agents_asked,
            )
        )
        ids = {key[0]: key for key in gap_keys(answer.gaps)}
        self._kept |= {ids[gap]: found for gap, found in answer.actions.items()}
        return answer

    def _day(self, tables: Tables, date: dt.date) -> GoldDay:
        return self.past.joined(self.days.day(date, tables["services"]["id"]))

    def _is_open(self, date: dt.date, as_of: pd.Timestamp) -> bool:
        grid = self.days.day(date, ()).site_grid
        begun = grid[grid["interval_start"] <= as_of]
        return bool(len(begun) and begun["is_open"].iloc[-1])

    def _needed(self, asked: LiveCoverageRequest, day: GoldDay, tables: Tables) -> pd.DataFrame:
        """The need of the day, worked out again when gold or the services change."""
        if self._need is None or not self._is_known(day, tables):
            self._need = (day, tables["services"].reset_index(drop=True), needed(asked))
            self._bands = BandMemory()
        return self._need[2]

    def _is_known(self, day: GoldDay, tables: Tables) -> bool:
        """Whether the need of this day and of these services is worked out."""
        return (
            self._need is not None
            and self._need[0] is day
            and self._need[1].equals(tables["services"].reset_index(drop=True))
        )

    def _forget_actions(self, as_of: pd.Timestamp) -> None:
        """With a new interval people and time left are others, and actions are looked for again."""
        interval = as_of.floor(f"{round(self.choices.interval_seconds)}s")
        if interval != self._kept_for:
            self._kept, self._kept_for = {}, interval


def moment_of(reading: LiveReading) -> dt.datetime | None:
    """When the centre says that a reading is true (naive UTC); None where it says nothing."""
    return None if reading.last_updated is None else reading.last_updated.to_pydatetime()


def tables_of(reading: LiveReading) -> dict[str, pd.DataFrame]:
    """Rows of every operational table of a reading."""
    return {table.name: reading.rows(table.name) for table in OPERATIONAL_TABLES}


def fault_of(tables: Tables, date: dt.date, stale_since: dt.datetime | None, *, is_open: bool) -> str:
    """Why a reading is no live data: a table without a row, or numbers that stand still; empty where it is.

    Args:
        tables: The reading.
        date: Its business date.
        stale_since: See `Movement.stale_since`.
        is_open: Whether the site is open now; a closed one has nobody signed in.
    """
    if tables["services"].empty:
        return "no data: table services has no row"
    empty = [name for name in ("agent_states", "queue_current_metrics") if tables[name].empty]
    if "queue_current_metrics" in empty or (empty and is_open and not _says_nobody(tables)):
        return f"no data: no row of {date} in {' and '.join(empty)}"
    return (
        f"queue_current_metrics.last_updated stands still since {stale_since:%Y-%m-%d %H:%M:%S} UTC"
        if stale_since
        else ""
    )


def _says_nobody(tables: Tables) -> bool:
    counts = tables["queue_current_metrics"][["agents_available", "agents_busy", "agents_not_ready"]]
    return bool((counts == 0).all(axis=None))
