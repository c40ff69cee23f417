"""The location loads, touches nothing by that, and goes by one name."""

import datetime as dt
import os
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
)

import wfm_pipeline
from wfm_pipeline.definitions import build_definitions, defs
from wfm_pipeline.errors import WfmError
from wfm_pipeline.orchestration.instance import health as dagster_health
from wfm_pipeline.orchestration.instance.storage import LOCATION, open_instance, write_workspace
from wfm_pipeline.orchestration.partitions.daily_and_weekly import FALLBACK_FIRST_DATE, first_date
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.first_dates import note_first_date, noted_first_date
from wfm_pipeline_tests.house_kit import make_house, refresh

ROOT = Path(wfm_pipeline.__file__).parents[1]
NOBODY = "127.0.0.1:1"
NOTED = dt.date(2024, 5, 6)


def settings_of(clean, **more):
    return load_settings(
        home=clean / "home",
        source_url=f"mysql+pymysql://u@{NOBODY}/calls",
        warehouse_url=f"postgresql://u@{NOBODY}/wfm",
        **more,
    )


@pytest.mark.parametrize("is_partitioned", [True, False])
def test_every_job_and_selection_resolves(clean, is_partitioned):
    definitions = build_definitions(settings_of(clean), is_partitioned=is_partitioned)

    dg.Definitions.validate_loadable(definitions)
    repository = definitions.get_repository_def()

    assert all(job.graph.node_defs for job in repository.get_all_jobs())
    names = {job.name for job in repository.get_all_jobs()}
    assert {schedule.job_name for schedule in repository.schedule_defs} <= names


def test_no_op_is_called_like_a_job(clean):
    repository = build_definitions(settings_of(clean)).get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs()}

    ops = {node.name for job in repository.get_all_jobs() for node in job.graph.node_defs}

    assert set() == jobs & ops


def test_loading_opens_neither_source_nor_warehouse(clean, monkeypatch):
    def refuse(_self, address):
        raise AssertionError(f"somebody connects to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    definitions = build_definitions(settings_of(clean))
    definitions.get_repository_def()

    assert not (clean / "home").exists()


def test_importing_the_definitions_says_and_makes_nothing(clean):
    environment = {**os.environ, "WFM_SOURCE_URL": f"mysql+pymysql://u@{NOBODY}/calls", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:wfm_pipeline", "-c", "import wfm_pipeline.definitions"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert [] == list(clean.iterdir())


def test_a_command_for_one_source_speaks_of_that_source_once(clean):
    environment = {**os.environ, "WFM_SOURCE_URL": f"mysql+pymysql://u@{NOBODY}/calls", "PYTHONPATH": str(ROOT)}
    environment |= {"WFM_RETRY_ATTEMPTS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "wfm_pipeline.cli", "run", "--source", "anonymous_bank"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip

    assert 1 == done.returncode
    assert 1 == done.stderr.count("error: "), done.stderr
    assert 1 == done.stderr.count("Can't connect"), done.stderr
    assert "queue_cdr" not in done.stderr


def test_partitions_start_at_the_setting_else_the_map_else_what_the_last_run_wrote(clean):
    house = House(settings_of(clean))
    assert FALLBACK_FIRST_DATE == first_date(house)

    note_first_date(house.settings.home, "telephony", NOTED)
    note_first_date(house.settings.home, "anonymous_bank", NOTED)

    assert NOTED == first_date(house)
    assert dt.date(1999, 1, 1) == first_date(House(settings_of(clean, source="anonymous_bank")))
    assert dt.date(2025, 1, 1) == first_date(House(settings_of(clean, first_date=dt.date(2025, 1, 1))))


def test_a_first_date_is_news_once(tmp_path):
    assert note_first_date(tmp_path, "a", NOTED)
    assert not note_first_date(tmp_path, "a", NOTED)
    assert note_first_date(tmp_path, "b", NOTED - dt.timedelta(days=1))
    assert NOTED == noted_first_date(tmp_path, "a")


def test_a_damaged_file_of_first_dates_is_named_with_what_to_do(tmp_path):
    (tmp_path / "first_dates.json").write_text("[]")

    with pytest.raises(WfmError, match=r"first_dates\.json.*delete it"):
        noted_first_date(tmp_path, "a")


def test_a_run_writes_down_where_its_source_begins(sample, clean):
    house = make_house(sample, clean / "home")

    refresh(house)

    with house.open_source() as reader:
        begins = next(iter(reader.day_counts(house.source_map.table("call_legs"))))
    assert begins == first_date(house)


def test_every_way_to_open_the_location_gives_it_the_same_name(tmp_path):
    shipped = yaml.safe_load((ROOT / "workspace.yaml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dg"]["project"]

    assert shipped == yaml.safe_load(write_workspace(tmp_path).read_text())
    assert LOCATION == shipped["load_from"][0]["python_module"]["location_name"] == project["code_location_name"]


def test_doctor_says_that_a_location_does_not_load():
    @dg.op
    def twice(): ...

    @dg.job(name="twice")
    def job():
        twice()

    with pytest.raises(WfmError, match="does not load"):
        dagster_health.definitions(lambda: dg.Definitions(jobs=[job, dg.define_asset_job("x", selection="nothing")]))


def test_doctor_counts_what_loads(clean):
    assert "assets" in dagster_health.definitions(defs)


def test_doctor_misses_the_daemon_only_where_something_is_switched_on(clean):
    house = House(load_settings(home=clean / "home"))
    assert "not needed" in dagster_health.daemon(house)
    with open_instance(house.settings):
        pass
    assert "not needed" in dagster_health.daemon(house)

    _switch_on(house, "nightly_schedule")

    with pytest.raises(WfmError, match="nightly_schedule wait for a daemon"):
        dagster_health.daemon(house)


def _switch_on(house, name):
    origin = RemoteInstigatorOrigin(
        RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), "__repository__"), name
    )
    data = ScheduleInstigatorData("0 3 * * *", 1.0)
    with open_instance(house.settings) as instance:
        instance.add_instigator_state(InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.RUNNING, data))
