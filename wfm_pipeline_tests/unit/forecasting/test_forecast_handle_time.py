"""Handle time: means by calls, bands that hold and narrow with calls, workload that adds up."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.forecasting import ForecastOptions, forecast
from wfm_pipeline.domain.forecasting.grains import place_on_grid
from wfm_pipeline.domain.forecasting.handle_time import (
    DEFAULT_SPREAD,
    HandleTimes,
    fit_spread,
    learn_handle_time,
    mean_inverse,
)

ORIGIN = dt.date(2024, 6, 3)
OPTIONS = ForecastOptions(effect_seeds=1, inner_origins=1, num_threads=1)
BANDS = ["aht_q10_seconds", "aht_q50_seconds", "aht_q90_seconds"]


def answered(days, *, calls, mean=200.0, day_sd=0.1, seed=3, end=ORIGIN):
    """Hourly sums of exponential handle times around a level that moves from day to day."""
    rng = np.random.default_rng(seed)
    times = pd.date_range(end=pd.Timestamp(end), periods=days * 24 + 1, freq="h", inclusive="left", unit="us")
    count = rng.poisson(calls, len(times))
    level = mean * np.repeat(np.exp(rng.normal(-(day_sd**2) / 2, day_sd, days)), 24)
    seconds = rng.gamma(np.maximum(count, 1e-9)) * level
    frame = pd.DataFrame(
        {"queue_id": "a", "interval_start": times, "answered_handle_known": count, "handle_seconds": seconds}
    )
    return frame[frame["answered_handle_known"] > 0]


def learn(handle, **words):
    given = {"queue_ids": ("a",), "interval_minutes": 60, "origin": ORIGIN, "options": OPTIONS, **words}
    return learn_handle_time(handle, **given)


def test_the_two_parts_of_the_scatter_are_found():
    # squared relative error 0.04 + 1 / calls, by construction
    rng = np.random.default_rng(1)
    calls = rng.integers(1, 60, 20_000).astype(float)
    square = 0.04 + 1 / calls

    found = fit_spread(rng.gamma(1 / square) * square, calls)

    assert found == pytest.approx([0.04, 1.0], rel=0.12)  # clipping takes a little off the gamma's tail


@pytest.mark.parametrize("mean", [0.1, 1.5, 20.0, 99.0])
def test_the_mean_of_one_over_a_count_is_that_of_the_plain_sum(mean):
    counts = np.arange(1, 400)
    chance = poisson.pmf(counts, mean)

    assert mean_inverse(np.array([mean])) == pytest.approx([(chance / counts).sum() / chance.sum()], rel=1e-9)


def test_too_few_cells_keep_the_default_scatter():
    assert list(DEFAULT_SPREAD) == fit_spread(np.ones(29), np.ones(29)).tolist()


@pytest.mark.parametrize("calls", [pytest.param(1.5, id="thin"), pytest.param(20.0, id="busy")])
def test_four_fifths_of_the_coming_intervals_and_days_lie_inside_the_band(calls):
    inside, inside_days = [], []
    for seed in range(8):
        rows = answered(70, calls=calls, seed=seed, end=ORIGIN + dt.timedelta(days=14))
        times = learn(rows)
        coming = rows[rows["interval_start"] >= pd.Timestamp(ORIGIN)]
        expected = np.full((1, 1, 24), calls)
        low, _, high = times.interval_quantiles(expected)[0, 0, coming["interval_start"].dt.hour.to_numpy()].T
        aht = (coming["handle_seconds"] / coming["answered_handle_known"]).to_numpy()
        inside.extend((low <= aht) & (aht <= high))
        days = coming.groupby(coming["interval_start"].dt.normalize())[
            ["handle_seconds", "answered_handle_known"]
        ].sum()
        low_day, _, high_day = times.day_quantiles(expected)[0, 0]
        inside_days.extend((days["handle_seconds"] / days["answered_handle_known"]).between(low_day, high_day))

    assert np.mean(inside) == pytest.approx(0.8, abs=0.03)
    assert np.mean(inside_days) == pytest.approx(0.8, abs=0.12)  # 112 days: one standard error is 0.04


def test_more_calls_never_widen_the_band():
    times = HandleTimes(np.full((1, 1), 200.0), np.array([[0.03, 1.2]]), np.array([[0.01, 1.2]]))
    calls = np.array([0.0, 0.2, 1.0, 5.0, 50.0, 5000.0]).reshape(1, -1, 1)

    low, middle, high = times.interval_quantiles(calls)[0, :, 0].T

    assert (np.diff(high - low) <= 1e-9).all()
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_a_queue_without_an_answered_call_has_no_handle_time_and_no_band():
    times = learn(None)

    assert np.isnan(times.mean).all()
    assert np.isnan(times.interval_quantiles(np.ones((1, 2, 24)))).all()


def test_handle_times_at_or_after_the_origin_are_not_looked_at():
    rows = answered(70, calls=5.0, end=ORIGIN + dt.timedelta(days=14))
    wild = rows.assign(handle_seconds=rows["handle_seconds"].mask(rows["interval_start"] >= pd.Timestamp(ORIGIN), 1e6))

    first, second = learn(rows), learn(wild)

    assert np.array_equal(first.mean, second.mean)
    assert np.array_equal(first.interval_spread, second.interval_spread)
    assert np.array_equal(first.day_spread, second.day_spread)


@pytest.fixture(scope="module")
def result():
    calls = answered(120, calls=10.0).rename(columns={"answered_handle_known": "calls"})[
        ["queue_id", "interval_start", "calls"]
    ]
    return forecast(calls, site=Site(), origin=ORIGIN, handle=answered(120, calls=10.0), options=OPTIONS)


def test_workload_is_calls_times_handle_time_and_adds_up_to_the_day(result):
    intervals, days = result.intervals, result.days

    np.testing.assert_allclose(intervals["calls_mean"] * intervals["aht_seconds"], intervals["workload_seconds"])
    sums = intervals.groupby(["queue_id", "business_date"])["workload_seconds"].sum().to_numpy()
    np.testing.assert_allclose(sums, days["workload_seconds"], rtol=1e-12)
    np.testing.assert_allclose(days["calls_mean"] * days["aht_seconds"], days["workload_seconds"], rtol=1e-12)


def test_bands_of_the_frames_are_ordered_around_their_mean(result):
    for frame in (result.intervals, result.days):
        low, _, high = frame[BANDS].to_numpy().T
        assert (np.diff(frame[BANDS].to_numpy(), axis=1) >= 0).all()
        assert ((low < frame["aht_seconds"]) & (frame["aht_seconds"] < high)).all()


def test_a_day_on_which_clocks_change_has_the_workload_of_its_intervals():
    site = Site(time_zone="Europe/Stockholm", interval_minutes=60)
    day = dt.date(2026, 10, 25)
    local = pd.date_range(day, periods=24, freq="h", unit="us")
    values = {"calls_mean": 2.0, "aht_seconds": 100.0, "workload_seconds": 200.0}
    intervals = pd.DataFrame({"queue_id": "q", "interval_start": local, "business_date": pd.Timestamp(day), **values})
    days = pd.DataFrame({"queue_id": ["q"], "business_date": [pd.Timestamp(day)], "calls_mean": 48.0})

    _, placed = place_on_grid(
        intervals, days.assign(aht_seconds=100.0, workload_seconds=4800.0), interval_grid(site, day, day)
    )

    assert [50.0, 5000.0] == placed[["calls_mean", "workload_seconds"]].iloc[0].tolist()  # 25 hours
