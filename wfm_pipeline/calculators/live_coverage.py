"""How are we covered now? Frames of a day in, intervals, gaps and actions out. No warehouse, no clock.

Here: the steps of domain/coverage one after the other, and the simulator that tries actions out: the floor of
domain/simulation, which its sibling may not know. Not here: the mathematics of either, and who reads the frames, when.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import ROUNDING, FloatArray
from wfm_pipeline.domain.coverage.actions import STANDARD_REACH, ActionLimits, ActionRequest, gap_actions
from wfm_pipeline.domain.coverage.gaps import BandNeeds, GapRequest, band_heads, coverage_gaps
from wfm_pipeline.domain.coverage.grid import DayGrid, grid_of
from wfm_pipeline.domain.coverage.intervals import (
    STANDARD_LIMITS,
    CoverageLimits,
    CoverageRequest,
    ServiceLevels,
    coverage_intervals,
    projected_service_level,
)
from wfm_pipeline.domain.coverage.presence import STATE_RULES, CountedStates, StateRule, count_states
from wfm_pipeline.domain.coverage.projection import ProjectionRequest, attendance, project_rest
from wfm_pipeline.domain.coverage.required import RequiredRequest, required_people
from wfm_pipeline.domain.coverage.scheduled import rostered_stretches, scheduled_people
from wfm_pipeline.domain.coverage.shares import (
    Registrations,
    known_seconds,
    registrations,
    service_people,
    site_people,
)
from wfm_pipeline.domain.coverage.trials import Action, Gain, Simulator, Trial, actions_json
from wfm_pipeline.domain.coverage.utilisation import UtilisationRequest, agent_utilisation
from wfm_pipeline.domain.simulation.floor.centre import AgentGroup, Floor, Queue, Stint
from wfm_pipeline.domain.simulation.floor.durations import NEVER, Exponential
from wfm_pipeline.domain.simulation.floor.replications import ratio_of_sums, replicate
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy

_ONE = "service"
"""Name of the one queue and group of a trial."""
_MOMENT = pd.Timedelta(seconds=1)
"""What lasts up to the instant of the question lasts in the second before it."""
GapKey = tuple[str, pd.Timestamp, int]
"""A gap for which actions are looked for once: its id, its end, and the agents short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCoverageRequest:
    """What is asked; instants are naive UTC, durations seconds.

    Attributes:
        as_of: Instant of the question.
        interval_seconds: Length of an interval [s].
        intervals: queue_id, interval_start, interval_start_local, is_open: the day's intervals, closed ones too.
        service_queues: service_id, queue_id.
        teams: Teams of the forecast, see `required.RequiredRequest`.
        history: Days before, see `required.RequiredRequest`.
        states: agent_id, state, started_at, ended_at.
        known_from: Instant from which states are recorded; None = none are.
        unrecorded: starts_at, ends_at after it of which none are, see `unrecorded.unrecorded_stretches`; None = none.
        registrations: agent_id, service_id, is_registered.
        shifts: agent_id, starts_at, ends_at; None = no roster is there.
        breaks: The same columns.
        off_product: The same columns.
        rates: service_id, hourly_cost, overtime_multiplier, currency.
        contacts: agent_id, contacts so far today.
        reforecast: The newest update of the day, see `projection.ProjectionRequest`; None = none.
        policies: Service -> what its people should achieve.
        default: Policy of the other services.
        limits: Limits of the statuses.
        reach: How far people may be moved.
        rules: State -> what it means.
        runs: Runs of a trial [count].
        seed: Seed of the callers of a trial.
        most_gaps: Gaps for which actions are looked for [count]: those with most affected calls. Each is a simulation.
        required: The need, where it was worked out before of the same day and services; None = work it out.
        kept: a key of `gap_keys` -> actions found before: they are told again and not looked for.
        band_needs: Works out what the bands of calls need; one that remembers may stand in.
        levels: Works out service levels of the people counted; one that remembers may stand in.
        levels_needed: The same of the people needed.
        is_agents_asked: Whether the hours of agents are worked out too.
    """

    as_of: pd.Timestamp
    interval_seconds: float
    intervals: pd.DataFrame
    service_queues: pd.DataFrame
    teams: pd.DataFrame
    history: pd.DataFrame
    states: pd.DataFrame
    known_from: pd.Timestamp | None
    registrations: pd.DataFrame
    shifts: pd.DataFrame | None
    breaks: pd.DataFrame
    off_product: pd.DataFrame
    rates: pd.DataFrame
    contacts: pd.DataFrame
    unrecorded: pd.DataFrame | None = None
    reforecast: pd.DataFrame | None = None
    policies: Mapping[str, StaffingPolicy] = field(default_factory=dict)
    default: StaffingPolicy = field(default_factory=StaffingPolicy)
    limits: CoverageLimits = STANDARD_LIMITS
    reach: ActionLimits = STANDARD_REACH
    rules: Mapping[str, StateRule] = field(default_factory=lambda: STATE_RULES)
    runs: int = 40
    seed: int = 1
    most_gaps: int = 50
    required: pd.DataFrame | None = None
    kept: Mapping[GapKey, tuple[Action, ...]] = field(default_factory=dict)
    band_needs: BandNeeds = band_heads
    levels: ServiceLevels = projected_service_level
    levels_needed: ServiceLevels = projected_service_level
    is_agents_asked: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class LiveCoverageAnswer:
    """What came out.

    Attributes:
        intervals: One row per service and interval, see `intervals.coverage_intervals`.
        gaps: One row per gap, see `gaps.coverage_gaps`, with `actions` as JSON, which names no person;
            null where none were looked for.
        actions: gap_id -> actions, with the people they move.
        site: One row per interval: people of the whole site, each counted once.
        agents: One row per agent, see `utilisation.agent_utilisation`; None where they were not asked for.
        now: One row per service: people at the instant of the question itself, see `people_now`.
        projection: The rest of the day, see `projection.project_rest`; None without an update.
        findings: States that do not count, by agent, and why.
    """

    intervals: pd.DataFrame
    gaps: pd.DataFrame
    actions: Mapping[str, tuple[Action, ...]]
    site: pd.DataFrame
    agents: pd.DataFrame | None
    now: pd.DataFrame
    projection: pd.DataFrame | None
    findings: pd.DataFrame


def answer_live_coverage(request: LiveCoverageRequest) -> LiveCoverageAnswer:
    """Coverage of a day as it stands at an instant.

    Raises:
        DataError: a frame lacks a column, or its rows contradict each other; the message says which.
    """
    required = needed(request) if request.required is None else request.required
    grid = grid_of(required["interval_start"], request.interval_seconds)
    known = known_seconds(grid, request.known_from, request.as_of, request.unrecorded)
    counted = count_states(request.states, as_of=request.as_of, rules=request.rules)
    registered = registrations(request.registrations, pd.Index(required["service_id"].unique(), dtype=object))
    load = service_loads(required, registered, grid)
    scheduled = _scheduled(request, registered, load, grid)
    intervals = coverage_intervals(
        CoverageRequest(
            required=required,
            scheduled=scheduled,
            actual=service_people(counted.stretches, registered, load, grid, known),
            as_of=request.as_of,
            interval_seconds=request.interval_seconds,
            policies=request.policies,
            default=request.default,
            limits=request.limits,
            levels=request.levels,
        )
    )
    gaps, actions = _gaps(request, intervals)
    return LiveCoverageAnswer(
        intervals,
        gaps,
        actions,
        site_people(counted.stretches, grid, known),
        _agents(request, counted, grid) if request.is_agents_asked else None,
        people_now(request, counted, registered, load, grid),
        _projection(request, intervals, scheduled),
        counted.findings,
    )


def needed(request: LiveCoverageRequest) -> pd.DataFrame:
    """The need of the day: it changes with forecast, calendar and targets, not with the people there.

    Args:
        request: What is asked.

    Returns:
        See `required.required_people`.
    """
    return required_people(
        RequiredRequest(
            intervals=request.intervals,
            service_queues=request.service_queues,
            teams=request.teams,
            history=request.history,
            policies=request.policies,
            default=request.default,
            interval_seconds=request.interval_seconds,
        )
    )


def gap_keys(gaps: pd.DataFrame) -> list[GapKey]:
    """What gaps' actions are remembered by.

    Args:
        gaps: gap_id, ends_at, agents_short.

    Returns:
        A key each, another where the gap has another end or other people are short.
    """
    return list(zip(gaps["gap_id"], gaps["ends_at"], gaps["agents_short"], strict=True))


def service_loads(required: pd.DataFrame, registered: Registrations, grid: DayGrid) -> FloatArray:
    """Expected load of services by which people of several are split.

    Args:
        required: service_id, interval_start, offered_load_erlangs.
        registered: The services.
        grid: The intervals.

    Returns:
        Load [erlangs], NaN = unknown, shape (n_services, n_intervals).
    """
    load = np.full((len(registered.services), grid.intervals), np.nan)
    service = registered.services.get_indexer(pd.Index(required["service_id"]))
    load[service, grid.places_of(required["interval_start"])] = required["offered_load_erlangs"]
    return load


def people_now(
    request: LiveCoverageRequest, counted: CountedStates, registered: Registrations, load: FloatArray, grid: DayGrid
) -> pd.DataFrame:
    """People at the instant of the question: what a board shows, where an interval has their mean.

    Args:
        request: What is asked.
        counted: States that count.
        registered: Who works for which service.
        load: Expected load of services [erlangs], shape (n_services, n_intervals).
        grid: The intervals.

    Returns:
        service_id, agents_actual, agents_available [agents], split as in the running interval; null where no states are known.
    """
    moment = DayGrid(request.as_of - _MOMENT, _MOMENT.total_seconds(), 1)
    place = int(
        np.clip(
            (moment.starts_at - grid.starts_at) // pd.Timedelta(seconds=grid.interval_seconds), 0, grid.intervals - 1
        )
    )
    known = known_seconds(moment, request.known_from, request.as_of)
    lasting = counted.stretches[counted.stretches["ends_at"] >= request.as_of]
    rows = service_people(lasting, registered, load[:, [place]], moment, known)
    return rows.drop(columns="interval_start")


def _scheduled(
    request: LiveCoverageRequest, registered: Registrations, load: FloatArray, grid: DayGrid
) -> pd.DataFrame:
    shifts = request.breaks[:0] if request.shifts is None else request.shifts
    off_phones = pd.concat([request.breaks, request.off_product])
    rostered = rostered_stretches(shifts, off_phones)
    return scheduled_people(rostered, registered, load, grid, has_shifts=request.shifts is not None)


def _gaps(
    request: LiveCoverageRequest, intervals: pd.DataFrame
) -> tuple[pd.DataFrame, Mapping[str, tuple[Action, ...]]]:
    gaps = coverage_gaps(
        GapRequest(
            intervals=intervals,
            rates=request.rates,
            interval_seconds=request.interval_seconds,
            policies=request.policies,
            default=request.default,
            limits=request.limits,
            band_needs=request.band_needs,
            levels=request.levels_needed,
        )
    )
    keys = gap_keys(gaps)
    kept = {key[0]: request.kept[key] for key in keys if key in request.kept}
    found = gap_actions(
        ActionRequest(
            gaps=_worst(gaps[~gaps["gap_id"].isin(kept)], request),
            intervals=intervals,
            registrations=request.registrations,
            shifts=request.breaks[:0] if request.shifts is None else request.shifts,
            breaks=request.breaks,
            off_product=request.off_product,
            rates=request.rates,
            interval_seconds=request.interval_seconds,
            policies=request.policies,
            default=request.default,
            simulate=simulator(runs=request.runs, seed=request.seed),
            reach=request.reach,
            limits=request.limits,
        )
    )
    actions = {**kept, **found}
    told = [actions_json(actions[gap]) if gap in actions else None for gap in gaps["gap_id"]]
    return gaps.assign(actions=pd.Series(told, index=gaps.index, dtype=object)), actions


def _worst(gaps: pd.DataFrame, request: LiveCoverageRequest) -> pd.DataFrame:
    """Gaps for which actions are looked for: those that are over (they have none), and the worst of the others."""
    is_over = (gaps["ends_at"] <= request.as_of).astype(bool)
    ahead = gaps[~is_over].sort_values(["affected_calls", "gap_id"], ascending=[False, True])
    return pd.concat([gaps[is_over], ahead.head(request.most_gaps)])


def _agents(request: LiveCoverageRequest, counted: CountedStates, grid: DayGrid) -> pd.DataFrame:
    """Utilisation of the known part of the day so far."""
    starts_at = max(grid.starts_at, request.as_of if request.known_from is None else request.known_from)
    return agent_utilisation(
        UtilisationRequest(
            stretches=counted.stretches,
            suspects=counted.suspects,
            shifts=request.breaks[:0] if request.shifts is None else request.shifts,
            breaks=request.breaks,
            off_product=request.off_product,
            registrations=request.registrations,
            contacts=request.contacts,
            starts_at=starts_at,
            ends_at=min(request.as_of, grid.ends_at),
        )
    )


def _projection(request: LiveCoverageRequest, intervals: pd.DataFrame, scheduled: pd.DataFrame) -> pd.DataFrame | None:
    if request.reforecast is None:
        return None
    return project_rest(
        ProjectionRequest(
            reforecast=request.reforecast,
            service_queues=request.service_queues,
            scheduled=scheduled,
            attendance=attendance(intervals, as_of=request.as_of, interval_seconds=request.interval_seconds),
            as_of=request.as_of,
            interval_seconds=request.interval_seconds,
            policies=request.policies,
            default=request.default,
            limits=request.limits,
        )
    )


def simulator(*, runs: int, seed: int) -> Simulator:
    """What tries actions out: the floor, run on the same callers with and without the action.

    Args:
        runs: Runs of each floor [count], >= 2 for a confidence interval.
        seed: Seed of the callers.

    Returns:
        Trial without and trial with the action -> gain. Equal trials are run once.
    """
    outcomes: dict[int, tuple[Trial, tuple[FloatArray, FloatArray]]] = {}

    def sums(trial: Trial) -> tuple[FloatArray, FloatArray]:
        if id(trial) not in outcomes:
            outcomes[id(trial)] = (trial, _in_target(trial, runs=runs, seed=seed))
        return outcomes[id(trial)][1]

    def simulate(before: Trial, after: Trial) -> Gain:
        return paired_gain(*sums(before), *sums(after))

    return simulate


def paired_gain(before: FloatArray, offered_before: FloatArray, after: FloatArray, offered_after: FloatArray) -> Gain:
    """Difference of two service levels whose runs met the same callers.

    Args:
        before: Calls answered in target per run, without the action, shape (n_runs,).
        offered_before: Calls offered per run, without it, shape (n_runs,).
        after: The same with the action, shape (n_runs,).
        offered_after: The same with the action, shape (n_runs,).

    Returns:
        The gain with its 95 % interval; by the difference of linearised ratios per run, so that luck that both met takes
        no part. A level without calls is 1: nobody waited.
    """
    levels, parts = [], []
    for answered, offered in ((after, offered_after), (before, offered_before)):
        level = ratio_of_sums(answered, offered).value if offered.sum() > 0 else 1.0
        levels.append(level)
        parts.append((answered - level * offered) / max(float(offered.mean()), 1.0 / len(offered)))
    value = levels[0] - levels[1]
    spread = ratio_of_sums(parts[0] - parts[1], np.ones(len(before)))
    return Gain(value, value + spread.low, value + spread.high)


def _in_target(trial: Trial, *, runs: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Calls answered in target and calls offered of the counted intervals, per run."""
    first = int(np.flatnonzero(trial.is_counted)[0])
    done = replicate(_floor(trial), seed=seed, runs=runs)
    return tuple(done.queue_sums(name, first_interval=first)[:, 0] for name in ("answered_in_target", "calls_offered"))  # type: ignore[return-value]  # two names


def _floor(trial: Trial) -> Floor:
    """A trial as a floor of one queue; handle times and patience are exponential, as in Erlang A."""
    mean = float(np.average(trial.aht_seconds, weights=np.maximum(trial.calls, ROUNDING)))
    patience = NEVER if np.isinf(trial.patience_seconds) else Exponential(trial.patience_seconds)
    queue = Queue(
        _ONE,
        trial.calls,
        Exponential(mean),
        patience,
        trial.answer_target_seconds,
        handle_factors=trial.aht_seconds / mean,
    )
    return Floor(trial.interval_seconds, (queue,), (AgentGroup(_ONE, {_ONE: 1}, _stints(trial)),))


def _stints(trial: Trial) -> tuple[tuple[Stint, ...], ...]:
    """The k-th agent is there wherever the people are at least k; of a part of a person there is that part of an interval."""
    step = trial.interval_seconds
    parts = np.clip(trial.people - np.arange(np.ceil(trial.people.max() - ROUNDING))[:, None], 0.0, 1.0)
    return tuple(
        tuple(Stint(at * step, (at + part) * step) for at, part in enumerate(row) if part > ROUNDING)
        for row in parts.tolist()
    )
