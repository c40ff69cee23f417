"""Weekly demand from forecasts of calls and from planners, and the plan judged by what came."""

import math

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_POLICY
from wfm_pipeline.domain.allocation.week.demand import assignment_accuracy, forecast_demand, planner_months


def test_month1_is_the_month_after_the_report_also_over_the_turn_of_the_year():
    report = pd.DataFrame(
        {
            "demand_id": ["1"],
            "report_year": [2025],
            "report_month": [11],
            **{f"Month{n}": [n * 10] for n in range(1, 7)},
        }
    )

    months = planner_months(report)

    assert [(2025, 12), (2026, 1), (2026, 2), (2026, 3), (2026, 4), (2026, 5)] == list(
        zip(months["year"], months["month"], strict=True)
    )
    assert [10, 20, 30, 40, 50, 60] == months["monthly_forecast"].tolist()


MAP = pd.DataFrame(
    {
        "queue_id": ["q1", "q1", "q2"],
        "demand_id": ["1", "2", "1"],
        "platform": "Amisys",
        "case_type": ["a", "b", "a"],
        "state": "X",
        "main_lob": "Amisys Domestic",
        "share": [0.25, 0.75, 1.0],
    }
)


def test_forecast_calls_become_weekly_demand_by_share():
    # Sunday 6 July is 2025-W27, Monday 7 July W28. Demand 1 in W28: 0.25 x 40 + 1 x 30 = 40 calls,
    # 10 x 360 s + 30 x 120 s = 2 h, so 180 s a call.
    forecast = pd.DataFrame(
        {
            "queue_id": ["q1", "q1", "q2"],
            "business_date": pd.to_datetime(["2025-07-06", "2025-07-07", "2025-07-08"]),
            "calls_mean": [8.0, 40.0, 30.0],
            "aht_seconds": [360.0, 360.0, 120.0],
        }
    )

    demand, notices = forecast_demand(forecast, MAP, DEFAULT_POLICY)

    first = demand[(demand["demand_id"] == "1") & (demand["iso_week"] == 28)].iloc[0]
    assert ([27, 28, 27, 28], []) == (demand["iso_week"].tolist(), notices)
    assert (40.0, 2.0, 180.0, "Domestic") == (
        first["weekly_forecast"],
        first["workload_hours"],
        first["handle_seconds"],
        first["locality"],
    )
    assert forecast["calls_mean"].sum() == pytest.approx(demand["weekly_forecast"].sum())


def test_an_unknown_handle_time_makes_the_weeks_workload_unknown():
    forecast = pd.DataFrame(
        {"queue_id": ["q2"], "business_date": ["2025-07-07"], "calls_mean": [5.0], "aht_seconds": [math.nan]}
    )

    demand, _ = forecast_demand(forecast, MAP, DEFAULT_POLICY)

    assert 5.0 == demand["weekly_forecast"].iloc[0]
    assert demand[["workload_hours", "handle_seconds"]].isna().all(axis=None)


def test_queues_the_map_does_not_know_are_said_with_their_calls():
    forecast = pd.DataFrame(
        {"queue_id": ["q9"], "business_date": ["2025-07-07"], "calls_mean": [5.0], "aht_seconds": [60.0]}
    )

    demand, notices = forecast_demand(forecast, MAP, DEFAULT_POLICY)

    assert (0, ["queue_demand_map does not know 1 queue(s) with 5 calls: q9"]) == (len(demand), notices)


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(faults.InvalidValueError, match=r"got 0\.85 for queue 'q1'"):
        forecast_demand(pd.DataFrame(), MAP.assign(share=[0.1, 0.75, 1.0]), DEFAULT_POLICY)


def test_a_plan_is_judged_by_what_came():
    # errors |100 - 80| + |0 - 20| over 100 came; bias 0; hours short: 10 - 8 on the first, 3 - 0 on the second
    assignment = pd.DataFrame({"demand_id": ["1"], "weekly_forecast": [100.0], "assigned_hours": [8.0]})
    actual = pd.DataFrame({"demand_id": ["1", "2"], "weekly_actual": [80.0, 20.0], "actual_hours": [10.0, 3.0]})

    found = assignment_accuracy(assignment, actual)

    assert (2, 0.4, 0.0, 5.0) == (found.demands, pytest.approx(found.wmape), found.bias, found.workload_gap_hours)
