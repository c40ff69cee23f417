"""Work of a week into hours on the phones: calls, handle time, and what waiting targets add.

Here: weekly workload, what the issued staffing teaches about the hours around it, and the hours a
week far ahead needs. Not here: teams per interval (domain/staffing/requirement.py, plan.py) and people (people.py).

The hours a service level needs have three parts. Where the load of every interval grows s-fold, the
workload grows s-fold, the margin above it about with the square root of s, and what rounding to
whole agents adds stays as it is, for it is some part of an agent in every open interval. A constant
ratio would ask for too many people in growth and for too few in decline.

Source:
    Halfin & Whitt (1981), Heavy-traffic limits for queues with many exponential servers.
    Gans, Koole & Mandelbaum (2003), Telephone Call Centers: Tutorial, Review, and Research Prospects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.faults import CapacityError
from wfm_pipeline.units import DAYS_PER_WEEK, MINUTES_PER_HOUR, SECONDS_PER_HOUR

LEARNT_COLUMNS: Final = ("queue_id", "business_date", "agents_required", "agents_required_exact", "workload_minutes")
"""Columns of the issued staffing that `learn_efficiency` looks at."""


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What a queue's issued staffing says about a week.

    Attributes:
        workload_hours: Handling of a mean week of the issue [h], > 0.
        exact_hours: Required agents of it as real numbers, times their time [h].
        rounding_hours: What whole agents add [h].
        max_occupancy: Cap of the occupancy it was staffed with; None = none.
    """

    workload_hours: float
    exact_hours: float
    rounding_hours: float = 0.0
    max_occupancy: float | None = None


def workload_hours(calls: FloatArray, aht_seconds: FloatArray) -> FloatArray:
    """Handling of some calls.

    Args:
        calls: Calls [count], shape (n,).
        aht_seconds: Mean handle time [s], shape (n,); NaN where unknown.

    Returns:
        Hours [h], shape (n,); no calls are no work, whatever the handle time; NaN where it is unknown.

    Example:
        >>> workload_hours(np.array([0.0, 90.0]), np.array([np.nan, 240.0])).tolist()
        [0.0, 6.0]
    """
    return np.where(calls == 0, 0.0, calls * aht_seconds / SECONDS_PER_HOUR)


def on_phone_hours(workload: FloatArray, efficiency: Efficiency) -> FloatArray:
    """Hours on the phones that a week's workload needs, as the issued staffing would have it.

    Args:
        workload: Handling of the week [h], shape (n,).
        efficiency: What the issue says.

    Returns:
        workload + margin x sqrt(workload / issued workload) [h], never above the cap of the
        occupancy, and the rounding; at the issued workload the issued hours. Where the issue's exact
        hours do not exceed its workload (impatient callers, several chats at a time) they keep their
        ratio. No work needs no hours.

    Source:
        docs/methods/capacity.md, step 2; Halfin & Whitt (1981): the margin grows with the square root of the load.

    Example:
        >>> on_phone_hours(np.array([0.0, 100.0, 400.0]), Efficiency(100.0, 130.0, 5.0)).tolist()
        [0.0, 135.0, 465.0]
    """
    margin = efficiency.exact_hours - efficiency.workload_hours
    scale = workload / efficiency.workload_hours
    if margin <= 0:
        exact = scale * efficiency.exact_hours
    else:
        floor = 0.0 if efficiency.max_occupancy is None else workload / efficiency.max_occupancy
        exact = np.maximum(workload + margin * np.sqrt(scale), floor)
    return np.where(workload == 0, 0.0, exact + efficiency.rounding_hours)


def hours_at_occupancy(workload: FloatArray, occupancy: float) -> FloatArray:
    """Hours on the phones at a stated occupancy.

    Args:
        workload: Handling [h], shape (n,).
        occupancy: Share of available time that is handling, in (0, 1].

    Returns:
        Hours on the phones [h], shape (n,).

    Raises:
        CapacityError: an occupancy outside (0, 1].
    """
    if not 0 < occupancy <= 1:
        raise CapacityError(f"occupancy must be in (0, 1], got {occupancy:g}; write 85 % as 0.85", got=occupancy)
    return workload / occupancy


def learn_efficiency(staffing: pd.DataFrame, max_occupancy: Mapping[str, float | None]) -> dict[str, Efficiency]:
    """What an issue's staffing teaches, per queue.

    Args:
        staffing: One issue: queue_id, business_date, interval_minutes, agents_required,
            agents_required_exact, workload_minutes; null where there is no team.
        max_occupancy: Queue -> cap of the occupancy it was staffed with.

    Returns:
        Queue -> efficiency of a mean week. Rows without a team count for nothing; a queue without
        work is not in it, for nothing can be learnt.
    """
    known = staffing.dropna(subset=["agents_required", "agents_required_exact", "workload_minutes"])
    exact = known["agents_required_exact"].astype(float) * known["interval_minutes"]
    whole = known["agents_required"].astype(float) * known["interval_minutes"]
    sums = (
        known.assign(exact=exact, rounding=whole - exact)
        .groupby("queue_id")
        .agg(
            work=("workload_minutes", "sum"),
            exact=("exact", "sum"),
            rounding=("rounding", "sum"),
            days=("business_date", "nunique"),
        )
    )
    learnt = {}
    for queue, row in sums[sums["work"] > 0].iterrows():
        week_hours = row[["work", "exact", "rounding"]] * DAYS_PER_WEEK / row["days"] / MINUTES_PER_HOUR
        work, on_phone, rounding = (float(value) for value in week_hours)
        learnt[str(queue)] = Efficiency(work, on_phone, max(rounding, 0.0), max_occupancy.get(str(queue)))
    return learnt
