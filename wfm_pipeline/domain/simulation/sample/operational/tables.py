"""All operational tables of the sample, with the calls, agents and days of its history.

Not here: writing them (sources/sample).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.operational.live_state import AGENT_STATES, QUEUE_CURRENT_METRICS
from wfm_pipeline.domain.simulation.sample.operational.agents import (
    BUSY,
    agent_activity,
    occupancy_of_services,
    stretches_of_states,
)
from wfm_pipeline.domain.simulation.sample.operational.contacts import contact_statistics
from wfm_pipeline.domain.simulation.sample.operational.instants import SECOND, to_utc
from wfm_pipeline.domain.simulation.sample.operational.schedule import group_ids, services_and_groups, shift_tables
from wfm_pipeline.domain.simulation.sample.records import Ledger
from wfm_pipeline.domain.simulation.sample.rosters import Roster
from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec
from wfm_pipeline.units import SECONDS_PER_DAY

ACTIVITY_DAYS: Final = 56
"""Days of `agent_activity` and past shifts: eight weeks, as many as a weekday's habit is learnt of [days]."""
STATES_DAYS: Final = 14
"""Days of `agent_states`: two weeks, so that any weekday can be replayed [days]."""
COMING_DAYS: Final = 14
"""Days ahead for which there are shifts [days]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationalRequest:
    """What happened, and who is to come.

    Attributes:
        spec: The centre.
        last_date: Last date of the history.
        ledger: Its calls and legs.
        truth_calls: The same calls, who made them and what became of them.
        roster: Its shifts and people.
        days: Its open days: date, closes_minute.
        lost: Positions of the days whose log is gone.
        coming: Shifts of the coming days, as the roster's.
        coming_days: Their open days.
    """

    spec: ContactCentreSpec
    last_date: dt.date
    ledger: Ledger
    truth_calls: pd.DataFrame
    roster: Roster
    days: pd.DataFrame
    lost: np.ndarray
    coming: pd.DataFrame
    coming_days: pd.DataFrame


def operational_tables(request: OperationalRequest) -> dict[str, pd.DataFrame]:
    """Write the history down as a live centre's database would hold it.

    Args:
        request: What happened, and who is to come.

    Returns:
        Operational table -> its rows, instants in UTC. As of the end of the last date: nobody is logged in and nobody waits.
        On days whose log is gone there is no contact and no activity; shifts there were.
    """
    spec, roster = request.spec, request.roster
    agent_ids, groups = roster.agents["UserId"].to_numpy(dtype=object), group_ids(spec)
    services = np.array([queue.queue_id for queue in spec.queues], dtype=object)
    past = local_shifts(roster.shifts, request.days)
    stretches = stretches_of_states(request.ledger, past[~past["day"].isin(request.lost)])
    recent = stretches[stretches["starts"] >= _first(request, ACTIVITY_DAYS)]
    contacts = contact_statistics(request.ledger, request.truth_calls, occupancy_of_services(stretches, services))
    activity = agent_activity(recent, request.ledger.legs, agent_ids, groups)
    shifts = pd.concat(
        [past[past["starts"] >= _first(request, ACTIVITY_DAYS)], local_shifts(request.coming, request.coming_days)],
        ignore_index=True,
    )
    for rows in (contacts, activity):
        rows["interval_start_time"] = to_utc(rows["interval_start_time"], spec.site)
    return {
        **services_and_groups(spec),
        "contact_statistics": contacts,
        "agent_activity": activity,
        "queue_current_metrics": _queues_at_the_end(request, contacts),
        "agent_states": _states(request, stretches, agent_ids),
        **shift_tables(spec, shifts, agent_ids),
    }


def local_shifts(shifts: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """A roster's shifts by the wall clock.

    Args:
        shifts: Columns day (row of `days`), queue, agent, starts, lunch_starts, ends [s since local midnight].
        days: Open days: date, closes_minute.

    Returns:
        The same rows; the times as wall-clock times, and closes, when the centre closes that day.
    """
    day = shifts["day"].to_numpy()
    midnight = days["date"].to_numpy().astype("datetime64[us]")[day]
    times = {name: midnight + shifts[name].to_numpy() * SECOND for name in ("starts", "lunch_starts", "ends")}
    closes = days["closes_minute"].to_numpy()[day] * np.timedelta64(1, "m")
    return shifts.assign(**times, closes=midnight + closes)


def _first(request: OperationalRequest, days: int) -> pd.Timestamp:
    """Midnight of the first of the last so many dates."""
    return pd.Timestamp(request.last_date) - pd.Timedelta(days=days - 1)


def _end(request: OperationalRequest) -> pd.Timestamp:
    """The end of the last date, UTC."""
    midnight = pd.Series([pd.Timestamp(request.last_date) + pd.Timedelta(days=1)])
    return pd.Timestamp(to_utc(midnight, request.spec.site).iloc[0])


def _queues_at_the_end(request: OperationalRequest, contacts: pd.DataFrame) -> pd.DataFrame:
    """Every queue when the last date is over: nobody is there; the service level is that date's."""
    end = _end(request)
    today = contacts[contacts["interval_start_time"] >= end - pd.Timedelta(seconds=SECONDS_PER_DAY)]
    received = today["not_unique_received_calls"]
    sums = today.assign(reached=today["service_level"] * received, received=received)
    sums = sums.groupby("service_id")[["reached", "received"]].sum()
    ids = [queue.queue_id for queue in request.spec.queues]
    rows = pd.DataFrame(
        {
            "service_id": ids,
            "calls_waiting": 0,
            "longest_wait_time": np.nan,
            "agents_available": 0,
            "agents_busy": 0,
            "agents_not_ready": 0,
            "current_service_level": (sums["reached"] / sums["received"]).reindex(ids).to_numpy(),
            "calls_handled_last_15min": 0,
            "avg_wait_time_last_15min": np.nan,
            "last_updated": end,
        }
    )
    return rows[list(QUEUE_CURRENT_METRICS.column_names)]


def _states(request: OperationalRequest, stretches: pd.DataFrame, agent_ids: np.ndarray) -> pd.DataFrame:
    """The stretches of the last days, each ended: nobody works at the end of the last date."""
    recent = stretches[stretches["starts"] >= _first(request, STATES_DAYS)]
    services = np.array([*(queue.queue_id for queue in request.spec.queues), None], dtype=object)
    rows = pd.DataFrame(
        {
            "agent_id": agent_ids[recent["agent"].to_numpy()],
            "group_id": group_ids(request.spec)[recent["queue"].to_numpy()],
            "state": recent["state"].to_numpy(dtype=object),
            "started_at": to_utc(recent["starts"], request.spec.site).to_numpy(),
            "ended_at": to_utc(recent["ends"], request.spec.site).to_numpy(),
            "service_id": services[recent["contact_queue"].to_numpy()],
            "is_queue_contact": recent["state"].isin(BUSY).to_numpy(),
        }
    )
    return rows.sort_values(list(AGENT_STATES.key), ignore_index=True)[list(AGENT_STATES.column_names)]
