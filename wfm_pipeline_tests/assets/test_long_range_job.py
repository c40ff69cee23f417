"""The long range in the warehouse: repeatable, adding up, by job, schedule and command."""

import datetime as dt
import json
import shutil

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.long_range import LONG_RANGE_TABLES
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.orchestration.runs.side_jobs import long_range_request
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.working_issues import latest_weeks
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import do, hashes

TABLES = [table.full_name for table in LONG_RANGE_TABLES]


@pytest.fixture
def planned(finished, clean):
    """A copy of the house in which the main job has run."""
    whole, _ = finished
    home = clean / "home"
    shutil.copytree(whole.settings.home, home)
    return House(whole.settings.model_copy(update={"home": home}))


def issue(house, as_of=None):
    return do(house, long_range_request(as_of))


def test_an_issue_is_stored_adds_up_and_repeats(planned):
    first = issue(planned)
    content = hashes(planned, TABLES)
    second = issue(planned)

    assert (first.problems, second.problems) == ((), ())
    assert content == hashes(planned, TABLES)
    with planned.open_warehouse() as warehouse:
        weeks = latest_weeks(warehouse, planned.source_map)
    with planned.open_warehouse() as warehouse:
        days = warehouse.frame(warehouse.table(TABLES[0]))
    assert (weeks.groupby("queue_id").size() == 64).all()
    monday = days["business_date"] - pd.to_timedelta(pd.DatetimeIndex(days["business_date"]).day_of_week, unit="D")
    sums = days.groupby(["queue_id", monday])["calls_mean"].agg(["sum", "size"])
    whole = sums[sums["size"] == 7]["sum"]
    stored = weeks.set_index(["queue_id", "week_start"])["calls_mean"].reindex(whole.index)
    np.testing.assert_allclose(stored, whole, rtol=1e-9)


def test_two_issues_stand_side_by_side(planned):
    issue(planned)
    issue(planned, dt.date(2026, 6, 15))

    with planned.open_warehouse() as warehouse:
        assert 2 == len(warehouse.frame(warehouse.table(TABLES[1]))["issued_at"].unique())


def test_the_monday_tick_issues_from_its_own_date(planned):
    definitions = build_definitions(planned.settings)
    schedule = definitions.resolve_schedule_def("long_range_schedule")
    tick = dt.datetime(2026, 6, 22, 2, 0, tzinfo=dt.UTC)  # 04:00 in Stockholm, a Monday

    with dg.build_schedule_context(
        scheduled_execution_time=tick, repository_def=definitions.get_repository_def()
    ) as context:
        request = schedule.evaluate_tick(context).run_requests[0]

    assert {"as_of": "2026-06-22"} == request.run_config["ops"]["queue_long_range"]["config"]


def test_the_command_prints_weeks(planned, monkeypatch, capsys):
    monkeypatch.setenv("WFM_HOME", str(planned.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", f"sqlite:///{planned.settings.home}/source.sqlite")

    done = run_wfm(monkeypatch, capsys, "long-range", "--json")

    assert done.returncode == 0, done.stderr
    assert {row["horizon_weeks"] for row in json.loads(done.stdout)["weeks"]} == set(range(1, 65))
