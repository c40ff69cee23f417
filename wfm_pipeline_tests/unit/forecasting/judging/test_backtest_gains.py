"""Floors, the oracle and the share of removable error left."""

import numpy as np
import pytest

from wfm_pipeline.domain.forecasting.judging.gains import GRAINS, gain_table, share_left
from wfm_pipeline.domain.forecasting.judging.scored_rows import scored_rows
from wfm_pipeline.domain.forecasting.judging.scores import score_backtest
from wfm_pipeline_tests.backtest_kit import SITE, judged_frame


@pytest.fixture(scope="module")
def judged():
    return judged_frame(methods=(("wfm", 1.1), ("median_6", 1.4), ("mean_4", 1.6)))


def test_scores_and_floors_are_the_benchmarks(judged):
    table = gain_table(scored_rows(judged, site=SITE))
    scores = score_backtest(judged)[0].set_index("method")

    own = table.set_index(["score", "peer"])
    for score in GRAINS:
        assert scores.loc["wfm", score] == pytest.approx(own.loc[(score, "mean_4"), "ours"])
        assert scores.loc["mean_4", score] == pytest.approx(own.loc[(score, "mean_4"), "peer_score"])
    assert scores.loc["wfm", "poisson_floor"] == pytest.approx(own.loc[("int_q", "mean_4"), "floor"])
    assert scores.loc["wfm", "poisson_floor_tot"] == pytest.approx(own.loc[("int_tot", "mean_4"), "floor"])


def test_the_best_peer_is_the_one_with_the_lowest_score_and_marked_once_per_score(judged):
    table = gain_table(scored_rows(judged, site=SITE))

    best = table[table["is_best_peer"]]

    assert list(GRAINS) == best["score"].tolist()
    assert {"median_6"} == set(best["peer"])


def test_knowing_the_days_total_leaves_no_day_error_and_less_interval_error(judged):
    table = gain_table(scored_rows(judged, site=SITE)).drop_duplicates("score").set_index("score")

    assert table.loc[["day_q", "day_tot"], "oracle_day_total"].to_numpy() == pytest.approx(0.0, abs=1e-12)
    assert table.loc["int_tot", "floor"] < table.loc["int_tot", "oracle_day_total"] < table.loc["int_tot", "ours"]


def test_a_day_forecast_as_zero_stays_zero_for_the_oracle():
    frame = judged_frame(origins=("2024-01-08",), days=1).assign(calls=5.0)
    frame.loc[frame["method"] == "wfm", ["calls_mean", "calls_q50"]] = 0.0

    table = gain_table(scored_rows(frame, site=SITE)).drop_duplicates("score").set_index("score")

    assert table.loc["day_q", "oracle_day_total"] == 1.0


@pytest.mark.parametrize(
    ("ours", "peer", "floor", "left"),
    [
        pytest.param(0.3, 0.4, 0.2, 0.5, id="half"),
        pytest.param(0.4, 0.4, 0.2, 1.0, id="no_better"),
        pytest.param(0.2, 0.4, 0.2, 0.0, id="perfect"),
        pytest.param(0.5, 0.4, 0.2, 1.5, id="worse"),
    ],
)
def test_the_share_left_is_measured_from_the_floor(ours, peer, floor, left):
    assert left == pytest.approx(share_left(ours, peer, floor))


def test_a_peer_at_the_floor_leaves_nothing_to_share():
    assert np.isnan(share_left(0.3, 0.2, 0.2))


def test_without_peers_or_without_ours_there_is_no_table(judged):
    rows = scored_rows(judged, site=SITE)

    assert gain_table(rows[rows["method"] == "wfm"]).empty
    assert gain_table(rows[rows["method"] != "wfm"]).empty
