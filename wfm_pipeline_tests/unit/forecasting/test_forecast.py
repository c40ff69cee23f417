"""The forecast's front door: grids, sums, thin history, closures, handle time, saving."""

import builtins
import datetime as dt
import pickle

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import (
    QUANTILE_LEVELS,
    dump_model,
    forecast,
    forecast_from_model,
    load_model,
    quantile_column,
)
from wfm_pipeline.domain.forecasting.means.boosting import load_lightgbm
from wfm_pipeline.errors import DataError, WfmError

SITE = Site()
QUANTILES = [quantile_column(level) for level in QUANTILE_LEVELS]


def _history(days, *, queue_id="a", end="2024-06-03", busy=20.0, quiet=2.0, seed=1, minutes=60):
    """Poisson calls around the clock: busy on weekdays from 8 to 18; ends before Monday 3 June 2024."""
    times = pd.date_range(
        end=end, periods=days * 1440 // minutes + 1, freq=f"{minutes}min", inclusive="left", unit="us"
    )
    rush = (times.day_of_week < 5) & (times.hour >= 8) & (times.hour < 18)
    calls = np.random.default_rng(seed).poisson(np.where(rush, busy, quiet)).astype(float)
    return pd.DataFrame({"queue_id": queue_id, "interval_start": times, "calls": calls})


ORIGIN = dt.date(2024, 6, 3)


def _assert_sound(result):
    for frame in (result.intervals, result.days):
        quantiles = frame[QUANTILES].to_numpy()
        assert np.isfinite(quantiles).all()
        assert np.isfinite(frame["calls_mean"]).all()
        assert (quantiles >= 0).all()
        assert (np.diff(quantiles, axis=1) >= 0).all()
        assert (frame["calls_mean"] >= 0).all()
        assert frame["model_name"].str.len().gt(0).all()
    sums = result.intervals.groupby(["queue_id", "business_date"])["calls_mean"].sum().to_numpy()
    np.testing.assert_allclose(sums, result.days["calls_mean"], rtol=1e-14, atol=1e-9)  # last digit of millions


@pytest.mark.parametrize(
    ("days", "rung"),
    [
        pytest.param(10, "pooled_profile", id="ten_days"),
        pytest.param(30, "mean_weekdays", id="a_month"),
        pytest.param(100, "profile_level", id="a_quarter"),
        pytest.param(200, "lightgbm", id="more_than_half_a_year"),
    ],
)
def test_each_rung_forecasts_near_the_true_rate(days, rung):
    result = forecast(_history(days), site=SITE, origin=ORIGIN)

    _assert_sound(result)
    # a weekday brings 10 x 20 + 14 x 2 = 228 calls, a weekend day 24 x 2 = 48; two weeks 10 x 228 + 4 x 48
    assert {rung} == set(result.intervals["model_name"].str.split("+").str[0])  # steady calls: a plain mean may join
    assert pytest.approx(result.days["calls_mean"].sum(), rel=0.06) == 10 * 228 + 4 * 48


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda h: h.iloc[:1], id="a_single_row"),
        pytest.param(lambda h: h.iloc[:24], id="a_single_day"),
        pytest.param(lambda h: h.assign(calls=0.0), id="constant_zeros"),
        pytest.param(lambda h: h.iloc[:240].assign(calls=0.0), id="ten_days_of_zeros"),
        pytest.param(lambda h: h.assign(calls=(h["interval_start"].dt.hour == 10) * 1.0), id="one_call_a_day"),
        pytest.param(lambda h: h.assign(calls=np.nan), id="all_missing"),
        pytest.param(lambda h: h[h["interval_start"].dt.month != 4], id="a_missing_month"),
        pytest.param(
            lambda h: h[(h["interval_start"].dt.day < 8) | (h["interval_start"].dt.day > 14)], id="missing_weeks"
        ),
        pytest.param(lambda h: h[h["interval_start"] < "2024-05-01"], id="the_last_month_missing"),
        pytest.param(lambda h: h.assign(calls=h["calls"] * 1e5), id="huge"),
    ],
)
def test_odd_histories_give_a_sound_forecast(change):
    _assert_sound(forecast(change(_history(120)), site=SITE, origin=ORIGIN))


def test_zeros_forecast_zero_and_one_call_a_day_forecasts_one():
    zeros = forecast(_history(100).assign(calls=0.0), site=SITE, origin=ORIGIN)
    history = _history(100)
    one = forecast(history.assign(calls=(history["interval_start"].dt.hour == 10) * 1.0), site=SITE, origin=ORIGIN)

    assert zeros.days[["calls_mean", *QUANTILES]].to_numpy().max() == 0.0
    np.testing.assert_allclose(one.days["calls_mean"], 1.0, atol=0.05)


def test_a_missing_month_does_not_pull_the_forecast_down():
    history = _history(150)
    whole = forecast(history, site=SITE, origin=ORIGIN).days["calls_mean"].sum()

    holed = (
        forecast(history[history["interval_start"].dt.month != 5], site=SITE, origin=ORIGIN).days["calls_mean"].sum()
    )

    assert whole == pytest.approx(holed, rel=0.05)


def test_a_tenfold_day_moves_the_next_two_weeks_by_less_than_a_fifth():
    history = _history(150)
    spiked = history.copy()
    spiked.loc[spiked["interval_start"].dt.normalize() == "2024-05-31", "calls"] *= 10

    plain, moved = (forecast(h, site=SITE, origin=ORIGIN).days["calls_mean"] for h in (history, spiked))

    assert abs(moved.sum() / plain.sum() - 1) < 0.2


def test_a_queue_of_nine_days_stands_on_the_profile_of_the_others():
    history = pd.concat([_history(200), _history(9, queue_id="new", busy=40.0, quiet=4.0, seed=2)])

    result = forecast(history, site=SITE, origin=ORIGIN)

    _assert_sound(result)
    assert {"lightgbm", "pooled_profile"} == set(result.days["model_name"].str.split("+").str[0])
    new = result.days[result.days["queue_id"] == "new"]["calls_mean"].sum()
    assert pytest.approx(new, rel=0.1) == 2 * (10 * 228 + 4 * 48)


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_every_date_of_the_horizon_has_its_full_grid(minutes):
    result = forecast(_history(20, minutes=minutes), site=SITE, origin=ORIGIN, horizon_days=3)

    assert len(result.intervals) == 3 * 1440 // minutes
    assert result.intervals["interval_start"].iloc[0] == pd.Timestamp(ORIGIN)
    assert [1, 2, 3] == sorted(result.intervals["horizon_days"].unique())
    assert [1, 2, 3] == result.days["horizon_days"].tolist()


def test_closed_hours_are_rows_with_zero():
    history = _history(100)
    history = history[
        (history["interval_start"].dt.hour.between(8, 17)) & (history["interval_start"].dt.day_of_week < 5)
    ]

    result = forecast(history, site=SITE, origin=ORIGIN)

    closed = result.intervals[~result.intervals["is_open"]]
    assert len(result.intervals) == 14 * 24
    assert len(closed) == 10 * 14 + 4 * 24
    assert closed[["calls_mean", *QUANTILES]].to_numpy().max() == 0.0
    assert result.days.loc[result.days["is_open"]].shape[0] == 10


def test_the_grid_that_the_caller_knows_is_the_answers_grid():
    grid = pd.DataFrame({"interval_start": pd.date_range(ORIGIN, periods=48, freq="60min", unit="us")})
    grid["is_open"] = grid["interval_start"].dt.hour >= 8

    result = forecast(_history(100), site=SITE, origin=ORIGIN, is_open_future=grid)

    assert len(result.intervals) == 48
    assert result.intervals["is_open"].tolist() == grid["is_open"].tolist()
    assert result.intervals.loc[~result.intervals["is_open"], "calls_mean"].max() == 0.0
    assert result.days["calls_mean"].iloc[2:].max() == 0.0
    _assert_sound(forecast(_history(100), site=SITE, origin=ORIGIN, is_open_future=grid, horizon_days=2))


def test_a_holiday_on_a_desk_around_the_clock_gets_a_sunday():
    # 3 July 2003 is a Thursday; Friday 4 is a holiday
    history = _history(100, end="2003-07-03")
    history = history[history["interval_start"].dt.date != dt.date(2003, 5, 26)]  # no holiday met yet

    days = forecast(history, site=Site(country="US"), origin=dt.date(2003, 7, 3), horizon_days=4).days["calls_mean"]

    assert days.iloc[1] == pytest.approx(48, rel=0.3)  # a weekend day's 24 x 2 calls, not a Friday's 228
    assert days.iloc[0] > 180


def test_shuffled_rows_give_the_same_forecast():
    history = pd.concat([_history(200), _history(40, queue_id="b", seed=3)])

    ordered = forecast(history, site=SITE, origin=ORIGIN)
    shuffled = forecast(history.sample(frac=1, random_state=5), site=SITE, origin=ORIGIN)

    pd.testing.assert_frame_equal(ordered.intervals, shuffled.intervals, check_exact=True)
    pd.testing.assert_frame_equal(ordered.days, shuffled.days, check_exact=True)


def test_rows_at_or_after_the_origin_change_nothing():
    history = _history(220)
    scrambled = history.copy()
    later = scrambled["interval_start"] >= "2024-05-13"
    scrambled.loc[later, "calls"] = np.random.default_rng(9).permutation(scrambled.loc[later, "calls"]) * 7 + 3

    plain = forecast(history, site=SITE, origin=dt.date(2024, 5, 13))
    moved = forecast(scrambled, site=SITE, origin=dt.date(2024, 5, 13))

    pd.testing.assert_frame_equal(plain.intervals, moved.intervals, check_exact=True)
    pd.testing.assert_frame_equal(plain.days, moved.days, check_exact=True)


def test_the_rows_before_the_origin_do_change_it():
    history = _history(220)

    plain, doubled = (
        forecast(h, site=SITE, origin=ORIGIN).days["calls_mean"].sum()
        for h in (history, history.assign(calls=history["calls"] * 2))
    )

    assert 2 * plain == pytest.approx(doubled, rel=0.02)


def test_a_saved_model_answers_exactly_as_before():
    result = forecast(pd.concat([_history(200), _history(9, queue_id="new")]), site=Site(country="SE"), origin=ORIGIN)

    again = forecast_from_model(load_model(dump_model(result.models)), handle_times=result.handle_times)

    pd.testing.assert_frame_equal(result.intervals, again.intervals, check_exact=True)
    assert result.notes == again.notes


def test_bytes_that_hold_something_else_are_no_model():
    with pytest.raises(DataError, match="hold a dict"):
        load_model(pickle.dumps({}))


def test_the_notes_name_each_queues_rung_and_its_weeks():
    notes = forecast(_history(28), site=SITE, origin=ORIGIN).notes

    assert "queue 'a': mean_weekdays (4.0 weeks of usable history)" in notes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"history": _history(10).iloc[:0]}, "empty", id="empty"),
        pytest.param({"history": _history(10), "origin": dt.date(2020, 1, 1)}, "no history before", id="too_early"),
        pytest.param({"history": _history(10), "horizon_days": 0}, "at least 1", id="no_horizon"),
        pytest.param({"history": _history(10), "handle": pd.DataFrame({"queue_id": []})}, "handle needs", id="handle"),
    ],
)
def test_what_cannot_be_forecast_is_refused_with_the_reason(arguments, message):
    with pytest.raises(DataError, match=message):
        forecast(**{"site": SITE, "origin": ORIGIN} | arguments)


def test_handle_time_is_weighted_by_calls_and_thin_slots_are_shrunk_to_the_queue():
    handle = pd.DataFrame(
        {
            "queue_id": ["a", "a", "a", "b"],
            "interval_start": pd.to_datetime(
                ["2024-05-30 09:00", "2024-05-31 09:00", "2024-05-31 10:00", "2024-06-03 09:00"]
            ).as_unit("us"),
            "answered_handle_known": [10.0, 20.0, 30.0, 5.0],
            "handle_seconds": [1000.0, 5000.0, 3000.0, 9999.0],
        }
    )
    history = pd.concat([_history(30), _history(30, queue_id="b")])

    aht = forecast(history, site=SITE, origin=ORIGIN, handle=handle).intervals.set_index(["queue_id", "interval_start"])

    # queue a: 9000 s / 60 calls = 150 s; 9:00 has 6000 s and 30 calls, shrunk with 30 calls of 150 s
    first_day = aht.loc["a"]["aht_seconds"].iloc[:24]
    assert (6000 + 30 * 150) / (30 + 30) == pytest.approx(first_day.iloc[9])
    assert (3000 + 30 * 150) / (30 + 30) == pytest.approx(first_day.iloc[10])
    assert first_day.iloc[0] == pytest.approx(150)
    assert aht.loc["b"]["aht_seconds"].isna().all()  # its only row is not before the origin


def test_a_days_handle_time_is_weighted_by_its_expected_calls():
    handle = pd.DataFrame(
        {
            "queue_id": "a",
            "interval_start": pd.date_range("2024-05-01", periods=24, freq="60min", unit="us"),
            "answered_handle_known": 1000.0,
            "handle_seconds": np.where(np.arange(24) < 12, 100_000.0, 300_000.0),
        }
    )

    result = forecast(_history(100), site=SITE, origin=ORIGIN, handle=handle)

    day = result.intervals[result.intervals["horizon_days"] == 1]
    expected = (day["calls_mean"] * day["aht_seconds"]).sum() / day["calls_mean"].sum()
    assert expected == pytest.approx(result.days["aht_seconds"].iloc[0])
    assert 150 < expected < 250


def test_day_quantiles_are_narrower_than_sums_of_interval_quantiles():
    result = forecast(_history(200), site=SITE, origin=ORIGIN)

    sums = result.intervals.groupby("business_date")[["calls_q10", "calls_q90"]].sum()

    width = (result.days["calls_q90"] - result.days["calls_q10"]).to_numpy()
    assert (width < (sums["calls_q90"] - sums["calls_q10"]).to_numpy()).all()


def test_a_missing_system_library_is_one_line_that_names_the_package(monkeypatch):
    real_import = builtins.__import__

    def without_libgomp(name, *args, **kwargs):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_libgomp)

    with pytest.raises(WfmError, match="libgomp1") as caught:
        load_lightgbm()
    assert "\n" not in str(caught.value)
