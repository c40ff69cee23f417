"""From grain to grain: local times laid on a site's grid, and their intervals added up to days.

Here: placing and adding. Not here: the forecast itself (forecast), or the grid (domain/calendar).

Forecasting thinks in local times (people call at nine, whatever the offset). The grid is built in
UTC, so on the day clocks go back one local hour comes twice, and on the day they go forward one does
not come at all. Each interval of the grid gets the forecast of its local time; the days' means are
added up again from the grid. Means are added, never quantiles: bands of days have forecasts of their own.
"""

import datetime as dt
from typing import Final

import pandas as pd

ADDED: Final = ("calls_mean", "workload_seconds")
"""Columns whose day is the sum of its intervals."""


def place_on_grid(intervals: pd.DataFrame, days: pd.DataFrame, grid: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lay a forecast by local time on a site's UTC grid.

    Args:
        intervals: Forecast rows with queue_id, interval_start (local), calls_* [calls], aht_seconds [s],
            model_name, horizon_days, is_open; one row per queue and local time.
        days: Forecast rows at day grain with queue_id, business_date, calls_* [calls] and the same labels.
        grid: Rows of `calendar.interval_grid`: interval_start (UTC), interval_start_local, business_date.

    Returns:
        (intervals, days): one row per queue and grid interval, with interval_start (UTC) and
        interval_start_local; and the days, whose means and workloads equal the sums of their intervals' and
        whose quantiles are scaled by the same ratio (1 except on days when clocks change).
    """
    local = intervals.rename(columns={"interval_start": "interval_start_local"}).drop(columns="business_date")
    placed = grid[["interval_start", "interval_start_local", "business_date"]].merge(
        local, on="interval_start_local", how="inner", validate="one_to_many" if _is_unique(grid) else None
    )
    placed = placed.sort_values(["queue_id", "interval_start"], ignore_index=True)
    added = [name for name in ADDED if name in placed.columns and name in days.columns]
    sums = placed.groupby(["queue_id", "business_date"], as_index=False)[added].sum(min_count=1)
    joined = days.merge(sums, on=["queue_id", "business_date"], suffixes=("", "_placed"), validate="one_to_one")
    ratio = (joined["calls_mean_placed"] / joined["calls_mean"]).where(joined["calls_mean"] > 0, 1.0)
    for name in [name for name in joined.columns if name.startswith("calls_q")]:
        joined[name] = joined[name] * ratio
    placed_names = [f"{name}_placed" for name in added]
    joined[added] = joined[placed_names].to_numpy()
    return placed, joined.drop(columns=placed_names)


def by_wall_clock(intervals: pd.DataFrame) -> pd.DataFrame:
    """An issue's rows with the local start in the place of the UTC one: as forecasts and scores take them.

    Args:
        intervals: Rows with interval_start (UTC) and interval_start_local.

    Returns:
        The rows, interval_start now local.
    """
    return intervals.drop(columns="interval_start").rename(columns={"interval_start_local": "interval_start"})


def recent_days(history: pd.DataFrame, origin: dt.date, *, days: int) -> pd.DataFrame:
    """Calls of the last days before an origin.

    Args:
        history: queue_id, interval_start (local), calls (NaN = missing).
        origin: The first day that is left out.
        days: How many days [days].

    Returns:
        queue_id, business_date and calls, null on a day of which nothing is known.
    """
    dated = history.assign(business_date=history["interval_start"].dt.normalize())
    actual = dated.groupby(["queue_id", "business_date"], as_index=False)["calls"].sum(min_count=1)
    first, end = pd.Timestamp(origin - dt.timedelta(days=days)), pd.Timestamp(origin)
    return actual[(actual["business_date"] >= first) & (actual["business_date"] < end)]


def open_hours(grid: pd.DataFrame) -> pd.DataFrame:
    """Which local times of a grid are open; the hour that comes twice stands once.

    Args:
        grid: Rows of `calendar.interval_grid`.

    Returns:
        interval_start (local) and is_open, one row per local time.
    """
    hours = grid[["interval_start_local", "is_open"]].rename(columns={"interval_start_local": "interval_start"})
    return hours.drop_duplicates("interval_start", ignore_index=True)


def _is_unique(grid: pd.DataFrame) -> bool:
    return bool(grid["interval_start_local"].is_unique)
