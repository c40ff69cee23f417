"""People of several services, split so that nobody counts for more than one person.

Here: the part of a person that each service has, presence per service, and site totals in which people count once.
Not here: which states are presence (presence), and who is rostered (scheduled).

A person registered for several services is split by the load the services are expected to offer in that interval: who
is asked for more gets more. Where a service of theirs has an unknown load, or none has any, the person is split evenly.
The parts of a person sum to 1 at any instant. A person registered for one service is there as a whole.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.coverage.grid import DayGrid, need_columns, seconds_per_interval


@dataclass(frozen=True, slots=True, eq=False)
class Registrations:
    """Who works for which service.

    Attributes:
        agents: Ids of the agents, in order.
        services: Ids of the services, in order.
        agent: Number of each registration's agent, shape (n_registrations,).
        service: Number of each registration's service, shape (n_registrations,).
    """

    agents: pd.Index
    services: pd.Index
    agent: IntArray
    service: IntArray


def registrations(rows: pd.DataFrame, services: pd.Index) -> Registrations:
    """Registrations as numbers.

    Args:
        rows: agent_id, service_id, optional is_registered (False: has the skill, does not work for it now). A pair that
            comes twice counts once.
        services: The services asked for; registrations of others are kept in the split, see Returns.

    Returns:
        The registrations. Services that nobody asked for stand behind those asked for: a person also works for them.

    Raises:
        DataError: a column is missing.
    """
    need_columns(rows, ("agent_id", "service_id"), of="registrations")
    here = rows[rows["is_registered"].astype(bool)] if "is_registered" in rows else rows
    pairs = here[["agent_id", "service_id"]].dropna().drop_duplicates().sort_values(["agent_id", "service_id"])
    others = pd.Index(sorted(set(pairs["service_id"]) - set(services)), dtype=object)
    every = services.append(others)
    agents = pd.Index(pairs["agent_id"].unique(), dtype=object)
    return Registrations(
        agents,
        every,
        agents.get_indexer(pd.Index(pairs["agent_id"])).astype(np.int64),
        every.get_indexer(pd.Index(pairs["service_id"])).astype(np.int64),
    )


def person_shares(registered: Registrations, load: FloatArray) -> FloatArray:
    """The part of its person that each registration has in each interval.

    Args:
        registered: Who works for which service.
        load: Expected load of each service and interval [erlangs], >= 0, NaN = unknown, shape (n_services, n_intervals).

    Returns:
        Shares [0..1], shape (n_registrations, n_intervals); those of one person sum to 1 in every interval.

    Example:
        >>> both = Registrations(pd.Index(["ann"]), pd.Index(["a", "b"]), np.array([0, 0]), np.array([0, 1]))
        >>> person_shares(both, np.array([[3.0, 0.0, 3.0], [1.0, 0.0, np.nan]])).tolist()
        [[0.75, 0.5, 0.5], [0.25, 0.5, 0.5]]
    """
    people = len(registered.agents)
    weight = load[registered.service]
    is_even = _sums(registered.agent, np.isnan(weight), people) > 0
    is_even |= _sums(registered.agent, np.nan_to_num(weight), people) == 0
    weight = np.where(is_even[registered.agent], 1.0, np.nan_to_num(weight))
    return weight / _sums(registered.agent, weight, people)[registered.agent]


def people_per_service(registered: Registrations, load: FloatArray, present: FloatArray) -> FloatArray:
    """People there per service, each split over their services.

    Args:
        registered: Who works for which service.
        load: Expected load [erlangs], NaN = unknown, shape (n_services, n_intervals).
        present: Part of each interval in which each agent is there [0..1], shape (n_agents, n_intervals).

    Returns:
        People [agents], shape (n_services, n_intervals); NaN for a service for which nobody is registered, as nobody
        knows who works for it.
    """
    return _split(registered, person_shares(registered, load), present)


def _split(registered: Registrations, shares: FloatArray, present: FloatArray) -> FloatArray:
    """People per service by the shares of each registration."""
    people = _sums(registered.service, shares * present[registered.agent], len(registered.services))
    people[np.setdiff1d(np.arange(len(people)), registered.service)] = np.nan
    return people


def _sums(number: IntArray, values: FloatArray | BoolArray, count: int) -> FloatArray:
    """Rows added up by their number, shape (count, n_intervals); a product of matrices, as adding row by row takes ten times as long."""
    from scipy import sparse

    ones = np.ones(len(number))
    gathers = sparse.csr_array((ones, (number, np.arange(len(number)))), shape=(count, len(number)))
    return np.asarray(gathers @ values.astype(np.float64))


def agent_seconds(stretches: pd.DataFrame, agents: pd.Index, grid: DayGrid) -> FloatArray:
    """Seconds of each agent in each interval.

    Args:
        stretches: agent_id, starts_at, ends_at; those of one agent do not overlap. Agents that are not asked for are left out.
        agents: The agents asked for, shape (n_agents,).
        grid: The intervals.

    Returns:
        Seconds [s], shape (n_agents, n_intervals).
    """
    who = agents.get_indexer(pd.Index(stretches["agent_id"])).astype(np.int64)
    is_asked = who >= 0
    rows = stretches[is_asked]
    starts, ends = grid.seconds_of(rows["starts_at"]), grid.seconds_of(rows["ends_at"])
    return seconds_per_interval(who[is_asked], starts, ends, people=len(agents), grid=grid)


def known_seconds(
    grid: DayGrid, known_from: pd.Timestamp | None, as_of: pd.Timestamp, unrecorded: pd.DataFrame | None = None
) -> FloatArray:
    """How much of each interval is known.

    Args:
        grid: The intervals.
        known_from: Instant from which states of agents are recorded; None: no state is recorded at all.
        as_of: Instant up to which they are.
        unrecorded: starts_at, ends_at in between of which no state is recorded, whole intervals; None = none.

    Returns:
        Seconds [s] of `[known_from, as_of)` that are recorded, shape (n_intervals,); 0 where nothing is known.
    """
    if known_from is None or known_from >= as_of:
        return np.zeros(grid.intervals)
    edges = grid.seconds_of(pd.Series([known_from, as_of]))
    known = seconds_per_interval(np.array([0]), edges[:1], edges[1:], people=1, grid=grid)[0]
    if unrecorded is None or unrecorded.empty:
        return known
    starts, ends = grid.seconds_of(unrecorded["starts_at"]), grid.seconds_of(unrecorded["ends_at"])
    holes = seconds_per_interval(np.zeros(len(starts), dtype=np.int64), starts, ends, people=1, grid=grid)[0]
    return np.where(holes > 0, 0.0, known)


def site_people(stretches: pd.DataFrame, grid: DayGrid, known: FloatArray) -> pd.DataFrame:
    """People on the phones of the whole site, each counted once however many services they work for.

    Args:
        stretches: agent_id, starts_at, ends_at, is_on_phones, is_available; see `presence.count_states`.
        grid: The intervals.
        known: Known seconds of each interval, see `known_seconds`.

    Returns:
        interval_start, agents_actual, agents_available [agents]; null where nothing is known.
    """
    agents = pd.Index(stretches["agent_id"].unique(), dtype=object)
    rows = {"interval_start": grid.starts}
    for name, flag in (("agents_actual", "is_on_phones"), ("agents_available", "is_available")):
        total = agent_seconds(stretches[stretches[flag]], agents, grid).sum(axis=0)
        rows[name] = np.divide(total, known, out=np.full(grid.intervals, np.nan), where=known > 0)
    return pd.DataFrame(rows)


def service_people(
    stretches: pd.DataFrame, registered: Registrations, load: FloatArray, grid: DayGrid, known: FloatArray
) -> pd.DataFrame:
    """People on the phones and available per service and interval, from counted states.

    Args:
        stretches: agent_id, starts_at, ends_at, is_on_phones, is_available; see `presence.count_states`.
        registered: Who works for which service.
        load: Expected load by which people are split [erlangs], NaN = unknown, shape (n_services, n_intervals).
        grid: The intervals.
        known: Known seconds of each interval, see `known_seconds`.

    Returns:
        service_id, interval_start, agents_actual, agents_available [agents]: means over the known part of the interval;
        null where nothing is known. A row for every service and interval.
    """
    rows: dict[str, object] = {
        "service_id": np.repeat(registered.services.to_numpy(), grid.intervals),
        "interval_start": np.tile(grid.starts, len(registered.services)),
    }
    shares = person_shares(registered, load)
    for name, flag in (("agents_actual", "is_on_phones"), ("agents_available", "is_available")):
        seconds = agent_seconds(stretches[stretches[flag]], registered.agents, grid)
        present = np.divide(seconds, known, out=np.full(seconds.shape, np.nan), where=known > 0)
        rows[name] = _split(registered, shares, present).ravel()
    return pd.DataFrame(rows)
