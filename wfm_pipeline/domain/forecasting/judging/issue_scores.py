"""Scores of one issued forecast against what came, beside the peers and the Poisson floor.

Here: the rows of `gold.forecast_accuracy`, without the columns that only the caller knows. Not
here: backtests (backtest) or the formulae of the scores (domain/metrics).

Per queue, intervals are scored with the median; wherever calls are added up (days, horizons, all
queues together) with the mean. Quantiles of sums are not sums of quantiles, so `(all)` and the
horizon have no pinball loss and no band coverage. Missing intervals and closed days are not scored.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain import metrics
from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.calendar import minute_of_day
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, build_panel, desk_closed_dates
from wfm_pipeline.domain.forecasting.judging.scores import BAND_LEVELS, rate_guess
from wfm_pipeline.domain.forecasting.means.peers import PEERS, peer_week
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import DAYS_PER_WEEK, MINUTES_PER_DAY

HORIZON_BANDS: Final = ((1, 7), (8, 14), (1, 14))
"""First and last day of each horizon band [days]."""
PEER_SCORES: Final = {
    "wmape_median6": "median_6",
    "wmape_mean8": "mean_8",
    "wmape_seasonal_naive": "seasonal_naive",
}
SUMMED: Final = ["calls", "rate", "calls_mean", *PEER_SCORES.values()]
QUANTILES: Final = list(BAND_LEVELS.values())
COLUMNS: Final = (
    "queue_id",
    "grain",
    "horizon_band",
    "points",
    "calls_actual",
    "wmape",
    "bias",
    "pinball_loss",
    "band_coverage",
    "volume_error",
    *PEER_SCORES,
    "wmape_floor",
)


def score_issue(
    intervals: pd.DataFrame,
    days: pd.DataFrame,
    actuals: pd.DataFrame | CallPanel,
    *,
    origin: dt.date,
    bands: tuple[tuple[int, int], ...] = HORIZON_BANDS,
) -> pd.DataFrame:
    """Score an issued forecast as far as its days have come to pass.

    Args:
        intervals: The issue per queue and interval: queue_id, interval_start (naive local),
            business_date, horizon_days, calls_mean, calls_q10, calls_q50, calls_q90, is_open.
        days: The issue per queue and business_date, with the same quantile columns.
        actuals: What came, as `forecast` takes its history: queue_id, interval_start (naive local),
            calls (NaN = missing), optional is_open; or the panel made of them, where several issues are
            scored. Rows before the origin are what the peers know.
        origin: First target date of the issue.
        bands: First and last day of each horizon band [days].

    Returns:
        One row per queue (and `(all)`), grain and horizon band with at least one scored point, in
        that order; columns COLUMNS. Empty where nothing has come to pass.

    Raises:
        DataError: actuals are unsound (see `build_panel`), or hold nothing before the origin.
    """
    panel = actuals if isinstance(actuals, CallPanel) else build_panel(actuals)
    past = panel.window(panel.first_date, origin)
    if not past.has_row.any():
        raise DataError(f"actuals hold nothing before the origin {origin}, so the peers know nothing", origin=origin)
    rows = _joined(intervals, panel, past, origin)
    records = [
        record
        for first, last in bands
        for record in _band_records(rows[rows["horizon_days"].between(first, last)], days, f"{first}-{last}")
    ]
    order = {grain: number for number, grain in enumerate(("interval", "day", "horizon"))}
    frame = pd.DataFrame(records, columns=list(COLUMNS))
    return frame.sort_values(
        ["queue_id", "grain"], key=lambda column: column.replace(order), kind="stable"
    ).reset_index(drop=True)


def _joined(intervals: pd.DataFrame, panel: CallPanel, past: CallPanel, origin: dt.date) -> pd.DataFrame:
    """The issue's rows with what came (NaN = not scored), the rate behind it, and the peers' forecasts."""
    rows = intervals.copy()
    start = rows["interval_start"]
    day = ((start.dt.normalize() - pd.Timestamp(origin)) // pd.Timedelta(days=1)).to_numpy()
    slot = (minute_of_day(start) // panel.interval_minutes).to_numpy()
    queue = pd.Index(panel.queue_ids).get_indexer(pd.Index(rows["queue_id"].astype(str)))
    horizon = int(day.max()) + 1 if len(rows) else 1
    assert panel.calls.shape[2] == MINUTES_PER_DAY // panel.interval_minutes  # slots of a whole day
    future = panel.window(origin, origin + dt.timedelta(days=horizon))
    calls = future.calls.copy()
    known_dates = desk_closed_dates(panel)[len(past.dates) :][:horizon]
    calls[:, : len(known_dates)][:, known_dates] = np.nan
    known = queue >= 0
    rows["calls"] = np.where(known, calls[queue, day, slot], np.nan)
    for name in PEER_SCORES.values():
        rows[name] = peer_week(past, PEERS[name])[queue, (origin.weekday() + day) % DAYS_PER_WEEK, slot]
    usual = rows["mean_8"].where(rows["calls"].notna())
    rows["rate"] = rate_guess(rows["calls"], usual, [rows["queue_id"], rows["business_date"]])
    return rows


def _band_records(rows: pd.DataFrame, days: pd.DataFrame, band: str) -> Iterator[dict[str, object]]:
    scored = rows[rows["calls"].notna()]
    if scored.empty:
        return
    whole = _whole_days(rows, days)
    days_of = {queue_id: _arrays(part) for queue_id, part in whole.groupby("queue_id")}
    for queue_id, part in scored.groupby("queue_id", sort=True):
        labels, own = {"queue_id": queue_id, "horizon_band": band}, _arrays(part)
        yield {**labels, "grain": "interval", **_scores(own, point="calls_q50")}
        if queue_id in days_of:
            yield {**labels, "grain": "day", **_scores(days_of[queue_id], point="calls_mean")}
        yield {**labels, "grain": "horizon", **_scores(_total(own), point="calls_mean")}
    labels = {"queue_id": ALL, "horizon_band": band}
    sums = {
        "interval": _arrays(scored.groupby("interval_start")[SUMMED].sum()),
        "day": _arrays(whole.groupby("business_date")[SUMMED].sum()),
        "horizon": _total(_arrays(scored)),
    }
    for grain, columns in sums.items():
        if len(columns["calls"]):
            yield {**labels, "grain": grain, **_scores(columns, point="calls_mean")}


def _arrays(frame: pd.DataFrame) -> dict[str, FloatArray]:
    """The columns that scores are made of; plain arrays, for there are many small ones."""
    return {name: frame[name].to_numpy(np.float64) for name in (*SUMMED, *QUANTILES) if name in frame}


def _total(columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Everything added up: one row, without quantiles."""
    return {name: columns[name].sum(keepdims=True) for name in SUMMED}


def _whole_days(rows: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Days with calls known in every interval the issue calls open, with the day's own quantiles."""
    keys = ["queue_id", "business_date"]
    gap = rows["calls"].isna() & rows["is_open"]
    whole = rows.assign(gap=gap, known=rows["calls"].notna())
    flags = whole.groupby(keys).agg(gap=("gap", "any"), known=("known", "any"))
    sums = rows.groupby(keys)[SUMMED].sum()
    kept = sums[flags["known"] & ~flags["gap"]].reset_index()
    return kept.merge(days[[*keys, *QUANTILES]], on=keys, how="left", validate="one_to_one")


def _scores(rows: Mapping[str, FloatArray], *, point: str) -> dict[str, object]:
    calls, has_bands = rows["calls"], set(QUANTILES) <= set(rows)
    quantiles = {level: rows[name] for level, name in BAND_LEVELS.items()} if has_bands else {}
    peers = {score: metrics.wmape(calls, rows[name]) for score, name in PEER_SCORES.items()}
    return {
        "points": len(calls),
        "calls_actual": float(calls.sum()),
        "wmape": metrics.wmape(calls, rows[point]),
        "bias": metrics.bias(calls, rows["calls_mean"]),
        "pinball_loss": metrics.relative_pinball_loss(calls, quantiles),
        "band_coverage": metrics.band_coverage(calls, quantiles[0.1], quantiles[0.9]) if has_bands else float("nan"),
        "volume_error": metrics.volume_error(calls, rows["calls_mean"]),
        **peers,
        "wmape_floor": metrics.poisson_floor(rows["rate"]),
    }


def latest_scores(rows: pd.DataFrame) -> dict[str, int | float]:
    """How good the newest issue was, all queues together, beside the peer.

    Args:
        rows: Rows of `score_issue` of several issues, with `issued_at`; may be empty.

    Returns:
        Issues scored [count], and of the newest its wMAPE by intervals and that of the peer [0..inf).
    """
    if rows.empty:
        return {"issues_scored": 0}
    whole = rows[(rows["queue_id"] == ALL) & (rows["grain"] == "interval")]
    latest = whole[whole["issued_at"] == whole["issued_at"].max()].iloc[-1]
    return {
        "issues_scored": int(rows["issued_at"].nunique()),
        "wmape": float(latest["wmape"]),
        "wmape_median6": float(latest["wmape_median6"]),
    }
