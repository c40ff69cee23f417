"""The capacity plan in the warehouse: from planners' files and the long range, repeatable, by job and command."""

import datetime as dt
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from wfm_pipeline.contracts.long_range import QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.contracts.planning.capacity import CAPACITY_WEEK
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.orchestration.runs.side_jobs import CAPACITY_REQUEST, long_range_request
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.working_issues import latest_capacity, latest_weeks
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import count, do, hashes

TABLE = CAPACITY_WEEK.full_name


def quiet(_step, _what):
    """Nobody listens."""


def issue(house):
    return do(house, CAPACITY_REQUEST)


def stored(house, read=latest_capacity):
    with house.open_warehouse() as warehouse:
        return read(warehouse, house.source_map)


def copy_of(house, home, **settings):
    shutil.copytree(house.settings.home, home)
    return House(house.settings.model_copy(update={"home": home, **settings}))


@pytest.fixture(scope="module")
def far_ahead(finished, tmp_path_factory):
    """A house with a long range, made once."""
    house = copy_of(finished[0], tmp_path_factory.mktemp("far_ahead") / "home")
    assert do(house, long_range_request(None)).problems == ()
    return house


@pytest.fixture
def planned(far_ahead, tmp_path):
    """A copy in which capacity may be planned."""
    return copy_of(far_ahead, tmp_path / "home")


def test_the_plan_is_that_of_the_long_range_lawful_and_repeatable(planned):
    first = issue(planned)
    content = hashes(planned, [TABLE])
    second = issue(planned)

    assert (first.problems, second.problems) == ((), ())
    assert content == hashes(planned, [TABLE])
    plan, weeks = stored(planned), stored(planned, latest_weeks)
    assert {"care", "orders", "english"} == set(plan["pool_id"])
    assert len(weeks) / weeks["queue_id"].nunique() == len(plan) / 3 == 64
    care = plan[plan["pool_id"] == "care"].set_index("week_start")
    calls = weeks[weeks["queue_id"].isin(["support", "billing"])].groupby("week_start")["calls_mean"].sum()
    np.testing.assert_allclose(care["calls_mean"], calls.reindex(care.index))
    assert plan["reason"].isna().all()
    assert (plan["method"] == "staffing").all()


@pytest.mark.postgres
def test_the_plan_is_the_same_on_postgresql(planned, postgres_url):
    issue(planned)
    server = House(planned.settings.model_copy(update={"warehouse_url": SecretStr(postgres_url)}))
    with planned.open_warehouse() as ours, server.open_warehouse() as theirs:
        for table in (QUEUE_WEEK_LONG_RANGE, QUEUE_INTERVAL_STAFFING):
            theirs.replace(table, ours.frame(ours.table(table.full_name)), Scope())

    outcome = issue(server)

    assert outcome.problems == ()
    assert hashes(planned, [TABLE]) == hashes(server, [TABLE])


def test_heads_go_down_by_the_yearly_rate(planned):
    issue(planned)

    english = stored(planned).query("pool_id == 'english'").set_index("week_start")["heads_start"]

    # 9 people on 6 January 2025, 15 % leave in 365.2425 days
    days = (english.index - pd.Timestamp("2025-01-06")).days
    np.testing.assert_allclose(english, 9 * 0.85 ** (days / 365.2425))


def test_the_hours_of_the_issued_weeks_own_load_are_those_of_its_staffing(planned):
    issue(planned)
    with planned.open_warehouse() as warehouse:
        staffing = warehouse.frame(warehouse.table("gold.queue_interval_staffing"))
    newest = staffing[(staffing["issued_at"] == staffing["issued_at"].max()) & (staffing["queue_id"] == "orders")]
    days = newest["business_date"].nunique()
    issued_work = newest["workload_minutes"].sum() / 60 / days * 7
    issued_hours = newest["agents_required"].astype(float).sum() * 0.5 / days * 7

    orders = stored(planned).query("pool_id == 'orders'")

    nearest = orders.iloc[(orders["workload_hours"] - issued_work).abs().argmin()]
    assert nearest["on_phone_hours"] == pytest.approx(
        issued_hours * nearest["workload_hours"] / issued_work, rel=0.05
    )  # the nearest week is not the same week: the root law over a few percent of load


def test_a_changed_file_opens_a_version_and_changes_the_plan(planned, tmp_path):
    folder = tmp_path / "planning"
    shutil.copytree(planned.planning_folder, folder)
    house = House(planned.settings.model_copy(update={"planning_folder": folder}))
    issue(house)
    before = stored(house)
    path = folder / "shrinkage.csv"
    path.write_text(path.read_text().replace("meetings,true,0.02", "meetings,true,0.05"))

    issue(house)

    assert 2 == count(house, "select count(*) from silver.shrinkage where kind = 'meetings'")
    assert 1 == count(house, "select count(*) from silver.shrinkage where kind = 'meetings' and valid_until is null")
    after = stored(house)
    assert (after["paid_fte_required_mean"] > before["paid_fte_required_mean"]).all()
    assert (after["fte_required_mean"] == before["fte_required_mean"]).all()


def test_without_planners_files_the_plan_says_what_is_missing(planned, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    house = House(planned.settings.model_copy(update={"planning_folder": folder}))

    outcome = issue(house)

    assert () == outcome.problems
    plan = stored(house)
    assert {"support", "billing", "orders", "english"} == set(plan["pool_id"])
    assert plan["fte_required_mean"].notna().all()
    assert plan["gap_fte_mean"].isna().all()
    reasons = {"no pool of headcount has the queue; no row of shrinkage holds in the week"}
    assert reasons == set(plan["reason"])


def test_without_a_long_range_it_says_how_to_make_one(finished, tmp_path):
    house = copy_of(finished[0], tmp_path / "home")

    outcome = issue(house)

    assert any("make one with `wfm long-range`" in problem for problem in outcome.problems)


def test_the_schedule_is_after_the_long_range_on_mondays(planned):
    definitions = build_definitions(planned.settings)

    schedule = definitions.resolve_schedule_def("capacity_schedule")

    assert ("30 4 * * 1", "capacity") == (schedule.cron_schedule, schedule.job_name)


def test_the_command_plans_and_prints(planned, clean, monkeypatch, capsys):
    monkeypatch.setenv("WFM_HOME", str(planned.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", f"sqlite:///{planned.settings.home}/source.sqlite")

    done = run_wfm(monkeypatch, capsys, "capacity", "--out", clean / "plan.csv")

    assert done.returncode == 0, done.stderr
    assert "SIMULATED DATA: FTE on the phones, care" in done.stdout
    assert 3 * 64 == len(pd.read_csv(clean / "plan.csv"))


# the calculator on files


@pytest.fixture
def folder(clean):
    (clean / "headcount.csv").write_text(
        "pool_id,queues,heads,counted_on,contract_hours,attrition,attrition_per,recruiting_weeks,training_weeks,"
        "training_dropout,ramp,occupancy\np,q,10,2026-01-05,40,0,year,0,1,0,,\n"
    )
    (clean / "shrinkage.csv").write_text("pool_id,kind,is_planned,share,first_date\n(all),all,true,0.2,2020-01-01\n")
    (clean / "weeks.csv").write_text("queue_id,week,calls_mean,aht_seconds\nq,2026-W02,3072,300\nq,2026-W03,4608,300\n")
    return clean


def calculate(monkeypatch, capsys, folder, *words):
    monkeypatch.setenv("WFM_PLANNING_FOLDER", str(folder))
    monkeypatch.setenv("WFM_HOME", str(folder / "home"))
    return run_wfm(monkeypatch, capsys, "capacity", "--file", folder / "weeks.csv", *words)


def test_the_calculator_needs_files_alone(folder, monkeypatch, capsys):
    done = calculate(monkeypatch, capsys, folder, "--occupancy", "0.8", "--json")

    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout)["weeks"]
    # 3,072 x 300 s = 256 h at 80 %: 320 h, 8 FTE; 10 heads x 0.8 = 8; then 12 against 8: 5 people, one week of training
    assert (8.0, 8.0, 0.0) == (first["fte_required_mean"], first["fte_available_mean"], first["gap_fte_mean"])
    assert (12.0, 4.0, 5) == (second["fte_required_mean"], second["gap_fte_mean"], first["hires_needed"])
    assert "2026-01-05" == first["decide_by"][:10]
    assert not (folder / "home").exists()


def test_the_calculator_says_what_it_lacks(folder, monkeypatch, capsys):
    done = calculate(monkeypatch, capsys, folder)

    assert 0 == done.returncode
    assert "2 weeks: no staffing was issued for queue q and its pool states no occupancy" in done.stdout
    assert "weeks.csv has no quantiles of calls" in done.stderr
    assert "hiring_classes: no file, nothing known" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["--occupancy", "85"], 2, "write 85 % as 0.85", id="percent"),
        pytest.param(["--hire-for", "q99"], 2, "capacity_hire_for", id="unknown_level"),
        pytest.param(["--headcount", "gone.csv"], 1, "there is no file gone.csv", id="no_file"),
    ],
)
def test_wrong_words_are_one_line(folder, monkeypatch, capsys, words, code, said):
    done = calculate(monkeypatch, capsys, folder, *words)

    assert code == done.returncode
    assert said in done.stderr
    assert 1 == len([line for line in done.stderr.splitlines() if line.startswith("error:")])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param(
            "q,2026-W54,1,300", "week must be such as 2026-W05, got '2026-W54' (weeks.csv, line 2)", id="week"
        ),
        pytest.param("q,2026-W02,-1,300", "must be 0 or more", id="negative"),
        pytest.param(
            "q,2026-W02,1,300\nq,2026-01-07,1,300",
            "two rows for queue_id, week = q, 2026-01-05 (lines 2 and 3)",
            id="twice",
        ),
    ],
)
def test_wrong_weeks_are_refused_with_their_line(folder, monkeypatch, capsys, lines, said):
    (folder / "weeks.csv").write_text(f"queue_id,week,calls_mean,aht_seconds\n{lines}\n")

    done = calculate(monkeypatch, capsys, folder)

    assert 1 == done.returncode
    assert said in done.stderr


def test_planners_files_without_a_file_of_calls_are_refused(clean, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "capacity", "--shrinkage", "s.csv")

    assert 2 == done.returncode
    assert "--shrinkage needs --file" in done.stderr


def test_week_53_is_a_week(folder, monkeypatch, capsys):
    (folder / "weeks.csv").write_text("queue_id,week,calls_mean,aht_seconds\nq,2026-W53,1,300\nq,2027-W01,1,300\n")

    done = calculate(monkeypatch, capsys, folder, "--json")

    weeks = json.loads(done.stdout)["weeks"]
    assert [(2026, 53), (2027, 1)] == [(week["iso_year"], week["iso_week"]) for week in weeks]
    assert str(dt.date(2026, 12, 28)) == weeks[0]["week_start"][:10]
