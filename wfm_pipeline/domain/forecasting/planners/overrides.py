"""Planners' overrides: applied beside the model's value, one after the other.

Here: what an override does to the expected calls of an issue, the final bands and days. Not here: what it was worth once
calls have come (value_added.py), the model's forecast, or storing either.

An override has a scope: a queue or all, and a stretch of wall clock [from, until). `factor` multiplies
every interval of it; `add` and `set` speak of the calls of the whole scope, which are spread as the
forecast spreads them, or evenly where it has none. Closed intervals stay 0. Overrides act in the order
in which they were decided, each on what the ones before left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, quantile_column

OVERRIDE_COLUMNS: Final = (
    "override_id",
    "queue_id",
    "from_local",
    "until_local",
    "kind",
    "value",
    "author",
    "decided_at",
)
FINAL_LEVELS: Final = {"calls_final_q10": 0.1, "calls_final_q50": 0.5, "calls_final_q90": 0.9}
"""Final quantiles and their levels; each is the model's of the same level, moved."""
EFFECT_COLUMNS: Final = (
    "override_id",
    "queue_id",
    "interval_start",
    "business_date",
    "kind",
    "author",
    "decided_at",
    "is_late",
    "calls_before",
    "calls_after",
)


@dataclass(frozen=True, slots=True)
class FinalForecast:
    """An issue with its overrides.

    Attributes:
        intervals: The issue's intervals with calls_final, calls_final_q10 to calls_final_q90,
            workload_final_seconds and override_ids (None where nothing acted).
        days: The same by queue and date; calls_final and workload_final_seconds are sums of the intervals'.
        effects: One row per override and interval it acted on, columns EFFECT_COLUMNS.
        notes: Overrides that did nothing, or could not do all they said.
    """

    intervals: pd.DataFrame
    days: pd.DataFrame
    effects: pd.DataFrame
    notes: tuple[str, ...]


def finish_forecast(intervals: pd.DataFrame, days: pd.DataFrame, overrides: pd.DataFrame) -> FinalForecast:
    """Apply overrides to an issue.

    Args:
        intervals: The issue: queue_id, interval_start (UTC), interval_start_local, business_date,
            calls_mean, calls_q10, calls_q50, calls_q90 [calls], aht_seconds [s], is_open.
        days: The same issue by queue and business_date.
        overrides: Columns OVERRIDE_COLUMNS; queue_id `(all)` means every queue, decided_at is UTC.

    Returns:
        Final values beside the model's; without overrides the two are equal.

    Source:
        docs/methods/planners_input.md.
    """
    calls = intervals["calls_mean"].to_numpy(np.float64, copy=True)
    acted: list[list[str]] = [[] for _ in range(len(calls))]
    effects: list[pd.DataFrame] = []
    notes: list[str] = []
    row: Any
    for row in overrides.sort_values(["decided_at", "override_id"], kind="stable").itertuples(index=False):
        inside = _scope(intervals, row)
        if not inside.any():
            notes.append(f"override {row.override_id!r} reaches no open interval of this issue: it does nothing")
            continue
        before = calls[inside]
        calls[inside] = _applied(before, row.kind, float(row.value))
        if row.kind == "add" and before.sum() + row.value < 0:
            notes.append(f"override {row.override_id!r} takes {-row.value:g} calls from {before.sum():.1f}: 0 are left")
        effects.append(_effect(intervals[inside], row, before, calls[inside]))
        for place in np.flatnonzero(inside):
            acted[place].append(row.override_id)
    names = pd.Series([";".join(ids) or None for ids in acted], index=intervals.index, dtype=object)
    final = _with_final(intervals, calls).assign(override_ids=names)
    final["workload_final_seconds"] = final["calls_final"] * final["aht_seconds"]
    return FinalForecast(final, _final_days(final, days), _joined(effects), tuple(notes))


def _scope(intervals: pd.DataFrame, row: Any) -> BoolArray:
    start = intervals["interval_start_local"]
    inside = (start >= row.from_local) & (start < row.until_local) & intervals["is_open"]
    if row.queue_id != ALL:
        inside &= intervals["queue_id"] == row.queue_id
    return inside.to_numpy(bool)


def _applied(before: FloatArray, kind: str, value: float) -> FloatArray:
    if kind == "factor":
        return before * value
    total = float(before.sum())
    target = max(total + value, 0.0) if kind == "add" else value
    return before * (target / total) if total > 0 else np.full(before.shape, target / before.size)


def _effect(rows: pd.DataFrame, row: Any, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    frame = rows[["queue_id", "interval_start", "business_date"]].copy()
    frame["override_id"], frame["kind"], frame["author"] = row.override_id, row.kind, row.author
    frame["decided_at"] = pd.Timestamp(row.decided_at).as_unit("us")
    frame["is_late"] = rows["interval_start"] < row.decided_at
    frame["calls_before"], frame["calls_after"] = before, after
    return frame[list(EFFECT_COLUMNS)]


def _joined(effects: list[pd.DataFrame]) -> pd.DataFrame:
    if effects:
        return pd.concat(effects, ignore_index=True)
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in EFFECT_COLUMNS})
    times = dict.fromkeys(("interval_start", "business_date", "decided_at"), "datetime64[us]")
    return empty.astype({**times, "is_late": bool, "calls_before": float, "calls_after": float})


def _with_final(frame: pd.DataFrame, calls: FloatArray) -> pd.DataFrame:
    """Final mean and quantiles."""
    model = {level: frame[name.replace("_final", "")].to_numpy(np.float64) for name, level in FINAL_LEVELS.items()}
    moved = moved_quantiles(model, mean=frame["calls_mean"].to_numpy(np.float64), final=calls)
    return frame.assign(calls_final=calls, **{name: moved[level] for name, level in FINAL_LEVELS.items()})


def moved_quantiles(
    quantiles: Mapping[float, FloatArray], *, mean: FloatArray, final: FloatArray
) -> dict[float, FloatArray]:
    """Quantiles that follow an override: the model's times final / mean, a Poisson law's where it had no calls.

    Args:
        quantiles: Level -> the model's quantiles, shape (n,) [calls].
        mean: The model's expected calls, shape (n,) [calls].
        final: Expected calls with overrides, shape (n,) [calls].

    Returns:
        The same levels; where final = mean the very numbers that came in.
    """
    from scipy.stats import poisson

    ratio = np.divide(final, mean, out=np.ones_like(final), where=mean > 0)
    is_new = (mean == 0) & (final > 0)
    moved = {level: values * ratio for level, values in quantiles.items()}
    for level, values in moved.items():
        values[is_new] = poisson.ppf(level, final[is_new])
    return moved


def with_final_band(forecast: pd.DataFrame) -> pd.DataFrame:
    """The forecast that is staffed: final calls as the mean, and the band that follows them.

    Args:
        forecast: calls_mean, the columns of all quantiles [calls], and calls_final, null where an issue has none: there
            the model's values stand.

    Returns:
        The same rows with the final calls as calls_mean, and the quantiles moved with them [calls].
    """
    mean = forecast["calls_mean"].to_numpy(np.float64)
    final = forecast["calls_final"].fillna(forecast["calls_mean"]).to_numpy(np.float64)
    columns = {level: quantile_column(level) for level in QUANTILE_LEVELS}
    bands = {level: forecast[column].to_numpy(np.float64) for level, column in columns.items()}
    moved = moved_quantiles(bands, mean=mean, final=final)
    return forecast.assign(calls_mean=final, **{column: moved[level] for level, column in columns.items()})


def _final_days(final: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    keys = ["queue_id", "business_date"]
    sums = final.groupby(keys)["calls_final"].sum()
    work = final.groupby(keys)["workload_final_seconds"].sum(min_count=1)
    names = final.dropna(subset="override_ids").groupby(keys)["override_ids"].agg(_union)
    index = pd.MultiIndex.from_frame(days[keys])
    whole = _with_final(days, sums.reindex(index, fill_value=0.0).to_numpy(np.float64))
    whole["workload_final_seconds"] = work.reindex(index).to_numpy(np.float64)
    spread = whole["workload_final_seconds"] / whole["calls_final"]
    whole["aht_seconds"] = spread.where(whole["calls_final"] > 0, whole["aht_seconds"])
    found = names.reindex(index).to_numpy(object)
    whole["override_ids"] = pd.Series([None if pd.isna(one) else one for one in found], index=whole.index, dtype=object)
    return whole


def _union(lists: pd.Series) -> str:
    """Overrides of a day, each once, in the order in which its intervals name them."""
    return ";".join(dict.fromkeys(one for ids in lists for one in ids.split(";")))
