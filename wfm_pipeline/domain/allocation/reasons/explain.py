"""Why a person has this demand, or none, in facts and in words: phase, parts of the score, runner-up, reason.

Not here: why a demand is short (gaps), or whether the allocation is right (judge).
"""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from wfm_pipeline.domain.allocation.pairs import PersonPairs
from wfm_pipeline.domain.allocation.problem import Problem, Resource, id_order
from wfm_pipeline.domain.allocation.strategies.gate import Eligibility, canonical_locality
from wfm_pipeline.domain.allocation.strategies.heuristic import option_table
from wfm_pipeline.domain.allocation.strategies.scoring import NOT_EXACT_QUALITY, TIE_DIGITS, Score, urgency_of
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation

PHASE_WORDS: Final = {
    "exclusive": "the only demand this person may do",
    "pinned": "planners pin this person to it",
    "scored": "the highest score among the free pairs when it was this person's turn",
    "remainder": "every demand open to this person had its ideal already; this one had the least above it",
    "optimal": "part of the distribution of everybody with the smallest chi-square gap",
    "minimum_one": "part of the distribution that gives every demand a first person, where it can, before any a second",
}
PASSED_OVER: Final = {
    "scored": "it had its ideal when it was this person's turn",
    "remainder": "once the ideals are reached the gap counts, and not the score",
    "optimal": "one more there and one less here would not make the week's chi-square gap smaller",
    "minimum_one": "for its work it has as many people as would be left here, or more",
    "no_work": "it has no work",
    "even": "neither has work, and such demands share people evenly",
}
"""Why a runner-up with a higher score was passed over, by phase, or by what the demands have to do."""


@dataclass(frozen=True, slots=True)
class AssignmentExplanation:
    """Why a person has this demand.

    Attributes:
        cn: The person.
        demand_id: The demand; None = unassigned.
        phase: Phase that decided.
        ideal_fte: Ideal of the demand [FTE].
        lacking: Share of its ideal the demand lacked just before (`v2`) or would lack without this person (`optimal`).
        score: Parts of the score.
        runner_up_id: The next best demand open to the person by score; None where there is no other.
        runner_up_score: Its score, at the moment of the decision (`v2`) or beside the final counts (`optimal`).
        reason: For an unassigned person, why.
        in_turn: People were assigned one after the other (`v2`).
        why: Key of `PHASE_WORDS`.
        passed_over: Key of `PASSED_OVER`, for a runner-up with a higher score.
        decided: What planners' pairs say of the person, sentence by sentence.
    """

    cn: str
    demand_id: str | int | None
    phase: str | None
    ideal_fte: float
    lacking: float
    score: Score | None
    runner_up_id: str | int | None
    runner_up_score: Score | None
    reason: str | None
    in_turn: bool = False
    why: str = ""
    passed_over: str = ""
    decided: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self._words, *self.decided))

    @property
    def _words(self) -> str:
        if self.demand_id is None or self.score is None or self.phase is None:
            return f"{self.cn} has no demand: {self.reason}."
        parts = self.score
        words = (
            f"{self.cn} works on demand {self.demand_id} ({self.phase}: {PHASE_WORDS[self.why]}). {self._lack} "
            f"Score {parts.total:.3f} = urgency {parts.urgency:.3f} + exclusivity {parts.exclusivity:.3f} "
            f"+ state {parts.state:.3f} + skill {parts.skill:.3f}. "
        )
        if self.runner_up_score is None:
            return words + "No other demand is open to this person."
        words += f"Runner-up: demand {self.runner_up_id} with {self.runner_up_score.total:.3f}."
        return words + (f" It scores higher, but {PASSED_OVER[self.passed_over]}." if self.is_passed_over else "")

    @property
    def is_passed_over(self) -> bool:
        """The runner-up scores higher than the demand the person has."""
        if self.score is None or self.runner_up_score is None:
            return False
        return round(self.runner_up_score.total, TIE_DIGITS) > round(self.score.total, TIE_DIGITS)

    @property
    def _lack(self) -> str:
        if self.ideal_fte <= 0:
            return "Its ideal is 0."
        when = "Just before this person it lacked" if self.in_turn else "Without this person it lacks"
        return f"{when} {self.lacking:.0%} of its ideal."


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
            decided = _decided(problem.pairs.get(cn))
            return AssignmentExplanation(cn, None, None, 0.0, 0.0, None, None, None, reason, decided=decided)
        rival = self._runner_up(position, choice)
        return AssignmentExplanation(
            cn,
            problem.demands[choice].demand_id,
            allocation.phase[position],
            allocation.ideal[choice],
            allocation.urgency[position],
            allocation.score_of(position),
            problem.demands[rival[0]].demand_id if rival else None,
            rival[1] if rival else None,
            None,
            in_turn=allocation.order[position] >= 0,
            why=self._way(position),
            passed_over=self._passed_over(position, choice, rival[0]) if rival else "",
            decided=_decided(problem.pairs.get(cn)),
        )

    def _way(self, position: int) -> str:
        """Phase of a person, with the switch that changes what is best."""
        phase = self.allocation.phase[position] or ""
        return "minimum_one" if phase == "optimal" and self.allocation.options.minimum_one else phase

    def _passed_over(self, position: int, choice: int, rival: int) -> str:
        ideal, way = self.allocation.ideal, self._way(position)
        if way in {"optimal", "minimum_one"} and ideal[rival] <= 0:
            return "no_work" if ideal[choice] > 0 else "even"
        return way

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


def _decided(pairs: PersonPairs | None) -> tuple[str, ...]:
    """What planners' pairs say of a person."""
    if pairs is None:
        return ()
    pinned = [("pinned to", pairs.pinned)] if pairs.pinned is not None else []
    said = [*pinned, *(("forbidden", name) for name in sorted(pairs.forbidden, key=id_order))]
    return tuple(f"Planners' pair: {rule} demand {name}{_because(pairs.reasons.get(name))}." for rule, name in said)


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


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
    members = eligibility.blocks[eligibility.block_of[position]]
    if members.masks(person.skills, person.states)[0]:
        return "planners' pairs forbid every demand that would be open"
    block = [problem.demands[demand] for demand in members.demands]
    wanted = {demand.case_type for demand in block} & person.skills
    if not wanted:
        return f"no demand for the skills {_listed(person.skills)} on {person.platform} in {place}"
    return f"no demand for {_listed(wanted)} in the states {_listed(person.states)}"


def _absence(problem: Problem, person: Resource) -> str:
    week, place = problem.week_hours.week, canonical_locality(person.locality)
    settings = problem.week_hours.locality(place)
    if settings.working_days == 0:
        return f"no working day in {place} in {week}"
    if settings.days_present(person.available_from, person.available_until):
        if person.cn in problem.with_windows and not problem.full_week:
            return f"no hours left in {week} by the person's own windows and leave"
        return f"not there on every working day of {week}, which is asked for"
    start = f"from {person.available_from} " if person.available_from else ""
    end = f"until {person.available_until}" if person.available_until else ""
    return f"not available on the working days of {week} (available {start}{end})".replace(" )", ")")


def _listed(words: frozenset[str] | set[str]) -> str:
    return "; ".join(sorted(words)) or "(none)"
