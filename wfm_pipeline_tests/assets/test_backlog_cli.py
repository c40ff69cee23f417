"""`wfm backlog` as a user meets it: tables, a page, a mail, and errors that say what to do."""

import json

import pandas as pd
import pytest

from wfm_pipeline.domain.backlog.calendar_versions import CalendarVersion
from wfm_pipeline.warehouse.shelves.backlog.calendar_versions import keep_versions
from wfm_pipeline_tests.alert_kit import free_port, mail_server
from wfm_pipeline_tests.backlog_view_kit import house_with
from wfm_pipeline_tests.cli_kit import run_wfm

WHEN = ("--at", "2026-06-25T15:00")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return house_with(tmp_path_factory.mktemp("cli") / "home").settings.home


@pytest.fixture
def wfm(clean_environment, monkeypatch, capsys, home):
    monkeypatch.setenv("WFM_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *words: run_wfm(monkeypatch, capsys, "backlog", *words)


def test_the_view_is_printed_for_the_terminal_at_hand(wfm):
    said = wfm(*WHEN)

    assert (0, "") == (said.returncode, said.stderr)
    assert 100 >= max(map(len, said.stdout.splitlines()))
    assert "ACT    billing: 65 over due, breach 71 % by 18:00" in said.stdout
    assert "OLD" not in said.stdout
    assert "to come: cases, 80 % band" in " ".join(said.stdout.split())  # the end of the longest note


def test_what_is_asked_for_now_says_how_old_it_is(wfm):
    assert "OLD: this hour ended" in wfm().stdout


def test_one_queue_as_json(wfm):
    found = json.loads(wfm(*WHEN, "--queue", "claims", "--json", "--hours", "2").stdout)

    assert ["claims"] == [row["queue_id"] for row in found["backlog"]]
    assert 2 == len(found["people"])


def test_the_page_is_one_file_with_its_picture(wfm, tmp_path):
    said = wfm(*WHEN, "--html", tmp_path / "page.html")

    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert (0, f"page: {tmp_path / 'page.html'}") == (said.returncode, said.stderr.strip())
    assert page.count("data:image/svg+xml;base64,") == 1
    assert "http" not in page.replace("http-equiv", "")


def test_a_mail_goes_out_now_or_says_why_not(wfm, monkeypatch):
    assert "backlog_report_channels names no channel" in wfm(*WHEN, "--mail").stderr
    for name, value in {"host": "127.0.0.1", "security": "none", "from": "a@b.example", "to": "c@d.example"}.items():
        monkeypatch.setenv(f"WFM_ALERT_EMAIL_{name.upper()}", value)
    monkeypatch.setenv("WFM_BACKLOG_REPORT_CHANNELS", "email")
    with mail_server() as (box, port):
        monkeypatch.setenv("WFM_ALERT_EMAIL_PORT", str(port))
        well = wfm(*WHEN, "--mail")
    monkeypatch.setenv("WFM_ALERT_EMAIL_PORT", str(free_port()))
    badly = wfm(*WHEN, "--mail")

    assert (0, 1, 1) == (well.returncode, len(box.messages), badly.returncode)
    assert "sent: Backlog 15:00: billing 65 over due" in " ".join(well.stderr.split())
    assert "not gone out yet, tried again later: email: the mail server cannot be used" in badly.stderr


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        pytest.param(
            ("--at", "noon"), 2, "--at must be a local time as YYYY-MM-DDTHH:MM or HH:MM, got 'noon'", id="no_time"
        ),
        pytest.param(("--at", "2020-01-01"), 1, "was over by then; the newest starts 2026-06-25", id="too_early"),
        pytest.param(("--queue", "bill"), 1, "has no queue 'bill' in that hour; it has 'billing'", id="no_queue"),
    ],
)
def test_what_cannot_be_shown_is_one_line_that_says_why(wfm, words, code, error):
    said = wfm(*words)

    assert code == said.returncode
    assert error in said.stderr
    assert "Traceback" not in said.stderr


def test_a_version_of_the_calendar_is_approved_by_somebody(wfm, monkeypatch, tmp_path):
    house = house_with(tmp_path / "own", source_url="sqlite:///none.sqlite")
    seen = pd.Timestamp("2026-06-01")
    same = {"cause": "holiday_feed", "seen_at": seen, "own": "{}", "feed": "{}"}
    versions = [
        CalendarVersion(version=1, status="in_force", known_from=seen, **same),
        CalendarVersion(version=2, status="waiting", known_from=None, **same),
    ]
    with house.writing(owner="test"), house.open_warehouse() as warehouse:
        keep_versions(warehouse, house.source_map, versions)
    monkeypatch.setenv("WFM_HOME", str(tmp_path / "own"))

    assert 2 == wfm("calendar", "--approve", "2").returncode
    assert "belong to `wfm backlog calendar`" in wfm("--by", "ann").stderr
    said = wfm("calendar", "--approve", "2", "--by", "ann")

    assert (0, "calendar: version 2 is ") == (said.returncode, said.stderr[:23])
    assert "waiting" not in said.stdout


def test_a_home_where_nothing_is_made_says_what_to_do(wfm, monkeypatch, tmp_path):
    monkeypatch.setenv("WFM_HOME", str(tmp_path / "empty"))

    said = wfm()

    assert 1 == said.returncode
    assert "nothing has been published" in said.stderr
