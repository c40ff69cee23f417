"""What a data engineer does on the first day, through the real webserver and daemon, one after the other."""

import datetime as dt

import pytest

from wfm_pipeline.orchestration.instance.storage import LOCATION
from wfm_pipeline.orchestration.jobs import ALLOCATION, NIGHTLY, REFRESH
from wfm_pipeline_tests.operating.dagster_client import wait

pytestmark = pytest.mark.slow


def calls_of(desk, day):
    return desk.rows(f"select count(*), sum(wait_seconds) from silver.calls where business_date = '{day}'")


def test_the_location_loads(desk):
    assert {LOCATION: "LOADED"} == desk.dagster.locations()


def test_the_nightly_runs_by_its_schedule_and_publishes(desk):
    desk.dagster.switch_on("nightly_schedule")

    run = wait(lambda: desk.dagster.runs(pipelineName=NIGHTLY, tags=[_by("nightly_schedule")]), 240, "the tick")[0]

    desk.dagster.succeed(run["runId"])
    assert {"key": "dagster/partition", "value": desk.yesterday.isoformat()} in run["tags"]
    assert len(desk.published("pipeline_health", run_id=run["runId"])) > 0
    issued = desk.published("queue_interval_forecast")["issued_at"].max().date()
    assert desk.today - issued <= dt.timedelta(days=1)  # local midnight as UTC


def test_one_silver_partition_is_materialised_by_itself(desk):
    day = desk.yesterday - dt.timedelta(days=1)
    before = calls_of(desk, day)

    run = desk.dagster.launch(REFRESH, day.isoformat(), assets=["silver/calls"])

    desk.dagster.succeed(run)
    assert before == calls_of(desk, day)
    assert desk.dagster.materialised("silver/calls")["numMaterialized"] >= 1


def test_a_week_is_planned_by_its_partition_and_published(desk):
    monday = desk.today - dt.timedelta(days=desk.today.weekday())
    year, week, _ = monday.isocalendar()

    run = desk.dagster.launch(ALLOCATION, monday.isoformat())

    desk.dagster.succeed(run)
    assert len(desk.published("weekly_resource_assignment", iso_year=year, iso_week=week)) > 0


def test_a_run_that_failed_is_run_again_from_where_it_failed(desk, source_away):
    day = desk.yesterday.isoformat()
    failed = desk.dagster.launch(REFRESH, day)
    assert "FAILURE" == desk.dagster.wait_for(failed)
    before = calls_of(desk, day)
    source_away()

    again = desk.dagster.run_again(failed)

    desk.dagster.succeed(again)
    assert before == calls_of(desk, day)


def _by(schedule):
    return {"key": "dagster/schedule_name", "value": schedule}
