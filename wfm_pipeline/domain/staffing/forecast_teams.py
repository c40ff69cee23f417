"""Staffing of a forecast: every queue and interval of an issue with its team.

Here: which issues are staffed, which calls each interval is staffed for, the modified load where handle times are long, and
the rows of `gold.queue_interval_staffing`. Not here: reading or writing tables (assets), or people
with several skills (simulation).
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.requirement import Requirement, agents_required
from wfm_pipeline.domain.staffing.risk import CURVE_LEVELS, Expected, Queue, band_quantile, expected_measures, scenarios
from wfm_pipeline.domain.staffing.transient import LONG_AHT_SECONDS, equivalent_calls, modified_offered_load
from wfm_pipeline.units import ANSWER_TARGET_SECONDS, MINUTES_PER_HOUR, SECONDS_PER_MINUTE, SERVICE_LEVEL_TARGET

BANDS: Final[Mapping[float, str]] = {
    0.05: "calls_q05", 0.10: "calls_q10", 0.25: "calls_q25", 0.50: "calls_q50",
    0.75: "calls_q75", 0.90: "calls_q90", 0.95: "calls_q95",
}  # fmt: skip
"""Level -> column of the forecast."""
_IDLE_AHT_SECONDS: Final = 60.0
"""Stands for the unknown handle time of an interval without calls; nothing depends on it."""
NO_HANDLE_TIME: Final = "no handle time"
"""Reason of an interval with calls whose handle time nobody knows: it has no team, and none is invented."""
_CHANGED_CALLS = 1e-6
"""Sum of an issue's calls that says the forecast has changed [calls]."""


@dataclass(frozen=True, slots=True)
class StaffingPolicy:
    """What a queue's people should achieve.

    Attributes:
        service_level_target: Share of the offered answered within the target, in (0, 1); over the
            forecast's band and the day where `quantile` is None, else at that quantile.
        answer_target_seconds: Answer-time target [s].
        patience_seconds: Mean patience [s]; None = nobody leaves (Erlang C).
        max_occupancy: Cap of the occupancy; None = none.
        shrinkage: Paid time not available, in [0, 1).
        concurrency: Contacts at a time.
        quantile: Quantile of the calls to staff to, 0.05 to 0.95; None = per queue and day the
            smallest that reaches the level over the band.
    """

    service_level_target: float = SERVICE_LEVEL_TARGET
    answer_target_seconds: float = ANSWER_TARGET_SECONDS
    patience_seconds: float | None = None
    max_occupancy: float | None = None
    shrinkage: float = 0.0
    concurrency: float = 1.0
    quantile: float | None = None


def occupancy_caps(
    queues: Iterable[object], policies: Mapping[str, StaffingPolicy], default: StaffingPolicy
) -> dict[str, float | None]:
    """Caps of the occupancy that queues are staffed with.

    Args:
        queues: The queues; may name one several times.
        policies: Queue -> policy.
        default: Policy of the other queues.

    Returns:
        Queue -> highest occupancy (0..1]; None where there is no cap.
    """
    return {queue: policies.get(queue, default).max_occupancy for queue in dict.fromkeys(map(str, queues))}


def issues_to_staff(issues: pd.DataFrame, staffed: pd.DataFrame) -> list[pd.Timestamp]:
    """Issues without a team, with another forecast than was staffed, and the newest.

    Args:
        issues: issued_at and calls: the sum of what would be staffed [calls].
        staffed: The same of what was staffed.

    Returns:
        issued_at of each, oldest first.
    """
    both = issues.merge(staffed, on="issued_at", how="left", suffixes=("", "_staffed"))
    is_stale = ~((both["calls"] - both["calls_staffed"]).abs() < _CHANGED_CALLS)
    return sorted(both.loc[is_stale | (both["issued_at"] == both["issued_at"].max()), "issued_at"])


def newest_issue(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the newest issue.

    Args:
        rows: Rows of several issues, with issued_at.

    Returns:
        Those whose issued_at is the last.
    """
    return rows[rows["issued_at"] == rows["issued_at"].max()]


def team_facts(rows: pd.DataFrame) -> dict[str, object]:
    """What the teams of some issues come to; numbers are of the newest one.

    Args:
        rows: Rows of `gold.queue_interval_staffing`; may be empty.

    Returns:
        Issues staffed and such without final values [count]; expected service level by calls, None without calls;
        scheduled and workload hours [h]; rows without a team, and those of them without a handle time [count];
        quantiles staffed to.
    """
    if rows.empty:
        return {"issues_staffed": 0}
    newest = newest_issue(rows)
    known = newest[newest["service_level"].notna()]
    calls = known["calls_final"].fillna(known["calls_mean"])
    return {
        "issues_staffed": int(rows["issued_at"].nunique()),
        "issues_without_final_values": int(rows.loc[rows["calls_final"].isna(), "issued_at"].nunique()),
        "service_level": float((known["service_level"] * calls).sum() / calls.sum()) if calls.sum() else None,
        "scheduled_hours": float(newest["staffing_minutes"].sum() / MINUTES_PER_HOUR),
        "workload_hours": float(newest["workload_minutes"].sum() / MINUTES_PER_HOUR),
        "rows_without_team": int(newest["reason"].notna().sum()),
        "rows_without_handle_time": int((newest["reason"] == NO_HANDLE_TIME).sum()),
        "quantiles": sorted(newest["quantile"].unique().tolist()),
    }


def staff_forecast(
    forecast: pd.DataFrame,
    interval_seconds: float,
    policies: Mapping[str, StaffingPolicy],
    default: StaffingPolicy,
    *,
    threads: int = 1,
) -> pd.DataFrame:
    """The team of every queue and interval of one issue.

    Args:
        forecast: queue_id, interval_start, business_date, is_open, calls_mean, the columns of
            `BANDS` and aht_seconds (null where unknown); all intervals of the issue, closed ones too.
        interval_seconds: Length of the intervals [s].
        policies: Queue -> policy.
        default: Policy of the other queues.
        threads: Queues that are worked out at a time.

    Returns:
        One row per queue and interval in that order: queue_id, interval_start, calls_staffed,
        offered_load_erlangs (of the mean), agents_required, agents_required_exact,
        agents_scheduled, workload_minutes, staffing_minutes, service_level, abandon_share,
        occupancy (all three expected over the band), method, quantile, reason. Closed intervals
        and such without calls need nobody. Numbers are null where a reason is given.

    Source:
        docs/methods/staffing.md.
    """
    rows = forecast.sort_values(["queue_id", "interval_start"], kind="stable", ignore_index=True)
    queues = [(policies.get(str(queue), default), part) for queue, part in rows.groupby("queue_id", sort=True)]
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(lambda one: _staff_queue(one[1].reset_index(drop=True), interval_seconds, one[0]), queues)
        return pd.concat(parts, ignore_index=True)


def _staff_queue(rows: pd.DataFrame, interval: float, policy: StaffingPolicy) -> pd.DataFrame:
    aht, is_open = rows["aht_seconds"].to_numpy(np.float64), rows["is_open"].to_numpy(bool)
    handled = np.where(np.isnan(aht) & (rows["calls_mean"].to_numpy() == 0), _IDLE_AHT_SECONDS, aht)
    is_long = bool(np.nanmean(aht) >= LONG_AHT_SECONDS) if (~np.isnan(aht)).any() else False

    def lived(column: str) -> FloatArray:
        """Calls of the interval; where handle times are long, the calls that offer the load as it is lived through."""
        calls = rows[column].to_numpy(np.float64)
        if is_long and not np.isnan(handled).any():
            load = modified_offered_load(calls, interval, handled)
            calls = np.where(is_open, equivalent_calls(load, interval, handled), 0.0)
        return calls

    bands = {level: lived(column) for level, column in BANDS.items()}
    queue = Queue(
        interval, handled, policy.answer_target_seconds, policy.patience_seconds or np.inf, policy.concurrency
    )
    quantile = _quantiles(rows, bands, queue, policy)
    calls = band_quantile(bands, quantile)
    need = _need(calls, queue, policy)
    model = "erlang_a" if policy.patience_seconds else "erlang_c"
    return _rows(rows, calls, need, queue, scenarios(bands), interval).assign(
        method=f"{model}_modified_load" if is_long else model, quantile=quantile
    )


def _need(calls: FloatArray, queue: Queue, policy: StaffingPolicy) -> Requirement:
    return agents_required(
        calls,
        queue.interval_seconds,
        queue.aht_seconds,
        answer_target_seconds=policy.answer_target_seconds,
        service_level_target=policy.service_level_target,
        max_occupancy=np.nan if policy.max_occupancy is None else policy.max_occupancy,
        patience_seconds=policy.patience_seconds or np.nan,
        concurrency=policy.concurrency,
        shrinkage=policy.shrinkage,
    )


def _quantiles(
    rows: pd.DataFrame, bands: Mapping[float, FloatArray], queue: Queue, policy: StaffingPolicy
) -> FloatArray:
    """The quantile of each row: the policy's, or its day's smallest that is expected to reach the level."""
    if policy.quantile is not None:
        return np.full(len(rows), policy.quantile)
    tries, days = len(CURVE_LEVELS), rows["business_date"].to_numpy()
    # All levels in one batch: large enough for the compiled way, which is fifty times as fast.
    every = replace(queue, aht_seconds=np.tile(np.asarray(queue.aht_seconds), tries))
    need = _need(np.concatenate([band_quantile(bands, level) for level in CURVE_LEVELS]), every, policy)
    got = _expected(need.agents_required, np.tile(scenarios(bands), (tries, 1)), every)
    tried = {"day": np.tile(days, tries), "level": np.repeat(CURVE_LEVELS, len(rows))}
    sums = pd.DataFrame({**tried, "in_target": got.in_target, "calls": got.calls}).groupby(["day", "level"]).sum()
    reached = sums[sums["in_target"] >= policy.service_level_target * sums["calls"]].reset_index()
    smallest = reached.groupby("day")["level"].min().reindex(days, fill_value=CURVE_LEVELS[-1])
    return np.asarray(smallest, dtype=np.float64)


def _expected(agents: FloatArray, calls: FloatArray, queue: Queue) -> Expected:
    """Expectations over the band; rows without a team count for nothing here and are emptied later."""
    is_known = ~np.isnan(agents)
    known = Queue(
        queue.interval_seconds,
        np.where(is_known, queue.aht_seconds, _IDLE_AHT_SECONDS),
        queue.answer_target_seconds,
        queue.patience_seconds,
        queue.concurrency,
    )
    return expected_measures(np.where(is_known, agents, 0.0), np.where(is_known[:, None], calls, 0.0), known)


def _rows(
    rows: pd.DataFrame, calls: FloatArray, need: Requirement, queue: Queue, band: FloatArray, interval: float
) -> pd.DataFrame:
    got = _expected(need.agents_required, band, queue)
    is_known, slots = need.reason == "", need.agents_required * np.asarray(queue.concurrency)
    mean = rows["calls_mean"].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        answer = {
            "calls_staffed": calls,
            "offered_load_erlangs": mean * queue.aht_seconds / interval,
            "agents_required": need.agents_required,
            "agents_required_exact": need.agents_required_exact,
            "agents_scheduled": need.agents_scheduled,
            "workload_minutes": mean * queue.aht_seconds / SECONDS_PER_MINUTE,
            "staffing_minutes": need.agents_scheduled * interval / SECONDS_PER_MINUTE,
            "service_level": np.where(got.calls > 0, got.in_target / got.calls, np.nan),
            "occupancy": np.where(slots > 0, np.minimum(got.busy / slots, 1.0), np.nan),
            "abandon_share": np.where(got.calls > 0, got.abandoned / got.calls, np.nan),
        }
    numbers = pd.DataFrame(answer).where(pd.Series(is_known), np.nan)
    whole = numbers.astype({"agents_required": "Int64", "agents_scheduled": "Int64"})
    reasons = pd.Series(need.reason, dtype=object).mask(np.isnan(np.asarray(queue.aht_seconds)), NO_HANDLE_TIME)
    return pd.concat(
        [rows[["queue_id", "interval_start"]], whole, reasons.where(reasons != "", None).rename("reason")], axis=1
    )
