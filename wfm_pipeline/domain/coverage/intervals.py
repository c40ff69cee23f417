"""Coverage of every service and interval: people against need, the status, and the service level to expect.

Here: the frame that `gold.coverage_interval` holds. Not here: where need and people are from (required, scheduled,
shares), and what shortages add up to (gaps).

People are those really there once an interval has begun, and those rostered before; `people_from` says which. What is
not known stays unknown: an interval that has begun and of which no states are recorded has no coverage, and the roster
never stands in for it; `reason` says which table has nothing of when. Coverage is people over need; where nobody is needed it is null and only the status speaks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import ROUNDING, BoolArray, FloatArray
from wfm_pipeline.domain.coverage.grid import need_columns
from wfm_pipeline.domain.coverage.required import policy_columns
from wfm_pipeline.domain.staffing.erlang import erlang_a
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.errors import DataError

OPTIMAL, ADEQUATE, SHORTAGE, SURPLUS, UNKNOWN_STATUS = "optimal", "adequate", "shortage", "surplus", "no_data"
STATUSES: Final = (OPTIMAL, ADEQUATE, SHORTAGE, SURPLUS, UNKNOWN_STATUS)
ACTUAL, SCHEDULED = "actual", "scheduled"
STATES_TABLE, SHIFTS_TABLE, GROUPS_TABLE = "agent_states", "shifts", "service_groups"
_NOTHING_OF: Final = {
    STATES_TABLE: "agent_states has nothing recorded",
    SHIFTS_TABLE: "shifts has no roster",
    GROUPS_TABLE: "service_groups has nobody who works for the service",
}
"""Table that people would be known from -> what is wrong with it; the stretch follows."""


@dataclass(frozen=True, slots=True)
class CoverageLimits:
    """Where one status ends and the next begins.

    Attributes:
        adequate_from: Smallest coverage that is adequate; below is a shortage.
        optimal_from: Smallest coverage that is optimal.
        optimal_to: Largest coverage that is optimal; above is a surplus.
    """

    adequate_from: float = 0.85
    optimal_from: float = 0.95
    optimal_to: float = 1.05

    def __post_init__(self) -> None:
        """Refuse limits out of order.

        Raises:
            DataError: the limits do not rise.
        """
        if not 0 < self.adequate_from <= self.optimal_from <= self.optimal_to:
            raise DataError(
                f"limits of coverage must rise from above 0, got {self.adequate_from}, {self.optimal_from} and "
                f"{self.optimal_to}; write 95 % as 0.95"
            )


STANDARD_LIMITS: Final = CoverageLimits()


class ServiceLevels(Protocol):
    """What works out the service level to expect."""

    def __call__(
        self,
        calls: FloatArray,
        aht_seconds: FloatArray,
        people: FloatArray,
        policy: Mapping[str, FloatArray],
        interval: float,
    ) -> FloatArray:
        """See `projected_service_level`."""


def projected_service_level(
    calls: FloatArray, aht_seconds: FloatArray, people: FloatArray, policy: Mapping[str, FloatArray], interval: float
) -> FloatArray:
    """The service level that calls meet with the people there, by Erlang A.

    Args:
        calls: Expected calls of an interval [calls], NaN = unknown, shape (n,).
        aht_seconds: Their mean handle time [s], NaN = unknown, shape (n,).
        people: People on the phones [agents], may be parts of people, NaN = unknown, shape (n,).
        policy: See `required.policy_columns`; where nobody leaves it is Erlang C.
        interval: Length of an interval [s].

    Returns:
        Answered within the target over offered [0..1]; NaN without calls and where something is unknown, shape (n,).

    Source:
        Mandelbaum & Zeltyn (2007), Service Engineering in Action: The Palm/Erlang-A Queue.
    """
    calls, aht = np.asarray(calls, dtype=np.float64), np.asarray(aht_seconds, dtype=np.float64)
    is_known = (calls > 0) & (aht > 0) & ~np.isnan(people)
    level = np.full(len(calls), np.nan)
    load = calls[is_known] * aht[is_known] / interval
    level[is_known] = erlang_a(
        load,
        people[is_known] * policy["concurrency"][is_known],
        aht_seconds=aht[is_known],
        patience_seconds=policy["patience_seconds"][is_known],
        answer_target_seconds=policy["answer_target_seconds"][is_known],
    ).service_level
    return level


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRequest:
    """What is put together.

    Attributes:
        required: See `required.required_people`.
        scheduled: service_id, interval_start, agents_scheduled.
        actual: service_id, interval_start, agents_actual, agents_available.
        as_of: Instant of the question (naive UTC); intervals that begin before it have begun.
        interval_seconds: Length of an interval [s].
        policies: Service -> what its people should achieve.
        default: Policy of the other services.
        limits: Limits of the statuses.
        levels: Works out service levels; one that remembers may stand in.
    """

    required: pd.DataFrame
    scheduled: pd.DataFrame
    actual: pd.DataFrame
    as_of: pd.Timestamp
    interval_seconds: float
    policies: Mapping[str, StaffingPolicy]
    default: StaffingPolicy
    limits: CoverageLimits = STANDARD_LIMITS
    levels: ServiceLevels = projected_service_level


def coverage_status(people: FloatArray, required: FloatArray, limits: CoverageLimits = STANDARD_LIMITS) -> np.ndarray:
    """The status of people against need.

    Args:
        people: People there [agents], NaN = unknown, shape (n,).
        required: People needed [agents], NaN = unknown, shape (n,).
        limits: Where a status ends; a limit itself belongs to the better status (0.85 is adequate, 0.95 and 1.05 are
            optimal), differences of rounding left out.

    Returns:
        One of `STATUSES` each, shape (n,): nobody needed and nobody there is optimal, nobody needed and somebody there
        is surplus, either unknown is `no_data`.

    Example:
        >>> coverage_status(np.array([8.5, 9.5, 10.5, 0.0, 1.0]), np.array([10.0, 10.0, 10.0, 0.0, 0.0])).tolist()
        ['adequate', 'optimal', 'optimal', 'optimal', 'surplus']
    """
    slack = ROUNDING * np.maximum(required, 1.0)
    conditions = [
        np.isnan(people) | np.isnan(required),
        (required == 0) & (people <= slack),
        (required == 0) | (people > limits.optimal_to * required + slack),
        people >= limits.optimal_from * required - slack,
        people >= limits.adequate_from * required - slack,
    ]
    return np.select(conditions, [UNKNOWN_STATUS, OPTIMAL, SURPLUS, OPTIMAL, ADEQUATE], default=SHORTAGE)


def coverage_intervals(request: CoverageRequest) -> pd.DataFrame:
    """Coverage of every service and interval for which a need was asked.

    Args:
        request: What is put together.

    Returns:
        One row per service and interval, in that order: the columns of `required`, agents_scheduled, agents_actual,
        agents_available [agents], people (those counted), people_from (`actual` or `scheduled`), coverage (share, null
        where nobody is needed or something is unknown), status, service_level_target, projected_service_level (answered
        within the target over offered by Erlang A with these people; null without calls or where something is unknown)
        and as_of. `reason` says besides why people are not known: table and stretch.

    Raises:
        DataError: a column is missing, or a service has an interval twice.

    Source:
        docs/methods/coverage.md, steps 4 and 5.
    """
    keys = ["service_id", "interval_start"]
    need_columns(request.scheduled, (*keys, "agents_scheduled"), of="rostered people")
    need_columns(request.actual, (*keys, "agents_actual", "agents_available"), of="people there")
    rows = request.required.sort_values(keys, ignore_index=True)
    for more in (request.scheduled, request.actual):
        if more.duplicated(keys).any():
            raise DataError("a service has an interval twice; give one row per service_id and interval_start")
        rows = rows.merge(more, on=keys, how="left")
    has_begun = (rows["interval_start"] < request.as_of).to_numpy()
    people = np.where(has_begun, rows["agents_actual"], rows["agents_scheduled"]).astype(np.float64)
    required = rows["agents_required"].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        coverage = np.where(required > 0, people / required, np.nan)
    policy = policy_columns(rows["service_id"], request.policies, request.default)
    return rows.assign(
        reason=rows["reason"].where(rows["reason"].notna(), _people_missing(rows, people, has_begun, request)),
        people=people,
        people_from=np.where(has_begun, ACTUAL, SCHEDULED),
        coverage=coverage,
        status=coverage_status(people, required, request.limits),
        service_level_target=policy["service_level_target"],
        projected_service_level=request.levels(
            rows["calls_mean"].to_numpy(), rows["aht_seconds"].to_numpy(), people, policy, request.interval_seconds
        ),
        as_of=request.as_of,
    )


def _people_missing(
    rows: pd.DataFrame, people: FloatArray, has_begun: BoolArray, request: CoverageRequest
) -> pd.Series:
    """Why people are not known, the same words for intervals that follow each other; None where they are."""
    found = pd.Series([None] * len(rows), dtype=object, index=rows.index)
    is_unknown = np.isnan(people)
    if not is_unknown.any():
        return found
    start, step = rows["interval_start"], pd.Timedelta(seconds=request.interval_seconds)
    of_nobody = pd.Series(is_unknown).groupby(start.to_numpy()).transform("all").to_numpy()
    table = np.where(of_nobody, np.where(has_begun, STATES_TABLE, SHIFTS_TABLE), GROUPS_TABLE)
    kind = pd.Series(np.where(is_unknown, table, ""), index=rows.index)
    is_new = (
        (kind != kind.shift()) | (rows["service_id"] != rows["service_id"].shift()) | (start != start.shift() + step)
    )
    runs = pd.DataFrame({"kind": kind, "start": start, "run": is_new.cumsum()})[is_unknown]
    places, numbers = pd.factorize(runs["run"])
    each = runs.groupby("run", sort=False).agg(kind=("kind", "first"), first=("start", "min"), last=("start", "max"))
    words = [
        f"{_NOTHING_OF[of]} from {first:%Y-%m-%d %H:%M} to {last + step:%Y-%m-%d %H:%M} UTC"
        for of, first, last in each.loc[numbers].itertuples(index=False, name=None)
    ]
    found[runs.index] = np.array(words, dtype=object)[places]
    return found
