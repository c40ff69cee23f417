"""The weekly allocation in the warehouse: a whole year in one run, repeatable, judged, evaluated, with history."""

import datetime as dt
import shutil

import dagster as dg
import pandas as pd
import pytest
from pydantic import SecretStr

from wfm_pipeline.calculators.allocation import weeks_between
from wfm_pipeline.contracts.long_range import QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_TABLES
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.reports.figures.allocation import allocation_figure
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.weekly_assignments import quality_of
from wfm_pipeline_tests.assigned_kit import ask, change, edit, plan
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import LAST_DATE, hashes, says_what_was_compared
from wfm_pipeline_tests.tools.write_allocation_seeds import FOLDER

PLAN = [table.full_name for table in ALLOCATION_TABLES]
LAST_WEEK = IsoWeek.of(LAST_DATE).previous
COMING = "2026-W27"  # the forecast begins on Friday, 26 June 2026


@pytest.fixture
def with_calls(finished, clean):
    """A copy of the house in which the main job has run."""
    whole, _ = finished
    home = clean / "home"
    shutil.copytree(whole.settings.home, home)
    return House(whole.settings.model_copy(update={"home": home}))


def test_a_whole_year_is_one_run_and_twice_the_same(with_calls):
    first_run = plan(with_calls, "2026-W01", "2026-W52")
    once = hashes(with_calls, PLAN)

    second_run = plan(with_calls, "2026-W01", "2026-W52")

    assert first_run.problems == second_run.problems == ()
    assert once == hashes(with_calls, PLAN)
    assert [(52, 180 * 52)] == ask(
        with_calls,
        "select count(distinct iso_week), count(*) from gold.weekly_resource_assignment where iso_year = 2026",
    )


def test_both_strategies_stand_side_by_side_and_the_optimum_has_only_the_structural_gap(planned):
    with planned.open_warehouse() as warehouse:
        quality = quality_of(warehouse, weeks_between("2026-W14", "2026-W14")).set_index("strategy")

    assert [True, False] == quality.loc[["optimal", "v2"], "is_chosen"].tolist()
    assert quality.loc["optimal", "chi_square_gap"] == quality.loc["optimal", "optimal_chi_square_gap"]
    assert quality.loc["v2", "chi_square_gap"] > quality.loc["v2", "optimal_chi_square_gap"]
    assert (quality["staffed"] + quality["unassigned"] == quality["available"]).all()


def test_a_setting_chooses_whose_people_stand_in_the_plan(planned):
    house = House(planned.settings.model_copy(update={"allocation_strategy": "v2"}))

    plan(house, "2026-W14")

    assert [("v2",)] == ask(house, "select distinct strategy from gold.weekly_resource_assignment")


def test_calls_and_planners_months_are_both_planned_and_the_past_is_evaluated(with_calls):
    assert plan(with_calls, str(LAST_WEEK)).problems == ()
    assert plan(with_calls, str(IsoWeek.of(LAST_DATE))).problems == ()

    demands = ask(with_calls, f"select count(*) from gold.demand_week where iso_week = {LAST_WEEK.iso_week}")
    accuracy = ask(with_calls, "select iso_week, demands, demands_unknown, wmape from gold.allocation_accuracy")
    assert [(14 + 50,)] == demands  # demands of queues and of months
    assert [(LAST_WEEK.iso_week, 14, 50)] == [row[:3] for row in accuracy]  # this week is not over yet
    assert 0 < accuracy[0][3] < 0.5


def test_the_calls_of_a_mapped_queue_are_the_forecasts(with_calls):
    plan(with_calls, str(LAST_WEEK))

    planned, came = (
        ask(with_calls, query)[0][0]
        for query in (
            f"select sum(weekly_forecast) from gold.demand_week where iso_week = {LAST_WEEK.iso_week} and platform = 'Voice'",
            (
                "select sum(calls_offered) from gold.queue_day_actual where business_date between "
                f"'{LAST_WEEK.dates[0]}' and '{LAST_WEEK.dates[-1]}'"
            ),
        )
    )
    assert planned == pytest.approx(came, rel=0.3)


def long_range(house, first, last, *, but=()):
    """A long range in gold: 700 calls of every mapped queue in every week."""
    with house.open_warehouse() as warehouse:
        queues = warehouse.frame(warehouse.table("silver.queue_demand_map"))["queue_id"].unique()
        issued = warehouse.frame(warehouse.table("gold.queue_day_forecast"))["issued_at"].max()
        weeks = [week for week in weeks_between(first, last) if str(week) not in but]
        rows = pd.DataFrame(
            [
                {"queue_id": queue, "iso_year": week.iso_year, "iso_week": week.iso_week, "week_start": week.dates[0]}
                for queue in queues
                for week in weeks
            ]
        ).assign(source=house.source_map.name, issued_at=issued, aht_seconds=300.0, model_name="m", horizon_weeks=1)
        quantiles = [name for name in QUEUE_WEEK_LONG_RANGE.column_names if name.startswith("calls_")]
        warehouse.create(QUEUE_WEEK_LONG_RANGE)
        warehouse.replace(QUEUE_WEEK_LONG_RANGE, rows.assign(**dict.fromkeys(quantiles, 700.0)), Scope())


def test_weeks_beyond_the_forecast_are_planned_from_the_long_range_and_say_so(with_calls):
    assert plan(with_calls, COMING).problems == ()  # takes the planners' files in
    long_range(with_calls, "2026-W28", "2026-W40")

    outcome = plan(with_calls, COMING, "2026-W30")

    origins = ask(
        with_calls,
        "select iso_week, demand_from, count(*), sum(weekly_forecast) from gold.demand_week "
        "where platform = 'Voice' and iso_week >= 27 group by all order by all",
    )
    assert outcome.problems == ()
    assert [(27, "issue"), (28, "issue+stand_in"), (29, "long_range_weeks"), (30, "long_range_weeks")] == [
        row[:2] for row in origins
    ]
    queues = ask(with_calls, "select count(distinct queue_id) from silver.queue_demand_map")[0][0]
    assert [700.0 * queues] * 2 == [pytest.approx(row[3]) for row in origins[2:]]
    assert {("months",)} == set(
        ask(with_calls, "select distinct demand_from from gold.demand_week where platform <> 'Voice' and iso_week = 30")
    )


def test_a_week_without_demand_is_named_left_empty_and_stops_no_other_week(with_calls, clean, monkeypatch, capsys):
    planners = clean / "planning"
    shutil.copytree(FOLDER, planners)
    months = planners / "monthly_demand.csv"
    months.write_text(months.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    house = House(with_calls.settings.model_copy(update={"planning_folder": planners}))
    assert plan(house, COMING).problems == ()
    long_range(house, "2026-W28", "2026-W40", but=["2026-W35"])
    monkeypatch.setenv("WFM_HOME", str(house.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", house.settings.source_url.get_secret_value())
    monkeypatch.setenv("WFM_PLANNING_FOLDER", str(planners))

    done = run_wfm(monkeypatch, capsys, "allocate", "--from", "2026-W34", "--to", "2026-W36", "--explain", "R001")

    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert [(34,), (36,)] == ask(house, "select distinct iso_week from gold.demand_week where iso_week > 33 order by 1")
    assert "left empty, for there is no demand (no forecast of calls, no planners' months): 2026-W35" in said
    assert "long_range_weeks │ 2026-W34 │ 2026-W36" in said
    alone = plan(house, "2026-W35")
    assert (
        "2026-W35 has no demand: no forecast of calls reaches it, and monthly_demand names no work" in alone.problems[0]
    )


def test_who_had_which_skills_when_is_kept(planned, planners):
    edit(planners / "resources.csv", "R001,Facets,Domestic,Claims,", "R001,Facets,Domestic,Claims;Enrolment,")

    plan(planned, "2026-W14")

    versions = ask(
        planned,
        "select skills, valid_until is null, changed_by from silver.allocation_resources "
        "where resource_cn = 'R001' order by valid_from",
    )
    assert [("Claims", False), ("Claims;Enrolment", True)] == [row[:2] for row in versions]
    assert all(row[2].startswith("resources.csv") for row in versions)
    assert [(181,)] == ask(planned, "select count(*) from silver.allocation_resources")


def test_a_changed_rule_holds_from_the_next_run_on(planned, planners):
    before = ask(planned, "select count(*) from gold.demand_week where locality = 'Domestic'")

    edit(planners / "locality_rules.csv", "domestic,contains,Domestic,,,10,True", "domestic,contains,Global,,,10,True")
    plan(planned, "2026-W14")

    assert before == [(25,)]
    assert [(0,)] == ask(planned, "select count(*) from gold.demand_week where locality = 'Domestic'")


def test_an_edit_by_sql_holds_from_the_next_run_on_and_survives_the_same_file(planned):
    change(planned, "update silver.allocation_resources set is_active = false where resource_cn = 'R001'")

    plan(planned, "2026-W14")

    assert [(None, "not active")] == ask(
        planned, "select demand_id, reason from gold.weekly_resource_assignment where resource_cn = 'R001'"
    )


def test_a_bad_rule_in_a_file_is_refused_and_nothing_is_stored(planned, planners):
    edit(planners / "locality_rules.csv", "OIC Volumes,contains", "(,regex")

    outcome = plan(planned, "2026-W14")

    assert "not a regular expression" in outcome.problems[0]
    assert [(7,)] == ask(planned, "select count(*) from silver.locality_rules")


def test_without_planners_files_the_job_says_what_is_missing(sample, clean):
    (clean / "none").mkdir()
    house = House(load_settings(home=clean / "home", source_url=f"sqlite:///{sample}", planning_folder=clean / "none"))

    outcome = plan(house, "2026-W14")

    assert "the roster is empty" in outcome.problems[0]


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        pytest.param(
            "insert into gold.weekly_resource_assignment by name "
            "select * from gold.weekly_resource_assignment where resource_cn = 'R001'",
            "nobody_twice", id="booked_twice",
        ),
        pytest.param(
            "delete from gold.weekly_resource_assignment where resource_cn = 'R001'", "nobody_twice", id="forgotten"
        ),
        pytest.param(
            "update gold.weekly_resource_assignment set demand_id = '101' where resource_cn = 'R001'",
            "no_misfit", id="other_platform",
        ),
        pytest.param(
            "update gold.weekly_resource_assignment set weekly_capacity_hours = 99 where resource_cn = 'R001'",
            "capacity_is_not_exceeded", id="too_many_hours",
        ),
        pytest.param("update gold.allocation_quality set unassigned = 0", "people_are_conserved", id="people_lost"),
    ],
)  # fmt: skip
def test_a_broken_plan_fails_its_check(planned, statement, broken):
    change(planned, statement)

    result = _check(planned)

    assert not result[broken]


def _check(house):
    """Every law of the plan on what is stored now."""
    check = next(
        check
        for check in build_definitions(house.settings, is_partitioned=False).asset_checks
        if "nobody_twice" in {spec.name for spec in check.check_specs}
    )
    result = dg.materialize(
        [check], resources={"house": house}, instance=dg.DagsterInstance.ephemeral(), raise_on_error=False,
        selection=dg.AssetSelection.checks(check),
    )  # fmt: skip
    checks = result.get_asset_check_evaluations()
    assert all(says_what_was_compared(check) for check in checks)
    return {found.check_name: found.passed for found in checks}


def test_an_unbroken_plan_passes_every_check(planned):
    assert {"nobody_twice", "no_misfit", "capacity_is_not_exceeded", "people_are_conserved"} == set(_check(planned))
    assert all(_check(planned).values())


def test_weekly_partitions_start_on_mondays_and_a_month_backfills_in_one_run(planned):
    definitions = build_definitions(planned.settings)
    node = definitions.resolve_asset_graph().get(dg.AssetKey(["gold", "weekly_resource_assignment"]))
    keys = node.partitions_def.get_partition_keys()

    result = definitions.resolve_job_def("allocation").execute_in_process(
        tags={"dagster/asset_partition_range_start": "2026-06-01", "dagster/asset_partition_range_end": "2026-06-22"}
    )

    assert {0} == {dt.date.fromisoformat(key).weekday() for key in keys}
    assert node.backfill_policy == dg.BackfillPolicy.single_run()
    assert result.success
    weeks = ask(planned, "select distinct iso_week from gold.allocation_quality where iso_week > 20 order by 1")
    assert [(23,), (24,), (25,), (26,)] == weeks


def test_the_monday_tick_plans_this_week_and_the_next(planned):
    definitions = build_definitions(planned.settings)
    schedule = definitions.resolve_schedule_def("allocation_schedule")
    tick = dt.datetime(2026, 6, 1, 3, 0, tzinfo=dt.UTC)  # Monday 05:00 in Stockholm

    with dg.build_schedule_context(
        scheduled_execution_time=tick, repository_def=definitions.get_repository_def()
    ) as context:
        request = schedule.evaluate_tick(context).run_requests[0]

    assert ("2026-06-01", "2026-06-08") == (
        request.tags["dagster/asset_partition_range_start"],
        request.tags["dagster/asset_partition_range_end"],
    )


def test_the_nightly_job_leaves_the_allocation_alone(planned):
    job = build_definitions(planned.settings).resolve_job_def("nightly")

    names = {node.name for node in job.nodes}

    assert [] == [name for name in names if "allocation" in name or "demand" in name or "planning" in name]


def test_the_command_plans_in_the_warehouse_and_explains(planned, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WFM_HOME", str(planned.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", planned.settings.source_url.get_secret_value())
    monkeypatch.setenv("WFM_PLANNING_FOLDER", str(planned.settings.planning_folder))

    words = ("--from", "2026-W14", "--to", "2026-W15", "--explain", "R001")
    plan, pairs = tmp_path / "plan.csv", tmp_path / "pairs.csv"
    done = run_wfm(monkeypatch, capsys, "allocate", *words, "--out", plan, "--eligibility", pairs)

    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    with planned.open_warehouse() as warehouse:
        stored = warehouse.frame(warehouse.table("gold.weekly_resource_assignment"))
    written = pd.read_csv(plan)
    assert {14, 15} == set(written["iso_week"])
    assert stored["iso_week"].isin([14, 15]).sum() == len(written)
    assert {"resource_cn", "demand_id", "is_exact_state"} == set(pd.read_csv(pairs))
    assert "R001 works on demand" in said
    assert "2026-W15" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--from", "2026-W14", "--to", "2026-W13"], "swap them", id="wrong_way_round"),
        pytest.param(["--from", "soon"], "--from", id="not_a_week"),
        pytest.param(["--week", "2026-W14"], "--from 2025-W28", id="half_said"),
        pytest.param(["--from", "2026-W14", "--week", "2026-W14"], "takes none of", id="both_ways"),
        pytest.param(["--to", "2026-W14"], "needs --from", id="only_the_end"),
        pytest.param(["--from", "2026-W14", "--tiers", "t.csv"], "got --tiers", id="files_in_the_warehouse"),
        pytest.param(["--from", "2026-W14", "--strategy", "v2", "--minimum-one"], "minimum_one", id="no_such_switch"),
    ],
)
def test_wrong_words_for_the_warehouse_are_exit_code_2(words, said, clean, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "allocate", *words)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def test_the_command_without_words_plans_the_coming_week_and_shows_people_gaps_and_fairness(
    with_calls, monkeypatch, capsys
):
    monkeypatch.setenv("WFM_HOME", str(with_calls.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", with_calls.settings.source_url.get_secret_value())

    done = run_wfm(monkeypatch, capsys, "allocate")

    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert f"SIMULATED DATA: Weekly assignment {COMING}: people per kind of work" in said
    assert f"Largest gaps of {COMING}" in said
    assert f"Fairness of {COMING} per strategy" in said


def test_before_any_forecast_there_is_no_coming_week(clean, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "allocate")

    assert done.returncode != 0
    assert "wfm run" in done.stderr


def test_a_week_is_planned_while_the_source_is_down_and_its_title_still_says_simulated(with_calls):
    gone = House(with_calls.settings.model_copy(update={"source_url": SecretStr("sqlite:///nowhere/gone.sqlite")}))

    assert plan(gone, "2026-W14").problems == ()
    assert gone.title("Plan").startswith("SIMULATED DATA: Plan")


def test_without_any_source_the_planners_tables_suffice(planned):
    alone = House(planned.settings.model_copy(update={"source_url": SecretStr("sqlite:///nowhere/gone.sqlite")}))

    assert plan(alone, "2026-W15").problems == ()
    assert "Plan (telephony), source never read" == alone.title("Plan")


def test_the_picture_shows_ideal_assigned_and_required(planned):
    with planned.open_warehouse() as warehouse:
        demands = warehouse.frame(warehouse.table("gold.demand_week"))

    figure = allocation_figure(demands, title="t")

    labels = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"assigned people", "ideal share", "required for the work"} == labels
    assert 40 == len(figure.axes[0].get_yticks())
