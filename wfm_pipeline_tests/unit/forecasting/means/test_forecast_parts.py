"""Single parts of the forecast, on values worked out by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.bands.counts import fit_dispersion, integer_quantile, middle_quantile
from wfm_pipeline.domain.forecasting.bands.inner_backtest import InnerForecasts
from wfm_pipeline.domain.forecasting.bands.interval_models import WEIGHTS, IntervalModels, _blend
from wfm_pipeline.domain.forecasting.bands.learnt_bands import default_bands, learn_bands
from wfm_pipeline.domain.forecasting.bands.peer_share import learn_peer_share
from wfm_pipeline.domain.forecasting.bands.weights import best_weight
from wfm_pipeline.domain.forecasting.desk.calendar_facts import FEATURES, day_types
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.desk.state import observe
from wfm_pipeline.domain.forecasting.means.drift import drift_weights
from wfm_pipeline.domain.forecasting.means.effect import NEIGHBOURS, learn_effect, nan_median, neighbour_level
from wfm_pipeline.domain.forecasting.means.level import learn_level
from wfm_pipeline.domain.forecasting.means.month import month_curve
from wfm_pipeline.domain.forecasting.means.shape import learn_shape, pooled_means, smoothed, trimmed_mean
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, ForecastOptions

OPTIONS = ForecastOptions()


def _state(day_calls, first=dt.date(2024, 1, 1), horizon=14, slots=4):
    """One queue, six-hour steps would not be allowed: 24 slots, calls spread over the first `slots`."""
    times = pd.date_range(first, periods=len(day_calls) * 24, freq="60min", unit="us")
    share = np.where(np.arange(24) < slots, 1 / slots, 0.0)
    calls = (np.asarray(day_calls, float)[:, None] * share).ravel()
    panel = build_panel(pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": calls}))
    return observe(panel, day_types(Site(), panel.first_date, len(day_calls) + horizon))


def _learn_effect(state):
    return learn_effect(state, neighbour_level(state), OPTIONS)


def test_neighbour_levels_are_those_of_the_nearest_same_weekdays_taken_one_day_at_a_time():
    random = np.random.default_rng(7)
    times = pd.date_range("2023-11-01", periods=200 * 24, freq="60min", unit="us")
    days = [random.poisson(size, 200).astype(float) for size in (3, 40, 400)]
    days[1][random.choice(200, 30, replace=False)] = np.nan
    parts = [
        pd.DataFrame({"queue_id": str(queue), "interval_start": times, "calls": np.repeat(calls, 24) / 24})
        for queue, calls in enumerate(days)
    ]
    panel = build_panel(pd.concat(parts))
    state = observe(panel, day_types(Site(country="DE"), panel.first_date, 214))
    totals = np.where(state.normal, state.days.total, np.nan)
    expected = np.full(totals.shape, np.nan)
    for date in range(200):
        for queue in range(3):
            day = state.like[queue, date]
            pool = np.flatnonzero(state.normal.any(axis=0) & (state.types.weekday[:200] == day))
            others = pool[pool != date]
            near = others[np.argsort(np.abs(others - date), kind="stable")[:NEIGHBOURS]]
            expected[queue, date] = nan_median(totals[queue : queue + 1, near])[0]

    np.testing.assert_array_equal(expected, neighbour_level(state))


def test_the_level_is_the_mean_of_the_medians_of_the_last_four_and_eight_same_weekdays():
    # Mondays bring 10, 20, ..., 100 calls; the medians are 85 of the last four and 65 of the last eight
    calls = np.full(70, 50.0)
    calls[::7] = np.arange(10, 110, 10)
    state = _state(calls)

    level = learn_level(state, np.zeros((1, 84)), OPTIONS)

    assert level.weekday[0, 0] == 75
    assert level.weekday[0, 1] == 50


def test_recent_drift_is_carried_forward_in_part():
    calls = np.full(84, 100.0)
    calls[-21:] = 120.0
    state = _state(calls)

    level = learn_level(state, np.zeros((1, 98)), OPTIONS)

    # the last eight weeks hold three of 120, the last four as well: medians 100 and 120, all 15 last working
    # days above their mean
    assert level.weekday[0, 0] == 110
    np.testing.assert_allclose(level.drift[0], OPTIONS.drift_gain * np.log(122 / 112))


def test_near_days_follow_the_last_days_more_than_far_days_do():
    calls = np.full(84, 100.0)
    calls[-4:] = 130.0

    drift = learn_level(_state(calls), np.zeros((1, 98)), OPTIONS).drift[0]

    assert 0.9 * np.log(132 / 102) > drift[0] > drift[2] > drift[13] > 0


def test_a_desk_that_wanders_gets_a_shorter_memory_than_one_that_only_scatters():
    random = np.random.default_rng(3)
    wanders = 400 * np.exp(np.cumsum(random.normal(0, 0.06, 120)))
    scatters = 400 * np.exp(random.normal(0, 0.15, 120))

    def short_weight(calls):
        state = _state(calls)
        return drift_weights(state, state.days.total, OPTIONS)[0, 0]

    assert (short_weight(wanders) > short_weight(scatters))[[0, 13]].all()
    np.testing.assert_allclose(drift_weights(_state(wanders), _state(wanders).days.total, OPTIONS).sum(axis=0), 1.0)


def test_last_years_movement_is_followed_by_half():
    calls = np.full(420, 200.0)
    # the target days are 420 to 433; a year earlier, days 56 to 69 stand beside now, 70 on rose by half
    calls[66:100] = 300.0
    state = _state(calls)

    yearly = learn_level(state, np.zeros((1, 434)), OPTIONS).yearly[0]

    assert abs(yearly[0]) < 0.01
    assert 0 < yearly[13] <= 0.3
    assert (np.diff(yearly) >= -1e-12).all()


def test_neighbours_leave_the_day_itself_out():
    calls = np.full(70, 50.0)
    calls[35] = 900.0  # a Monday

    level = neighbour_level(_state(calls))

    assert level[0, 35] == 50


def test_an_effect_of_the_calendar_is_learnt_and_noise_is_not():
    random = np.random.default_rng(4)
    first = dt.date(2022, 1, 1)
    dates = pd.date_range(first, periods=400)
    paydays = np.where(dates.day >= 28, 600.0, 400.0)

    learnt = _learn_effect(_state(random.poisson(paydays), first))
    noise = _learn_effect(_state(random.poisson(400, 400), first))

    state = _state(random.poisson(paydays), first)
    effect = learnt.of(state.features)[0]
    rise = effect[:400][dates.day >= 29].mean() - effect[:400][(dates.day > 5) & (dates.day < 20)].mean()
    assert rise == pytest.approx(np.log(600 / 400), abs=0.15)
    assert np.abs(noise.of(state.features)).max() < 0.05


def test_forty_queues_teach_the_same_effect_as_four_like_them():
    random = np.random.default_rng(8)
    times = pd.date_range("2022-01-01", periods=300 * 24, freq="60min", unit="us")
    rate = np.where(times.day >= 28, 30.0, 20.0)

    def effect(queues):
        frames = [
            pd.DataFrame({"queue_id": f"q{n:02d}", "interval_start": times, "calls": random.poisson(rate) * 1.0})
            for n in range(queues)
        ]
        panel = build_panel(pd.concat(frames))
        state = observe(panel, day_types(Site(), panel.first_date, 314))
        answer = _learn_effect(state).of(state.features)
        assert answer.shape == (queues, 314)
        return answer.mean(axis=0)

    np.testing.assert_allclose(effect(4), effect(40), atol=0.05)


def test_the_month_curve_is_shrunk_towards_nothing():
    rows = np.zeros((4, len(FEATURES)))
    rows[:, FEATURES.index("day_of_month")] = 15
    rows[:, [FEATURES.index("days_since_holiday"), FEATURES.index("days_to_holiday")]] = 8

    curve = month_curve(rows, np.full(4, 0.2), np.ones(4))

    assert 4 * 0.2 / (4 + 4.0) == pytest.approx(curve[14])
    assert 0 == pytest.approx(curve[29], abs=1e-9)


def test_the_shape_sums_to_one_and_is_zero_where_closed():
    times = pd.date_range("2024-01-01", periods=84 * 24, freq="60min", unit="us")
    history = pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": np.tile(np.arange(24.0), 84)})
    panel = build_panel(history[history["interval_start"].dt.hour.between(8, 17)])

    shape = learn_shape(observe(panel, day_types(Site(), panel.first_date, 98)), OPTIONS)

    np.testing.assert_allclose(shape.sum(axis=2), 1.0)
    assert not shape[:, :, :8].any()
    assert not shape[:, :, 18:].any()
    assert (np.diff(shape[0, 0, 8:18]) > 0).all()


def test_smoothing_takes_a_quarter_from_open_neighbours_only():
    shape, open_slots = np.array([[0.0, 4.0, 8.0, 0.0]]), np.array([[False, True, True, False]])

    # slot 1: 4/2 + itself 4/4 + 8/4; slot 2: 8/2 + 4/4 + itself 8/4
    np.testing.assert_allclose([5.0, 7.0], smoothed(shape, open_slots)[0, 1:3])


def test_the_pooled_profile_has_the_queues_own_level():
    times = pd.date_range("2024-01-01", periods=9 * 24, freq="60min", unit="us")
    small = pd.DataFrame({"queue_id": "s", "interval_start": times, "calls": 1.0})
    large = pd.DataFrame({"queue_id": "t", "interval_start": times, "calls": 9.0})
    panel = build_panel(pd.concat([small, large]))

    means = pooled_means(observe(panel, day_types(Site(), panel.first_date, 23)))

    np.testing.assert_allclose(means[0].sum(axis=1), 24.0)
    np.testing.assert_allclose(means[1].sum(axis=1), 216.0)


def test_dispersion_is_found_again_in_counts_that_have_it():
    random = np.random.default_rng(0)
    mean = np.full(4000, 50.0)
    counts = random.negative_binomial(1 / 0.2, 1 / (1 + 0.2 * mean)).astype(float)

    assert fit_dispersion(counts, mean, default=0.05) == pytest.approx(0.2, rel=0.25)
    assert fit_dispersion(random.poisson(50, 4000).astype(float), mean, default=0.05) < 0.005
    assert fit_dispersion(np.empty(0), np.empty(0), default=0.05) == 0.05


def test_quantiles_of_a_sure_zero_are_zero():
    for quantile in (integer_quantile, middle_quantile):
        assert quantile(np.array(0.9), np.array(0.0), np.array(0.1)) == 0.0


def test_the_middle_quantile_lies_within_one_of_the_integer_quantile():
    level, mean = np.linspace(0.05, 0.95, 19)[:, None], np.linspace(0.2, 40, 50)[None, :]

    apart = middle_quantile(level, mean, np.full_like(mean, 0.1)) - integer_quantile(
        level, mean, np.full_like(mean, 0.1)
    )

    assert np.abs(apart).max() <= 0.5
    assert np.abs(apart).max() > 0.1


def test_bands_learn_from_an_inner_backtest_that_was_too_sure():
    random = np.random.default_rng(2)
    mean = np.full((1, 2000), 100.0)
    actual = random.negative_binomial(1 / 0.1, 1 / (1 + 0.1 * mean)).astype(float)

    learnt = learn_bands(mean, actual, np.arange(2000), np.ones(2000, int), default=1e-4, level_bands=1).quantiles(mean)
    default = default_bands(1, 1e-4, level_bands=1).quantiles(mean)

    def covered(quantiles):
        return ((actual >= quantiles[..., 1]) & (actual <= quantiles[..., 5])).mean()

    assert covered(learnt) == pytest.approx(0.8, abs=0.03)
    assert covered(default) < 0.5


def test_bands_grow_with_the_horizon_as_the_errors_of_the_inner_backtest_do():
    random = np.random.default_rng(6)
    ahead = np.tile(np.arange(1, 15), 100)
    mean = np.full((1, 1400), 500.0)

    def learnt(spread):
        actual = random.negative_binomial(1 / spread, 1 / (1 + spread * mean)).astype(float)
        return learn_bands(mean, actual, np.arange(1400), ahead, default=0.05, level_bands=1)

    def width(bands, day):
        quantiles = bands.quantiles(np.full((1, 1), 500.0), np.array([day]))[0, 0]
        return quantiles[5] - quantiles[1]

    growing, steady = learnt(0.01 * ahead), learnt(np.full(1400, 0.07))

    assert width(growing, 1) < 0.7 * width(growing, 14)
    assert width(growing, 14) < 0.8 * width(growing, 60)
    assert width(steady, 1) > 0.9 * width(steady, 14)


def test_without_an_inner_backtest_far_bands_are_wider_than_near_ones():
    bands = default_bands(1, 0.05, level_bands=1)

    near, far = bands.quantiles(np.full((1, 2), 200.0), np.array([1, 182]))[0]

    # f grows by 2 % a day: 1 + 0.02 x 181 = 4.6 times, twice as wide
    assert (far[5] - far[1]) / (near[5] - near[1]) == pytest.approx(2.0, abs=0.2)


def test_interval_models_get_no_weight_without_a_clear_gain():
    steady, noise = np.full(10, 100.0), np.tile([-1.0, 1.0], 5)

    assert best_weight(np.stack([steady, steady - 0.5, steady]), WEIGHTS) == 0.0  # half a percent is too little
    assert best_weight(np.stack([steady, steady - 3.0 + noise, steady - 2.0]), WEIGHTS) == 0.25


def test_interval_models_get_no_weight_for_a_gain_that_a_few_days_decide():
    lucky = np.full(10, 100.0)
    lucky[3] = 60.0  # 4 % in all; one day's gain of 40 has a standard error of 40 over ten days

    assert best_weight(np.stack([np.full(10, 100.0), lucky, lucky]), WEIGHTS) == 0.0


def test_the_trimmed_mean_leaves_the_outer_weight_out_and_counts_recent_days_more():
    values = np.array([1.0, 2.0, 3.0, 4.0, 100.0])[None, :, None]

    even = trimmed_mean(values, np.ones((1, 5)), 0.2)
    recent = trimmed_mean(values, np.array([[1.0, 1.0, 2.0, 1.0, 0.0]]), 0.2)

    assert (2 + 3 + 4) / 3 == pytest.approx(even[0, 0])  # middles .1 .3 .5 .7 .9
    assert (2 + 3 * 2) / 3 == pytest.approx(recent[0, 0])  # middles .1 .3 .6 .9; the day of weight 0 never counts


def test_a_blend_moves_modelled_levels_by_their_weight_and_keeps_the_order():
    quantiles = np.array([[1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 11.0]])

    moved = _blend(quantiles, np.array([[4.0, 6.0, 14.0]]), 0.5)[0]

    # 10 %: 2 -> 3, 50 % stays, 90 %: 10 -> 12; 75 % lies 5/8 of the way from 50 to 90 %
    assert [2.0, 3.0, 6.0, 8 + 2 * 5 / 8, 12.0, 13.0] == pytest.approx(moved[[0, 1, 3, 4, 5, 6]])
    assert (np.diff(moved) >= 0).all()
    assert len(QUANTILE_LEVELS) == len(moved)


def test_without_a_weight_interval_models_change_nothing():
    mean = np.ones((1, 2, 3))

    assert IntervalModels().corrected_mean(mean, np.zeros((1, 2, len(FEATURES)))) is mean


def test_a_simple_peer_that_won_the_inner_backtest_takes_half_and_one_that_did_not_gets_nothing():
    date = np.arange(20)
    actual = np.random.default_rng(1).poisson(100, (2, 20, 3)).astype(float)
    mean = np.stack([np.full((20, 3), 140.0), np.full((20, 3), 100.0)])  # the first queue's model is far off
    peer = np.full((2, 20, 3), 100.0)
    inner = InnerForecasts(mean, actual, date, np.zeros(20, int), {"median_6": peer, "mean_8": peer + 30})
    plain = np.ones((2, 20), bool)
    week = np.full((2, 7, 3), 100.0)

    learnt = learn_peer_share(inner, plain, {"median_6": week, "mean_8": week + 30})

    # horizon days 1 to 7 are seven dates, too few; from day 8 on there are thirteen
    assert ("median_6", "") == learnt.names
    np.testing.assert_array_equal([[0.0, 0.5], [0.0, 0.0]], learnt.share)
    blended = learnt.blend(mean, np.arange(1, 21), date % 7, plain)
    assert [140.0, 120.0] == [blended[0, 6, 0], blended[0, 7, 0]]
    assert 140.0 == learnt.blend(mean, np.arange(1, 21), date % 7, ~plain)[0, 7, 0]


def test_a_peer_that_wins_intervals_but_loses_whole_days_gets_nothing():
    # a median of 0 calls misses less per thin interval than the mean does, and every day's sum by a third and more
    actual = np.random.default_rng(1).poisson(0.4, (1, 40, 48)).astype(float)
    mean, peer = np.full(actual.shape, 0.4), np.zeros(actual.shape)
    inner = InnerForecasts(mean, actual, np.arange(40), np.zeros(40, int), {"median_6": peer, "mean_8": peer})
    week = np.zeros((1, 7, 48))

    learnt = learn_peer_share(inner, np.ones((1, 40), bool), {"median_6": week, "mean_8": week})

    assert np.abs(actual - peer).sum() < np.abs(actual - mean).sum()
    assert not learnt.share.any()
