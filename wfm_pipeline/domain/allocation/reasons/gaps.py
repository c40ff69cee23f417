"""Why a demand is short, in facts and in words: who is eligible, where they went, which one skill or state would help.

Not here: why a person has a demand (explain), or whether the allocation is right (judge).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wfm_pipeline.domain.allocation.faults import UnknownValueError
from wfm_pipeline.domain.allocation.problem import ANY_STATE, Demand, Problem
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation
from wfm_pipeline.domain.allocation.week.ideal import heads_by_locality
from wfm_pipeline.errors import MOST_NAMED


class GapExplainer:
    """Answers questions about the demands of one allocation."""

    def __init__(self, allocation: Allocation, *, optimum: Sequence[int] | None = None) -> None:
        """Take an allocation.

        Args:
            allocation: The allocation.
            optimum: Best possible counts per demand (`optimal_counts`); None takes the allocation's own.
        """
        self.allocation = allocation
        self._best = allocation.assigned if optimum is None else optimum
        self._almost = AlmostEligible(allocation.problem)
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
        return GapExplanation(
            demands[position],
            allocation.ideal[position],
            allocation.assigned[position],
            allocation.ideal[position] - self._best[position],
            len(eligible),
            tuple(
                (demands[other].demand_id, people)
                for other, people in sorted(places.items(), key=lambda place: (-place[1], place[0]))
            ),
            self._remedies(demands[position]),
            is_place_empty=canonical_locality(demands[position].locality) not in self._places,
        )

    def _remedies(self, demand: Demand) -> "tuple[Remedy, ...]":
        """The one missing skill or state, with the people it would open the demand to."""
        lacking = (
            ("skill", demand.case_type, self._almost.lacking_skill(demand)),
            ("state", demand.state, self._almost.lacking_state(demand)),
        )
        remedies = [Remedy(what, value, len(people), self._spare(people)) for what, value, people in lacking if people]
        return tuple(sorted(remedies, key=lambda remedy: (-remedy.spare, -remedy.people, remedy.what)))

    def _spare(self, people: Collection[int]) -> int:
        """How many of them have no demand, or could leave theirs without taking it below its ideal."""
        allocation = self.allocation
        places = Counter(allocation.choice[person] for person in people)
        free = places.pop(-1, 0)
        surplus = ((count, allocation.assigned[place] - allocation.ideal[place]) for place, count in places.items())
        return free + sum(min(count, max(0, int(over))) for count, over in surplus)


class AlmostEligible:
    """Available people who lack exactly one thing for a demand, found by what they have."""

    def __init__(self, problem: Problem) -> None:
        """Index the people who are there at least one day by platform, locality, skill and state."""
        self._with_skill: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
        self._with_state: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
        for person, (one, days) in enumerate(zip(problem.resources, problem.days_present, strict=True)):
            if days > 0:
                place = (one.platform, canonical_locality(one.locality))
                for skill in one.skills:
                    self._with_skill[*place, skill].add(person)
                for state in one.states:
                    self._with_state[*place, state].add(person)

    def lacking_skill(self, demand: Demand) -> set[int]:
        """Who could do a demand but for the skill.

        Args:
            demand: The demand.

        Returns:
            Positions of the resources who lack only that.
        """
        skilled, in_state = self._have(demand)
        return in_state - skilled

    def lacking_state(self, demand: Demand) -> set[int]:
        """Who could do a demand but for the state.

        Args:
            demand: The demand.

        Returns:
            Positions of the resources who lack only that.
        """
        skilled, in_state = self._have(demand)
        return skilled - in_state

    def _have(self, demand: Demand) -> tuple[set[int], set[int]]:
        """Who has the skill, and who the state, itself or through `N/A`."""
        place = (demand.platform, canonical_locality(demand.locality))
        own, wild = (self._with_state.get((*place, state), set()) for state in (demand.state, ANY_STATE))
        return self._with_skill.get((*place, demand.case_type), set()), own | wild


@dataclass(frozen=True, slots=True)
class Remedy:
    """One skill or state that would open the demand to more people.

    Attributes:
        what: `skill` or `state`.
        value: Which.
        people: People who lack nothing else [count].
        spare: Those of them who are unassigned or above the ideal where they are now [count].
    """

    what: str
    value: str
    people: int
    spare: int


@dataclass(frozen=True, slots=True)
class GapExplanation:
    """Why a demand is short.

    Attributes:
        demand: The demand.
        ideal_fte: Its ideal [FTE].
        assigned: Its people [count].
        structural_gap: Ideal - the best possible count: nobody else is eligible [FTE].
        eligible: Available people who may do it [count].
        elsewhere: (demand id, people) of the eligible who work on other demands, most first.
        remedies: What would open it to more people, the most useful first.
        is_place_empty: Nobody of its locality is available, so that every ideal share there is 0.
    """

    demand: Demand
    ideal_fte: float
    assigned: int
    structural_gap: float
    eligible: int
    elsewhere: tuple[tuple[str | int, int], ...]
    remedies: tuple[Remedy, ...]
    is_place_empty: bool

    @property
    def gap(self) -> float:
        """Ideal - assigned [FTE]; below 0 is a surplus."""
        return self.ideal_fte - self.assigned

    @property
    def closing(self) -> Remedy | None:
        """The one skill or state with enough spare people to close the gap; None where there is none."""
        return next((remedy for remedy in self.remedies if remedy.spare >= self.gap), None) if self.gap > 0 else None

    @property
    def reason(self) -> str:
        """Sentences: who is eligible, where they went, what would help."""
        if self.is_place_empty:
            return f"Nobody of {self.demand.locality} is available: every ideal share there is 0."
        words = [f"Eligible: {self.eligible}{self._went}." if self.eligible else "Nobody is eligible."]
        words += [
            f"With {remedy.what} {remedy.value!r}, {remedy.people} more would be eligible, {remedy.spare} of them spare."
            for remedy in self.remedies
            if self.gap > 0
        ]
        if self.gap < 0:
            words.append(f"{-self.gap:.2f} above its ideal: people who may do nothing else are here; cross-train them.")
        if 0 < self.gap < 1:
            words.append("The gap is less than one person: people are whole, shares are not.")
        if self.gap > 0:
            closing = self.closing
            words.append(
                f"The {closing.what} {closing.value!r} alone would close the gap."
                if closing
                else "No single skill or state closes it with people who can be spared."
            )
        return " ".join(words)

    @property
    def _went(self) -> str:
        named = ", ".join(f"{people} on demand {other}" for other, people in self.elsewhere[:MOST_NAMED])
        others = self.elsewhere[MOST_NAMED:]
        more = f", {sum(people for _, people in others)} on {len(others)} more" if others else ""
        return f"; {named}{more}" if named else "; none elsewhere"

    def __str__(self) -> str:
        demand = self.demand
        name = f"Demand {demand.demand_id} ({demand.platform}, {demand.locality}, {demand.case_type}, {demand.state})"
        return f"{name}: ideal {self.ideal_fte:.2f}, assigned {self.assigned}, gap {self.gap:.2f}. {self.reason}"
