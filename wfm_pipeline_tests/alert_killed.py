"""Processes that watch a thing through all its states and are killed while they do, for faults/test_alerts_killed.py.

    python -m wfm_pipeline_tests.alert_killed URL HOME HOOK PORT EVENLY EACH

One process imports everything and forks a child for each try, so that many can be killed in little time. A child counts the
lines of the alerts room and of the ops store that it runs, and kills itself (SIGKILL) at the one that it was given; the next
child goes on where a restarted loop would: with the look that was not finished. Lines are taken evenly, and besides so many of
each place between state, outbox and sending. Prints one line of JSON.
"""

import datetime as dt
import json
import os
import signal
import sys
import threading
from pathlib import Path

from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings

START = dt.datetime(2026, 3, 2, 11)
STEPS = (
    (0, "medium"),  # pending
    (60, "medium"),
    (120, "medium"),  # opened
    (150, "critical"),  # changed
    (200, None),  # well, not yet for long enough
    (320, None),  # closed
)
"""(second, severity; None: it is well): what a loop sees of each thing."""
LONG_AFTER = START + dt.timedelta(hours=2)
"""What a killed sender had taken is due again by then."""
PLACES = ("keep", "put", "take_due", "mark_delivered")
"""Functions in whose first line somebody is killed: before the state, before the letter, before and after it is sent."""
_ROOMS = ("/wfm_pipeline/monitoring/alerts/", "/wfm_pipeline/warehouse/ops/")


def watch(house, key, first, report, at=0):
    """Look from step `first` on; each finished step is one byte in the pipe. Is killed at line `at`, if that is not 0.

    Gives how many lines it ran, and after how many it came to each of `PLACES`.
    """
    lines, entered = 0, {name: [] for name in PLACES}

    def on_line(frame, event, _):
        nonlocal lines
        if event == "line":
            lines += 1
            if lines == at:
                os.kill(os.getpid(), signal.SIGKILL)
        return on_line

    def on_call(frame, event, argument):
        if not any(room in frame.f_code.co_filename for room in _ROOMS):
            return None
        if frame.f_code.co_name in entered:
            entered[frame.f_code.co_name].append(lines)
        return on_line(frame, event, argument)

    threading.settrace(on_call)
    sys.settrace(on_call)
    for second, severity in STEPS[first:]:
        now = START + dt.timedelta(seconds=second)
        look = Sighting(key, COVERAGE_GAP, severity is not None, now, key, "2 short", severity=severity)
        AlertDesk(house, clock=lambda now=now: now).take([look])
        os.write(report, b".")
    sys.settrace(None)
    return lines, entered


def points(lines, entered, evenly, each):
    """Lines at which somebody is killed: so many evenly, and so many of each place."""
    chosen = {1 + number * lines // evenly for number in range(evenly)}
    for came in entered.values():
        chosen |= {came[(2 * number + 1) * len(came) // (2 * each)] + 1 for number in range(each)}
    return sorted(chosen)


def forked(work):
    """Do it in a child; gives what it wrote into the pipe, and whether it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        code = 1
        try:
            work(writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    status = os.waitpid(child, 0)[1]
    if status and os.WTERMSIG(status) != signal.SIGKILL:
        raise SystemExit(f"a child ended with {status}")
    return said, bool(status)


def main(url, home, hook, port, evenly, each):
    house = House(
        load_settings(
            home=Path(home), warehouse_url=url, alert_channels=("webhook", "email"), alert_webhook_url=hook,
            alert_email_host="127.0.0.1", alert_email_port=int(port), alert_email_security="none",
            alert_email_from="a@example.org", alert_email_to="b@example.org",
        )
    )  # fmt: skip
    AlertDesk(house).send()  # makes the store and imports what a child needs, before anything is killed

    def counted(report):
        os.write(report, json.dumps(watch(house, "counted", 0, os.open(os.devnull, os.O_WRONLY))).encode())

    lines = points(*json.loads(forked(counted)[0]), int(evenly), int(each))
    killed_at = [kill_one(house, f"thing {place}", line) for place, line in enumerate(lines)]
    forked(lambda _: AlertDesk(house, clock=lambda: LONG_AFTER).send())
    sys.stdout.write(json.dumps({"lines": lines, "killed_at": killed_at}))


def kill_one(house, key, line):
    """Kill who watches a thing at a line, and let the next go on; gives the line, or None where it was not reached."""
    done, was_killed = forked(lambda report: watch(house, key, 0, report, at=line))
    if was_killed:
        forked(lambda report: watch(house, key, len(done), report))
    return line if was_killed else None


if __name__ == "__main__":
    main(*sys.argv[1:])
