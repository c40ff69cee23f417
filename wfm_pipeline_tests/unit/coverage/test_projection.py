"""The rest of the day: need and people to expect, with bands."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage.projection import ProjectionRequest, attendance, project_rest
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline_tests.coverage_kit import QUARTER, at

STARTS = pd.date_range(at("09:00"), periods=6, freq="15min", unit="us")


def projected(*, as_of="09:20", came=None, scheduled=6.0, calls=(20.0, 10.0, 30.0), queues=("a",)):
    mean, low, high = calls
    reforecast = pd.DataFrame(
        {
            "queue_id": np.repeat(queues, len(STARTS)),
            "interval_start": np.tile(STARTS, len(queues)),
            "calls_mean": mean,
            "calls_q10": low,
            "calls_q90": high,
            "aht_seconds": 180.0,
        }
    )
    return project_rest(
        ProjectionRequest(
            reforecast=reforecast,
            service_queues=pd.DataFrame({"service_id": "a", "queue_id": list(queues)}),
            scheduled=pd.DataFrame({"service_id": "a", "interval_start": STARTS, "agents_scheduled": scheduled}),
            attendance={} if came is None else {"a": came},
            as_of=at(as_of),
            interval_seconds=QUARTER,
            policies={},
            default=StaffingPolicy(patience_seconds=300.0),
        )
    )


def test_the_projection_runs_from_the_running_interval_to_the_end_of_the_day():
    found = projected()

    assert STARTS[1:].tolist() == found["interval_start"].tolist()
    assert [-5.0, 10.0, 25.0] == found["minutes_ahead"].tolist()[:3]
    assert STARTS[2:].tolist() == projected(as_of="09:30")["interval_start"].tolist()  # half-open: it is over at 09:30


def test_more_calls_need_more_people_and_leave_less_coverage():
    (row,) = projected(as_of="10:15").to_dict("records")

    assert row["agents_required_low"] < row["agents_required"] < row["agents_required_high"]
    assert row["coverage_high"] < row["coverage"] < row["coverage_low"]
    assert row["projected_service_level_high"] < row["projected_service_level"] < row["projected_service_level_low"]
    assert row["coverage"] == 6.0 / row["agents_required"]


def test_who_did_not_come_by_now_is_not_expected_later():
    assert (3.0, "scheduled_attended") == tuple(projected(came=0.5).loc[0, ["people", "people_from"]])
    assert (6.0, "scheduled") == tuple(projected(came=None).loc[0, ["people", "people_from"]])


def test_people_who_are_not_rostered_by_anybody_are_unknown():
    found = projected(scheduled=np.nan)

    assert {"no_data"} == set(found["status"])
    assert found["coverage"].isna().all()


def test_no_calls_need_nobody_and_have_no_service_level():
    (row,) = projected(as_of="10:15", calls=(0.0, 0.0, 0.0), scheduled=0.0).to_dict("records")

    assert (0.0, "optimal") == (row["agents_required"], row["status"])
    assert np.isnan(row["projected_service_level"])


def test_calls_of_the_queues_of_a_service_add_up():
    one, two = projected(), projected(queues=("a", "x"))

    assert (2 * one["calls_mean"]).tolist() == two["calls_mean"].tolist()
    assert (two["agents_required"] <= 2 * one["agents_required"]).all()  # rounded once


def test_attendance_is_people_there_over_people_rostered_of_the_last_hour_that_is_over():
    rows = pd.DataFrame(
        {
            "service_id": "a",
            "interval_start": STARTS,
            "agents_scheduled": [10.0] * 6,
            "agents_actual": [0.0, 8.0, 8.0, 9.0, 7.0, np.nan],
        }
    )

    found = attendance(rows, as_of=at("10:20"), interval_seconds=QUARTER)

    assert {"a": pytest.approx(32 / 40)} == found  # 09:15 to 10:15; what runs at 10:20 is not over
    assert {"a": 1.0} == attendance(rows.assign(agents_actual=12.0), as_of=at("10:20"), interval_seconds=QUARTER)
    assert {} == attendance(rows.assign(agents_scheduled=0.0), as_of=at("10:20"), interval_seconds=QUARTER)
    assert {} == attendance(rows, as_of=at("09:05"), interval_seconds=QUARTER)
