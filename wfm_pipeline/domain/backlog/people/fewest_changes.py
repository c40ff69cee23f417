"""Which few things to change so that a risk stays within its limit: an exact search where it is small, else a bounded one.

Here: the search over choices, each of which takes people away in some hours. Not here: what the choices are (choices), what the
risk is (ahead, or whoever asks).

The risk never rises with more people. A partial answer is therefore at best as risky as if everything undecided took nobody away:
whole branches are left out by one question. Costs are compared before risks, and the order of the items settles ties, so that the
same question has the same answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import ROUNDING, FloatArray

Cost = tuple[int, int]
"""Things changed, and those of them that are put off [count]."""
HoursRisk = Callable[[FloatArray], float]
"""People on cases in each hour -> probability of a breach [0..1]."""
FREE: Final[Cost] = (0, 0)
_DIGITS: Final = 9
"""Digits behind the point to which people are told apart: sums in another order are the same people."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One way to do a thing.

    Attributes:
        cost: What it costs.
        heads: People it takes in each hour [agents], shape (n_hours,).
        taken: People on cases it takes in each hour [agents], shape (n_hours,).
        starts_at: When it begins; None = not in these hours.
        ends_at: Its end, exclusive.
        people: Who takes part, where it is known: nobody does two things at a time.
        is_as_planned: It stands in the plan already: whether there are people enough for it is not asked again.
    """

    cost: Cost
    heads: FloatArray
    taken: FloatArray
    starts_at: pd.Timestamp | None = None
    ends_at: pd.Timestamp | None = None
    people: frozenset[str] = frozenset()
    is_as_planned: bool = False

    def meets(self, other: "Choice") -> bool:
        """Whether somebody would have to be in both at a time.

        Args:
            other: Another choice.

        Returns:
            False where nobody who takes part is known.
        """
        if self.starts_at is None or other.starts_at is None or self.ends_at is None or other.ends_at is None:
            return False
        return bool(self.people & other.people) and self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangeQuestion:
    """What is asked.

    Attributes:
        items: Ways of each thing, the cheapest first.
        people: People on cases if no item took anybody [agents], shape (n_hours,).
        heads: People who could take part if no item took anybody [agents], shape (n_hours,).
        risk: Probability by people on cases; more people never raise it.
        limit: Wanted probability at most [0..1].
        least_gain: Where the limit is out of reach, each change must lower the probability by as much [0..1].
        most_trials: Different probabilities that may be asked for [count].
    """

    items: Sequence[Sequence[Choice]]
    people: FloatArray
    heads: FloatArray
    risk: HoursRisk
    limit: float
    least_gain: float
    most_trials: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came out.

    Attributes:
        places: Place of the choice of each item.
        risk: Probability with them [0..1].
        cost: Their cost.
        is_exact: No cheaper choice keeps the limit, or, where none does, none is less risky by more than it costs.
        trials: Different probabilities that were asked for [count].
    """

    places: tuple[int, ...]
    risk: float
    cost: Cost
    is_exact: bool
    trials: int


def fewest_changes(question: ChangeQuestion) -> Chosen:
    """The cheapest choices that keep the risk within its limit, and of these the least risky.

    Args:
        question: What is asked; either the first choices of all items go together, or those that take least.

    Returns:
        Where no choices keep the limit, those with the least risk, where each change counts as `least_gain`. Two walks from choice
        to better choice, one from the first choices and one from those that take least, give a first answer; whatever may
        be better is then looked at until trials run out.

    Source:
        Branch and bound: Land & Doig (1960), An Automatic Method of Solving Discrete Programming Problems.
    """
    search = _Search(question)
    first = tuple(0 for _ in question.items)
    least = tuple(int(np.argmin([one.taken.sum() for one in item])) for item in question.items)
    is_exact = True
    try:
        for places in dict.fromkeys((first, least)):
            if search.can_be(places):
                search.walk(search.walk(places, gain=0.0), gain=question.least_gain)
        search.look_at_all()
    except _OutOfTrialsError:
        is_exact = False
    return Chosen(search.best, search.best_risk, search.cost(search.best), is_exact, len(search.known))


class _OutOfTrialsError(Exception):
    """The next question would be one too many."""


@dataclass(slots=True, eq=False)
class _Search:
    """One search: what was asked, and the best so far."""

    question: ChangeQuestion
    known: dict[bytes, float] = field(default_factory=dict)
    best: tuple[int, ...] = ()
    best_risk: float = np.inf
    best_score: tuple[float, ...] = (np.inf,)
    rest: tuple[FloatArray, FloatArray] = field(init=False)
    later: list[Cost] = field(init=False)

    def __post_init__(self) -> None:
        """What items from each one on take at the least, in any way and in the cheapest, and what they cost at the least."""
        items = self.question.items
        cheapest = [min(one.cost for one in item) for item in items]
        any_way = [[one.taken for one in item] for item in items]
        usual = [
            [one.taken for one in item if one.cost[0] == cost[0]] for item, cost in zip(items, cheapest, strict=True)
        ]
        self.rest = (self._from_each_on(any_way), self._from_each_on(usual))
        self.later = [
            (sum(one for one, _ in cheapest[at:]), sum(other for _, other in cheapest[at:]))
            for at in range(len(items) + 1)
        ]

    def _from_each_on(self, taken: Sequence[Sequence[FloatArray]]) -> FloatArray:
        least: list[FloatArray] = [np.zeros(len(self.question.people))]
        least += [np.min(np.array(ways, dtype=np.float64), axis=0) for ways in reversed(taken)]
        return np.asarray(np.cumsum(least, axis=0)[::-1], dtype=np.float64)

    def risk(self, people: FloatArray) -> float:
        """The probability with these people; one that is known is no trial."""
        inside: FloatArray = np.asarray(np.round(np.maximum(people, 0.0), _DIGITS), dtype=np.float64)
        key = inside.tobytes()
        if key not in self.known:
            if len(self.known) >= self.question.most_trials:
                raise _OutOfTrialsError
            self.known[key] = float(self.question.risk(inside))
        return self.known[key]

    def cost(self, places: Sequence[int]) -> Cost:
        """What choices cost together."""
        costs = [item[place].cost for item, place in zip(self.question.items, places, strict=True)]
        return sum(one for one, _ in costs), sum(other for _, other in costs)

    def score(self, risk: float, cost: Cost, *, gain: float) -> tuple[float, ...]:
        """Less is better: whatever keeps the limit stands before what does not."""
        if risk <= self.question.limit:
            return (0.0, *cost, risk)
        return (1.0, risk + gain * cost[0], *cost)

    def tried(self, places: tuple[int, ...], *, gain: float) -> tuple[float, ...]:
        """Score of choices; the best are remembered."""
        people = self.question.people
        for item, place in zip(self.question.items, places, strict=True):
            people = people - item[place].taken
        cost, risk = self.cost(places), self.risk(people)
        final = self.score(risk, cost, gain=self.question.least_gain)
        if final < self.best_score:
            self.best, self.best_risk, self.best_score = places, risk, final
        return self.score(risk, cost, gain=gain)

    def can_be(self, places: Sequence[int]) -> bool:
        """Enough people for everything that was changed, and nobody twice at a time."""
        chosen = [item[place] for item, place in zip(self.question.items, places, strict=False)]
        left = self.question.heads
        for one in chosen:
            left = left - one.heads
        for number, one in enumerate(chosen):
            if not one.is_as_planned and np.any(left[one.heads > 0] < -ROUNDING):
                return False
            if any(one.meets(other) for other in chosen[:number] if not (one.is_as_planned and other.is_as_planned)):
                return False
        return True

    def walk(self, places: tuple[int, ...], *, gain: float) -> tuple[int, ...]:
        """One best change after the other until none helps; taking a change back is a change too."""
        score = self.tried(places, gain=gain)
        while True:
            found, near = self._best_neighbour(places, score, gain)
            if near == places:
                return places
            score, places = found, near

    def _best_neighbour(
        self, places: tuple[int, ...], score: tuple[float, ...], gain: float
    ) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """The best of all choices that differ in one item; items of which none can be better are not looked at."""
        best = (score, places)
        for bound, number in sorted(self._bounds(places, score, gain)):
            if bound >= best[0]:
                break
            for place in range(len(self.question.items[number])):
                near = (*places[:number], place, *places[number + 1 :])
                if near == places or self.score(0.0, self.cost(near), gain=gain) >= best[0] or not self.can_be(near):
                    continue
                best = min(best, (self.tried(near, gain=gain), near))
        return best

    def _bounds(
        self, places: tuple[int, ...], score: tuple[float, ...], gain: float
    ) -> Iterator[tuple[tuple[float, ...], int]]:
        """Items that may better a score if another choice is made, with the best score that they may bring."""
        people = self.question.people
        for item, place in zip(self.question.items, places, strict=True):
            people = people - item[place].taken
        changed, put_off = self.cost(places)
        for number, item in enumerate(self.question.items):
            here = item[places[number]]
            other = min(one.cost for one in item if one is not here) if len(item) > 1 else None
            if other is None:
                continue
            cost = (changed - here.cost[0] + other[0], put_off - here.cost[1] + other[1])
            if self.score(0.0, cost, gain=gain) < score:
                least = np.min(np.array([one.taken for one in item], dtype=np.float64), axis=0)
                yield self.score(self.risk(people + here.taken - least), cost, gain=gain), number

    def look_at_all(self) -> None:
        """Look at everything that may be better than the best so far.

        Raises:
            _OutOfTrialsError: trials ran out.
        """
        self._descend((), self.question.people, FREE)

    def _descend(self, places: tuple[int, ...], people: FloatArray, cost: Cost) -> None:
        at = len(places)
        lowest = (cost[0] + self.later[at][0], cost[1] + self.later[at][1])
        if self._bound(0.0, lowest) >= self.best_score:
            return
        has_changes_left = self.best_score[0] > 0 or lowest[0] < self.best_score[1]
        rest = self.rest[0 if has_changes_left else 1][at]
        if self._bound(self.risk(people - rest), lowest) >= self.best_score:
            return
        if at == len(self.question.items):
            self.tried(places, gain=self.question.least_gain)
            return
        for place, one in enumerate(self.question.items[at]):
            if self.can_be((*places, place)):
                self._descend((*places, place), people - one.taken, (cost[0] + one.cost[0], cost[1] + one.cost[1]))

    def _bound(self, risk: float, cost: Cost) -> tuple[float, ...]:
        return self.score(risk, cost, gain=self.question.least_gain)
