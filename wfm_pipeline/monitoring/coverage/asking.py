"""A reading of the centre and a date of gold as the question of live coverage. Pure: frames in, a request out.

Here: groups as registrations, breaks by kind, targets of services, since when states are known. A table without rows stays
unknown: it becomes no people, no need and no cost. Not here: the answer (calculators/live_coverage).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.calculators.live_coverage import LiveCoverageRequest
from wfm_pipeline.contracts.operational.foreign_columns import INTERVAL_SECONDS
from wfm_pipeline.domain.coverage.actions import STANDARD_REACH, ActionLimits
from wfm_pipeline.domain.coverage.grid import grid_of
from wfm_pipeline.domain.coverage.intervals import STANDARD_LIMITS, CoverageLimits
from wfm_pipeline.domain.coverage.unrecorded import unrecorded_stretches
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.monitoring.coverage.gold_day import GoldDay

OFF_PRODUCT_KINDS: Final = ("training", "meeting")
"""Kinds of shift breaks that are work off the phones; the others are breaks."""
_STRETCH: Final = ["agent_id", "starts_at", "ends_at"]
_PAIR: Final = ["agent_id", "service_id"]
_SIGNED_IN: Final = ["agents_available", "agents_busy", "agents_not_ready"]

Tables = Mapping[str, pd.DataFrame]
"""Name of an operational table -> its rows in the house's units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What settings say of a cycle.

    Attributes:
        interval_seconds: Length of an interval [s].
        policies: Queue -> what its people should achieve, where the centre names no target.
        default: Policy of the other queues.
        limits: Limits of the statuses.
        reach: How far people may be moved.
        most_gaps: Gaps for which actions are looked for in a cycle [count].
        runs: Runs of a trial [count].
    """

    interval_seconds: float
    policies: Mapping[str, StaffingPolicy]
    default: StaffingPolicy
    limits: CoverageLimits = STANDARD_LIMITS
    reach: ActionLimits = STANDARD_REACH
    most_gaps: int = 3
    runs: int = 40


def question_of(
    tables: Tables, day: GoldDay, choices: Choices, *, as_of: pd.Timestamp, intervals: pd.DataFrame | None = None
) -> LiveCoverageRequest:
    """What is asked of a reading.

    Args:
        tables: Rows of the centre.
        day: The business date as gold has it.
        choices: What settings say.
        as_of: Instant at which the rows were true.
        intervals: Those of the day and of these services, where they were put together before.

    Returns:
        The question. Without a service there is none to ask, and its intervals are empty.
    """
    services = tables["services"]
    shifts, breaks, off_product = roster_of(tables)
    rostered = breaks[:0] if shifts is None else shifts
    grid = grid_of(day.site_grid["interval_start"], choices.interval_seconds)
    counted = counted_contacts(tables["contact_statistics"])
    return LiveCoverageRequest(
        as_of=as_of,
        interval_seconds=choices.interval_seconds,
        intervals=day.intervals(services["id"]) if intervals is None else intervals,
        service_queues=pd.DataFrame({"service_id": services["id"], "queue_id": services["id"]}),
        teams=day.teams,
        history=day.history,
        states=tables["agent_states"],
        known_from=known_from(tables, day, as_of=as_of),
        unrecorded=unrecorded_stretches(tables["agent_states"], counted, rostered, grid, as_of),
        registrations=registered_for(tables),
        shifts=shifts,
        breaks=breaks,
        off_product=off_product,
        rates=services.rename(columns={"id": "service_id"}),
        contacts=_contacts(tables["agent_activity"], as_of=as_of),
        reforecast=day.reforecast,
        policies=policies_of(services, choices),
        default=choices.default,
        limits=choices.limits,
        reach=choices.reach,
        most_gaps=choices.most_gaps,
        runs=choices.runs,
    )


def registered_for(tables: Tables) -> pd.DataFrame:
    """Who works for which service: by the group signed in to today, else by the shift.

    Args:
        tables: agent_states, shifts and service_groups.

    Returns:
        agent_id, service_id, is_registered. A group that an agent is only rostered for, or a service that the shift leaves out,
        is a skill and no registration, once it is known what the agent does work for.
    """
    serves = tables["service_groups"][["group_id", "service_id"]]
    signed_in = tables["agent_states"][["agent_id", "group_id"]].dropna().drop_duplicates()
    working = signed_in.merge(serves, on="group_id")[_PAIR].assign(rank=0)
    shifts = tables["shifts"][["agent_id", "group_id", "service_id"]].drop_duplicates()
    rostered = shifts.merge(serves, on="group_id", suffixes=("_only", ""))
    is_named = rostered["service_id_only"].isna() | (rostered["service_id_only"] == rostered["service_id"])
    told = pd.concat([working, rostered[_PAIR].assign(rank=np.where(is_named, 1, 2))], ignore_index=True)
    told = told.groupby(_PAIR, as_index=False, sort=True)[["rank"]].min()
    best = told.groupby("agent_id")["rank"].transform("min")
    return told[_PAIR].assign(is_registered=(told["rank"] == best).to_numpy(bool))


def roster_of(tables: Tables) -> tuple[pd.DataFrame | None, pd.DataFrame, pd.DataFrame]:
    """Shifts, breaks and off-product work.

    Args:
        tables: shifts and shift_breaks in force.

    Returns:
        agent_id, starts_at, ends_at each; the first is None where there is no shift at all: then no roster is known.
    """
    shifts, key = tables["shifts"], ["shift_id", "schedule_version"]
    breaks = tables["shift_breaks"].merge(shifts[[*key, "agent_id"]], on=key)
    is_work = breaks["kind"].isin(OFF_PRODUCT_KINDS)
    return shifts[_STRETCH] if len(shifts) else None, breaks.loc[~is_work, _STRETCH], breaks.loc[is_work, _STRETCH]


def known_from(tables: Tables, day: GoldDay, *, as_of: pd.Timestamp) -> pd.Timestamp | None:
    """Since when the states of agents are recorded.

    Args:
        tables: agent_states and queue_current_metrics.
        day: The business date.
        as_of: Instant at which the rows were true.

    Returns:
        The first state that began, at the earliest the date's start; where there is none and the centre's own counts say that
        nobody is signed in, the start of the running interval; else None: nobody knows.
    """
    begins, states = day.site_grid["interval_start"].iloc[0], tables["agent_states"]
    began = states.loc[states["started_at"] <= as_of, "started_at"]
    if len(began):
        return max(began.min(), begins)
    counts = tables["queue_current_metrics"][_SIGNED_IN]
    if counts.empty or not (counts == 0).all(axis=None):
        return None
    starts = day.site_grid["interval_start"]
    return starts[starts <= as_of].max() if (starts <= as_of).any() else None


def policies_of(services: pd.DataFrame, choices: Choices) -> dict[str, StaffingPolicy]:
    """What each service's people should achieve: the centre's own targets where it names them, else the settings'.

    Args:
        services: id, target_answer_seconds [s], target_service_level [0..1].
        choices: What settings say.

    Returns:
        Service -> policy.
    """
    found = {}
    for service, seconds, level in services[["id", "target_answer_seconds", "target_service_level"]].itertuples(
        index=False
    ):
        given = {"answer_target_seconds": seconds, "service_level_target": level}
        known = {name: float(value) for name, value in given.items() if pd.notna(value)}
        found[str(service)] = replace(choices.policies.get(str(service), choices.default), **known)
    return found


def counted_contacts(statistics: pd.DataFrame) -> pd.DataFrame:
    """Quarters of an hour with what came and what was answered.

    Args:
        statistics: Rows of contact_statistics in the house's units.

    Returns:
        starts_at, ends_at, calls_received, calls_answered [calls].
    """
    starts = statistics["interval_start_time"]
    return pd.DataFrame(
        {
            "starts_at": starts,
            "ends_at": starts + pd.Timedelta(seconds=INTERVAL_SECONDS),
            "calls_received": statistics["received_calls"],
            "calls_answered": statistics["treated_calls"],
        }
    )


def _contacts(activity: pd.DataFrame, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Contacts of each agent so far."""
    so_far = activity[activity["interval_start_time"] <= as_of]
    sums = so_far.groupby("agent_id", sort=True)["calls_handled"].sum()
    return pd.DataFrame({"agent_id": sums.index, "contacts": sums.to_numpy()})
