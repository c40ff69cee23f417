"""The rows a backtest is judged on, with everything the judges ask of a row.

Here: one frame with calendar facts, losses and band hits per method, queue and interval. Not here:
how they add up (slices, calibration, differences, gains), or which rows count (backtest, scores).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain import metrics
from wfm_pipeline.domain.forecasting.judging.day_types import day_kinds
from wfm_pipeline.domain.forecasting.judging.scores import BAND_LEVELS, busy_cells, rate_guess, week_cell
from wfm_pipeline.units import WEEKDAYS

BANDS: Final = {0.5: ("calls_q25", "calls_q75"), 0.8: ("calls_q10", "calls_q90"), 0.9: ("calls_q05", "calls_q95")}
"""Nominal band coverage -> columns of the band's ends."""


def inside_column(band: float) -> str:
    """Name of a band's column of hits.

    Args:
        band: Nominal band coverage of the band [0..1].

    Returns:
        The column's name.

    Example:
        >>> inside_column(0.8)
        'inside_80'
    """
    return f"inside_{round(band * 100)}"


def scored_rows(judged: pd.DataFrame, *, site: Site) -> pd.DataFrame:
    """The scored rows with what the judges need.

    Args:
        judged: One row per method, origin, queue and interval: the forecast's columns, `calls` and
            `is_scored` (BacktestResult.judged). A method without quantiles has NaN there.
        site: Calendar of the desk.

    Returns:
        The scored rows in order of method (as given), origin, queue and interval, with target_date,
        horizon_day (the origin's own date is 1), weekday (`mon` to `sun`), day_type (day_kinds),
        hour (0..23), is_busy (as scores.py defines it), rate [calls] (the rate behind the counts,
        the same for all methods), poisson_deviation [calls] (expected absolute error of a forecast
        that knows the rate), abs_error and error [calls], pinball [calls] (mean over q10, q50,
        q90), and inside_50, inside_80, inside_90 (1.0 or 0.0; NaN off busy cells or without
        quantiles).
    """
    rows = judged[judged["is_scored"]].drop(columns="is_scored").reset_index(drop=True)
    start = rows["interval_start"]
    rows["target_date"] = start.dt.normalize()
    rows["horizon_day"] = (rows["target_date"] - rows["origin"].dt.normalize()).dt.days + 1
    rows["weekday"] = start.dt.day_of_week.map(dict(enumerate(WEEKDAYS))).astype("str")
    rows["day_type"] = day_kinds(site, rows["target_date"])
    rows["hour"] = start.dt.hour
    busy = busy_cells(rows)
    cells = pd.MultiIndex.from_frame(pd.concat(week_cell(rows), axis=1))
    rows["is_busy"] = busy.reindex(cells).to_numpy(dtype=bool)
    rows["rate"] = _rate(rows)
    rows["poisson_deviation"] = metrics.poisson_mean_deviation(rows["rate"]) if len(rows) else np.empty(0)
    return _with_losses(rows)


def _rate(rows: pd.DataFrame) -> pd.Series:
    """The rate behind each count: each origin's day, spread by the profile over all folds."""
    cell = [rows["method"], *week_cell(rows)]
    profile = rows["calls"].groupby(cell).transform("mean")
    return rate_guess(rows["calls"], profile, [rows["method"], rows["origin"], rows["queue_id"], rows["target_date"]])


def _with_losses(rows: pd.DataFrame) -> pd.DataFrame:
    calls = rows["calls"]
    rows["abs_error"] = (calls - rows["calls_q50"]).abs()
    rows["error"] = rows["calls_mean"] - calls
    misses = {level: calls - rows[name] for level, name in BAND_LEVELS.items()}
    losses = [np.maximum(level * miss, (level - 1) * miss) for level, miss in misses.items()]
    rows["pinball"] = sum(losses) / len(losses)
    for band, (low, high) in BANDS.items():
        inside = (calls >= rows[low]) & (calls <= rows[high])
        known = rows["is_busy"] & rows[low].notna() & rows[high].notna()
        rows[inside_column(band)] = inside.astype(float).where(known)
    return rows
