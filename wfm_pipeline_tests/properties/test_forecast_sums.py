"""Intervals add up to days, days to weeks, on every rung; and a backtest judges the very forecast that is issued."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import METHOD, ForecastOptions, forecast, read_folds, run_backtest
from wfm_pipeline.domain.forecasting.options import (
    RUNG_MODEL,
    RUNG_NONE,
    RUNG_POOLED,
    RUNG_PROFILE,
    RUNG_WEEKDAYS,
)

SITE = Site(country="US")
ORIGIN = dt.date(2024, 9, 4)
HISTORY_DAYS = {RUNG_MODEL: 200, RUNG_PROFILE: 100, RUNG_WEEKDAYS: 30, RUNG_POOLED: 9, RUNG_NONE: 0}
"""Days of history that put a queue on each rung."""


@pytest.fixture(scope="module")
def history():
    """One queue per rung, all ending the day before the origin; the first has been there all the time."""
    random, parts = np.random.default_rng(8), []
    for rung, days in HISTORY_DAYS.items():
        start = pd.Timestamp(ORIGIN) - pd.Timedelta(days=max(days, 1))
        times = pd.date_range(start, pd.Timestamp(ORIGIN), freq="60min", inclusive="left", unit="us")
        rate = 9 * (1 + np.sin(times.hour / 4)) * np.where(times.day_of_week < 5, 1.0, 0.3)
        calls = random.poisson(rate) * 1.0 if days else np.full(len(times), np.nan)
        parts.append(pd.DataFrame({"queue_id": rung, "interval_start": times, "calls": calls}))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("horizon", [1, 14, 30])
@pytest.mark.parametrize("hours", [None, (7, 19)], ids=["always_open", "closed_at_night"])
def test_means_of_intervals_add_up_to_days_and_days_to_weeks_on_every_rung(history, horizon, hours):
    grid = pd.DataFrame(
        {"interval_start": pd.date_range(pd.Timestamp(ORIGIN), periods=horizon * 24, freq="60min", unit="us")}
    )
    grid["is_open"] = grid["interval_start"].dt.hour.between(*hours) if hours else True

    made = forecast(history, site=SITE, origin=ORIGIN, horizon_days=horizon, is_open_future=grid)

    assert set(HISTORY_DAYS) == {name.split("|")[0] for name in made.intervals["model_name"]}
    by_day = made.intervals.groupby(["queue_id", "business_date"])["calls_mean"].sum()
    days = made.days.set_index(["queue_id", "business_date"])["calls_mean"]
    np.testing.assert_allclose(by_day.reindex(days.index), days, rtol=1e-12, atol=1e-9)
    week = {
        name: frame["business_date"].dt.isocalendar().week for name, frame in (("i", made.intervals), ("d", made.days))
    }
    by_week = made.intervals.groupby(["queue_id", week["i"]])["calls_mean"].sum()
    weeks = made.days.groupby(["queue_id", week["d"]])["calls_mean"].sum()
    np.testing.assert_allclose(by_week, weeks, rtol=1e-12, atol=1e-9)


def test_a_backtest_judges_the_forecast_that_would_have_been_issued(history):
    later = pd.date_range(pd.Timestamp(ORIGIN), periods=14 * 24, freq="60min", unit="us")
    future = pd.DataFrame({"queue_id": RUNG_MODEL, "interval_start": later, "calls": 1.0})
    columns = ["dataset", "fold", "origin", "horizon_days", "train_from"]
    folds = read_folds(pd.DataFrame([("x", 0, str(ORIGIN), 14, "2024-01-01")], columns=columns))
    options = ForecastOptions(num_threads=1)

    judged = run_backtest(pd.concat([history, future]), folds, site=SITE, methods=[METHOD], options=options)
    issued = forecast(history, site=SITE, origin=ORIGIN, horizon_days=14, options=options)

    keys = ["queue_id", "interval_start"]
    both = judged.predictions.merge(issued.intervals, on=keys, suffixes=("", "_issued"), validate="one_to_one")
    assert 14 * 24 == len(both)
    for name in ("calls_mean", "calls_q10", "calls_q50", "calls_q90"):
        np.testing.assert_array_equal(both[name], both[f"{name}_issued"])
