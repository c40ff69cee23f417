"""Cases worked off: who waits for what, hour by hour, with the people that a desk has for cases.

Here: capacity as a clock of work, and the events that follow. A desk is one worker, as fast as all its people
together, who takes the case that is due first. Not here: the written rows (case_log).
"""

import heapq
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from wfm_pipeline.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

OPENED, DUE, ASSIGNED, MOVED, PAUSED, RESUMED, RESOLVED, CLOSED, RE_OPENED = range(9)
"""What happens to a case, in the order in which it is written where two things happen at once."""
_TOUCHED: Final = RE_OPENED + 1
"""Somebody is done with a case for now: nothing that is written."""
_FIRST_BIT: Final = 1e-3
"""Work by which one sees when a desk begins with a case [agent-s]."""
CLOSING_DAYS: Final = 5
"""Nights after which a machine closes a resolved case [days]."""
_CLOSING_SECOND: Final = 12_600
"""When it does, after midnight, wall clock [s]: half past three."""
_NEVER: Final = float("inf")
_AWAKE_SECONDS: Final = (7 * SECONDS_PER_HOUR, 22 * SECONDS_PER_HOUR)
"""Customers answer and come back between these times of the day, wall clock [s]."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a desk can do: people on cases in each hour since the start, and their work added up.

    Attributes:
        agents: People in each hour, shape (n_hours,).
        done: Work that they can have done by the start of each hour [agent-s], shape (n_hours + 1,).
    """

    agents: list[float]
    done: list[float]

    @classmethod
    def of(cls, agents: np.ndarray) -> "Capacity":
        """Capacity of people per hour.

        Args:
            agents: People on cases, >= 0, shape (n_hours,).

        Returns:
            The clock of their work.
        """
        return cls(agents.tolist(), np.concatenate(([0.0], np.cumsum(agents * SECONDS_PER_HOUR))).tolist())

    def finish(self, since: float, work: float) -> float:
        """When work is done that is begun at a moment.

        Args:
            since: Seconds since the start [s].
            work: Work [agent-s], > 0.

        Returns:
            Seconds since the start [s]; infinite where the desk ends before.
        """
        hour = int(since // SECONDS_PER_HOUR)
        if hour >= len(self.agents):
            return _NEVER
        wanted = self.done[hour] + self.agents[hour] * (since - hour * SECONDS_PER_HOUR) + work
        place = bisect_left(self.done, wanted) - 1
        if place >= len(self.agents):
            return _NEVER
        return place * SECONDS_PER_HOUR + (wanted - self.done[place]) / self.agents[place]


class Course(NamedTuple):
    """What will become of a case, whenever it comes to pass.

    Attributes:
        queue, due: Where it begins, and by when it is due, by which desks choose.
        moves: Queues that it is passed on to, one after the other.
        pause: How long it waits for its customer, once, before it is resolved [s]; 0 for none.
        re_opens: After each time it is resolved, how long until it is open again [s].
        work: Work of each touch [agent-s].
    """

    queue: int
    due: float
    moves: tuple[int, ...]
    pause: float
    re_opens: tuple[float, ...]
    work: tuple[float, ...]


class Happening(NamedTuple):
    """An event: when [s since the start], which case, what, in which queue."""

    at: float
    case: int
    what: int
    queue: int


@dataclass(slots=True)
class _Case:
    """Where a case stands."""

    course: Course
    queue: int
    touches: int = 0
    resolved: int = 0
    was_paused: bool = False


@dataclass(slots=True)
class CaseWork:
    """Desks at work on cases.

    Attributes:
        desks: Capacity of each queue.
        courses: What will become of each case.
        ends_at: Nothing is told that happens at it or later [s].
    """

    desks: list[Capacity]
    courses: list[Course]
    ends_at: float
    told: list[Happening] = field(default_factory=list)
    _coming: list[tuple[float, int, int]] = field(default_factory=list)
    _waiting: list[list[tuple[float, int]]] = field(default_factory=list)
    _busy: list[bool] = field(default_factory=list)
    _cases: list[_Case] = field(default_factory=list)

    def run(self, opened: list[float]) -> list[Happening]:
        """What happens to cases that are opened at these moments.

        Args:
            opened: Seconds since the start [s], shape (n_cases,).

        Returns:
            Events in order of time, case and kind.
        """
        self._cases = [_Case(course, course.queue) for course in self.courses]
        self._waiting, self._busy = [[] for _ in self.desks], [False] * len(self.desks)
        self._coming = [(at, OPENED, case) for case, at in enumerate(opened)]
        heapq.heapify(self._coming)
        while self._coming:
            at, what, case = heapq.heappop(self._coming)
            if at >= self.ends_at:
                break
            self._take(at, what, case)
        in_time = [one for one in self.told if one.at < self.ends_at]
        return sorted(in_time, key=lambda one: (one.at, one.case, one.what))

    def _take(self, at: float, what: int, case: int) -> None:
        one = self._cases[case]
        if what == _TOUCHED:
            desk = one.queue
            self._busy[desk] = False
            self._touched(at, case, one)
            self._begin(at, desk)
            return
        self._tell(at, case, what, one.queue)
        if what == OPENED:
            self._tell(at, case, DUE, one.queue)
        if what != CLOSED:
            self._wait(at, case, one.queue)

    def _touched(self, at: float, case: int, one: _Case) -> None:
        """A touch is over: the case is passed on, waits for its customer, or is resolved."""
        course = one.course
        if one.touches <= len(course.moves):
            one.queue = course.moves[one.touches - 1]
            self._tell(at, case, MOVED, one.queue)
            self._wait(at, case, one.queue)
        elif course.pause and not one.was_paused:
            one.was_paused = True
            self._tell(at, case, PAUSED, one.queue)
            heapq.heappush(self._coming, (_awake(at + course.pause), RESUMED, case))
        else:
            self._resolve(at, case, one)

    def _resolve(self, at: float, case: int, one: _Case) -> None:
        self._tell(at, case, RESOLVED, one.queue)
        closes = (at // SECONDS_PER_DAY + CLOSING_DAYS) * SECONDS_PER_DAY + _CLOSING_SECOND
        again = _awake(at + one.course.re_opens[one.resolved]) if one.resolved < len(one.course.re_opens) else _NEVER
        one.resolved += 1
        if closes < again:
            heapq.heappush(self._coming, (closes, CLOSED, case))
        if again < _NEVER:
            heapq.heappush(self._coming, (again, RE_OPENED, case))

    def _wait(self, at: float, case: int, queue: int) -> None:
        heapq.heappush(self._waiting[queue], (self._cases[case].course.due, case))
        if not self._busy[queue]:
            self._begin(at, queue)

    def _begin(self, at: float, queue: int) -> None:
        """The desk takes the case that is due first, where it is free."""
        if self._busy[queue] or not self._waiting[queue]:
            return
        _, case = heapq.heappop(self._waiting[queue])
        one = self._cases[case]
        work = one.course.work[min(one.touches, len(one.course.work) - 1)]
        one.touches += 1
        self._busy[queue] = True
        done = self.desks[queue].finish(at, work)
        if done < _NEVER:
            self._tell(self.desks[queue].finish(at, _FIRST_BIT), case, ASSIGNED, queue)
            heapq.heappush(self._coming, (done, _TOUCHED, case))

    def _tell(self, at: float, case: int, what: int, queue: int) -> None:
        self.told.append(Happening(at, case, what, queue))


def _awake(at: float) -> float:
    """The moment itself, or the first hour of the next morning where it is night."""
    midnight = at // SECONDS_PER_DAY * SECONDS_PER_DAY
    wakes, sleeps = _AWAKE_SECONDS
    if wakes <= at - midnight < sleeps:
        return at
    morning = midnight if at - midnight < wakes else midnight + SECONDS_PER_DAY
    return morning + wakes + at % SECONDS_PER_HOUR
