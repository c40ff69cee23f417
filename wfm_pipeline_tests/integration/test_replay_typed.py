"""`wfm replay` as a user types it; records out of the warehouse; days of 23 and 25 hours."""

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from wfm_pipeline.calculators.alert_score import AlertScoreAnswer
from wfm_pipeline.contracts.silver import CALL_LEGS
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.monitoring.replay import replaying, scoring
from wfm_pipeline.monitoring.replay.recorded import Recorded
from wfm_pipeline.monitoring.replay.replaying import ReplayRequest, replay
from wfm_pipeline.resources.options import silver_rules
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.ops.writing import utc_now
from wfm_pipeline.warehouse.silver.refresh import refresh_legs
from wfm_pipeline_tests.bank_day_kit import DAY, calls_of, house_of, raw_day, same_as_recorded, tables_in
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.replay_killed import Still
from wfm_pipeline_tests.replay_kit import leg, legs

ISRAEL = ZoneInfo("Asia/Jerusalem")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("typed")


@pytest.fixture(scope="module")
def house(folder):
    raw_day().to_csv(folder / "calls.csv", index=False)
    return house_of(folder, folder / "calls.csv")


@pytest.fixture
def wfm(house, folder, monkeypatch, capsys):
    """The command with this source; what is typed after `wfm replay`."""
    monkeypatch.chdir(folder)
    for name, value in {
        "SOURCE": "anonymous_bank",
        "HOME": folder / "home",
        "SOURCE_URL": f"sqlite:///{folder}/source.sqlite",
    }.items():
        monkeypatch.setenv(f"WFM_{name}", str(value))
    return lambda *words: run_wfm(monkeypatch, capsys, "replay", *words)


def test_typed_by_a_user_it_says_what_is_replayed_what_is_inferred_and_how_the_tables_stand(wfm, folder):
    typed = ("--date", DAY, "--to", "sqlite:///live.sqlite", "--speed", 0, "--every", 1200, "--keep-times")

    first = wfm(*typed, "--from", "13:00", "--until", "14:00")
    again = wfm(*typed, "--until", "15:00")

    assert (0, 0) == (first.returncode, again.returncode)
    assert "250 contacts from the source" not in first.stderr  # phantoms are no contacts
    assert f"{len(calls_of(raw_day())):,} contacts from the source" in first.stderr
    assert "inferred from their contacts" in first.stderr
    assert "replayed: 4 ticks" in first.stdout
    assert "the tables stand as of 1999-05-23 14:00:00" in first.stdout
    assert "goes on from 1999-05-23 11:00:00 UTC" in again.stderr
    assert "the tables stand as of 1999-05-23 15:00:00" in again.stdout
    same_as_recorded(tables_in(f"sqlite:///{folder}/live.sqlite"), calls_of(raw_day()), dt.datetime(1999, 5, 23, 12))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "9 o'clock"], "--from must be a time as HH:MM"),
        (["--from", "15:00", "--until", "14:00"], "--from 15:00:00 lies after --until 14:00:00"),
        (["--to", "duckdb:///live.duckdb"], "must be a PostgreSQL, MariaDB or SQLite database"),
        (["--date", "1999-05-24"], "no call of source anonymous_bank began on 1999-05-24"),
    ],
    ids=["no_time", "ends_before_it_begins", "another_database", "no_calls"],
)
def test_what_was_typed_wrongly_is_said_in_a_line(wfm, tmp_path, words, said):
    usual = ["--date", DAY, "--to", f"sqlite:///{tmp_path}/live.sqlite", "--speed", 0]

    done = wfm(*usual, *words)

    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_records_of_the_warehouse_give_the_very_tables_of_those_of_the_source(house, folder, tmp_path):
    asked = {
        "date": DAY,
        "today": None,
        "speed": 0,
        "every_seconds": 900.0,
        "starts": dt.time(13),
        "until": dt.time(16),
    }
    opened = []
    for name in ("source", "warehouse"):
        replay(
            house,
            ReplayRequest(to=f"sqlite:///{tmp_path / name}.sqlite", **asked),
            clock=Still(),
            on_open=opened.append,
            on_tick=lambda _: None,
        )
        if name == "source":
            bring_in(house)

    assert ["the source", "the warehouse"] == [one.origin for one in opened]
    of_source, of_warehouse = (tables_in(f"sqlite:///{tmp_path / name}.sqlite") for name in ("source", "warehouse"))
    for name, rows in of_source.items():
        pd.testing.assert_frame_equal(rows, of_warehouse[name])


def bring_in(house):
    """Bronze and silver of the one day, in the house's own warehouse."""
    part, dates = house.source_map, Dates.between(DAY, DAY)
    with (
        open_warehouse(house.warehouse_url, house.settings.home) as warehouse,
        house.open_source(part) as reader,
    ):
        append_versions(
            warehouse,
            source_map=part,
            table_map=part.table("call_legs"),
            read=lambda: reader.read(part.table("call_legs"), dates, is_undated_included=False),
            batch_id="test",
            ingested_at=utc_now(),
        )
        refresh_legs(warehouse, part, silver_rules(house.settings), dates)
        assert warehouse.has(CALL_LEGS.full_name)


@pytest.mark.parametrize(
    ("date", "hours"),
    [
        pytest.param(dt.date(1999, 4, 2), 23, id="clocks_go_forward"),
        pytest.param(dt.date(1999, 9, 3), 25, id="clocks_go_back"),
    ],
)
def test_a_day_of_23_hours_has_92_quarters_and_one_of_25_has_100(house, tmp_path, monkeypatch, date, hours):
    midnight = dt.datetime.combine(date, dt.time(), ISRAEL).astimezone(dt.UTC).replace(tzinfo=None)
    elsewhere = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), ISRAEL).astimezone(dt.UTC)
    assert elsewhere.replace(tzinfo=None) - midnight == dt.timedelta(hours=hours)  # what the world's clocks say
    rows = [leg(0, wait=5.0, talk=60.0, hold=0.0, wrap=0.0) for _ in range(hours * 4)]
    records = legs(*rows).assign(
        started_at=[midnight + dt.timedelta(minutes=15 * number, seconds=1) for number in range(hours * 4)]
    )
    monkeypatch.setattr(replaying, "read_day", lambda _house, _date: Recorded(records, "a test"))
    url, ticks = f"sqlite:///{tmp_path}/live.sqlite", []

    replay(
        house,
        ReplayRequest(date=date, to=url, today=None, speed=0, every_seconds=3_600.0),
        clock=Still(),
        on_open=lambda _: None,
        on_tick=ticks.append,
    )

    shown = tables_in(url)["contact_statistics"]
    assert hours * 4 == len(shown) == shown["interval_start_time"].nunique()
    assert {1} == set(shown["not_unique_treated_calls"])
    assert pd.Timestamp(midnight) == shown["interval_start_time"].min()
    assert hours + 1 == len(ticks)
    assert dt.datetime.combine(date + dt.timedelta(days=1), dt.time()) == ticks[-1].as_of_local


def test_without_a_day_and_a_database_it_says_what_it_needs(wfm):
    neither, score = wfm("--speed", 0), wfm("--score")

    assert "needs --date and --to; or --score" in " ".join(neither.stderr.split())
    assert "--score needs --from-date" in " ".join(score.stderr.split())


def test_weeks_are_scored_only_where_there_is_history_before_them(wfm):
    done = wfm("--score", "--from-date", DAY, "--weeks", 2)

    assert done.returncode != 0
    assert "needs 56 days before it; choose a later first date" in " ".join(done.stderr.split())


def scored():
    """An answer, made up."""
    row = {"limit": 0.5, "precision": 0.7, "recall": 0.3, "false_alarms": 1.5, "alerts": 20.0, "false_alerts": 0.5}
    scores = [{"budget": 2.0, "method": "level_ahead", **row, "shortages_warned": 0.2, "lead_minutes": float("nan")}]
    compared = [{"false_alarms": 2.0, "peer": "last_15_minutes", "recall_gain": 0.05, "recall_gain_low": 0.02}]
    facts = {"is_simulated": True, "quarters_judged": 2_317, "days_even": 55, "quarters_short": 655, "days_odd": 56}
    return AlertScoreAnswer(pd.DataFrame(scores), pd.DataFrame(compared), facts)


def test_scores_are_tables_or_json_and_say_that_data_are_simulated(wfm, monkeypatch):
    monkeypatch.setattr(scoring, "score_alerts", lambda *_, **__: scored())

    shown, told = (wfm("--score", "--from-date", DAY, *more) for more in ([], ["--json"]))

    assert "SIMULATED data: 2,317 quarters of 55 days judged, 655 of them short" in shown.stdout
    assert "shortages told" in shown.stdout
    assert "nan" not in shown.stdout.lower()
    answer = json.loads(told.stdout)
    assert (0.3, None) == (answer["scores"][0]["recall"], answer["scores"][0]["lead_minutes"])
    assert answer["compared"][0]["recall_gain_low"] == 0.02
