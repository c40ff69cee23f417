"""`wfm monitor` as a user meets it: one cycle printed, as JSON, of an empty centre; and what gold says of a date."""

import datetime as dt
import json
import sqlite3
from contextlib import closing

import pytest

from wfm_pipeline.monitoring.coverage.gold_day import GoldDays
from wfm_pipeline.monitoring.coverage.sample_replay import newest_day
from wfm_pipeline.warehouse.shelves.coverage.same_weekdays import same_weekdays
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import LAST_DATE
from wfm_pipeline_tests.operational_kit import make_operational

TODAY = LAST_DATE + dt.timedelta(days=1)


@pytest.fixture
def wfm(finished, monkeypatch, capsys, clean_environment):
    house = finished[0]
    monkeypatch.setenv("WFM_HOME", str(house.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", house.settings.url_of_source)
    return lambda *words: run_wfm(monkeypatch, capsys, "monitor", *words)


def test_one_cycle_of_the_samples_own_centre_is_printed_with_as_of_and_stale_since(wfm):
    done = wfm("--once")

    assert 0 == done.returncode, done.stderr
    assert "SIMULATED DATA: Live coverage (telephony)" in done.stdout
    assert f"as of {TODAY} 00:00:00" in done.stdout
    assert f"STALE since {TODAY} 00:00:00" in done.stdout
    assert "need by forecast" in done.stdout


def test_json_has_a_row_per_service_and_names_no_agent(wfm):
    found = json.loads(wfm("--once", "--json").stdout)

    assert {"billing", "english", "orders", "support"} == {row["service_id"] for row in found["services"]}
    assert (True, str(TODAY), 0) == (found["has_forecast"], found["business_date"], found["suspect_agents"])
    assert "suspects" not in found


def test_an_empty_centre_is_no_data_and_never_a_number(wfm, tmp_path):
    url = make_operational(f"sqlite:///{tmp_path / 'empty.sqlite'}", "sqlite")

    done = wfm("--once", "--from", url)

    assert 0 == done.returncode
    assert "no data: table services has no row" in done.stdout
    assert "required" not in done.stdout


def test_a_centre_that_is_not_there_is_one_line_and_an_error(wfm, tmp_path):
    done = wfm("--once", "--from", f"sqlite:///{tmp_path / 'gone.sqlite'}")

    assert (1, 1) == (done.returncode, len(done.stderr.splitlines()))


def test_words_that_do_not_belong_together_are_refused(wfm):
    assert [2, 2] == [wfm("--json").returncode, wfm("--replay", "--from", "sqlite:///x").returncode]
    assert "no service 'nobody'" in wfm("--once", "--service", "nobody").stderr


def test_suspect_agents_are_named_on_request_alone(wfm, finished, tmp_path):
    copy = tmp_path / "centre.sqlite"
    copy.write_bytes((finished[0].settings.home / "source.sqlite").read_bytes())
    with closing(sqlite3.connect(copy)) as db:
        group = db.execute("select group_id from service_groups").fetchone()[0]
        db.execute(
            "insert into agent_states (agent_id, group_id, state, started_at, is_queue_contact) values ('forgotten', ?, 'talk', ?, 1)",
            (group, f"{LAST_DATE - dt.timedelta(days=3)} 08:00:00"),
        )
        db.commit()

    quiet, named = (wfm("--once", "--from", f"sqlite:///{copy}", *words).stdout for words in ((), ("--agents",)))

    assert "suspect agents 1" in quiet
    assert "forgotten" not in quiet
    assert "suspect, not counted: forgotten" in named


def test_gold_is_read_once_and_gives_the_teams_of_the_newest_issue(finished):
    days = GoldDays(finished[0])

    day = days.day(TODAY, {"billing"})

    assert day is days.day(TODAY, {"billing"})
    assert {"billing", "english", "orders", "support"} == set(day.teams["queue_id"])
    assert day.teams["agents_required_exact"].notna().all()
    assert (48, False) == (len(day.site_grid), day.is_hindcast)
    assert day.history.empty


def test_a_past_date_has_the_teams_of_its_hindcast_and_one_without_has_the_last_same_weekdays(finished):
    hindcast = GoldDays(finished[0]).day(LAST_DATE, {"billing"})
    early = LAST_DATE - dt.timedelta(days=21)
    without = GoldDays(finished[0]).day(early, {"billing"})

    assert (True, True) == (hindcast.is_hindcast, bool(hindcast.teams["agents_required_exact"].gt(0).any()))
    assert without.teams.empty
    assert set(same_weekdays(early)) == set(without.history["interval_start_local"].dt.date)


def test_the_newest_recorded_day_is_replayed(finished):
    assert LAST_DATE == newest_day(finished[0])
