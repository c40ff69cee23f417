"""The intraday reforecast in the warehouse: repeatable, honest about what is not known, by job and by command."""

import datetime as dt
import json
import shutil

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.intraday import INTRADAY_TABLES
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.orchestration.runs.side_jobs import reforecast_request
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.shelves.moments import stored_update
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import LAST_DATE, do, hashes

TABLES = [table.full_name for table in INTRADAY_TABLES]
ELEVEN = dt.datetime.combine(LAST_DATE, dt.time(11))


@pytest.fixture
def planned(finished, clean):
    """A copy of the house in which the main job has run; its hindcast covers the last day."""
    whole, _ = finished
    home = clean / "home"
    shutil.copytree(whole.settings.home, home)
    return House(
        whole.settings.model_copy(
            update={"home": home, "source_url": load_settings(source_url=f"sqlite:///{home}/source.sqlite").source_url}
        )
    )


def update(house, at, *, is_refreshed=False):
    return do(house, reforecast_request(house, at, is_refreshed=is_refreshed))


def update_of(house, at):
    with house.open_warehouse() as warehouse:
        return stored_update(warehouse, house.source_map, at)


def test_an_update_is_stored_adds_up_and_repeats(planned):
    first = update(planned, ELEVEN)
    content = hashes(planned, TABLES)
    second = update(planned, ELEVEN)

    assert (first.problems, second.problems) == ((), ())
    assert content == hashes(planned, TABLES)
    moment, frames = update_of(planned, ELEVEN)
    intervals, days = frames["queue_interval_reforecast"], frames["queue_day_reforecast"]
    assert (intervals["interval_start_local"] >= ELEVEN).all()
    sums = intervals.groupby("queue_id")["calls_mean"].sum()
    np.testing.assert_allclose(days.set_index("queue_id")["calls_remaining_mean"], sums, rtol=1e-9)
    assert days["intervals_known"].max() > 0
    assert moment.known_until == ELEVEN


def test_two_hours_of_one_day_stand_side_by_side(planned):
    update(planned, ELEVEN)
    update(planned, ELEVEN + dt.timedelta(hours=3))

    with planned.open_warehouse() as warehouse:
        times = warehouse.frame(warehouse.table(TABLES[1]))["reforecast_at"].unique()

    assert 2 == len(times)


def test_a_day_nobody_forecast_is_an_error_with_the_way_out(planned):
    outcome = update(planned, ELEVEN - dt.timedelta(days=40))

    assert "issue one with `wfm run --as-of" in outcome.problems[0]


def test_after_the_last_call_nothing_is_taken_as_zero(planned):
    next_day = ELEVEN + dt.timedelta(days=1)  # forecast by the main job; the source holds no call of it

    outcome = update(planned, next_day)

    assert outcome.problems == ()
    _, frames = update_of(planned, next_day)
    days = frames["queue_day_reforecast"]
    assert (days["remaining_ratio"] == 1).all()
    assert (days["intervals_known"] == 0).all()
    assert days["intervals_missing"].max() > 0


def test_the_job_can_read_the_source_first(planned):
    outcome = update(planned, ELEVEN, is_refreshed=True)

    assert outcome.problems == ()


def test_the_hourly_tick_reads_todays_calls_and_updates_at_its_own_time(planned):
    definitions = build_definitions(planned.settings)
    schedule = definitions.resolve_schedule_def("intraday_schedule")
    tick = dt.datetime.combine(LAST_DATE, dt.time(9, 10), tzinfo=dt.UTC)  # 11:10 in Stockholm

    with dg.build_schedule_context(
        scheduled_execution_time=tick, repository_def=definitions.get_repository_def()
    ) as context:
        request = schedule.evaluate_tick(context).run_requests[0]
    result = definitions.resolve_job_def("intraday").execute_in_process(
        run_config=request.run_config, partition_key=request.partition_key, raise_on_error=False
    )

    assert result.success
    assert LAST_DATE.isoformat() == request.partition_key
    assert {"at": "2026-06-25T11:10"} == request.run_config["ops"]["queue_reforecast"]["config"]
    moment, _ = update_of(planned, ELEVEN)
    assert moment.local == ELEVEN


def test_the_command_prints_the_rest_of_the_day(planned, monkeypatch, capsys):
    monkeypatch.setenv("WFM_HOME", str(planned.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", f"sqlite:///{planned.settings.home}/source.sqlite")

    done = run_wfm(monkeypatch, capsys, "reforecast", "--at", ELEVEN.isoformat(timespec="minutes"), "--json")
    wrong = run_wfm(monkeypatch, capsys, "reforecast", "--at", "lunch")

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["is_simulated"]
    assert {row["queue_id"] for row in said["days"]} == {row["queue_id"] for row in said["intervals"]}
    assert wrong.returncode == 2
    assert "--at must be a local time" in wrong.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["backtest-intraday", "x.csv", "--after", "soon"], "--after must be hours", id="not_hours"),
        pytest.param(
            ["backtest-intraday", "x.csv", "--after", "-2h"], "--after must be hours", id="hours_before_opening"
        ),
        pytest.param(["backtest-intraday", "x.csv", "--from", "July"], "--from must be a date", id="not_a_date"),
        pytest.param(["long-range", "--as-of", "someday"], "--as-of must be a date", id="not_an_origin"),
    ],
)
def test_wrong_words_are_one_line_and_exit_code_2(clean, monkeypatch, capsys, words, said):
    done = run_wfm(monkeypatch, capsys, *words)

    assert done.returncode == 2
    assert said in done.stderr


def test_the_backtest_command_scores_a_file(clean, monkeypatch, capsys):
    starts = pd.date_range("2026-01-05", periods=9 * 7 * 48, freq="30min", unit="us")
    inside = (starts.hour >= 8) & (starts.hour < 18) & (starts.day_of_week < 5)
    calls = inside * np.random.default_rng(0).poisson(20, len(starts)).astype(float)
    pd.DataFrame({"queue_id": "q", "interval_start": starts, "calls": calls}).to_csv(clean / "calls.csv", index=False)

    done = run_wfm(
        monkeypatch, capsys, "backtest-intraday", clean / "calls.csv", "--days", "3", "--after", "2h", "--json"
    )

    assert done.returncode == 0, done.stderr
    assert {"as_issued", "plain_ratio", "wfm"} == {row["method"] for row in json.loads(done.stdout)["scores"]}
