"""Diebold-Mariano and the block bootstrap: values by hand, and how often they are right when the truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from wfm_pipeline.domain.forecasting.judging.differences import bootstrap_interval, diebold_mariano, difference_table
from wfm_pipeline.domain.forecasting.judging.scored_rows import scored_rows
from wfm_pipeline.domain.forecasting.judging.scores import score_backtest
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.backtest_kit import SITE, judged_frame

DIFFERENCES = np.array([1.0, -2.0, 3.0, 0.0, -1.0, 2.0])


def test_without_lags_the_test_is_the_corrected_t_test_by_hand():
    # mean 0.5; squares around it 0.25 + 6.25 + 6.25 + 0.25 + 2.25 + 2.25 = 17.5, over 6 is 2.9167;
    # over 6 days 0.48611, root 0.69722; factor of Harvey et al. for h = 1: sqrt((6 + 1 - 2 + 0) / 6)
    expected = 0.5 / np.sqrt(17.5 / 6 / 6) * np.sqrt(5 / 6)

    test = diebold_mariano(DIFFERENCES, lags=0)

    assert expected == pytest.approx(test.statistic)
    assert 0.65465 == pytest.approx(test.statistic, abs=1e-5)
    assert 2 * t.sf(expected, 5) == pytest.approx(test.p_value)


def test_lags_enter_with_bartlett_weights_by_hand():
    # around the mean: 0.5, -2.5, 2.5, -0.5, -1.5, 1.5
    # lag 1: -1.25 - 6.25 - 1.25 + 0.75 - 2.25 = -10.25; lag 2: 1.25 + 1.25 - 3.75 - 0.75 = -2
    # variance = (17.5 + 2 (2/3) (-10.25) + 2 (1/3) (-2)) / 6 / 6; h = 3: (6 + 1 - 6 + 3 * 2 / 6) / 6 = 2 / 6
    expected = 0.5 / np.sqrt((17.5 - 4 / 3 * 10.25 - 4 / 3) / 36) * np.sqrt(2 / 6)

    assert expected == pytest.approx(diebold_mariano(DIFFERENCES, lags=2).statistic)


def test_the_statistic_equals_a_plain_double_loop():
    differences = np.random.default_rng(4).normal(0.2, 1, 90).cumsum() * 0.1
    days, lags = differences.size, 13
    around = differences - differences.mean()
    total = 0.0
    for first in range(days):
        for second in range(days):
            if abs(first - second) <= lags:
                total += (1 - abs(first - second) / (lags + 1)) * around[first] * around[second]
    factor = (days + 1 - 2 * 14 + 14 * 13 / days) / days

    test = diebold_mariano(differences, lags=lags)

    assert differences.mean() / np.sqrt(total) * days * np.sqrt(factor) == pytest.approx(test.statistic)


def test_swapping_the_forecasts_turns_the_sign_and_keeps_p():
    one, other = diebold_mariano(DIFFERENCES, lags=1), diebold_mariano(-DIFFERENCES, lags=1)

    assert one.statistic == pytest.approx(-other.statistic)
    assert one.p_value == pytest.approx(other.p_value)


def test_forecasts_that_are_one_and_the_same_give_p_one():
    test = diebold_mariano(np.zeros(20), lags=2)

    assert (test.statistic, test.p_value) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("differences", "lags"),
    [
        pytest.param(np.array([]), 0, id="no_day"),
        pytest.param(np.array([1.0]), 0, id="one_day"),
        pytest.param(np.arange(14.0), 13, id="one_origin"),
        pytest.param(np.full(20, 0.3), 0, id="one_constant"),
    ],
)
def test_too_little_to_judge_is_unknown_and_not_sure(differences, lags):
    test = diebold_mariano(differences, lags=lags)

    assert np.isnan([test.statistic, test.p_value]).all()


def _series(random, days, *, memory, mean):
    """A first-order autoregression with unit variance around a mean."""
    noise = random.normal(0, np.sqrt(1 - memory**2), days)
    values = np.empty(days)
    values[0] = random.normal()
    for day in range(1, days):
        values[day] = memory * values[day - 1] + noise[day]
    return values + mean


def test_equal_forecasts_are_called_different_about_as_often_as_promised():
    random = np.random.default_rng(11)

    p_values = [diebold_mariano(_series(random, 140, memory=0.4, mean=0.0), lags=6).p_value for _ in range(600)]

    # 5 % promised; Newey-West is known to reject somewhat too often under positive memory
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.11


@pytest.mark.parametrize(("days", "block", "memory"), [(140, 14, 0.3), (64, 7, 0.0), (120, 10, 0.5)])
def test_the_bootstrap_interval_covers_the_true_difference_about_as_often_as_promised(days, block, memory):
    random = np.random.default_rng(7)
    hits = []
    for _ in range(300):
        differences = _series(random, days, memory=memory, mean=-0.3)
        interval = bootstrap_interval(differences, np.ones(days), block_days=block, resamples=500)
        hits.append(interval.low <= -0.3 <= interval.high)

    # 95 % promised; 300 draws have a standard error of 1.3 points, few blocks cost a little more
    assert 0.90 <= np.mean(hits) <= 0.995


def test_the_interval_is_of_the_ratio_and_scales_with_it():
    random = np.random.default_rng(2)
    differences, weights = random.normal(-1, 1, 70), random.uniform(50, 150, 70)

    interval = bootstrap_interval(differences, weights, block_days=7)
    tenfold = bootstrap_interval(differences, weights / 10, block_days=7)

    assert interval.low < differences.sum() / weights.sum() < interval.high
    assert (tenfold.low, tenfold.high) == pytest.approx((interval.low * 10, interval.high * 10))
    assert interval == bootstrap_interval(differences, weights, block_days=7)


def test_fewer_than_three_blocks_say_nothing():
    interval = bootstrap_interval(np.arange(20.0), np.ones(20), block_days=10)

    assert np.isnan([interval.low, interval.high, interval.better_share]).all()


def test_unsound_words_are_refused():
    with pytest.raises(DataError, match="lags must be at least 0"):
        diebold_mariano(DIFFERENCES, lags=-1)
    with pytest.raises(DataError, match="do not fit"):
        bootstrap_interval(DIFFERENCES, np.ones(5), block_days=2)
    with pytest.raises(DataError, match="do not fit"):
        bootstrap_interval(DIFFERENCES, np.ones(6), block_days=0)


def test_the_table_holds_the_benchmarks_scores_and_finds_the_worse_peer():
    origins = pd.date_range("2024-01-01", periods=8, freq="14D").strftime("%Y-%m-%d")
    judged = judged_frame(origins=tuple(origins), methods=(("wfm", 1.0), ("high", 1.5)))
    scores = score_backtest(judged)[0].set_index("method")

    table = difference_table(scored_rows(judged, site=SITE)).set_index("score")

    for score in ("int_q", "day_tot", "pinball"):
        assert scores.loc["wfm", score] == pytest.approx(table.loc[score, "ours"])
        assert scores.loc["high", score] == pytest.approx(table.loc[score, "peer_score"])
        assert table.loc[score, "difference_high"] < 0
        assert table.loc[score, "dm_p_value"] < 0.01
    assert (table["dm_lags"].iloc[0], table["block_days"].iloc[0], table["days"].iloc[0]) == (13, 14, 112)


def test_origins_that_share_dates_count_a_date_once():
    judged = judged_frame(origins=("2024-01-08", "2024-01-09", "2024-01-10"), days=7)

    table = difference_table(scored_rows(judged, site=SITE))

    assert {9} == set(table["days"])  # 8 to 16 January


def test_one_day_ahead_uses_no_lags_and_blocks_of_a_week():
    origins = pd.date_range("2024-01-08", periods=30).strftime("%Y-%m-%d")

    table = difference_table(scored_rows(judged_frame(origins=tuple(origins), days=1), site=SITE))

    assert ({0}, {7}, {30}) == (set(table["dm_lags"]), set(table["block_days"]), set(table["days"]))


def test_a_peer_without_quantiles_has_no_pinball_row_and_no_peer_gives_no_row():
    judged = judged_frame()
    judged.loc[judged["method"] == "median_6", "calls_q10"] = np.nan
    rows = scored_rows(judged, site=SITE)

    assert ["int_q", "day_tot"] == difference_table(rows)["score"].tolist()
    assert difference_table(rows[rows["method"] == "wfm"]).empty
    assert difference_table(rows[rows["method"] == "median_6"]).empty
