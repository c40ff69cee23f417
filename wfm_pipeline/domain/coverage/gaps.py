"""Shortages of neighbouring intervals as one gap: how many people, how bad, how dear, how sure.

Here: merging, severity, calls affected, cost and confidence. Not here: what could be done about it (actions), telling
anybody (monitoring). The id of a gap is made of its service and its start: the same gap found again, also a longer one,
has the same id.

* A gap is a run of intervals in shortage. Up to `bridge_intervals` merely adequate ones between two shortages belong to
  it, so that one gap is not told as three; optimal, closed and unknown intervals end it.
* Severity comes from the service level to expect over the gap, weighed by calls, as points below the target.
* Confidence is the part of the forecast's band in which the people there would still be a shortage.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import ROUNDING, BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.coverage.cost import overtime_cost, service_rates
from wfm_pipeline.domain.coverage.intervals import (
    ADEQUATE,
    SHORTAGE,
    STANDARD_LIMITS,
    CoverageLimits,
    ServiceLevels,
    projected_service_level,
)
from wfm_pipeline.domain.coverage.required import BAND_COLUMNS, exact_needs, policy_columns
from wfm_pipeline.domain.staffing.forecast_teams import BANDS, StaffingPolicy
from wfm_pipeline.domain.staffing.requirement import heads
from wfm_pipeline.units import SECONDS_PER_HOUR

LOW, MEDIUM, HIGH, CRITICAL, UNKNOWN_SEVERITY = "low", "medium", "high", "critical", "unknown"
SEVERITIES: Final = (LOW, MEDIUM, HIGH, CRITICAL, UNKNOWN_SEVERITY)
MOST_BRIDGED: Final = 1
"""Adequate intervals between two shortages that belong to the gap [count]: one lucky interval ends no shortage."""
ID_SIGNS: Final = 16
"""Hexadecimal signs of a gap's id [count]: two in a million million gaps would be equal by chance."""
BY_BAND, NO_BAND = "band", "no_band"


@dataclass(frozen=True, slots=True)
class SeverityLimits:
    """Points of service level below the target at which a gap is worse; a limit itself belongs to the milder one.

    Attributes:
        medium_to: Up to so much below the target is medium; at the target or above is low [0..1].
        high_to: Up to so much is high, more is critical [0..1].
    """

    medium_to: float = 0.10
    high_to: float = 0.25


class BandNeeds(Protocol):
    """What works out the people that each level of the calls' band needs."""

    def __call__(self, rows: pd.DataFrame, policy: Mapping[str, FloatArray], interval: float) -> FloatArray:
        """See `band_heads`."""


def band_heads(rows: pd.DataFrame, policy: Mapping[str, FloatArray], interval: float) -> FloatArray:
    """People that each level of the calls' band needs.

    Args:
        rows: service_id, interval_start, `BAND_COLUMNS` [calls] and aht_seconds, all known, shape (n,).
        policy: See `required.policy_columns`, shape (n,) each.
        interval: Length of an interval [s].

    Returns:
        Whole people [agents], shape (n, n_levels).
    """
    levels = len(BANDS)
    wide = {name: np.repeat(values, levels) for name, values in policy.items()}
    aht = np.repeat(rows["aht_seconds"].to_numpy(np.float64), levels)
    exact = exact_needs(rows[list(BAND_COLUMNS)].to_numpy(np.float64).ravel(), aht, wide, interval)
    return heads(exact).reshape(len(rows), levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRequest:
    """What gaps are looked for in.

    Attributes:
        intervals: See `intervals.coverage_intervals`.
        rates: See `cost.service_rates`.
        interval_seconds: Length of an interval [s].
        policies: Service -> what its people should achieve.
        default: Policy of the other services.
        limits: Limits of the statuses, as the intervals had.
        severities: Where a severity ends.
        bridge_intervals: Adequate intervals between two shortages that belong to the gap [count].
        band_needs: Works out what calls of the band need; one that remembers may stand in, for it is the dearest step.
        levels: Works out the service levels that the needs would reach; the same.
    """

    intervals: pd.DataFrame
    rates: pd.DataFrame
    interval_seconds: float
    policies: Mapping[str, StaffingPolicy]
    default: StaffingPolicy
    limits: CoverageLimits = STANDARD_LIMITS
    severities: SeverityLimits = SeverityLimits()
    bridge_intervals: int = MOST_BRIDGED
    band_needs: BandNeeds = band_heads
    levels: ServiceLevels = projected_service_level


GAP_COLUMNS: Final = (
    "gap_id", "service_id", "starts_at", "ends_at", "intervals", "agents_short", "agent_hours_short", "coverage_min",
    "projected_service_level", "service_level_target", "severity", "calls", "affected_calls", "cost", "currency",
    "confidence", "confidence_from", "people_from", "basis", "as_of",
)  # fmt: skip


def coverage_gaps(request: GapRequest) -> pd.DataFrame:
    """The gaps, service by service in order of time.

    Args:
        request: What they are looked for in.

    Returns:
        One row per gap: gap_id, service_id, starts_at, ends_at, intervals [count], agents_short (whole agents missing in
        its worst interval), agent_hours_short [h], coverage_min, projected_service_level (by calls), severity, calls,
        affected_calls (calls answered in time with the people needed and not with those there), cost, currency (of
        the hours as overtime; null where a rate is not known), confidence [0..1] (by agent-hours short; null without a band)
        and confidence_from, people_from (`actual`, `scheduled` or `both`), basis (the least known) and as_of.

    Source:
        docs/methods/coverage.md, step 6.
    """
    rows = request.intervals.sort_values(["service_id", "interval_start"], ignore_index=True)
    run = _runs(rows, request)
    rows = rows[run >= 0].assign(run=run[run >= 0]).reset_index(drop=True)
    if rows.empty:
        return pd.DataFrame(columns=list(GAP_COLUMNS))
    found = _sums(_measured(rows, request), request)
    rates = service_rates(found["service_id"], request.rates)
    money = rates["hourly_cost"], rates["overtime_multiplier"]
    below = (found["service_level_target"] - found["projected_service_level"]).to_numpy()
    return found.assign(
        gap_id=[gap_id(*key) for key in zip(found["service_id"], found["starts_at"], strict=True)],
        severity=gap_severity(below, request.severities),
        cost=overtime_cost(*(one.to_numpy(np.float64) for one in (found["agent_hours_short"], *money))),
        currency=rates["currency"].to_numpy(),
        confidence_from=np.where(found["confidence"].isna(), NO_BAND, BY_BAND),
    )[list(GAP_COLUMNS)]


def gap_id(service_id: str, starts_at: pd.Timestamp) -> str:
    """The id of a gap.

    Args:
        service_id: Its service.
        starts_at: Start of its first interval (naive UTC).

    Returns:
        16 hexadecimal signs; the same for the same words.
    """
    words = f"{service_id}\n{pd.Timestamp(starts_at).isoformat()}"
    return hashlib.sha256(words.encode()).hexdigest()[:ID_SIGNS]


def gap_severity(below_target: FloatArray, limits: SeverityLimits = SeverityLimits()) -> np.ndarray:
    """How bad a gap is.

    Args:
        below_target: Target - service level to expect [-1..1], NaN = unknown, shape (n,).
        limits: Where a severity ends.

    Returns:
        One of `SEVERITIES` each, shape (n,).

    Example:
        >>> gap_severity(np.array([0.0, 0.1, 0.2, 0.3, np.nan])).tolist()
        ['low', 'medium', 'high', 'critical', 'unknown']
    """
    below = np.round(np.asarray(below_target, dtype=np.float64), 9)  # 0.8 - 0.7 is a tenth
    conditions = [np.isnan(below), below <= 0, below <= limits.medium_to, below <= limits.high_to]
    return np.select(conditions, [UNKNOWN_SEVERITY, LOW, MEDIUM, HIGH], default=CRITICAL)


def _runs(rows: pd.DataFrame, request: GapRequest) -> IntArray:
    """Number of the gap that each row belongs to, -1 for none."""
    service = rows["service_id"].to_numpy()
    start = rows["interval_start"].to_numpy()
    step = np.timedelta64(round(request.interval_seconds * 1_000_000), "us")
    is_next = np.concatenate([[False], (service[1:] == service[:-1]) & (start[1:] - start[:-1] == step)])
    is_short = (rows["status"] == SHORTAGE).to_numpy()
    is_short = is_short | _bridged(is_short, (rows["status"] == ADEQUATE).to_numpy(), is_next, request.bridge_intervals)
    is_first = is_short & ~(is_next & np.concatenate([[False], is_short[:-1]]))
    return np.where(is_short, np.cumsum(is_first) - 1, -1)


def _bridged(is_short: BoolArray, is_adequate: BoolArray, is_next: BoolArray, most: int) -> BoolArray:
    """Adequate rows of a stretch of at most `most` that has a shortage on both sides."""
    kind = np.where(is_short, 2, np.where(is_adequate, 1, 0))
    is_new = ~is_next | np.concatenate([[True], kind[1:] != kind[:-1]])
    stretch = np.cumsum(is_new) - 1
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(kind)) - 1
    before = is_next[first] & (kind[np.maximum(first - 1, 0)] == 2)  # noqa: PLR2004  (2 is a shortage, three lines above)
    after = np.append(is_next, False)[last + 1] & (np.append(kind, 0)[last + 1] == 2)  # noqa: PLR2004
    is_bridge = (kind[first] == 1) & before & after & (last - first + 1 <= most)
    return is_bridge[stretch] if len(kind) else is_short


def _measured(rows: pd.DataFrame, request: GapRequest) -> pd.DataFrame:
    """Rows of gaps with what is short, affected and sure in each."""
    policy = policy_columns(rows["service_id"], request.policies, request.default)
    calls, aht = rows["calls_mean"].to_numpy(np.float64), rows["aht_seconds"].to_numpy(np.float64)
    need = rows["agents_required"].to_numpy(np.float64)
    wanted = request.levels(calls, aht, need, policy, request.interval_seconds)
    reached = rows["projected_service_level"].to_numpy(np.float64)
    short = np.maximum(need - rows["people"], 0.0)
    hours = short * request.interval_seconds / SECONDS_PER_HOUR
    sure = _shortage_share(rows, policy, request)
    return rows.assign(
        short=short,
        hours=hours,
        affected=calls * np.maximum(wanted - reached, 0.0),
        in_target=calls * reached,
        sure=sure * hours,
        sure_hours=np.where(np.isnan(sure), np.nan, hours),
    )


def _shortage_share(rows: pd.DataFrame, policy: Mapping[str, FloatArray], request: GapRequest) -> FloatArray:
    """Part of the calls' band in which the people there would be a shortage; NaN where there is no band.

    The need at each level of the band is worked out; between two levels it is taken to be a straight line, and outside
    the outermost levels nothing is known, so the share lies between 0.05 and 0.95.
    """
    bands = rows[list(BAND_COLUMNS)].to_numpy(np.float64)
    has_band = ~np.isnan(bands).any(axis=1)
    picked = np.flatnonzero(has_band)
    if not len(picked):
        return np.full(len(rows), np.nan)
    known = {name: values[picked] for name, values in policy.items()}
    limit = request.limits.adequate_from * request.band_needs(rows.iloc[picked], known, request.interval_seconds)
    limit = limit + ROUNDING * np.arange(limit.shape[1])  # levels of one need stay in order
    found = np.full(len(rows), np.nan)
    found[picked] = 1.0 - _interpolated(rows["people"].to_numpy(np.float64)[picked], limit, np.array(list(BANDS)))
    return found


def _interpolated(values: FloatArray, places: FloatArray, levels: FloatArray) -> FloatArray:
    """Each row's level at its value, on a straight line between two places; outside them the outermost level.

    Shapes (n,), (n, n_levels) with rising rows, and (n_levels,).
    """
    last = len(levels) - 1
    right = np.clip((places <= values[:, None]).sum(axis=1), 1, last)
    row = np.arange(len(values))
    before, after = places[row, right - 1], places[row, right]
    part = np.clip((values - before) / (after - before), 0.0, 1.0)
    return levels[right - 1] + part * (levels[right] - levels[right - 1])


def _sums(rows: pd.DataFrame, request: GapRequest) -> pd.DataFrame:
    """One row per gap."""
    by_run = rows.groupby("run", sort=True)
    step = pd.Timedelta(seconds=request.interval_seconds)
    sums = by_run[["calls_mean", "in_target", "affected"]].sum(min_count=1)
    kinds = by_run["people_from"]
    found = pd.DataFrame(
        {
            "service_id": by_run["service_id"].first(),
            "starts_at": by_run["interval_start"].min(),
            "ends_at": by_run["interval_start"].max() + step,
            "intervals": by_run.size(),
            "agents_short": np.ceil(by_run["short"].max() - 1e-9).astype(np.int64),
            "agent_hours_short": by_run["hours"].sum(),
            "coverage_min": by_run["coverage"].min(),
            "projected_service_level": sums["in_target"] / sums["calls_mean"].where(sums["calls_mean"] > 0),
            "service_level_target": by_run["service_level_target"].first(),
            "calls": sums["calls_mean"],
            "affected_calls": sums["affected"],
            "confidence": by_run["sure"].sum(min_count=1) / by_run["sure_hours"].sum(min_count=1),
            "people_from": kinds.min().where(kinds.min() == kinds.max(), "both"),
            "basis": by_run["basis"].max(),  # a gap is of `forecast` or `same_weekdays`, the latter is known less
            "as_of": by_run["as_of"].first(),
        }
    )
    return found.reset_index(drop=True)
