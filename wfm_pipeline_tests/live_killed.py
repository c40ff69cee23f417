"""A monitor that goes through a shortage and an outage and is killed while it does, for faults/test_monitor_killed.py.

    python -m wfm_pipeline_tests.live_killed HOME HOOK KILLS

As alert_killed: a child for each kill, which counts the lines of the live cycle, the alerts room and the ops store and kills itself
(SIGKILL) at the one it was given; the next child goes on with the cycle that was not finished. Each centre has a name of its own. Prints
one line of JSON.
"""

import asyncio
import dataclasses
import datetime as dt
import json
import os
import signal
import sys
import threading
from pathlib import Path

from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.coverage.looks import LookLimits
from wfm_pipeline.monitoring.coverage.telling import Teller
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.alert_killed import forked
from wfm_pipeline_tests.coverage_kit import QUARTER
from wfm_pipeline_tests.live_kit import NOW, centre, gold, reading_of, worker

SHORT, WELL, OUT = "short", "well", "out"
STEPS = (
    *((second, SHORT) for second in (0, 60, 120)),  # opened two minutes after the first
    *((second, OUT) for second in (150, 180, 210)),  # the outage is opened a minute after the first
    *(
        (second, WELL) for second in (240, 270, 330, 360)
    ),  # over at the second good look; the shortage two minutes after the first
)
LONG_AFTER = NOW.to_pydatetime() + dt.timedelta(hours=2)
"""What a killed sender had taken is due again by then."""
NEVER = -1
"""A line that nobody comes to: lines are counted only."""
_ROOMS = ("/wfm_pipeline/monitoring/", "/wfm_pipeline/warehouse/ops/")


def cycles():
    """Cycle of each kind, worked out once."""
    found = {}
    for kind, people in ((SHORT, 1), (WELL, 9)):
        tables = centre(services=("a",), idle=[f"agent {n}" for n in range(people)])
        made = worker(gold(queues=("a",)), most_gaps=0)
        found[kind] = made.cycle(reading_of(tables), looked_at=NOW.to_pydatetime(), read_seconds=0.0)
    return {**found, OUT: dataclasses.replace(found[SHORT], fault="the live centre cannot be read")}


def watch(house, name, first, report, made, at=0):
    """Tell the cycles from step `first` on; each finished one is a byte in the pipe. Is killed at line `at`; counts no lines where that is 0."""
    lines = 0

    def on_line(frame, event, _):
        nonlocal lines
        if event == "line":
            lines += 1
            if lines == at:
                os.kill(os.getpid(), signal.SIGKILL)
        return on_line

    def on_call(frame, event, argument):
        return on_line(frame, event, argument) if any(room in frame.f_code.co_filename for room in _ROOMS) else None

    if at:  # who goes on is not watched: that takes ten times as long
        threading.settrace(on_call)
        sys.settrace(on_call)
    for second, kind in STEPS[first:]:
        now = NOW.to_pydatetime() + dt.timedelta(seconds=second)
        as_of = NOW + dt.timedelta(seconds=second)
        cycle = dataclasses.replace(made[kind], looked_at=now, as_of=as_of)
        asyncio.run(tell(house, name, cycle, now))
        os.write(report, b".")
    sys.settrace(None)
    return lines


async def tell(house, name, cycle, now):
    teller = Teller(name, QUARTER, AlertDesk(house, clock=lambda: now), None, LookLimits())
    await teller.tell(cycle)
    await teller.settle()


def main(home, hook, kills):
    settings = load_settings(home=Path(home), alert_channels=("webhook",), alert_webhook_url=hook)
    house, made = House(settings), cycles()
    AlertDesk(house).send()  # makes the store and imports what a child needs, before anything is killed
    counted = forked(
        lambda report: os.write(
            report, str(watch(house, "counted", 0, os.open(os.devnull, os.O_WRONLY), made, at=NEVER)).encode()
        )
    )
    lines = int(counted[0])
    chosen = [1 + number * lines // int(kills) for number in range(int(kills))]
    killed = [kill_one(house, f"centre {place}", line, made) for place, line in enumerate(chosen)]
    forked(lambda _: AlertDesk(house, clock=lambda: LONG_AFTER).send())
    sys.stdout.write(json.dumps({"lines": lines, "killed": killed}))


def kill_one(house, name, line, made):
    """Kill who watches a centre at a line, and let the next go on; True where it was killed."""
    done, was_killed = forked(lambda report: watch(house, name, 0, report, made, at=line))
    if was_killed:
        forked(lambda report: watch(house, name, len(done), report, made))
    return was_killed


if __name__ == "__main__":
    main(*sys.argv[1:])
