"""The hourly report goes out once per hour and channel, in the group's hours, to real receivers on this machine."""

import datetime as dt
import logging
import shutil
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.channels.email import email_of
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.backlog.asking import view_of
from wfm_pipeline.monitoring.backlog.report import send_asked, send_report
from wfm_pipeline.reports.backlog.needs import needs_of
from wfm_pipeline.reports.backlog.top_lines import subject
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.outbox import Alert, not_delivered, posted
from wfm_pipeline_tests.alert_kit import free_port, mail_server, web_server
from wfm_pipeline_tests.backlog_view_kit import HOUR, NOON, desk, house_with, view_from

END = (NOON + HOUR).to_pydatetime()
"""15:00 at the site."""
SOON = END + dt.timedelta(minutes=6)
MAIL = {
    "alert_email_host": "127.0.0.1", "alert_email_security": "none", "alert_email_from": "wfm@example.org",
    "alert_email_to": ("alarm@example.org",), "backlog_report_email_to": ("desk@example.org", "lead@example.org"),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return house_with(tmp_path_factory.mktemp("report") / "home", source_url="sqlite:///none.sqlite")


@pytest.fixture
def house(made, tmp_path):
    """The made house's gold with an ops store of its own, by mail to a port that is set."""

    home = tmp_path / "home"
    shutil.copytree(made.settings.home, home)

    def with_settings(channels=("email",), **more):
        chosen = {"home": home, "backlog_report_channels": channels, "alert_channels": (), **MAIL, **more}
        return House(made.settings.model_copy(update=chosen))

    return with_settings


def clock(at=SOON):
    return lambda: at


def letters(house):
    with house.open_ops() as store, store.reading() as ops:
        return [letter for letter in posted(ops, limit=100) if letter.alert_id.startswith("backlog")]


def test_the_report_is_a_mail_with_text_html_and_picture_to_the_groups_own_receivers(house):
    with mail_server() as (box, port):
        reported = send_report(house(alert_email_port=port), END, clock=clock())

    (mail,) = box.messages
    assert "sent" == reported.status, reported.words
    assert "desk@example.org, lead@example.org" == mail["To"]
    assert "Backlog 15:00: billing 65 over due, breach 71 % by 18:00; 2 more queues; 1 not known" in mail["Subject"]
    assert "multipart/alternative" == mail.get_content_type()
    text, related = mail.iter_parts()
    shown, picture = related.iter_parts()
    assert ("text/plain", "text/html", "image/png") == tuple(one.get_content_type() for one in (text, shown, picture))
    assert "WHAT TO DO FIRST" in text.get_content()
    assert f"cid:{picture['Content-ID'].strip('<>')}" in shown.get_content()
    assert "inline" == picture.get_content_disposition()
    assert picture.get_content().startswith(b"\x89PNG")
    assert ("backlog_report", "auto-generated") == (mail["X-Wfm-Kind"], mail["Auto-Submitted"])


def test_an_hour_is_sent_once_however_often_it_is_asked(house):
    with mail_server() as (box, port):
        statuses = [send_report(house(alert_email_port=port), at, clock=clock()).status for at in (END, END, None)]

    assert ["sent", "earlier", "earlier"] == statuses
    assert 1 == len(box.messages)


def test_a_receiver_that_is_away_gets_it_later_and_once(house):
    port = free_port()
    ours = house(alert_email_port=port)
    first = send_report(ours, END, clock=clock())
    with mail_server(port=port) as (box, _):
        AlertDesk(ours, clock=clock(SOON + dt.timedelta(minutes=5))).send()
        again = send_report(ours, END, clock=clock(SOON + dt.timedelta(minutes=6)))

    assert ("waiting", "earlier") == (first.status, again.status)
    assert "tried again later: email: the mail server cannot be used" in first.words
    assert 1 == len(box.messages)
    assert 2 == len(list(box.messages[0].iter_parts()))


def test_a_newer_report_takes_the_place_of_one_that_has_not_gone_out(house):
    ours = house(alert_email_port=free_port())
    assert "waiting" == send_report(ours, END, clock=clock()).status
    house_with(ours.settings.home, desk(newest=NOON + HOUR), source_url="sqlite:///none.sqlite")

    send_report(ours, END + dt.timedelta(hours=1), clock=clock(SOON + dt.timedelta(hours=1)))

    with ours.open_ops() as store, store.reading() as ops:
        assert ["backlog-telephony-20260625T1400"] == [letter.alert_id for letter in not_delivered(ops)]


def test_a_webhook_gets_text_and_rows_and_no_html(house):
    with web_server() as (got, url):
        reported = send_report(house(("webhook",), alert_webhook_url=SecretStr(url)), END, clock=clock())

    ((headers, body),) = got
    assert "sent" == reported.status, reported.words
    assert body["alert_id"] == headers["Idempotency-Key"] == "backlog-telephony-20260625T1300"
    assert body["text"].startswith(body["subject"])
    assert "ACT billing: 65 over due" in body["text"]
    assert ("billing", 0.71, None) == (
        body["queues"][0]["queue_id"], body["queues"][0]["breach_probability"], body["queues"][3]["breach_probability"],
    )  # fmt: skip
    assert isinstance(body["queues"][0]["open_cases"], int)
    assert "mail" not in body


@pytest.mark.parametrize(
    ("at", "now", "chosen", "reason"),
    [
        pytest.param(END, SOON, {"channels": ()}, "names no channel", id="no_channel"),
        pytest.param(END, END + dt.timedelta(hours=4), {}, "ended more than 3 hours ago", id="an_outage_is_over"),
        pytest.param(
            END, SOON, {"backlog_report_from_hour": 15}, "from 14:00 is not of the group's hours", id="too_early"
        ),
        pytest.param(END, SOON, {"backlog_report_until_hour": 14}, "not of the group's hours", id="too_late"),
        pytest.param(END, SOON, {"alert_quiet_hours": "15:00-16:00"}, "people sleep", id="quiet"),
        pytest.param(END - HOUR, SOON, {}, "gold's newest hour ends 2026-06-25 13:00 UTC, not", id="a_former_hour"),
    ],
)
def test_nobody_is_told_of_an_hour_that_nobody_wants(house, at, now, chosen, reason):
    ours = house(**chosen)

    reported = send_report(ours, at, clock=clock(now))

    assert "not_due" == reported.status
    assert reason in reported.words
    assert [] == letters(ours)


def test_a_fault_stops_no_run_and_is_said(house, tmp_path, caplog):
    ours = House(house().settings.model_copy(update={"home": tmp_path / "nothing"}))

    with caplog.at_level(logging.CRITICAL):
        reported = send_report(ours, END, clock=clock())

    assert "failed" == reported.status
    assert "nothing has been published" in reported.words


def test_what_is_asked_for_goes_out_at_any_hour_and_again(house):
    with mail_server() as (box, port):
        ours = house(alert_email_port=port, backlog_report_until_hour=8, backlog_report_from_hour=7)
        view = view_of(ours)
        statuses = [send_asked(ours, view, clock=clock(SOON + dt.timedelta(seconds=n))).status for n in (0, 1)]

    assert ["sent", "sent"] == statuses
    assert 2 == len(box.messages)
    assert 1 == len({mail["References"] for mail in box.messages})  # the reports of a day are one thread


def test_asking_without_a_channel_says_what_to_set(house):
    ours = house(())

    with pytest.raises(SettingsError, match="backlog_report_channels names no channel"):
        send_asked(ours, view_of(ours))


def test_a_channel_that_lacks_a_setting_names_the_list_it_is_in(house):
    ours = house(alert_email_host=None)

    reported = send_report(ours, END, clock=clock())

    assert ("failed", True) == (reported.status, "backlog_report_channels has email" in reported.words)


def test_no_alert_goes_by_a_channel_of_the_report(house):
    desk_of_alerts = AlertDesk(house(alert_email_port=free_port(), alert_channels=("log",)))

    assert ["log"] == desk_of_alerts._ways("")


@settings(max_examples=20)
@given(st.text(min_size=1, max_size=60))
def test_no_name_of_a_queue_breaks_a_mail(name):
    view = view_from()
    frames = {
        one: getattr(view, one).replace({"queue_id": {"billing": name}})
        for one in ("now", "people", "actions", "alerts")
    }
    said = subject(replace(view, **frames), needs_of(replace(view, **frames)))

    mail = email_of(Alert("i", "backlog_report", "low", said, "text", {}), "a@example.org", ("b@example.org",))

    assert {"a@example.org", "b@example.org"} == {mail["From"], mail["To"]}
    assert mail.as_bytes().count(b"\nSubject:") == 1
    assert not mail["Bcc"]
