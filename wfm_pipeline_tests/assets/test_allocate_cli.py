"""`wfm allocate` on CSV files: the answer, notices, exit codes, and every kind of bad input."""

import json

import pandas as pd
import pytest

from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.tools.write_allocation_seeds import FOLDER

ROSTER = """cn,platform,locality,skills,states
1,Amisys,Domestic,Claims,FL
2,Amisys,Domestic,Claims;Appeals,FL;TX
3,Amisys,Domestic,Appeals,N/A
4,Facets,Domestic,Claims,FL
"""
DEMANDS = """demand_id,platform,locality,case_type,state,weekly_forecast
10,Amisys,Domestic,Claims,FL,200
20,Amisys,Domestic,Appeals,TX,200
"""
WORDS = ("allocate", "--resources", "r.csv", "--demands", "d.csv", "--week", "2025-W28")


@pytest.fixture
def allocate(clean, monkeypatch, capsys):
    """Runs the command on two files in an empty folder."""

    def run(*more, roster=ROSTER, demands=DEMANDS, words=WORDS):
        (clean / "r.csv").write_text(roster, encoding="utf-8")
        (clean / "d.csv").write_text(demands, encoding="utf-8")
        return run_wfm(monkeypatch, capsys, *words, *more)

    return run


def test_the_answer_has_one_row_per_resource_and_a_reason_for_who_has_no_demand(allocate, clean):
    done = allocate("--out", "o.csv")

    answer = pd.read_csv(clean / "o.csv", dtype=str, keep_default_na=False).set_index("resource_cn")
    assert done.returncode == 0, done.stderr
    assert [
        "demand_id", "phase", "score", "urgency_score", "exclusivity_score", "state_score", "skill_score",
        "weekly_capacity_hours", "reason",
    ] == list(answer.columns)  # fmt: skip
    # ideal 2 and 2 of the locality's four people: 1 can only do claims, 3 only appeals, 2 evens nothing out (tie: 10)
    assert {"1": "10", "2": "10", "3": "20", "4": ""} == answer["demand_id"].to_dict()
    assert answer.loc["4", "reason"] == "no demand on platform Facets"
    assert answer.loc["4", "phase"] == answer.loc["1", "reason"] == ""
    assert answer.loc["1", "weekly_capacity_hours"] == "40.5"  # 5 days x 9 h x 0.9


def test_the_state_that_stands_for_any_is_read_in_whichever_letters(allocate, clean):
    plain = allocate("--out", "plain.csv", demands=DEMANDS + "30,Amisys,Domestic,Appeals,N/A,100\n")
    other = allocate(
        "--out", "other.csv",
        roster=ROSTER.replace("N/A", "n/a"), demands=DEMANDS + "30,Amisys,Domestic,Appeals,N/a,100\n",
    )  # fmt: skip

    assert (0, 0) == (plain.returncode, other.returncode)
    assert plain.stderr == other.stderr
    assert (clean / "plain.csv").read_text() == (clean / "other.csv").read_text()
    assert "3,30" in (clean / "plain.csv").read_text()


def test_files_as_a_spreadsheet_of_another_country_writes_them_are_read_and_it_is_said(allocate, clean):
    roster = ROSTER.replace(";", "+").replace(",", ";").replace("Claims+Appeals", '"Claims;Appeals"')
    plain = allocate("--out", "plain.csv")
    (clean / "m.csv").write_bytes(roster.replace("FL+TX", '"FL;TX"').replace("4;", "Åsa;").encode("cp1252"))

    done = allocate("--out", "other.csv", words=[word.replace("r.csv", "m.csv") for word in WORDS])

    assert 0 == plain.returncode == done.returncode
    assert "notice: m.csv is not UTF-8: read as Windows-1252" in done.stderr
    assert (clean / "plain.csv").read_text().replace("\n4,", "\nÅsa,") == (clean / "other.csv").read_text()


def test_json_holds_the_answer_the_demands_the_quality_and_the_notices(allocate):
    done = allocate("--json")

    said = json.loads(done.stdout)
    assert {"week", "notices", "explanations", "answer", "demands", "quality"} == set(said)
    assert [None] == [row["demand_id"] for row in said["answer"] if row["resource_cn"] == "4"]
    assert [0, 1] == [row["gap"] for row in said["demands"]]  # ideal 2 each, 2 and 1 assigned
    assert said["quality"][0]["chi_square_gap"] == pytest.approx(0.5)  # (2-2)^2/2 + (1-2)^2/2


def test_a_gap_is_an_answer_and_not_an_error(allocate):
    done = allocate("--json", demands=DEMANDS.replace("Claims,FL", "Claims,OH"))

    assert done.returncode == 0, done.stderr
    assert [0, 2] == [row["assigned"] for row in json.loads(done.stdout)["demands"]]


def test_further_columns_are_ignored_with_a_notice(allocate):
    done = allocate(roster=ROSTER.replace("states\n", "states,shoe_size\n").replace("FL\n", "FL,42\n"))

    assert done.returncode == 0
    assert "ignored the columns shoe_size" in done.stderr


def test_the_state_not_available_stays_a_state(allocate):
    done = allocate("--json", demands=DEMANDS.replace("Appeals,TX", "Appeals,N/A"))

    # only 3 lists N/A, so only 3 may do demand 20
    assert {"20": ["3"]} == {
        "20": [row["resource_cn"] for row in json.loads(done.stdout)["answer"] if row["demand_id"] == "20"]
    }


def test_a_week_over_two_months_takes_both(allocate):
    header = "demand_id,platform,main_lob,worktype,case_type,state,year,month,monthly_forecast\n"
    months = "10,Amisys,Amisys Domestic,,Claims,FL,2025,9,2100\n10,Amisys,Amisys Domestic,,Claims,FL,2025,10,2200\n"

    words = ("allocate", "--resources", "r.csv", "--demands", "d.csv", "--week", "2025-W40")
    done = allocate("--json", demands=header + months, words=words)

    # W40 = 29 Sep to 5 Oct: 2 of September's 21 working days, 3 of October's 22 (Columbus Day is one holiday)
    assert [2 * 100 + 3 * 100] == [row["weekly_forecast"] for row in json.loads(done.stdout)["demands"]]


def test_a_planners_week_configuration_overrides_the_calendar(allocate, clean):
    (clean / "w.csv").write_text("year,month,iso_year,iso_week,locality,working_days\n2025,7,2025,28,Domestic,2\n")

    done = allocate("--json", "--week-configuration", "w.csv")

    answer = json.loads(done.stdout)["answer"]
    assert answer[0]["weekly_capacity_hours"] == pytest.approx(2 * 9 * 0.9)
    assert "does not list" in done.stderr


def test_a_week_without_working_days_is_a_stated_result(allocate, clean):
    (clean / "w.csv").write_text("year,month,iso_year,iso_week,locality,working_days\n2025,7,2025,28,Domestic,0\n")

    done = allocate("--json", "--week-configuration", "w.csv")

    said = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert "no working day in Domestic" in done.stderr
    assert {None} == {row["demand_id"] for row in said["answer"]}
    assert {"no working day in Domestic in 2025-W28"} == {row["reason"] for row in said["answer"]}


def test_all_forecasts_zero_is_a_stated_result(allocate):
    done = allocate(demands=DEMANDS.replace(",200", ",0"))

    assert done.returncode == 0, done.stderr
    assert "all forecasts are 0" in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"roster": ROSTER.splitlines()[0] + "\n"}, "the roster is empty", id="empty_roster"),
        pytest.param({"demands": DEMANDS.splitlines()[0] + "\n"}, "there is no demand", id="no_demands"),
        pytest.param({"demands": DEMANDS.replace("TX,200", 'TX,"1,200"')}, "(demands, line 3); it is 1200 with its comma between thousands and 1.2 with a decimal comma", id="both_readings"),
        pytest.param({"roster": ""}, "r.csv is empty: its first line must name the columns", id="empty_file"),
        pytest.param({"roster": ROSTER.replace("Domestic", "Mars", 1)}, "'Mars' (resources, line 2)", id="locality"),
        pytest.param({"roster": ROSTER + "1,Amisys,Domestic,Claims,FL\n"}, "two rows for cn = 1 (lines 2 and 6)", id="duplicate_cn"),
        pytest.param({"demands": DEMANDS + DEMANDS.splitlines()[1] + "\n"}, "two rows for demand_id = 10 (lines 2 and 4)", id="duplicate_demand"),
        pytest.param({"demands": DEMANDS.replace("200", "-1", 1)}, "-1", id="negative_forecast"),
        pytest.param({"demands": DEMANDS.replace("200", "many", 1)}, "'many' (demands, line 2)", id="not_a_number"),
        pytest.param({"demands": DEMANDS.replace("platform,", "", 1)}, "cells than the header", id="cell_too_many"),
        pytest.param({"roster": ROSTER.replace("skills", "talents")}, "lacks the columns skills", id="missing_column"),
        pytest.param({"roster": ROSTER.replace("Claims,FL", "Cla\x07ims,FL", 1)}, "skills must be", id="odd_skill"),
        pytest.param(
            {"roster": "cn,platform,locality,skills,states,available_from,available_until\n"
                       "1,Amisys,Domestic,Claims,FL,2025-08-01,2025-07-01\n"},
            "lies before available_from", id="end_before_start",
        ),
        pytest.param(
            {"demands": "demand_id,platform,locality,case_type,state,year,month,monthly_forecast\n"
                        + 2 * "10,Amisys,Domestic,Claims,FL,2025,7,100\n"},
            "two rows for demand_id, month = 10, 2025-07 (lines 2 and 3)", id="duplicate_demand_month",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_1(allocate, change, said):
    done = allocate(**change)

    assert done.returncode == 1, done.stdout
    assert said in " ".join(done.stderr.split())
    assert done.stderr.strip().count("\n") == 0
    assert done.stdout == ""


def test_work_in_a_month_without_a_working_day_names_month_and_locality(allocate, clean):
    (clean / "w.csv").write_text("year,month,iso_year,iso_week,locality,working_days\n2025,7,2025,28,Domestic,0\n")
    months = "demand_id,platform,locality,case_type,state,year,month,monthly_forecast\n"

    done = allocate(
        "--week-configuration", "w.csv", demands=months + "10,Amisys,Domestic,Claims,FL,2025,7,100\n"
    )  # fmt: skip

    assert done.returncode == 1
    assert "2025-07" in done.stderr
    assert "Domestic" in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"roster": ROSTER.replace("FL", "ZZ")}, "state of demands that no resource lists", id="state"),
        pytest.param(
            {"demands": DEMANDS.replace("10,Amisys", "10,Basic")},
            "demands that no resource lists: Basic",
            id="platform",
        ),
    ],
)
def test_an_unknown_state_or_platform_is_said_and_nobody_vanishes(allocate, change, said):
    roster = change.get("roster", ROSTER).replace("N/A", "TX")

    done = allocate("--json", **{**change, "roster": roster})

    assert done.returncode == 0, done.stderr
    assert said in done.stderr
    assert len(json.loads(done.stdout)["answer"]) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--week", "2025-W54"], "--week", id="no_such_week"),
        pytest.param(["--week", "next"], "2025-W28", id="not_a_week"),
        pytest.param(["--strategy", "best"], "--strategy must be one of optimal, v2", id="strategy"),
        pytest.param(["--weight", "heads"], "--weight must be one of volume, workload", id="weight"),
        pytest.param(["--stability"], "--previous", id="stability_without_last_week"),
        pytest.param(["--strategy", "v2", "--minimum-one"], "belong to strategy optimal", id="switch_of_the_other"),
    ],
)
def test_wrong_words_are_one_line_and_exit_code_2(allocate, words, said):
    done = allocate(*words)

    assert done.returncode == 2, done.stderr
    assert said in " ".join(done.stderr.split())
    assert done.stderr.strip().count("\n") == 0


def test_a_rule_that_cannot_be_applied_is_exit_code_2(allocate, clean):
    (clean / "rules.csv").write_text("rule_id,rule_name,pattern,match_type,result_locality\n1,bad,(,regex,Domestic\n")

    done = allocate("--rules", "rules.csv")

    assert done.returncode == 2
    assert "not a regular expression" in done.stderr


def test_workload_without_handle_times_is_refused_and_volume_is_not(allocate):
    refused, accepted = allocate("--weight", "workload"), allocate("--weight", "volume")

    assert (refused.returncode, accepted.returncode) == (1, 0)
    assert "needs handle_seconds" in refused.stderr


def test_explanations_say_who_why_and_what_would_help(allocate):
    done = allocate("--out", "o.csv", "--explain", "1", "--explain", "4", "--explain", "20")

    said = " ".join(done.stdout.split())
    assert "1 works on demand 10 (exclusive: the only demand this person may do)" in said
    assert "4 has no demand: no demand on platform Facets." in said
    assert "Demand 20 (Amisys, Domestic, Appeals, TX): ideal 2.00, assigned 1, gap 1.00." in said


def test_why_not_answers_for_a_person_and_a_demand(allocate):
    done = allocate("--json", "--why-not", "4", "20")

    assert done.returncode == 0, done.stderr
    assert (
        "Demand 20 refuses 4: platform (it is on platform Amisys, the person on Facets); "
        "skill (it needs skill 'Appeals', the person has Claims); state (it is of state 'TX', the person lists FL)."
    ) == json.loads(done.stdout)["explanations"]["4 20"]


def test_explaining_a_stranger_is_refused_before_anything_is_written(allocate, clean):
    done = allocate("--out", "o.csv", "--explain", "nobody")

    assert done.returncode == 1
    assert "'nobody' is neither a cn nor a demand_id" in done.stderr
    assert not (clean / "o.csv").exists()


def test_the_eligible_pairs_can_be_exported(allocate, clean):
    allocate("--eligibility", "e.csv")

    pairs = pd.read_csv(clean / "e.csv", dtype=str, keep_default_na=False)
    assert [("1", "10"), ("2", "10"), ("2", "20"), ("3", "20")] == list(
        zip(pairs["resource_cn"], pairs["demand_id"], strict=True)
    )
    assert ["True", "True", "True", "False"] == pairs["is_exact_state"].tolist()  # 3 serves TX through N/A


def test_the_order_of_the_rows_changes_nothing(allocate):
    head, *rows = ROSTER.splitlines()

    shuffled = allocate("--json", roster="\n".join([head, *rows[::-1], ""]))

    assert allocate("--json").stdout == shuffled.stdout


def test_last_weeks_answer_counts_moves_and_can_be_kept(allocate, clean):
    allocate("--out", "last.csv")

    same = json.loads(allocate("--json", "--previous", "last.csv", "--stability").stdout)

    assert same["quality"][0]["moved_since_last_week"] == 0


def test_the_sample_roster_and_demands_are_allocated_with_their_tiers(clean, monkeypatch, capsys):
    words = ("--resources", FOLDER / "resources.csv", "--demands", FOLDER / "monthly_demand.csv", "--week", "2026-W14")

    done = run_wfm(monkeypatch, capsys, "allocate", *words, "--strategy", "v2", "--json")

    said = json.loads(done.stdout)
    assert (180, 50) == (len(said["answer"]), len(said["demands"]))
    assert {"exclusive", "scored", "remainder", None} >= {row["phase"] for row in said["answer"]}


def test_last_weeks_answer_with_a_person_twice_names_both_lines(allocate, clean):
    (clean / "last.csv").write_text("resource_cn,demand_id\n1,10\n2,20\n1,20\n")

    done = allocate("--previous", "last.csv", "--stability")

    assert 1 == done.returncode
    assert "last.csv has two rows for resource_cn = 1 (lines 2 and 4); keep one" in done.stderr


PAIRS = "cn,demand_id,rule,from_week,until_week,reason\n"


def test_pairs_from_a_file_are_honoured_and_explained(allocate, clean):
    # 2 may do both and is given 10 where nobody decides
    (clean / "p.csv").write_text(PAIRS + "2,20,pinned,2025-W28,,as agreed\n3,20,forbidden,2025-W27,2025-W28,conflict\n")

    done = allocate("--json", "--pairs", "p.csv", "--explain", "2", "--why-not", "3", "20")

    said = json.loads(done.stdout)
    assert {"1": "10", "2": "20", "3": None, "4": None} == {
        row["resource_cn"]: row["demand_id"] for row in said["answer"]
    }
    assert "Planners' pair: pinned to demand 20 (as agreed)." in said["explanations"]["2"]
    assert "pair (planners forbid it to the person: conflict)" in said["explanations"]["3 20"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "4,10,pinned,2025-W28,,",
            "the gate refuses it by platform: the demand needs 'Amisys', the person has 'Facets'",
        ),
        ("1,99,pinned,2025-W28,,", "2025-W28 has no demand 99"),
        ("1,10,glued,2025-W28,,", "rule must be pinned or forbidden, got 'glued' (allocation_pairs, line 2)"),
    ],
)
def test_a_pair_that_cannot_be_is_one_line(allocate, clean, row, said):
    (clean / "p.csv").write_text(PAIRS + row + "\n")

    done = allocate("--pairs", "p.csv")

    assert done.returncode == 1
    assert said in " ".join(done.stderr.split())


LEAVING = (
    ROSTER.replace("states\n", "states,available_until\n")
    .replace("FL\n2", "FL,2025-07-09\n2")
    .replace("FL;TX\n", "FL;TX,\n")
)
LEAVING = LEAVING.replace("N/A\n", "N/A,\n").replace("Claims,FL\n", "Claims,FL,\n")


@pytest.mark.parametrize(("words", "hours"), [((), 3 * 8.1), (("--full-week",), 0.0), (("--no-full-week",), 3 * 8.1)])
def test_the_strict_rule_counts_only_who_is_there_all_week(allocate, words, hours):
    # 1 leaves on Wednesday of the week: three days of 9 h x 0.9
    done = allocate("--json", *words, roster=LEAVING)

    first = json.loads(done.stdout)["answer"][0]
    assert first["weekly_capacity_hours"] == pytest.approx(hours)
    assert (first["demand_id"] is None) == (hours == 0)
    assert hours or first["reason"] == "not there on every working day of 2025-W28, which is asked for"


def test_the_strict_rule_is_a_setting_too_and_the_command_line_wins(allocate, monkeypatch):
    monkeypatch.setenv("WFM_ALLOCATION_FULL_WEEK", "true")

    by_setting = json.loads(allocate("--json", roster=LEAVING).stdout)["answer"][0]
    by_word = json.loads(allocate("--json", "--no-full-week", roster=LEAVING).stdout)["answer"][0]

    assert (None, "10") == (by_setting["demand_id"], by_word["demand_id"])


def test_refused_pairs_are_written_with_what_is_left_out(allocate, clean):
    done = allocate("--refusals", "x.csv", "--most-refusals", "3")

    rows = pd.read_csv(clean / "x.csv", keep_default_na=False)
    # 8 pairs; 1-10, 2-10, 2-20, 3-20 are open
    assert "notice: x.csv: 3 of 4 refused pairs; left out: 1, which lack as much or more" in done.stderr
    assert [("1", "20"), ("3", "10"), ("4", "10")] == sorted(
        (str(row["resource_cn"]), str(row["demand_id"])) for row in rows.to_dict("records")
    )
    assert ["skill"] == rows.loc[rows["resource_cn"] == 3, "refused_by"].tolist()
    assert ["skill 'Claims'"] == rows.loc[rows["resource_cn"] == 3, "opens_with"].tolist()


def test_a_demand_says_its_main_lob_and_how_many_people_are_its_alone(allocate):
    lobs = DEMANDS.replace("weekly_forecast\n", "weekly_forecast,main_lob\n").replace("200\n20", "200,Medicaid\n20")

    done = json.loads(allocate("--json", demands=lobs.replace("TX,200", "TX,200,")).stdout)["demands"]

    assert ["Medicaid", None] == [row["main_lob"] for row in done]
    assert [1, 1] == [row["exclusive"] for row in done]  # 1 may only do claims, 3 only appeals; 2 is shared
    assert [2, 2] == [row["eligible"] for row in done]


def test_split_shifts_and_leave_of_single_people_change_their_hours(allocate, clean):
    rows = 'cn,kind,from_date,until_date,hours\n1,work,2025-01-01,,"08:00-12:00,16:00-20:00"\n'
    (clean / "h.csv").write_text(rows + "1,leave,2025-07-09,2025-07-09,10:00-17:00\n")

    answer = json.loads(allocate("--json", "--windows", "h.csv").stdout)["answer"]

    # five days of 8 h, less 10-12 and 16-17 on Wednesday; the others 9 h a day
    hours = {row["resource_cn"]: row["weekly_capacity_hours"] for row in answer}
    assert {"1": pytest.approx(37 * 0.9), "2": pytest.approx(45 * 0.9)} == {cn: hours[cn] for cn in ("1", "2")}
