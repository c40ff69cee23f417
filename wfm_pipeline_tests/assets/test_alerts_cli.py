"""`wfm alerts`: what people see of alerts, and taking one."""

import datetime as dt
import json

import pytest

from wfm_pipeline.monitoring.alerts.handling import AlertDesk, utc_now
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP, NO_DATA
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.cli_kit import run_wfm


@pytest.fixture
def wfm(clean_environment, monkeypatch, capsys):
    """The command, on a house with a gap that is told, an outage of two services, and a gap that is pending."""
    desk = AlertDesk(House(load_settings()))
    now = utc_now()
    for at in (now - dt.timedelta(minutes=5), now):
        desk.take(
            [
                Sighting("gap:billing", COVERAGE_GAP, True, at, "service billing", "3 agents short", severity="high"),
                Sighting("source", NO_DATA, True, at, "source telephony", "no answer"),
                *(
                    Sighting(f"service {name}", NO_DATA, True, at, f"service {name}", parent="source")
                    for name in ("a", "b")
                ),
            ]
        )
    desk.take([Sighting("gap:sales", COVERAGE_GAP, True, now, "service sales", "1 agent short")])
    return lambda *words: run_wfm(monkeypatch, capsys, "alerts", *words)


def listed(wfm):
    return json.loads(wfm("--json").stdout)


def test_what_is_open_pending_and_swallowed_is_listed(wfm):
    found = listed(wfm)

    assert [("service billing", "high", 0), ("source telephony", "high", 2)] == [
        (row["thing"], row["severity"], row["children"]) for row in found["wrong_now"]
    ]
    assert ["service sales"] == [row["thing"] for row in found["pending"]]
    assert {"wrong_now", "pending", "over", "held_for_quiet_hours", "not_gone_out"} == set(found)


def test_an_alert_is_taken_by_how_its_id_begins(wfm):
    alert = listed(wfm)["wrong_now"][0]["id"]

    done = wfm("ack", alert[:8], "--by", "Ada", "--until", "23:59")

    assert 0 == done.returncode
    row = listed(wfm)["wrong_now"][0]
    assert ("Ada", True, True) == (
        row["acknowledged_by"], bool(row["acknowledged_at"]), bool(row["acknowledged_until"])
    )  # fmt: skip
    assert "Ada" in done.stdout
    assert "acknowledged_by" in done.stdout


def test_what_was_tried_is_written_down_and_read_with_what_was_told(wfm):
    alert = listed(wfm)["wrong_now"][0]["id"]

    done = wfm("tried", alert[:8], "--by", "Ada", "--note", "moved two people over")

    assert 0 == done.returncode
    assert "moved two people over" in done.stdout
    found = json.loads(wfm("told", alert[:8], "--json").stdout)
    assert [("Ada", "moved two people over")] == [(row["tried_by"], row["what"]) for row in found["tried"]]
    assert "opened to receivers of every alert: log" in found["told"][0]["told"]


def test_the_plan_says_who_is_called_when(wfm, monkeypatch):
    level = {"severity": "high", "minutes": 15, "channels": ["log"], "who": "planner"}
    monkeypatch.setenv("WFM_ALERT_ESCALATION", json.dumps([level]))

    rows = json.loads(wfm("levels", "--json").stdout)["levels"]

    assert [("receivers of every alert", 0), ("planner", 15)] == [(row["who"], row["after_minutes"]) for row in rows]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["ack"], "needs the alert's id and --by NAME", id="nothing"),
        pytest.param(["ack", "12345678"], "needs the alert's id and --by NAME", id="nobody"),
        pytest.param(["ack", "zzzzzzzz", "--by", "Ada"], "no open alert has the id 'zzzzzzzz'", id="unknown"),
        pytest.param(["ack", "", "--by", "Ada"], "needs the alert's id", id="empty"),
        pytest.param(["list", "12345678"], "belong to `wfm alerts ack ID --by NAME`", id="id_without_ack"),
        pytest.param(["tried", "12345678", "--by", "Ada"], "--by NAME and --note TEXT", id="nothing_tried"),
        pytest.param(
            ["ack", "12345678", "--by", "Ada", "--note", "x"], "--note to `wfm alerts tried", id="note_of_ack"
        ),
        pytest.param(["told"], "needs the alert's id", id="told_of_nothing"),
        pytest.param(["test", "--by", "Ada"], "belong to `wfm alerts ack ID --by NAME`", id="name_without_ack"),
    ],
)
def test_words_that_take_nothing_are_refused_in_one_line(wfm, words, said):
    done = wfm(*words)

    assert (2, 1) == (done.returncode, done.stderr.strip().count("\n") + 1)
    assert said in done.stderr
