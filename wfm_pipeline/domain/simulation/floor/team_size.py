"""The smallest teams that meet every queue's service level, found by simulation.

For pooled skills no formula is exact, so teams of one size are tried on the same callers (common
random numbers) and the search walks to a set of sizes from which no single agent can be taken away.
That is a local optimum: another mix of groups may be cheaper. Not here: one queue alone, whose
requirement is exact (domain/staffing).
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.simulation.floor.centre import Floor, present_throughout
from wfm_pipeline.domain.simulation.floor.draws import Callers, draw_callers
from wfm_pipeline.domain.simulation.floor.measures import QUEUE_MEASURES, measure
from wfm_pipeline.domain.simulation.floor.run import crew_of, run_callers
from wfm_pipeline.errors import DataError, WfmError

Sizes = tuple[int, ...]
_SHARES: Final = 1_000
"""Equally likely handle times whose mean stands for the mean of them all [count]."""


class TargetOutOfReachError(WfmError):
    """No team of the allowed size meets the targets."""


@dataclass(frozen=True, slots=True)
class TeamSizes:
    """Answer of the search.

    Attributes:
        agents: group_id -> smallest number of agents [count].
        service_level: queue_id -> share answered in target over offered at these sizes [0..1].
        tried: Different sets of sizes that were simulated [count].
    """

    agents: Mapping[str, int]
    service_level: Mapping[str, float]
    tried: int


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search.

    Attributes:
        seed: Seed of the callers.
        runs: Runs per set of sizes.
        warm_up_intervals: Intervals at the start that do not count; the floor begins empty.
        agents_max: Most agents of one group.
    """

    seed: int
    runs: int = 5
    warm_up_intervals: int = 1
    agents_max: int = 2_000


def smallest_teams(
    floor: Floor,
    targets: Mapping[str, float],
    *,
    options: SearchOptions,
    on_try: Callable[[Mapping[str, int]], None] = lambda _sizes: None,
) -> TeamSizes:
    """Smallest sizes of the floor's groups, each present throughout, that meet every target.

    Steps: (1) steps of a power of two: while a queue misses its target, the step goes to the group that
    takes most off the sum of misses (each miss weighed by the queue's calls); a tie goes to the group with
    fewer skills, then to the first. (2) Each group in turn gives the step back where all targets still hold,
    the one with most skills first. (3) The step is halved, down to 1. At the end no group can give one agent.

    Args:
        floor: Queues, and groups whose skills count and whose agents do not.
        targets: queue_id -> service level wanted (0, 1) over the whole floor; a queue without one has none.
        options: How to search.
        on_try: Told each new set of sizes.

    Returns:
        Sizes, and what they reach.

    Raises:
        DataError: an unknown queue, a target outside (0, 1), a queue with a target that no group serves,
            or no interval left after the warm-up.
        TargetOutOfReachError: `agents_max` agents in a group do not suffice.

    Source:
        Local search over sizes with common random numbers, as in Cezik & L'Ecuyer (2008), Staffing
        multiskill call centers via linear programming and simulation, Management Science 54(2), whose
        cutting planes are not used here.
    """
    _check(floor, targets, options)
    trial = _Trial(floor, targets, options, on_try)
    sizes: Sizes = (0,) * len(floor.groups)
    step = 1 << max(int(np.ceil(np.log2(_load(floor) + 1))) - 1, 0)
    while step:
        sizes = _add_until_met(trial, sizes, step)
        sizes = _give_back(trial, sizes, step)
        step //= 2
    levels = trial.levels(sizes)
    return TeamSizes(
        {group.group_id: size for group, size in zip(floor.groups, sizes, strict=True)},
        {queue.queue_id: float(level) for queue, level in zip(floor.queues, levels, strict=True)},
        len(trial.known),
    )


def _check(floor: Floor, targets: Mapping[str, float], options: SearchOptions) -> None:
    served = {queue_id for group in floor.groups for queue_id in group.levels}
    known = {queue.queue_id for queue in floor.queues}
    for queue_id, target in targets.items():
        if queue_id not in known or queue_id not in served:
            what = "is not among the queues" if queue_id not in known else "is served by no group"
            raise DataError(f"queue {queue_id!r} has a target and {what}: {', '.join(sorted(known))}", queue=queue_id)
        if not 0 < target < 1:
            raise DataError(
                f"service level of queue {queue_id!r} must be in (0, 1), got {target}; write 80 % as 0.80",
                queue=queue_id,
            )
    if not 0 <= options.warm_up_intervals < floor.n_intervals:
        raise DataError(
            f"warm-up of {options.warm_up_intervals} intervals leaves none of {floor.n_intervals} to count",
            got=options.warm_up_intervals,
        )


def _load(floor: Floor) -> float:
    """Offered load of a mean interval [erlangs], near enough to choose the first step."""
    shares = (np.arange(_SHARES) + 0.5) / _SHARES
    mean = [float(np.mean(queue.handle.at(shares))) for queue in floor.queues]
    calls = [float(queue.calls.mean()) for queue in floor.queues]
    return float(np.dot(mean, calls)) / floor.interval_seconds


class _Trial:
    """Simulates sets of sizes on the same callers and remembers what came out."""

    def __init__(
        self,
        floor: Floor,
        targets: Mapping[str, float],
        options: SearchOptions,
        on_try: Callable[[Mapping[str, int]], None],
    ) -> None:
        self.floor, self.options, self._on_try = floor, options, on_try
        self.targets = np.array([targets.get(queue.queue_id, 0.0) for queue in floor.queues])
        self._callers: list[Callers] = [
            draw_callers(floor, seed=options.seed, replication=run) for run in range(options.runs)
        ]
        self.known: dict[Sizes, tuple[np.ndarray, np.ndarray]] = {}

    def levels(self, sizes: Sizes) -> np.ndarray:
        """Service level per queue; 1 where no call came."""
        offered, met = self._sums(sizes)
        return np.divide(met, offered, out=np.ones(len(offered)), where=offered > 0)

    def miss(self, sizes: Sizes) -> float:
        """Calls by which the targets are missed, summed over the queues; 0 means that all are met."""
        offered, met = self._sums(sizes)
        return float(np.maximum(self.targets * offered - met, 0.0).sum())

    def _sums(self, sizes: Sizes) -> tuple[np.ndarray, np.ndarray]:
        if sizes not in self.known:
            self._on_try({group.group_id: size for group, size in zip(self.floor.groups, sizes, strict=True)})
            self.known[sizes] = self._simulate(sizes)
        return self.known[sizes]

    def _simulate(self, sizes: Sizes) -> tuple[np.ndarray, np.ndarray]:
        groups = tuple(
            dataclasses.replace(group, agents=present_throughout(size, self.floor.ends))
            for group, size in zip(self.floor.groups, sizes, strict=True)
        )
        floor = dataclasses.replace(self.floor, groups=groups)
        crew = crew_of(floor)
        counted = slice(self.options.warm_up_intervals, None)
        total = sum(measure(floor, crew, run_callers(floor, crew, callers)).queues for callers in self._callers)
        sums = np.asarray(total)[:, :, counted].sum(axis=2)
        return sums[QUEUE_MEASURES.index("calls_offered")], sums[QUEUE_MEASURES.index("answered_in_target")]


def _add_until_met(trial: _Trial, sizes: Sizes, step: int) -> Sizes:
    skills = [len(group.levels) for group in trial.floor.groups]
    while trial.miss(sizes) > 0:
        larger = [_changed(sizes, group, step) for group in range(len(sizes))]
        allowed = [group for group in range(len(sizes)) if larger[group][group] <= trial.options.agents_max]
        if not allowed and step > 1:
            return sizes
        if not allowed:
            raise TargetOutOfReachError(
                f"the targets are not met with {trial.options.agents_max} agents in every group; check calls, handle "
                "times and targets",
                agents_max=trial.options.agents_max,
            )
        best = min(allowed, key=lambda group: (trial.miss(larger[group]), skills[group], group))
        sizes = larger[best]
    return sizes


def _give_back(trial: _Trial, sizes: Sizes, step: int) -> Sizes:
    by_skills = sorted(range(len(sizes)), key=lambda group: (-len(trial.floor.groups[group].levels), group))
    for group in by_skills:
        while sizes[group] >= step and trial.miss(_changed(sizes, group, -step)) == 0:
            sizes = _changed(sizes, group, -step)
    return sizes


def _changed(sizes: Sizes, group: int, by: int) -> Sizes:
    return (*sizes[:group], sizes[group] + by, *sizes[group + 1 :])
