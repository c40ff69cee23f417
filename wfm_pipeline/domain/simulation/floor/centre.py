"""What a floor is: queues with their callers, groups of agents with skills and shifts, a grid of intervals.

Numbers only, checked once. Times are seconds since the start of the first interval. Not here: where
they come from (sheets) and what happens (kernel).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.simulation.floor.durations import NEVER, Durations
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import ANSWER_TARGET_SECONDS

ATTEMPTS_MAX: Final = 5
"""Attempts after which a caller stops where nobody says another number [count]."""
_LEVEL_MAX: Final = 1_000
"""Largest level of a skill; more levels than that are a number in another column."""
MOST_AGENTS: Final = 100_000
"""Agents on one floor: more than any employer has in one place, or a number in another unit."""


@dataclass(frozen=True, slots=True)
class Redials:
    """What callers do after giving up.

    Attributes:
        probability: Share of those who gave up that calls again [0..1].
        delay: Time from giving up to the next attempt.
        attempts_max: Attempts after which a caller stops [count], >= 1.
    """

    probability: float
    delay: Durations
    attempts_max: int = ATTEMPTS_MAX

    def __post_init__(self) -> None:
        """Refuse a share that is none, and no attempt at all."""
        if not 0 <= self.probability <= 1:
            raise DataError(
                f"redial probability must be in [0, 1], got {self.probability}; write 40 % as 0.40",
                got=self.probability,
            )
        if self.attempts_max < 1:
            raise DataError(f"attempts_max must be 1 or more, got {self.attempts_max}", got=self.attempts_max)


@dataclass(frozen=True, slots=True, eq=False)
class Queue:
    """One stream of calls.

    Attributes:
        queue_id: Its id.
        calls: Expected first attempts per interval, Poisson and evenly spread inside each [calls], shape (n_intervals,).
        handle: Handle times.
        patience: How long a caller waits before giving up.
        answer_target_seconds: The 20 of 80/20 [s].
        priority: Smaller is more urgent; a free agent takes the smallest first.
        redials: What callers do after giving up; None: they do not come back.
        handle_factors: Handle times of each interval against `handle`, shape (n_intervals,); None: 1 everywhere.
    """

    queue_id: str
    calls: np.ndarray
    handle: Durations
    patience: Durations = NEVER
    answer_target_seconds: float = ANSWER_TARGET_SECONDS
    priority: int = 1
    redials: Redials | None = None
    handle_factors: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse calls, targets and factors that are none."""
        calls = np.asarray(self.calls, dtype=np.float64)
        if calls.ndim != 1 or not np.all(np.isfinite(calls)) or np.any(calls < 0):
            raise DataError(
                f"calls of queue {self.queue_id!r} must be 0 or more in every interval", queue=self.queue_id
            )
        if not self.answer_target_seconds >= 0:
            raise DataError(
                f"answer_target_seconds of queue {self.queue_id!r} must be 0 or more, got {self.answer_target_seconds}",
                queue=self.queue_id,
            )
        object.__setattr__(self, "calls", calls)
        if self.handle_factors is not None:
            factors = np.asarray(self.handle_factors, dtype=np.float64)
            if factors.shape != calls.shape or not np.all(np.isfinite(factors)) or np.any(factors <= 0):
                raise DataError(
                    f"handle factors of queue {self.queue_id!r} must be above 0, one per interval", queue=self.queue_id
                )
            object.__setattr__(self, "handle_factors", factors)


@dataclass(frozen=True, slots=True)
class Stint:
    """An unbroken stretch of one agent on the phones, `[starts, ends)` [s]; a break lies between two stints."""

    starts: float
    ends: float


@dataclass(frozen=True, slots=True)
class AgentGroup:
    """Agents with the same skills.

    Attributes:
        group_id: Its id.
        levels: queue_id -> level of skill; 1 is asked first, 2 only when no 1 is idle, and so on.
        agents: Stints of each agent, in order of time and without overlap.
    """

    group_id: str
    levels: Mapping[str, int]
    agents: tuple[tuple[Stint, ...], ...]

    def __post_init__(self) -> None:
        """Refuse levels below 1 and stints that overlap or end before they start."""
        for queue_id, level in self.levels.items():
            if not 1 <= level <= _LEVEL_MAX:
                raise DataError(
                    f"level of group {self.group_id!r} for queue {queue_id!r} must be 1 to {_LEVEL_MAX}, got {level}",
                    group=self.group_id,
                )
        for stints in self.agents:
            edges = [edge for stint in stints for edge in (stint.starts, stint.ends)]
            if any(later < earlier for earlier, later in itertools.pairwise(edges)):
                raise DataError(
                    f"stints of an agent of group {self.group_id!r} must follow each other without overlap, got "
                    + ", ".join(f"[{stint.starts:g}, {stint.ends:g})" for stint in stints),
                    group=self.group_id,
                )


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything one run needs besides luck.

    Attributes:
        interval_seconds: Length of an interval [s].
        queues: The queues, all with the same number of intervals.
        groups: The groups of agents.
    """

    interval_seconds: float
    queues: tuple[Queue, ...]
    groups: tuple[AgentGroup, ...]

    def __post_init__(self) -> None:
        """Refuse ids that come twice, skills for queues that are not there, and grids that differ."""
        if not self.queues or not 0 < self.interval_seconds < np.inf:
            raise DataError("a floor needs at least one queue and intervals longer than 0 s")
        _refuse_twice("queue_id", [queue.queue_id for queue in self.queues])
        _refuse_twice("group_id", [group.group_id for group in self.groups])
        lengths = {len(queue.calls) for queue in self.queues}
        if len(lengths) != 1 or lengths == {0}:
            raise DataError(f"every queue needs the same number of intervals, at least one, got {sorted(lengths)}")
        agents = sum(len(group.agents) for group in self.groups)
        if agents > MOST_AGENTS:
            raise DataError(f"a floor takes at most {MOST_AGENTS:,} agents, got {agents:,}", got=agents)
        known = {queue.queue_id for queue in self.queues}
        for group in self.groups:
            unknown = sorted(set(group.levels) - known)
            if unknown:
                raise DataError(
                    f"group {group.group_id!r} serves unknown queues {', '.join(unknown)}; known are "
                    f"{', '.join(sorted(known))}",
                    group=group.group_id,
                )

    @property
    def n_intervals(self) -> int:
        """Number of intervals."""
        return len(self.queues[0].calls)

    @property
    def ends(self) -> float:
        """End of the last interval [s]."""
        return self.n_intervals * self.interval_seconds

    def level_matrix(self) -> np.ndarray:
        """Level of each group for each queue, 0 where it has no skill, shape (n_groups, n_queues)."""
        rows = [[group.levels.get(queue.queue_id, 0) for queue in self.queues] for group in self.groups]
        return np.array(rows, dtype=np.int64).reshape(len(self.groups), len(self.queues))


def _refuse_twice(name: str, ids: Sequence[str]) -> None:
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise DataError(f"{name} {', '.join(twice)} comes twice; ids name one thing each", got=twice)


def present_throughout(agents: int, ends: float) -> tuple[tuple[Stint, ...], ...]:
    """Agents who are there from the first second to the last.

    Args:
        agents: How many [count], >= 0.
        ends: End of the last interval [s].

    Returns:
        One stint each.

    Raises:
        DataError: a negative number of agents.
    """
    if agents < 0:
        raise DataError(f"agents must be 0 or more, got {agents}", got=agents)
    return tuple((Stint(0.0, ends),) for _ in range(agents))


def present_by_interval(agents: Sequence[int], interval_seconds: float) -> tuple[tuple[Stint, ...], ...]:
    """Agents from their number in each interval: the k-th is there wherever the number is at least k.

    Args:
        agents: Agents per interval [count], shape (n_intervals,).
        interval_seconds: Length of an interval [s].

    Returns:
        Stints of as many agents as the largest number; neighbouring intervals are one stint.

    Raises:
        DataError: a negative number of agents.

    Example:
        >>> [len(stints) for stints in present_by_interval([1, 2, 0, 2], 1800.0)]
        [2, 2]
    """
    counts = np.asarray(agents, dtype=np.int64)
    if np.any(counts < 0):
        raise DataError(f"agents must be 0 or more in every interval, got {counts.min()}")
    most = int(counts.max(initial=0))
    return tuple(_runs(counts >= number, interval_seconds) for number in range(1, most + 1))


def _runs(is_there: np.ndarray, interval_seconds: float) -> tuple[Stint, ...]:
    change = np.diff(np.concatenate([[0], is_there.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return tuple(
        Stint(start * interval_seconds, end * interval_seconds)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    )
