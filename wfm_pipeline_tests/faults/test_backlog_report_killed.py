"""Who is killed while sending the hourly report leaves it to the next sender: it goes out once, and the hour has no second one."""

import datetime as dt
import json
import signal
import socket
import subprocess
import sys

from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.backlog.report import send_report
from wfm_pipeline_tests.alert_kit import mail_server
from wfm_pipeline_tests.backlog_view_kit import HOUR, NOON, house_with

END = (NOON + HOUR).to_pydatetime()
SOON = END + dt.timedelta(minutes=6)
CHILD = """
import datetime as dt, json, sys
from pathlib import Path
from wfm_pipeline.monitoring.backlog.report import send_report
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
settings = json.loads(sys.argv[2])
house = House(load_settings(home=Path(sys.argv[1]), **settings))
send_report(house, clock=lambda: dt.datetime(2026, 6, 25, 13, 6))
"""


def test_a_sender_killed_at_the_mail_server_leaves_one_report(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and never greets
        port = silent.getsockname()[1]
        settings = {
            "source_url": "sqlite:///none.sqlite", "alert_channels": [], "backlog_report_channels": ["email"],
            "alert_email_host": "127.0.0.1", "alert_email_port": port, "alert_email_security": "none",
            "alert_email_from": "wfm@example.org", "backlog_report_email_to": ["desk@example.org"],
        }  # fmt: skip
        house = house_with(tmp_path / "home", **settings)
        child = subprocess.Popen([sys.executable, "-c", CHILD, house.settings.home, json.dumps(settings)])
        silent.settimeout(60)
        silent.accept()
        child.send_signal(signal.SIGKILL)
        child.wait()

    with mail_server(port=port) as (box, _):
        again = send_report(house, END, clock=lambda: SOON)
        for minutes in (1, 2):
            AlertDesk(house, clock=lambda minutes=minutes: SOON + dt.timedelta(minutes=minutes)).send()

    assert "earlier" == again.status
    assert ["backlog-telephony-20260625T1300"] == [mail["X-Wfm-Alert-Id"] for mail in box.messages]
