"""When agents were there, inferred from their services alone.

Many systems record calls and not people. Here: two rules that turn services into stretches of presence,
and what is known about their error. Not here: recorded shifts, which need no inference.

* `first_to_last`: from an agent's first service of a day to the end of the last. Breaks count as presence,
  the idle time before the first and after the last call does not. A day is what lies between two pauses of
  more than four hours, so that work past midnight belongs to the evening before.
* `seen_available`: the same, without the gaps between two services in which callers whom the agent could
  have answered waited longer than a tolerance: an agent who leaves callers waiting is not available,
  whatever the reason (a break, a meeting, after-call work that nobody recorded).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.units import SECONDS_PER_HOUR

PRESENCE_RULES = ("first_to_last", "seen_available")
DAY_GAP_SECONDS: Final = 4.0 * SECONDS_PER_HOUR
"""A longer pause between two services ends an agent's day [s]."""
PASSED_OVER_SECONDS: Final = 20.0
"""Waiting inside a gap that still passes as ringing and clocks that differ [s]; longer means not available."""


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """Stretches of presence, by agent and then in order of time.

    Attributes:
        agent: Number of the agent in `agents`, shape (n_stretches,).
        starts: Start of each stretch [s], shape (n_stretches,).
        ends: End of each stretch [s], shape (n_stretches,).
        agents: Ids of the agents, in order.
    """

    agent: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    agents: tuple[str, ...]

    @property
    def hours(self) -> float:
        """Presence in all [h]."""
        return float((self.ends - self.starts).sum() / SECONDS_PER_HOUR)


def services_by_agent(services: pd.DataFrame) -> pd.DataFrame:
    """Services of named agents in order, with the gap before each.

    Args:
        services: agent_id, starts, ends [s]; rows without an agent are left out.

    Returns:
        The rows, sorted by agent and start, with `agent` (its number) and `idle_from`: the latest end of
        the agent's earlier services of that day, NaN for the first.
    """
    named = services[services["agent_id"].notna()].sort_values(["agent_id", "starts", "ends"], ignore_index=True)
    by_agent = named.groupby("agent_id", sort=False)
    idle_from = by_agent["ends"].cummax().groupby(named["agent_id"], sort=False).shift()
    idle_from = idle_from.mask(named["starts"] - idle_from > DAY_GAP_SECONDS)
    return named.assign(agent=named["agent_id"].astype("category").cat.codes, idle_from=idle_from)


def first_to_last(services: pd.DataFrame) -> Presence:
    """Presence from the first service of a day to the end of the last.

    Args:
        services: agent_id, starts, ends [s].

    Returns:
        Stretches of presence, breaks included.

    Source:
        docs/methods/staffing_honesty.md, step 3.
    """
    return _stretches(services_by_agent(services), np.array([], dtype=np.int64))


def seen_available(
    services: pd.DataFrame, waiting: "WaitingTime", *, tolerance_seconds: float = PASSED_OVER_SECONDS
) -> Presence:
    """Presence without the gaps in which callers waited.

    Args:
        services: agent_id, starts, ends [s].
        waiting: When callers waited whom these agents could have answered.
        tolerance_seconds: Waiting inside a gap that is let pass [s].

    Returns:
        Stretches of presence.

    Source:
        docs/methods/staffing_honesty.md, step 3.
    """
    rows = services_by_agent(services)
    gap_ends, gap_starts = rows["starts"].to_numpy(), rows["idle_from"].to_numpy()
    is_gap = gap_ends > np.nan_to_num(gap_starts, nan=np.inf)
    waited = np.zeros(len(rows))
    waited[is_gap] = waiting.between(gap_starts[is_gap], gap_ends[is_gap])
    return _stretches(rows, np.flatnonzero(waited > tolerance_seconds))


def _stretches(rows: pd.DataFrame, breaks_before: np.ndarray) -> Presence:
    """Stretches that begin at the first service of a day and after each break."""
    begins = rows["idle_from"].isna().to_numpy(copy=True)
    begins[breaks_before] = True
    number = np.cumsum(begins) - 1
    ends = np.full(int(begins.sum()), -np.inf)
    np.maximum.at(ends, number, rows["ends"].to_numpy())
    names = tuple(rows["agent_id"].astype("category").cat.categories)
    return Presence(rows["agent"].to_numpy()[begins].astype(np.int64), rows["starts"].to_numpy()[begins], ends, names)


class WaitingTime:
    """When at least one caller waited, as a running total."""

    def __init__(self, starts: np.ndarray, ends: np.ndarray) -> None:
        """Take the waits.

        Args:
            starts: Start of each wait [s], shape (n_callers,).
            ends: End of each wait [s], shape (n_callers,).
        """
        is_wait = ends > starts
        order = np.argsort(starts[is_wait], kind="stable")
        begins, until = starts[is_wait][order], np.maximum.accumulate(ends[is_wait][order])
        is_new = np.ones(len(begins), dtype=bool)
        is_new[1:] = begins[1:] > until[:-1]
        first = np.flatnonzero(is_new)
        self._starts = begins[first]
        self._ends = until[np.append(first[1:], len(begins)) - 1] if len(first) else until
        self._before = np.concatenate([[0.0], np.cumsum(self._ends - self._starts)])

    def between(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """How long somebody waited inside stretches of time.

        Args:
            starts: Start of each stretch [s], shape (n_stretches,).
            ends: End of each [s], shape (n_stretches,).

        Returns:
            Seconds of each in which at least one caller waited [s], shape (n_stretches,).
        """
        return self._until(ends) - self._until(starts)

    def _until(self, moments: np.ndarray) -> np.ndarray:
        if not len(self._starts):
            return np.zeros(len(moments))
        at = np.searchsorted(self._starts, moments, side="right")
        inside = np.where(at > 0, np.minimum(moments, self._ends[at - 1]) - self._starts[at - 1], 0.0)
        return self._before[np.maximum(at - 1, 0)] + np.maximum(inside, 0.0)


@dataclass(frozen=True, slots=True)
class PresenceError:
    """What is known about the error of inferred presence, over one pool of agents.

    Attributes:
        hours_first_to_last: Presence by the rule `first_to_last` [h].
        hours_seen_available: Presence by the rule `seen_available` [h].
        busy_hours: Services of named agents, overlaps counted once per agent [h]; nobody was there for less.
        idle_while_waiting_share: Share of `first_to_last` in which an agent idled although callers waited
            [0..1]: presence that cannot have been availability.
        unnamed_calls: Answered calls that name no agent [count]; whoever took only such calls is not seen.
        unnamed_busy_share: Share of all service time in them [0..1].
        start_gap_seconds: Mean idle time between two services of a day [s], gaps with waiting left out: what an agent
            is present before the first service and after the last, on average, and is not seen.
    """

    hours_first_to_last: float
    hours_seen_available: float
    busy_hours: float
    idle_while_waiting_share: float
    unnamed_calls: int
    unnamed_busy_share: float
    start_gap_seconds: float


def presence_error(
    services: pd.DataFrame, waiting: WaitingTime, *, tolerance_seconds: float = PASSED_OVER_SECONDS
) -> PresenceError:
    """Bounds of the error of inferred presence.

    Args:
        services: agent_id (null where the record names none), starts, ends [s].
        waiting: When callers waited whom these agents could have answered.
        tolerance_seconds: As in `seen_available`.

    Returns:
        What is known about the error [h], [0..1].
    """
    rows = services_by_agent(services)
    whole, seen = first_to_last(services), seen_available(services, waiting, tolerance_seconds=tolerance_seconds)
    starts, ends, idle_from = (rows[name].to_numpy() for name in ("starts", "ends", "idle_from"))
    fresh = np.maximum(starts, np.nan_to_num(idle_from, nan=-np.inf))
    is_gap = starts > np.nan_to_num(idle_from, nan=np.inf)
    waited = waiting.between(idle_from[is_gap], starts[is_gap])
    calm = (starts[is_gap] - idle_from[is_gap])[waited <= tolerance_seconds]
    unnamed = services["agent_id"].isna().to_numpy()
    seconds = (services["ends"] - services["starts"]).to_numpy()
    return PresenceError(
        hours_first_to_last=whole.hours,
        hours_seen_available=seen.hours,
        busy_hours=float(np.maximum(ends - fresh, 0.0).sum() / SECONDS_PER_HOUR),
        idle_while_waiting_share=float(waited.sum() / SECONDS_PER_HOUR / whole.hours) if whole.hours else 0.0,
        unnamed_calls=int(unnamed.sum()),
        unnamed_busy_share=float(seconds[unnamed].sum() / seconds.sum()) if seconds.sum() else 0.0,
        start_gap_seconds=float(calm.mean()) if len(calm) else 0.0,
    )
