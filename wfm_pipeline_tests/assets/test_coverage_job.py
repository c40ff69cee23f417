"""Coverage's history in the warehouse: hour by hour and day by day the same, lawful, honest about what was not recorded."""

import datetime as dt
import json
import shutil
import sqlite3

import dagster as dg
import pytest
from pydantic import SecretStr

from wfm_pipeline.checks.coverage_judgement import RULES
from wfm_pipeline.contracts.coverage import COVERAGE_TABLES
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.runs.side_jobs import coverage_request
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.coverage.history import CoverageHistory
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import LAST_DATE, change_source, do, hashes, says_what_was_compared

TABLES = [table.full_name for table in COVERAGE_TABLES]
HOUR = f"{LAST_DATE}-10:00"
"""08:00 to 09:00 UTC."""
KEY = dg.AssetKey(["gold", "coverage_interval"])


def copy_of(house, home):
    shutil.copytree(house.settings.home, home)
    url = SecretStr(f"sqlite:///{home}/source.sqlite")
    return House(house.settings.model_copy(update={"home": home, "source_url": url}))


@pytest.fixture(scope="module")
def looked(finished, tmp_path_factory):
    """A house whose last day is kept, made once; tests only look at it."""
    house = copy_of(finished[0], tmp_path_factory.mktemp("looked") / "home")
    assert do(house, coverage_request(Dates.of([LAST_DATE]))).problems == ()
    return house


@pytest.fixture
def kept(looked, tmp_path):
    """A copy of it to change."""
    return copy_of(looked, tmp_path / "home")


def stored(house, date=LAST_DATE):
    with house.open_warehouse() as warehouse:
        return CoverageHistory(warehouse, house.site.time_zone).date(date)


def by_hour(house, first, last=None, *, instance=None):
    """A run of partitions, as the schedule asks for it."""
    return (
        build_definitions(house.settings)
        .resolve_job_def("coverage_hourly")
        .execute_in_process(
            tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last or first},
            instance=instance or dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
    )


def test_a_day_is_kept_whole_with_people_of_the_roster_and_of_the_states(looked):
    intervals, gaps = stored(looked)

    assert 4 * 48 == len(intervals)  # four services, half-hours
    assert {"actual"} == set(intervals["people_from"])
    assert 0 < intervals["agents_actual"].max() == pytest.approx(intervals["agents_scheduled"].max(), abs=2)
    noon = intervals[intervals["interval_start_local"].dt.hour == 12]
    assert (noon["agents_required"] > 0).all()
    assert set(gaps["service_id"]) <= set(intervals["service_id"])
    assert (gaps["cost"] > 0).all()
    assert {"SEK"} == set(gaps["currency"])


def test_nobody_is_named_in_what_is_kept(looked):
    with looked.open_warehouse() as warehouse:
        agents = {
            row[0]
            for row in warehouse.rows("select distinct agent_id from silver.call_legs where agent_id is not null")
        }
        columns = {name for table in COVERAGE_TABLES for name in table.column_names}
    texts = {str(value) for frame in stored(looked) for name in frame for value in frame[name]}

    assert agents
    assert not texts & agents
    assert not {name for name in columns if name.startswith("agent_id")}


def test_an_hour_made_again_by_its_partition_changes_nothing(kept):
    before = hashes(kept, TABLES)

    result = by_hour(kept, HOUR)

    assert result.success
    assert before == hashes(kept, TABLES)
    made = result.asset_materializations_for_node("coverage_of_hours")[0].metadata
    assert 8 == made["dagster/row_count"].value  # four services, two half-hours
    assert {"picture", "at_a_glance"} <= set(made)
    checks = {check.check_name: check for check in result.get_asset_check_evaluations() if check.asset_key == KEY}
    assert {*RULES, "hours_are_known", "keeps_contract"} == set(checks)
    assert all(
        check.passed and says_what_was_compared(check) for name, check in checks.items() if name != "keeps_contract"
    )


def test_hours_in_any_order_are_the_day(kept):
    before = hashes(kept, TABLES)
    with kept.open_warehouse() as warehouse:
        for name in TABLES:
            warehouse.execute(f"delete from {name}")

    assert by_hour(kept, f"{LAST_DATE}-12:00", f"{LAST_DATE}-23:00").success
    assert by_hour(kept, f"{LAST_DATE}-00:00", f"{LAST_DATE}-11:00").success

    assert before == hashes(kept, TABLES)


def test_hours_whose_states_are_lost_are_without_data_and_say_which_table_and_stretch(kept):
    change_source(kept, f"delete from agent_states where started_at >= '{LAST_DATE} 07:30' and started_at < '{LAST_DATE} 10:30'",
                  f"update agent_states set ended_at = '{LAST_DATE} 07:30' where started_at < '{LAST_DATE} 07:30' and ended_at > '{LAST_DATE} 07:30'")  # fmt: skip

    result = by_hour(kept, HOUR, f"{LAST_DATE}-11:00")

    assert result.success  # what is not known warns and blocks nobody
    (known,) = [one for one in result.get_asset_check_evaluations() if one.check_name == "hours_are_known"]
    assert (False, 16) == (known.passed, known.metadata["found"].value)
    intervals, _ = stored(kept)
    lost = intervals[intervals["interval_start_local"].dt.hour.isin([10, 11])]
    assert ({"no_data"}, True) == (set(lost["status"]), bool(lost["agents_actual"].isna().all()))
    assert {f"agent_states has nothing recorded from {LAST_DATE} 07:30 to {LAST_DATE} 10:30 UTC"} == set(lost["reason"])


def test_a_centre_that_does_not_answer_fails_the_hour_and_keeps_what_is_known(kept):
    before = hashes(kept, TABLES)
    away = House(kept.settings.model_copy(update={"live_url": SecretStr("postgresql://127.0.0.1:1/none"), "step_retries": 0, "retry_attempts": 1}))  # fmt: skip
    instance = dg.DagsterInstance.ephemeral()

    assert not by_hour(away, HOUR, instance=instance).success
    assert before == hashes(kept, TABLES)
    assert set() == instance.get_materialized_partitions(KEY)


@pytest.fixture
def instance(tmp_path):
    """Where Dagster keeps what was made; a schedule asks one that is kept."""
    folder = tmp_path / "dagster"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as opened:
        yield opened


def tick(house, instance, at):
    definitions = build_definitions(house.settings)
    schedule = definitions.resolve_schedule_def("coverage_hourly_schedule")
    with dg.build_schedule_context(
        scheduled_execution_time=at, repository_def=definitions.get_repository_def(), instance=instance
    ) as context:
        return schedule.evaluate_tick(context)


def test_a_tick_asks_for_every_hour_of_the_week_that_nobody_has_made(kept, instance):
    now = dt.datetime(2026, 6, 25, 10, 5, tzinfo=dt.UTC)  # 12:05 in Stockholm

    first = tick(kept, instance, now).run_requests
    assert by_hour(kept, HOUR, instance=instance).success
    second = tick(kept, instance, now).run_requests

    def stretches(requests):
        names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        return [tuple(one.tags[name] for name in names) for one in requests]

    assert [("2026-06-18-13:00", "2026-06-25-11:00")] == stretches(first)
    assert [("2026-06-18-13:00", "2026-06-25-09:00"), ("2026-06-25-11:00", "2026-06-25-11:00")] == stretches(second)


def test_without_a_live_centre_a_tick_asks_for_nothing_and_says_what_to_set(kept, instance, tmp_path):
    sqlite3.connect(tmp_path / "calls.sqlite").close()
    url = SecretStr(f"sqlite:///{tmp_path}/calls.sqlite")  # no sample: nothing says that there is a centre in it
    house = House(kept.settings.model_copy(update={"source_url": url}))

    answer = tick(house, instance, dt.datetime(2026, 6, 25, 10, 5, tzinfo=dt.UTC))

    assert not answer.run_requests
    assert "where is the live centre? Set WFM_LIVE_URL" in answer.skip_message


def test_the_command_keeps_days_and_shows_their_statuses(kept, monkeypatch, capsys):
    for name in ("home", "source_url"):
        value = getattr(kept.settings, name)
        monkeypatch.setenv(f"WFM_{name.upper()}", value.get_secret_value() if name == "source_url" else str(value))

    done = run_wfm(monkeypatch, capsys, "coverage-history", "--from", LAST_DATE, "--to", LAST_DATE, "--json")
    wrong = run_wfm(
        monkeypatch, capsys, "coverage-history", "--from", LAST_DATE, "--to", LAST_DATE - dt.timedelta(days=1)
    )

    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["coverage"]
    assert {48} == {
        sum(row[name] for name in ("optimal", "adequate", "shortage", "surplus", "no_data")) for row in rows
    }
    assert 4 == len(rows)
    assert (2, True) == (wrong.returncode, "is after --to" in wrong.stderr)
