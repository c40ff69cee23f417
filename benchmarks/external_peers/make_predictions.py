"""Predictions of library models for `wfm backtest --peer NAME=FILE`, made in an environment of their own.

Question: how do statsforecast and Prophet, used as their manuals say, do on the same origins? This
file knows nothing of wfm_pipeline and needs only requirements.txt beside it. Each forecast is made
from rows before its origin alone.

    python make_predictions.py ets PANEL.parquet FOLDS.csv --dataset bank --country US --out ets.parquet
"""

import argparse
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

LEVELS = {
    "calls_q05": 0.05,
    "calls_q10": 0.1,
    "calls_q25": 0.25,
    "calls_q75": 0.75,
    "calls_q90": 0.9,
    "calls_q95": 0.95,
}
NEAREST_DAYS = 4
PROFILE_DAYS = 8
INNER_STEP_DAYS, INNER_ORIGINS = 14, 3


@dataclass(frozen=True, slots=True)
class Grid:
    """One queue's calls, open weekdays x slots of the day; closed and missing days are filled.

    Attributes:
        dates: Dates of the weekdays that the panel ever has.
        minutes: Minutes after midnight of the slots.
        calls: Shape (dates, slots) [calls].
    """

    dates: pd.DatetimeIndex
    minutes: np.ndarray
    calls: np.ndarray

    @property
    def days_per_week(self) -> int:
        """Weekdays that are worked."""
        return int(self.dates.day_of_week.nunique())

    def before(self, origin: pd.Timestamp) -> "Grid":
        """What was known at an origin."""
        known = self.dates < origin
        return Grid(self.dates[known], self.minutes, self.calls[known])


Level = Callable[[Grid, pd.DatetimeIndex, str], np.ndarray]


def read_grids(panel: pd.DataFrame, train_from: pd.Timestamp, origin: pd.Timestamp) -> dict[str, Grid]:
    """Every queue's grid from rows in [train_from, origin); days of zeros on the whole desk count as closed."""
    rows = panel[(panel["interval_start"] >= train_from) & (panel["interval_start"] < origin)]
    date = rows["interval_start"].dt.normalize()
    minute = (rows["interval_start"].dt.hour * 60 + rows["interval_start"].dt.minute).rename("minute")
    desk = rows.groupby(date)["calls"].sum()
    weekdays = desk.index.day_of_week.unique()
    dates = pd.date_range(train_from, origin, inclusive="left")
    dates = dates[dates.day_of_week.isin(weekdays)]
    minutes = np.sort(minute.unique())
    grids = {}
    for queue, own in rows.groupby("queue_id"):
        table = own.pivot_table(index=date.loc[own.index], columns=minute.loc[own.index], values="calls", aggfunc="sum")
        values = table.reindex(index=dates, columns=minutes).to_numpy(float)
        absent = np.isnan(values).all(axis=1) | (desk.reindex(dates).fillna(0).to_numpy() == 0)
        grids[str(queue)] = Grid(dates, minutes, _filled(np.nan_to_num(values), absent, dates.day_of_week.to_numpy()))
    return grids


def _filled(calls: np.ndarray, absent: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """Absent days become the mean of the four nearest same weekdays."""
    filled = calls.copy()
    for place in np.flatnonzero(absent):
        same = np.flatnonzero(~absent & (weekday == weekday[place]))
        near = same[np.argsort(np.abs(same - place), kind="stable")[:NEAREST_DAYS]]
        filled[place] = calls[near].mean(axis=0) if near.size else 0.0
    return filled


def target_dates(grid: Grid, origin: pd.Timestamp, days: int) -> pd.DatetimeIndex:
    """Dates from the origin on whose weekday is worked."""
    dates = pd.date_range(origin, periods=days)
    return dates[dates.day_of_week.isin(grid.dates.day_of_week.unique())]


def ets(grid: Grid, dates: pd.DatetimeIndex, country: str) -> dict[str, np.ndarray]:
    """AutoETS on daily totals, spread by the weekday's profile; bands from inner backtests."""
    return _spread_with_bands(_ets_level, grid, dates, country)


def prophet(grid: Grid, dates: pd.DatetimeIndex, country: str) -> dict[str, np.ndarray]:
    """Prophet on daily totals with the country's holidays, spread by the weekday's profile; bands from inner backtests.

    On the intervals themselves it does worse (its daily shape is the same on every weekday): 0.547 on anon.
    """
    return _spread_with_bands(_prophet_level, grid, dates, country)


def _ets_level(grid: Grid, dates: pd.DatetimeIndex, country: str) -> np.ndarray:
    from statsforecast.models import AutoETS  # noqa: PLC0415  (only this method needs it)

    del country
    steps = len(target_dates(grid, grid.dates[-1] + pd.Timedelta(days=1), (dates[-1] - grid.dates[-1]).days))
    made = AutoETS(season_length=grid.days_per_week).forecast(y=grid.calls.sum(axis=1), h=steps)
    return np.asarray(made["mean"])[-len(dates) :]


def _prophet_level(grid: Grid, dates: pd.DatetimeIndex, country: str) -> np.ndarray:
    from prophet import Prophet  # noqa: PLC0415  (only this method needs it)

    model = Prophet(weekly_seasonality=True, daily_seasonality=False, yearly_seasonality=False, uncertainty_samples=0)
    model.add_country_holidays(country_name=country)
    model.fit(pd.DataFrame({"ds": grid.dates, "y": grid.calls.sum(axis=1)}), seed=1)
    return model.predict(pd.DataFrame({"ds": dates}))["yhat"].to_numpy()


def _spread_with_bands(level: Level, grid: Grid, dates: pd.DatetimeIndex, country: str) -> dict[str, np.ndarray]:
    """Daily totals spread by the profile; bands are quantiles of scaled errors from three earlier origins."""
    mean = _spread(level(grid, dates, country), grid, dates)
    misses = []
    for back in range(1, INNER_ORIGINS + 1):
        inner = grid.dates[-1] + pd.Timedelta(days=1 - back * INNER_STEP_DAYS)
        past = grid.before(inner)
        ahead = (grid.dates >= inner) & (grid.dates < inner + pd.Timedelta(days=INNER_STEP_DAYS))
        if len(past.dates) >= 2 * grid.days_per_week:
            guess = _spread(level(past, grid.dates[ahead], country), past, grid.dates[ahead])
            misses.append(((grid.calls[ahead] - guess) / np.sqrt(guess + 1)).ravel())
    reach = np.concatenate(misses)
    bands = {name: mean + np.sqrt(mean + 1) * np.quantile(reach, share) for name, share in LEVELS.items()}
    return {"calls_mean": mean, **bands}


def _spread(total: np.ndarray, grid: Grid, dates: pd.DatetimeIndex) -> np.ndarray:
    shares = {}
    for weekday in grid.dates.day_of_week.unique():
        recent = grid.calls[grid.dates.day_of_week == weekday][-PROFILE_DAYS:].sum(axis=0)
        shares[weekday] = recent / recent.sum() if recent.sum() > 0 else np.full(recent.size, 1 / recent.size)
    return np.maximum(total, 0)[:, None] * np.array([shares[weekday] for weekday in dates.day_of_week])


def mstl(grid: Grid, dates: pd.DatetimeIndex, country: str) -> dict[str, np.ndarray]:
    """MSTL of the intervals (day and week), AutoETS on what is left, with its own bands."""
    del country
    from statsforecast.models import MSTL, AutoETS  # noqa: PLC0415

    slots = len(grid.minutes)
    model = MSTL(season_length=[slots, slots * grid.days_per_week], trend_forecaster=AutoETS(model="ZZN"))
    made = model.forecast(y=grid.calls.ravel(), h=len(dates) * slots, level=[50, 80, 90])
    names = {"calls_q25": "lo-50", "calls_q75": "hi-50", "calls_q10": "lo-80", "calls_q90": "hi-80"}
    names |= {"calls_q05": "lo-90", "calls_q95": "hi-90", "calls_mean": "mean"}
    return {name: np.asarray(made[key]).reshape(len(dates), slots) for name, key in names.items()}


METHODS: dict[str, Callable[[Grid, pd.DatetimeIndex, str], dict[str, np.ndarray]]] = {
    "ets": ets,
    "mstl": mstl,
    "prophet": prophet,
}


def predict_fold(panel: pd.DataFrame, fold: pd.Series, method: str, country: str) -> pd.DataFrame:
    """One origin's predictions of every queue; never negative, quantiles in order, the median is the mean."""
    origin = pd.Timestamp(fold["origin"])
    parts = []
    for queue, grid in read_grids(panel, pd.Timestamp(fold["train_from"]), origin).items():
        dates = target_dates(grid, origin, int(fold["horizon_days"]))
        made = {name: np.maximum(values, 0).ravel() for name, values in METHODS[method](grid, dates, country).items()}
        starts = (dates.to_numpy()[:, None] + pd.to_timedelta(grid.minutes, unit="min").to_numpy()).ravel()
        frame = pd.DataFrame({"origin": origin, "queue_id": queue, "interval_start": starts, **made})
        low, high = ([name for name, level in LEVELS.items() if (level < 0.5) == below] for below in (True, False))
        point = frame[["calls_mean"]].to_numpy()
        frame[low] = np.minimum(np.sort(frame[low].to_numpy(), axis=1), point)
        frame[high] = np.maximum(np.sort(frame[high].to_numpy(), axis=1), point)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=sorted(METHODS))
    parser.add_argument("panel", type=Path)
    parser.add_argument("folds", type=Path)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--country", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    logging.getLogger("cmdstanpy").setLevel(logging.WARNING)
    warnings.simplefilter("ignore", FutureWarning)
    panel = pd.read_parquet(arguments.panel)
    folds = pd.read_csv(arguments.folds)
    parts, started = [], time.perf_counter()
    for _, fold in folds[folds["dataset"] == arguments.dataset].iterrows():
        parts.append(predict_fold(panel, fold, arguments.method, arguments.country))
        print(f"{fold['origin']}: {time.perf_counter() - started:.0f} s", flush=True)
    everything = pd.concat(parts, ignore_index=True)
    numbers = everything.select_dtypes("number").columns
    everything[numbers] = everything[numbers].round(2).astype(np.float32)
    everything.to_parquet(arguments.out, index=False, compression="zstd")


if __name__ == "__main__":
    main()
