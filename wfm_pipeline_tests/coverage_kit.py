"""Frames of a small day for the tests of coverage, and the slow way of counting people: second by second.

Not here: what coverage is (domain/coverage), nor anything taken from it.
"""

import pandas as pd

DAY = pd.Timestamp("2026-03-02")
"""A Monday without a change of clocks."""
QUARTER = 900.0
STRETCH = ["agent_id", "starts_at", "ends_at"]


def at(clock):
    """An instant of the day, from `HH:MM` or `HH:MM:SS`."""
    return DAY + pd.Timedelta(clock if clock.count(":") == 2 else f"{clock}:00")


def stretches(*rows):
    """agent_id, starts_at, ends_at from (agent, from, to)."""
    made = pd.DataFrame([(agent, at(start), at(end)) for agent, start, end in rows], columns=STRETCH)
    return made.astype({"starts_at": "datetime64[us]", "ends_at": "datetime64[us]"})


def states(*rows):
    """Recorded states from (agent, state, from, to or None, of a queue = True)."""
    made = pd.DataFrame(
        [(row[0], row[1], at(row[2]), at(row[3]) if row[3] else pd.NaT, *(row[4:] or (True,))) for row in rows],
        columns=["agent_id", "state", "started_at", "ended_at", "is_queue_contact"],
    )
    return made.astype({"started_at": "datetime64[us]", "ended_at": "datetime64[us]"})


def works_for(**agents):
    """Registrations from agent = services, one blank between; `+b` has the skill for b and is not registered."""
    return pd.DataFrame(
        [
            (agent, service.lstrip("+"), not service.startswith("+"))
            for agent, services in agents.items()
            for service in services.split()
        ],
        columns=["agent_id", "service_id", "is_registered"],
    )


def day_of(services, *, first="09:00", intervals=4, open_from=0, open_to=None):
    """Intervals of queues named as their services: queue_id, interval_start, interval_start_local, is_open."""
    starts = pd.date_range(at(first), periods=intervals, freq="15min", unit="us")
    rows = [
        (queue, start, start, open_from <= place < (intervals if open_to is None else open_to))
        for queue in services
        for place, start in enumerate(starts)
    ]
    return pd.DataFrame(rows, columns=["queue_id", "interval_start", "interval_start_local", "is_open"])


def one_to_one(services):
    """Queues named as their services."""
    return pd.DataFrame({"service_id": list(services), "queue_id": list(services)})


def teams_of(day, *, calls=10.0, aht_seconds=180.0, exact=3.2):
    """A team of the forecast for every interval."""
    return day[["queue_id", "interval_start"]].assign(
        calls_mean=calls, aht_seconds=aht_seconds, agents_required_exact=exact
    )


NO_TEAMS = pd.DataFrame(
    {"queue_id": pd.Series(dtype=object), "interval_start": pd.Series(dtype="datetime64[us]")}
    | {name: pd.Series(dtype=float) for name in ("calls_mean", "aht_seconds", "agents_required_exact")}
)
NO_HISTORY = pd.DataFrame(
    {"queue_id": pd.Series(dtype=object), "interval_start_local": pd.Series(dtype="datetime64[us]")}
    | {name: pd.Series(dtype=float) for name in ("calls_offered", "aht_seconds")}
)
NO_RATES = pd.DataFrame(columns=["service_id", "hourly_cost", "overtime_multiplier", "currency"])


def seconds_by_counting(rows, agent, first, last):
    """Seconds of an agent's stretches in `[first, last)`, one second after the other."""
    mine = [(row.starts_at, row.ends_at) for row in rows.itertuples() if row.agent_id == agent]
    moments = pd.date_range(first, last, freq="s", inclusive="left")
    return sum(any(start <= moment < end for start, end in mine) for moment in moments)
