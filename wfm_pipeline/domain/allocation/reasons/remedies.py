"""Which one skill or state would open a demand to more people, and who of them can be spared.

Not here: whether it would help (trials), and the words (gaps).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from math import floor
from typing import Final, Literal

from wfm_pipeline.domain.allocation.problem import ANY_STATE, Demand, Problem, Resource
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation
from wfm_pipeline.domain.arrays import ROUNDING

What = Literal["skill", "state"]
_FIELDS: Final = {"skill": "skills", "state": "states"}


@dataclass(frozen=True, slots=True)
class Remedy:
    """One skill or state that would open the demand to more people.

    Attributes:
        what: `skill` or `state`.
        value: Which.
        lacking: People who lack nothing else, by position.
        spare_people: Those of them who can be spared (`Spare`), by position.
    """

    what: What
    value: str
    lacking: tuple[int, ...]
    spare_people: tuple[int, ...]

    @property
    def people(self) -> int:
        """People who lack nothing else [count]."""
        return len(self.lacking)

    @property
    def spare(self) -> int:
        """Those of them who can be spared [count]."""
        return len(self.spare_people)

    def given_to(self, person: Resource) -> Resource:
        """The person, having learnt it.

        Args:
            person: Somebody who lacks it.

        Returns:
            The same person with the skill or state.
        """
        field = _FIELDS[self.what]
        return replace(person, **{field: getattr(person, field) | {self.value}})

    def news(self, person: Resource) -> tuple[frozenset[str], frozenset[str]]:
        """What is new of a person who has learnt it: skills and states of pairs that were not there.

        Args:
            person: Somebody who lacks it.

        Returns:
            The new skill with all states, or all skills with the new state.
        """
        new = frozenset({self.value})
        return (new, person.states) if self.what == "skill" else (person.skills, new)


class Spare:
    """Who has no demand, or could leave theirs without taking it below its ideal; nobody is taken twice."""

    def __init__(self, allocation: Allocation) -> None:
        self._choice = allocation.choice
        pairs = zip(allocation.assigned, allocation.ideal, strict=True)
        self._left = [max(0, floor(assigned - ideal + ROUNDING)) for assigned, ideal in pairs]
        self._taken: set[int] = set()

    def is_free(self, person: int) -> bool:
        """True where a person can be spared, and is not counted for a demand yet.

        Args:
            person: Position of the resource.

        Returns:
            False as well where the person's demand has nobody above its ideal left.
        """
        demand = self._choice[person]
        return person not in self._taken and (demand < 0 or self._left[demand] > 0)

    def all_free(self, people: Iterable[int]) -> list[int]:
        """Who of some people is free (`is_free`), each by themselves.

        Args:
            people: Positions of resources.

        Returns:
            Those who are, in the same order.
        """
        choice, left, taken = self._choice, self._left, self._taken
        return [one for one in people if (choice[one] < 0 or left[choice[one]] > 0) and one not in taken]

    def among(self, people: Iterable[int]) -> tuple[int, ...]:
        """Who of some people can be spared, all at once.

        Args:
            people: Positions of resources, in the order in which they are preferred.

        Returns:
            Those who can be spared: unassigned ones first, then of each demand as many as it has above its ideal.
        """
        free, placed, left = [], [], self._left.copy()
        choice, taken = self._choice, self._taken
        for person in people:
            demand = choice[person]
            if person in taken:
                continue
            if demand < 0:
                free.append(person)
            elif left[demand] > 0:
                left[demand] -= 1
                placed.append(person)
        return (*free, *placed)

    def take(self, people: Iterable[int]) -> None:
        """Count people for a demand, so that no other one is promised them.

        Args:
            people: Positions of resources who could be spared.
        """
        for person in people:
            self._taken.add(person)
            if self._choice[person] >= 0:
                self._left[self._choice[person]] -= 1


class Remedies:
    """The remedies of every demand of an allocation."""

    def __init__(self, allocation: Allocation) -> None:
        self._demands = allocation.problem.demands
        self._almost = AlmostEligible(allocation.problem)
        self._spare = Spare(allocation)
        self._known: dict[int, tuple[Remedy, ...]] = {}

    def of(self, position: int) -> tuple[Remedy, ...]:
        """The one missing skill or state of a demand, with the people it would open the demand to.

        Args:
            position: Position of the demand.

        Returns:
            At most one skill and one state, the one with more people to spare first.
        """
        if position not in self._known:
            self._known[position] = self._of(self._demands[position])
        return self._known[position]

    def _of(self, demand: Demand) -> tuple[Remedy, ...]:
        found = [
            self._remedy("skill", demand.case_type, self._almost.lacking_skill(demand)),
            self._remedy("state", demand.state, self._almost.lacking_state(demand)),
        ]
        order = sorted(found, key=lambda remedy: (-remedy.spare, -remedy.people, remedy.what))
        return tuple(remedy for remedy in order if remedy.people)

    def _remedy(self, what: What, value: str, people: Collection[int]) -> Remedy:
        lacking = tuple(sorted(people))
        return Remedy(what, value, lacking, self._spare.among(lacking))


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
        # Whoever is pinned may do nothing else, whatever they learn.
        pairs = (
            [(person, problem.pairs_of(one)) for person, one in enumerate(problem.resources)] if problem.pairs else []
        )
        self._pinned = {person for person, decided in pairs if decided.pinned is not None}
        self._forbidden: defaultdict[str, set[int]] = defaultdict(set)
        for person, decided in pairs:
            for name in decided.forbidden:
                self._forbidden[name].add(person)

    def lacking_skill(self, demand: Demand) -> set[int]:
        """Who could do a demand but for the skill.

        Args:
            demand: The demand.

        Returns:
            Positions of the resources who lack only that.
        """
        skilled, in_state = self._have(demand)
        return self._free(in_state - skilled, demand)

    def lacking_state(self, demand: Demand) -> set[int]:
        """Who could do a demand but for the state.

        Args:
            demand: The demand.

        Returns:
            Positions of the resources who lack only that.
        """
        skilled, in_state = self._have(demand)
        return self._free(skilled - in_state, demand)

    def _free(self, people: set[int], demand: Demand) -> set[int]:
        """Those of them whom no planner keeps from the demand."""
        return people - self._pinned - self._forbidden.get(str(demand.demand_id), set())

    def _have(self, demand: Demand) -> tuple[set[int], set[int]]:
        """Who has the skill, and who the state, itself or through `N/A`."""
        place = (demand.platform, canonical_locality(demand.locality))
        own, wild = (self._with_state.get((*place, state), set()) for state in (demand.state, ANY_STATE))
        return self._with_skill.get((*place, demand.case_type), set()), own | wild


def unmet_people(gap: float) -> int:
    """How many more people bring a demand as near to its ideal as whole people can.

    Args:
        gap: Ideal - assigned [FTE].

    Returns:
        People [count]; of two counts that are as near the smaller one, and none where the gap is half a person or less.

    Example:
        >>> [unmet_people(gap) for gap in (4.5, 4.6, 0.5, -2.0)]
        [4, 5, 0, 0]
    """
    return max(0, -floor(0.5 - gap + ROUNDING))
