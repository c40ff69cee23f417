"""Runs that fail, warn, die or work again are told, whoever started them."""

import datetime as dt
import os
import signal
import subprocess
import sys

import dagster as dg
import pytest
from pydantic import SecretStr

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.orchestration.alert_sensors import build_alert_sensors
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.dead_runs import HOST_TAG, PID_TAG, close_dead_runs, here
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.orchestration.runs.watch import KILLED_TAG, sightings_of
from wfm_pipeline.orchestration.runs.words import failure_words, run_events
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.ops.incidents import closed_incidents, open_incidents
from wfm_pipeline.warehouse.ops.leases import Lease, write_lease
from wfm_pipeline.warehouse.ops.outbox import posted
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import do


@pytest.fixture
def instance(clean):
    home = clean / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with dg.DagsterInstance.from_config(str(home)) as made:
        yield made


def refresh(house, instance, *, without_source=False):
    """Bronze and silver of what is stale; the source may go away after it was asked what that is."""
    source = house.settings.home / "source.sqlite"
    stale = find_stale_dates(house)
    if without_source:
        source.rename(source.with_suffix(".away"))
    again = dg.DagsterInstance.from_ref(instance.get_ref())  # the run closes the one it is given
    outcome = do(house, JobRequest(REFRESH, stale.dates), instance=again)
    if without_source:
        source.with_suffix(".away").rename(source)
    return outcome


def told(house, channel):
    """Subject of every alert that went into a channel's outbox, oldest first."""
    with house.open_ops() as store, store.reading() as ops:
        return [letter.subject for letter in reversed(posted(ops, limit=99)) if letter.channel == channel]


def incidents(house):
    with house.open_ops() as store, store.reading() as ops:
        return open_incidents(ops), closed_incidents(ops, limit=99)


def test_a_run_that_fails_is_told_and_so_is_the_next_that_succeeds(house, instance):
    heard = {"alert_channels": ("log", "webhook"), "alert_webhook_url": SecretStr("http://127.0.0.1:1/")}
    house = House(house.settings.model_copy(update=heard))

    outcome = refresh(house, instance, without_source=True)

    (known,) = incidents(house)[0]
    assert ("run_failed", "run:telephony:refresh_days") == (known.kind, known.key)
    assert outcome.run_id == known.facts["run_id"]
    assert 1 == known.what.count("there is no such file")  # four tables, one reason

    refresh(house, instance)

    assert ["[wfm telephony] job refresh_days failed", "[wfm telephony] job refresh_days succeeds again"] == [
        subject for subject in told(house, "webhook") if "job" in subject
    ]
    assert "[wfm telephony] job refresh_days failed" not in told(house, "log")  # the command's own line says it


def test_wfm_run_tells_of_a_source_that_does_not_answer_though_there_is_no_run(house, clean, monkeypatch, capsys):
    monkeypatch.setenv("WFM_HOME", str(house.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", "mysql+pymysql://u:sekret@127.0.0.1:1/none")
    monkeypatch.setenv("WFM_RETRY_ATTEMPTS", "1")

    done = run_wfm(monkeypatch, capsys, "run")

    (known,) = incidents(house)[0]
    assert 1 == done.returncode
    assert ("run_failed", "run:telephony:nightly") == (known.kind, known.key)
    assert "sekret" not in known.what


@pytest.fixture
def ended(instance):
    """Makes a stored run with these checks; fails with this error, if one is given."""

    def _ended(*checks, error=None):
        @dg.asset(check_specs=[dg.AssetCheckSpec(check.check_name, asset="table") for check in checks])
        def table():
            yield dg.MaterializeResult()
            yield from checks
            if error:
                raise error

        result = dg.materialize([table], instance=instance, raise_on_error=False)
        return instance.get_run_record_by_id(result.run_id)

    return _ended


def warns(name, *, passed, **numbers):
    return dg.AssetCheckResult(
        check_name=name, passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=numbers, description="Anna called"
    )


def test_a_check_that_warns_is_told_with_its_numbers_and_nothing_else(instance, ended):
    record = ended(warns("volume", passed=False, expected=100.0, found=40.0, text="Anna"), warns("band", passed=True))

    job, volume, band = sightings_of(instance, record, source="desk")

    assert (False, True, False) == (job.is_wrong, volume.is_wrong, band.is_wrong)
    assert ("check:desk:table volume", "expected 100, found 40") == (volume.key, volume.what)
    assert {"expected": 100.0, "found": 40.0} == volume.facts["numbers"]


def test_words_that_leave_the_house_hold_nothing_that_a_library_said(instance, ended):
    record = ended(error=ValueError("caller 0701234567 is Anna"))

    (job,) = sightings_of(instance, record, source="desk")
    at_home = failure_words(run_events(instance, record.dagster_run.run_id))

    assert (True, "table: ValueError") == (job.is_wrong, job.what)
    assert ["table: ValueError: caller 0701234567 is Anna"] == at_home


def test_a_run_that_could_not_begin_says_why(instance):
    @dg.resource
    def house(_):
        raise WarehouseError("the warehouse is being written by job nightly")

    @dg.op(required_resource_keys={"house"})
    def step():
        pass

    @dg.job(resource_defs={"house": house})
    def refused():
        step()

    result = refused.execute_in_process(instance=instance, raise_on_error=False)

    (job,) = sightings_of(instance, instance.get_run_record_by_id(result.run_id), source="desk")
    assert job.what.endswith("the warehouse is being written by job nightly")


def retries_of(house, stale, instance, **settings):
    """Steps that were put off and steps that failed, in a run with these settings."""
    changed = House(load_settings(**{**house.settings.model_dump(exclude_unset=True), **settings}))
    seen = []
    do(
        changed,
        JobRequest(REFRESH, stale.dates),
        on_step=lambda step, what: seen.append(what) if step.endswith("queue_cdr") else None,
        instance=dg.DagsterInstance.from_ref(instance.get_ref()),
    )
    return seen.count("waits"), seen.count("failed")


def test_a_step_whose_source_stays_away_is_done_again_so_many_times(house, instance):
    away = {"source_url": "mysql+pymysql://u:p@127.0.0.1:1/none", "retry_attempts": 1}

    assert (2, 1) == retries_of(
        house, find_stale_dates(house), instance, **away, step_retries=2, step_retry_seconds=0.01
    )


def test_a_step_with_any_other_fault_is_not_done_again(house, instance):
    stale = find_stale_dates(house)
    (house.settings.home / "source.sqlite").unlink()

    assert (0, 1) == retries_of(house, stale, instance, step_retries=2, step_retry_seconds=0.01)


# -- the daemon's sensors ----------------------------------------------------------------------


def tick(house, name, instance, cursor=None):
    sensor = next(sensor for sensor in build_alert_sensors(house) if sensor.name == name)
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        sensor.evaluate_tick(context)
        return context.cursor


def test_the_sensor_tells_of_every_run_once_however_often_it_looks(house, instance, ended):
    ended(error=ValueError())

    cursor = tick(house, "run_alerts", instance)
    tick(house, "run_alerts", instance, cursor)
    tick(house, "run_alerts", instance)

    assert 1 == len(told(house, "log"))


def test_the_sensor_goes_on_where_it_was_when_an_alert_could_not_be_written(house, instance, ended):
    cursor = tick(house, "run_alerts", instance)
    ended(error=ValueError())
    with house.open_ops():
        pass
    ops = house.settings.home / "warehouse" / "wfm_ops.sqlite"
    content = ops.read_bytes()
    ops.write_bytes(b"this is no database" * 100)
    with pytest.raises(Exception, match="cannot be used"):
        tick(house, "run_alerts", instance, cursor)
    ops.write_bytes(content)

    tick(house, "run_alerts", instance, cursor)

    assert 1 == len(told(house, "log"))


def test_every_watcher_is_on_from_the_start_and_says_what_it_is_for(house):
    sensors = build_alert_sensors(house)

    assert {dg.DefaultSensorStatus.RUNNING} == {sensor.default_status for sensor in sensors}
    assert all(sensor.description for sensor in sensors)


# -- killed runs -------------------------------------------------------------------------------

# A run that stops for good in the middle of its step.
CHILD = """
import sys, time
import dagster as dg
from wfm_pipeline.orchestration.runs.dead_runs import here
@dg.op
def wait():
    print("started", flush=True)
    time.sleep(120)
@dg.job
def waiting():
    wait()
with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    waiting.execute_in_process(instance=instance, tags=here())
"""


@pytest.fixture
def killed(instance):
    """An instance with a run under way, and its process."""
    home = instance.root_directory
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, home], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        while child.stdout.readline() != "started\n":
            assert child.poll() is None
        yield instance, child
        child.kill()


def statuses(instance):
    return [run.status for run in instance.get_runs()]


def test_a_killed_run_does_not_stay_started_and_is_told(house, killed):
    instance, child = killed
    assert [] == close_dead_runs(instance, house)
    child.send_signal(signal.SIGKILL)
    child.wait()

    (closed,) = close_dead_runs(instance, house)
    tick(house, "run_alerts", instance)

    assert [dg.DagsterRunStatus.FAILURE] == statuses(instance)
    assert f"its process {child.pid} is gone" == closed.why
    assert ["[wfm telephony] job waiting was killed"] == told(house, "log")
    assert [] == close_dead_runs(instance, house)


def test_a_process_that_ended_and_was_not_waited_for_is_dead(house, killed):
    instance, child = killed
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert 1 == len(close_dead_runs(instance, house))


@pytest.fixture
def under_way(instance):
    """Makes a run under way with these tags, as a process of another machine would have left it."""

    def _under_way(**tags):
        @dg.job
        def elsewhere():
            pass

        run = instance.create_run_for_job(elsewhere, status=dg.DagsterRunStatus.STARTED, tags=tags)
        return run.run_id

    return _under_way


def lease_of(run_id, minutes_ago):
    beat = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(minutes=minutes_ago)
    return Lease("writer", "job nightly", "elsewhere", 7, run_id, beat, beat)


@pytest.mark.parametrize(("minutes_ago", "dead"), [(1, 0), (10, 1)])
def test_a_run_of_another_machine_is_dead_when_its_heartbeat_stopped(house, instance, under_way, minutes_ago, dead):
    run_id = under_way(**{HOST_TAG: "elsewhere", PID_TAG: "7"})
    with house.open_ops() as store, store.writing() as ops:
        write_lease(ops, lease_of(run_id, minutes_ago))

    assert dead == len(close_dead_runs(instance, house))


def test_a_run_of_another_machine_without_a_lease_is_left_alone(house, instance, under_way):
    under_way(**{HOST_TAG: "elsewhere", PID_TAG: "1"})

    assert [] == close_dead_runs(instance, house)


def test_a_run_says_why_it_was_closed(house, instance, under_way):
    run_id = under_way(**{**here(), PID_TAG: "999999999"})

    close_dead_runs(instance, house)

    assert "its process 999999999 is gone" == instance.get_run_by_id(run_id).tags[KILLED_TAG]


def test_wfm_run_closes_what_was_killed_before_it(house, instance, under_way):
    run_id = under_way(**{**here(), PID_TAG: "999999999"})

    refresh(house, instance)

    assert dg.DagsterRunStatus.FAILURE == instance.get_run_by_id(run_id).status
