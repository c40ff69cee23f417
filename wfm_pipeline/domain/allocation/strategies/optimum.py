"""Strategy `optimal`, part one: how many people each demand gets, exactly.

Here: the vector of counts with the smallest sum((assigned - ideal)^2 / ideal). The reachable vectors
are the bases of an integral polymatroid, on which no improving exchange of one person along a chain
of eligible moves means no better vector at all. Everybody starts at the demand that is furthest
behind among their own; then chains carry people from the demand furthest ahead to the one furthest
behind it can reach, until none helps. Every order is total (key, then demand id), so the answer is
one vector and does not depend on the way to it. Not here: which person goes where (equilibrium).

Source: Sainte-Lague / Webster apportionment; Fujishige (2005), Submodular Functions and
Optimization; Murota (2003), Discrete Convex Analysis (exchange criterion of M-convex functions).
"""

import heapq
from collections.abc import Sequence
from copy import copy as shallow_copy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from wfm_pipeline.domain.allocation.strategies.gate import bits_of

WEBSTER: Final = 0.5
"""Next seat goes by (assigned + 0.5) / weight: the smallest chi-square gap."""
ADAMS: Final = 0.0
"""Next seat goes by assigned / weight: every demand gets its first person before anyone a second."""


@dataclass(frozen=True, slots=True)
class Kind:
    """People who are alike: the same open demands with the same gains.

    Attributes:
        open_to: Bit set of the demands they may be given.
        levels: (gain, bit set) pairs that share `open_to` out, best gain first.
        members: Positions of the people, in order of cn.
    """

    open_to: int
    levels: tuple[tuple[int, int], ...]
    members: list[int]


@dataclass
class Flow:
    """People of each kind at each demand of one block.

    Attributes:
        kinds: The kinds.
        weights: Weight of each demand, > 0 for all that share people.
        shift: WEBSTER or ADAMS.
        at: For each demand, kind -> people of that kind there.
        reach: For each demand, bit set of the demands its people could be given instead.
        level: For each demand, the key of its next person: (assigned + shift) / weight.
        assigned: For each demand, its people.
        borrowed: Bit set of the demands whose `at` is another flow's still; it is copied before it is changed.
    """

    kinds: Sequence[Kind]
    weights: Sequence[float]
    shift: float
    at: list[dict[int, int]] = field(init=False)
    reach: list[int] = field(init=False)
    level: list[float] = field(init=False)
    assigned: list[int] = field(init=False)
    borrowed: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Nobody anywhere."""
        size = len(self.weights)
        self.at = [{} for _ in range(size)]
        self.reach = [0] * size
        self.assigned = [0] * size
        self.level = [self.shift / weight for weight in self.weights]

    def copy(self, more: Sequence[Kind]) -> "Flow":
        """The same people at the same demands, which may then be changed; this one must not be any more.

        Args:
            more: Further kinds, of which nobody is anywhere yet.

        Returns:
            A flow of its own.
        """
        other = shallow_copy(self)
        other.kinds, other.at, other.borrowed = (*self.kinds, *more), list(self.at), (1 << len(self.at)) - 1
        other.reach, other.level, other.assigned = list(self.reach), list(self.level), list(self.assigned)
        return other

    def put(self, kind: int, demand: int) -> None:
        """One more person of a kind at a demand.

        Args:
            kind: The kind.
            demand: Bit of the demand.
        """
        here = self._own(demand)
        here[kind] = here.get(kind, 0) + 1
        self.reach[demand] |= self.kinds[kind].open_to
        self.assigned[demand] += 1
        self.level[demand] = (self.assigned[demand] + self.shift) / self.weights[demand]

    def take(self, kind: int, demand: int) -> None:
        """One person of a kind less at a demand.

        Args:
            kind: The kind.
            demand: Bit of the demand, where one of the kind is.
        """
        here = self._own(demand)
        here[kind] -= 1
        if not here[kind]:
            del here[kind]
            reach = 0
            for other in here:
                reach |= self.kinds[other].open_to
            self.reach[demand] = reach
        self.assigned[demand] -= 1
        self.level[demand] = (self.assigned[demand] + self.shift) / self.weights[demand]

    def _own(self, demand: int) -> dict[int, int]:
        """People at a demand, to be changed."""
        if self.borrowed >> demand & 1:
            self.borrowed ^= 1 << demand
            self.at[demand] = dict(self.at[demand])
        return self.at[demand]

    def last_level(self, demand: int) -> float:
        """How far ahead of its share a demand is.

        Args:
            demand: Bit of the demand, with at least one person.

        Returns:
            Key at which it got its last person: (assigned - 1 + shift) / weight.
        """
        return (self.assigned[demand] - 1 + self.shift) / self.weights[demand]


def best_counts(kinds: Sequence[Kind], weights: Sequence[float], *, shift: float = WEBSTER) -> Flow:
    """Give everybody a demand so that the counts are the best possible.

    Args:
        kinds: Kinds of people, each open to at least one demand.
        weights: What each demand's share is proportional to, > 0; compared only inside one block.
        shift: WEBSTER, or ADAMS for a first person everywhere.

    Returns:
        A flow whose counts minimise sum((assigned - ideal)^2 / ideal) over all ways to give
        everybody one of their open demands; among equals, more to smaller demand ids.

    Source:
        Sainte-Lague / Webster apportionment; Fujishige (2005), Submodular Functions and Optimization; Murota (2003),
        Discrete Convex Analysis.
    """
    flow = Flow(kinds, weights, shift)
    _start(flow)
    _exchange(flow)
    return flow


def rebalanced(flow: Flow, changes: Sequence[tuple[int | None, int]]) -> Flow:
    """The best counts again after some people can do other demands: from those of before, a few chains suffice.

    Args:
        flow: Counts that are the best.
        changes: For each such person the kind so far, None where no demand was open, and the bit set of demands now.

    Returns:
        A flow of its own, with the counts that `best_counts` gives to the changed people.

    Source:
        As of `best_counts`: from every start chains lead to the one best vector.
    """
    kinds = [Kind(open_to, ((0, open_to),), []) for _, open_to in changes]
    after = flow.copy(kinds)
    for number, (former, open_to) in enumerate(changes, start=len(flow.kinds)):
        if former is not None:
            places = (demand for demand in bits_of(flow.kinds[former].open_to) if former in after.at[demand])
            after.take(former, max(places, key=lambda demand: (after.last_level(demand), demand)))
        after.put(number, min(bits_of(open_to), key=after.level.__getitem__))
    _exchange(after)
    return after


def _start(flow: Flow) -> None:
    """A good first guess; any would do.

    People with few options come first, each to the demand furthest behind: among those they are worth
    most at while one of them is below the block's mean level, else among all that are open to them.
    """
    level = flow.level.__getitem__
    mean_level = sum(len(kind.members) for kind in flow.kinds) / sum(flow.weights)
    for number in sorted(range(len(flow.kinds)), key=lambda one: (flow.kinds[one].open_to.bit_count(), one)):
        kind = flow.kinds[number]
        preferred = bits_of(kind.levels[0][1])
        for _ in kind.members:
            demand = preferred[0] if len(preferred) == 1 else min(preferred, key=level)
            if len(kind.levels) > 1 and level(demand) > mean_level:
                demand = min(bits_of(kind.open_to), key=level)
            flow.put(number, demand)


def _exchange(flow: Flow) -> None:
    """Carry people along chains from demands ahead to demands behind until no chain improves."""
    size = len(flow.weights)
    counted = enumerate(zip(flow.assigned, flow.weights, strict=True))
    donors = [(-((people - 1 + flow.shift) / weight), -demand) for demand, (people, weight) in counted if people]
    heapq.heapify(donors)
    closed, behind = 0, min(range(size), key=flow.level.__getitem__)
    while donors:
        entry = heapq.heappop(donors)
        donor = -entry[1]
        if closed >> donor & 1 or not flow.assigned[donor] or entry[0] != -flow.last_level(donor):
            continue
        if (flow.level[behind], behind) >= (-entry[0], donor):
            return  # even the demand furthest behind is not behind this one, and no donor is further ahead
        seen, came_from = _reachable(flow, donor, behind, closed)
        receiver = behind if seen >> behind & 1 else min(bits_of(seen), key=flow.level.__getitem__)
        if (flow.level[receiver], receiver) >= (-entry[0], donor):
            closed |= seen
            continue
        _carry(flow, donor, receiver, came_from)
        behind = min(range(size), key=flow.level.__getitem__)
        for changed in (donor, receiver):
            if flow.assigned[changed] and not closed >> changed & 1:
                heapq.heappush(donors, (-flow.last_level(changed), -changed))


def _reachable(flow: Flow, donor: int, wanted: int, closed: int) -> tuple[int, dict[int, int]]:
    """Demands a chain of moves from `donor` can reach (up to `wanted`), and where each was reached from.

    Closed ones are left out: they lead to closed ones only, and none of them is behind a donor that comes later.
    """
    seen, queue, came_from = closed | 1 << donor, [donor], {}
    stop = 1 << wanted
    for demand in queue:
        fresh = flow.reach[demand] & ~seen
        if fresh:
            seen |= fresh
            found = bits_of(fresh)
            came_from.update(dict.fromkeys(found, demand))
            if fresh & stop:
                break
            queue.extend(found)
    return seen ^ closed, came_from


def _carry(flow: Flow, donor: int, receiver: int, came_from: dict[int, int]) -> None:
    """Move one person along every step of the chain that leads from donor to receiver."""
    chain = [receiver]
    while chain[-1] != donor:
        chain.append(came_from[chain[-1]])
    chain.reverse()
    for source, target in pairwise(chain):
        kind = _mover(flow, source, target)
        flow.take(kind, source)
        flow.put(kind, target)


def _mover(flow: Flow, source: int, target: int) -> int:
    """A kind at `source` that may go to `target`: one that loses least by it."""
    bit = 1 << target
    movers = [kind for kind in flow.at[source] if flow.kinds[kind].open_to & bit]
    return min(movers, key=lambda kind: (gain_of(flow.kinds[kind], source) - gain_of(flow.kinds[kind], target), kind))


def gain_of(kind: Kind, demand: int) -> int:
    """What a person of the kind is worth at a demand.

    Args:
        kind: The kind.
        demand: Bit of the demand.

    Returns:
        The gain, larger is better; an exact state counts most, then staying where one was.

    Raises:
        ValueError: the demand is not open to the kind.
    """
    for gain, bits in kind.levels:
        if bits >> demand & 1:
            return gain
    raise ValueError(f"demand {demand} is not open to this kind")
