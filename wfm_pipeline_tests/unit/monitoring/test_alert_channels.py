"""The ways an alert goes out, each against a real receiver on this machine."""

import logging
import subprocess
import sys
from dataclasses import replace

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.channels import chosen_channels
from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.ops.outbox import Alert
from wfm_pipeline_tests.alert_kit import free_port, mail_server, web_server

ALERT = Alert(
    "i-1-opened", "run_failed", "high", "[wfm desk] job nightly failed", "job nightly failed.\n\nwhat: no answer\n",
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


def test_a_long_id_is_what_it_is_in_a_mail_too(tmp_path):
    name = "7cc34876-1882-5b4c-93d5-4433a2124909-changed-critical-20260302T110230000000"
    with mail_server() as (box, port):
        mail_to(port, tmp_path)(replace(ALERT, alert_id=name))

    (mail,) = box.messages
    assert (name, f"<{name}@wfm-pipeline.invalid>") == (mail["X-Wfm-Alert-Id"], mail["Message-ID"])
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


def test_apprise_sends_to_every_url_with_the_id_in_its_words(tmp_path):
    with web_server() as (first, one), web_server() as (second, two):
        urls = " ".join(url.replace("http://", "json://") for url in (one, two))
        channel("apprise", tmp_path, alert_apprise_urls=urls)(replace(ALERT, body=f"{ALERT.body}\nalert: i-1-opened"))

    assert [("[wfm desk] job nightly failed", "failure")] * 2 == [
        (body["title"], body["type"]) for _, body in (*first, *second)
    ]
    assert "alert: i-1-opened" in first[0][1]["message"]


def test_what_is_over_is_a_success_to_apprise(tmp_path):
    with web_server() as (got, url):
        send = channel("apprise", tmp_path, alert_apprise_urls=url.replace("http://", "json://"))
        send(replace(ALERT, facts={"event": "closed"}))

    assert ["success"] == [body["type"] for _, body in got]


def test_a_service_of_apprise_that_is_not_there_is_told_without_its_url(tmp_path, caplog, capfd):
    with pytest.raises(ChannelError) as caught:
        channel("apprise", tmp_path, alert_apprise_urls=f"json://127.0.0.1:{free_port()}/secret-path")(ALERT)

    assert "a service of apprise did not take it" == str(caught.value)
    assert "secret-path" not in caplog.text + "".join(capfd.readouterr())


def test_a_url_that_apprise_does_not_know_is_refused_by_its_place(tmp_path):
    with pytest.raises(SettingsError, match="does not know its URL number 2") as caught:
        channel("apprise", tmp_path, alert_apprise_urls="json://127.0.0.1/ klingon://secret-path")

    assert "secret-path" not in str(caught.value)


def test_apprise_that_is_not_installed_is_one_line_with_what_to_do(tmp_path):
    # A process of its own in which the library cannot be found.
    script = (
        "import sys; sys.modules['apprise'] = None\n"
        "from wfm_pipeline_tests.unit.monitoring.test_alert_channels import channel\n"
        f"channel('apprise', {str(tmp_path)!r}, alert_apprise_urls='json://127.0.0.1/')\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert "SettingsError: alert_channels has apprise, which needs: pip install 'wfm-pipeline[apprise]'" in done.stderr


def test_apprise_is_not_loaded_for_those_who_do_not_use_it(tmp_path):
    script = (
        "import sys\n"
        "from wfm_pipeline.monitoring.alerts.channels import chosen_channels\n"
        "from wfm_pipeline.settings import load_settings\n"
        f"chosen_channels(load_settings(home={str(tmp_path)!r}))\n"
        "print('apprise' in sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert "False\n" == done.stdout


def test_the_log_says_how_bad_it_is_and_takes_letters_of_an_older_version(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="wfm_pipeline.alerts")
    for severity in ("low", "medium", "high", "critical", "warning", "error"):
        channel("log", tmp_path)(replace(ALERT, severity=severity))

    names = [line.levelname for line in caplog.records]
    assert ["INFO", "WARNING", "ERROR", "CRITICAL", "WARNING", "ERROR"] == names


def test_a_step_of_the_escalation_mails_its_own_receivers(tmp_path):
    steps = [{"severity": "high", "minutes": 15, "channels": ["email", "log"], "email_to": ["head@example.org"]}]
    with mail_server() as (box, port):
        chosen = chosen_channels(
            load_settings(
                home=tmp_path, alert_channels=("log",), alert_escalation=steps, alert_email_host="127.0.0.1",
                alert_email_port=port, alert_email_security="none", alert_email_from="wfm@example.org",
            )
        )  # fmt: skip
        chosen["email:high-15"](ALERT)

    assert {"log", "email:high-15"} == set(chosen)
    assert ["head@example.org"] == [mail["To"] for mail in box.messages]


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        pytest.param("apprise", "alert_apprise_urls", id="apprise"),
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
