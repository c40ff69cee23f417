"""`wfm assignments` as a planner meets it: versions of a week in the warehouse, their difference, approval and undo."""

import json

import pandas as pd
import pytest

from wfm_pipeline_tests.assigned_kit import ask, edit, plan
from wfm_pipeline_tests.cli_kit import run_wfm

WEEK = "2026-W14"
SEEN = "select resource_cn, demand_id from gold.weekly_resource_assignment where iso_week = 14 order by 1"


@pytest.fixture
def wfm(planned, monkeypatch, capsys):
    """The command in the house in which one week is planned."""
    monkeypatch.setenv("WFM_HOME", str(planned.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", planned.settings.source_url.get_secret_value())
    monkeypatch.setenv("WFM_PLANNING_FOLDER", str(planned.settings.planning_folder))

    def run(*words, code=0):
        done = run_wfm(monkeypatch, capsys, *words)
        assert code == done.returncode, done.stderr
        return done

    return run


def test_a_planner_makes_compares_approves_and_undoes_versions(planned, planners, wfm, tmp_path):
    first = ask(planned, SEEN)
    edit(planners / "resources.csv", "R001,Facets,Domestic,Claims,", "R001,Amisys,Domestic,FTC-Basic,")

    made = wfm("allocate", "--from", WEEK, "--reason", "R001 changes platform")
    second = ask(planned, SEEN)
    listed = json.loads(wfm("assignments", "--week", WEEK, "--json").stdout)["versions"]
    moves = tmp_path / "moves.csv"
    compared = " ".join(wfm("assignments", "--week", WEEK, "--diff", "1", "2", "--out", moves).stdout.split())
    approved = wfm("assignments", "--week", WEEK, "--approve", "1", "--by", "Ann Berg", "--reason", "teams agreed")
    undone = ask(planned, SEEN)

    assert "notice" not in made.stderr
    assert ["asked for by hand", "R001 changes platform"] == [row["reason"] for row in listed]
    assert [False, True] == [row["is_current"] for row in listed]
    assert first == undone != second
    written = pd.read_csv(moves, dtype=str, keep_default_na=False).set_index("resource_cn")
    differing = {cn for (cn, one), (_, other) in zip(first, second, strict=True) if one != other}
    assert differing == set(written.index)
    assert "person: platform Facets -> Amisys; person: skills Claims -> FTC-Basic" == written.loc["R001", "why"]
    assert "inputs that differ: people: 1 changed" in compared
    assert f"{WEEK}: version 1 is approved now" in approved.stderr
    assert "Ann Berg" in approved.stdout
    assert [(1, "Ann Berg", "teams agreed")] == ask(
        planned, "select version, approved_by, reason from gold.assignment_approval"
    )


def test_readers_of_the_published_copy_see_the_approved_version(planned, planners, wfm):
    first = ask(planned, SEEN)
    edit(planners / "resources.csv", "R001,Facets,Domestic,Claims,", "R001,Amisys,Domestic,FTC-Basic,")
    wfm("allocate", "--from", WEEK)

    wfm("assignments", "--week", WEEK, "--approve", "1", "--by", "ann")

    with planned.open_gold() as gold:
        seen, versions = gold.rows("weekly_resource_assignment"), gold.rows("assignment_version")
    assert sorted(str(demand) for _, demand in first if demand) == sorted(seen["demand_id"].dropna().astype(str))
    assert [1] == versions.loc[versions["is_current"].astype(bool), "version"].tolist()


def test_a_run_over_an_approved_week_says_what_stands_is_judged_and_overwrites_nothing(planned, planners, wfm):
    wfm("assignments", "--week", WEEK, "--approve", "1", "--by", "ann")
    first = ask(planned, SEEN)
    edit(planners / "resources.csv", "R001,Facets,Domestic,Claims,", "R001,Amisys,Domestic,FTC-Basic,")

    outcome = plan(planned, WEEK)
    told = wfm("allocate", "--from", WEEK)

    assert (
        () == outcome.problems
    )  # the roster has changed, and yet the approved version breaks no law: its own run judged it
    assert first == ask(planned, SEEN)
    assert "version 2 is the newest, but version 1 is approved and is what readers see" in " ".join(told.stderr.split())
    assert [("1", "2")] == [
        (str(row["current"]), str(row["newest"])) for row in json.loads(wfm("assignments", "--json").stdout)["versions"]
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--diff", "1", "2"], "need --week", id="no_week"),
        pytest.param(["--week", WEEK, "--approve", "1"], "--by NAME belong together", id="nobody"),
        pytest.param(["--week", WEEK, "--by", "ann"], "--by NAME belong together", id="nothing"),
        pytest.param(["--week", WEEK, "--approve", "1", "--by", "  "], "name of a person", id="blank_name"),
        pytest.param(["--week", "soon"], "--week", id="not_a_week"),
        pytest.param(["--week", WEEK, "--reason", "so"], "give --approve and --by", id="reason_alone"),
        pytest.param(
            ["--week", WEEK, "--diff", "1", "1", "--approve", "1", "--by", "ann"],
            "one at a time",
            id="looks_and_writes",
        ),
    ],
)
def test_odd_words_are_refused_with_what_to_do(wfm, words, said):
    assert said in " ".join(wfm("assignments", *words, code=2).stderr.split())


def test_a_version_or_week_that_is_not_there_is_told(wfm):
    assert "has no version 9; there is: 1" in wfm("assignments", "--week", WEEK, "--diff", "1", "9", code=1).stderr
    assert "wfm allocate --from 2026-W15" in wfm("assignments", "--week", "2026-W15", code=1).stderr


def test_why_is_asked_of_versions_in_the_warehouse_only(wfm):
    words = ("allocate", "--resources", "r.csv", "--demands", "d.csv", "--week", WEEK, "--reason", "so")

    assert "--reason is kept with versions" in wfm(*words, code=2).stderr


def test_a_pin_of_the_planning_folder_moves_the_person_is_judged_and_named_by_the_diff(planned, planners, wfm):
    frm, to = ask(planned, "select demand_id, runner_up_demand_id from gold.weekly_resource_assignment "
                  "where runner_up_demand_id is not null order by resource_cn limit 1")[0]  # fmt: skip
    cn = ask(planned, "select resource_cn from gold.weekly_resource_assignment where runner_up_demand_id is not null "
             "order by resource_cn limit 1")[0][0]  # fmt: skip
    pairs = f"cn,demand_id,rule,from_week,until_week,reason\n{cn},{to},pinned,{WEEK},{WEEK},as agreed\n"
    (planners / "allocation_pairs.csv").write_text(pairs, encoding="utf-8")

    wfm("allocate", "--from", WEEK)
    compared = json.loads(wfm("assignments", "--week", WEEK, "--diff", "1", "2", "--json").stdout)

    moved = {row["resource_cn"]: row for row in compared["moves"]}[cn]
    assert (frm, to, f"person: pinned none -> {to}") == (moved["from_demand"], moved["to_demand"], moved["why"])
    assert [("pinned",)] == ask(
        planned, f"select phase from gold.weekly_resource_assignment where resource_cn = '{cn}'"
    )
    # the pin ends with the week
    assert () == plan(planned, "2026-W15").problems
    assert [(0,)] == ask(
        planned, "select count(*) from gold.weekly_resource_assignment where iso_week = 15 and phase = 'pinned'"
    )


def test_months_sum_resource_weeks_and_every_demand_of_the_plan_says_its_line_of_business(planned, wfm):
    wfm("allocate", "--from", "2026-W15", "--to", "2026-W18")

    found = json.loads(wfm("assignments", "--months", "--json").stdout)["months"]

    assert {"2026-04"} == {row["month"] for row in found}  # W14 has its Thursday on 2 April, W18 on 30 April
    [(people,)] = ask(planned, "select count(demand_id) from gold.weekly_resource_assignment")
    assert people == sum(row["resource_weeks"] for row in found)
    assert {5} == {row["weeks"] for row in found}
    assert all(row["main_lob"] for row in found)
    assert "leave --week" in wfm("assignments", "--months", "--week", WEEK, code=2).stderr


def test_the_strict_rule_of_the_setting_holds_in_the_warehouse_is_judged_and_named_by_the_diff(planned, planners, wfm):
    edit(
        planners / "resources.csv",
        "R001,Facets,Domestic,Claims,FL;TX,,",
        "R001,Facets,Domestic,Claims,FL;TX,,2026-03-31",
    )
    wfm("allocate", "--from", WEEK)

    wfm("allocate", "--from", WEEK, "--full-week")

    compared = json.loads(wfm("assignments", "--week", WEEK, "--diff", "2", "3", "--json").stdout)
    assert [("not there on every working day of 2026-W14, which is asked for",)] == ask(
        planned, "select reason from gold.weekly_resource_assignment where resource_cn = 'R001' and iso_week = 14"
    )
    assert "settings: full_week false -> true" in compared["inputs"]
    assert "person: days 2 -> 0" in {row["resource_cn"]: row for row in compared["moves"]}["R001"]["why"]


def test_leave_of_the_planning_folder_takes_hours_is_judged_and_named_by_the_diff(planned, planners, wfm):
    hours = (
        "select weekly_capacity_hours from gold.weekly_resource_assignment where resource_cn = 'R003' and iso_week = 14"
    )
    before = ask(planned, hours)[0][0]
    rows = "cn,kind,from_date,until_date,hours\nR003,leave,2026-03-31,2026-03-31,13:00-17:30\n"
    (planners / "allocation_windows.csv").write_text(rows, encoding="utf-8")

    wfm("allocate", "--from", WEEK)

    after = ask(planned, hours)[0][0]
    assert after == pytest.approx(before - 4.5 * 0.9)
    compared = json.loads(wfm("assignments", "--week", WEEK, "--diff", "1", "2", "--json").stdout)
    assert ["people: 1 changed"] == compared["inputs"]
