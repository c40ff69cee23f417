"""Strategy `optimal`, part two: with the counts fixed, the people where they are worth most.

Here: an exact min-cost assignment by prices. A price on each demand is found so that nobody would be
worth more, net of prices, at another demand; then no exchange that keeps the counts can gain. People
who already are where they are worth most start in the market at price 0; the others are let in one
by one, each along the shortest chain to the seat they leave. Not here: the counts (optimum).

Source: Bertsekas (1998), Network Optimization: successive shortest paths and auction prices.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from wfm_pipeline.domain.allocation.gate import bits_of
from wfm_pipeline.domain.allocation.optimum import Flow, gain_of


@dataclass
class Market:
    """People let in so far, and the prices at which all of them are content.

    Attributes:
        flow: All people; moved as chains are found.
        admitted: For each demand, kind -> people of that kind in the market.
        price: Price of each demand, >= 0.
        price_bits: Price -> bit set of the demands at it.
    """

    flow: Flow
    admitted: list[dict[int, int]] = field(init=False)
    price: list[int] = field(init=False)
    price_bits: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """All prices 0 and nobody in."""
        size = len(self.flow.weights)
        self.admitted = [{} for _ in range(size)]
        self.price = [0] * size
        self.price_bits = {0: (1 << size) - 1}

    def admit(self, kind: int, demand: int, people: int) -> None:
        """Let people in where they stand."""
        here = self.admitted[demand]
        here[kind] = here.get(kind, 0) + people

    def leave(self, kind: int, demand: int) -> None:
        """One admitted person goes from a demand."""
        here = self.admitted[demand]
        here[kind] -= 1
        if not here[kind]:
            del here[kind]

    def net_levels(self, kind: int) -> Iterator[tuple[int, int]]:
        """(gain - price, bit set) pairs over the demands open to a kind."""
        for gain, bits in self.flow.kinds[kind].levels:
            for price, priced in self.price_bits.items():
                if bits & priced:
                    yield gain - price, bits & priced

    def net(self, kind: int, demand: int) -> int:
        """What a person of the kind is worth at a demand, net of its price."""
        return gain_of(self.flow.kinds[kind], demand) - self.price[demand]

    def raise_price(self, demand: int, amount: int) -> None:
        """Make a demand dearer."""
        old, bit = self.price[demand], 1 << demand
        self.price_bits[old] ^= bit
        if not self.price_bits[old]:
            del self.price_bits[old]
        self.price[demand] = old + amount
        self.price_bits[old + amount] = self.price_bits.get(old + amount, 0) | bit


def settle(flow: Flow) -> None:
    """Move people between demands, counts unchanged, until the sum of gains is as large as possible.

    Args:
        flow: People of each kind at each demand; changed in place.
    """
    if all(len(kind.levels) == 1 for kind in flow.kinds):
        return
    market, outside = Market(flow), []
    for demand, here in enumerate(flow.at):
        for kind, people in here.items():
            if gain_of(flow.kinds[kind], demand) == flow.kinds[kind].levels[0][0]:
                market.admit(kind, demand, people)
            else:
                outside.append((kind, demand, people))
    for kind, demand, people in sorted(outside):
        _let_in(market, kind, demand, people)


def _let_in(market: Market, kind: int, demand: int, people: int) -> None:
    """Let people of one kind at one demand in; each goes where it is worth most, if a chain frees a seat."""
    for left in range(people, 0, -1):
        own = market.net(kind, demand)
        wish = max(net for net, _ in market.net_levels(kind)) - own
        chain = _shortest_chain(market, kind, demand, wish) if wish > 0 else []
        if not chain:
            market.admit(kind, demand, left)
            return
        _rotate(market, kind, demand, chain)


def _rotate(market: Market, kind: int, demand: int, chain: list[tuple[int, int]]) -> None:
    """Seat the newcomer and push one person along every link; `chain` holds (demand, kind that leaves it)."""
    market.flow.take(kind, demand)
    newcomer = kind
    for stop, leaver in chain:
        market.flow.put(newcomer, stop)
        market.admit(newcomer, stop, 1)
        market.flow.take(leaver, stop)
        market.leave(leaver, stop)
        newcomer = leaver
    market.flow.put(newcomer, demand)
    market.admit(newcomer, demand, 1)


def _shortest_chain(market: Market, kind: int, home: int, wish: int) -> list[tuple[int, int]]:
    """Cheapest way to free a seat at `home` for the person who leaves it; prices follow the search.

    Returns:
        (demand, kind that leaves it) links from the newcomer's new seat on; empty where staying is best.
    """
    own = market.net(kind, home)
    distance: dict[int, int] = {}
    link: dict[int, tuple[int, int] | None] = {}
    heap: list[tuple[int, int]] = []
    for net, bits in market.net_levels(kind):
        if net > own:
            for start in bits_of(bits):
                distance[start], link[start] = wish - (net - own), None
                heap.append((distance[start], start))
    heapq.heapify(heap)
    end = wish
    settled = 0
    while heap:
        so_far, stop = heapq.heappop(heap)
        if so_far >= end:
            break
        if settled >> stop & 1:
            continue
        settled |= 1 << stop
        if stop == home:
            end = so_far
            break
        _relax(market, stop, (settled, end), distance, link, heap)
    for stop in bits_of(settled):
        if distance[stop] < end:
            market.raise_price(stop, end - distance[stop])
    return _links(link, home) if end < wish else []


def _relax(
    market: Market,
    stop: int,
    bounds: tuple[int, int],
    distance: dict[int, int],
    link: dict[int, tuple[int, int] | None],
    heap: list[tuple[int, int]],
) -> None:
    settled, end = bounds
    so_far = distance[stop]
    nearest = settled
    for kind in market.admitted[stop]:
        net_here = market.net(kind, stop)
        for net, bits in market.net_levels(kind):
            length = so_far + net_here - net
            fresh = bits & ~nearest
            if length >= end or not fresh:
                continue
            for target in bits_of(fresh):
                if length < distance.get(target, end):
                    distance[target], link[target] = length, (stop, kind)
                    heapq.heappush(heap, (length, target))
            if length == so_far:
                nearest |= fresh


def _links(link: dict[int, tuple[int, int] | None], home: int) -> list[tuple[int, int]]:
    chain = []
    step = link[home]
    while step is not None:
        chain.append(step)
        step = link[step[0]]
    chain.reverse()
    return chain
