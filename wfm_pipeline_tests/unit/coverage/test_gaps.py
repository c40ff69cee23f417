"""Shortages as gaps: merging, severity, calls affected, cost, confidence, and an id that lasts."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage.cost import cost_by_currency, overtime_cost, service_rates
from wfm_pipeline.domain.coverage.gaps import GapRequest, SeverityLimits, coverage_gaps, gap_id, gap_severity
from wfm_pipeline.domain.coverage.intervals import coverage_status, projected_service_level
from wfm_pipeline.domain.coverage.required import policy_columns
from wfm_pipeline.domain.staffing.forecast_teams import BANDS, StaffingPolicy
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.coverage_kit import NO_RATES, QUARTER, at

POLICY = StaffingPolicy(patience_seconds=300.0)
RATES = pd.DataFrame({"service_id": ["a"], "hourly_cost": [40.0], "overtime_multiplier": [1.5], "currency": ["EUR"]})


def rows_of(people, *, required=10.0, service="a", bands=None, calls=40.0, first="09:00"):
    """Intervals of one service with these people against a need, one quarter after the other."""
    starts = pd.date_range(at(first), periods=len(people), freq="15min", unit="us")
    needed = np.broadcast_to(np.asarray(required, float), len(people))
    there = np.asarray(people, float)
    rows = pd.DataFrame({"service_id": service, "interval_start": starts, "agents_required": needed, "people": there})
    level = projected_service_level(
        np.full(len(people), calls), np.full(len(people), 180.0), there,
        policy_columns(rows["service_id"], {}, POLICY), QUARTER,
    )  # fmt: skip
    return rows.assign(
        calls_mean=calls,
        aht_seconds=180.0,
        coverage=np.divide(there, needed, out=np.full(len(there), np.nan), where=needed > 0),
        status=coverage_status(there, needed),
        projected_service_level=level,
        service_level_target=0.8,
        people_from="scheduled",
        basis="forecast",
        as_of=at("09:00"),
        **(dict.fromkeys(BANDS.values(), np.nan) if bands is None else dict(zip(BANDS.values(), bands, strict=True))),
    )


def gaps(*parts, rates=RATES, **words):
    return coverage_gaps(
        GapRequest(
            intervals=pd.concat(parts),
            rates=rates,
            interval_seconds=QUARTER,
            policies={},
            default=POLICY,
            **words,
        )
    )


def spans(found):
    return [(f"{row.starts_at:%H:%M}", f"{row.ends_at:%H:%M}") for row in found.itertuples()]


def test_neighbouring_shortages_are_one_gap_and_its_end_is_the_end_of_its_last_interval():
    found = gaps(rows_of([10, 5, 6, 10]))

    assert [("09:15", "09:45")] == spans(found)
    assert (2, 5, 0.5) == tuple(found.loc[0, ["intervals", "agents_short", "coverage_min"]])
    assert found.loc[0, "agent_hours_short"] == (5 + 4) * 0.25


def test_one_adequate_interval_between_two_shortages_ends_no_gap_and_two_do():
    assert [("09:00", "09:45")] == spans(gaps(rows_of([5, 9, 5])))
    assert [("09:00", "09:15"), ("09:45", "10:00")] == spans(gaps(rows_of([5, 9, 9, 5])))
    assert [("09:00", "09:15"), ("09:30", "09:45")] == spans(gaps(rows_of([5, 9, 5]), bridge_intervals=0))


def test_an_adequate_interval_beside_a_gap_is_no_part_of_it():
    assert [("09:15", "09:30")] == spans(gaps(rows_of([9, 5, 9])))


@pytest.mark.parametrize("people", [10, 12, np.nan], ids=["optimal", "surplus", "unknown"])
def test_optimal_surplus_and_unknown_intervals_end_a_gap(people):
    assert [("09:00", "09:15"), ("09:30", "09:45")] == spans(gaps(rows_of([5, people, 5])))


def test_gaps_of_two_services_and_gaps_in_time_are_not_merged():
    found = gaps(rows_of([5]), rows_of([5], first="09:30"), rows_of([5], service="b", first="09:15"))

    assert [("09:00", "09:15"), ("09:30", "09:45"), ("09:15", "09:30")] == spans(found)
    assert ["a", "a", "b"] == found["service_id"].tolist()


def test_closed_hours_are_no_shortage():
    assert gaps(rows_of([0, 0, 10], required=[0, 0, 10])).empty


def test_an_id_lasts_while_a_gap_grows_and_differs_between_services_and_starts():
    short, long = gaps(rows_of([5, 10])), gaps(rows_of([5, 5]))

    assert short["gap_id"].tolist() == long["gap_id"].tolist() == [gap_id("a", at("09:00"))]
    assert 3 == len({gap_id("a", at("09:00")), gap_id("b", at("09:00")), gap_id("a", at("09:15"))})


def test_severity_comes_from_the_service_level_to_expect():
    # 8 erlangs: 8 of 10 people are far below 80 %, and the target itself is low
    (found,) = gaps(rows_of([8.0])).to_dict("records")

    assert found["projected_service_level"] < 0.8
    assert found["severity"] == gap_severity(np.array([0.8 - found["projected_service_level"]]))[0]
    assert ["low", "low", "medium", "medium", "high", "critical", "unknown"] == gap_severity(
        np.array([-0.1, 0.0, 0.05, 0.8 - 0.7, 0.25, 0.2501, np.nan])
    ).tolist()
    assert ["high"] == gap_severity(np.array([0.05]), SeverityLimits(medium_to=0.02, high_to=0.05)).tolist()


def test_the_service_level_of_a_gap_is_weighed_by_calls():
    quiet, busy = rows_of([5.0], calls=20.0), rows_of([5.0], calls=40.0, first="09:15")

    (found,) = gaps(quiet, busy).to_dict("records")

    one, other = quiet["projected_service_level"].iloc[0], busy["projected_service_level"].iloc[0]
    assert found["projected_service_level"] == pytest.approx((20 * one + 40 * other) / 60)
    assert 60.0 == found["calls"]


def test_affected_calls_are_those_in_time_with_the_people_needed_and_not_with_those_there():
    short, full = rows_of([8.0]), rows_of([10.0])

    (found,) = gaps(short).to_dict("records")

    lost = full["projected_service_level"].iloc[0] - short["projected_service_level"].iloc[0]
    assert found["affected_calls"] == pytest.approx(40.0 * lost)
    assert 0 < found["affected_calls"] < 40


def test_the_cost_is_agents_short_times_hours_times_hourly_cost_times_overtime_multiplier():
    (found,) = gaps(rows_of([5, 6])).to_dict("records")

    assert (9 * 0.25 * 40.0 * 1.5, "EUR") == (found["cost"], found["currency"])  # 135.00


def test_the_documents_example_of_1400_agrees_by_hand():
    # The document tells the result and no factors: 5 agents short for 4 hours at 40 an hour, 1.75 fold, are 1,400.
    assert [1400.0] == overtime_cost(np.array([5 * 4.0]), np.array([40.0]), np.array([1.75])).tolist()


@pytest.mark.parametrize(
    "rates",
    [
        pytest.param(NO_RATES, id="no_row"),
        pytest.param(RATES.assign(hourly_cost=np.nan), id="no_hourly_cost"),
        pytest.param(RATES.assign(overtime_multiplier=np.nan), id="no_multiplier"),
    ],
)
def test_an_unknown_rate_leaves_the_cost_unknown(rates):
    assert np.isnan(gaps(rows_of([5]), rates=rates)["cost"].iloc[0])


def test_money_of_different_currencies_is_never_added():
    costs = pd.DataFrame({"cost": [10.0, 5.0, np.nan, 7.0, np.nan], "currency": ["EUR", "EUR", "EUR", "USD", None]})

    found = cost_by_currency(costs)

    assert ["EUR", "USD"] == found["currency"].tolist()[:2]
    assert [15.0, 7.0] == found["cost"].tolist()[:2]
    assert [1, 0, 1] == found["unknown"].tolist()
    assert np.isnan(found["cost"].iloc[2])


def test_two_rates_of_a_service_and_negative_ones_are_refused():
    with pytest.raises(DataError, match="'a' has two rates"):
        service_rates(pd.Series(["a"]), pd.concat([RATES, RATES]))
    with pytest.raises(DataError, match="must be 0 or more"):
        service_rates(pd.Series(["a"]), RATES.assign(hourly_cost=-1.0))


def test_confidence_is_the_part_of_the_band_in_which_it_would_still_be_a_shortage():
    sure, unsure = [30.0, 32, 36, 40, 44, 48, 50], [1.0, 2, 5, 8, 12, 60, 70]

    (high,) = gaps(rows_of([2.0], bands=sure)).to_dict("records")
    (low,) = gaps(rows_of([5.0], bands=unsure)).to_dict("records")

    assert (pytest.approx(0.95), "band") == (
        high["confidence"],
        high["confidence_from"],
    )  # short even at the lowest level
    assert 0.1 <= low["confidence"] <= 0.25  # enough at the 75 % quantile, short at the 90 % quantile


def test_without_a_band_the_confidence_is_not_known():
    (found,) = gaps(rows_of([5])).to_dict("records")

    assert np.isnan(found["confidence"])
    assert "no_band" == found["confidence_from"]


def test_a_day_without_shortage_has_no_gaps():
    assert gaps(rows_of([10, 10])).empty
    assert "gap_id" in gaps(rows_of([10, 10])).columns


def test_the_order_of_rows_changes_nothing():
    rows = pd.concat([rows_of([5, 9, 5, 10]), rows_of([10, 4], service="b")])

    pd.testing.assert_frame_equal(gaps(rows), gaps(rows.iloc[::-1]))
