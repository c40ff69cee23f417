"""What one run comes to: counts and waits per queue and interval, presence and work per group and interval.

A call counts in the interval in which it came. What comes or lasts beyond the last interval counts
in the last one, so nothing is lost. Not here: the run itself (run), means over runs (replications).
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.simulation.floor.centre import Floor
from wfm_pipeline.domain.simulation.floor.run import ABANDONED, ANSWERED, Attempts, Crew

QUEUE_MEASURES = (
    "calls_offered",
    "calls_redial",
    "calls_answered",
    "calls_abandoned",
    "calls_waiting",
    "answered_in_target",
    "wait_answered_seconds",
    "wait_seconds",
    "handle_seconds",
)
"""Sums per queue and interval that `FloorMeasures.queues` holds, in this order."""
GROUP_MEASURES = ("staffed_seconds", "overtime_seconds", "busy_seconds")
"""Sums per group and interval that `FloorMeasures.groups` holds, in this order."""


@dataclass(frozen=True, slots=True, eq=False)
class FloorMeasures:
    """Sums of one run.

    Attributes:
        queues: Sums named by `QUEUE_MEASURES`, shape (n_measures, n_queues, n_intervals). Every attempt
            is offered; `calls_redial` are those after the first; `calls_waiting` were still in line at the end.
        groups: Sums named by `GROUP_MEASURES`, shape (n_measures, n_groups, n_intervals). `overtime_seconds`
            is work after a stint's end; staffed time does not hold it, busy time does.
    """

    queues: np.ndarray
    groups: np.ndarray


def measure(floor: Floor, crew: Crew, attempts: Attempts) -> FloorMeasures:
    """Add up a run.

    Args:
        floor: The floor.
        crew: Its agents.
        attempts: The run.

    Returns:
        Its sums.
    """
    return FloorMeasures(_queue_sums(floor, attempts), _group_sums(floor, crew, attempts))


def _queue_sums(floor: Floor, attempts: Attempts) -> np.ndarray:
    n_queues, n_intervals = len(floor.queues), floor.n_intervals
    interval = np.minimum((attempts.arrived // floor.interval_seconds).astype(np.int64), n_intervals - 1)
    cell = attempts.queue * n_intervals + interval
    target = np.array([queue.answer_target_seconds for queue in floor.queues])[attempts.queue]
    is_answered = attempts.outcome == ANSWERED
    is_abandoned = attempts.outcome == ABANDONED
    weights = {
        "calls_offered": np.ones(len(cell)),
        "calls_redial": attempts.attempt > 1,
        "calls_answered": is_answered,
        "calls_abandoned": is_abandoned,
        "calls_waiting": ~(is_answered | is_abandoned),
        "answered_in_target": is_answered & (attempts.wait <= target),
        "wait_answered_seconds": np.where(is_answered, attempts.wait, 0.0),
        "wait_seconds": attempts.wait,
        "handle_seconds": np.where(is_answered, attempts.ended - attempts.started, 0.0),
    }
    sums = [np.bincount(cell, weights[name], n_queues * n_intervals) for name in QUEUE_MEASURES]
    return np.stack(sums).reshape(len(QUEUE_MEASURES), n_queues, n_intervals)


def _group_sums(floor: Floor, crew: Crew, attempts: Attempts) -> np.ndarray:
    served = attempts.outcome == ANSWERED
    agent, starts, ends = attempts.agent[served], attempts.started[served], attempts.ended[served]
    over_agent, over_starts, over_ends = _overtime(crew, agent, starts, ends)
    stint_group = crew.group[np.repeat(np.arange(len(crew.group)), np.diff(crew.first_stint))]
    staffed = _spread(floor, stint_group, crew.starts, crew.ends)
    overtime = _spread(floor, crew.group[over_agent], over_starts, over_ends)
    return np.stack([staffed, overtime, _spread(floor, crew.group[agent], starts, ends)])


def _overtime(
    crew: Crew, agent: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts of services outside the stints: agent, start and end of each, in seconds."""
    stint = _stint_at(crew, agent, starts)
    last = crew.first_stint[agent + 1] - 1
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    rows = np.flatnonzero(ends > crew.ends[stint]) if len(agent) else np.array([], dtype=np.int64)
    while len(rows):
        here, has_next = stint[rows], stint[rows] < last[rows]
        begins_again = np.where(has_next, crew.starts[np.minimum(here + 1, len(crew.starts) - 1)], np.inf)
        parts.append((agent[rows], crew.ends[here], np.minimum(ends[rows], begins_again)))
        stint[rows] += 1
        rows = rows[has_next]
        rows = rows[ends[rows] > crew.ends[stint[rows]]]
    if not parts:
        return agent[:0], starts[:0], ends[:0]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]  # three columns


def _stint_at(crew: Crew, agent: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Position of the stint in which each moment of an agent lies, shape (n_moments,)."""
    owner = np.repeat(np.arange(len(crew.group)), np.diff(crew.first_stint))
    is_moment = np.concatenate([np.zeros(len(owner), dtype=bool), np.ones(len(agent), dtype=bool)])
    order = np.lexsort((is_moment, np.concatenate([crew.starts, times]), np.concatenate([owner, agent])))
    latest = np.cumsum(~is_moment[order]) - 1
    stint = np.empty(len(order), dtype=np.int64)
    stint[order] = latest
    return stint[is_moment]


def _spread(floor: Floor, group: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Seconds of stretches `[starts, ends)` per group and interval, shape (n_groups, n_intervals)."""
    edges = np.arange(1, floor.n_intervals) * floor.interval_seconds
    seconds = np.zeros((len(floor.groups), floor.n_intervals))
    for position in range(len(floor.groups)):
        mine = group == position
        total = float(np.sum(ends[mine] - starts[mine]))
        before = seconds_before(edges, starts[mine]) - seconds_before(edges, ends[mine])
        seconds[position] = np.maximum(np.diff(np.concatenate([[0.0], before, [total]])), 0.0)
    return seconds


def seconds_before(edges: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """How long ago the moments before each edge lie, added up.

    Args:
        edges: Edges of intervals [s], shape (n_edges,).
        moments: Starts or ends of stretches [s], in any order, shape (n_moments,).

    Returns:
        Sum of (edge - moment) over the moments before each edge [s], shape (n_edges,).

    Example:
        >>> seconds_before(np.array([10.0, 20.0]), np.array([4.0, 15.0])).tolist()
        [6.0, 21.0]
    """
    moments = np.sort(moments)
    sums = np.concatenate([[0.0], np.cumsum(moments)])
    count = np.searchsorted(moments, edges)
    return count * edges - sums[count]
