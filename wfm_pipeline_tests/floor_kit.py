"""Small floors for the tests of the event simulation, and a plain reading of what happened on them."""

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.floor.centre import AgentGroup, Floor, Queue, Stint, present_throughout
from wfm_pipeline.domain.simulation.floor.draws import callers_from_records
from wfm_pipeline.domain.simulation.floor.durations import NEVER, Exponential
from wfm_pipeline.domain.simulation.floor.run import ABANDONED, ANSWERED, crew_of, run_callers


def floor_of(queues, groups, *, interval_seconds=900.0):
    """A floor from queues and groups."""
    return Floor(interval_seconds, tuple(queues), tuple(groups))


def queue_of(queue_id="q", *, calls=(0.0,), aht=240.0, patience=None, **more):
    """A queue with exponential handle times and patience (None: nobody gives up)."""
    return Queue(
        queue_id,
        np.array(calls, dtype=float),
        Exponential(aht),
        NEVER if patience is None else Exponential(patience),
        **more,
    )


def team(group_id="g", agents=1, *, queues=("q",), ends=1e6, levels=None):
    """Agents who are present throughout."""
    return AgentGroup(group_id, levels or dict.fromkeys(queues, 1), present_throughout(agents, ends))


def shift(group_id, *stints, queues=("q",)):
    """One agent with these stints."""
    return AgentGroup(group_id, dict.fromkeys(queues, 1), (tuple(Stint(*stint) for stint in stints),))


def play(floor, calls, *, seed=1):
    """Given calls: (arrives, queue position, handle seconds, patience seconds)."""
    arrived, queue, handle, patience = (np.array(column, dtype=float) for column in zip(*calls, strict=True))
    callers = callers_from_records(floor, arrived, queue, seed=seed, handle=handle, patience=patience)
    return run_callers(floor, crew_of(floor), callers)


def steady(calls_per_hour, aht, agents, *, patience=None, hours=60, target=20.0):
    """One queue in a steady state, in intervals of an hour."""
    queue = queue_of(calls=(calls_per_hour,) * hours, aht=aht, patience=patience, answer_target_seconds=target)
    return floor_of([queue], [team(agents=agents, ends=hours * 3600.0)], interval_seconds=3600.0)


def records_of(floor, run, *, midnight="2026-03-02"):
    """A run as a telephone system would record it: services and waits, no shifts; whoever still waits is not there."""
    over = np.isin(run.outcome, (ANSWERED, ABANDONED))
    is_answered = run.outcome[over] == ANSWERED
    joined = pd.Timestamp(midnight) + pd.to_timedelta(run.arrived[over], unit="s")
    return pd.DataFrame(
        {
            "queue_id": [floor.queues[queue].queue_id for queue in run.queue[over]],
            "agent_id": [f"a{agent:03d}" if agent >= 0 else None for agent in run.agent[over]],
            "joined_at": joined,
            "business_date": joined.normalize(),
            "wait_seconds": run.wait[over],
            "handle_seconds": np.where(is_answered, (run.ended - run.started)[over], np.nan),
            "outcome": np.where(is_answered, "answered", "abandoned"),
        }
    )


def working_days(days, agents, *, breaks=()):
    """Stints from 8 to 16 h on every day, less the same breaks for everybody in turn [(starts, ends) in h]."""
    stints = []
    for number in range(agents):
        own = []
        for day in range(days):
            at = day * 24 + 8.0
            for starts, ends in breaks:
                shift_by = number * 0.25 % 2  # breaks are spread over two hours
                own.append(Stint((at) * 3600, (day * 24 + starts + shift_by) * 3600))
                at = day * 24 + ends + shift_by
            own.append(Stint(at * 3600, (day * 24 + 16.0) * 3600))
        stints.append(tuple(own))
    return tuple(stints)
