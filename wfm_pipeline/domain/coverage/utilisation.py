"""What agents did with their time: rostered and productive hours, breaks, adherence, conformance, productivity.

Here: one row per agent over a stretch of time. Not here: coverage of services (intervals), scores over weeks.

* Productive time is time on the phones: idle and ready, in a contact, in its after-call work.
* Adherence is the part of rostered time in which the agent did what the roster said at that moment: on the phones, or
  off the phones in breaks and off-product work; who was never on the phones kept nothing. Conformance is time on the phones over time rostered for the phones, whenever it was; it may
  exceed 1. Who works the right number of hours at the wrong time conforms and does not adhere.
* Recorded states do not tell a break from other time not ready: `not_ready_hours` holds both.
* The time between two parts of a split shift is not rostered: nothing there is absence.
* Productivity is contacts per productive hour over the median of the other agents with the same services, of whom three
  at least are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.coverage.grid import cut, need_columns, stretches_without
from wfm_pipeline.units import SECONDS_PER_HOUR

LEAST_PEERS: Final = 3
"""Other agents of the same services, with known contacts per hour, below whom nobody is compared [count]."""
NOT_READY: Final = "not_ready"
_STRETCH = ["agent_id", "starts_at", "ends_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UtilisationRequest:
    """What is asked.

    Attributes:
        stretches: States that count: agent_id, state, starts_at, ends_at, is_on_phones, is_available; see `presence.count_states`.
        suspects: Agents with a suspect state; what they did is not known.
        shifts: agent_id, starts_at, ends_at (naive UTC).
        breaks: The same columns: breaks on the roster.
        off_product: The same columns: off-product work on the roster.
        registrations: agent_id, service_id, optional is_registered.
        contacts: agent_id, contacts [count] in the stretch of time; an agent without a row has unknown contacts.
        starts_at: First instant of the stretch of time (naive UTC).
        ends_at: Its end; states must be known throughout.
    """

    stretches: pd.DataFrame
    suspects: Sequence[str]
    shifts: pd.DataFrame
    breaks: pd.DataFrame
    off_product: pd.DataFrame
    registrations: pd.DataFrame
    contacts: pd.DataFrame
    starts_at: pd.Timestamp
    ends_at: pd.Timestamp


def agent_utilisation(request: UtilisationRequest) -> pd.DataFrame:
    """Hours and shares of every agent with a shift or a state in the stretch of time.

    Args:
        request: What is asked.

    Returns:
        One row per agent, in order: agent_id, scheduled_hours (with breaks), on_phones_scheduled_hours, productive_hours,
        busy_hours (in a contact or its after-call work), break_scheduled_hours, not_ready_hours [h], utilisation (productive over scheduled), occupancy (busy over
        productive), adherence, conformance [shares], contacts [count], contacts_per_hour, productivity (1 = the median of the
        peers), peers [count], is_suspect. Null where nothing is rostered, nobody was there, or what the agent did is not
        known (suspect states).

    Raises:
        DataError: a column is missing.

    Source:
        Standard definitions of adherence and conformance; docs/methods/coverage.md, step 8.
    """
    need_columns(
        request.stretches,
        ("agent_id", "state", "starts_at", "ends_at", "is_on_phones", "is_available"),
        of="counted states",
    )
    need_columns(request.contacts, ("agent_id", "contacts"), of="contacts")
    shifts, breaks, work, states = (
        cut(one, request.starts_at, request.ends_at)
        for one in (request.shifts, request.breaks, request.off_product, request.stretches)
    )
    on_phones, off = states[states["is_on_phones"]], pd.concat([breaks, work])[_STRETCH]
    rostered, wanted = stretches_without(shifts, off[:0]), stretches_without(shifts, off)
    kept = [_both(wanted, on_phones), stretches_without(_both(rostered, off), on_phones)]
    hours = {
        "scheduled_hours": rostered,
        "on_phones_scheduled_hours": wanted,
        "break_scheduled_hours": _both(rostered, breaks),
        "productive_hours": on_phones,
        "busy_hours": on_phones[~on_phones["is_available"]],
        "not_ready_hours": states[states["state"] == NOT_READY],
        "kept_hours": pd.concat(kept),
    }
    agents = pd.Index(
        sorted({*shifts["agent_id"], *states["agent_id"], *request.suspects}), dtype=object, name="agent_id"
    )
    rows = pd.DataFrame(
        {name: _hours(one).reindex(agents, fill_value=0.0) for name, one in hours.items()}, index=agents
    )
    return _shares(rows, request)


def _both(some: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Time inside both: what is left of some without what is outside the others."""
    return stretches_without(some, stretches_without(some[_STRETCH], others[_STRETCH]))


def _hours(stretches: pd.DataFrame) -> pd.Series:
    """Hours of each agent."""
    seconds = (stretches["ends_at"] - stretches["starts_at"]).dt.total_seconds()
    return (seconds / SECONDS_PER_HOUR).astype(np.float64).groupby(stretches["agent_id"]).sum()


def _shares(rows: pd.DataFrame, request: UtilisationRequest) -> pd.DataFrame:
    is_suspect = rows.index.isin(list(request.suspects))
    done = ["productive_hours", "busy_hours", "not_ready_hours", "kept_hours"]
    rows[done] = rows[done].mask(pd.Series(is_suspect, index=rows.index), np.nan)
    productive = rows["productive_hours"].where(rows["productive_hours"] > 0)
    scheduled = rows["scheduled_hours"].where(rows["scheduled_hours"] > 0)
    contacts = request.contacts.set_index("agent_id")["contacts"].astype(np.float64).reindex(rows.index)
    rows = rows.assign(
        utilisation=rows["productive_hours"] / scheduled,
        occupancy=rows["busy_hours"] / productive,
        adherence=rows["kept_hours"].where(rows["productive_hours"] != 0, 0.0) / scheduled,
        conformance=rows["productive_hours"]
        / rows["on_phones_scheduled_hours"].where(rows["on_phones_scheduled_hours"] > 0),
        contacts=contacts,
        contacts_per_hour=contacts / productive,
    ).drop(columns="kept_hours")
    services = request.registrations
    if "is_registered" in services:
        services = services[services["is_registered"].astype(bool)]
    alike = services.groupby("agent_id")["service_id"].agg(lambda one: "\n".join(sorted(set(one)))).reindex(rows.index)
    rows[["productivity", "peers"]] = _against_peers(rows["contacts_per_hour"], alike)
    return rows.assign(peers=rows["peers"].astype(np.int64), is_suspect=is_suspect).reset_index()


def _against_peers(rate: pd.Series, alike: pd.Series) -> pd.DataFrame:
    """Each agent's rate over the median of the others with the same services, and how many these are."""
    found = pd.DataFrame({"productivity": np.nan, "peers": 0.0}, index=rate.index)
    for _, mine in rate.dropna().groupby(alike, sort=True):
        for agent in mine.index:
            others = mine.drop(agent)
            found.loc[agent, "peers"] = float(len(others))
            if len(others) >= LEAST_PEERS and others.median() > 0:
                found.loc[agent, "productivity"] = mine[agent] / others.median()
    return found
