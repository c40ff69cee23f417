"""What if? Words or CSV files in, runs of the floor, tables out. No warehouse.

Here: which tables a request reads and which it answers with. Not here: the simulation
(domain/simulation/floor) and how tables are printed (reports).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from wfm_pipeline.domain.sheet import NOTICES
from wfm_pipeline.domain.simulation.floor.centre import MOST_AGENTS, AgentGroup, Floor, Queue, present_throughout
from wfm_pipeline.domain.simulation.floor.replications import (
    Replications,
    group_summary,
    interval_summary,
    queue_summary,
    replicate,
)
from wfm_pipeline.domain.simulation.floor.sheets import MOST_INTERVALS, Grid, QueueHabits, Tables, read_floor
from wfm_pipeline.domain.simulation.floor.team_size import SearchOptions, smallest_teams
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.sources.files.planners_files import read_text_table
from wfm_pipeline.units import LARGEST_TARGET, SECONDS_PER_DAY, SMALLEST_TARGET

ONE_QUEUE = "queue"
"""Name of the queue and of the group where a request names none."""
STEADY_INTERVALS, STEADY_WARM_UP = 48, 4
"""A request without files is simulated over so many equal intervals, the first ones not counted."""
_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "calls": (0, 1e6),
    "agents": (0, MOST_AGENTS),
    "interval_seconds": (1, 7 * SECONDS_PER_DAY),
    "replications": (1, 10_000),
    "confidence": (0.5, 0.9999),
    "find_teams": (SMALLEST_TARGET, LARGEST_TARGET),
    "warm_up": (0, MOST_INTERVALS),
}
"""Smallest and largest value of each word: beyond, a run takes days or its answer means nothing."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRequest:
    """What is asked.

    Attributes:
        seed: Seed of the callers.
        replications: Runs.
        habits: How calls behave where no table says otherwise.
        arrivals, groups, shifts, queues: CSV files, see `sheets.Tables`; arrivals and groups together, or none.
        calls: Expected calls per interval of one queue, instead of files [calls].
        agents: Agents of that queue [count].
        interval_seconds: Length of an interval [s].
        warm_up: Intervals at the start that do not count; None: 0 with files, 4 without.
        confidence: Level of the confidence intervals (0, 1).
        find_teams: Service level for which the smallest teams are searched (0, 1); None: agents are given.
    """

    seed: int
    replications: int = 20
    habits: QueueHabits = field(default_factory=QueueHabits)
    arrivals: Path | None = None
    groups: Path | None = None
    shifts: Path | None = None
    queues: Path | None = None
    calls: float | None = None
    agents: int | None = None
    interval_seconds: float | None = None
    warm_up: int | None = None
    confidence: float = 0.95
    find_teams: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SimulationAnswer:
    """What came out.

    Attributes:
        queues: One row per queue: counts per run, service level and waits with confidence intervals.
        groups: One row per group: hours and occupancy.
        intervals: One row per queue and interval: means over the runs.
        teams: One row per group with the size that was found; None where sizes were given.
        facts: Seed, replications, confidence, intervals not counted, sizes tried.
        notices: What of the files was read otherwise than it stands.
    """

    queues: pd.DataFrame
    groups: pd.DataFrame
    intervals: pd.DataFrame
    teams: pd.DataFrame | None
    facts: dict[str, object]
    notices: tuple[str, ...] = ()


def answer_simulation(request: SimulationRequest, *, say: Say = lambda _line: None) -> SimulationAnswer:
    """Simulate what is asked.

    Raises:
        SettingsError: the words do not fit together.
        DataError: a file is missing or wrong; the message names file, line and what is allowed.
    """
    _check_words(request)
    floor, grid, notices = _floor(request)
    warm_up = _warm_up(request, floor)
    facts: dict[str, object] = {
        "seed": request.seed,
        "replications": request.replications,
        "confidence": request.confidence,
        "warm_up_intervals": warm_up,
    }
    teams = None
    if request.find_teams is not None:
        floor, teams, facts["sizes_tried"] = _find_teams(request, floor, warm_up, say)
    runs = replicate(
        floor,
        seed=request.seed,
        runs=request.replications,
        on_run=lambda done, total: say(f"run {done} of {total}"),
    )
    return SimulationAnswer(
        queue_summary(runs, confidence=request.confidence, first_interval=warm_up),
        group_summary(runs, confidence=request.confidence, first_interval=warm_up),
        _intervals(runs, grid),
        teams,
        facts,
        notices,
    )


def _check_words(request: SimulationRequest) -> None:
    """Refuse words that do not fit together, with what would.

    Raises:
        SettingsError: a word is missing, too many, or out of range.
    """
    if request.arrivals is None and request.groups is None:
        _check_words_of_one_queue(request)
    else:
        _check_words_of_files(request)
    for name, (low, high) in _LIMITS.items():
        value = getattr(request, name)
        if value is not None and not low <= value <= high:
            hint = "; write 80 % as 0.80" if high <= 1 else ""
            option = f"--{name.replace('_', '-')}"
            raise SettingsError(f"{option} must be {low:g} to {high:g}, got {value:g}{hint}", got=value)


def _check_words_of_one_queue(request: SimulationRequest) -> None:
    if request.shifts or request.queues:
        raise SettingsError("--shifts and --queues describe files of --arrivals; give --arrivals and --groups too")
    if request.calls is None or request.interval_seconds is None or request.habits.aht_seconds is None:
        raise SettingsError(
            "simulate needs --arrivals A.csv and --groups G.csv (and --shifts S.csv); or, for one queue in a "
            "steady state, --calls 180 --interval-seconds 1800 --aht-seconds 240 --agents 28"
        )
    if (request.agents is None) == (request.find_teams is None):
        raise SettingsError("give either --agents or --find-teams LEVEL")


def _check_words_of_files(request: SimulationRequest) -> None:
    if request.arrivals is None or request.groups is None:
        raise SettingsError("--arrivals and --groups belong together: calls per interval, and who may answer them")
    if request.calls is not None or request.agents is not None:
        raise SettingsError("--calls and --agents are for one queue without files; with --arrivals leave them out")
    if (request.shifts is None) == (request.find_teams is None):
        raise SettingsError("give either --shifts S.csv or --find-teams LEVEL")


def _floor(request: SimulationRequest) -> tuple[Floor, Grid, tuple[str, ...]]:
    """The floor that is asked, its grid, and what is to be said of the files."""
    if request.arrivals is None or request.groups is None:
        return *_one_queue(request), ()
    files = {"arrivals": request.arrivals, "groups": request.groups, "shifts": request.shifts, "queues": request.queues}
    frames = {name: read_text_table(path) if path else None for name, path in files.items()}
    assert frames["arrivals"] is not None
    assert frames["groups"] is not None
    tables = Tables(
        frames["arrivals"],
        frames["groups"],
        frames["shifts"],
        frames["queues"],
        {name: str(path) for name, path in files.items() if path},
    )
    floor, grid = read_floor(
        tables,
        defaults=request.habits,
        interval_seconds=request.interval_seconds,
        is_team_wanted=request.find_teams is not None,
    )
    return floor, grid, tuple(words for frame in frames.values() if frame is not None for words in frame.attrs[NOTICES])


def _one_queue(request: SimulationRequest) -> tuple[Floor, Grid]:
    habits = request.habits
    assert request.calls is not None
    assert request.interval_seconds is not None
    assert habits.aht_seconds is not None
    grid = Grid(0.0, request.interval_seconds, STEADY_INTERVALS)
    queue = Queue(
        ONE_QUEUE,
        pd.Series([request.calls] * STEADY_INTERVALS).to_numpy(),
        habits.handle(habits.aht_seconds),
        habits.patience(),
        habits.answer_target_seconds,
        habits.priority,
        habits.redials(),
    )
    agents = present_throughout(request.agents or 0, grid.n_intervals * grid.interval_seconds)
    return Floor(request.interval_seconds, (queue,), (AgentGroup(ONE_QUEUE, {ONE_QUEUE: 1}, agents),)), grid


def _warm_up(request: SimulationRequest, floor: Floor) -> int:
    warm_up = request.warm_up if request.warm_up is not None else (0 if request.arrivals else STEADY_WARM_UP)
    if not 0 <= warm_up < floor.n_intervals:
        raise SettingsError(f"--warm-up must be 0 to {floor.n_intervals - 1} intervals, got {warm_up}", got=warm_up)
    return warm_up


def _find_teams(request: SimulationRequest, floor: Floor, warm_up: int, say: Say) -> tuple[Floor, pd.DataFrame, int]:
    """The floor with the smallest teams, present throughout, and those teams."""
    assert request.find_teams is not None
    options = SearchOptions(seed=request.seed, runs=request.replications, warm_up_intervals=warm_up)
    found = smallest_teams(
        floor,
        dict.fromkeys((queue.queue_id for queue in floor.queues), request.find_teams),
        options=options,
        on_try=lambda sizes: say("trying " + ", ".join(f"{name} {size}" for name, size in sizes.items())),
    )
    groups = tuple(
        AgentGroup(group.group_id, group.levels, present_throughout(found.agents[group.group_id], floor.ends))
        for group in floor.groups
    )
    teams = pd.DataFrame(
        {
            "group_id": list(found.agents),
            "queues": [";".join(group.levels) for group in floor.groups],
            "agents_required": list(found.agents.values()),
        }
    )
    return Floor(floor.interval_seconds, floor.queues, groups), teams, found.tried


def _intervals(runs: Replications, grid: Grid) -> pd.DataFrame:
    table = interval_summary(runs)
    labels = grid.labels()
    table.insert(1, "interval_start", [labels[number] for number in table["interval"]])
    return table.drop(columns=["interval", "starts_seconds"])
