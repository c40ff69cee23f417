"""Why a demand is short, in facts and in words: who is eligible, where they went, which advice was tried out and holds.

Here: the facts of one demand and their sentences; a test carries every one of them out. Not here: who lacks what
(remedies), what was tried (trials), why a person has a demand (explain), or whether the allocation is right (judge).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wfm_pipeline.domain.allocation.faults import UnknownValueError
from wfm_pipeline.domain.allocation.problem import Demand
from wfm_pipeline.domain.allocation.reasons.remedies import Remedy, What
from wfm_pipeline.domain.allocation.reasons.trials import Advice, Adviser, Outcome
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality, first_refusal
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation
from wfm_pipeline.domain.allocation.week.ideal import heads_by_locality
from wfm_pipeline.domain.arrays import ROUNDING
from wfm_pipeline.errors import MOST_NAMED

OUTCOME_WORDS: Final[dict[Outcome, str]] = {
    "nobody": "Nobody who is there lacks only the skill or only the state for it.",
    "none_spare": "None of them can be spared: all work where no whole person is above the ideal.",
    "taken": "Who can be spared is already counted for other demands' gaps.",
    "no_help": "{tried} the gap does not come nearer to 0, or the week gets worse.",
    "not_together": "{tried} the gap falls, but not together with the advice for other demands.",
    "untried": "Not tried out: the week has too many people and gaps to try everything; the largest gaps went first.",
}
"""What is said where there is no advice, by what came of looking for it; `tried` is what was tried out last."""


class GapExplainer:
    """Answers questions about the demands of one allocation."""

    def __init__(self, allocation: Allocation, *, optimum: Sequence[int] | None = None) -> None:
        """Take an allocation; what would help is worked out when it is asked for.

        Args:
            allocation: The allocation.
            optimum: Best possible counts per demand (`optimal_counts`); None takes the allocation's own.
        """
        self.allocation = allocation
        self.adviser = Adviser(allocation)
        self._best = allocation.assigned if optimum is None else optimum
        self._places = set(heads_by_locality(allocation.problem))
        demands = allocation.problem.demands
        self._position_of = {str(demand.demand_id): position for position, demand in enumerate(demands)}

    def gap(self, demand_id: str | int) -> "GapExplanation":
        """Why a demand has fewer people than its ideal, and what would help.

        Args:
            demand_id: Id of the demand.

        Returns:
            The explanation; `str` of it is its words.

        Raises:
            UnknownValueError: there is no such demand.
        """
        position = self._position_of.get(str(demand_id))
        if position is None:
            raise UnknownValueError(
                f"no demand {demand_id!r} in {self.allocation.problem.week_hours.week}", got=demand_id
            )
        return self.gap_at(position)

    def gap_at(self, position: int) -> "GapExplanation":
        """Why a demand has fewer people than its ideal, and what would help, by position.

        Args:
            position: Position of the demand in the problem.

        Returns:
            The explanation.
        """
        allocation, demands = self.allocation, self.allocation.problem.demands
        eligible = allocation.eligibility.resources_by_demand[position]
        places = Counter(allocation.choice[person] for person in eligible)
        del places[position]
        assigned, ideal = allocation.assigned[position], allocation.ideal[position]
        advice = self.adviser.advice(position)
        return GapExplanation(
            demands[position],
            ideal,
            assigned,
            ideal - self._best[position],
            len(eligible),
            tuple(
                (demands[other].demand_id, people)
                for other, people in sorted(places.items(), key=lambda place: (-place[1], place[0]))
            ),
            self.adviser.remedies.of(position) if ideal > assigned else (),
            is_place_empty=canonical_locality(demands[position].locality) not in self._places,
            advice=self._promise(advice, people=len(advice.people)) if advice else None,
            outcome=self.adviser.outcome(position),
            refused=tuple(self._promise(one, people=len(one.people)) for one in self.adviser.refused(position)),
            only_here=sum(self._may_only(person) for person in eligible) if assigned > ideal else 0,
            leaving=tuple(self._promise(one, people=people) for one, people in self.adviser.leaving(position)),
            decided=self._decided(position),
        )

    def _decided(self, position: int) -> int:
        problem, eligibility = self.allocation.problem, self.allocation.eligibility
        block, bit = eligibility.block_of_demand[position], eligibility.bit_of[position]
        return sum(
            not left >> bit & 1
            and eligibility.block_of[person] == block
            and problem.days_present[person] > 0
            and first_refusal(problem.resources[person], problem.demands[position]) is None
            for person, left in eligibility.left.items()
        )

    def _may_only(self, person: int) -> bool:
        return self.allocation.eligibility.eligible[person].bit_count() == 1

    def _promise(self, advice: Advice, *, people: int) -> "Promise":
        problem, allocation = self.allocation.problem, self.allocation
        names = tuple(problem.resources[person].cn for person in advice.people)
        before = allocation.ideal[advice.demand] - allocation.assigned[advice.demand]
        demand = problem.demands[advice.demand].demand_id
        return Promise(demand, advice.what, advice.value, names, people, before, advice.gap, advice.is_closing)


@dataclass(frozen=True, slots=True)
class Promise:
    """Advice that was tried out, in names.

    Attributes:
        demand_id: The demand it is for.
        what: `skill` or `state`.
        value: Which.
        cns: Who would learn it; personal data.
        people: How many of them work on the demand that is spoken of; all, where it is the advice's own [count].
        gap_before, gap_after: Gap of `demand_id` now and then [FTE].
        is_closing: What is left of the gap is less than one person.
    """

    demand_id: str | int
    what: What
    value: str
    cns: tuple[str, ...]
    people: int
    gap_before: float
    gap_after: float
    is_closing: bool

    @property
    def tried(self) -> str:
        """What was tried out, up to the comma."""
        return f"Tried out: with {self.what} {self.value!r} for {self.heads} who can be spared,"

    @property
    def heads(self) -> str:
        """How many people would learn it."""
        return "1 person" if len(self.cns) == 1 else f"{len(self.cns)} people"

    @property
    def change(self) -> str:
        """From which gap to which."""
        return f"from {self.gap_before:.2f} to {self.gap_after:.2f}"


@dataclass(frozen=True, slots=True)
class GapExplanation:
    """Why a demand is short.

    Attributes:
        demand: The demand.
        ideal_fte: Its ideal [FTE].
        assigned: Its people [count].
        structural_gap: Ideal - its count in the week with the smallest total gap [FTE].
        eligible: Available people who may do it [count].
        elsewhere: (demand id, people) of the eligible who work on other demands, most first.
        remedies: What would open it to more people, that with more people to spare first; none where it is not short.
        is_place_empty: Nobody of its locality is available, so that every ideal share there is 0.
        advice: What makes the gap smaller, alone and with all other advice carried out; None where nothing does.
        outcome: What came of looking for advice; None where no whole person is missing.
        refused: What was tried for it and is not advised.
        only_here: Where it has more than its ideal, its people who may do nothing else [count].
        leaving: Advice for other demands that trains people of this one.
        decided: People who are there and would be eligible, but for planners' pairs [count].
    """

    demand: Demand
    ideal_fte: float
    assigned: int
    structural_gap: float
    eligible: int
    elsewhere: tuple[tuple[str | int, int], ...]
    remedies: tuple[Remedy, ...]
    is_place_empty: bool
    advice: Promise | None = None
    outcome: Outcome | None = None
    refused: tuple[Promise, ...] = ()
    only_here: int = 0
    leaving: tuple[Promise, ...] = ()
    decided: int = 0

    @property
    def gap(self) -> float:
        """Ideal - assigned [FTE]; below 0 is a surplus."""
        return self.ideal_fte - self.assigned

    @property
    def closing(self) -> Promise | None:
        """The advice, where it leaves less than one person of the gap."""
        return self.advice if self.advice and self.advice.is_closing else None

    @property
    def reason(self) -> str:
        """Sentences without anybody's name: who is eligible, where they went, what would help."""
        if self.is_place_empty:
            return f"Nobody of {self.demand.locality} is available: every ideal share there is 0."
        words = [f"Eligible: {self.eligible}{self._went}." if self.eligible else "Nobody is eligible."]
        if self.decided:
            words.append(f"By planners' pairs {self.decided} who could do it may not.")
        if self.gap > ROUNDING:
            words += self._shortage
        elif self.gap < -ROUNDING:
            words += self._surplus
        return " ".join(words)

    @property
    def _shortage(self) -> list[str]:
        words = [
            f"With {one.what} {one.value!r}, {one.people} more would be eligible, {one.spare} of them spare."
            for one in self.remedies
        ]
        if self.outcome is None:
            words.append("The gap is at most half a person: one more would be as far above the ideal or further.")
        elif self.advice is not None:
            words.append(f"{self.advice.tried} the gap falls {self.advice.change}.")
        else:
            tried = self.refused[-1].tried if self.refused else ""
            words.append(OUTCOME_WORDS[self.outcome].format(tried=tried))
        return words

    @property
    def _surplus(self) -> list[str]:
        above = f"{-self.gap:.2f} above its ideal"
        only = f"; {self.only_here} of its people may do nothing else" if self.only_here else ""
        return [f"{above}{only}."] + [
            f"Cross-train {one.people} of its people: {one.tried[0].lower()}{one.tried[1:]} the gap of demand {one.demand_id} "
            f"falls {one.change}."
            for one in self.leaving[:MOST_NAMED]
        ]

    @property
    def _went(self) -> str:
        named = ", ".join(f"{people} on demand {other}" for other, people in self.elsewhere[:MOST_NAMED])
        others = self.elsewhere[MOST_NAMED:]
        more = f", {sum(people for _, people in others)} on {len(others)} more" if others else ""
        return f"; {named}{more}" if named else "; none elsewhere"

    def __str__(self) -> str:
        demand = self.demand
        name = f"Demand {demand.demand_id} ({demand.platform}, {demand.locality}, {demand.case_type}, {demand.state})"
        words = f"{name}: ideal {self.ideal_fte:.2f}, assigned {self.assigned}, gap {self.gap:.2f}. {self.reason}"
        return f"{words} They are {_some(self.advice.cns)}." if self.advice else words


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown
