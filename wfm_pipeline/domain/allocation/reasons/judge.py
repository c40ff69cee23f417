"""An independent judge of any allocation: is it allowed, and how fair is it?

Here: feasibility worked out again from the rows themselves, without the gate's indices or any
strategy, and the measures of fairness. Not here: why it came out so (explain).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wfm_pipeline.domain.allocation.pairs import NO_PAIRS
from wfm_pipeline.domain.allocation.problem import ANY_STATE, Problem, Resource
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality, first_refusal

Assignment = tuple[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Fairness:
    """How near the counts are to the ideal. NaN where there is no ideal above 0 to compare with.

    Attributes:
        staffed: People with a demand [count]; or their hours [h].
        unmet_share: Sum of max(0, ideal - assigned) over the sum of ideal [0..1]; lower is better.
        chi_square_gap: Sum of (assigned - ideal)^2 / ideal over ideal > 0 [0..inf); lower is better.
        jain_index: Jain's index of assigned / ideal over ideal > 0 (0..1]; 1 is perfectly even.
    """

    staffed: float
    unmet_share: float
    chi_square_gap: float
    jain_index: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge found.

    Attributes:
        misfits: (cn, demand id, first check that refuses the pair); `unavailable` for people who are not there.
        booked_twice: People named more than once.
        unknown: People or demands that are not in the problem.
        forgotten: People of the problem the answer does not mention.
        idle: People left unassigned though a demand is open to them.
        fairness: Measures of fairness.
    """

    misfits: tuple[tuple[str, str | int, str], ...]
    booked_twice: tuple[str, ...]
    unknown: tuple[str, ...]
    forgotten: tuple[str, ...]
    idle: tuple[str, ...]
    fairness: Fairness

    @property
    def is_feasible(self) -> bool:
        """Nobody twice, no misfit, nobody unknown, forgotten or needlessly idle."""
        return not (self.misfits or self.booked_twice or self.unknown or self.forgotten or self.idle)


def fairness(assigned: Sequence[float], ideal: Sequence[float]) -> Fairness:
    """Measures of fairness of counts against ideal FTE, or of hours against ideal hours.

    Args:
        assigned: People [count] or hours [h] per demand, >= 0.
        ideal: Ideal FTE or hours per demand, >= 0, in the same order.

    Returns:
        The measures; NaN without any ideal above 0.

    Source:
        Jain, Chiu & Hawe (1984), A Quantitative Measure of Fairness and Discrimination.

    Example:
        >>> found = fairness([2, 1], [1.5, 1.5])
        >>> [round(value, 4) for value in (found.unmet_share, found.chi_square_gap, found.jain_index)]
        [0.1667, 0.3333, 0.9]
    """
    pairs = [(count, share) for count, share in zip(assigned, ideal, strict=True) if share > 0]
    if not pairs:
        return Fairness(sum(assigned), math.nan, math.nan, math.nan)
    unmet = math.fsum(max(0.0, share - count) for count, share in pairs) / math.fsum(share for _, share in pairs)
    gap = math.fsum((count - share) ** 2 / share for count, share in pairs)
    ratios = [count / share for count, share in pairs]
    squares = math.fsum(ratio * ratio for ratio in ratios)
    jain = math.fsum(ratios) ** 2 / (len(ratios) * squares) if squares else math.nan
    return Fairness(sum(assigned), unmet, gap, jain)


def judge(problem: Problem, assignments: Iterable[Assignment], ideal: Sequence[float]) -> Verdict:
    """Check an answer against the rules, whoever made it.

    Args:
        problem: The week.
        assignments: (cn, demand id or None) pairs, one per person.
        ideal: Ideal FTE per demand, in the problem's order.

    Returns:
        What is wrong, if anything, and how fair the counts are.

    Source:
        docs/methods/allocation.md, steps 6 and 7. Of the gate one pair's check is used, and none of its indices; nothing of a strategy.
    """
    people = {one.cn: (one, days) for one, days in zip(problem.resources, problem.days_present, strict=True)}
    demands = {str(demand.demand_id): position for position, demand in enumerate(problem.demands)}
    named: Counter[str] = Counter()
    assigned = [0] * len(problem.demands)
    misfits, unknown, idle = [], [], []
    has_work = _open_work(problem)
    for cn, demand_id in assignments:
        named[cn] += 1
        # Who or what is unknown cannot be judged further, and counts nowhere.
        if cn not in people or (demand_id is not None and str(demand_id) not in demands):
            unknown.append(cn if cn not in people else str(demand_id))
            continue
        person, days = people[cn]
        if demand_id is None:
            if days > 0 and has_work(person):
                idle.append(cn)
            continue
        position = demands[str(demand_id)]
        assigned[position] += 1
        refusal = first_refusal(person, problem.demands[position], problem.pairs_of(person))
        check = refusal if days > 0 else "unavailable"
        if check is not None:
            misfits.append((cn, demand_id, check))
    return Verdict(
        tuple(misfits),
        tuple(cn for cn, times in named.items() if times > 1),
        tuple(unknown),
        tuple(cn for cn in people if cn not in named),
        tuple(idle),
        fairness(assigned, ideal),
    )


class _open_work:  # noqa: N801 - used as a function
    """Answers whether any demand is open to a person, from what the demands ask for."""

    def __init__(self, problem: Problem) -> None:
        self.states: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self.problem = problem
        for demand in problem.demands:
            self.states[demand.platform, canonical_locality(demand.locality), demand.case_type].add(demand.state)

    def __call__(self, person: Resource) -> bool:
        pairs = self.problem.pairs_of(person)
        if pairs is not NO_PAIRS:
            return any(first_refusal(person, demand, pairs) is None for demand in self.problem.demands)
        place = canonical_locality(person.locality)
        asked = [self.states.get((person.platform, place, skill), set()) for skill in person.skills]
        return any(states and (ANY_STATE in person.states or states & person.states) for states in asked)


def moved(previous: Mapping[str, str | int | None], current: Mapping[str, str | int | None]) -> int:
    """People who have a demand in both weeks, and not the same one.

    Args:
        previous: Last week's demand of each cn; None = none.
        current: This week's demand of each cn; None = none.

    Returns:
        Moves [count]; people who are new, gone or unassigned do not count.

    Example:
        >>> moved({"1": "a", "2": "b"}, {"1": "b", "2": "b", "3": "a"})
        1
    """
    return sum(
        demand is not None and previous.get(cn) is not None and str(previous[cn]) != str(demand)
        for cn, demand in current.items()
    )
