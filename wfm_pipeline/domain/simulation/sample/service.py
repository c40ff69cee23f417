"""What becomes of a call: first come first served, impatience, redials and transfers, one day at a time.

In a first-come queue the wait a newcomer faces is known on arrival: the earliest moment at which an
agent is free, given everybody who came before. So legs are taken in order of their start, and a
caller whose patience is shorter than that wait leaves without having used an agent.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, inf, log
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.people import Companies
from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec

ANSWERED, ABANDONED, TRANSFERRED, OVERFLOW = range(4)
STATUS_WORDS = ("ANSWERED", "ABANDONED", "TRANSFERRED", "OVERFLOW")
_TALK_SIGMA: Final = 0.75
"""Spread of talk times [log]."""
_GREETING_SECONDS: Final = 3.0
"""Shortest talk: the agent's greeting [s]."""
_HOLD_SHARE, _HOLD_SECONDS = 0.22, 35.0
"""Share of calls put on hold [0..1], and for how long on average [s]."""
_LEGS_MAX: Final = 3
"""Legs of a call at most [count]."""
_CLOSED_SECONDS, _CLOSED_SPREAD_SECONDS = 8.0, 10.0
"""Shortest wait of a call outside opening hours, and what chance adds at most [s]."""
_TRANSFER_TICKETS: Final = 4
"""How much more often the largest queue is transferred to than a very small one."""
_BLOCK: Final = 4096
"""Numbers of chance drawn at a time [count]."""


class Call(NamedTuple):
    """One attempt: whose first attempt it goes back to, what it repeats, from which phone."""

    attempt: int
    previous_call: int
    phone: int
    tries: int


class Leg(NamedTuple):
    """One stay in one queue; times in seconds since the first date's local midnight."""

    call: int
    leg_number: int
    queue: int
    status: int
    starts: float
    wait: float
    talk: float
    hold: float
    after_call: float
    agent: int


@dataclass(frozen=True, slots=True)
class Draws:
    """Endless streams of chance, each of its own so that one more draw here changes nothing there."""

    patience: Iterator[float]
    normal: Iterator[float]
    after_call: Iterator[float]
    hold: Iterator[float]
    uniform: Iterator[float]
    delay: Iterator[float]

    @classmethod
    def from_seed(cls, seed: np.random.SeedSequence) -> "Draws":
        """Standard exponential, normal and uniform streams.

        Args:
            seed: The parent seed; each stream gets a child of it.

        Returns:
            Endless standard exponential, normal and uniform numbers.
        """
        one, two, three, four, five, six = (np.random.default_rng(child) for child in seed.spawn(6))
        return cls(
            _endless(one, "standard_exponential"),
            _endless(two, "standard_normal"),
            _endless(three, "standard_exponential"),
            _endless(four, "standard_exponential"),
            _endless(five, "random"),
            _endless(six, "standard_exponential"),
        )


def mean_handle_seconds(spec: ContactCentreSpec, companies: Companies) -> np.ndarray:
    """Mean talk, hold and after-call work of one leg, as the planner knows it.

    Args:
        spec: The centre.
        companies: Who talks how long.

    Returns:
        Seconds [s], shape (n_queues,).
    """
    factors = companies.shares @ companies.talk_factors
    talk = _GREETING_SECONDS + np.array([queue.talk_seconds for queue in spec.queues]) * factors
    return talk + _HOLD_SHARE * _HOLD_SECONDS + np.array([queue.after_call_seconds for queue in spec.queues])


def _endless(rng: np.random.Generator, name: str) -> Iterator[float]:
    while True:
        yield from getattr(rng, name)(_BLOCK).tolist()


class _Desk:
    """The agents of one queue on one day; the longest idle takes the next call."""

    def __init__(self) -> None:
        self.heap: list[tuple[float, int, float]] = []
        self._busy_until: dict[int, float] = {}

    def earliest_start(self, now: float) -> float:
        """When the next agent can take a call that arrives now; infinity if nobody will."""
        heap = self.heap
        while heap:
            free_at, agent, ends = heap[0]
            busy_until = self._busy_until.get(agent, 0.0)
            if busy_until > free_at:  # the call before lunch ran into the stretch after it
                heapq.heapreplace(heap, (busy_until, agent, ends))
                continue
            start = max(free_at, now)
            if start < ends:
                return start
            heapq.heappop(heap)
        return inf

    def next_agent(self) -> int:
        return self.heap[0][1]

    def occupy(self, until: float) -> None:
        _, agent, ends = self.heap[0]
        heapq.heapreplace(self.heap, (until, agent, ends))
        self._busy_until[agent] = until


class ServiceDay:
    """Runs days one after the other and collects their calls and legs."""

    def __init__(
        self,
        spec: ContactCentreSpec,
        attempts: pd.DataFrame,
        companies: Companies,
        speeds: np.ndarray,
        draws: Draws,
    ) -> None:
        self.calls: list[Call] = []
        self.legs: list[Leg] = []
        self._spec = spec
        self._draws = draws
        self._speeds = speeds.tolist()
        self._talk_factor = companies.talk_factors[attempts["customer"].to_numpy()].tolist()
        self._first_queue = attempts["queue"].tolist()
        self._talk_mu = [log(queue.talk_seconds) - _TALK_SIGMA**2 / 2 for queue in spec.queues]
        self._targets = [_transfer_targets(spec, position) for position in range(len(spec.queues))]
        self._events: list[tuple[float, int, int, int]] = []
        self._desks: list[_Desk] = []
        self._midnight = self._closes = 0.0

    def run(
        self,
        first: list[tuple[int, int, float, bool]],
        stints: list[tuple[int, float, int, float]],
        *,
        midnight: float,
        closes: float,
    ) -> None:
        """Simulate one day.

        Args:
            first: The day's first attempts: (row in attempts, queue, seconds of the day, is_closed).
            stints: (queue, starts, agent, ends), see `day_stints`.
            midnight: Local midnight of the day [s since the first date's].
            closes: Closing time [s of the day]; nobody redials after it.
        """
        self._midnight, self._closes = midnight, closes
        self._desks = [_Desk() for _ in self._spec.queues]
        for queue, starts, agent, ends in stints:
            heapq.heappush(self._desks[queue].heap, (starts, agent, ends))
        self._events = []
        for attempt, queue, seconds, is_closed in first:
            call = self._new_call(attempt)
            if is_closed:
                self._record(
                    call,
                    1,
                    queue,
                    OVERFLOW,
                    seconds,
                    wait=_CLOSED_SECONDS + _CLOSED_SPREAD_SECONDS * next(self._draws.uniform),
                )
            else:
                heapq.heappush(self._events, (seconds, call, 1, queue))
        while self._events:
            self._serve(*heapq.heappop(self._events))

    def _new_call(self, attempt: int, previous_call: int = -1, phone: int = 0, tries: int = 1) -> int:
        self.calls.append(Call(attempt, previous_call, phone, tries))
        return len(self.calls) - 1

    def _record(
        self,
        call: int,
        leg_number: int,
        queue: int,
        status: int,
        seconds: float,
        *,
        wait: float,
        talk: float = 0.0,
        hold: float = 0.0,
        after_call: float = 0.0,
        agent: int = -1,
    ) -> None:
        starts = self._midnight + seconds
        self.legs.append(Leg(call, leg_number, queue, status, starts, wait, talk, hold, after_call, agent))

    def _serve(self, now: float, call: int, leg_number: int, queue: int) -> None:
        desk = self._desks[queue]
        wait = desk.earliest_start(now) - now
        patience = next(self._draws.patience) * self._spec.queues[queue].patience_seconds
        # First come, first served: the wait is known on arrival, so who will not last it takes no agent's time.
        if wait > patience:
            self._record(call, leg_number, queue, ABANDONED, now, wait=patience)
            self._maybe_redial(now + patience, call)
            return
        draws, agent = self._draws, desk.next_agent()
        factor = self._talk_factor[self.calls[call].attempt] * self._speeds[agent]
        talk = _GREETING_SECONDS + exp(self._talk_mu[queue] + _TALK_SIGMA * next(draws.normal)) * factor
        hold = next(draws.hold) * _HOLD_SECONDS if next(draws.uniform) < _HOLD_SHARE else 0.0
        after_call = next(draws.after_call) * self._spec.queues[queue].after_call_seconds
        passes_on = leg_number < _LEGS_MAX and next(draws.uniform) < self._spec.queues[queue].transfer_share
        ends = now + wait + talk + hold
        desk.occupy(ends + after_call)
        self._record(
            call,
            leg_number,
            queue,
            TRANSFERRED if passes_on else ANSWERED,
            now,
            wait=wait,
            talk=talk,
            hold=hold,
            after_call=after_call,
            agent=agent,
        )
        if passes_on:
            self._pass_on(ends, call, leg_number, queue)

    def _pass_on(self, now: float, call: int, leg_number: int, queue: int) -> None:
        targets = self._targets[queue]
        target = targets[int(next(self._draws.uniform) * len(targets))]
        heapq.heappush(self._events, (now, call, leg_number + 1, target))

    def _maybe_redial(self, gave_up_at: float, call: int) -> None:
        behavior, draws, made = self._spec.behavior, self._draws, self.calls[call]
        if made.tries >= behavior.attempts_max or next(draws.uniform) >= behavior.redial_share:
            return
        is_quick = next(draws.uniform) < behavior.quick_share
        mean = behavior.quick_seconds if is_quick else behavior.late_seconds
        again_at = gave_up_at + behavior.redial_pause_seconds + next(draws.delay) * mean
        phone = 1 - made.phone if next(draws.uniform) < behavior.other_phone_share else made.phone
        if again_at < self._closes:
            again = self._new_call(made.attempt, call, phone, made.tries + 1)
            heapq.heappush(self._events, (again_at, again, 1, self._first_queue[made.attempt]))


def _transfer_targets(spec: ContactCentreSpec, position: int) -> list[int]:
    """Queues a call may be passed on to; bigger ones stand more often in the list."""
    others = [other for other in range(len(spec.queues)) if other != position]
    largest = max(spec.queues[other].calls_per_day for other in others)
    return [
        other
        for other in others
        for _ in range(1 + int(_TRANSFER_TICKETS * spec.queues[other].calls_per_day / largest))
    ]
