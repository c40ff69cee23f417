"""Advice that was tried out: which people would learn what, and the gap that the same strategy then leaves.

Here: what is proposed, the trials, and which advice holds, alone and beside all other advice of the week. Nobody is
promised to two demands. Not here: who lacks what and who can be spared (remedies), and the words (gaps).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from wfm_pipeline.domain.allocation.pairs import NO_PAIRS
from wfm_pipeline.domain.allocation.problem import Problem, Resource
from wfm_pipeline.domain.allocation.reasons.judge import fairness
from wfm_pipeline.domain.allocation.reasons.remedies import Remedies, Remedy, Spare, What, unmet_people
from wfm_pipeline.domain.allocation.strategies.gate import Eligibility, open_gate
from wfm_pipeline.domain.allocation.strategies.recount import recount
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation
from wfm_pipeline.domain.arrays import ROUNDING

Outcome = Literal["advised", "nobody", "none_spare", "taken", "no_help", "not_together", "untried"]
"""What came of looking for advice: it holds; nobody lacks one thing only; nobody can be spared; who can is counted for
another demand; tried, it does not help; it does not hold beside other advice; the week's trials were used up."""
MOST_TRIED: Final = 200_000
"""Cost of all trials of one week, as `Recount.cost` counts it: some seconds [count]."""
_WHOLE: Final = 1.0
"""Part of a gap that is left when people are whole stays below this [FTE]."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A skill or state for people who can be spared.

    Attributes:
        demand: Position of the demand it is for.
        remedy: The skill or state.
        people: Who would learn it, by position.
        assigned: People the demand then has, by the same strategy [count].
        gap: Ideal - assigned, then [FTE].
    """

    demand: int
    remedy: Remedy
    people: tuple[int, ...]
    assigned: int
    gap: float

    @property
    def what(self) -> What:
        """`skill` or `state`."""
        return self.remedy.what

    @property
    def value(self) -> str:
        """Which skill or state."""
        return self.remedy.value

    @property
    def is_closing(self) -> bool:
        """What is left of the gap is less than one person."""
        return abs(self.gap) < _WHOLE


@dataclass
class _Found:
    """What is known of a block's demands so far: advice that holds, advice that does not, and what came of it all."""

    advice: dict[int, Advice] = field(default_factory=dict)
    refused: dict[int, list[Advice]] = field(default_factory=lambda: defaultdict(list))
    outcome: dict[int, Outcome] = field(default_factory=dict)


class Trial:
    """One block of an allocation, which can be worked out again with other people in it."""

    def __init__(self, allocation: Allocation, block: int) -> None:
        """Take the people and demands of a block; blocks share nobody, so the other ones would come out as before."""
        problem, eligibility = allocation.problem, allocation.eligibility
        self.demands = tuple(eligibility.blocks[block].demands)
        people = [position for position, own in enumerate(eligibility.block_of) if own == block]
        present = [position for position in people if problem.days_present[position] > 0]
        self._position = {person: number for number, person in enumerate(present)}
        self.ideal = [allocation.ideal[demand] for demand in self.demands]
        gate = open_gate(_part(problem, present, self.demands))
        self._recount = recount(gate, self.ideal, allocation.options)
        self.chi_square_gap = self._chi_square([allocation.assigned[demand] for demand in self.demands])

    @property
    def cost(self) -> int:
        """What a trial costs, as `Recount.cost` counts it [count]."""
        return self._recount.cost

    def counts(self, changed: Mapping[int, Resource]) -> dict[int, int]:
        """People per demand if some people were other than they are.

        Args:
            changed: Position of a person of the block who is there -> what that person would be.

        Returns:
            Position of each demand of the block -> its people, by the allocation's strategy and options [count].
        """
        changed_here = {self._position[person]: new for person, new in changed.items()}
        return dict(zip(self.demands, self._recount.counts(changed_here), strict=True))

    def is_no_worse(self, counts: Mapping[int, int]) -> bool:
        """True where the block's people are spread no less fairly than they are now.

        Args:
            counts: Position of each demand of the block -> its people.

        Returns:
            False where the chi-square gap is larger.
        """
        return self._chi_square([counts[demand] for demand in self.demands]) <= self.chi_square_gap + ROUNDING

    def _chi_square(self, counts: list[int]) -> float:
        return fairness(counts, self.ideal).chi_square_gap


def _part(problem: Problem, people: Iterable[int], demands: Iterable[int]) -> Problem:
    """Some people and some demands of a week, in their order."""
    chosen = tuple(people)
    decided = ((problem.resources[person], problem.pairs_of(problem.resources[person])) for person in chosen)
    return Problem(
        problem.week_hours,
        tuple(problem.resources[person] for person in chosen),
        tuple(problem.demands[demand] for demand in demands),
        problem.tiers,
        problem.weight,
        tuple(problem.days_present[person] for person in chosen),
        with_windows=problem.with_windows,
        pairs={one.cn: pairs for one, pairs in decided if pairs is not NO_PAIRS},
    )


class Adviser:
    """Looks for the advice of a week, block by block as it is asked for; the demand furthest from its ideal is served first."""

    def __init__(self, allocation: Allocation) -> None:
        self._allocation = allocation
        self._eligibility: Eligibility = allocation.eligibility
        self._blocks: dict[int, _Found] = {}
        self._tried = 0

    @cached_property
    def remedies(self) -> Remedies:
        """What would open each demand to more people."""
        return Remedies(self._allocation)

    def advice(self, demand: int) -> Advice | None:
        """The advice for a demand that holds alone, and with all other advice carried out too.

        Args:
            demand: Position of the demand.

        Returns:
            The advice; None where there is none, or no gap of more than half a person.
        """
        return self._of(demand).advice.get(demand)

    def outcome(self, demand: int) -> Outcome | None:
        """What came of looking for it.

        Args:
            demand: Position of the demand.

        Returns:
            The outcome; None where there is no gap of more than half a person.
        """
        return self._of(demand).outcome.get(demand)

    def refused(self, demand: int) -> list[Advice]:
        """Advice for a demand that was tried and is not given, with what came of it.

        Args:
            demand: Position of the demand.

        Returns:
            Advice that does not help alone, or not beside all other advice.
        """
        return self._of(demand).refused.get(demand, [])

    def leaving(self, demand: int) -> list[tuple[Advice, int]]:
        """Advice for other demands that trains people of this one.

        Args:
            demand: Position of the demand.

        Returns:
            Each piece of advice with how many of its people work on this demand, in order of the demands.
        """
        choice, found = self._allocation.choice, self._of(demand).advice
        counted = ((advice, sum(choice[person] == demand for person in advice.people)) for advice in found.values())
        return sorted(((advice, people) for advice, people in counted if people), key=lambda pair: pair[0].demand)

    def _of(self, demand: int) -> _Found:
        block = self._eligibility.block_of_demand[demand]
        if block not in self._blocks:
            self._blocks[block] = self._look(block)
        return self._blocks[block]

    def _look(self, block: int) -> _Found:
        found = _Found()
        members = self._eligibility.blocks[block].demands
        short = sorted((one for one in members if unmet_people(self._gap(one))), key=self._leads.__getitem__)
        trial = Trial(self._allocation, block) if short else None
        waiting = short
        while trial and waiting:
            spare = Spare(self._allocation)
            spare.take(person for advice in found.advice.values() for person in advice.people)
            for demand in waiting:
                found.outcome[demand] = self._serve(trial, demand, spare, found)
            is_somebody_free_again = self._keep_what_holds_together(trial, found)
            waiting = [one for one in short if is_somebody_free_again and found.outcome[one] == "taken"]
        return found

    @cached_property
    def _leads(self) -> list[tuple[float, int]]:
        """How near each demand is to its ideal: who can do several goes to the one with the smallest lead."""
        pairs = enumerate(zip(self._allocation.assigned, self._allocation.ideal, strict=True))
        return [((people + 0.5) / ideal if ideal > 0 else math.inf, demand) for demand, (people, ideal) in pairs]

    def _gap(self, demand: int) -> float:
        return self._allocation.ideal[demand] - self._allocation.assigned[demand]

    def _serve(self, trial: Trial, demand: int, spare: Spare, found: _Found) -> Outcome:
        """Try what could help one demand; the first that does is kept, and its people are counted for it."""
        remedies = self.remedies.of(demand)
        if not any(remedy.spare for remedy in remedies):
            return "none_spare" if remedies else "nobody"
        proposals = ((remedy, spare.among(self._preferred(demand, remedy, spare))) for remedy in remedies)
        open_ones = sorted(((one, free) for one, free in proposals if free), key=lambda pair: -len(pair[1]))
        for remedy, free in open_ones:
            if self._tried + trial.cost > MOST_TRIED:
                return "no_help" if found.refused[demand] else "untried"
            advice, is_helping = self._try_twice(trial, demand, remedy, free)
            if is_helping:
                found.advice[demand] = advice
                spare.take(advice.people)
                return "advised"
            found.refused[demand].append(advice)
        return "no_help" if open_ones else "taken"

    def _preferred(self, demand: int, remedy: Remedy, spare: Spare) -> list[int]:
        """People a remedy is for, those first whom it opens no demand to that is further from its ideal than this one."""
        resources, free = self._allocation.problem.resources, spare.all_free(remedy.lacking)
        masks = [self._eligibility.opened_by(person, *remedy.news(resources[person])) for person in free]
        behind = self._behind(demand)
        order = ((bool(mask & behind), mask.bit_count(), person) for mask, person in zip(masks, free, strict=True))
        return [person for *_, person in sorted(order)]

    def _behind(self, demand: int) -> int:
        """Bit set of the demands of its block that are further from their ideal."""
        members, own = self._eligibility.blocks[self._eligibility.block_of_demand[demand]].demands, self._leads[demand]
        leads = self._leads
        return sum(1 << bit for bit, one in enumerate(members) if leads[one] < own)

    def _try_twice(self, trial: Trial, demand: int, remedy: Remedy, free: tuple[int, ...]) -> tuple[Advice, bool]:
        """Try with as many people as are missing; where some are drawn to other demands, once more with so many more."""
        wanted = unmet_people(self._gap(demand))
        first, is_helping = self._try(trial, demand, remedy, free[:wanted])
        missing = unmet_people(first.gap)
        if not missing or len(free) <= wanted:
            return first, is_helping
        second, is_second = self._try(trial, demand, remedy, free[: wanted + missing])
        is_better = is_second and (not is_helping or second.gap < first.gap)
        return (second, True) if is_better else (first, is_helping)

    def _try(self, trial: Trial, demand: int, remedy: Remedy, people: tuple[int, ...]) -> tuple[Advice, bool]:
        """What comes of advice that is carried out alone, and whether it helps the demand and harms nobody."""
        counts = self._counts(trial, dict.fromkeys(people, remedy))
        gap = self._allocation.ideal[demand] - counts[demand]
        is_nearer = abs(gap) < self._gap(demand) - ROUNDING
        return Advice(demand, remedy, people, counts[demand], gap), is_nearer and trial.is_no_worse(counts)

    def _counts(self, trial: Trial, learnt: Mapping[int, Remedy]) -> dict[int, int]:
        self._tried += trial.cost
        resources = self._allocation.problem.resources
        return trial.counts({person: remedy.given_to(resources[person]) for person, remedy in learnt.items()})

    def _keep_what_holds_together(self, trial: Trial, found: _Found) -> bool:
        """Drop advice that promises more than comes of it when all advice is carried out; true where some was dropped."""
        is_dropped = False
        while found.advice:
            advice = found.advice.values()
            counts = self._counts(trial, {person: one.remedy for one in advice for person in one.people})
            broken = [one.demand for one in advice if not self._is_kept(one, counts[one.demand])]
            if not broken and trial.is_no_worse(counts):
                break
            for demand in broken or list(found.advice):
                found.refused[demand].append(found.advice.pop(demand))
                found.outcome[demand] = "not_together"
                is_dropped = True
        return is_dropped

    def _is_kept(self, advice: Advice, assigned: int) -> bool:
        gap = self._allocation.ideal[advice.demand] - assigned
        return assigned >= advice.assigned and abs(gap) < self._gap(advice.demand) - ROUNDING
