"""The ways an alert goes out, each against a real receiver on this machine."""

import logging

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.channels import chosen_channels
from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.ops.outbox import Alert
from wfm_pipeline_tests.alert_kit import free_port, mail_server, web_server

ALERT = Alert(
    "i-1-opened", "run_failed", "error", "[wfm desk] job nightly failed", "job nightly failed.\n\nwhat: no answer\n",
    {"event": "opened", "incident_id": "i-1", "run_id": "r-1", "runbook": "docs/runbook.md#run_failed", "what": "no answer"},
)  # fmt: skip


def channel(name, tmp_path, **settings):
    return chosen_channels(load_settings(home=tmp_path, alert_channels=(name,), **settings))[name]


def mail_to(port, tmp_path, **settings):
    return channel(
        "email", tmp_path, alert_email_host="127.0.0.1", alert_email_port=port, alert_email_security="none",
        alert_email_from="wfm@example.org", alert_email_to="a@example.org, b@example.org", **settings,
    )  # fmt: skip


def test_the_log_has_one_line_with_the_id(tmp_path, caplog):
    channel("log", tmp_path)(ALERT)

    assert [(logging.ERROR, 1)] == [(line.levelno, line.getMessage().count("i-1-opened")) for line in caplog.records]


def test_a_mail_has_subject_body_and_the_id_and_goes_to_every_receiver(tmp_path):
    with mail_server() as (box, port):
        mail_to(port, tmp_path)(ALERT)

    (mail,) = box.messages
    assert ("[wfm desk] job nightly failed", "a@example.org, b@example.org") == (mail["Subject"], mail["To"])
    assert ("i-1-opened", "run_failed", "auto-generated") == (
        mail["X-Wfm-Alert-Id"], mail["X-Wfm-Kind"], mail["Auto-Submitted"],
    )  # fmt: skip
    assert mail["Message-ID"].startswith("<i-1-opened@")
    assert mail["References"].startswith("<i-1@")
    assert ALERT.body.split() == mail.get_content().split()


def test_the_mail_servers_password_may_stand_in_a_file(tmp_path):
    (tmp_path / "password").write_text("sekret\n")

    with mail_server(login=True) as (box, port):
        mail_to(port, tmp_path, alert_email_user="u", alert_email_password_file=tmp_path / "password")(ALERT)

    assert [("u", "sekret")] == box.logins
    assert 1 == len(box.messages)


def test_a_mail_server_that_refuses_is_told_by_its_number(tmp_path):
    with mail_server("451 try later") as (_, port), pytest.raises(ChannelError, match="answered 451"):
        mail_to(port, tmp_path)(ALERT)


def test_a_mail_server_that_is_not_there_is_told_without_its_address(tmp_path):
    with pytest.raises(ChannelError, match=r"cannot be used \(ConnectionRefusedError\)"):
        mail_to(free_port(), tmp_path)(ALERT)


def test_a_mail_server_without_tls_gets_no_mail_where_tls_is_asked_for(tmp_path):
    with mail_server() as (box, port), pytest.raises(ChannelError):
        channel(
            "email", tmp_path, alert_email_host="127.0.0.1", alert_email_port=port,
            alert_email_from="wfm@example.org", alert_email_to="a@example.org",
        )(ALERT)  # fmt: skip

    assert [] == box.messages


def test_a_webhook_gets_the_facts_with_the_id_in_body_and_header(tmp_path):
    with web_server() as (got, url):
        channel("webhook", tmp_path, alert_webhook_url=url, alert_webhook_token="sekret")(ALERT)

    ((headers, body),) = got
    assert ("i-1-opened", "Bearer sekret") == (headers["Idempotency-Key"], headers["Authorization"])
    assert ("i-1-opened", "i-1", "opened", "run_failed", "r-1") == tuple(
        body[name] for name in ("alert_id", "incident_id", "event", "kind", "run_id")
    )
    assert body["text"].startswith(ALERT.subject)


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_webhook_that_does_not_take_it_is_told_by_its_number(tmp_path, status):
    with web_server(status) as (_, url), pytest.raises(ChannelError, match=f"answered {status}"):
        channel("webhook", tmp_path, alert_webhook_url=url)(ALERT)


def test_a_webhook_that_is_not_there_is_told_without_its_address(tmp_path):
    with pytest.raises(ChannelError) as caught:
        channel("webhook", tmp_path, alert_webhook_url=f"http://127.0.0.1:{free_port()}/secret-path")(ALERT)

    assert "the webhook cannot be reached (ConnectError)" == str(caught.value)


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        pytest.param("email", "alert_email_host, alert_email_from, alert_email_to", id="email"),
        pytest.param("webhook", "alert_webhook_url", id="webhook"),
    ],
)
def test_a_channel_that_lacks_a_setting_is_refused_by_name(tmp_path, name, lacks):
    with pytest.raises(SettingsError, match=lacks):
        channel(name, tmp_path)


def test_a_password_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"alert_webhook_token_file .* cannot be read"):
        channel("webhook", tmp_path, alert_webhook_url="http://x", alert_webhook_token_file=tmp_path / "none")
