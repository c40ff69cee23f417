"""Coverage and its status: boundaries, nothing needed, unknown; and the service level to expect."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage.intervals import (
    CoverageLimits,
    CoverageRequest,
    coverage_intervals,
    coverage_status,
    projected_service_level,
)
from wfm_pipeline.domain.coverage.required import policy_columns
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.coverage_kit import QUARTER, at

CASES = json.loads((Path(__file__).parents[2] / "cases" / "erlang.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("people", "required", "status"),
    [
        pytest.param(16.9, 20, "shortage", id="below_85_percent"),
        pytest.param(17, 20, "adequate", id="85_percent_is_adequate"),
        pytest.param(18.9, 20, "adequate", id="below_95_percent"),
        pytest.param(19, 20, "optimal", id="95_percent_is_optimal"),
        pytest.param(21, 20, "optimal", id="105_percent_is_optimal"),
        pytest.param(21.1, 20, "surplus", id="above_105_percent"),
        pytest.param(0.1 + 0.2 + 16.7, 20, "adequate", id="rounding_of_doubles_is_no_shortage"),
        pytest.param(0, 20, "shortage", id="nobody_there"),
        pytest.param(0, 0, "optimal", id="nobody_needed_and_nobody_there"),
        pytest.param(0.5, 0, "surplus", id="nobody_needed_and_somebody_there"),
        pytest.param(np.nan, 20, "no_data", id="people_unknown"),
        pytest.param(20, np.nan, "no_data", id="need_unknown"),
        pytest.param(np.nan, 0, "no_data", id="people_unknown_and_nobody_needed"),
    ],
)
def test_status_of_people_against_need(people, required, status):
    assert [status] == coverage_status(np.array([people], float), np.array([required], float)).tolist()


def test_limits_are_parameters_and_refused_out_of_order():
    strict = CoverageLimits(adequate_from=0.9, optimal_from=1.0, optimal_to=1.0)

    assert ["shortage"] == coverage_status(np.array([8.9]), np.array([10.0]), strict).tolist()
    with pytest.raises(DataError, match="must rise"):
        CoverageLimits(adequate_from=0.95, optimal_from=0.85)


def covered(*, as_of="09:30", actual=(8.0, 9.0, np.nan, np.nan), scheduled=(10.0, 10.0, 7.0, 10.0), required=10.0):
    starts = pd.date_range(at("09:00"), periods=4, freq="15min", unit="us")
    keys = pd.DataFrame({"service_id": "a", "interval_start": starts})
    return coverage_intervals(
        CoverageRequest(
            required=keys.assign(agents_required=required, calls_mean=40.0, aht_seconds=180.0, reason=None),
            scheduled=keys.assign(agents_scheduled=scheduled),
            actual=keys.assign(agents_actual=actual, agents_available=0.0),
            as_of=at(as_of),
            interval_seconds=QUARTER,
            policies={},
            default=StaffingPolicy(patience_seconds=300.0),
        )
    )


def test_before_an_interval_begins_the_roster_is_what_is_known_of_its_people():
    found = covered()

    assert ["actual", "actual", "scheduled", "scheduled"] == found["people_from"].tolist()
    assert [0.8, 0.9, 0.7, 1.0] == found["coverage"].tolist()
    assert ["shortage", "adequate", "shortage", "optimal"] == found["status"].tolist()


def test_the_roster_never_stands_in_for_people_of_whom_no_states_are_recorded():
    found = covered(actual=(np.nan, 9.0, np.nan, np.nan))

    assert np.isnan(found["coverage"].iloc[0])
    assert ("no_data", 10.0) == (found["status"].iloc[0], found["agents_scheduled"].iloc[0])
    assert np.isnan(found["projected_service_level"].iloc[0])


def test_people_who_are_not_known_have_a_reason_with_table_and_stretch():
    found = covered(actual=(np.nan, np.nan, np.nan, np.nan), scheduled=(10.0, 10.0, np.nan, 10.0))

    states = "agent_states has nothing recorded from 2026-03-02 09:00 to 2026-03-02 09:30 UTC"
    shifts = "shifts has no roster from 2026-03-02 09:30 to 2026-03-02 09:45 UTC"
    assert [states, states, shifts, None] == found["reason"].tolist()


def test_a_need_that_is_not_known_leaves_coverage_null_and_never_0():
    found = covered(required=np.nan)

    assert found["coverage"].isna().all()
    assert {"no_data"} == set(found["status"])


def test_where_nobody_is_needed_coverage_is_null_and_the_status_speaks():
    found = covered(required=0.0, actual=(0.0, 1.0, np.nan, np.nan))

    assert found["coverage"].isna().all()
    assert ["optimal", "surplus"] == found["status"].tolist()[:2]


@pytest.mark.parametrize("case", CASES["erlang_a"][:4], ids=lambda case: f"{case['agents']}_agents")
def test_the_service_level_to_expect_is_erlang_a_with_the_people_there(case):
    policy = StaffingPolicy(
        patience_seconds=float(case["patience_seconds"]), answer_target_seconds=float(case["answer_target_seconds"])
    )
    calls = case["calls_per_hour"] / 4

    found = projected_service_level(
        np.array([calls]),
        np.array([float(case["aht_seconds"])]),
        np.array([float(case["agents"])]),
        policy_columns(pd.Series(["a"]), {}, policy),
        QUARTER,
    )

    assert found[0] == pytest.approx(case["service_level"], abs=1e-9)  # 15 digits are stored


def test_calls_that_nobody_is_there_for_meet_no_service_level_and_no_calls_have_none():
    policy = policy_columns(pd.Series(["a", "a"]), {}, StaffingPolicy(patience_seconds=300.0))

    found = projected_service_level(np.array([10.0, 0.0]), np.array([180.0, np.nan]), np.zeros(2), policy, QUARTER)

    assert 0.0 == found[0]
    assert np.isnan(found[1])


def test_a_service_that_has_an_interval_twice_is_refused():
    twice = pd.DataFrame({"service_id": ["a"] * 2, "interval_start": [at("09:00")] * 2, "agents_scheduled": 1.0})
    with pytest.raises(DataError, match="has an interval twice"):
        coverage_intervals(
            CoverageRequest(
                required=twice.head(1).assign(agents_required=1.0),
                scheduled=twice,
                actual=twice.head(1).assign(agents_actual=1.0, agents_available=1.0),
                as_of=at("09:00"),
                interval_seconds=QUARTER,
                policies={},
                default=StaffingPolicy(),
            )
        )
