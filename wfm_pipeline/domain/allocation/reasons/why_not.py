"""Why one person does not have one demand: which checks refuse the pair and what would open it, or what moving would cost.

Not here: why a person has the demand there is (explain), or why a demand is short (gaps).
"""

from dataclasses import dataclass

from wfm_pipeline.domain.allocation.faults import UnknownValueError
from wfm_pipeline.domain.allocation.pairs import NO_PAIRS, PersonPairs
from wfm_pipeline.domain.allocation.problem import ANY_STATE, Demand, Resource
from wfm_pipeline.domain.allocation.reasons.explain import unassigned_reason
from wfm_pipeline.domain.allocation.reasons.judge import fairness
from wfm_pipeline.domain.allocation.strategies.gate import Check, canonical_locality
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a person does not have a demand.

    Attributes:
        person, demand: The pair.
        current_id: Demand the person has; None = unassigned.
        absence: Why the person is not there; None = there.
        refusals: Checks that refuse the pair, in the order in which they are made; none where it is open.
        gap_change: Chi-square gap of the week if the person were moved there, less that of now [FTE]; 0 where nobody is moved.
        pairs: What planners have decided about the person.
    """

    person: Resource
    demand: Demand
    current_id: str | int | None
    absence: str | None
    refusals: tuple[Check, ...]
    gap_change: float
    pairs: PersonPairs = NO_PAIRS

    @property
    def remedy(self) -> str | None:
        """Skill and state that would open the demand to the person; None where it is open, or that is not enough."""
        if not self.refusals or not set(self.refusals) <= {"skill", "state"}:
            return None
        named = {"skill": self.demand.case_type, "state": self.demand.state}
        return " and ".join(f"{check} {named[check]!r}" for check in self.refusals)

    def __str__(self) -> str:
        cn, name = self.person.cn, self.demand.demand_id
        if self.absence is not None:
            return f"{cn} is not given demand {name}: {self.absence}."
        if self.refusals:
            remedy = f" With {self.remedy} it would be open to {cn}." if self.remedy else ""
            return f"Demand {name} refuses {cn}: {'; '.join(self._words(check) for check in self.refusals)}.{remedy}"
        if self.current_id == name:
            return f"{cn} works on demand {name}."
        idle = "" if self.demand.weekly_forecast else " It has no work."
        return f"Demand {name} is open to {cn}, who works on demand {self.current_id}.{idle} {self._cost}"

    @property
    def _cost(self) -> str:
        change = f"{abs(self.gap_change):.3f}"
        larger = "larger" if self.gap_change > 0 else "smaller"
        words = f"would be {change} {larger}" if float(change) else "would stay as it is"
        return f"Moved there alone, the week's chi-square gap {words}."

    def _words(self, check: Check) -> str:
        person, demand = self.person, self.demand
        has = {
            "platform": f"it is on platform {demand.platform}, the person on {person.platform}",
            "locality": (
                f"it is in {canonical_locality(demand.locality)}, the person in {canonical_locality(person.locality)}"
            ),
            "skill": f"it needs skill {demand.case_type!r}, the person has {_listed(person.skills)}",
            "state": f"it is of state {demand.state!r}, the person lists {_listed(person.states)}",
            "pair": self.pairs.words(demand.demand_id),
        }
        return f"{check} ({has[check]})"


def why_not(allocation: Allocation, cn: str, demand_id: str | int) -> WhyNot:
    """Why a person does not have a demand.

    Args:
        allocation: The week.
        cn: Number of the person.
        demand_id: Id of the demand.

    Returns:
        The answer; `str` of it is its words. All checks are asked, and not the first that refuses only.

    Raises:
        UnknownValueError: nobody has that cn, or there is no such demand.
    """
    problem, eligibility = allocation.problem, allocation.eligibility
    position = eligibility.position_of(cn)
    numbers = {str(demand.demand_id): number for number, demand in enumerate(problem.demands)}
    if str(demand_id) not in numbers:
        raise UnknownValueError(f"no demand {demand_id!r} in {problem.week_hours.week}", got=demand_id)
    number, choice = numbers[str(demand_id)], allocation.choice[position]
    person, demand = problem.resources[position], problem.demands[number]
    is_absent = not person.is_active or problem.days_present[position] == 0
    refusals = refusals_of(person, demand, problem.pairs_of(person))
    is_movable = not is_absent and not refusals and choice not in {-1, number}
    return WhyNot(
        person,
        demand,
        problem.demands[choice].demand_id if choice >= 0 else None,
        unassigned_reason(eligibility, position) if is_absent else None,
        refusals,
        _gap_change(allocation, choice, number) if is_movable else 0.0,
        problem.pairs_of(person),
    )


def refusals_of(person: Resource, demand: Demand, pairs: PersonPairs) -> tuple[Check, ...]:
    """Every check that refuses a pair, each asked by itself.

    Args:
        person: The person.
        demand: The demand.
        pairs: What planners have decided about the person.

    Returns:
        The checks, in the order in which they are made; none where the pair is open.
    """
    is_kept: dict[Check, bool] = {
        "platform": person.platform == demand.platform,
        "locality": canonical_locality(person.locality) == canonical_locality(demand.locality),
        "skill": demand.case_type in person.skills,
        "state": bool(person.states & {demand.state, ANY_STATE}),
        "pair": not pairs.refuses(demand.demand_id),
    }
    return tuple(check for check, is_right in is_kept.items() if not is_right)


def _gap_change(allocation: Allocation, source: int, target: int) -> float:
    moved = list(allocation.assigned)
    moved[source] -= 1
    moved[target] += 1
    after, before = (fairness(counts, allocation.ideal).chi_square_gap for counts in (moved, allocation.assigned))
    return after - before if any(allocation.ideal) else 0.0


def _listed(words: frozenset[str]) -> str:
    return "; ".join(sorted(words)) or "none"
