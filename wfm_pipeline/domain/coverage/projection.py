"""The rest of the day: need, people and service level from the newest update of the forecast, with bands.

Here: from the running interval to the end of the day. Not here: the update of the calls (domain/forecasting/intraday), which
a caller hands in as rows, and what has passed (intervals).

The people to expect are those rostered, times the attendance of the last intervals that are over: who did not come by
now is not expected later. Attendance is never above 1, and where it is not known the roster stands as it is;
`people_from` says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.coverage.grid import need_columns
from wfm_pipeline.domain.coverage.intervals import (
    SCHEDULED,
    STANDARD_LIMITS,
    CoverageLimits,
    coverage_status,
    projected_service_level,
)
from wfm_pipeline.domain.coverage.required import exact_needs, policy_columns
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.domain.staffing.pooling import pool_heads

ATTENDANCE_INTERVALS: Final = 4
"""Intervals that are over and known whose attendance is carried on [count]: an hour of quarters, so that one late return
from a break moves little."""
SCHEDULED_ATTENDED: Final = "scheduled_attended"
_CASES: Final = {"": "calls_mean", "_low": "calls_q10", "_high": "calls_q90"}
"""Suffix -> calls: expected, few and many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionRequest:
    """What is asked.

    Attributes:
        reforecast: queue_id, interval_start, calls_mean, calls_q10, calls_q90 [calls], aht_seconds; intervals still to come of
            one update of the day.
        service_queues: service_id, queue_id.
        scheduled: service_id, interval_start, agents_scheduled.
        attendance: Service -> people there over people rostered [0..1]; see `attendance`.
        as_of: Instant of the question (naive UTC).
        interval_seconds: Length of an interval [s].
        policies: Service -> what its people should achieve.
        default: Policy of the other services.
        limits: Limits of the statuses.
    """

    reforecast: pd.DataFrame
    service_queues: pd.DataFrame
    scheduled: pd.DataFrame
    attendance: Mapping[str, float]
    as_of: pd.Timestamp
    interval_seconds: float
    policies: Mapping[str, StaffingPolicy]
    default: StaffingPolicy
    limits: CoverageLimits = STANDARD_LIMITS


def attendance(intervals: pd.DataFrame, *, as_of: pd.Timestamp, interval_seconds: float) -> dict[str, float]:
    """How many of the people rostered came, over the last intervals that are over.

    Args:
        intervals: service_id, interval_start, agents_scheduled, agents_actual [agents].
        as_of: Instant of the question.
        interval_seconds: Length of an interval [s].

    Returns:
        Service -> sum of people there over sum of people rostered, at most 1; services without a known interval or
        without anybody rostered are left out.
    """
    need_columns(intervals, ("service_id", "interval_start", "agents_scheduled", "agents_actual"), of="intervals")
    is_over = intervals["interval_start"] + pd.Timedelta(seconds=interval_seconds) <= as_of
    rows = intervals[is_over].dropna(subset=["agents_scheduled", "agents_actual"])
    rows = rows.sort_values("interval_start").groupby("service_id", sort=True).tail(ATTENDANCE_INTERVALS)
    sums = rows.groupby("service_id")[["agents_actual", "agents_scheduled"]].sum()
    sums = sums[sums["agents_scheduled"] > 0]
    share = (sums["agents_actual"] / sums["agents_scheduled"]).clip(upper=1.0)
    return {str(service): float(value) for service, value in share.items()}


def project_rest(request: ProjectionRequest) -> pd.DataFrame:
    """Need, people and service level of the intervals still to come.

    Args:
        request: What is asked.

    Returns:
        One row per service and interval, in that order: service_id, interval_start, minutes_ahead (its start after `as_of`
        [min]; at most 0 for the running interval), calls_mean, agents_required, agents_scheduled, people (those to expect),
        people_from, coverage, status, projected_service_level; and calls, agents_required, coverage and
        projected_service_level with `_low` (10 % quantile of calls) and `_high` (90 %): with many calls need is high, and
        coverage and service level are low. Null where something is not known. Quantiles of several queues are added as if all
        were off together.

    Raises:
        DataError: a column is missing.

    Source:
        docs/methods/coverage.md, step 9.
    """
    told = ("queue_id", "interval_start", *_CASES.values(), "aht_seconds")
    need_columns(request.reforecast, told, of="updates of the day")
    is_ahead = request.reforecast["interval_start"] + pd.Timedelta(seconds=request.interval_seconds) > request.as_of
    pairs = request.service_queues[["service_id", "queue_id"]].drop_duplicates()
    queues = (
        request.reforecast[is_ahead]
        .merge(pairs, on="queue_id")
        .sort_values(["service_id", "interval_start", "queue_id"])
    )
    rows = _services(queues.reset_index(drop=True), request)
    keys = ["service_id", "interval_start"]
    rows = rows.merge(request.scheduled[[*keys, "agents_scheduled"]], on=keys, how="left", validate="one_to_one")
    came = rows["service_id"].map(dict(request.attendance))
    rows["people"] = rows["agents_scheduled"] * came.astype(np.float64).fillna(1.0)
    rows["people_from"] = np.where(came.isna(), SCHEDULED, SCHEDULED_ATTENDED)
    rows["minutes_ahead"] = (rows["interval_start"] - request.as_of) / pd.Timedelta(minutes=1)
    policy = policy_columns(rows["service_id"], request.policies, request.default)
    people = rows["people"].to_numpy(np.float64)
    for suffix in _CASES:
        need = rows[f"agents_required{suffix}"].to_numpy(np.float64)
        rows[f"coverage{suffix}"] = np.divide(people, need, out=np.full(len(need), np.nan), where=need > 0)
        rows[f"projected_service_level{suffix}"] = projected_service_level(
            rows[f"calls{suffix}"].to_numpy(), rows["aht_seconds"].to_numpy(), people, policy, request.interval_seconds
        )
    status = coverage_status(people, rows["agents_required"].to_numpy(np.float64), request.limits)
    return rows.assign(status=status).rename(columns={"calls": "calls_mean"})


def _services(queues: pd.DataFrame, request: ProjectionRequest) -> pd.DataFrame:
    """Calls and need of services: needs of queues are added as real numbers and rounded once."""
    keys = ["service_id", "interval_start"]
    by_service = queues.groupby(keys, sort=True)
    policy = policy_columns(queues["service_id"], request.policies, request.default)
    aht = queues["aht_seconds"].to_numpy(np.float64)
    busy = np.where(queues["calls_mean"] == 0, 0.0, queues["calls_mean"] * aht)
    seconds = queues.assign(busy=busy).groupby(keys, sort=True)["busy"].sum(skipna=False)
    found = pd.DataFrame(index=seconds.index)
    for suffix, calls in _CASES.items():
        exact = exact_needs(queues[calls].to_numpy(np.float64), aht, policy, request.interval_seconds)
        found[f"calls{suffix}"] = by_service[calls].sum(skipna=False)
        found[f"agents_required{suffix}"] = pool_heads(by_service.ngroup(), exact)["agents_required"].to_numpy()
    found["aht_seconds"] = seconds / found["calls"].where(found["calls"] > 0)
    return found.reset_index()
