"""Training by groups: the same answers wherever a group is trained, nothing trained twice, and a lost group is said so."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from wfm_pipeline.asset_keys import TRAINING_KEY, TRAINING_PARTITIONS
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.orchestration.training import EXECUTORS, training_executor
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.models.folders import read_card
from wfm_pipeline_tests.house_kit import LAST_DATE, hashes, make_house, run
from wfm_pipeline_tests.training_kit import GROUP_ROWS, GROUPS, issue, train_for_real

AS_OF = LAST_DATE + dt.timedelta(days=1)
FORECASTS = [QUEUE_INTERVAL_FORECAST.full_name, QUEUE_DAY_FORECAST.full_name, "gold.queue_day_anomaly"]
DONE = [*FORECASTS, "gold.queue_interval_forecast_final", "gold.queue_interval_staffing", "gold.forecast_accuracy"]


@pytest.fixture(autouse=True)
def _tests_can_be_imported_by_children(monkeypatch):
    """Processes of Dagster's executor load the jobs of `training_kit`, which is installed nowhere."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2])


@pytest.fixture(scope="module")
def silver(sample, tmp_path_factory):
    """A house after a first night that handed out its groups: all is made but what stands on the forecast; tests copy it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        home = tmp_path_factory.mktemp("silver")
        patch.chdir(home)
        built = make_house(sample, home / "home", training_group_rows=GROUP_ROWS, training_executor="multiprocess")
        assert run(built, as_of=AS_OF, instance=dg.DagsterInstance.ephemeral()).problems == ()
        built.training_shelf.clear(keep={})
    return built


@pytest.fixture(scope="module")
def good(silver, tmp_path_factory):
    """What groups in the main job issue; tests only look at it."""
    home = tmp_path_factory.mktemp("good") / "home"
    house = copy_of(silver, home, training_group_rows=GROUP_ROWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.chdir(home)
        assert issue(house, AS_OF).problems == ()
    return house


@pytest.fixture
def fresh(silver, clean):
    return copy_of(silver, clean / "home", training_group_rows=GROUP_ROWS)


def copy_of(house, home, **changes):
    """A house with the same tables and folders."""
    shutil.copytree(house.settings.home, home)
    url = f"sqlite:///{home / 'source.sqlite'}"
    return House(load_settings(home=home, source_url=url, backtest_origins=0, num_threads=1, **changes))


def queues_of(house, table=QUEUE_INTERVAL_FORECAST.full_name):
    with house.open_warehouse() as warehouse:
        return sorted(warehouse.frame(warehouse.table(table).select("queue_id").distinct())["queue_id"])


def forecasts_on(house):
    """Forecasts on the shelf, with when they were written."""
    folder = house.settings.home / "models" / "telephony" / "training"
    return {path.parent.parent.name: path.stat().st_mtime_ns for path in folder.rglob("forecast/model.bin")}


def test_while_all_queues_are_one_group_nothing_is_handed_over_and_the_model_is_the_issues(finished):
    house, _ = finished

    assert [] == house.training_shelf.handed_out()
    assert {} == forecasts_on(house)
    assert ["card.json", "model.bin"] == sorted(path.name for path in house.model_folder(AS_OF).iterdir())


def test_groups_in_the_main_job_forecast_and_staff_every_queue(good):
    everybody = sorted(name for queues in GROUPS.values() for name in queues)

    assert everybody == queues_of(good) == queues_of(good, "gold.queue_interval_staffing")
    assert set(GROUPS) == set(forecasts_on(good)) == {path.name for path in good.model_folder(AS_OF).iterdir()}
    cards = {name: read_card(good.model_folder(AS_OF) / name)["queue_ids"] for name in GROUPS}
    assert cards == {name: list(queues) for name, queues in GROUPS.items()}


def test_again_no_table_changes_and_only_the_group_whose_rows_have_changed_is_trained(good, clean):
    house = copy_of(good, clean / "home", training_group_rows=GROUP_ROWS)
    first, trained = hashes(house), forecasts_on(house)

    assert issue(house, AS_OF).problems == ()
    assert (first, trained) == (hashes(house), forecasts_on(house))
    change_calls(house, "orders", "calls_offered + 1")
    assert issue(house, AS_OF).problems == ()

    assert ["g0"] == [name for name, moment in forecasts_on(house).items() if moment != trained[name]]


def test_a_group_that_cannot_be_trained_is_missing_and_said_so_and_the_others_are_published(good, fresh):
    damage(fresh, "billing")

    (problem,) = issue(fresh, AS_OF).problems

    assert (
        "training group 2026-06-26 g0 (billing, orders): answered_handle_known and handle_seconds must be >= 0"
        in problem
    )
    others = list(GROUPS["g1"])
    assert others == queues_of(fresh) == queues_of(fresh, "gold.queue_interval_staffing")
    with fresh.open_gold() as gold:
        assert others == sorted(
            gold.latest("queue_interval_forecast", "issued_at", is_hindcast=False)["queue_id"].unique()
        )
    damage(fresh, "billing")
    assert issue(fresh, AS_OF).problems == ()
    same = [name for name in DONE if name != FINAL]
    assert hashes(good, same) == hashes(fresh, same)
    (first, values), (second, values_again) = finals(good), finals(fresh)
    assert ({1}, {2}) == (first, second)  # the same issue, made a second time
    pd.testing.assert_frame_equal(values, values_again)


FINAL = "gold.queue_interval_forecast_final"


def finals(house):
    """Revisions of the final values, and everything else in them, in order."""
    with house.open_warehouse() as warehouse:
        rows = warehouse.frame(warehouse.table(FINAL).order_by("queue_id", "interval_start", "issued_at"))
    return set(rows.pop("revision")), rows


def test_groups_that_are_all_lost_fail_the_step_that_would_issue(fresh):
    with fresh.open_warehouse() as warehouse:
        warehouse.con.raw_sql("update silver.queue_intervals set calls_offered = -1 where calls_offered is not null")

    (problem,) = issue(fresh, AS_OF).problems

    assert "none of 2 training groups could be trained; the first: calls must be finite" in problem


@pytest.fixture
def handed_out(silver, clean, monkeypatch):
    """A house whose groups are trained on Dagster's multiprocess executor, with its settings in the environment."""
    house = copy_of(silver, clean / "home", training_group_rows=GROUP_ROWS, training_executor="multiprocess")
    tell(monkeypatch, house, training_executor="multiprocess")
    return house


def tell(monkeypatch, house, **more):
    """Settings of a house for processes of their own."""
    told = {"home": house.settings.home, "source_url": house.settings.url_of_source, "training_group_rows": GROUP_ROWS,
            "backtest_origins": 0, "num_threads": 1, **more}  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"WFM_{name.upper()}", str(value))


def test_groups_trained_in_processes_of_their_own_are_to_the_bit_those_of_the_main_job(good, handed_out, tmp_path):
    assert issue(handed_out, AS_OF).problems == ()  # hands out, and ends without an issue
    with handed_out.open_warehouse() as warehouse:
        assert not warehouse.has("gold.queue_interval_staffing")
    assert sorted(GROUPS) == [one.group for one in handed_out.training_shelf.handed_out() if one.is_waiting]
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_dynamic_partitions(TRAINING_PARTITIONS.name, sorted(GROUPS))
        assert all(train_for_real(instance, group).success for group in GROUPS)
        assert set(GROUPS) == instance.get_materialized_partitions(TRAINING_KEY)

    assert issue(handed_out, AS_OF).problems == ()

    assert hashes(good, DONE) == hashes(handed_out, DONE)
    assert [] == handed_out.training_shelf.handed_out()  # issued: nothing waits any more


def test_a_group_that_fails_in_its_own_process_is_missing_in_the_issue(handed_out, tmp_path):
    damage(handed_out, "billing")
    assert issue(handed_out, AS_OF).problems == ()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_dynamic_partitions(TRAINING_PARTITIONS.name, sorted(GROUPS))
        assert [False, True] == [train_for_real(instance, group).success for group in GROUPS]

    (problem,) = issue(handed_out, AS_OF).problems

    assert "g0 (billing, orders): answered_handle_known and handle_seconds must be >= 0" in problem
    assert list(GROUPS["g1"]) == queues_of(handed_out)


def test_the_sensor_has_each_group_trained_once_and_then_issues(handed_out):
    assert issue(handed_out, AS_OF).problems == ()
    job = build_definitions(handed_out.settings).resolve_job_def("train_group")

    with dg.DagsterInstance.ephemeral() as instance:
        asked = tick(handed_out, instance)
        assert sorted(GROUPS) == sorted(request.partition_key for request in asked.run_requests)
        assert sorted(GROUPS) == sorted(asked.dynamic_partitions_requests[0].partition_keys)
        instance.add_dynamic_partitions(TRAINING_PARTITIONS.name, sorted(GROUPS))
        runs = {one.partition_key: instance.create_run_for_job(job, tags=dict(one.tags)) for one in asked.run_requests}
        assert [] == tick(handed_out, instance).run_requests  # they are under way
        assert job.execute_in_process(instance=instance, partition_key="g1").success
        instance.report_run_failed(runs["g0"])  # killed: it ended without a word
        (last,) = [*tick(handed_out, instance).run_requests, *tick(handed_out, instance).run_requests]

    why = {one.group: one.failure for one in handed_out.training_shelf.handed_out()}
    assert {"g0": f"its run {runs['g0'].run_id} ended as FAILURE and left no forecast", "g1": ""} == why
    assert ("issue_forecast", AS_OF.isoformat()) == (
        last.job_name,
        last.run_config["ops"]["queue_forecast"]["config"]["as_of"],
    )
    assert last.run_config["ops"]["readers__publication"]["config"]["everything"]


def test_nothing_handed_out_asks_for_nothing(handed_out):
    with dg.DagsterInstance.ephemeral() as instance:
        assert "no training group is handed out" == tick(handed_out, instance).skip_reason.skip_message


KILLED = """
import datetime as dt, sys
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.training_kit import issue
issue(House(load_settings()), dt.date.fromisoformat(sys.argv[1]))
"""


def test_killed_between_two_groups_and_run_again_the_tables_end_the_same(good, fresh, monkeypatch):
    tell(monkeypatch, fresh)

    process = subprocess.Popen([sys.executable, "-c", KILLED, AS_OF.isoformat()])
    while not forecasts_on(fresh) and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = forecasts_on(fresh)
    assert ["g0"] == list(before)
    assert issue(fresh, AS_OF).problems == ()

    assert before["g0"] == forecasts_on(fresh)["g0"]  # what was trained before the kill was not trained again
    assert hashes(good, DONE) == hashes(fresh, DONE)


@pytest.mark.parametrize("name", [name for name in EXECUTORS if name not in ("in_process", "multiprocess")])
def test_an_executor_that_is_not_installed_names_its_package(name):
    module, _, distribution = EXECUTORS[name]
    try:
        __import__(module)
    except ImportError:
        with pytest.raises(SettingsError, match=distribution):
            training_executor(load_settings(training_executor=name))


def test_an_executor_takes_its_configuration_from_the_settings():
    chosen = load_settings(training_executor="multiprocess", training_executor_config={"max_concurrent": 2})

    assert "multiprocess_executor" == training_executor(chosen).name
    wrong = load_settings(training_executor="multiprocess", training_executor_config={"most": 2})
    with pytest.raises(SettingsError, match="training_executor_config does not fit 'multiprocess'"):
        training_executor(wrong)


def damage(house, queue):
    """Make a handle time negative, which only the queue's own group reads; again, and it is as it was."""
    known = f"select max(interval_start) from silver.queue_intervals where queue_id = '{queue}' and answered_handle_known > 0"
    with house.open_warehouse() as warehouse:
        warehouse.con.raw_sql(
            f"update silver.queue_intervals set handle_seconds = -handle_seconds - 1 where queue_id = '{queue}' "
            f"and interval_start = ({known})"
        )


def change_calls(house, queue, expression):
    """Change one known interval of a queue in silver."""
    with house.open_warehouse() as warehouse:
        warehouse.con.raw_sql(
            f"update silver.queue_intervals set calls_offered = {expression} where queue_id = '{queue}' and interval_start = "
            f"(select min(interval_start) from silver.queue_intervals where queue_id = '{queue}' and calls_offered is not null)"
        )


def tick(house, instance):
    """One tick of the sensor."""
    sensor = build_definitions(house.settings).resolve_sensor_def("training_sensor")
    with dg.build_sensor_context(instance=instance) as context:
        return sensor(context)
