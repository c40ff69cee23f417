"""How many people each service needs per interval, and from what that is known.

Here: the forecast's teams; where none stands, the mean of the last same weekdays staffed with the same policy; where
that is not known either, no number and a reason. Queues are pooled into services as exact numbers and rounded once.
Not here: the queueing model (domain/staffing), the forecast itself, and what is done with the need (intervals).

Nothing is invented: a need has one of four bases. `forecast`: all queues of the service have a team of the forecast.
`same_weekdays`: at least one has the mean of the last four same weekdays (3 known at least). `closed`: the calendar says
that all are closed. `no_data`: for at least one queue nothing is known; the reason names tables and days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.coverage.grid import need_columns
from wfm_pipeline.domain.staffing.forecast_teams import BANDS, NO_HANDLE_TIME, StaffingPolicy
from wfm_pipeline.domain.staffing.pooling import pool_heads
from wfm_pipeline.domain.staffing.requirement import agents_required
from wfm_pipeline.units import DAYS_PER_WEEK

FORECAST, SAME_WEEKDAYS, CLOSED, NO_DATA = "forecast", "same_weekdays", "closed", "no_data"
BASES: Final = (FORECAST, CLOSED, SAME_WEEKDAYS, NO_DATA)
"""Best first: a service of several queues is as well known as its least known queue."""
WEEKDAYS_BACK: Final = 4
"""Same weekdays before the day that are looked at [count]."""
LEAST_POINTS: Final = 3
"""Of them known at least [count]; with fewer, one odd day would decide."""
STAFFING_TABLE: Final = "gold.queue_interval_staffing"
HISTORY_TABLE: Final = "silver.queue_intervals"
BAND_COLUMNS: Final = tuple(BANDS.values())
REQUIRED_COLUMNS: Final = (
    "service_id", "interval_start", "agents_required", "agents_required_exact", "calls_mean", "aht_seconds",
    "offered_load_erlangs", *BAND_COLUMNS, "basis", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredRequest:
    """What is asked.

    Attributes:
        intervals: queue_id, interval_start (naive UTC), interval_start_local, is_open; one row per queue and interval.
        service_queues: service_id, queue_id; a queue belongs to one service.
        teams: queue_id, interval_start, calls_mean, aht_seconds, agents_required_exact, and any of `BAND_COLUMNS`; the teams of
            one forecast, null where it has none.
        history: queue_id, interval_start_local, calls_offered (null = not known), aht_seconds; days before.
        policies: Service -> policy, for what the forecast has not staffed.
        default: Policy of the other services.
        interval_seconds: Length of an interval [s].
    """

    intervals: pd.DataFrame
    service_queues: pd.DataFrame
    teams: pd.DataFrame
    history: pd.DataFrame
    policies: Mapping[str, StaffingPolicy]
    default: StaffingPolicy
    interval_seconds: float


def required_people(request: RequiredRequest) -> pd.DataFrame:
    """The need of every service and interval.

    Args:
        request: What is asked.

    Returns:
        One row per service and interval, in that order: service_id, interval_start, agents_required,
        agents_required_exact [agents], calls_mean [calls], aht_seconds (of the calls expected), offered_load_erlangs, each of `BAND_COLUMNS`
        (null where not known; those of several queues are added as if all were off together), basis (of `BASES`) and
        reason (None where there is a number).

    Raises:
        DataError: a column is missing.

    Source:
        docs/methods/coverage.md, step 2.
    """
    _check(request)
    pairs = request.service_queues[["service_id", "queue_id"]].drop_duplicates()
    rows = request.intervals.merge(pairs, on="queue_id", how="inner")
    bands = [name for name in BAND_COLUMNS if name in request.teams]
    told = ["queue_id", "interval_start", "calls_mean", "aht_seconds", "agents_required_exact", *bands]
    rows = rows.merge(request.teams[told], on=["queue_id", "interval_start"], how="left", validate="one_to_one")
    rows = rows.reindex(columns=[*rows.columns, *(name for name in BAND_COLUMNS if name not in bands)])
    rows["basis"] = np.where(rows["agents_required_exact"].notna(), FORECAST, NO_DATA)
    rows["reason"] = pd.Series([None] * len(rows), dtype=object, index=rows.index)
    is_closed = (rows["basis"] == NO_DATA) & ~rows["is_open"].astype(bool)
    rows.loc[is_closed, "basis"] = CLOSED
    rows.loc[is_closed, ["calls_mean", "agents_required_exact", *BAND_COLUMNS]] = 0.0
    unknown = rows["basis"] == NO_DATA
    if unknown.any():
        rows = pd.concat([rows[~unknown], _from_weekdays(rows[unknown], request)])
    return _pooled(rows, request.interval_seconds)


def _check(request: RequiredRequest) -> None:
    need_columns(request.intervals, ("queue_id", "interval_start", "interval_start_local", "is_open"), of="intervals")
    need_columns(request.service_queues, ("service_id", "queue_id"), of="queues of services")
    told = ("queue_id", "interval_start", "calls_mean", "aht_seconds", "agents_required_exact")
    need_columns(request.teams, told, of="teams")
    need_columns(
        request.history, ("queue_id", "interval_start_local", "calls_offered", "aht_seconds"), of="past intervals"
    )


def _from_weekdays(rows: pd.DataFrame, request: RequiredRequest) -> pd.DataFrame:
    """Rows without a team, from the last same weekdays; those that stay unknown have a reason."""
    past = weekday_means(rows[["queue_id", "interval_start_local"]], request.history)
    is_enough = (past["points"] >= LEAST_POINTS).to_numpy()
    calls = np.where(is_enough, past["calls_mean"], np.nan)
    aht = past["aht_seconds"].to_numpy(np.float64)
    exact = _needs(rows["service_id"], calls, aht, request)
    is_known = ~np.isnan(exact)
    return rows.assign(
        calls_mean=np.where(is_known, calls, np.nan),
        aht_seconds=np.where(is_known, aht, np.nan),
        agents_required_exact=exact,
        basis=np.where(is_known, SAME_WEEKDAYS, NO_DATA),
        reason=pd.Series(_reasons(rows, past, is_enough), index=rows.index).mask(is_known, None),
        **dict.fromkeys(BAND_COLUMNS, np.nan),
    )


def weekday_means(wanted: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """What the last four same weekdays had at the same time of the wall clock.

    Args:
        wanted: queue_id, interval_start_local; shape (n,). Where clocks go back, both intervals of one wall-clock time
            look at the same times.
        history: queue_id, interval_start_local, calls_offered (null = not known), aht_seconds (null = not known). A date
            that had the time twice counts once, with its mean.

    Returns:
        In the order wanted: points (dates whose calls are known, 0 to 4), calls_mean [calls] over them, aht_seconds
        weighted by their calls; null where nothing is known. Shape (n, 3).
    """
    known = history.dropna(subset=["calls_offered"])
    known = known.assign(weighed=np.where(known["aht_seconds"].isna(), 0.0, known["calls_offered"]))
    known = known.assign(handled=known["weighed"] * known["aht_seconds"].fillna(0.0))
    measures = ["calls_offered", "weighed", "handled"]
    by_time = known.groupby(["queue_id", "interval_start_local"])[measures].mean()
    sums = np.zeros((len(wanted), len(measures)))
    points = np.zeros(len(wanted), dtype=np.int64)
    for weeks in range(1, WEEKDAYS_BACK + 1):
        earlier = wanted["interval_start_local"] - pd.Timedelta(days=weeks * DAYS_PER_WEEK)
        place = by_time.index.get_indexer(pd.MultiIndex.from_arrays([wanted["queue_id"], earlier]))
        found = by_time.to_numpy(np.float64)[place] if len(by_time) else sums
        sums += np.where(place[:, None] >= 0, found, 0.0)
        points += place >= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        calls, aht = sums[:, 0] / points, sums[:, 2] / sums[:, 1]
    return pd.DataFrame({"points": points, "calls_mean": calls, "aht_seconds": aht})


def policy_columns(
    services: pd.Series, policies: Mapping[str, StaffingPolicy], default: StaffingPolicy
) -> dict[str, np.ndarray]:
    """Policies as arrays.

    Args:
        services: Service of each row, shape (n,).
        policies: Service -> policy.
        default: Policy of the others.

    Returns:
        service_level_target, answer_target_seconds, patience_seconds (infinite where nobody leaves), max_occupancy (NaN
        where there is no cap) and concurrency, shape (n,) each.
    """
    codes, names = pd.factorize(services)
    each = [policies.get(str(name), default) for name in names]

    def spread(values: list[float]) -> np.ndarray:
        return np.array(values, dtype=np.float64)[codes] if values else np.empty(0)

    return {
        "service_level_target": spread([one.service_level_target for one in each]),
        "answer_target_seconds": spread([one.answer_target_seconds for one in each]),
        "patience_seconds": spread([one.patience_seconds or np.inf for one in each]),
        "max_occupancy": spread([np.nan if one.max_occupancy is None else one.max_occupancy for one in each]),
        "concurrency": spread([one.concurrency for one in each]),
    }


def exact_needs(
    calls: np.ndarray, aht_seconds: np.ndarray, policy: dict[str, np.ndarray], interval: float
) -> np.ndarray:
    """People that calls need, as real numbers.

    Args:
        calls: Expected calls [calls], NaN = unknown, shape (n,).
        aht_seconds: Their mean handle time [s], NaN = unknown, shape (n,).
        policy: See `policy_columns`; an infinite patience is Erlang C.
        interval: Length of an interval [s].

    Returns:
        The need [agents], 0 without calls, NaN where calls or their handle time are not known, shape (n,).
    """
    is_idle = calls == 0
    need = agents_required(
        calls,
        interval,
        np.where(is_idle & np.isnan(aht_seconds), interval, aht_seconds),  # nothing depends on it without calls
        answer_target_seconds=policy["answer_target_seconds"],
        service_level_target=policy["service_level_target"],
        max_occupancy=policy["max_occupancy"],
        patience_seconds=np.where(np.isinf(policy["patience_seconds"]), np.nan, policy["patience_seconds"]),
        concurrency=policy["concurrency"],
    )
    return np.where(is_idle, 0.0, need.agents_required_exact)


def _needs(services: pd.Series, calls: np.ndarray, aht: np.ndarray, request: RequiredRequest) -> np.ndarray:
    policy = policy_columns(services, request.policies, request.default)
    return exact_needs(calls, aht, policy, request.interval_seconds)


def _reasons(rows: pd.DataFrame, past: pd.DataFrame, is_enough: np.ndarray) -> np.ndarray:
    """Why each row has no number, with tables and days."""
    dates = rows["interval_start_local"].dt.normalize()
    days = {
        date: f"{date - pd.Timedelta(days=WEEKDAYS_BACK * DAYS_PER_WEEK):%Y-%m-%d} to "
        f"{date - pd.Timedelta(days=DAYS_PER_WEEK):%Y-%m-%d}"
        for date in dates.unique()
    }
    words = pd.DataFrame({"date": dates.to_numpy(), "points": past["points"].to_numpy(), "is_enough": is_enough})
    told = {
        (date, points, enough): f"no team in {STAFFING_TABLE}, and {HISTORY_TABLE} "
        + (
            f"has {NO_HANDLE_TIME} on the same weekdays from {days[date]}"
            if enough
            else f"knows {points} of the {WEEKDAYS_BACK} same weekdays from {days[date]}; {LEAST_POINTS} are needed"
        )
        for date, points, enough in words.drop_duplicates().itertuples(index=False)
    }
    return np.array([told[one] for one in words.itertuples(index=False, name=None)], dtype=object)


def _pooled(rows: pd.DataFrame, interval: float) -> pd.DataFrame:
    """Queues into services: exact needs are added and rounded once; what one queue does not know the service does not."""
    keys = ["service_id", "interval_start"]
    rows = rows.sort_values([*keys, "queue_id"], ignore_index=True)
    busy = np.where(rows["calls_mean"] == 0, 0.0, rows["calls_mean"] * rows["aht_seconds"]) / interval
    rank = rows["basis"].map({name: place for place, name in enumerate(BASES)})
    rows = rows.assign(rank=rank, offered_load_erlangs=busy)
    by_service = rows.groupby(keys, sort=True)
    found = by_service[["calls_mean", "offered_load_erlangs", *BAND_COLUMNS]].sum(skipna=False)
    need = pool_heads(by_service.ngroup(), rows["agents_required_exact"])
    calls = found["calls_mean"].where(found["calls_mean"] > 0)
    found = found.assign(
        aht_seconds=found["offered_load_erlangs"] * interval / calls,
        agents_required=need["agents_required"].to_numpy(),
        agents_required_exact=need["agents_required_exact"].to_numpy(),
        basis=by_service["rank"].max().map(dict(enumerate(BASES))),
        reason=by_service["reason"].first(),
    )
    return found.reset_index()[list(REQUIRED_COLUMNS)]
