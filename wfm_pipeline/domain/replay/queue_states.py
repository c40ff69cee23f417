"""The line and the services of every queue at many instants at once, exactly as the records have them.

At `t` all has happened that happened at or before `t`: who joined at `t` is in line, who left at `t` is not, who did both was
received and is counted as served or missed and never as waiting. At every instant received = waiting + in_service +
served + missed. A window of `w` seconds is `(t - w, t]`; today is `[midnight, t]`. Not here: agents (agent_states).
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.replay.event_counts import EventCounts, TimeLine, microseconds

WINDOW_SECONDS: Final = 900
"""Window of the counters of a live board [s]: the last fifteen minutes."""
_MICROSECONDS: Final = 1_000_000
"""Microseconds of a second."""


@dataclass(frozen=True, slots=True, eq=False)
class QueueStates:
    """Queues at instants; all arrays have the shape (n_instants, n_services).

    Attributes:
        received: Contacts that have joined the line [count].
        waiting: In line [count].
        longest_wait_seconds: Wait so far of who waits longest [s]; NaN with nobody in line.
        in_service: Answered and not over [count].
        served: Answered and over [count].
        missed: Left the line unanswered [count].
        answered_in_window: Answered in the window [count].
        mean_wait_in_window_seconds: Mean wait of those, where known [s]; NaN without one.
        service_level_in_window: Of who left the line in the window, answered within the target [0..1]; NaN where nobody left
            it or no wait is known. Answered contacts of unknown wait count as the other answered ones.
        service_level_today: The same since the day began.
    """

    received: IntArray
    waiting: IntArray
    longest_wait_seconds: FloatArray
    in_service: IntArray
    served: IntArray
    missed: IntArray
    answered_in_window: IntArray
    mean_wait_in_window_seconds: FloatArray
    service_level_in_window: FloatArray
    service_level_today: FloatArray

    def row(self, number: int) -> dict[str, np.ndarray]:
        """One instant.

        Args:
            number: Which of the instants.

        Returns:
            Name -> values, shape (n_services,).
        """
        return {field.name: getattr(self, field.name)[number] for field in fields(self)}


@dataclass(frozen=True, slots=True, eq=False)
class QueueSweep:
    """Contacts sorted so that any instant can be asked for.

    Attributes:
        services: Ids of the services, sorted; columns of the answers.
        line: The stretch of time.
        joined, left, answered, known, in_target, ended: Events: joined the line, left it, were answered, with a known
            wait (its amounts are waits [us]), within the target; ended after an answer.
        latest_left: Per service, in order of joining, the latest place at which one so far left the line, as sorted keys.
        joined_places: Place at which each of those joined.
    """

    services: tuple[str, ...]
    line: TimeLine
    joined: EventCounts
    left: EventCounts
    answered: EventCounts
    known: EventCounts
    in_target: EventCounts
    ended: EventCounts
    latest_left: IntArray
    joined_places: IntArray

    def states_at(
        self, instants: np.ndarray, *, since: np.ndarray, window_seconds: float = WINDOW_SECONDS
    ) -> QueueStates:
        """All queues at these instants.

        Args:
            instants: datetime64, naive UTC, in any order, shape (n_instants,).
            since: When the day of each began, shape (n_instants,).
            window_seconds: Length of the window [s], > 0.

        Returns:
            The states. Memory grows with n_instants x n_services: ask for a week in parts.
        """
        now = self.line.place(instants)
        window = np.timedelta64(round(window_seconds * _MICROSECONDS), "us")
        before_window = self.line.place(np.asarray(instants, dtype="datetime64[us]") - window)
        before_today = self.line.place(np.asarray(since, dtype="datetime64[us]") - np.timedelta64(1, "us"))
        joined, left = self.joined.until(now), self.left.until(now)
        answered, ended = self.answered.until(now), self.ended.until(now)
        known = self.known.until(now) - self.known.until(before_window)
        waited = self.known.total_until(now) - self.known.total_until(before_window)
        return QueueStates(
            received=joined,
            waiting=joined - left,
            longest_wait_seconds=self._longest_wait(now),
            in_service=answered - ended,
            served=ended,
            missed=left - answered,
            answered_in_window=answered - self.answered.until(before_window),
            mean_wait_in_window_seconds=_ratio(waited / _MICROSECONDS, known),
            service_level_in_window=self._service_level(before_window, now),
            service_level_today=self._service_level(before_today, now),
        )

    def _longest_wait(self, now: IntArray) -> FloatArray:
        """The first of a service, in order of joining, that has not left by then: the first to raise the latest leaving."""
        codes = np.arange(len(self.services), dtype=np.int64)
        at = now.reshape(-1, 1)
        found = np.searchsorted(self.latest_left, codes * self.line.span + at, side="right")
        is_there = found < self.joined.first + np.diff(np.append(self.joined.first, len(self.joined_places)))
        since = (
            self.joined_places[np.minimum(found, max(len(self.joined_places) - 1, 0))]
            if len(self.joined_places)
            else np.full(found.shape, self.line.span)
        )
        return np.where(is_there & (since <= at), (at - since) / _MICROSECONDS, np.nan)

    def _service_level(self, before: IntArray, now: IntArray) -> FloatArray:
        left, answered, known, in_target = (
            events.until(now) - events.until(before)
            for events in (self.left, self.answered, self.known, self.in_target)
        )
        share = np.where(answered == 0, 0.0, _ratio(in_target.astype(np.float64), known))
        return _ratio(share * answered, left)


def sweep_of(
    contacts: pd.DataFrame, *, answer_target_seconds: float, services: tuple[str, ...] | None = None
) -> QueueSweep:
    """Sort contacts so that any instant can be asked for.

    Args:
        contacts: `contacts.CONTACT_COLUMNS`, in order of joining.
        answer_target_seconds: Longest wait of a contact answered in target [s], inclusive.
        services: Services to tell of, sorted; None for those of the contacts.

    Returns:
        The sweep.

    Example:
        >>> at = pd.to_datetime(["2026-03-02 09:00:00", "2026-03-02 09:00:30", "2026-03-02 09:05:00"]).to_numpy()
        >>> one = pd.DataFrame({"service_id": ["a"], "joined_at": at[:1], "left_at": at[1:2], "ended_at": at[2:],
        ...                     "is_answered": [True], "wait_seconds": [30.0]})
        >>> sweep = sweep_of(one, answer_target_seconds=20)
        >>> sweep.states_at(at, since=at[[0, 0, 0]]).waiting[:, 0].tolist()
        [1, 0, 0]
    """
    names = services or tuple(sorted(set(contacts["service_id"])))
    codes = pd.Index(names).get_indexer(pd.Index(contacts["service_id"])).astype(np.int64)
    joined, left, ended = (contacts[name].to_numpy("datetime64[us]") for name in ("joined_at", "left_at", "ended_at"))
    wait = contacts["wait_seconds"].to_numpy(np.float64)
    answered = contacts["is_answered"].to_numpy(bool)
    known = answered & ~np.isnan(wait)
    waited = np.rint(np.where(known, wait, 0.0) * _MICROSECONDS).astype(np.int64)
    line = TimeLine.over(joined, left, ended)

    def events(instants: np.ndarray, chosen: np.ndarray, amounts: IntArray | None = None) -> EventCounts:
        some = None if amounts is None else amounts[chosen]
        return EventCounts.of(line, codes[chosen], instants[chosen], len(names), some)

    everybody = np.ones(len(codes), dtype=bool)
    in_order = np.lexsort((microseconds(joined), codes))
    keys = codes[in_order] * line.span + line.place(left[in_order])
    return QueueSweep(
        services=names,
        line=line,
        joined=events(joined, everybody),
        left=events(left, everybody),
        answered=events(left, answered),
        known=events(left, known, waited),
        in_target=events(left, known & (wait <= answer_target_seconds)),
        ended=events(ended, answered),
        latest_left=np.maximum.accumulate(keys) if len(keys) else keys,
        joined_places=line.place(joined[in_order]),
    )


def _ratio(above: np.ndarray, below: np.ndarray) -> FloatArray:
    """Divided where there is something to divide by, NaN elsewhere."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
