"""Scores of an issued forecast: grains, bands of the horizon, all queues together, what is left out."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.gold import FORECAST_ACCURACY
from wfm_pipeline.domain.forecasting import score_issue
from wfm_pipeline.domain.forecasting.judging.issue_scores import latest_scores
from wfm_pipeline.errors import DataError

ORIGIN = dt.date(2024, 3, 4)
SET_BY_CALLER = {"_source", "source", "issued_at", "is_hindcast"}


def _issue(mean, days=14, queues=("a", "b")):
    """The same mean in each of 24 hours; median one below it, band two around it."""
    times = pd.date_range(ORIGIN, periods=days * 24, freq="60min", unit="us")
    frames = [pd.DataFrame({"queue_id": q, "interval_start": times}) for q in queues]
    intervals = pd.concat(frames, ignore_index=True)
    intervals["business_date"] = intervals["interval_start"].dt.normalize()
    intervals["horizon_days"] = (intervals["business_date"] - pd.Timestamp(ORIGIN)).dt.days + 1
    intervals["is_open"] = True
    intervals = intervals.assign(calls_mean=mean, calls_q10=mean - 2, calls_q50=mean - 1, calls_q90=mean + 2)
    keys = ["queue_id", "business_date", "horizon_days"]
    day = intervals.groupby(keys, as_index=False)["calls_mean"].sum()
    return intervals, day.assign(
        calls_q10=day["calls_mean"] - 9, calls_q50=day["calls_mean"], calls_q90=day["calls_mean"] + 9
    )


def _actuals(calls, until="2024-03-18", queues=("a", "b")):
    times = pd.date_range("2024-01-01", until, freq="60min", inclusive="left", unit="us")
    return pd.concat([pd.DataFrame({"queue_id": q, "interval_start": times, "calls": calls}) for q in queues])


def _row(scores, queue_id, grain, band):
    return scores.query("queue_id == @queue_id and grain == @grain and horizon_band == @band").iloc[0]


def test_there_is_a_row_for_every_queue_grain_and_band_with_the_contracts_columns():
    scores = score_issue(*_issue(12.0), _actuals(10.0), origin=ORIGIN)

    assert len(scores) == 3 * 3 * 3
    assert {"(all)", "a", "b"} == set(scores["queue_id"])
    assert {column.name for column in FORECAST_ACCURACY.columns} - SET_BY_CALLER <= set(scores.columns)


def test_intervals_are_scored_with_the_median_and_sums_with_the_mean():
    scores = score_issue(*_issue(12.0), _actuals(10.0), origin=ORIGIN)

    own, together = _row(scores, "a", "interval", "1-14"), _row(scores, "(all)", "interval", "1-14")
    assert own["points"] == 14 * 24
    assert own["wmape"] == pytest.approx(1 / 10)  # median 11 for 10
    assert own["bias"] == pytest.approx(2 / 10)  # mean 12 for 10
    assert together["points"] == 14 * 24
    assert together["wmape"] == pytest.approx(4 / 20)  # 24 for 20
    assert together["calls_actual"] == 20 * 14 * 24
    assert np.isnan(together["pinball_loss"])
    assert own["band_coverage"] == 1.0
    # q10 at 10: 0; q50 at 11: 0.5 x 1; q90 at 14: 0.1 x 4; over three levels and 10 calls
    assert own["pinball_loss"] == pytest.approx((0 + 0.5 + 0.4) / 3 / 10)


def test_days_have_their_own_quantiles_and_the_horizon_is_one_point():
    scores = score_issue(*_issue(12.0), _actuals(10.0), origin=ORIGIN)

    day, horizon = _row(scores, "a", "day", "1-7"), _row(scores, "a", "horizon", "1-7")
    assert day["points"] == 7
    assert day["wmape"] == pytest.approx(48 / 240)
    assert day["band_coverage"] == 0.0  # 288 - 9 is above 240
    assert horizon["points"] == 1
    assert horizon["volume_error"] == pytest.approx(2 / 10)


def test_peers_know_nothing_from_the_origin_on():
    actuals = _actuals(10.0)
    actuals.loc[actuals["interval_start"] >= pd.Timestamp(ORIGIN), "calls"] = 20.0

    row = _row(score_issue(*_issue(20.0), actuals, origin=ORIGIN), "a", "day", "1-14")

    assert row["wmape"] == 0.0
    assert [row["wmape_median6"], row["wmape_mean8"], row["wmape_seasonal_naive"]] == pytest.approx([0.5, 0.5, 0.5])


def test_only_what_has_come_to_pass_is_scored():
    scores = score_issue(*_issue(12.0), _actuals(10.0, until="2024-03-07 12:00"), origin=ORIGIN)

    assert {"1-7", "1-14"} == set(scores["horizon_band"])
    assert _row(scores, "a", "interval", "1-14")["points"] == 3 * 24 + 12
    assert _row(scores, "a", "day", "1-14")["points"] == 3  # the half day is no day yet


def test_missing_intervals_and_closed_days_are_left_out():
    actuals = _actuals(10.0)
    date = actuals["interval_start"].dt.normalize()
    actuals.loc[date == "2024-03-05", "calls"] = 0.0  # the whole desk: closed
    actuals.loc[(date == "2024-03-06") & (actuals["queue_id"] == "a"), "calls"] = np.nan

    scores = score_issue(*_issue(12.0), actuals, origin=ORIGIN)

    assert _row(scores, "a", "day", "1-7")["points"] == 5
    assert _row(scores, "b", "interval", "1-7")["points"] == 6 * 24


def test_nothing_come_to_pass_gives_no_rows_and_no_history_is_refused():
    assert score_issue(*_issue(12.0), _actuals(10.0, until="2024-03-04"), origin=ORIGIN).empty
    with pytest.raises(DataError, match="before the origin"):
        score_issue(*_issue(12.0), _actuals(10.0).query("interval_start >= '2024-03-04'"), origin=ORIGIN)


def test_of_several_issues_the_newest_is_told():
    rows = pd.DataFrame(
        [("(all)", "interval", 1, 0.5, 0.6), ("(all)", "interval", 2, 0.1, 0.2), ("a", "interval", 2, 0.9, 0.9)],
        columns=["queue_id", "grain", "issued_at", "wmape", "wmape_median6"],
    )

    assert {"issues_scored": 2, "wmape": 0.1, "wmape_median6": 0.2} == latest_scores(rows)
    assert {"issues_scored": 0} == latest_scores(rows.head(0))
