"""The rest of the day after part of it is known: what moves it, what does not, and by how much."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.bands.counts import middle_quantile
from wfm_pipeline.domain.forecasting.bands.day_errors import DEFAULT_LEVEL_VARIANCE, ErrorLaw, default_law, learn_law
from wfm_pipeline.domain.forecasting.bands.walk_forward import walk_forward
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.intraday.backtest import run_intraday_backtest
from wfm_pipeline.domain.forecasting.intraday.bands import learn_levels, nominal_levels
from wfm_pipeline.domain.forecasting.intraday.reforecast import reforecast
from wfm_pipeline.domain.forecasting.intraday.update import (
    RATIO_LIMITS,
    REPLAY_SHARES,
    IntradayModel,
    IssuedDay,
    learn_from_days,
    learn_intraday,
    update_day,
    update_means,
)
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, ForecastOptions
from wfm_pipeline.errors import DataError

SLOTS = 48
LEVELS = np.array(QUANTILE_LEVELS)
OPTIONS = ForecastOptions(num_threads=1)


def level_model(variance, dispersion=0.0, queues=1):
    """A law that knows only "the whole day is off"."""
    weights = np.zeros((queues, 6))
    weights[:, 0] = variance
    law = ErrorLaw(30, weights, np.full((queues, SLOTS), dispersion), 60)
    return IntradayModel(law, np.ones(len(REPLAY_SHARES)), nominal_levels(), nominal_levels())


def issued_day(mean):
    mean = np.atleast_2d(np.asarray(mean, float))
    spread = np.full_like(mean, 0.05)
    quantiles = np.stack([middle_quantile(np.full(mean.shape, level), mean, spread) for level in LEVELS], axis=-1)
    total = mean.sum(axis=1)
    day = np.stack(
        [middle_quantile(np.full(total.shape, level), total, np.full(total.shape, 0.01)) for level in LEVELS], axis=-1
    )
    return IssuedDay(mean, quantiles, day)


def simulated_days(days, queues=1, level=0.15, mean=40.0, seed=3):
    """Poisson calls whose whole day is off by a normal factor."""
    random = np.random.default_rng(seed)
    expected = np.full((days, queues, SLOTS), mean)
    factor = np.maximum(1 + level * random.standard_normal((days, queues, 1)), 0.1)
    return expected, random.poisson(expected * factor).astype(float)


def test_nothing_known_leaves_the_forecast_as_issued_bit_for_bit():
    day = issued_day(np.linspace(0, 30, SLOTS))

    updated = update_day(day, np.full((1, SLOTS), np.nan), elapsed=0, model=level_model(0.02))

    np.testing.assert_array_equal(day.mean, updated.mean)
    np.testing.assert_array_equal(day.quantiles, updated.quantiles)
    np.testing.assert_array_equal(day.day_quantiles, updated.remaining_quantiles)
    assert updated.ratio == 1


def test_missing_intervals_so_far_are_not_zeros():
    day = issued_day(np.full(SLOTS, 20.0))
    so_far = np.full((1, SLOTS), np.nan)

    updated = update_day(day, so_far, elapsed=10, model=level_model(0.02))

    np.testing.assert_array_equal(day.mean, updated.mean)
    assert updated.remaining_mean == pytest.approx(38 * 20.0)
    assert (np.diff(updated.remaining_quantiles) >= 0).all()


def test_the_ratio_is_shrunk_as_the_closed_formula_says():
    # k slots of m calls, all 10 % above; level variance v, Poisson noise: shift = v k m / (1 + v k m) x 0.1
    day, k, m, v = issued_day(np.full(SLOTS, 50.0)), 4, 50.0, 0.01
    so_far = np.where(np.arange(SLOTS) < k, 1.1 * m, np.nan)[None]

    updated = update_day(day, so_far, elapsed=k, model=level_model(v))

    gain = v * k * m / (1 + v * k * m)
    np.testing.assert_allclose(updated.mean[0, k:], m * (1 + 0.1 * gain))
    assert updated.ratio[0] == pytest.approx(1 + 0.1 * gain)
    assert 0 < gain < 1


def test_errors_that_tell_nothing_move_nothing():
    day = issued_day(np.full(SLOTS, 50.0))
    so_far = np.where(np.arange(SLOTS) < 20, 80.0, np.nan)[None]

    updated = update_day(day, so_far, elapsed=20, model=level_model(0.0, dispersion=0.1))

    np.testing.assert_allclose(updated.mean[0, 20:], 50.0)


def test_what_came_after_the_elapsed_slots_is_not_looked_at():
    day, model = issued_day(np.full(SLOTS, 50.0)), level_model(0.02)
    so_far = np.full((1, SLOTS), 60.0)
    scrambled = so_far.copy()
    scrambled[:, 12:] = 999.0

    first, second = (update_day(day, calls, elapsed=12, model=model) for calls in (so_far, scrambled))

    np.testing.assert_array_equal(first.mean[:, 12:], second.mean[:, 12:])
    np.testing.assert_array_equal(first.remaining_quantiles, second.remaining_quantiles)


def test_a_first_interval_without_calls_is_news_but_not_the_end_of_the_world():
    day = issued_day(np.full(SLOTS, 10.0))
    so_far = np.where(np.arange(SLOTS) < 1, 0.0, np.nan)[None]

    updated = update_day(day, so_far, elapsed=1, model=level_model(0.02))

    assert 0.7 < updated.ratio[0] < 1


def test_one_wild_interval_moves_the_day_less_than_a_day_that_is_wild_throughout():
    day, model = issued_day(np.full(SLOTS, 50.0)), level_model(0.01)
    spike, wild = np.full((1, SLOTS), 50.0), np.full((1, SLOTS), 150.0)
    spike[0, 2] = 5_000.0

    one = update_day(day, spike, elapsed=8, model=model)
    whole = update_day(day, wild, elapsed=8, model=model)

    assert 1 < one.ratio[0] < 1.15
    assert whole.ratio[0] > 1.8


def test_an_absurd_day_is_clipped():
    day = issued_day(np.full(SLOTS, 50.0))
    so_far = np.full((1, SLOTS), 50_000.0)

    updated = update_day(day, so_far, elapsed=20, model=level_model(0.05))

    assert updated.ratio[0] <= RATIO_LIMITS[1]


def test_a_closed_day_stays_closed():
    day = issued_day(np.zeros(SLOTS))

    updated = update_day(day, np.full((1, SLOTS), 3.0), elapsed=10, model=level_model(0.02))

    assert not updated.mean[0, 10:].any()
    assert not updated.quantiles.any()
    assert not updated.remaining_quantiles.any()


def test_bands_shrink_as_the_day_goes_and_never_cross():
    day, model = issued_day(np.full(SLOTS, 50.0)), level_model(0.03)
    so_far = np.full((1, SLOTS), 50.0)
    widths = []

    for elapsed in (1, 4, 12, 24, 40):
        updated = update_day(day, so_far, elapsed=elapsed, model=model)
        assert (np.diff(updated.quantiles, axis=-1) >= 0).all()
        widths.append(float(updated.remaining_quantiles[0, 5] - updated.remaining_quantiles[0, 1]))

    assert widths == sorted(widths, reverse=True)


def test_the_law_finds_the_variance_of_a_days_level():
    mean, actual = simulated_days(400, level=0.15)

    law = learn_law(mean, actual, interval_minutes=30, dispersion=0.05)

    np.testing.assert_allclose(law.covariance(0).mean(), 0.15**2, rtol=0.25)
    assert law.dispersion.max() < 0.02


def test_a_stretch_of_the_day_that_is_off_says_less_about_distant_hours():
    random = np.random.default_rng(5)
    error = np.zeros((500, 1, SLOTS))
    for slot in range(1, SLOTS):
        error[:, 0, slot] = 0.8 * error[:, 0, slot - 1] + 0.1 * random.standard_normal(500)
    mean = np.full(error.shape, 60.0)

    law = learn_law(mean, random.poisson(mean * np.maximum(1 + error, 0.1)) * 1.0, interval_minutes=30, dispersion=0.05)

    covariance = law.covariance(0)
    assert covariance[20, 21] > 3 * covariance[20, 40]


def test_the_law_is_a_covariance_whatever_came():
    random = np.random.default_rng(1)
    mean = random.uniform(0, 3, (5, 3, SLOTS))
    actual = np.where(random.uniform(size=mean.shape) < 0.3, np.nan, random.poisson(1.0, mean.shape))

    law = learn_law(mean, actual, interval_minutes=30, dispersion=0.05)

    for queue in range(3):
        assert np.linalg.eigvalsh(law.covariance(queue)).min() > -1e-9
    assert (law.dispersion >= 0).all()


def test_a_queue_without_history_leans_on_the_others_and_none_at_all_on_the_default():
    mean, actual = simulated_days(200, queues=2)
    actual[:, 1] = np.nan

    law = learn_law(mean, actual, interval_minutes=30, dispersion=0.05)
    empty = learn_law(mean[:0], actual[:0], interval_minutes=30, dispersion=0.05)

    np.testing.assert_allclose(law.covariance(1).mean(), 0.15**2, rtol=0.4)
    assert empty.days == 0
    np.testing.assert_array_equal(default_law(2, SLOTS, interval_minutes=30, dispersion=0.05).weights, empty.weights)
    assert empty.covariance(0)[0, 5] == DEFAULT_LEVEL_VARIANCE


def test_the_learnt_update_beats_nothing_and_the_plain_ratio_and_is_covered_as_promised():
    mean, actual = simulated_days(160, level=0.15, mean=12.0)
    model = learn_from_days(mean[:60], actual[:60], interval_minutes=30, dispersion=0.05)
    errors, hits = np.zeros(3), []

    for day in range(60, 160):
        updated = update_day(issued_day(mean[day]), actual[day], elapsed=6, model=model)
        rest, so_far = actual[day, 0, 6:].sum(), actual[day, 0, :6].sum()
        plain = mean[day, 0, 6:].sum() * so_far / mean[day, 0, :6].sum()
        errors += np.abs([updated.remaining_mean[0] - rest, mean[day, 0, 6:].sum() - rest, plain - rest])
        hits.append(updated.remaining_quantiles[0, 1] <= rest <= updated.remaining_quantiles[0, 5])

    assert errors[0] < min(errors[1:])
    assert 0.68 <= np.mean(hits) <= 0.92  # 100 days: 0.8 +- 3 standard errors


def test_levels_of_overdispersed_outcomes_are_bent_outwards():
    random = np.random.default_rng(2)
    mean = np.full(4_000, 60.0)
    came = random.poisson(mean * random.gamma(10, 0.1, mean.size)).astype(float)

    bent = learn_levels(mean, np.zeros(mean.size), came, np.arange(mean.size) % 400)

    low, high = bent.levels[3, 1], bent.levels[3, 5]
    assert low < 0.05
    assert high > 0.95


def test_past_forecasts_do_not_see_their_day():
    times = pd.date_range("2024-01-01", periods=70 * SLOTS, freq="30min", unit="us")
    calls = np.random.default_rng(0).poisson(20, len(times)).astype(float)
    first = build_panel(pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": calls}))
    later = calls.copy()
    later[60 * SLOTS :] *= 7
    second = build_panel(pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": later}))

    one, two = (walk_forward(p, [5, 50, 60], site=Site(), horizon_days=3, options=OPTIONS) for p in (first, second))

    assert [50, 60] == list(one.origin)  # 5 days are too few
    np.testing.assert_array_equal(one.mean, two.mean)
    assert np.isnan(walk_forward(first, [70], site=Site(), horizon_days=2, options=OPTIONS).actual).all()


@pytest.fixture
def history():
    times = pd.date_range("2024-01-01", periods=90 * SLOTS, freq="30min", unit="us")
    random = np.random.default_rng(8)
    rush = np.where((times.hour >= 8) & (times.hour < 18), 12.0, 0.0)
    factor = np.repeat(np.maximum(1 + 0.2 * random.standard_normal(90), 0.3), SLOTS)
    frames = [
        pd.DataFrame({"queue_id": name, "interval_start": times, "calls": random.poisson(size * rush * factor) * 1.0})
        for name, size in (("big", 3.0), ("small", 0.05))
    ]
    return pd.concat(frames, ignore_index=True)


def todays_forecast(history, day, queues=("big", "small", "new")):
    rows = history[history["interval_start"].dt.normalize() == day].copy()
    rows = pd.concat([rows.assign(queue_id=name) for name in queues], ignore_index=True).drop_duplicates(
        ["queue_id", "interval_start"], ignore_index=True
    )
    rows["calls_mean"] = np.where(rows["interval_start"].dt.hour.between(8, 17), 20.0, 0.0)
    for level in LEVELS:
        rows[f"calls_q{round(level * 100):02d}"] = rows["calls_mean"] * (0.5 + level)
    columns = [name for name in rows.columns if name.startswith("calls_q")]
    days = rows.groupby("queue_id", as_index=False)[columns].sum()
    return rows.drop(columns="calls"), days


def test_frames_hold_the_intervals_still_to_come_and_add_up(history):
    day = pd.Timestamp("2024-03-25")
    issued, issued_days = todays_forecast(history, day)

    result = reforecast(history, issued, issued_days, site=Site(), at=day + pd.Timedelta(hours=12), options=OPTIONS)

    assert result.intervals["interval_start"].min() == day + pd.Timedelta(hours=12)
    sums = result.intervals.groupby("queue_id")["calls_mean"].sum()
    np.testing.assert_allclose(result.days.set_index("queue_id")["calls_remaining_mean"], sums, rtol=1e-9)
    days = result.days.set_index("queue_id")
    np.testing.assert_allclose(
        days["calls_day_mean"], days["calls_so_far"] + days["calls_remaining_mean"] + [0, 160, 0]
    )
    assert days.loc["new", "remaining_ratio"] == 1  # a queue without history or calls stays as issued
    assert days.loc["new", "intervals_missing"] == 8
    assert days.loc["big", "intervals_known"] == 8


def test_intervals_after_the_last_known_one_are_missing_even_if_rows_say_zero(history):
    day = pd.Timestamp("2024-03-25")
    issued, issued_days = todays_forecast(history, day)
    stale = history.copy()
    stale.loc[stale["interval_start"] >= day + pd.Timedelta(hours=10), "calls"] = 0.0
    noon, ten = day + pd.Timedelta(hours=12), day + pd.Timedelta(hours=10)

    told = reforecast(stale, issued, issued_days, site=Site(), at=noon, known_until=ten, options=OPTIONS)
    fooled = reforecast(stale, issued, issued_days, site=Site(), at=noon, options=OPTIONS)

    big, wrong = (result.days.set_index("queue_id").loc["big"] for result in (told, fooled))
    assert big["intervals_missing"] == 4
    assert big["remaining_ratio"] > wrong["remaining_ratio"]


def test_the_order_of_rows_and_repetition_change_nothing(history):
    day = pd.Timestamp("2024-03-25")
    issued, issued_days = todays_forecast(history, day)
    at = day + pd.Timedelta(hours=11, minutes=17)
    shuffled = history.sample(frac=1, random_state=1)

    one = reforecast(history, issued, issued_days, site=Site(), at=at, options=OPTIONS)
    two = reforecast(shuffled, issued.iloc[::-1], issued_days.iloc[::-1], site=Site(), at=at, options=OPTIONS)

    pd.testing.assert_frame_equal(one.intervals, two.intervals)
    pd.testing.assert_frame_equal(one.days, two.days)


def test_a_day_without_a_forecast_is_named(history):
    issued, issued_days = todays_forecast(history, pd.Timestamp("2024-03-25"))

    with pytest.raises(DataError, match="no interval of 2024-03-29"):
        reforecast(history, issued, issued_days, site=Site(), at=dt.datetime(2024, 3, 29, 11), options=OPTIONS)


def test_a_queue_with_hardly_any_history_learns_something_finite(history):
    few = history[history["interval_start"] < "2024-01-20"]

    model = learn_intraday(build_panel(few), site=Site(), options=OPTIONS)

    assert np.isfinite(model.law.weights).all()
    assert ((model.strength >= 0) & (model.strength <= 1)).all()


def test_the_backtest_compares_the_update_with_nothing_and_the_plain_ratio(history):
    scores = run_intraday_backtest(
        history, site=Site(), first=dt.date(2024, 3, 20), days=5, after_hours=(0, 2), options=OPTIONS
    )

    at_start = scores[scores["after_hours"] == 0].set_index("method")
    assert at_start.loc["wfm", "wmape"] == at_start.loc["as_issued", "wmape"]
    assert 3 * 2 == len(scores)
    assert scores[scores["method"] == "plain_ratio"]["cov80"].isna().all()


def test_a_backtest_without_an_open_day_is_refused(history):
    with pytest.raises(DataError, match="no open day from 2025-01-01"):
        run_intraday_backtest(history, site=Site(), first=dt.date(2025, 1, 1), days=5, after_hours=(2,))


def test_means_alone_are_those_of_the_whole_update():
    mean, came = simulated_days(40, queues=2)
    model = learn_from_days(mean[:-1], came[:-1], interval_minutes=60, dispersion=0.05)
    so_far = came[-1].copy()
    so_far[1, 3] = np.nan  # one interval that is over is not known

    for elapsed in (0, 1, 9, mean.shape[2]):
        whole = update_day(issued_day(mean[-1]), so_far, elapsed=elapsed, model=model)
        alone = update_means(mean[-1], so_far, elapsed=elapsed, model=model)

        np.testing.assert_array_equal(whole.mean, alone)
