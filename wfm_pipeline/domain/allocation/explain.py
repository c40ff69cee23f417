"""Why an allocation came out as it did, in facts and in words.

Here: for a person the phase, the parts of the score and the runner-up, or why there is no demand;
for a demand with a gap who is eligible, where they went and which one skill or state would help.
Not here: whether the allocation is right (judge).
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wfm_pipeline.domain.allocation.faults import UnknownValueError
from wfm_pipeline.domain.allocation.gate import Eligibility, canonical_locality, first_refusal
from wfm_pipeline.domain.allocation.heuristic import option_table
from wfm_pipeline.domain.allocation.problem import ANY_STATE, Demand, Problem, Resource
from wfm_pipeline.domain.allocation.scoring import NOT_EXACT_QUALITY, TIE_DIGITS, Score, urgency_of
from wfm_pipeline.domain.allocation.strategy import Allocation

PHASE_WORDS = {
    "exclusive": "the only demand this person may do",
    "scored": "the highest score among the free pairs when it was this person's turn",
    "remainder": "the largest gap among this person's demands after all ideal shares were filled",
    "optimal": "part of the best possible distribution of everybody",
}


@dataclass(frozen=True, slots=True)
class AssignmentExplanation:
    """Why a person has this demand.

    Attributes:
        cn: The person.
        demand_id: The demand; None = unassigned.
        phase: Phase that decided.
        lacking: Share of its ideal the demand lacked just before (`v2`) or would lack without this person (`optimal`).
        score: Parts of the score.
        runner_up_id: The next best demand open to the person by score; None where there is no other.
        runner_up_score: Its score, at the moment of the decision (`v2`) or beside the final counts (`optimal`).
        reason: For an unassigned person, why.
    """

    cn: str
    demand_id: str | int | None
    phase: str | None
    lacking: float
    score: Score | None
    runner_up_id: str | int | None
    runner_up_score: Score | None
    reason: str | None

    def __str__(self) -> str:
        if self.demand_id is None or self.score is None or self.phase is None:
            return f"{self.cn} has no demand: {self.reason}."
        parts = self.score
        words = (
            f"{self.cn} works on demand {self.demand_id} ({self.phase}: {PHASE_WORDS[self.phase]}). "
            f"Without this person it lacks {self.lacking:.0%} of its ideal. "
            f"Score {parts.total:.3f} = urgency {parts.urgency:.3f} + exclusivity {parts.exclusivity:.3f} "
            f"+ state {parts.state:.3f} + skill {parts.skill:.3f}. "
        )
        if self.runner_up_score is None:
            return words + "No other demand is open to this person."
        return words + f"Runner-up: demand {self.runner_up_id} with {self.runner_up_score.total:.3f}."


class Explainer:
    """Answers questions about one allocation."""

    def __init__(self, allocation: Allocation) -> None:
        self.allocation = allocation
        self._turns: dict[int, list[int]] = defaultdict(list)
        for demand, turn in zip(allocation.choice, allocation.order, strict=True):
            if demand >= 0:
                self._turns[demand].append(turn)
        for turns in self._turns.values():
            turns.sort()
        self._options = option_table(allocation.eligibility)
        self._final_urgency = [urgency_of(*pair) for pair in zip(allocation.ideal, allocation.assigned, strict=True)]

    def assignment(self, cn: str) -> AssignmentExplanation:
        """Why a person has the demand, or none.

        Raises:
            UnknownValueError: nobody has that cn.
        """
        return self.assignment_at(self.allocation.eligibility.position_of(cn))

    def assignment_at(self, position: int) -> AssignmentExplanation:
        """The same by position."""
        allocation, problem = self.allocation, self.allocation.problem
        cn, choice = problem.resources[position].cn, allocation.choice[position]
        if choice < 0:
            reason = unassigned_reason(allocation.eligibility, position)
            return AssignmentExplanation(cn, None, None, 0.0, None, None, None, reason)
        rival = self._runner_up(position, choice)
        return AssignmentExplanation(
            cn,
            problem.demands[choice].demand_id,
            allocation.phase[position],
            allocation.urgency[position],
            allocation.score_of(position),
            problem.demands[rival[0]].demand_id if rival else None,
            rival[1] if rival else None,
            None,
        )

    def _runner_up(self, position: int, choice: int) -> tuple[int, Score] | None:
        allocation, turn = self.allocation, self.allocation.order[position]
        ideal, weights = allocation.ideal, allocation.options.score_weights
        exact, bit_of = allocation.eligibility.exact[position], allocation.eligibility.bit_of
        best, best_score, best_urgency = -1, -1.0, 0.0
        for demand in self._options[position]:
            if demand != choice:
                urgency = (
                    self._final_urgency[demand]
                    if turn < 0
                    else urgency_of(ideal[demand], bisect_left(self._turns[demand], turn))
                )
                quality = 1.0 if exact >> bit_of[demand] & 1 else NOT_EXACT_QUALITY
                moving = round(weights.urgency * urgency + weights.state * quality, TIE_DIGITS)
                if moving > best_score:
                    best, best_score, best_urgency = demand, moving, urgency
        return (best, allocation.score_for(position, best, best_urgency)) if best >= 0 else None

    def gap(self, demand_id: str | int, *, optimum: Sequence[int] | None = None) -> "GapExplanation":
        """Why a demand has fewer people than its ideal, and what would help.

        Args:
            demand_id: The demand.
            optimum: Best possible counts per demand (`optimal_counts`); None takes this allocation's own.

        Raises:
            UnknownValueError: there is no such demand.
        """
        allocation, problem = self.allocation, self.allocation.problem
        ids = [str(demand.demand_id) for demand in problem.demands]
        if str(demand_id) not in ids:
            raise UnknownValueError(f"no demand {demand_id!r} in {problem.plan.week}", got=demand_id)
        position = ids.index(str(demand_id))
        eligible = allocation.eligibility.resources_by_demand[position]
        elsewhere = Counter(allocation.choice[person] for person in eligible if allocation.choice[person] != position)
        best = allocation.assigned if optimum is None else optimum
        return GapExplanation(
            problem.demands[position],
            allocation.ideal[position],
            allocation.assigned[position],
            allocation.ideal[position] - best[position],
            len(eligible),
            tuple((problem.demands[other].demand_id, people) for other, people in elsewhere.most_common()),
            self._remedies(position),
        )

    def _remedies(self, position: int) -> "tuple[Remedy, ...]":
        """The one missing skill or state, with the people it would open the demand to."""
        allocation, problem = self.allocation, self.allocation.problem
        demand = problem.demands[position]
        lacking: dict[Literal["skill", "state"], list[int]] = {"skill": [], "state": []}
        for person, (one, days) in enumerate(zip(problem.resources, problem.days_present, strict=True)):
            if days > 0:
                check = first_refusal(one, demand)
                has_state = demand.state in one.states or ANY_STATE in one.states
                if check == "state" or (check == "skill" and has_state):
                    lacking["state" if check == "state" else "skill"].append(person)
        surplus = [count - share for count, share in zip(allocation.assigned, allocation.ideal, strict=True)]
        remedies = []
        for what, people in lacking.items():
            spare = Counter(allocation.choice[person] for person in people)
            free = spare.pop(-1, 0)
            free += sum(min(count, max(0, int(surplus[other]))) for other, count in spare.items())
            if people:
                value = demand.case_type if what == "skill" else demand.state
                remedies.append(Remedy(what, value, len(people), free))
        return tuple(sorted(remedies, key=lambda remedy: (-remedy.spare, -remedy.people, remedy.what)))


@dataclass(frozen=True, slots=True)
class Remedy:
    """One skill or state that would open the demand to more people.

    Attributes:
        what: `skill` or `state`.
        value: Which.
        people: People who lack nothing else [count].
        spare: Those of them who are unassigned or above the ideal where they are now [count].
    """

    what: Literal["skill", "state"]
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
    """

    demand: Demand
    ideal_fte: float
    assigned: int
    structural_gap: float
    eligible: int
    elsewhere: tuple[tuple[str | int, int], ...]
    remedies: tuple[Remedy, ...]

    @property
    def gap(self) -> float:
        """Ideal - assigned [FTE]; below 0 is a surplus."""
        return self.ideal_fte - self.assigned

    @property
    def closing(self) -> Remedy | None:
        """The one skill or state with enough spare people to close the gap; None where there is none."""
        return next((remedy for remedy in self.remedies if remedy.spare >= self.gap), None) if self.gap > 0 else None

    def __str__(self) -> str:
        demand = self.demand
        name = f"Demand {demand.demand_id} ({demand.platform}, {demand.locality}, {demand.case_type}, {demand.state})"
        words = [f"{name}: ideal {self.ideal_fte:.2f}, assigned {self.assigned}, gap {self.gap:.2f}."]
        if self.eligible == 0:
            words.append("Nobody is eligible.")
        else:
            went = ", ".join(f"{people} on demand {other}" for other, people in self.elsewhere[:5]) or "none elsewhere"
            more = "" if len(self.elsewhere) <= 5 else " and the others elsewhere"  # noqa: PLR2004 - shown above
            words.append(f"Eligible: {self.eligible}; {went}{more}.")
        words += [
            f"With {remedy.what} {remedy.value!r}, {remedy.people} more would be eligible, {remedy.spare} of them spare."
            for remedy in self.remedies
        ]
        if self.gap > 0:
            closing = self.closing
            words.append(
                f"The {closing.what} {closing.value!r} alone would close the gap."
                if closing
                else "No single skill or state closes it with people who can be spared."
            )
        return " ".join(words)


def unassigned_reason(eligibility: Eligibility, position: int) -> str:
    """Why nobody could give this person a demand, by the first thing that is missing."""
    problem = eligibility.problem
    person = problem.resources[position]
    if not person.is_active:
        return "not active"
    if problem.days_present[position] == 0:
        return _absence(problem, person)
    place = canonical_locality(person.locality)
    if eligibility.block_of[position] < 0:
        is_known = any(demand.platform == person.platform for demand in problem.demands)
        return f"no demand on platform {person.platform}" + (f" in locality {place}" if is_known else "")
    block = [problem.demands[demand] for demand in eligibility.blocks[eligibility.block_of[position]].demands]
    wanted = {demand.case_type for demand in block} & person.skills
    if not wanted:
        return f"no demand for the skills {_listed(person.skills)} on {person.platform} in {place}"
    return f"no demand for {_listed(wanted)} in the states {_listed(person.states)}"


def _absence(problem: Problem, person: Resource) -> str:
    week, place = problem.plan.week, canonical_locality(person.locality)
    if problem.plan.locality(place).working_days == 0:
        return f"no working day in {place} in {week}"
    start = f"from {person.available_from} " if person.available_from else ""
    end = f"until {person.available_until}" if person.available_until else ""
    return f"not available on the working days of {week} (available {start}{end})".replace(" )", ")")


def _listed(words: frozenset[str] | set[str]) -> str:
    return "; ".join(sorted(words)) or "(none)"
