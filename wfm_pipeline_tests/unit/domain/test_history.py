"""Planners' tables keep who had what when: the file changes what it says anew, SQL keeps the rest."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.contracts.planning.allocation import ALLOCATION_RESOURCES
from wfm_pipeline.contracts.planning.history import planner_columns
from wfm_pipeline.domain.allocation.faults import DuplicateError, InvalidRuleError
from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_POLICY
from wfm_pipeline.domain.allocation.tables.planners_files import FILES
from wfm_pipeline.domain.allocation.week.calls import actual_demand, fill_weeks, known_at_week_start, whole_weeks
from wfm_pipeline.domain.history import next_versions
from wfm_pipeline.domain.planners_tables import read_rows

FIRST, SECOND, THIRD = (dt.datetime(2026, month, 1) for month in (1, 2, 3))


def step(stored, now, *incoming, by="file"):
    rows = [{"cn": cn, "skill": skill} for cn, skill in incoming]
    return next_versions(stored, rows, key=["cn"], now=now, changed_by=by)


def held(rows):
    """cn, skill, from, until of every version in order of time."""
    found = [(row["cn"], row["skill"], row["valid_from"], row["valid_until"]) for row in rows]
    return sorted(found, key=lambda one: (one[0], one[2]))


def test_a_changed_row_closes_the_old_version_and_opens_a_new_one():
    before = step([], FIRST, ("1", "a"), ("2", "b"))

    after = step(before.rows, SECOND, ("1", "c"), ("2", "b"), by="ann")

    assert (1, 1) == (after.opened, after.closed)
    assert [("1", "a", FIRST, SECOND), ("1", "c", SECOND, None), ("2", "b", FIRST, None)] == held(after.rows)
    assert {"1": "ann", "2": "file"} == {
        row["cn"]: row["changed_by"] for row in after.rows if row["valid_until"] is None
    }


def test_the_same_file_again_changes_nothing_in_any_order():
    before = step([], FIRST, ("1", "a"), ("2", "b"))

    after = step(before.rows, SECOND, ("2", "b"), ("1", "a"))

    assert not after.is_changed
    assert before.rows == after.rows


def test_a_row_that_left_the_file_is_closed_and_opens_anew_when_it_comes_back():
    gone = step(step([], FIRST, ("1", "a")).rows, SECOND)

    back = step(gone.rows, THIRD, ("1", "a"))

    assert [("1", "a", FIRST, SECOND)] == held(gone.rows)
    assert [("1", "a", FIRST, SECOND), ("1", "a", THIRD, None)] == held(back.rows)


def test_an_edit_by_sql_stands_until_the_file_says_something_new():
    edited = [{**row, "skill": "by sql"} for row in step([], FIRST, ("1", "a")).rows]

    same, new = step(edited, SECOND, ("1", "a")), step(edited, SECOND, ("1", "b"))

    assert [("1", "by sql", FIRST, None)] == held(same.rows)
    assert [("1", "by sql", FIRST, SECOND), ("1", "b", SECOND, None)] == held(new.rows)


def test_a_row_that_sql_closed_stays_closed_and_one_that_sql_brought_stays():
    closed = [{**row, "valid_until": SECOND} for row in step([], FIRST, ("1", "a")).rows]
    brought = {
        "cn": "9",
        "skill": "z",
        "valid_from": SECOND,
        "valid_until": None,
        "changed_by": "sql",
        "file_hash": None,
    }

    after = step([*closed, brought], THIRD, ("1", "a"))

    assert not after.is_changed
    assert [("1", "a", FIRST, SECOND), ("9", "z", SECOND, None)] == held(after.rows)


def test_rows_of_a_file_are_typed_and_have_the_tables_columns():
    frame = pd.DataFrame(
        {
            "cn": ["7"], "platform": ["Amisys"], "locality": ["onshore"], "skills": ["b; a"],
            "states": ["N/A"], "available_from": ["2026-01-05"], "is_active": [""],
        }
    )  # fmt: skip

    rows, _ = read_rows(FILES["resources"], frame)

    assert set(planner_columns(ALLOCATION_RESOURCES)) == set(rows[0])
    expected = {"locality": "Domestic", "skills": "a;b", "is_active": True, "available_from": dt.date(2026, 1, 5)}
    assert expected == {name: rows[0][name] for name in expected}


def test_two_rows_with_one_key_are_refused_before_they_are_stored():
    frame = pd.DataFrame({"tier_id": ["a", "a"], "name": ["x", "y"], "productivity": ["1", "0.5"]})

    with pytest.raises(DuplicateError, match="two rows for tier_id"):
        read_rows(FILES["capacity_tiers"], frame)


def test_a_bad_regex_is_refused_before_it_is_stored():
    frame = pd.DataFrame(
        {"rule_id": ["1"], "rule_name": ["r"], "pattern": ["["], "match_type": ["regex"], "result_locality": ["Global"]}
    )

    with pytest.raises(InvalidRuleError, match="not a regular expression"):
        read_rows(FILES["locality_rules"], frame)


def test_of_two_reports_the_newer_one_counts_over_the_turn_of_the_year():
    report = {
        "demand_id": "1", "platform": "p", "case_type": "c", "state": "s", "main_lob": "x Global",
        "month1": "10", "month2": "20", "month3": "", "month4": "", "month5": "", "month6": "",
    }  # fmt: skip
    frame = pd.DataFrame(
        [
            {**report, "report_year": "2025", "report_month": "11"},
            {**report, "report_year": "2025", "report_month": "12"},
        ]
    )

    rows, _ = read_rows(FILES["monthly_demand"], frame)

    # November's report: December 10, January 20; December's: January 10, February 20
    assert {(2025, 12): 10, (2026, 1): 10, (2026, 2): 20} == {
        (row["year"], row["month"]): row["monthly_forecast"] for row in rows
    }


def forecast_day(date, horizon, calls):
    return {"queue_id": "q", "business_date": date, "horizon_days": horizon, "calls_mean": calls, "aht_seconds": 60.0}


def test_a_plan_knows_the_newest_issue_up_to_its_monday():
    # Thursday 2026-01-08: issued that Monday (horizon 4), the Friday before (7), and on Wednesday (2)
    days = pd.DataFrame(
        [forecast_day("2026-01-08", horizon, calls) for horizon, calls in ((4, 1.0), (7, 2.0), (2, 3.0))]
    )

    assert [1.0] == known_at_week_start(days)["calls_mean"].tolist()


def test_without_an_issue_so_old_a_plan_knows_the_oldest_after_monday():
    # Thursday 2026-01-08: issued on Tuesday (3) and on Wednesday (2)
    days = pd.DataFrame([forecast_day("2026-01-08", horizon, calls) for horizon, calls in ((2, 1.0), (3, 2.0))])

    assert [2.0] == known_at_week_start(days)["calls_mean"].tolist()


def test_days_the_forecast_does_not_reach_get_the_same_weekday_and_a_notice():
    dates = pd.date_range("2026-01-05", periods=8)  # Monday to Monday: the second week has one day
    days = pd.DataFrame([forecast_day(date, 1, float(number)) for number, date in enumerate(dates)])

    filled, notices = fill_weeks(days)

    # the second week: Monday 7 is known, Tuesday to Sunday are those of the week before, 1..6
    assert [0, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6] == filled.sort_values("business_date")["calls_mean"].tolist()
    assert len(notices) == 1
    assert "6 of 7 days of 2026-W03" in notices[0]


def test_a_week_counts_as_whole_only_when_every_day_of_every_queue_is_known():
    dates = pd.date_range("2026-01-05", periods=21)
    days = pd.DataFrame({"queue_id": "q", "business_date": dates, "calls_offered": 1.0})
    days.loc[8, "calls_offered"] = None

    assert {(2026, 2), (2026, 4)} == whole_weeks(days)
    assert {(2026, 2)} == whole_weeks(days.iloc[:20])


def test_actual_work_is_offered_calls_at_the_handle_time_of_the_answered():
    days = pd.DataFrame(
        {
            "queue_id": "q", "business_date": pd.date_range("2026-01-05", periods=2),
            "calls_offered": [100.0, 50.0], "answered_handle_known": [80, 50], "handle_seconds": [8_000.0, 9_000.0],
        }
    )  # fmt: skip
    row = {"queue_id": "q", "platform": "p", "case_type": "c", "state": "s", "locality": "Global"}
    queue_map = pd.DataFrame([{**row, "demand_id": "1", "share": 0.25}, {**row, "demand_id": "2", "share": 0.75}])

    came = actual_demand(days, queue_map, DEFAULT_POLICY).set_index("demand_id")

    # 100 x 100 s + 50 x 180 s = 19,000 s; a quarter of 150 calls
    assert came.loc["1", "weekly_actual"] == 37.5
    assert came.loc["1", "actual_hours"] == pytest.approx(19_000 / 4 / 3_600)
