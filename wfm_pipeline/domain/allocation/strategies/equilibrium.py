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

from wfm_pipeline.domain.allocation.strategies.gate import bits_of
from wfm_pipeline.domain.allocation.strategies.optimum import Flow, gain_of


@dataclass
class Market:
    """People let in so far, and the prices at which all of them are content.

    Attributes:
        flow: All people; moved as chains are found.
        admitted: For each demand, kind -> people of that kind in the market.
        losses: For each demand, loss of gain -> bit set of demands that somebody admitted here could
            go to at that loss; None = to be worked out again.
        price: Price of each demand, >= 0.
        price_bits: Price -> bit set of the demands at it.
    """

    flow: Flow
    admitted: list[dict[int, int]] = field(init=False)
    losses: list[dict[int, int] | None] = field(init=False)
    price: list[int] = field(init=False)
    price_bits: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """All prices 0 and nobody in."""
        size = len(self.flow.weights)
        self.admitted = [{} for _ in range(size)]
        self.losses = [None] * size
        self.price = [0] * size
        self.price_bits = {0: (1 << size) - 1}

    def admit(self, kind: int, demand: int, people: int) -> None:
        """Let people in where they stand.

        Args:
            kind: Kind of the people.
            demand: Bit of the demand where they stand.
            people: How many [count], >= 1.
        """
        here = self.admitted[demand]
        here[kind] = here.get(kind, 0) + people
        self.losses[demand] = None

    def leave(self, kind: int, demand: int) -> None:
        """One admitted person goes from a demand.

        Args:
            kind: Kind of the person.
            demand: Bit of the demand the person goes from.
        """
        here = self.admitted[demand]
        here[kind] -= 1
        if not here[kind]:
            del here[kind]
            self.losses[demand] = None

    def losses_at(self, demand: int) -> dict[int, int]:
        """Where those admitted at a demand could go, and what that would cost.

        Args:
            demand: Bit of the demand.

        Returns:
            Loss of gain -> bit set of the demands that somebody admitted here could go to at that loss.
        """
        losses = self.losses[demand]
        if losses is None:
            losses = self.losses[demand] = {0: 0}
            kinds = self.flow.kinds
            for number in self.admitted[demand]:
                kind = kinds[number]
                if len(kind.levels) == 1:
                    losses[0] |= kind.open_to
                    continue
                gain_here = gain_of(kind, demand)
                for gain, bits in kind.levels:
                    losses[gain_here - gain] = losses.get(gain_here - gain, 0) | bits
        return losses

    def leaver(self, demand: int, target: int, loss: int) -> int:
        """Who goes from a demand.

        Args:
            demand: Bit of the demand.
            target: Bit of the demand the person may go to.
            loss: Gain lost by it.

        Returns:
            The first kind admitted here that may go there at that loss.
        """
        kinds = self.flow.kinds
        return min(
            kind
            for kind in self.admitted[demand]
            if kinds[kind].open_to >> target & 1 and gain_of(kinds[kind], demand) - gain_of(kinds[kind], target) == loss
        )

    def net_levels(self, kind: int) -> Iterator[tuple[int, int]]:
        """What a person of a kind is worth at the demands open to the kind, net of their prices.

        Args:
            kind: The kind.

        Yields:
            (gain - price, bit set of demands) pairs.
        """
        for gain, bits in self.flow.kinds[kind].levels:
            for price, priced in self.price_bits.items():
                if bits & priced:
                    yield gain - price, bits & priced

    def net(self, kind: int, demand: int) -> int:
        """What a person of a kind is worth at a demand, net of its price.

        Args:
            kind: The kind.
            demand: Bit of the demand, open to the kind.

        Returns:
            Gain - price.
        """
        return gain_of(self.flow.kinds[kind], demand) - self.price[demand]

    def raise_price(self, demand: int, amount: int) -> None:
        """Make a demand dearer.

        Args:
            demand: Bit of the demand.
            amount: By how much, > 0.
        """
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

    Source:
        Bertsekas (1998), Network Optimization: successive shortest paths and auction prices.
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
    search = _Search(market, wish)
    for net, bits in market.net_levels(kind):
        if net > own:
            search.offer(bits, wish - (net - own), None)
    end = search.run(home)
    for stop in bits_of(search.settled):
        if search.distance[stop] < end:
            market.raise_price(stop, end - search.distance[stop])
    return search.chain_to(home) if end < wish else []


class _Search:
    """Dijkstra's search over demands, cut off at a length."""

    def __init__(self, market: Market, cut_off: int) -> None:
        self.market, self.cut_off = market, cut_off
        self.distance: dict[int, int] = {}
        self.link: dict[int, tuple[int, int] | None] = {}
        self.heap: list[tuple[int, int, int]] = []  # length, how early found, demand
        self.settled = 0
        self.nearest = 0  # demands that no later offer can bring nearer

    def offer(self, bits: int, length: int, link: tuple[int, int] | None) -> None:
        """Note that the demands in `bits` can be reached at that length."""
        for target in bits_of(bits):
            if length < self.distance.get(target, self.cut_off):
                self.distance[target], self.link[target] = length, link
                heapq.heappush(self.heap, (length, len(self.link), target))

    def run(self, home: int) -> int:
        """Search until `home` is reached; its distance, or the cut-off."""
        while self.heap:
            length, _, stop = heapq.heappop(self.heap)
            if self.settled >> stop & 1:
                continue
            if stop == home:
                return length
            self.settled |= 1 << stop
            self._relax(stop, length)
            if self.nearest >> home & 1:
                return length
        return self.cut_off

    def _relax(self, stop: int, so_far: int) -> None:
        market = self.market
        here = so_far - market.price[stop]
        self.nearest |= 1 << stop
        for loss, bits in market.losses_at(stop).items():
            for price, priced in market.price_bits.items():
                length = here + loss + price
                if length < self.cut_off:
                    fresh = bits & priced & ~self.nearest
                    if fresh:
                        self.offer(fresh, length, (stop, loss))
                        if length == so_far:
                            self.nearest |= fresh

    def chain_to(self, home: int) -> list[tuple[int, int]]:
        """(demand, kind that leaves it) links that lead to `home`."""
        chain, target = [], home
        while (step := self.link[target]) is not None:
            stop, loss = step
            chain.append((stop, self.market.leaver(stop, target, loss)))
            target = stop
        return chain[::-1]
