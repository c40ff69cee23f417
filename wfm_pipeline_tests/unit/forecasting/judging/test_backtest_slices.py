"""Slices of a backtest, the day types they are filed under, and the scored rows behind them."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.judging.day_types import day_kinds
from wfm_pipeline.domain.forecasting.judging.scored_rows import scored_rows
from wfm_pipeline.domain.forecasting.judging.scores import score_backtest
from wfm_pipeline.domain.forecasting.judging.slices import SLICES, score_slices
from wfm_pipeline_tests.backtest_kit import SITE, judged_frame


@pytest.fixture(scope="module")
def judged():
    return judged_frame()


@pytest.fixture(scope="module")
def rows(judged):
    return scored_rows(judged, site=SITE)


@pytest.mark.parametrize("kind", SLICES)
@pytest.mark.parametrize(
    ("part", "whole", "weight"),
    [
        ("wmape", "int_q", "calls"),
        ("bias", "bias", "calls"),
        ("pinball_loss", "pinball", "calls"),
        ("band_coverage_80", "cov80", "busy_points"),
    ],
)
def test_slices_of_one_kind_add_up_to_the_score_of_the_whole(judged, rows, kind, part, whole, weight):
    table = score_slices(rows)
    scores = score_backtest(judged)[0].set_index("method")[whole]

    own = table[table["slice"] == kind]

    for method, slices in own.groupby("method"):
        known = slices.dropna(subset=[part])
        assert scores[method] == pytest.approx(np.average(known[part], weights=known[weight]), rel=1e-12)
        assert slices["calls_share"].sum() == pytest.approx(1.0)
        assert slices["points"].sum() == (rows["method"] == method).sum()


def test_day_errors_of_slices_of_whole_days_add_up_to_the_day_score(judged, rows):
    table, scores = score_slices(rows), score_backtest(judged)[0].set_index("method")

    for kind, whole in (
        ("weekday", "day_tot"),
        ("horizon_day", "day_tot"),
        ("day_type", "day_tot"),
        ("queue", "day_q"),
    ):
        own = table[(table["slice"] == kind) & (table["method"] == "wfm")]
        assert scores.loc["wfm", whole] == pytest.approx(np.average(own["wmape_day"], weights=own["calls"]))
    assert table.loc[table["slice"] == "hour", "wmape_day"].isna().all()


def test_floors_of_slices_weigh_to_the_floor_of_the_whole(judged, rows):
    table = score_slices(rows)
    own = table[(table["slice"] == "queue") & (table["method"] == "wfm")]

    floor = score_backtest(judged)[0]["poisson_floor"].iloc[0]

    assert floor == pytest.approx(np.average(own["wmape_floor"], weights=own["calls"]))


def test_slices_come_in_reading_order(rows):
    table = score_slices(rows)

    def values(kind):
        own = table[(table["slice"] == kind) & (table["method"] == "wfm")]
        return own["value"].tolist()

    assert ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] == values("weekday")
    assert [str(day) for day in range(1, 15)] == values("horizon_day")
    assert ["working", "weekend", "holiday"] == values("day_type")  # 15 January is a holiday after a Sunday
    assert [str(hour) for hour in range(8, 20)] == values("hour")


def test_a_slice_by_hand():
    # median 9 for 10 and 18 for 20 calls; means 12 and 16: |1| + |2| of 30, -2 of 30
    frame = judged_frame(origins=("2024-01-08",), days=1, queues=("a",), sizes=(5.0,), methods=(("wfm", 1.0),)).head(2)
    frame = frame.assign(calls=[10.0, 20.0], calls_q50=[9.0, 18.0], calls_mean=[12.0, 16.0])

    row = score_slices(scored_rows(frame, site=SITE)).set_index("slice").loc["queue"]

    assert row["wmape"] == pytest.approx(3 / 30)
    assert row["bias"] == pytest.approx(-2 / 30)
    assert row["wmape_day"] == pytest.approx(2 / 30)


def test_a_method_without_quantiles_has_no_pinball_and_no_coverage_but_an_error(judged):
    blind = judged.copy()
    is_peer = blind["method"] == "median_6"
    blind.loc[is_peer, [c for c in blind.columns if c.startswith("calls_q") and c != "calls_q50"]] = np.nan

    table = score_slices(scored_rows(blind, site=SITE)).query("method == 'median_6'")

    assert table[["pinball_loss", "band_coverage_50", "band_coverage_80", "band_coverage_90"]].isna().all(axis=None)
    assert table["wmape"].notna().all()


def test_a_slice_without_calls_is_unknown_and_not_perfect(judged):
    silent = judged.assign(calls=judged["calls"].where(judged["queue_id"] != "a", 0.0))

    own = score_slices(scored_rows(silent, site=SITE)).query("slice == 'queue' and value == 'a'")

    assert own["wmape"].isna().all()
    assert own["bias"].isna().all()


def test_rows_that_are_not_scored_are_in_no_slice(judged):
    some = judged.assign(is_scored=judged["interval_start"].dt.day_of_week != 6)

    table = score_slices(scored_rows(some, site=SITE))

    assert "sun" not in set(table["value"])


def test_nothing_scored_gives_an_empty_table_with_all_columns(judged):
    table = score_slices(scored_rows(judged.assign(is_scored=False), site=SITE))

    assert table.empty
    assert "wmape_floor" in table.columns


def test_day_types_of_a_friday_saturday_weekend():
    site = Site(country="IL", weekend=("fri", "sat"))
    dates = pd.Series(
        pd.to_datetime(["1999-05-19", "1999-05-20", "1999-05-21", "1999-05-22", "1999-05-23", "1999-05-24"])
    )

    kinds = day_kinds(site, dates)

    # Shavuot 1999 is Friday 21 May; Thursday is its eve, Saturday the weekend, Sunday a working day
    assert ["working", "eve", "holiday", "weekend", "working", "working"] == kinds.tolist()


def test_a_working_day_between_days_off_is_a_bridge_unless_it_is_an_eve():
    site = Site(extra_holidays={pd.Timestamp("2024-05-09").date(): "Ascension"})
    dates = pd.Series(pd.to_datetime(["2024-05-08", "2024-05-09", "2024-05-10", "2024-05-11"]))

    assert ["eve", "holiday", "bridge", "weekend"] == day_kinds(site, dates).tolist()
