"""One call for one week: gate, ideal shares, a strategy, and the answer with all its parts.

Here: `allocate`, its options and its result. Not here: the strategies' own reasoning (heuristic,
optimum, equilibrium), judging (judge) and words about it (explain).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from wfm_pipeline.domain.allocation.faults import InvalidValueError
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.strategies.equilibrium import settle
from wfm_pipeline.domain.allocation.strategies.gate import Eligibility, open_gate
from wfm_pipeline.domain.allocation.strategies.heuristic import Draft, allocate_v2
from wfm_pipeline.domain.allocation.strategies.optimum import ADAMS, WEBSTER, Flow, Kind, best_counts
from wfm_pipeline.domain.allocation.strategies.scoring import DEFAULT_WEIGHTS, Score, ScoreWeights, score, urgency_of
from wfm_pipeline.domain.allocation.week.ideal import ideal_fte

Strategy = Literal["optimal", "v2"]
STRATEGIES: Final[tuple[Strategy, ...]] = get_args(Strategy)


@dataclass(frozen=True, slots=True)
class Options:
    """How to allocate.

    Attributes:
        strategy: `optimal` or `v2`.
        minimum_one: With `optimal`: every demand gets a first person before anyone gets a second.
        stability: With `optimal`: among equally good answers the one with fewest moves from last week.
        score_weights: Weights of the score's parts; `v2` decides by them, both report them.
    """

    strategy: Strategy = "optimal"
    minimum_one: bool = False
    stability: bool = False
    score_weights: ScoreWeights = DEFAULT_WEIGHTS

    def __post_init__(self) -> None:
        """Refuse an unknown strategy, and switches that the strategy does not have."""
        if self.strategy not in STRATEGIES:
            raise InvalidValueError(
                f"strategy must be one of {', '.join(STRATEGIES)}, got {self.strategy!r}", got=self.strategy
            )
        if self.strategy == "v2" and (self.minimum_one or self.stability):
            raise InvalidValueError("minimum_one and stability belong to strategy optimal, got strategy v2", got="v2")


DEFAULT_OPTIONS: Final = Options()


@dataclass(frozen=True)
class Allocation:
    """The answer for one week. People and demands are named by their position in the problem.

    Attributes:
        eligibility: The gate's answer, with the problem.
        options: How it was made.
        ideal: Ideal FTE per demand.
        assigned: People per demand [count].
        choice: Demand of each resource; -1 = unassigned.
        phase: Phase that decided; None = unassigned.
        urgency: What the demand lacked when the person was given to it [0..1]; for `optimal`, what
            it would lack without this person.
        order: Order of assignment in `v2`, from 0; -1 = unassigned or not in any order.
    """

    eligibility: Eligibility
    options: Options
    ideal: tuple[float, ...]
    assigned: tuple[int, ...]
    choice: tuple[int, ...]
    phase: tuple[str | None, ...]
    urgency: tuple[float, ...]
    order: tuple[int, ...]

    @property
    def problem(self) -> Problem:
        """The week it answers."""
        return self.eligibility.problem

    @property
    def by_cn(self) -> dict[str, str | int | None]:
        """Demand id of every cn; None = unassigned."""
        demands = self.problem.demands
        return {
            resource.cn: demands[choice].demand_id if choice >= 0 else None
            for resource, choice in zip(self.problem.resources, self.choice, strict=True)
        }

    def score_of(self, position: int) -> Score | None:
        """Score of a resource for the demand it has.

        Args:
            position: Position of the resource.

        Returns:
            The score at the moment of the decision; None = unassigned.
        """
        choice = self.choice[position]
        return None if choice < 0 else self.score_for(position, choice, self.urgency[position])

    def score_for(self, position: int, demand: int, urgency: float) -> Score:
        """Score of a resource for any eligible demand.

        Args:
            position: Position of the resource.
            demand: Position of the demand.
            urgency: What the demand lacks of its ideal [0..1].

        Returns:
            The score.
        """
        eligibility = self.eligibility
        bit = eligibility.bit_of[demand]
        return score(
            urgency,
            eligibility.eligible[position].bit_count(),
            len(self.problem.resources[position].skills),
            is_exact=bool(eligibility.exact[position] >> bit & 1),
            weights=self.options.score_weights,
        )


def allocate(
    problem: Problem, options: Options = DEFAULT_OPTIONS, *, previous: Mapping[str, str | int | None] | None = None
) -> Allocation:
    """Give everybody with an eligible demand one of them.

    Args:
        problem: The week.
        options: Strategy and switches.
        previous: Last week's demand of each cn; only `stability` looks at it.

    Returns:
        The allocation; it does not depend on the order of the input.

    Source:
        docs/methods/allocation.md.
    """
    eligibility, ideal = open_gate(problem), ideal_fte(problem)
    if options.strategy == "v2":
        draft = allocate_v2(eligibility, ideal, options.score_weights)
    else:
        draft = _allocate_optimal(eligibility, ideal, options, previous or {})
    for position in eligibility.left:
        if problem.pairs_of(problem.resources[position]).pinned is not None and draft.choice[position] >= 0:
            draft.phase[position] = "pinned"
    return Allocation(
        eligibility,
        options,
        tuple(ideal),
        tuple(draft.assigned),
        tuple(draft.choice),
        tuple(draft.phase),
        tuple(draft.urgency),
        tuple(draft.order),
    )


def optimal_counts(eligibility: Eligibility, *, minimum_one: bool = False) -> list[int]:
    """The best possible number of people per demand, without deciding who.

    Args:
        eligibility: The gate's answer.
        minimum_one: Every demand gets a first person before anyone gets a second.

    Returns:
        People per demand [count]; everybody with an open demand is in them.
    """
    counts = [0] * len(eligibility.problem.demands)
    shift, weights = ADAMS if minimum_one else WEBSTER, eligibility.problem.weights
    for block, kinds in kinds_by_block(eligibility, weights, {}, is_quality=False).items():
        members = eligibility.blocks[block].demands
        flow = best_counts(kinds, positive(weights, members), shift=shift)
        for bit, demand in enumerate(members):
            counts[demand] = flow.assigned[bit]
    return counts


def _allocate_optimal(
    eligibility: Eligibility, ideal: list[float], options: Options, previous: Mapping[str, str | int | None]
) -> Draft:
    weights = eligibility.problem.weights
    last = _last_bits(eligibility, previous) if options.stability else {}
    draft = Draft.empty(len(eligibility.eligible), len(weights))
    for block, kinds in kinds_by_block(eligibility, weights, last, is_quality=True).items():
        members = eligibility.blocks[block].demands
        flow = best_counts(kinds, positive(weights, members), shift=ADAMS if options.minimum_one else WEBSTER)
        settle(flow)
        _seat(flow, members, draft)
    _describe(eligibility, ideal, draft)
    return draft


def positive(weights: list[float], members: list[int]) -> list[float]:
    """Weights of a block; demands with nothing to do are shared by nobody else and count alike.

    Args:
        weights: Weight of each demand of the week, >= 0.
        members: Demands of the block.

    Returns:
        Weights of those demands, > 0.
    """
    return [weights[demand] or 1.0 for demand in members]


def _last_bits(eligibility: Eligibility, previous: Mapping[str, str | int | None]) -> dict[int, int]:
    """Last week's demand of each position as a bit of its block, where it is still open to the person."""
    problem = eligibility.problem
    index = {str(demand.demand_id): position for position, demand in enumerate(problem.demands)}
    found = {}
    for position, resource in enumerate(problem.resources):
        demand = index.get(str(previous.get(resource.cn)), -1)
        if demand >= 0 and eligibility.is_open(position, demand):
            found[position] = 1 << eligibility.bit_of[demand]
    return found


def kinds_by_block(
    eligibility: Eligibility, weights: list[float], last: Mapping[int, int], *, is_quality: bool
) -> dict[int, list[Kind]]:
    """People collapsed into kinds. A demand with nothing to do is open only to who can do nothing else.

    Args:
        eligibility: The gate's answer.
        weights: Weight of each demand, >= 0.
        last: Last week's demand of each position, as a bit of its block.
        is_quality: People with other exact states are of another kind.

    Returns:
        Block -> its kinds.
    """
    busy = [sum(1 << bit for bit, one in enumerate(block.demands) if weights[one] > 0) for block in eligibility.blocks]
    groups: dict[int, dict[tuple[int, int, int], list[int]]] = defaultdict(dict)
    for position, (block, mask, exact) in enumerate(
        zip(eligibility.block_of, eligibility.eligible, eligibility.exact, strict=True)
    ):
        if mask:
            open_to = mask & busy[block] or mask
            key = (open_to, exact & open_to if is_quality else 0, last.get(position, 0) & open_to if last else 0)
            groups[block].setdefault(key, []).append(position)
    scale = len(eligibility.eligible) + 1
    return {
        block: [Kind(key[0], _levels(*key, scale=scale), people) for key, people in groups[block].items()]
        for block in sorted(groups)
    }


def _levels(open_to: int, exact: int, stay: int, *, scale: int) -> tuple[tuple[int, int], ...]:
    """Gains of a kind, best first: an exact state outweighs everybody's wish to stay together."""
    if not stay and exact in {0, open_to}:
        return ((0, open_to),)
    parts = (
        (scale + 1, exact & stay),
        (scale, exact & ~stay),
        (1, open_to & ~exact & stay),
        (0, open_to & ~exact & ~stay),
    )
    return tuple((gain, bits) for gain, bits in parts if bits)


def _seat(flow: Flow, members: list[int], draft: Draft) -> None:
    """Name the people: within a kind the smaller cn gets the smaller demand id."""
    waiting = [iter(kind.members) for kind in flow.kinds]
    for bit, here in enumerate(flow.at):
        demand = members[bit]
        draft.assigned[demand] = flow.assigned[bit]
        for kind, people in here.items():
            for _ in range(people):
                draft.choice[next(waiting[kind])] = demand


def _describe(eligibility: Eligibility, ideal: list[float], draft: Draft) -> None:
    lacking = [urgency_of(share, people - 1) for share, people in zip(ideal, draft.assigned, strict=True)]
    for position, demand in enumerate(draft.choice):
        if demand >= 0:
            mask = eligibility.eligible[position]
            draft.phase[position] = "exclusive" if mask & (mask - 1) == 0 else "optimal"
            draft.urgency[position] = lacking[demand]
