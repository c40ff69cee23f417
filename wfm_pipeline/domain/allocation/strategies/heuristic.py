"""Strategy `v2`: people with one option first, then by score, then the rest to the largest gaps.

Here: the three phases with lazy re-scoring. A demand's urgency is the same for everybody, so its
best candidate is the first of a list sorted once; only one entry per demand waits in the queue, and
an entry that is popped after its urgency or candidate has moved is scored again and pushed back.
"""

import heapq
from array import array
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import TypeAlias

import numpy as np

from wfm_pipeline.domain.allocation.strategies.gate import Eligibility, bits_of
from wfm_pipeline.domain.allocation.strategies.scoring import NOT_EXACT_QUALITY, TIE_DIGITS, ScoreWeights, urgency_of

Candidates: TypeAlias = "list[tuple[array[int], array[float]]]"
"""For each demand its people, best first, and the part of their score that never moves; packed, there are many."""


@dataclass
class Draft:
    """An allocation in the making.

    Attributes:
        choice: Position of the demand of each resource, -1 = none yet.
        phase: Phase that decided.
        urgency: Urgency of the demand just before this person [0..1].
        order: Order in which people were assigned, from 0.
        assigned: People per demand.
    """

    choice: list[int]
    phase: list[str | None]
    urgency: list[float]
    order: list[int]
    assigned: list[int]
    steps: int = 0

    @classmethod
    def empty(cls, resources: int, demands: int) -> "Draft":
        """Nobody assigned.

        Args:
            resources: People of the week [count].
            demands: Demands of the week [count].

        Returns:
            A draft without any decision.
        """
        return cls([-1] * resources, [None] * resources, [0.0] * resources, [-1] * resources, [0] * demands)

    def assign(self, person: int, demand: int, phase: str, ideal: list[float]) -> None:
        """Give a person to a demand.

        Args:
            person: Position of the resource.
            demand: Position of the demand.
            phase: Phase that decides.
            ideal: Ideal FTE per demand.
        """
        self.urgency[person] = urgency_of(ideal[demand], self.assigned[demand])
        self.choice[person], self.phase[person], self.order[person] = demand, phase, self.steps
        self.assigned[demand] += 1
        self.steps += 1


@dataclass(frozen=True)
class Known:
    """What was worked out of bit sets, kept for the next run on the same demands.

    Attributes:
        options: (block, bit set of eligible demands) -> positions of the demands.
        flags: (bit set of eligible demands, of exact ones) -> whether each is exact.
    """

    options: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    flags: dict[tuple[int, int], tuple[bool, ...]] = field(default_factory=dict)


def option_table(eligibility: Eligibility, known: Known | None = None) -> list[tuple[int, ...]]:
    """What each person may do.

    Args:
        eligibility: The gate's answer.
        known: What is known of the same demands; filled.

    Returns:
        For each person the positions of the eligible demands, ascending; people of one class share one tuple.
    """
    found = (known or Known()).options
    table = []
    for position, key in enumerate(zip(eligibility.block_of, eligibility.eligible, strict=True)):
        options = found.get(key)
        if options is None:
            options = found[key] = eligibility.demands_of(position)
        table.append(options)
    return table


def allocate_v2(
    eligibility: Eligibility, ideal: list[float], weights: ScoreWeights, known: Known | None = None
) -> Draft:
    """Run the three phases.

    Args:
        eligibility: The gate's answer.
        ideal: Ideal FTE per demand.
        weights: Weights of the score.
        known: What is known of the same demands; filled.

    Returns:
        The draft; everybody with an eligible demand is in it.

    Source:
        docs/methods/allocation.md, strategy `v2`: the planners' own procedure, with exact ties.
    """
    known = known or Known()
    options = option_table(eligibility, known)
    draft = Draft.empty(len(options), len(ideal))
    for person, open_to in enumerate(options):
        if len(open_to) == 1:
            draft.assign(person, open_to[0], "exclusive", ideal)
    waiting = [person for person, open_to in enumerate(options) if len(open_to) > 1]
    candidates = _candidates(eligibility, options, waiting, len(ideal), weights, known)
    _scored_phase(candidates, draft, ideal, weights)
    for person in waiting:
        if draft.choice[person] < 0:
            draft.assign(person, _largest_gap(options[person], draft.assigned, ideal), "remainder", ideal)
    return draft


def _scored_phase(candidates: Candidates, draft: Draft, ideal: list[float], weights: ScoreWeights) -> None:
    """Always the free pair with the highest score, until demands have their ideal or people run out."""
    next_candidate = [0] * len(ideal)
    choice, assigned = draft.choice, draft.assigned

    def best_entry(demand: int) -> tuple[float, int, int] | None:
        """Score, demand and person of the demand's best free candidate; None when it is served."""
        people, static = candidates[demand]
        position = next_candidate[demand]
        while position < len(people) and choice[people[position]] >= 0:
            position += 1
        next_candidate[demand] = position
        if position == len(people) or assigned[demand] >= ideal[demand]:
            return None
        total = weights.urgency * urgency_of(ideal[demand], assigned[demand]) + static[position]
        return -round(total, TIE_DIGITS), demand, people[position]

    queue = [entry for demand in range(len(ideal)) if (entry := best_entry(demand))]
    heapq.heapify(queue)
    while queue:
        entry = queue[0]
        # A score only falls while it waits, so an entry that is still true when it is first is the best of all.
        current = best_entry(entry[1])
        if current == entry:
            draft.assign(entry[2], entry[1], "scored", ideal)
            current = best_entry(entry[1])
        if current is None:
            heapq.heappop(queue)
        else:
            heapq.heapreplace(queue, current)


def _candidates(
    eligibility: Eligibility,
    options: list[tuple[int, ...]],
    waiting: list[int],
    demands: int,
    weights: ScoreWeights,
    known: Known,
) -> Candidates:
    """For each demand its people, best first (then smaller cn), with the part of the score that never moves."""
    sizes = np.fromiter((len(options[person]) for person in waiting), dtype=np.int64, count=len(waiting))
    person = np.repeat(np.asarray(waiting, dtype=np.int32), sizes)
    demand = np.fromiter(chain.from_iterable(options[one] for one in waiting), dtype=np.int32, count=int(sizes.sum()))
    is_exact = np.fromiter(
        chain.from_iterable(_exact_flags(eligibility, waiting, known)), dtype=bool, count=len(demand)
    )
    resources = eligibility.problem.resources
    is_single = np.fromiter((len(resources[one].skills) == 1 for one in waiting), dtype=bool, count=len(waiting))
    static = (
        weights.exclusivity / np.repeat(sizes, sizes)
        + weights.state * np.where(is_exact, 1.0, NOT_EXACT_QUALITY)
        + weights.skill * np.where(np.repeat(is_single, sizes), 1.0, NOT_EXACT_QUALITY)
    ).round(TIE_DIGITS)
    order = np.lexsort((person, -static, demand))
    bounds = np.searchsorted(demand[order], np.arange(demands + 1))
    people, parts = person[order], static[order]
    return [
        (array("i", people[start:end].tobytes()), array("d", parts[start:end].tobytes()))
        for start, end in pairwise(bounds.tolist())
    ]


def _exact_flags(eligibility: Eligibility, waiting: list[int], known: Known) -> list[tuple[bool, ...]]:
    flags = []
    for person in waiting:
        key = (eligibility.eligible[person], eligibility.exact[person])
        found = known.flags.get(key)
        if found is None:
            if key[1] in {0, key[0]}:
                found = (bool(key[1]),) * key[0].bit_count()
            else:
                found = tuple([bool(key[1] >> bit & 1) for bit in bits_of(key[0])])
            known.flags[key] = found
        flags.append(found)
    return flags


def _largest_gap(options: tuple[int, ...], assigned: list[int], ideal: list[float]) -> int:
    """Demand with the largest gap, then the largest fraction of its ideal, then the smaller id."""
    return min(
        options,
        key=lambda demand: (
            round(assigned[demand] - ideal[demand], TIE_DIGITS),
            -round(ideal[demand] % 1.0, TIE_DIGITS),
            demand,
        ),
    )
