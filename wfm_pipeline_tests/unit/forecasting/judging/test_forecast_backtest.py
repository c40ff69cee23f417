"""The backtest: folds, which rows come out, what is scored, and that nothing leaks."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import METHODS, read_folds, run_backtest
from wfm_pipeline.domain.forecasting.judging.scores import rate_guess, score_backtest
from wfm_pipeline.errors import DataError

SITE = Site()


def _panel(days=100, queues=("a",), seed=1):
    random = np.random.default_rng(seed)
    times = pd.date_range("2024-01-01", periods=days * 24, freq="60min", unit="us")
    times = times[(times.day_of_week < 5) & (times.hour >= 8) & (times.hour < 18)]
    return pd.concat(
        [
            pd.DataFrame({"queue_id": q, "interval_start": times, "calls": random.poisson(20, len(times)) * 1.0})
            for q in queues
        ],
        ignore_index=True,
    )


def _folds(*origins, horizon=14):
    rows = [("x", number, origin, horizon, "2024-01-01", "ignored") for number, origin in enumerate(origins)]
    return pd.DataFrame(rows, columns=["dataset", "fold", "origin", "horizon_days", "train_from", "last_target_day"])


def test_every_interval_of_a_fold_has_one_row_per_method_even_past_the_end_and_on_closed_days():
    panel = _panel(queues=("a", "b"))  # ends Tuesday 9 April
    panel.loc[panel["interval_start"].dt.normalize() == "2024-03-28", "calls"] = 0.0  # closed
    folds = read_folds(_folds("2024-03-18", "2024-04-01"))

    result = run_backtest(panel, folds, site=SITE)

    for origin, end in (("2024-03-18", "2024-04-01"), ("2024-04-01", "2024-04-15")):
        expected = panel[(panel["interval_start"] >= origin) & (panel["interval_start"] < end)]
        for method in METHODS:
            made = result.predictions
            rows = made[(made["method"] == method) & (made["origin"] == pd.Timestamp(origin))]
            assert len(rows) == len(expected)
            merged = expected.merge(rows, on=["queue_id", "interval_start"], validate="one_to_one")
            assert len(merged) == len(expected)
            assert merged[["calls_mean", "calls_q10", "calls_q50", "calls_q90"]].notna().all(axis=None)
    assert {
        "method",
        "origin",
        "queue_id",
        "interval_start",
        "calls_mean",
        "calls_q10",
        "calls_q50",
        "calls_q90",
    } <= set(result.predictions.columns)
    # 2 queues x 10 slots x (10 days - 1 closed in the first fold + 7 days left in the second)
    assert {2 * 10 * (9 + 7)} == set(result.scores["points"])
    assert list(METHODS) == result.scores["method"].tolist()
    assert len(result.fold_scores) == 2 * len(METHODS)


def test_a_queue_that_begins_after_the_origin_still_has_its_rows():
    panel = pd.concat([_panel(), _panel(queues=("late",)).query("interval_start >= '2024-03-25'")])

    result = run_backtest(panel, read_folds(_folds("2024-03-18")), site=SITE)

    late = result.predictions[result.predictions["queue_id"] == "late"]
    assert len(late) == len(METHODS) * 50
    assert late["calls_mean"].max() == 0.0


@pytest.mark.parametrize("method", METHODS)
def test_calls_at_or_after_an_origin_change_no_forecast_made_then_or_before(method):
    panel, folds = _panel(queues=("a", "b")), read_folds(_folds("2024-03-11", "2024-03-25"))
    scrambled = panel.copy()
    later = scrambled["interval_start"] >= "2024-03-25"
    scrambled.loc[later, "calls"] = np.random.default_rng(5).permutation(scrambled.loc[later, "calls"]) * 9 + 1

    plain = run_backtest(panel, folds, site=SITE, methods=[method])
    moved = run_backtest(scrambled, folds, site=SITE, methods=[method])

    pd.testing.assert_frame_equal(plain.predictions, moved.predictions, check_exact=True)
    assert plain.scores["int_q"].iloc[0] != moved.scores["int_q"].iloc[0]


def test_progress_is_told_once_per_origin():
    told = []

    run_backtest(
        _panel(), read_folds(_folds("2024-03-11", "2024-03-25")), site=SITE, methods=["mean_4"], on_progress=told.append
    )

    assert ["2024-03-11: 1 methods", "2024-03-25: 1 methods"] == told


@pytest.mark.parametrize(
    ("change", "dataset", "message"),
    [
        pytest.param(lambda f: f.drop(columns="origin"), "x", "missing.*origin", id="column"),
        pytest.param(lambda f: f, "y", "no data set 'y'; known: x", id="unknown"),
        pytest.param(lambda f: pd.concat([f, f.assign(dataset="z")]), None, "several data sets", id="ambiguous"),
        pytest.param(lambda f: f.assign(origin="soon"), "x", "dates like", id="no_date"),
        pytest.param(lambda f: pd.concat([f, f]), "x", "twice", id="twice"),
        pytest.param(lambda f: f.assign(train_from="2024-05-01"), "x", "before its origin", id="train_late"),
        pytest.param(lambda f: f.assign(horizon_days=0), "x", "1 to 366 days ahead", id="no_horizon"),
    ],
)
def test_unsound_folds_are_refused_with_the_reason(change, dataset, message):
    with pytest.raises(DataError, match=message):
        read_folds(change(_folds("2024-03-11")), dataset=dataset)


def test_a_fold_outside_the_panel_and_an_unknown_method_are_refused():
    with pytest.raises(DataError, match="2025-01-06 has no rows"):
        run_backtest(_panel(), read_folds(_folds("2025-01-06")), site=SITE, methods=["mean_4"])
    with pytest.raises(DataError, match="got guess"):
        run_backtest(_panel(), read_folds(_folds("2024-03-11")), site=SITE, methods=["guess"])


def _prediction(queue_id, start, calls, mean, q50, *, origin="2024-01-01", scored=True, low=0.0, high=99.0):
    return {
        "method": "wfm",
        "origin": pd.Timestamp(origin),
        "queue_id": queue_id,
        "interval_start": pd.Timestamp(start),
        "calls": calls,
        "calls_mean": mean,
        "calls_q10": low,
        "calls_q50": q50,
        "calls_q90": high,
        "is_scored": scored,
    }


def test_scores_take_the_median_per_interval_and_the_mean_wherever_calls_add_up():
    predictions = pd.DataFrame(
        [
            _prediction("a", "2024-01-01 08:00", 10.0, 12.0, 9.0, low=8.0, high=9.5),
            _prediction("b", "2024-01-01 08:00", 20.0, 16.0, 18.0),
            _prediction("a", "2024-01-01 09:00", 10.0, 11.0, 10.0),
            _prediction("a", "2024-01-02 08:00", 50.0, 0.0, 0.0, scored=False),
            _prediction("a", "2024-01-15 08:00", 10.0, 15.0, 10.0, origin="2024-01-15"),
        ]
    )

    scores, folds = score_backtest(predictions)

    row = scores.iloc[0]
    # 50 calls are scored. Medians miss by 1 + 2 + 0 + 0
    assert row["int_q"] == pytest.approx(3 / 50)
    # 8:00 together 28 for 30, 9:00 11 for 10, the other fold 15 for 10
    assert row["int_tot"] == pytest.approx((2 + 1 + 5) / 50)
    # queue days: a 23 for 20, b 16 for 20, a 15 for 10; days together: 39 for 40, 15 for 10
    assert row["day_q"] == pytest.approx((3 + 4 + 5) / 50)
    assert row["day_tot"] == pytest.approx((1 + 5) / 50)
    # folds: 39 for 40 and 15 for 10
    assert row["volume_mean"] == pytest.approx((1 / 40 + 5 / 10) / 2)
    assert row["volume_worst"] == pytest.approx(5 / 10)
    assert row["cov80"] == pytest.approx(3 / 4)
    assert row["points"] == 4
    assert folds["volume_mean"].tolist() == pytest.approx([1 / 40, 5 / 10])


def test_coverage_counts_busy_cells_only():
    predictions = pd.DataFrame(
        [
            _prediction("a", "2024-01-01 08:00", 2.0, 2.0, 2.0, low=3.0),  # busy, outside
            _prediction("a", "2024-01-08 08:00", 1.0, 2.0, 2.0),  # same weekday and time, inside
            _prediction("a", "2024-01-01 03:00", 0.0, 0.0, 0.0),  # never a call: not busy
        ]
    )

    assert score_backtest(predictions)[0]["cov80"].iloc[0] == 1 / 2


def test_the_rate_behind_counts_is_the_days_sum_spread_by_the_profile():
    calls, profile = pd.Series([0.0, 6.0, 1.0, 1.0]), pd.Series([1.0, 2.0, 0.0, 0.0])

    rate = rate_guess(calls, profile, [pd.Series(["mon", "mon", "tue", "tue"])])

    # Monday's 6 calls spread 1 : 2; Tuesday has no profile, so its counts stand
    assert [2.0, 4.0, 1.0, 1.0] == rate.tolist()
