"""The long range: seasons, trends, bands that grow, and weeks that are sums of days."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.bands.walk_forward import PastForecasts
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.long_range.growth import (
    DEFAULT_GROWTH_PER_WEEK,
    DEFAULT_START_VARIANCE,
    MOST_WEEKLY_GROWTH,
    LongErrors,
    damped,
    learn_long_errors,
    weekly_slope,
)
from wfm_pipeline.domain.forecasting.long_range.long_range import draw_days, long_range
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.errors import DataError

OPTIONS = ForecastOptions(num_threads=1, effect_seeds=1)
QUANTILES = ["calls_q05", "calls_q10", "calls_q25", "calls_q50", "calls_q75", "calls_q90", "calls_q95"]


def history(days, daily, first="2023-01-02", seed=0, queues=("a",)):
    """Hourly Poisson calls from 8 to 18 that follow a daily rate."""
    times = pd.date_range(first, periods=days * 24, freq="60min", unit="us")
    inside = (times.hour >= 8) & (times.hour < 18)
    rate = np.repeat(daily(np.arange(days)), 24) / 10 * inside
    random = np.random.default_rng(seed)
    frames = [
        pd.DataFrame({"queue_id": name, "interval_start": times, "calls": random.poisson(rate) * 1.0})
        for name in queues
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def flat():
    """Half a year of 200 calls a day and what is said from its end on, a Wednesday."""
    calls = history(184, lambda day: np.full(len(day), 200.0), queues=("a", "b"))
    origin = dt.date(2023, 7, 5)
    return calls, origin, long_range(calls, site=Site(), origin=origin, options=OPTIONS)


def test_days_reach_26_weeks_and_whole_iso_weeks_64(flat):
    _, origin, result = flat

    assert (result.days.groupby("queue_id").size() == 26 * 7 + 5).all()  # Wednesday to Sunday come before week 1
    assert (result.weeks.groupby("queue_id").size() == 64).all()
    assert result.days["business_date"].min() == pd.Timestamp(origin)
    assert result.weeks["week_start"].min() == pd.Timestamp("2023-07-10")
    assert (28, 2023) == tuple(result.weeks.loc[0, ["iso_week", "iso_year"]])


def test_weeks_are_the_sums_of_their_days_in_the_mean(flat):
    _, _, result = flat
    days = result.days[result.days["business_date"] >= "2023-07-10"]

    sums = days.groupby(["queue_id", (days["business_date"] - pd.Timestamp("2023-07-10")).dt.days // 7])[
        "calls_mean"
    ].sum()

    stored = result.weeks[result.weeks["horizon_weeks"] <= 26].set_index(["queue_id", "horizon_weeks"])["calls_mean"]
    np.testing.assert_allclose(stored, sums, rtol=1e-9)


def test_bands_are_ordered_grow_with_the_horizon_and_hold_the_mean(flat):
    _, _, result = flat
    weeks = result.weeks[result.weeks["queue_id"] == "a"].set_index("horizon_weeks")

    assert (np.diff(result.weeks[QUANTILES], axis=1) >= 0).all()
    assert (np.diff(result.days[QUANTILES], axis=1) >= 0).all()
    width = (weeks["calls_q90"] - weeks["calls_q10"]) / weeks["calls_mean"]
    assert width[64] > 1.2 * width[26] > 1.2 * 1.2 * width[2]
    assert (weeks["calls_q25"] < weeks["calls_mean"]).all()
    assert (weeks["calls_mean"] < weeks["calls_q75"]).all()


def test_a_week_band_is_narrower_than_the_sum_of_its_days_bands(flat):
    _, _, result = flat
    days = result.days[(result.days["queue_id"] == "a") & (result.days["business_date"] >= "2023-07-10")][:7]
    week = result.weeks.iloc[0]

    assert week["calls_q90"] - week["calls_q10"] < 0.9 * (days["calls_q90"] - days["calls_q10"]).sum()


def test_calls_at_or_after_the_origin_are_not_looked_at_and_other_queues_do_not_move_the_bands(flat):
    calls, origin, result = flat
    later = history(30, lambda day: np.full(len(day), 9_000.0), first=origin.isoformat(), queues=("a", "b"))

    again = long_range(pd.concat([calls, later]), site=Site(), origin=origin, options=OPTIONS)

    pd.testing.assert_frame_equal(result.weeks, again.weeks)
    pd.testing.assert_frame_equal(result.days, again.days)


def test_last_years_season_comes_back_in_part():
    def summer(day):
        return 200.0 * (1 + 0.4 * np.sin(2 * np.pi * day / 364))

    calls = history(546, summer)  # a year and a half: the season stands at 0 and is about to fall

    result = long_range(calls, site=Site(), origin=dt.date(2024, 7, 1), options=OPTIONS)

    weeks = result.weeks.set_index("horizon_weeks")["calls_mean"]
    truth = summer(546 + 7 * 13 + np.arange(7)).sum()
    assert truth < weeks[13] < 0.9 * weeks[1]
    assert weeks[53] == pytest.approx(weeks[1], rel=0.1)  # a year ahead the season repeats
    assert result.weeks["model_name"].str.startswith("long_range+season").all()


def test_without_a_year_there_is_no_season_and_the_names_say_so(flat):
    _, _, result = flat

    assert not result.weeks["model_name"].str.contains("season").any()


def test_too_short_a_history_has_default_bands_and_says_so():
    calls = history(30, lambda day: np.full(len(day), 100.0))

    result = long_range(calls, site=Site(), origin=dt.date(2023, 2, 1), options=OPTIONS)

    assert any("documented default" in note for note in result.notes)
    assert np.isfinite(result.weeks[["calls_mean", *QUANTILES]]).all(axis=None)


def test_one_call_a_day_and_constant_zeros_are_finite_and_ordered():
    few = history(120, lambda day: np.full(len(day), 1.0))
    none = few.assign(queue_id="zero", calls=0.0)

    result = long_range(pd.concat([few, none]), site=Site(), origin=dt.date(2023, 5, 2), options=OPTIONS)

    values = result.weeks[["calls_mean", *QUANTILES]].to_numpy()
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert not result.weeks[result.weeks["queue_id"] == "zero"]["calls_mean"].any()


def test_nothing_before_the_origin_is_an_error():
    calls = history(30, lambda day: np.full(len(day), 100.0))

    with pytest.raises(DataError, match="no history before the origin 2022-01-01"):
        long_range(calls, site=Site(), origin=dt.date(2022, 1, 1), options=OPTIONS)


def test_handle_time_comes_with_the_calls():
    calls = history(60, lambda day: np.full(len(day), 100.0))
    handle = calls.rename(columns={"calls": "answered_handle_known"}).assign(
        handle_seconds=lambda rows: 240.0 * rows["answered_handle_known"]
    )

    result = long_range(calls, site=Site(), origin=dt.date(2023, 3, 3), handle=handle, options=OPTIONS)

    np.testing.assert_allclose(result.weeks["aht_seconds"], 240.0)


def test_the_slope_is_the_median_growth_and_one_absurd_week_does_not_move_it():
    growing = history(182, lambda day: 500.0 * np.exp(0.01 * day / 7))
    spiked = growing.copy()
    spiked.loc[spiked["interval_start"].between("2023-06-05", "2023-06-12"), "calls"] *= 10

    slopes = [weekly_slope(build_panel(calls))[0] for calls in (growing, spiked)]

    np.testing.assert_allclose(slopes, 0.01, atol=0.003)
    assert weekly_slope(build_panel(history(182, lambda day: np.exp(day / 10))))[0] == MOST_WEEKLY_GROWTH


def test_a_damped_trend_rises_ever_less():
    steps = np.diff(damped(np.arange(60.0)))

    assert (steps > 0).all()
    assert (np.diff(steps) < 0).all()
    assert damped(np.array([1_000.0]))[0] == pytest.approx(9.0)


def past(errors):
    """Forecasts of 7 x 1000 calls a week with these log errors; shape (origins, 1, weeks)."""
    origins, queues, weeks = errors.shape
    mean = np.full((origins, queues, weeks * 7, 1), 1000.0)
    return PastForecasts(np.arange(origins), mean, mean * np.exp(np.repeat(errors, 7, axis=2))[..., None])


def test_the_growth_of_a_wandering_level_is_found_again():
    random = np.random.default_rng(0)
    errors = np.cumsum(random.standard_normal((200, 1, 20)) * 0.05, axis=2)

    found = learn_long_errors(past(errors), np.zeros((200, 1)))

    np.testing.assert_allclose(found.growth, 0.05**2, rtol=0.35)
    assert found.tested_weeks == 20


def test_a_trend_is_followed_only_where_it_pays():
    slopes = np.full((12, 1), 0.01)
    growing = slopes[:, :, None] * damped(np.arange(10.0)) * np.ones((12, 1, 10))
    random = np.random.default_rng(1)

    assert learn_long_errors(past(growing), slopes).trend_gain == 1.0
    assert learn_long_errors(past(0.1 * random.standard_normal((12, 1, 10))), slopes).trend_gain == 0.0
    assert learn_long_errors(past(growing[:3]), slopes[:3]).trend_gain == 0.0  # three origins prove nothing


def test_without_past_origins_the_defaults_hold():
    found = learn_long_errors(past(np.zeros((0, 1, 4))), np.zeros((0, 1)))

    assert (DEFAULT_START_VARIANCE, DEFAULT_GROWTH_PER_WEEK) == (found.start[0], found.growth[0])
    assert found.origins == 0


def test_draws_have_the_mean_they_were_asked_for_and_repeat():
    errors = LongErrors(np.array([0.01]), np.array([0.002]), np.array([0.01]), 0.0, 5, 10)
    mean = np.full(70, 50.0)

    one, two = (draw_days(mean, errors, 0, 3, paths=4_000, seed=9) for _ in range(2))

    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(one.mean(axis=0), 50.0, rtol=0.04)
