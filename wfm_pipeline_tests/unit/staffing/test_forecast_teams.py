"""Which issues are staffed again, and what their teams come to."""

import pandas as pd
import pytest

from wfm_pipeline.domain.staffing.forecast_teams import (
    NO_HANDLE_TIME,
    StaffingPolicy,
    issues_to_staff,
    occupancy_caps,
    team_facts,
)


def test_the_newest_issue_and_those_whose_calls_have_changed_are_staffed():
    issues = pd.DataFrame({"issued_at": [4, 1, 2, 3], "calls": [10.0, 10.0, 10.0, 10.0]})
    staffed = pd.DataFrame({"issued_at": [1, 2, 4], "calls": [10.0, 11.0, 10.0]})

    # 1 stands, 2 has changed, 3 has no team, 4 is the newest
    assert [2, 3, 4] == issues_to_staff(issues, staffed)


def test_a_queue_has_its_own_cap_of_the_occupancy_or_the_common_one():
    own = {"a": StaffingPolicy(max_occupancy=0.9)}

    assert {"a": 0.9, "b": None} == occupancy_caps(["a", "b", "a"], own, StaffingPolicy())


def test_facts_are_of_the_newest_issue_and_weigh_the_level_by_final_calls():
    rows = pd.DataFrame(
        {
            "issued_at": [1, 2, 2, 2],
            "calls_mean": [5.0, 10.0, 10.0, 10.0],
            "calls_final": [None, 30.0, 10.0, 10.0],
            "service_level": [0.1, 0.8, 0.4, None],
            "staffing_minutes": [999.0, 60.0, 30.0, 0.0],
            "workload_minutes": [999.0, 30.0, 30.0, 0.0],
            "reason": ["x", None, None, NO_HANDLE_TIME],
            "quantile": [0.5, 0.9, 0.5, 0.5],
        }
    )

    found = team_facts(rows)

    # (0.8 x 30 + 0.4 x 10) / 40 = 0.7
    assert found.pop("service_level") == pytest.approx(0.7)
    assert {
        "issues_staffed": 2,
        "issues_without_final_values": 1,
        "scheduled_hours": 1.5,
        "workload_hours": 1.0,
        "rows_without_team": 1,
        "rows_without_handle_time": 1,
        "quantiles": [0.5, 0.9],
    } == found
    assert {"issues_staffed": 0} == team_facts(rows.head(0))
