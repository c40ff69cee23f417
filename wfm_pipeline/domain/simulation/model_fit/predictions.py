"""What Erlang C, Erlang A and the simulation say about the months of the records.

Each is given what a planner would give it: calls, mean handle times and patience of the month, agents
inferred from the services. Erlang sees one pool of people and queues and the calls to be expected in an
interval; the simulation sees every arrival as it came, every queue, who can serve it, and each agent's stretches. Not here: the records
(records.py), the Erlang formulas (domain/staffing), the floor (domain/simulation/floor).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import CONFIDENCE
from wfm_pipeline.domain.simulation.floor.centre import AgentGroup, Floor, Queue, Stint
from wfm_pipeline.domain.simulation.floor.draws import callers_from_records
from wfm_pipeline.domain.simulation.floor.durations import NEVER, Durations, Recorded, SurvivalCurve
from wfm_pipeline.domain.simulation.floor.measures import seconds_before
from wfm_pipeline.domain.simulation.floor.replications import Estimate, ratio_of_sums
from wfm_pipeline.domain.simulation.floor.run import ABANDONED, ANSWERED, crew_of, run_callers
from wfm_pipeline.domain.simulation.model_fit.records import Pools, QueueHabitsFound, habits_of
from wfm_pipeline.domain.staffing.erlang import erlang_a, erlang_c
from wfm_pipeline.domain.staffing.presence import Presence
from wfm_pipeline.units import DAYS_PER_WEEK, SECONDS_PER_DAY

SKILL_SHARE: Final = 0.01
"""Share of an agent's services of the month from which a queue counts as a skill; less is a favour."""


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """One month as the models get it.

    Attributes:
        calls: Rows of `LineRecords.calls` of the month.
        begins: Midnight before its first call [s].
        n_intervals: Intervals until its last call.
        interval_seconds: Length of an interval [s].
        pools: Which queues share people.
        presence: When agents were there.
        skills: agent_id -> queues the agent serves.
        habits: queue_id -> what its calls say about its callers.
    """

    calls: pd.DataFrame
    begins: float
    n_intervals: int
    interval_seconds: float
    pools: Pools
    presence: Presence
    skills: dict[str, frozenset[str]]
    habits: dict[str, QueueHabitsFound]

    def known_handle(self, queue_id: str) -> np.ndarray:
        """Known handle times of a queue, or those of its pool where the queue has none.

        Args:
            queue_id: The queue.

        Returns:
            Handle times [s]; shape (n,), n > 0: pools without any are left out before (records.with_handle_times).
        """
        own = self.habits[queue_id].handle_seconds
        pool = self.pools.of_queue[queue_id]
        mates = [habits.handle_seconds for name, habits in self.habits.items() if self.pools.of_queue[name] == pool]
        return own if len(own) else np.concatenate(mates)

    def interval(self) -> np.ndarray:
        """Interval of each call, shape (n_calls,)."""
        return ((self.calls["joins"].to_numpy() - self.begins) // self.interval_seconds).astype(np.int64)


def skills_of(services: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Queues with at least `SKILL_SHARE` of an agent's services.

    Args:
        services: agent_id, queue_id; null where the record names no agent.

    Returns:
        agent_id -> queues with at least `SKILL_SHARE` of the agent's services.
    """
    named = services[services["agent_id"].notna()]
    counts = named.groupby(["agent_id", "queue_id"]).size()
    share = counts / counts.groupby(level="agent_id").transform("sum")
    kept = share[share >= SKILL_SHARE].reset_index()
    return {str(agent): frozenset(rows["queue_id"]) for agent, rows in kept.groupby("agent_id")}


def agents_present(month: Month, pool: str) -> np.ndarray:
    """Mean number of a pool's agents per interval.

    Args:
        month: The month.
        pool: Name of the pool.

    Returns:
        Agents, shape (n_intervals,); need not be whole.
    """
    mine = np.array([month.pools.of_agent.get(name) == pool for name in month.presence.agents], dtype=bool)
    chosen = mine[month.presence.agent] if len(mine) else np.zeros(0, dtype=bool)
    starts, ends = month.presence.starts[chosen] - month.begins, month.presence.ends[chosen] - month.begins
    edges = np.arange(month.n_intervals + 1) * month.interval_seconds
    before = seconds_before(edges, starts) - seconds_before(edges, ends)
    return np.maximum(np.diff(before), 0.0) / month.interval_seconds


def expected_calls(interval: np.ndarray, n_intervals: int, per_day: int) -> np.ndarray:
    """Calls a planner would have expected, knowing the day's total and the month's weekday shapes.

    An Erlang formula holds the luck of the arrivals already; calls as they came would count it twice and
    make every formula too gloomy. Days that lie whole weeks apart share a shape.

    Args:
        interval: Interval of each call, shape (n_calls,).
        n_intervals: Number of intervals, from a midnight on.
        per_day: Intervals of a day.

    Returns:
        Calls per interval, shape (n_intervals,); the days add up to the calls that came.

    Example:
        >>> expected_calls(np.array([0, 0, 1, 3]), 4, 2).tolist()  # two days of two intervals
        [2.0, 1.0, 0.0, 1.0]
    """
    days = -(-n_intervals // per_day)
    came = np.bincount(interval, minlength=days * per_day).reshape(days, per_day).astype(np.float64)
    expected = np.zeros_like(came)
    for weekday in range(min(DAYS_PER_WEEK, days)):
        same = slice(weekday, None, DAYS_PER_WEEK)
        shape = came[same].sum(axis=0)
        expected[same] = came[same].sum(axis=1, keepdims=True) * shape / max(shape.sum(), 1.0)
    return expected.ravel()[:n_intervals]


def erlang_levels(month: Month, answer_target_seconds: float) -> pd.DataFrame:
    """Service level per queue by Erlang C and A, calls in the target over calls in the line.

    Each pool and interval is a queue in a steady state with the calls that were to be expected; the month's
    level weighs the intervals by the calls of each queue that came. An interval of Erlang C in which load
    reaches the agents has level 0.

    Args:
        month: The month.
        answer_target_seconds: The 20 of 80/20 [s].

    Returns:
        queue_id, service_level_erlang_c, service_level_erlang_a, agents_mean (of the pool, weighed by the queue's calls).

    Source:
        docs/methods/staffing_honesty.md, step 5.
    """
    interval = month.interval()
    pool_of = month.calls["queue_id"].map(month.pools.of_queue)
    rows = []
    for pool in sorted(pool_of.unique()):
        in_pool = pool_of.eq(pool).to_numpy()
        agents = agents_present(month, pool)
        level_c, level_a = _pool_levels(month, in_pool, agents, answer_target_seconds)
        for queue_id in sorted(month.calls.loc[in_pool, "queue_id"].unique()):
            mine = interval[(month.calls["queue_id"] == queue_id).to_numpy()]
            rows.append((queue_id, *(float(values[mine].mean()) for values in (level_c, level_a, agents))))
    names = ["queue_id", "service_level_erlang_c", "service_level_erlang_a", "agents_mean"]
    return pd.DataFrame(rows, columns=names)


def _pool_levels(
    month: Month, in_pool: np.ndarray, agents: np.ndarray, answer_target_seconds: float
) -> tuple[np.ndarray, np.ndarray]:
    """Service level of a pool per interval by Erlang C and A; 0 where no call was to be expected."""
    calls, interval = month.calls[in_pool], month.interval()[in_pool]
    per_day = round(SECONDS_PER_DAY / month.interval_seconds)
    expected, work = np.zeros(month.n_intervals), np.zeros(month.n_intervals)
    for queue_id in sorted(calls["queue_id"].unique()):
        mine = interval[(calls["queue_id"] == queue_id).to_numpy()]
        own = expected_calls(mine, month.n_intervals, per_day)
        expected, work = expected + own, work + own * month.known_handle(queue_id).mean()
    busy = work > 0
    level_c, level_a = np.zeros(month.n_intervals), np.zeros(month.n_intervals)
    load, aht_mean = work[busy] / month.interval_seconds, work[busy] / expected[busy]
    level_c[busy] = erlang_c(
        load, agents[busy], aht_seconds=aht_mean, answer_target_seconds=answer_target_seconds
    ).service_level
    level_a[busy] = erlang_a(
        load,
        agents[busy],
        aht_seconds=aht_mean,
        patience_seconds=habits_of(calls).patience.patience_seconds,
        answer_target_seconds=answer_target_seconds,
    ).service_level
    return level_c, level_a


def floor_of_month(month: Month, answer_target_seconds: float) -> Floor:
    """The month's floor: every queue with its own callers, agents with the same skills as one group.

    Args:
        month: The month.
        answer_target_seconds: The 20 of 80/20 [s].

    Returns:
        A floor without calls of its own: they come from the records.
    """
    no_calls = np.zeros(month.n_intervals)
    queues = tuple(
        Queue(queue_id, no_calls, Recorded(month.known_handle(queue_id)), _patience(habits), answer_target_seconds)
        for queue_id, habits in month.habits.items()
    )
    by_skills: dict[tuple[str, ...], list[tuple[Stint, ...]]] = {}
    for number, name in enumerate(month.presence.agents):
        mine = month.presence.agent == number
        stints = tuple(
            Stint(max(start - month.begins, 0.0), end - month.begins)
            for start, end in zip(month.presence.starts[mine], month.presence.ends[mine], strict=True)
        )
        by_skills.setdefault(tuple(sorted(month.skills[name])), []).append(stints)
    groups = tuple(
        AgentGroup("+".join(skills), dict.fromkeys(skills, 1), tuple(agents)) for skills, agents in by_skills.items()
    )
    return Floor(month.interval_seconds, queues, groups)


def _patience(habits: QueueHabitsFound) -> Durations:
    """The Kaplan-Meier curve; whoever outlasts its last step waits on."""
    if not len(habits.curve.seconds):
        return NEVER
    return SurvivalCurve(habits.curve.seconds, habits.curve.survival)


def simulated_levels(
    month: Month, answer_target_seconds: float, *, seed: int, runs: int, confidence: float = CONFIDENCE
) -> dict[str, tuple[Estimate, Estimate]]:
    """Service level and abandoned share per queue by simulation of the month's own arrivals.

    Args:
        month: The month.
        answer_target_seconds: The 20 of 80/20 [s].
        seed: Seed of handle times and patience.
        runs: Runs.
        confidence: Level of the intervals.

    Returns:
        queue_id -> service level and abandoned share, each over calls in the line.

    Source:
        docs/methods/staffing_honesty.md, step 6.
    """
    floor = floor_of_month(month, answer_target_seconds)
    crew = crew_of(floor)
    names = [queue.queue_id for queue in floor.queues]
    arrived = month.calls["joins"].to_numpy() - month.begins
    queue = month.calls["queue_id"].map({name: number for number, name in enumerate(names)}).to_numpy()
    sums = np.empty((runs, 3, len(names)))
    for run in range(runs):
        played = run_callers(floor, crew, callers_from_records(floor, arrived, queue, seed=seed, replication=run))
        in_target = (played.outcome == ANSWERED) & (played.wait <= answer_target_seconds)
        for row, weights in enumerate((in_target, played.outcome == ABANDONED, np.ones(len(in_target)))):
            sums[run, row] = np.bincount(played.queue, weights, len(names))
    return {
        name: (
            ratio_of_sums(sums[:, 0, number], sums[:, 2, number], confidence=confidence),
            ratio_of_sums(sums[:, 1, number], sums[:, 2, number], confidence=confidence),
        )
        for number, name in enumerate(names)
    }
