"""Every job ends with the readers' copy, which is then what gold is; a run that failed leaves it alone."""

import datetime as dt
import shutil

import dagster as dg
import duckdb
import pytest

from wfm_pipeline.asset_keys import PUBLICATION_KEY
from wfm_pipeline.contracts.tables import PERSONAL
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.jobs import (
    ALLOCATION,
    CAPACITY,
    COVERAGE_HOURLY,
    ISSUE,
    LONG_RANGE,
    MODEL_FIT,
    NIGHTLY,
    OVERRIDES,
    PLANNERS,
    PUBLISH,
    REFORECAST,
    REFRESH,
    build_jobs,
    publish_config,
)
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.orchestration.sensors import publish_sensor
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.copies.duckdb_copy import published_path
from wfm_pipeline_tests.house_kit import LAST_DATE, count, do

WHOLE_DAYS = Dates.between(LAST_DATE - dt.timedelta(days=13), LAST_DATE)
SMALL_JOBS = (
    OVERRIDES, PLANNERS, ISSUE, REFORECAST, LONG_RANGE, CAPACITY, ALLOCATION, MODEL_FIT, COVERAGE_HOURLY, PUBLISH,
)  # fmt: skip


@pytest.fixture
def copied(finished, clean):
    """A copy of the house in which the main job has run."""
    whole, _ = finished
    shutil.copytree(whole.settings.home, clean / "home")
    return House(whole.settings.model_copy(update={"home": clean / "home"}))


def run(house, job, dates=None, *, instance=None, config=None):
    return do(house, JobRequest(job, dates, config or {}), instance=instance)


def copy_of(house):
    return published_path(house.settings.home / "warehouse" / "wfm.duckdb")


def differing_tables(house):
    """Gold tables whose rows in the copy are not those of the warehouse, persons apart: readers see pseudonyms."""
    with duckdb.connect() as both:
        both.execute(f"attach '{house.settings.home / 'warehouse' / 'wfm.duckdb'}' as wfm (read_only)")
        both.execute(f"attach '{copy_of(house)}' as copy (read_only)")
        names = [
            name
            for (name,) in both.execute(
                "select table_name from duckdb_tables() where database_name = 'wfm' and schema_name = 'gold'"
            ).fetchall()
        ]
        shown = {name: "* exclude (" + ", ".join(PERSONAL[name]) + ")" if name in PERSONAL else "*" for name in names}
        pairs = [
            (f'select {shown[name]} from wfm.gold."{name}"', f'select {shown[name]} from copy.gold."{name}"')
            for name in names
        ]
        return [
            one
            for one, other in pairs
            if both.execute(
                f"select count(*) from (({one} except all {other}) union all ({other} except all {one}))"
            ).fetchone()[0]
        ]


def publisher(house):
    with duckdb.connect(str(copy_of(house)), read_only=True) as copy:
        return copy.execute("select run_id from gold.publication").fetchall()


def test_after_the_main_job_nobody_else_gets_at_the_warehouse_or_its_copy(finished):
    home = finished[0].settings.home
    files = [path for path in (home / "warehouse").rglob("*") if path.is_file()]

    assert len(files) > 2
    assert {0o600} == {path.stat().st_mode & 0o777 for path in files}
    folders = [home, home / "warehouse", copy_of(finished[0]).parent]
    assert {0o700} == {folder.stat().st_mode & 0o777 for folder in folders}


def test_after_the_main_job_readers_see_the_gold_of_that_run(finished):
    house, outcome = finished

    assert [(outcome.run_id,)] == publisher(house)
    assert [] == differing_tables(house)


@pytest.mark.parametrize("job", SMALL_JOBS)
def test_every_job_that_changes_gold_publishes_all_it_changed(copied, job):
    if job == CAPACITY:
        assert run(copied, LONG_RANGE).problems == ()

    outcome = run(copied, job, Dates.of([LAST_DATE]) if job == COVERAGE_HOURLY else WHOLE_DAYS)

    assert outcome.problems == ()
    assert [(outcome.run_id,)] == publisher(copied)
    assert [] == differing_tables(copied)


def test_every_job_contains_the_publish(finished):
    house, _ = finished
    definitions = build_definitions(house.settings)
    jobs = [job for job in definitions.resolve_all_job_defs() if job.name not in {"__ASSET_JOB", "retention"}]

    assert {NIGHTLY, REFRESH, "intraday", "backlog_hourly", *SMALL_JOBS} == {job.name for job in jobs}
    assert [] == [job.name for job in jobs if PUBLICATION_KEY not in job.asset_layer.selected_asset_keys]


def test_a_small_job_leaves_the_tables_that_it_did_not_change(copied, tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert run(copied, LONG_RANGE, instance=instance).problems == ()

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        said = instance.get_latest_materialization_event(PUBLICATION_KEY).asset_materialization.metadata
    published = {record.data["table"] for record in said["rows_by_table"].records}
    assert {"queue_day_long_range", "queue_week_long_range", "pipeline_health"} == published
    assert 3 == said["tables_published"].value
    assert said["tables_kept"].value > 5


def test_a_publish_that_fails_is_a_failed_run(copied):
    copy_of(copied).unlink()
    copy_of(copied).mkdir()

    outcome = run(copied, OVERRIDES)

    assert len(outcome.problems) == 1
    assert outcome.problems[0].startswith("readers__publication: ")
    assert copy_of(copied).name in outcome.problems[0]


def test_nothing_is_published_where_a_blocking_check_failed(copied):
    before = publisher(copied)
    with copied.open_warehouse() as warehouse:
        warehouse.execute(
            "insert into gold.queue_interval_staffing by name "
            "select * replace ('other' as source, -1 as agents_required) from gold.queue_interval_staffing limit 1"
        )

    outcome = run(copied, OVERRIDES)

    assert ["gold.queue_interval_staffing keeps_contract"] == [words.split(":")[0] for words in outcome.problems]
    assert before == publisher(copied)


def overrides_job():
    """The overrides job of the settings in force, for a rerun in Dagster's own way."""
    from wfm_pipeline.settings import load_settings  # noqa: PLC0415

    return build_definitions(load_settings(), is_partitioned=False).resolve_job_def(OVERRIDES)


def test_a_rerun_from_failure_publishes_what_the_failed_run_had_changed(copied, monkeypatch):
    monkeypatch.setenv("WFM_HOME", str(copied.settings.home))
    copy = copy_of(copied)
    copy.rename(copy.with_suffix(".kept"))
    copy.mkdir()
    count(copied, "delete from gold.queue_interval_staffing returning 1")
    job = dg.reconstructable(overrides_job)

    again_home = copied.settings.home / "dagster_again"
    again_home.mkdir()
    with dg.DagsterInstance.local_temp(str(again_home)) as instance:
        with dg.execute_job(job, instance=instance) as failed:
            assert not failed.success
        copy.rmdir()
        copy.with_suffix(".kept").rename(copy)
        options = dg.ReexecutionOptions.from_failure(failed.run_id, instance)
        with dg.execute_job(job, instance=instance, reexecution_options=options) as again:
            steps = {event.step_key for event in again.get_step_success_events()}

    assert again.success
    assert {"readers__publication"} == steps
    assert [] == differing_tables(copied)


def test_gold_materialised_by_hand_is_published_by_the_sensor(copied):
    definitions = build_definitions(copied.settings)
    instance = dg.DagsterInstance.ephemeral()
    by_hand = definitions.resolve_implicit_global_asset_job_def()
    count(copied, "delete from gold.queue_day_actual where queue_id = 'billing' returning 1")
    made = by_hand.execute_in_process(instance=instance, asset_selection=[dg.AssetKey(["gold", "queue_day_actual"])])

    request = tick(made, instance)

    assert [] != differing_tables(copied)
    assert (made.run_id, publish_config()) == (request.run_key, request.run_config)
    assert run(copied, PUBLISH, config=request.run_config).problems == ()
    assert [] == differing_tables(copied)


def test_a_job_that_published_by_itself_is_left_alone_by_the_sensor(copied):
    definitions = build_definitions(copied.settings)
    instance = dg.DagsterInstance.ephemeral()
    made = definitions.resolve_job_def(OVERRIDES).execute_in_process(instance=instance)

    assert isinstance(tick(made, instance), dg.SkipReason)


def tick(made, instance):
    """What the sensor says to a run that has ended well."""
    context = dg.build_run_status_sensor_context(
        sensor_name="publish_sensor",
        dagster_event=made.get_run_success_event(),
        dagster_instance=instance,
        dagster_run=made.dagster_run,
    )
    return publish_sensor(next(job for job in build_jobs() if job.name == PUBLISH))(context)
