"""Text tables of the command line become a floor: arrivals, queues, groups, shifts.

Here: what the tables' cells mean, with faults that name table and line. Not here: files (the
command reads them) and the floor itself (centre). A clock time such as 08:30 in the shifts stands for
every day of the arrivals; the arrivals have clock times for one day, or dates with times.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.floor.cells import FloorTable, moment, number_from, whole_number_to, word
from wfm_pipeline.domain.simulation.floor.centre import (
    ATTEMPTS_MAX,
    MOST_AGENTS,
    AgentGroup,
    Floor,
    Queue,
    Redials,
    Stint,
    present_by_interval,
)
from wfm_pipeline.domain.simulation.floor.durations import NEVER, Constant, Durations, Exponential, Lognormal
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import (
    ANSWER_TARGET_SECONDS,
    LONGEST_PATIENCE_SECONDS,
    SECONDS_PER_DAY,
    SECONDS_PER_HOUR,
    SHORTEST_PATIENCE_SECONDS,
    whole,
)

REDIAL_DELAY_SECONDS: Final = 60.0
"""Mean delay of a redial where nobody says another [s]."""
_AHT_MIN_SECONDS: Final = 1e-3
_AHT_MAX_SECONDS: Final = 2 * SECONDS_PER_HOUR
"""Mean handle time [s]: above two hours it is in another unit."""
LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "aht_seconds": (_AHT_MIN_SECONDS, _AHT_MAX_SECONDS),
    "handle_cv": (0, 10),
    "patience_seconds": (SHORTEST_PATIENCE_SECONDS, LONGEST_PATIENCE_SECONDS),
    "answer_target_seconds": (0, SECONDS_PER_DAY),
    "priority": (0, 1_000),
    "redial_probability": (0, 1),
    "redial_delay_seconds": (0.1, 7 * SECONDS_PER_DAY),
    "attempts_max": (1, 100),
}
"""Smallest and largest habit: beyond, a run does not end or its answer means nothing."""
_WHOLE: Final = frozenset({"priority", "attempts_max"})
MOST_INTERVALS: Final = 110_000
"""Intervals of one floor: a year of five minutes."""
_A_TIME = "a time such as 08:30 or 2026-01-31 08:30, without a zone"


def _range(name: str) -> str:
    low, high = LIMITS[name]
    return f"[{low:g}, {high:.9g}]" + (" seconds" if name.endswith("_seconds") else "")


@dataclass(frozen=True, slots=True)
class QueueHabits:
    """How a queue's calls behave; also the defaults of queues whose table leaves a cell empty.

    Attributes:
        aht_seconds: Mean handle time [s]; None where only the arrivals may say it.
        handle_cv: Standard deviation over mean of handle times; 1 is exponential, 0 constant, else log-normal.
        patience_seconds: Mean patience, exponential [s]; None: nobody gives up.
        answer_target_seconds: The 20 of 80/20 [s].
        priority: Smaller is more urgent.
        redial_probability: Share of those who gave up that calls again [0..1].
        redial_delay_seconds: Mean delay of a redial, exponential [s].
        attempts_max: Attempts after which a caller stops.
    """

    aht_seconds: float | None = None
    handle_cv: float = 1.0
    patience_seconds: float | None = None
    answer_target_seconds: float = ANSWER_TARGET_SECONDS
    priority: int = 1
    redial_probability: float = 0.0
    redial_delay_seconds: float = REDIAL_DELAY_SECONDS
    attempts_max: int = ATTEMPTS_MAX

    def __post_init__(self) -> None:
        """Refuse habits beyond their limits, such as handle times that are not in seconds."""
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                hint = "; write 40 % as 0.40" if high == 1 else "; is it in another unit?"
                raise DataError(f"{name} must be in {_range(name)}, got {value:g}{hint}", got=value)

    def handle(self, aht_seconds: float) -> Durations:
        """How long calls take.

        Args:
            aht_seconds: Mean handle time [s], > 0.

        Returns:
            Handle times of that mean and of this spread.
        """
        if self.handle_cv == 0:
            return Constant(aht_seconds)
        return Exponential(aht_seconds) if self.handle_cv == 1 else Lognormal(aht_seconds, self.handle_cv)

    def patience(self) -> Durations:
        """Patience of the callers."""
        return NEVER if self.patience_seconds is None else Exponential(self.patience_seconds)

    def redials(self) -> Redials | None:
        """Redials, or None where nobody calls again."""
        if self.redial_probability == 0:
            return None
        return Redials(self.redial_probability, Exponential(self.redial_delay_seconds), self.attempts_max)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a request, each with the name that messages use.

    Attributes:
        arrivals: queue_id, interval_start, calls and perhaps aht_seconds. A pair without a row has no calls.
        groups: group_id, queues such as `sales;support:2` (level after the colon, default 1).
        shifts: group_id, agents, starts_at, ends_at and perhaps breaks; or group_id, interval_start, agents.
        queues: queue_id and columns of `QueueHabits`; None: all are as the defaults say.
        names: Names of the tables by attribute; the attribute itself where absent.
    """

    arrivals: pd.DataFrame
    groups: pd.DataFrame
    shifts: pd.DataFrame | None
    queues: pd.DataFrame | None = None
    names: Mapping[str, str] | None = None

    def name(self, table: str) -> str:
        """What messages call a table.

        Args:
            table: Attribute of the table.

        Returns:
            What messages call it.
        """
        return (self.names or {}).get(table, table)


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of intervals.

    Attributes:
        first: Start of the first interval: seconds since midnight, or an instant of the site's clock.
        interval_seconds: Length [s].
        n_intervals: Number of intervals.
    """

    first: float | pd.Timestamp
    interval_seconds: float
    n_intervals: int

    def seconds(self, at: float | pd.Timestamp) -> float:
        """When something is, on the grid.

        Args:
            at: Seconds since midnight, or an instant of the site's clock, as the arrivals are told.

        Returns:
            Seconds since the first interval [s].

        Raises:
            ValueError: a date with a time where the arrivals have clock times.
        """
        if isinstance(self.first, pd.Timestamp):
            if not isinstance(at, pd.Timestamp):
                raise ValueError(at)  # noqa: TRY004  (the cell is wrong, not a type of ours)
            return (at - self.first).total_seconds()
        if isinstance(at, pd.Timestamp):
            raise ValueError(at)  # noqa: TRY004  (the cell is wrong, not a type of ours)
        return at - self.first

    def midnights(self) -> list[float]:
        """Midnights of the days the grid touches [s since the first interval]."""
        if not isinstance(self.first, pd.Timestamp):
            return [-self.first]
        ends = self.first + dt.timedelta(seconds=self.n_intervals * self.interval_seconds)
        days = pd.date_range(self.first.normalize(), ends - dt.timedelta(microseconds=1), freq="D")
        return [(day - self.first).total_seconds() for day in days]

    def labels(self) -> list[str]:
        """Start of each interval as text."""
        steps = np.arange(self.n_intervals) * self.interval_seconds
        if isinstance(self.first, pd.Timestamp):
            return [str(self.first + dt.timedelta(seconds=float(step))) for step in steps]
        return [_clock(self.first + float(step)) for step in steps]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{rest:02d}" if rest else "")


def read_floor(
    tables: Tables, *, defaults: QueueHabits, interval_seconds: float | None = None, is_team_wanted: bool = False
) -> tuple[Floor, Grid]:
    """The floor that the tables describe.

    Args:
        tables: The tables.
        defaults: What empty cells mean.
        interval_seconds: Length of an interval [s]; None: the smallest gap between two interval starts.
        is_team_wanted: Groups without agents are right, because their sizes are searched for.

    Returns:
        The floor, and the grid its intervals stand on.

    Raises:
        DataError: a cell, a column or a name is wrong; the message names table, line and what is allowed.
    """
    arrivals = FloorTable(tables.arrivals, tables.name("arrivals"), required=("queue_id", "interval_start", "calls"))
    starts = arrivals.needed("interval_start", moment, _A_TIME)
    grid = _grid(arrivals.name, starts, interval_seconds)
    queues = _queues(tables, arrivals, starts, grid, defaults)
    groups = FloorTable(tables.groups, tables.name("groups"), required=("group_id", "queues"))
    levels = {
        group_id: _levels(text, groups.where(row))
        for row, (group_id, text) in enumerate(
            zip(groups.needed("group_id", word, "an id"), groups.needed("queues", word, "queue ids"), strict=True)
        )
    }
    groups.refuse_twice("group_id", groups.texts("group_id"))
    agents = {} if is_team_wanted else _agents(tables, grid, levels)
    floor = Floor(
        grid.interval_seconds,
        queues,
        tuple(AgentGroup(group_id, skills, tuple(agents.get(group_id, []))) for group_id, skills in levels.items()),
    )
    return floor, grid


def _grid(name: str, starts: list[float | pd.Timestamp], interval_seconds: float | None) -> Grid:
    if interval_seconds is not None and not 0 < interval_seconds < np.inf:
        raise DataError(f"interval_seconds must be above 0, got {interval_seconds:g}", got=interval_seconds)
    kinds = {isinstance(start, pd.Timestamp) for start in starts}
    if len(kinds) > 1:
        raise DataError(f"{name}: interval_start mixes clock times and dates; use one of them")
    first = min(starts)
    probe = Grid(first, 1.0, 1)
    seconds = np.unique([probe.seconds(start) for start in starts])
    if interval_seconds is None:
        if len(seconds) == 1:
            raise DataError(f"{name} has one interval, so its length is not known: give --interval-seconds")
        interval_seconds = float(np.diff(seconds).min())
    steps = seconds / interval_seconds
    if np.any(steps != np.round(steps)):
        raise DataError(
            f"{name}: interval starts must lie whole intervals of {interval_seconds:g} s apart; "
            "give --interval-seconds if that is not their length"
        )
    if steps[-1] >= MOST_INTERVALS:
        raise DataError(f"{name} spans {steps[-1] + 1:,.0f} intervals; at most {MOST_INTERVALS:,} are simulated")
    return Grid(first, float(interval_seconds), int(steps[-1]) + 1)


def _queues(
    tables: Tables,
    arrivals: FloorTable,
    starts: list[float | pd.Timestamp],
    grid: Grid,
    defaults: QueueHabits,
) -> tuple[Queue, ...]:
    ids = arrivals.needed("queue_id", word, "an id")
    habits = _habits(tables, ids, defaults)
    position = [round(grid.seconds(start) / grid.interval_seconds) for start in starts]
    rows = pd.DataFrame(
        {
            "queue_id": ids,
            "interval": position,
            "calls": arrivals.needed("calls", number_from(0), "a number of 0 or more"),
            "aht_seconds": [
                np.nan if value is None else value
                for value in arrivals.parse(
                    "aht_seconds",
                    number_from(*LIMITS["aht_seconds"]),
                    f"{_range('aht_seconds')} (is it in another unit?)",
                )
            ],
        }
    )
    written = dict(zip(position[::-1], arrivals.texts("interval_start")[::-1], strict=True))  # as its first row says it
    arrivals.refuse_twice("queue_id, interval_start", zip(ids, map(written.get, position), strict=True))
    return tuple(
        _queue(queue_id, rows[rows["queue_id"] == queue_id], grid, habits[queue_id]) for queue_id in dict.fromkeys(ids)
    )


def _queue(queue_id: str, rows: pd.DataFrame, grid: Grid, habits: QueueHabits) -> Queue:
    calls, aht = np.zeros(grid.n_intervals), np.full(grid.n_intervals, np.nan)
    calls[rows["interval"].to_numpy()] = rows["calls"].to_numpy()
    aht[rows["interval"].to_numpy()] = rows["aht_seconds"].to_numpy()
    if habits.aht_seconds is not None:
        aht = np.where(np.isnan(aht), habits.aht_seconds, aht)
    if np.any(np.isnan(aht) & (calls > 0)):
        raise DataError(
            f"queue {queue_id!r} has calls without a handle time; give aht_seconds in the arrivals, in the queues, "
            "or --aht-seconds",
            queue=queue_id,
        )
    known = ~np.isnan(aht)
    if not known.any():
        raise DataError(f"queue {queue_id!r} has neither calls nor a handle time; leave it out", queue=queue_id)
    mean = float(np.average(aht[known], weights=calls[known] if calls[known].sum() > 0 else None))
    factors = np.where(known, aht, mean) / mean
    return Queue(
        queue_id,
        calls,
        habits.handle(mean),
        habits.patience(),
        habits.answer_target_seconds,
        habits.priority,
        habits.redials(),
        None if np.all(factors == 1) else factors,
    )


_READERS: Final[Mapping[str, tuple[Callable[[str], float], str]]] = {
    name: (
        whole_number_to(int(high)) if name in _WHOLE else number_from(low, high),
        f"{'a whole number' if name in _WHOLE else 'a number'} in {_range(name)}",
    )
    for name, (low, high) in LIMITS.items()
}


def _habits(tables: Tables, ids: list[str], defaults: QueueHabits) -> dict[str, QueueHabits]:
    habits = dict.fromkeys(ids, defaults)
    if tables.queues is None:
        return habits
    table = FloorTable(tables.queues, tables.name("queues"), required=("queue_id",))
    unknown = [column for column in table.frame.columns if column != "queue_id" and column not in _READERS]
    if unknown:
        raise DataError(f"{table.name} has unknown columns {', '.join(unknown)}; known: {', '.join(_READERS)}")
    columns = {name: table.parse(name, *reader) for name, reader in _READERS.items() if table.has(name)}
    listed = table.needed("queue_id", word, "an id")
    table.refuse_twice("queue_id", listed)
    for row, queue_id in enumerate(listed):
        given: dict[str, Any] = {name: values[row] for name, values in columns.items() if values[row] is not None}
        habits[queue_id] = dataclasses.replace(defaults, **given)
    absent = sorted(set(ids) - set(listed))
    if absent:
        raise DataError(f"{table.name} lacks the queues {', '.join(absent)}, which have arrivals", missing=absent)
    return habits


def _levels(text: str, where: str) -> dict[str, int]:
    levels = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        queue_id, colon, level = part.rpartition(":")
        if not colon:
            queue_id, level = part, "1"
        number = whole(level.strip())
        if number is None or not queue_id.strip():
            raise DataError(f"queues must be ids such as sales;support:2, got {part!r} ({where})", got=part)
        levels[queue_id.strip()] = number
    return levels


def _agents(tables: Tables, grid: Grid, levels: Mapping[str, object]) -> dict[str, list[tuple[Stint, ...]]]:
    if tables.shifts is None:
        raise DataError("agents are missing: give --shifts, or --find-teams to search for them")
    columns = {str(column).strip().lower() for column in tables.shifts.columns}
    by_interval = "interval_start" in columns
    required = (
        ("group_id", "interval_start", "agents") if by_interval else ("group_id", "agents", "starts_at", "ends_at")
    )
    table = FloorTable(tables.shifts, tables.name("shifts"), required=required)
    ids = table.needed("group_id", word, "an id")
    unknown = sorted(set(ids) - set(levels))
    if unknown:
        raise DataError(f"{table.name} names unknown groups {', '.join(unknown)}; known: {', '.join(levels)}")
    return _by_interval(table, ids, grid) if by_interval else _by_shift(table, ids, grid)


def _by_interval(table: FloorTable, ids: list[str], grid: Grid) -> dict[str, list[tuple[Stint, ...]]]:
    heads = table.needed("agents", whole_number_to(MOST_AGENTS), "a whole number of agents")
    counts = {group_id: np.zeros(grid.n_intervals, dtype=np.int64) for group_id in ids}
    for row, start in enumerate(table.needed("interval_start", lambda text: grid.seconds(moment(text)), _A_TIME)):
        step = start / grid.interval_seconds
        if step != round(step) or not 0 <= step < grid.n_intervals:
            raise DataError(f"interval_start is no interval of the arrivals ({table.where(row)})", got=start)
        counts[ids[row]][round(step)] += heads[row]
    return {
        group_id: list(present_by_interval(count.tolist(), grid.interval_seconds)) for group_id, count in counts.items()
    }


def _by_shift(table: FloorTable, ids: list[str], grid: Grid) -> dict[str, list[tuple[Stint, ...]]]:
    heads = table.needed("agents", whole_number_to(MOST_AGENTS), "a whole number of agents")
    starts, ends = table.needed("starts_at", moment, _A_TIME), table.needed("ends_at", moment, _A_TIME)
    agents: dict[str, list[tuple[Stint, ...]]] = {group_id: [] for group_id in ids}
    for row, breaks in enumerate(table.texts("breaks")):
        where = table.where(row)
        pauses = [_pause(part.strip(), where) for part in breaks.split(";") if part.strip()]
        for midnight in _days(starts[row], ends[row], grid, where):
            begin, end = _stretch(starts[row], ends[row], grid, midnight)
            if not begin < end:
                raise DataError(f"a shift must end after it starts ({where})")
            stints = _without(begin, end, [_stretch(a, b, grid, midnight) for a, b in pauses], where)
            agents[ids[row]] += [stints] * heads[row]
    return agents


def _pause(text: str, where: str) -> tuple[float | pd.Timestamp, float | pd.Timestamp]:
    start, dash, end = text.partition("-")
    try:
        if dash and ":" in start and start.count("-") == 0:
            return moment(start.strip()), moment(end.strip())
    except ValueError:
        pass
    raise DataError(f"breaks must be such as 12:00-12:30;15:00-15:15, got {text!r} ({where})", got=text)


def _days(start: float | pd.Timestamp, end: float | pd.Timestamp, grid: Grid, where: str) -> list[float]:
    """Midnights to which a shift belongs: every day for clock times, none of interest for dates."""
    if isinstance(start, pd.Timestamp) != isinstance(end, pd.Timestamp):
        raise DataError(f"starts_at and ends_at must both be clock times or both dates with times ({where})")
    if isinstance(start, pd.Timestamp) and not isinstance(grid.first, pd.Timestamp):
        raise DataError(f"the arrivals have clock times, so shifts need them too ({where})")
    return [0.0] if isinstance(start, pd.Timestamp) else grid.midnights()


def _stretch(
    start: float | pd.Timestamp, end: float | pd.Timestamp, grid: Grid, midnight: float
) -> tuple[float, float]:
    """A stretch in seconds since the first interval; clock times that do not rise pass midnight."""
    if isinstance(start, pd.Timestamp) or isinstance(end, pd.Timestamp):
        return grid.seconds(start), grid.seconds(end)
    return midnight + start, midnight + end + (SECONDS_PER_DAY if end <= start else 0)


def _without(begin: float, end: float, pauses: list[tuple[float, float]], where: str) -> tuple[Stint, ...]:
    stints, at = [], begin
    for start, stop in sorted(pauses):
        if start < at or stop > end:
            raise DataError(f"breaks must lie inside the shift and not overlap ({where})")
        stints.append(Stint(at, start))
        at = stop
    return (*stints, Stint(at, end))
