"""Why a person has this demand, or none, in facts and in words: phase, parts of the score, runner-up, reason.

Not here: why a demand is short (gaps), or whether the allocation is right (judge).
"""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from wfm_pipeline.domain.allocation.problem import Problem, Resource
from wfm_pipeline.domain.allocation.strategies.gate import Eligibility, canonical_locality
from wfm_pipeline.domain.allocation.strategies.heuristic import option_table
from wfm_pipeline.domain.allocation.strategies.scoring import NOT_EXACT_QUALITY, TIE_DIGITS, Score, urgency_of
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation

PHASE_WORDS = {
    "exclusive": "the only demand this person may do",
    "scored": "the highest score among the free pairs when it was this person's turn",
    "remainder": "the largest gap among this person's demands after all ideal shares were filled",
    "optimal": "part of the best possible distribution of everybody",
}
PASSED_OVER = {
    "exclusive": "it opened only later",
    "scored": "it was full when it was this person's turn",
    "remainder": "what counts after the ideal shares are filled is the gap, not the score",
    "optimal": "it already has the people that make the whole week fairest; one more there would leave another further behind",
}
"""Why a runner-up with a higher score was passed over, by phase."""


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
        words += f"Runner-up: demand {self.runner_up_id} with {self.runner_up_score.total:.3f}."
        is_passed_over = self.runner_up_score.total > parts.total
        return words + (f" It scores higher, but {PASSED_OVER[self.phase]}." if is_passed_over else "")


class Explainer:
    """Answers questions about the people of one allocation."""

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

        Args:
            cn: Number of the person.

        Returns:
            The explanation; `str` of it is its words.

        Raises:
            UnknownValueError: nobody has that cn.
        """
        return self.assignment_at(self.allocation.eligibility.position_of(cn))

    def assignment_at(self, position: int) -> AssignmentExplanation:
        """Why a person has the demand, or none, by position.

        Args:
            position: Position of the resource in the problem.

        Returns:
            The explanation.
        """
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


def unassigned_reason(eligibility: Eligibility, position: int) -> str:
    """Why nobody could give this person a demand, by the first thing that is missing.

    Args:
        eligibility: The gate's answer.
        position: Position of an unassigned resource in the problem.

    Returns:
        The reason in words: not active, not there, no demand on the platform, for the skills or in the states.
    """
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
    week, place = problem.week_hours.week, canonical_locality(person.locality)
    if problem.week_hours.locality(place).working_days == 0:
        return f"no working day in {place} in {week}"
    start = f"from {person.available_from} " if person.available_from else ""
    end = f"until {person.available_until}" if person.available_until else ""
    return f"not available on the working days of {week} (available {start}{end})".replace(" )", ")")


def _listed(words: frozenset[str] | set[str]) -> str:
    return "; ".join(sorted(words)) or "(none)"
