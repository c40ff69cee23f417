"""Agents on shifts: enough of them for the expected load, a few patterns, five days a week each.

The planner knows the expected calls, never the luck of the day: waiting comes from that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.arrivals import minute_density
from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec
from wfm_pipeline.units import DAYS_PER_WEEK, MINUTES_PER_HOUR, SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

_SLOT_MINUTES: Final = 30
"""Grain in which need is counted and shifts begin [min]."""
_SHIFT_HOURS: Final = 8
"""Length of a shift, lunch included [h]."""
LUNCH_SECONDS: Final = 1800
_LUNCH_TURNS: Final = 4
"""Length of a lunch [s], and turns in which people take it [count]."""
CLOSING_GRACE_SECONDS: Final = 900
"""How long the last ones stay to empty the queue [s]."""
_DAYS_PER_AGENT_WEEK: Final = 5
"""Working days of an agent's week at most [days]."""
_RECENT_OPEN_DAYS: Final = 24
"""Open days whose people are there in the coming ones: four weeks [days]."""
_SAFETY: Final = 0.35
"""Agents beyond the load over the occupancy, in square roots of the load."""
_SPEED_SPREAD: Final = 0.12
"""Spread of agents' talk times around the mean [log]."""
_FIRST_EXTENSION: Final = 2001
"""Extension of the first agent."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Who works when.

    Attributes:
        shifts: One row per agent and day: day, queue, agent, starts and lunch_starts and ends
            [s since local midnight]. In order of day, queue, start.
        agents: The source's `users`.
        speeds: Talk time of an agent against the mean, shape (n_agents,).
    """

    shifts: pd.DataFrame
    agents: pd.DataFrame
    speeds: np.ndarray


def make_roster(
    spec: ContactCentreSpec,
    days: pd.DataFrame,
    expected: np.ndarray,
    handle_seconds: np.ndarray,
    rng: np.random.Generator,
) -> Roster:
    """Shifts that cover the expected load of every queue and day.

    Args:
        spec: The centre.
        days: Open days.
        expected: Expected first attempts, shape (n_days, n_queues).
        handle_seconds: Mean handle time per queue [s], shape (n_queues,).
        rng: Source of chance.

    Returns:
        The roster, with as many agents as it takes.
    """
    rows: list[tuple[int, int, int, int, int, int]] = []
    first_agent = 0
    weeks = (days["day_index"] - days["date"].dt.day_of_week + DAYS_PER_WEEK) // DAYS_PER_WEEK
    for position in range(len(spec.queues)):
        hours = zip(days["opens_minute"], days["closes_minute"], expected[:, position], strict=True)
        handle = float(handle_seconds[position])
        needs = [_day_shifts(_agents_needed(spec, position, handle, *day), int(day[0])) for day in hours]
        team = _Team(first_agent)
        for day, (week, needed) in enumerate(zip(weeks, needs, strict=True)):
            people = team.pick(int(week), len(needed), rng)
            rows += [
                (day, position, agent, *_with_lunch(start, end, order))
                for order, (agent, (start, end)) in enumerate(zip(people, needed, strict=True))
            ]
        first_agent = team.next_agent
    shifts = pd.DataFrame(rows, columns=["day", "queue", "agent", "starts", "lunch_starts", "ends"])
    numbers = range(first_agent)
    agents = pd.DataFrame(
        {"UserId": [f"u{n + 1:03d}" for n in numbers], "Name": [f"Simulated agent {n + 1}" for n in numbers]}
    )
    agents["Extension"] = [str(_FIRST_EXTENSION + n) for n in numbers]
    ordered = shifts.sort_values(["day", "queue", "starts", "agent"], ignore_index=True)
    return Roster(ordered, agents, np.exp(rng.normal(0.0, _SPEED_SPREAD, first_agent)))


def coming_shifts(
    spec: ContactCentreSpec,
    days: pd.DataFrame,
    expected: np.ndarray,
    handle_seconds: np.ndarray,
    roster: Roster,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Shifts of days ahead for the people who are there: nobody is hired, so a day may have fewer than it needs.

    Args:
        spec: The centre.
        days: Open days ahead.
        expected: Expected first attempts on them, shape (n_days, n_queues).
        handle_seconds: Mean handle time per queue [s], shape (n_queues,).
        roster: The history's shifts; who worked for a queue in its last days goes on to.
        rng: Source of chance.

    Returns:
        As `Roster.shifts`; day = row of `days`.
    """
    rows: list[tuple[int, int, int, int, int, int]] = []
    weeks = ((days["day_index"] - days["weekday"] + DAYS_PER_WEEK) // DAYS_PER_WEEK).tolist()
    recent = roster.shifts[roster.shifts["day"] > roster.shifts["day"].max() - _RECENT_OPEN_DAYS]
    for position in range(len(spec.queues)):
        members = sorted(recent.loc[recent["queue"] == position, "agent"].unique().tolist())
        team = _Team(len(roster.agents), members, is_hiring=False)
        for day, week in enumerate(weeks):
            hours = (int(days["opens_minute"].iloc[day]), int(days["closes_minute"].iloc[day]))
            calls = float(expected[day, position])
            needed = _day_shifts(
                _agents_needed(spec, position, float(handle_seconds[position]), *hours, calls), hours[0]
            )
            people = team.pick(int(week), len(needed), rng)
            rows += [
                (day, position, agent, *_with_lunch(start, end, order))
                for order, (agent, (start, end)) in enumerate(zip(people, needed, strict=False))
            ]
    shifts = pd.DataFrame(rows, columns=["day", "queue", "agent", "starts", "lunch_starts", "ends"])
    return shifts.sort_values(["day", "queue", "starts", "agent"], ignore_index=True)


class _Team:
    """The agents of one queue; hires when a week needs more hands than there are."""

    def __init__(self, first_agent: int, members: Sequence[int] = (), *, is_hiring: bool = True) -> None:
        self.next_agent = first_agent
        self._members = list(members)
        self._is_hiring = is_hiring
        self._week = -1
        self._worked: dict[int, int] = {}

    def pick(self, week: int, count: int, rng: np.random.Generator) -> list[int]:
        """Agents for one day: those with the fewest days this week, in a random order."""
        if week != self._week:
            self._week, self._worked = week, {}
        shuffled = [self._members[i] for i in rng.permutation(len(self._members))]
        free = [a for a in shuffled if self._worked.get(a, 0) < _DAYS_PER_AGENT_WEEK]
        chosen = sorted(free, key=lambda agent: self._worked.get(agent, 0))[:count]
        while self._is_hiring and len(chosen) < count:
            chosen.append(self.next_agent)
            self._members.append(self.next_agent)
            self.next_agent += 1
        for agent in chosen:
            self._worked[agent] = self._worked.get(agent, 0) + 1
        return chosen


def _day_shifts(agents_needed: np.ndarray, opens: int) -> list[tuple[int, int]]:
    """Shifts (start, end) [s] that cover one queue's need on one day, chosen greedily."""
    need = agents_needed.copy()
    slots = len(need)
    length = min(slots, _SHIFT_HOURS * MINUTES_PER_HOUR // _SLOT_MINUTES)
    starts = sorted({*range(0, slots - length + 1, 2), slots - length})
    chosen = []
    while need.max() > 0:
        gain = [int((need[start : start + length] > 0).sum()) for start in starts]
        start = starts[int(np.argmax(gain))]
        need[start : start + length] -= 1
        first = (opens + start * _SLOT_MINUTES) * SECONDS_PER_MINUTE
        last = first + length * _SLOT_MINUTES * SECONDS_PER_MINUTE
        chosen.append((first, last))
    return sorted(chosen)


def _agents_needed(
    spec: ContactCentreSpec, position: int, handle: float, opens: int, closes: int, calls: float
) -> np.ndarray:
    """Agents per half hour: the load over the occupancy aimed at, at least one."""
    queue = spec.queues[position]
    per_slot = minute_density(queue, opens, closes)[opens:closes].reshape(-1, _SLOT_MINUTES).sum(axis=1) * calls
    erlangs = per_slot * handle / (_SLOT_MINUTES * SECONDS_PER_MINUTE)
    return np.maximum(1, np.ceil(erlangs / spec.occupancy + _SAFETY * np.sqrt(erlangs))).astype(np.int64)


def _with_lunch(start: int, end: int, order: int) -> tuple[int, int, int]:
    """Start, start of lunch and end; lunches are staggered by half hours so that not all leave at once."""
    middle = start + (end - start) // 2 - SECONDS_PER_HOUR
    return start, middle + (order % _LUNCH_TURNS) * LUNCH_SECONDS, end


def day_stints(
    shifts: pd.DataFrame, n_days: int, closes_seconds: np.ndarray
) -> list[list[tuple[int, float, int, float]]]:
    """Stretches in which an agent takes calls: before lunch and after it.

    Args:
        shifts: See `Roster`.
        n_days: Number of open days.
        closes_seconds: Closing time per day [s]; who works until then stays to empty the queue.

    Returns:
        Per day: (queue, starts, agent, ends) with instants in seconds since the day's local midnight.
    """
    stints: list[list[tuple[int, float, int, float]]] = [[] for _ in range(n_days)]
    for day, queue, agent, starts, lunch, ends in shifts.to_numpy().tolist():
        last = ends + CLOSING_GRACE_SECONDS if ends >= closes_seconds[day] else ends
        stints[day].append((queue, float(starts), agent, float(lunch)))
        stints[day].append((queue, float(lunch + LUNCH_SECONDS), agent, float(min(last, SECONDS_PER_DAY))))
    return stints
