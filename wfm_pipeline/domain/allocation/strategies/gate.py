"""Who may do what: the eligibility gate, built from indices and never from all pairs.

Here: a demand is open to a person who shares platform and locality, has the case type as a skill
and lists the state or `N/A`, and where no planner has decided otherwise about the pair. Demands of one platform and locality form a block; inside a block a
set of demands is one whole number used as a bit set (bit 0 is the smallest demand id). Not here:
what is best among the eligible (strategies).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import Final, Literal

from wfm_pipeline.domain.allocation.faults import InvalidPairError, UnknownValueError
from wfm_pipeline.domain.allocation.pairs import NO_PAIRS, PersonPairs
from wfm_pipeline.domain.allocation.problem import ANY_STATE, Demand, Problem, Resource
from wfm_pipeline.domain.allocation.tables.locality import LOCALITY_NAMES

Check = Literal["platform", "locality", "skill", "state", "pair"]
CHECKS: Final[tuple[Check, ...]] = ("platform", "locality", "skill", "state", "pair")
_DIGITS: Final = bytes.maketrans(b"01", b"\x00\x01")
_FEW: Final = 4
"""Set bits up to which they are taken off one by one; above, all digits are read at once [count]."""
_SPARSE: Final = 20
"""Positions that allow for one bit more before that: reading digits costs by their number [count]."""


def bits_of(mask: int) -> tuple[int, ...]:
    """What a bit set holds.

    Args:
        mask: A bit set, >= 0.

    Returns:
        Positions of the set bits, ascending.

    Example:
        >>> bits_of(0b10110)
        (1, 2, 4)
    """
    size = mask.bit_length()
    if mask.bit_count() > _FEW + size // _SPARSE:
        return tuple(compress(range(size), bin(mask)[:1:-1].encode().translate(_DIGITS)))
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return tuple(found)


def canonical_locality(text: str) -> str:
    """Locality of a validated row.

    Args:
        text: Domestic, Onshore, Global or Offshore, in any case.

    Returns:
        `Domestic` or `Global`.
    """
    return LOCALITY_NAMES[text.strip().lower()]


def first_refusal(resource: Resource, demand: Demand, pairs: PersonPairs = NO_PAIRS) -> Check | None:
    """The first check that refuses a pair.

    Args:
        resource: The person.
        demand: The demand.
        pairs: What planners have decided about the person.

    Returns:
        The check, in the order platform, locality, skill, state, pair; None = eligible.
    """
    if resource.platform != demand.platform:
        return "platform"
    if canonical_locality(resource.locality) != canonical_locality(demand.locality):
        return "locality"
    if demand.case_type not in resource.skills:
        return "skill"
    if demand.state not in resource.states and ANY_STATE not in resource.states:
        return "state"
    return "pair" if pairs.refuses(demand.demand_id) else None


def is_exact_state(resource: Resource, demand: Demand) -> bool:
    """True where the person lists the demand's state itself, not only `N/A`.

    Args:
        resource: The person.
        demand: The demand.

    Returns:
        False where the demand's state is `N/A`.
    """
    return demand.state != ANY_STATE and demand.state in resource.states


class Block:
    """Demands of one platform and locality, with an index from skill and state to bit sets."""

    def __init__(self) -> None:
        self.demands: list[int] = []
        self._by_skill: dict[str, int] = {}
        self._by_skill_state: dict[tuple[str, str], int] = {}
        self._known: dict[tuple[frozenset[str], frozenset[str]], tuple[int, int]] = {}

    def add(self, position: int, demand: Demand) -> None:
        """Take in a demand; must be called in order of demand id.

        Args:
            position: Position of the demand in the problem.
            demand: The demand.
        """
        bit = 1 << len(self.demands)
        self.demands.append(position)
        skill, pair = demand.case_type, (demand.case_type, demand.state)
        self._by_skill[skill] = self._by_skill.get(skill, 0) | bit
        self._by_skill_state[pair] = self._by_skill_state.get(pair, 0) | bit

    def masks(self, skills: frozenset[str], states: frozenset[str]) -> tuple[int, int]:
        """What people with these skills and states may do.

        Args:
            skills: Case types of a person.
            states: States of a person; `N/A` stands for any.

        Returns:
            Bit set of the eligible demands, and of those of them whose state is listed itself.
        """
        key = (skills, states)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._masks(skills, states)
        return known

    def _masks(self, skills: frozenset[str], states: frozenset[str]) -> tuple[int, int]:
        exact = eligible = 0
        by_pair, by_skill = self._by_skill_state.get, self._by_skill.get
        for skill in skills:
            if skill in self._by_skill:
                for state in states:
                    if state != ANY_STATE:
                        exact |= by_pair((skill, state), 0)
        if ANY_STATE in states:
            for skill in skills:
                eligible |= by_skill(skill, 0)
        return eligible | exact, exact


@dataclass(frozen=True)
class Eligibility:
    """The gate's answer for one week.

    Attributes:
        problem: The week.
        blocks: Blocks in order of their smallest demand id.
        block_of: Block of each resource, -1 where its platform and locality have no demand.
        eligible: Bit set of eligible demands in that block; 0 also for people who are not available.
        exact: The part of it whose state the person lists itself.
        left: Of people about whom planners have decided: bit set of the demands that their pairs leave.
    """

    problem: Problem
    blocks: tuple[Block, ...]
    block_of: Sequence[int]
    eligible: Sequence[int]
    exact: Sequence[int]
    left: Mapping[int, int] = field(default_factory=dict)

    def demands_of(self, position: int) -> tuple[int, ...]:
        """Demands open to a resource.

        Args:
            position: Position of the resource.

        Returns:
            Positions of the demands, ascending; none for people who are not there.
        """
        block = self.block_of[position]
        if block < 0:
            return ()
        members = self.blocks[block].demands
        return tuple(members[bit] for bit in bits_of(self.eligible[position]))

    def is_open(self, position: int, demand: int) -> bool:
        """True where the resource may do the demand and is available.

        Args:
            position: Position of the resource.
            demand: Position of the demand.

        Returns:
            False as well for people who are not there.
        """
        block = self.block_of[position]
        return (
            block >= 0
            and self.block_of_demand[demand] == block
            and bool(self.eligible[position] >> self.bit_of[demand] & 1)
        )

    @cached_property
    def bit_of(self) -> Mapping[int, int]:
        """Bit of each demand in its block's bit sets."""
        return {demand: bit for block in self.blocks for bit, demand in enumerate(block.demands)}

    @cached_property
    def block_of_demand(self) -> Mapping[int, int]:
        """Block of each demand."""
        return {demand: number for number, block in enumerate(self.blocks) for demand in block.demands}

    @cached_property
    def resources_by_demand(self) -> Mapping[int, tuple[int, ...]]:
        """Positions of the resources open to each demand, in order of cn."""
        found: dict[int, list[int]] = defaultdict(list)
        for position, demand in self.pairs():
            found[demand].append(position)
        return {demand: tuple(found[demand]) for demand in range(len(self.problem.demands))}

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Every eligible pair as (position of resource, position of demand)."""
        options: dict[tuple[int, int], tuple[int, ...]] = {}
        for position, key in enumerate(zip(self.block_of, self.eligible, strict=True)):
            if key not in options:
                options[key] = self.demands_of(position)
            for demand in options[key]:
                yield position, demand

    def masks_if(self, position: int, person: Resource) -> tuple[int, int]:
        """What a resource could do as another person of the same platform and locality.

        Args:
            position: Position of a resource who is there.
            person: Whose skills and states count.

        Returns:
            Bit sets of the demands of the resource's block: eligible, and of those by the state itself.
        """
        block = self.block_of[position]
        masks = self.blocks[block].masks(person.skills, person.states) if block >= 0 else (0, 0)
        left = self.left.get(position)
        return masks if left is None else (masks[0] & left, masks[1] & left)

    def opened_by(self, position: int, skills: frozenset[str], states: frozenset[str]) -> int:
        """What a resource could do who has more skills or states than now.

        Args:
            position: Position of a resource who is there.
            skills: The skills that are new, or all where the states are.
            states: The states that are new, or all where the skills are.

        Returns:
            Bit set of the demands of the resource's block: those that are open now, and those that such people may do.
        """
        block = self.block_of[position]
        if block < 0:
            return 0
        more = self.blocks[block].masks(skills, states)[0]
        return self.eligible[position] | (more & self.left.get(position, more))

    def with_people(self, changed: Mapping[int, Resource]) -> "Eligibility":
        """The gate's answer if some people had other skills or states, and the same platform and locality.

        Args:
            changed: Position of a resource who is there -> what that person would be.

        Returns:
            Who may then do what; nobody else's answer differs.
        """
        resources, eligible, exact = list(self.problem.resources), list(self.eligible), list(self.exact)
        for position, person in changed.items():
            resources[position] = person
            eligible[position], exact[position] = self.masks_if(position, person)
        return Eligibility(
            replace(self.problem, resources=tuple(resources)), self.blocks, self.block_of, eligible, exact, self.left
        )

    def position_of(self, cn: str) -> int:
        """Position of a person by cn.

        Args:
            cn: Number of the person.

        Returns:
            Position of the resource in the problem.

        Raises:
            UnknownValueError: nobody has that cn.
        """
        index = self._position_by_cn
        if cn not in index:
            raise UnknownValueError(f"no resource {cn!r} on the roster", got=cn)
        return index[cn]

    @cached_property
    def _position_by_cn(self) -> Mapping[str, int]:
        return {resource.cn: position for position, resource in enumerate(self.problem.resources)}


def open_gate(problem: Problem) -> Eligibility:
    """Work out who may do what.

    Cost grows with people x (their skills x their states), not with people x demands.

    Args:
        problem: The week.

    Returns:
        Who may do what.

    Source:
        docs/methods/allocation.md, step 6.
    """
    index: dict[tuple[str, str], int] = {}
    blocks: list[Block] = []
    for position, demand in enumerate(problem.demands):
        key = (demand.platform, canonical_locality(demand.locality))
        if key not in index:
            index[key] = len(blocks)
            blocks.append(Block())
        blocks[index[key]].add(position, demand)
    names = {resource.locality for resource in problem.resources}
    canonical = {name: canonical_locality(name) for name in names}
    block_of, eligible, exact = [], [], []
    for resource, days in zip(problem.resources, problem.days_present, strict=True):
        block = index.get((resource.platform, canonical[resource.locality]), -1)
        masks = blocks[block].masks(resource.skills, resource.states) if days and block >= 0 else (0, 0)
        block_of.append(block)
        eligible.append(masks[0])
        exact.append(masks[1])
    found = Eligibility(problem, tuple(blocks), block_of, eligible, exact)
    return _decided(found) if problem.pairs else found


def _decided(open_to: Eligibility) -> Eligibility:
    """The same where planners have decided about people: a pin leaves one demand, a forbidden pair takes one.

    Raises:
        InvalidPairError: a pair is pinned that the gate refuses.
    """
    problem, left = open_to.problem, {}
    eligible, exact = list(open_to.eligible), list(open_to.exact)
    for position, person in enumerate(problem.resources):
        block, pairs = open_to.block_of[position], problem.pairs_of(person)
        if pairs is NO_PAIRS:
            continue
        _check_pin(problem, person, pairs)
        members = open_to.blocks[block].demands if block >= 0 else []
        left[position] = sum(
            1 << bit for bit, one in enumerate(members) if not pairs.refuses(problem.demands[one].demand_id)
        )
        eligible[position] &= left[position]
        exact[position] &= left[position]
    return replace(open_to, eligible=eligible, exact=exact, left=left)


def _check_pin(problem: Problem, person: Resource, pairs: PersonPairs) -> None:
    if pairs.pinned is None:
        return
    demand = next(one for one in problem.demands if str(one.demand_id) == pairs.pinned)
    check = first_refusal(person, demand)
    if check is not None:
        has = {
            "platform": (demand.platform, person.platform),
            "locality": (canonical_locality(demand.locality), canonical_locality(person.locality)),
            "skill": (demand.case_type, "; ".join(sorted(person.skills))),
            "state": (demand.state, "; ".join(sorted(person.states))),
        }
        asked, got = has[check]
        raise InvalidPairError(
            f"the pair of {person.cn} and demand {pairs.pinned} is pinned, and the gate refuses it by {check}: the demand needs "
            f"{asked!r}, the person has {got!r}; correct the roster or take the pin out of allocation_pairs",
            got=person.cn,
            check=check,
        )
