"""Scores of a backtest, as the benchmark defines them, and of issued forecasts, for the archive.

Here: which rows are scored and how queues, days and horizons add up. Not here: the formulae of the
scores (domain/metrics) or making forecasts (backtest).

Ours is scored per queue and interval with the median, the answer to an absolute error, and with the
mean wherever calls are added up: medians do not add. Closed and missing days are not scored.
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain import metrics
from wfm_pipeline.domain.calendar import minute_of_day
from wfm_pipeline.domain.forecasting.options import MEDIAN, quantile_column

BUSY_CALLS: Final = 1.0
"""Mean calls from which a queue x weekday x time of day is busy enough for band coverage [calls]."""
BAND_LEVELS: Final = {level: quantile_column(level) for level in (0.1, MEDIAN, 0.9)}
"""Levels whose pinball losses are averaged -> their columns: the quantiles that every method gives."""
SCORE_COLUMNS = (
    "method",
    "int_q",
    "int_tot",
    "day_q",
    "day_tot",
    "volume_mean",
    "volume_worst",
    "pinball",
    "cov80",
    "bias",
    "points",
)


def score_backtest(predictions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores per method, and per method and fold.

    Args:
        predictions: One row per method, origin, queue and interval with the forecast columns,
            `calls` (what came, NaN = unknown) and `is_scored`.

    Returns:
        One row per method with SCORE_COLUMNS, poisson_floor (per queue and interval) and
        poisson_floor_tot (summed over queues); and one row per origin and method with the same
        scores inside the fold.

    Source:
        docs/methods/backtesting.md.
    """
    scored = predictions[predictions["is_scored"]]
    busy = busy_cells(scored)
    whole: list[dict[str, object]] = []
    folds: list[dict[str, object]] = []
    for method, rows in scored.groupby("method", sort=False):
        per_fold: list[dict[str, object]] = [
            {"origin": origin, **_scores(str(method), fold, busy)} for origin, fold in rows.groupby("origin", sort=True)
        ]
        scores = _scores(str(method), rows, busy)
        volumes = np.array([fold["volume_mean"] for fold in per_fold], dtype=np.float64)
        scores["volume_mean"], scores["volume_worst"] = float(volumes.mean()), float(volumes.max())
        whole.append(scores | _floors(rows))
        folds.extend(fold | _floors(rows[rows["origin"] == fold["origin"]]) for fold in per_fold)
    floors = ["poisson_floor", "poisson_floor_tot"]
    return pd.DataFrame(whole, columns=[*SCORE_COLUMNS, *floors]), pd.DataFrame(
        folds, columns=["origin", *SCORE_COLUMNS, *floors]
    )


def busy_cells(scored: pd.DataFrame) -> pd.Series:
    """Which cells of the week are busy, from the actuals of all folds.

    Args:
        scored: Scored rows with queue_id, interval_start, origin and calls.

    Returns:
        Flag by queue, weekday and minute of the day: BUSY_CALLS or more on average.
    """
    one = scored.drop_duplicates(["origin", "queue_id", "interval_start"])
    return one["calls"].groupby(week_cell(one)).mean() >= BUSY_CALLS


def week_cell(rows: pd.DataFrame) -> list[pd.Series]:
    """The cell of the week that a row's usual calls are looked up by.

    Args:
        rows: Rows with queue_id and interval_start (local).

    Returns:
        Queue, weekday (Monday 0) and minute of the day [min] of every row.
    """
    start = rows["interval_start"]
    return [
        rows["queue_id"],
        start.dt.day_of_week.rename("weekday"),
        minute_of_day(start).rename("minute"),
    ]


def _scores(method: str, rows: pd.DataFrame, busy: pd.Series) -> dict[str, object]:
    origin, start = rows["origin"], rows["interval_start"]
    date = start.dt.normalize()
    sums = rows[["calls", "calls_mean"]]
    by_interval, by_day = sums.groupby([origin, start]).sum(), sums.groupby([origin, date]).sum()
    by_queue_day = sums.groupby([origin, rows["queue_id"], date]).sum()
    is_busy = busy.reindex(pd.MultiIndex.from_frame(pd.concat(week_cell(rows), axis=1))).to_numpy(bool)
    volume = metrics.volume_error(rows["calls"], rows["calls_mean"])
    quantiles = {level: rows[name] for level, name in BAND_LEVELS.items()}
    return {
        "method": method,
        "int_q": metrics.wmape(rows["calls"], rows["calls_q50"]),
        "int_tot": metrics.wmape(by_interval["calls"], by_interval["calls_mean"]),
        "day_q": metrics.wmape(by_queue_day["calls"], by_queue_day["calls_mean"]),
        "day_tot": metrics.wmape(by_day["calls"], by_day["calls_mean"]),
        "volume_mean": volume,
        "volume_worst": volume,
        "pinball": metrics.relative_pinball_loss(rows["calls"], quantiles),
        "cov80": metrics.band_coverage(rows["calls"][is_busy], rows["calls_q10"][is_busy], rows["calls_q90"][is_busy]),
        "bias": metrics.bias(rows["calls"], rows["calls_mean"]),
        "points": int(rows["calls"].notna().sum()),
    }


def _floors(rows: pd.DataFrame) -> dict[str, float]:
    profile = rows["calls"].groupby(week_cell(rows)).transform("mean")
    day = [rows["origin"], rows["queue_id"], rows["interval_start"].dt.normalize()]
    rate = rate_guess(rows["calls"], profile, day)
    return {
        "poisson_floor": metrics.poisson_floor(rate),
        "poisson_floor_tot": metrics.poisson_floor(rate.groupby([rows["origin"], rows["interval_start"]]).sum()),
    }


def rate_guess(calls: pd.Series, profile: pd.Series, day: list[pd.Series]) -> pd.Series:
    """The rate behind counts: the day's calls, spread over its intervals as a profile says.

    A count is a poor guess of its own rate: where 0 came the rate was not 0, and a floor made from
    counts lies too low. The day's sum is a good guess, and the profile averages over many days.

    Args:
        calls: What came per interval [calls].
        profile: Usual calls per interval, any scale >= 0; where a day's profile is all 0, its counts stand.
        day: Series that name the queue's day of every row.

    Returns:
        Rates [calls] that add up to the calls of every day.
    """
    usual = profile.groupby(day).transform("sum")
    spread = profile / usual.where(usual > 0) * calls.groupby(day).transform("sum")
    return spread.fillna(calls)
