"""Predictions made elsewhere: scored on the same rows, refused where they do not answer them."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import read_folds, run_backtest
from wfm_pipeline.domain.forecasting.judging.external_peers import external_rows
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, quantile_column
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.backtest_kit import judged_frame

KEYS = ["origin", "queue_id", "interval_start"]
QUANTILES = [quantile_column(level) for level in QUANTILE_LEVELS]


@pytest.fixture
def asked():
    frame = judged_frame(days=2, methods=(("wfm", 1.0),))
    frame.loc[3, "is_scored"] = False
    return frame


@pytest.fixture
def given(asked):
    return asked[[*KEYS, "calls_mean", *QUANTILES]].copy()


def test_rows_come_in_the_order_of_the_question_whatever_the_order_of_the_answer(asked, given):
    shuffled = given.sample(frac=1.0, random_state=1)

    rows = external_rows("theirs", shuffled, asked)

    pd.testing.assert_frame_equal(asked.assign(method="theirs")[rows.columns], rows, check_dtype=False)


def test_means_alone_are_enough_and_stand_for_the_median(asked, given):
    rows = external_rows("theirs", given[[*KEYS, "calls_mean"]], asked)

    assert rows["calls_q50"].equals(rows["calls_mean"])
    assert rows[["calls_q10", "calls_q90"]].isna().all(axis=None)


def test_text_dates_and_further_columns_and_rows_are_taken(asked, given):
    more = pd.concat([given, given.head(1).assign(queue_id="unasked")]).assign(
        note="x", origin=lambda f: f["origin"].astype(str)
    )

    assert len(asked) == len(external_rows("theirs", more, asked))


def test_a_row_that_is_not_scored_may_be_absent(asked, given):
    rows = external_rows("theirs", given.drop(index=3), asked)

    assert rows["calls_mean"].isna().to_numpy().nonzero()[0].tolist() == [3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda f: f.drop(columns="origin"), "missing origin, present queue_id", id="no_column"),
        pytest.param(lambda f: f.drop(index=0), "lacks 1 of 95 scored rows, first queue 'a'", id="row_missing"),
        pytest.param(lambda f: pd.concat([f, f.head(1)]), "answers 1 questions twice", id="twice"),
        pytest.param(lambda f: f.assign(calls_mean=-1.0), "negative or unknown values", id="negative"),
        pytest.param(lambda f: f.assign(calls_q90=np.inf), "negative or unknown values", id="infinite"),
        pytest.param(lambda f: f.assign(calls_q10=f["calls_q90"] + 1), "quantiles cross", id="crossed"),
        pytest.param(lambda f: f.assign(calls_mean="many"), "numbers of calls", id="words"),
        pytest.param(lambda f: f.assign(interval_start="soon"), "local times", id="no_time"),
    ],
)
def test_answers_that_do_not_fit_are_refused_with_the_reason(asked, given, change, message):
    given.index = range(len(given))
    frame = change(given)

    # 2 queues x 2 origins x 2 days x 12 intervals = 96 rows, one of them not scored
    with pytest.raises(DataError, match=message):
        external_rows("theirs", frame, asked)


def _history():
    times = pd.date_range("2024-01-01", periods=80 * 24, freq="60min", unit="us")
    times = times[(times.hour >= 8) & (times.hour < 18)]
    calls = np.random.default_rng(1).poisson(20, len(times)) * 1.0
    return pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": calls})


def test_an_external_peer_that_repeats_a_built_in_one_gets_its_scores():
    history = _history()
    folds = read_folds(
        pd.DataFrame(
            [("x", 0, "2024-03-04", 14, "2024-01-01")],
            columns=["dataset", "fold", "origin", "horizon_days", "train_from"],
        )
    )
    plain = run_backtest(history, folds, site=Site(), methods=["mean_4"])

    both = run_backtest(
        history, folds, site=Site(), methods=["mean_4"], external={"echo": plain.predictions.drop(columns="method")}
    )

    scores = both.scores.set_index("method")
    assert ["mean_4", "echo"] == scores.index.tolist()
    pd.testing.assert_series_equal(scores.loc["mean_4"], scores.loc["echo"], check_names=False)


def test_an_external_peer_cannot_bear_the_name_of_one_of_ours():
    folds = read_folds(
        pd.DataFrame(
            [("x", 0, "2024-03-04", 14, "2024-01-01")],
            columns=["dataset", "fold", "origin", "horizon_days", "train_from"],
        )
    )

    with pytest.raises(DataError, match="cannot be called median_6"):
        run_backtest(_history(), folds, site=Site(), methods=["mean_4"], external={"median_6": pd.DataFrame()})
