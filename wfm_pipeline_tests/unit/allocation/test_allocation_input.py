"""Bad rows of the weekly allocation are named errors or stated results; nobody is dropped."""

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.strategies.gate import open_gate
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate, optimal_counts
from wfm_pipeline.domain.allocation.tables.frames import allocate_frames
from wfm_pipeline.domain.allocation.tables.sheets import read_resources
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.sources.files.planners_files import read_text_table
from wfm_pipeline_tests.allocation_cases import GOOD_DEMAND, GOOD_MONTH, GOOD_PERSON, gap_problem, run
from wfm_pipeline_tests.allocation_instances import WEEK


@pytest.mark.parametrize(
    ("people", "demands", "fault", "words"),
    [
        ([{**GOOD_PERSON, "locality": "Mars"}], None, "UnknownValueError", "got 'Mars' (resources, line 2)"),
        (None, [{**GOOD_DEMAND, "locality": "Mars"}], "UnknownValueError", "got 'Mars' (demands, line 2)"),
        ([GOOD_PERSON, GOOD_PERSON], None, "DuplicateError", "resources has two rows for cn = R1 (lines 2 and 3)"),
        (None, [GOOD_DEMAND, GOOD_DEMAND], "DuplicateError", "demands has two rows for demand_id = 1 (lines 2 and 3)"),
        (
            None,
            [GOOD_MONTH, GOOD_MONTH],
            "DuplicateError",
            "two rows for demand_id, month = 1, 2025-07 (lines 2 and 3)",
        ),
        (
            None,
            [GOOD_MONTH, {**GOOD_MONTH, "month": "8", "case_type": "b"}],
            "InvalidValueError",
            "differs between its months",
        ),
        (
            [{**GOOD_PERSON, "available_from": "2025-08-01", "available_until": "2025-07-01"}],
            None,
            "InvalidValueError",
            "lies before available_from 2025-08-01 (resource 'R1')",
        ),
        (
            [{**GOOD_PERSON, "available_from": "soon"}],
            None,
            "InvalidValueError",
            "a date of 1990 to 2199 such as 2025-07-28, got 'soon'",
        ),
        ([{**GOOD_PERSON, "is_active": "maybe"}], None, "InvalidValueError", "true or false, got 'maybe'"),
        ([{**GOOD_PERSON, "capacity_tier_id": "T9"}], None, "UnknownValueError", "capacity tier 'T9'"),
        ([{**GOOD_PERSON, "skills": "a\x07b"}], None, "InvalidValueError", "printable words"),
        ([{**GOOD_PERSON, "cn": ""}], None, "InvalidValueError", "cn must not be empty (resources, line 2)"),
        (
            None,
            [{**GOOD_DEMAND, "weekly_forecast": "-1"}],
            "InvalidValueError",
            "weekly_forecast must be a number >= 0",
        ),
        (
            None,
            [{**GOOD_DEMAND, "weekly_forecast": "nan"}],
            "InvalidValueError",
            "must be a number (0, or 1e-9 to 1e15 in size), got 'nan'",
        ),
        (
            None,
            [{**GOOD_DEMAND, "weekly_forecast": "many"}],
            "InvalidValueError",
            "must be a number (0, or 1e-9 to 1e15 in size), got 'many'",
        ),
        (None, [{**GOOD_DEMAND, "state": ""}], "InvalidValueError", "state must not be empty (demands, line 2)"),
        (None, [{**GOOD_DEMAND, "handle_seconds": "0"}], "InvalidValueError", "handle_seconds must be above 0"),
        (None, [{**GOOD_MONTH, "monthly_forecast": "-3"}], "InvalidValueError", "monthly_forecast must be >= 0"),
        (None, [{**GOOD_MONTH, "month": "13"}], "InvalidValueError", "month must be 1..12"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_bad_rows_are_named_errors(people, demands, fault, words):
    with pytest.raises(getattr(faults, fault)) as caught:
        run(people, demands)

    assert words in str(caught.value)


def test_an_empty_roster_and_no_demand_are_named_errors():
    with pytest.raises(faults.EmptyRosterError):
        allocate_frames(pd.DataFrame(columns=list(GOOD_PERSON)), pd.DataFrame([GOOD_DEMAND]), WEEK)
    with pytest.raises(faults.NoDemandError):
        allocate_frames(pd.DataFrame([GOOD_PERSON]), pd.DataFrame(columns=list(GOOD_DEMAND)), WEEK)


def test_missing_columns_are_named_with_those_present():
    with pytest.raises(
        faults.MissingColumnError, match="lacks the columns platform, locality, skills, states; present: cn"
    ):
        allocate_frames(pd.DataFrame({"cn": ["R1"]}), pd.DataFrame([GOOD_DEMAND]), WEEK)


def test_a_demand_needs_a_locality_or_a_line_of_business():
    row = {name: value for name, value in GOOD_DEMAND.items() if name != "locality"}

    with pytest.raises(faults.MissingColumnError, match="locality, or main_lob and worktype"):
        run(demands=[row])


def test_a_month_without_a_working_day_names_demand_month_and_calendar():
    off = pd.DataFrame({"month": ["2025-07"], "iso_week": ["2025-W28"], "locality": ["Domestic"], "working_days": [0]})

    with pytest.raises(faults.NoWorkingDayError, match="demand '1', 2025-07, Domestic"):
        run(demands=[GOOD_MONTH], week_configuration=off)


def test_a_week_without_working_days_is_a_stated_result():
    off = pd.DataFrame({"month": [7], "iso_week": ["2025-W28"], "locality": ["Domestic"], "working_days": [0]})

    answer = run(week_configuration=off)

    assert ["no working day in Domestic in 2025-W28"] == answer.answer["reason"].tolist()
    assert 0.0 == answer.answer["weekly_capacity_hours"].iloc[0]
    assert any("no working day in Domestic" in notice for notice in answer.notices)


def test_all_forecasts_zero_is_a_stated_result():
    answer = run(demands=[{**GOOD_DEMAND, "weekly_forecast": 0}])

    assert (["1"], [0.0]) == (answer.answer["demand_id"].tolist(), answer.demands["ideal_fte"].tolist())
    assert any("all forecasts are 0" in notice for notice in answer.notices)


def test_an_unknown_platform_or_state_is_said_and_nobody_vanishes():
    answer = run([GOOD_PERSON, {**GOOD_PERSON, "cn": "R2", "platform": "Mars"}], [{**GOOD_DEMAND, "state": "ZZ"}])

    assert 2 == len(answer.answer)
    assert "no demand on platform Mars" == answer.answer["reason"].iloc[1]
    assert any("platform of resources that no demand names: Mars" in notice for notice in answer.notices)


def test_workload_without_handle_times_is_refused():
    with pytest.raises(faults.MissingHandleTimeError, match="missing for 1"):
        run(weight="workload")


def test_odd_characters_in_skills_are_taken_as_they_are():
    odd = "Réclamation/№5 (a+b) [x]"

    answer = run([{**GOOD_PERSON, "skills": odd}], [{**GOOD_DEMAND, "case_type": odd}])

    assert ["1"] == answer.answer["demand_id"].tolist()


def test_further_columns_are_ignored_with_a_notice():
    answer = run([{**GOOD_PERSON, "shoe_size": 44}])

    assert "resources: ignored the columns shoe_size" in answer.notices


def test_the_answer_has_one_row_per_resource_in_the_commands_columns():
    answer = run([{**GOOD_PERSON, "cn": "R2", "platform": "Facets"}, GOOD_PERSON]).answer

    columns = "resource_cn demand_id phase score urgency_score exclusivity_score state_score skill_score"
    assert [*columns.split(), "weekly_capacity_hours", "reason"] == answer.columns.tolist()
    assert ["R1", "R2"] == answer["resource_cn"].tolist()
    assert [True, False] == answer["reason"].isna().tolist()
    assert [False, True] == answer["demand_id"].isna().tolist()


def test_the_locality_of_a_demand_comes_from_its_line_of_business():
    row = {name: value for name, value in GOOD_DEMAND.items() if name != "locality"}

    answer = run(demands=[{**row, "main_lob": "OIC Volumes", "worktype": "COB Domestic"}])

    assert ["Domestic"] == answer.demands["locality"].tolist()


def test_a_weeks_forecast_comes_from_the_month():
    # July 2025 Domestic: 22 days, week 28 has 5: 230 x 5 / 22 = 52.27; 3 : 5 : 5 : 5 : 4 -> 31.36, 52.27 x 3, 41.82
    # floors 31 + 52 x 3 + 41 = 228, two left: the largest remainders .82 (week 31) and .36 (week 27)
    assert [52.0] == run(demands=[GOOD_MONTH]).demands["weekly_forecast"].tolist()


def test_a_week_over_two_months_takes_both():
    # 2025-W31: 4 of 22 days of July, 1 of 21 of August: 220 x 4 / 22 = 40 and 210 x 1 / 21 = 10
    months = [
        {**GOOD_MONTH, "monthly_forecast": 220},
        {**GOOD_MONTH, "month": 8, "monthly_forecast": 210},
    ]

    assert [50.0] == run(demands=months, week=IsoWeek(2025, 31)).demands["weekly_forecast"].tolist()


def test_a_month_that_is_not_there_counts_nothing_and_is_said():
    answer = run(demands=[{**GOOD_MONTH, "monthly_forecast": 220}], week=IsoWeek(2025, 31))

    assert [40.0] == answer.demands["weekly_forecast"].tolist()
    assert any("no forecast for 2025-08" in notice for notice in answer.notices)


def test_weekly_settings_change_hours_and_required_people():
    settings = pd.DataFrame(
        {
            "month": [7],
            "iso_year": [2025],
            "iso_week": [28],
            "locality": ["Onshore"],
            "working_days": [4],
            "shrinkage": [0.25],
        }
    )

    answer = run(demands=[{**GOOD_DEMAND, "weekly_forecast": 54, "handle_seconds": 3600}], week_configuration=settings)

    assert 4 * 9.0 * 0.75 == answer.answer["weekly_capacity_hours"].iloc[0]  # 27 h
    assert [pytest.approx(2.0)] == answer.demands["required_fte"].tolist()  # 54 h / 27 h


def test_structural_gap_is_what_no_strategy_can_close():
    people = [{**GOOD_PERSON, "cn": f"R{number}"} for number in range(4)]
    demands = [GOOD_DEMAND, {**GOOD_DEMAND, "demand_id": "2", "case_type": "z"}]  # nobody knows z

    for strategy in ("optimal", "v2"):
        found = run(people, demands, options=Options(strategy=strategy)).demands

        assert [-2.0, 2.0] == found["gap"].tolist()
        assert [-2.0, 2.0] == found["structural_gap"].tolist()
        assert [2.0, 0.0] == found["surplus"].tolist()


def test_optimal_counts_are_those_of_the_strategy():
    problem = gap_problem()

    assert list(allocate(problem).assigned) == optimal_counts(open_gate(problem))


@pytest.mark.parametrize(
    ("people", "demands", "words"),
    [
        pytest.param(None, [{**GOOD_MONTH, "year": "0"}], "year must be 1900..2999, got 0", id="year_0"),
        pytest.param(None, [{**GOOD_DEMAND, "weekly_forecast": "1e13"}], "at most 1e+12", id="too_many_cases"),
        pytest.param(
            None,
            [{**GOOD_DEMAND, "weekly_forecast": "1_000"}],
            "must be a number (0, or 1e-9 to 1e15 in size), got '1_000'",
            id="underscore",
        ),
        pytest.param([{**GOOD_PERSON, "available_from": "2025-07-0999"}], None, "got '2025-07-0999'", id="odd_date"),
        pytest.param([{**GOOD_PERSON, "cn": "R\n1"}], None, "cn must be printable", id="line_break_in_a_number"),
        pytest.param([{**GOOD_PERSON, "CN": "R2"}], None, "has the column 'cn' twice", id="column_twice"),
    ],
)
def test_slips_of_the_pen_are_named_errors(people, demands, words):
    with pytest.raises(faults.AllocationError) as caught:
        run(people, demands)

    assert words in str(caught.value)


def test_a_fault_names_the_line_of_the_file_after_blank_lines_and_quoted_breaks(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(
        'cn,platform,locality,skills,states\n\nR1,"Am\nisys",Domestic,a,X\nR2,Amisys,Mars,a,X\n', encoding="utf-8"
    )

    with pytest.raises(faults.UnknownValueError, match=r"resources, line 5"):
        read_resources(read_text_table(path))
