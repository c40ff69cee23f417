"""Whoever watches is killed at any point: each thing that had to be told is told at least once, doubles by the same id, timers go on."""

import json
import os
import subprocess
import sys
from collections import defaultdict

import pytest

from wfm_pipeline.monitoring.alerts.overview import alert_tables
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.alert_killed import PLACES
from wfm_pipeline_tests.alert_kit import mail_server, web_server

EVENTS = ["opened", "changed", "closed"]
"""What is told of each thing, in order."""


@pytest.fixture(params=[("duckdb", 8, 3), ("postgres", 4, 2)], ids=["sqlite", "postgres"])
def store(request):
    """URL of a warehouse, and at how many points somebody is killed: evenly, and at each of the places that matter."""
    engine, evenly, each = request.param
    return ("duckdb:///w.duckdb" if engine == "duckdb" else request.getfixturevalue("postgres_url")), evenly, each


def test_whoever_is_killed_at_any_point_loses_no_transition(store, tmp_path, clean_environment):
    url, evenly, each = store
    with web_server() as (got, hook), mail_server() as (box, port):
        words = [sys.executable, "-m", "wfm_pipeline_tests.alert_killed", url, tmp_path, hook, port, evenly, each]
        done = subprocess.run(list(map(str, words)), env=os.environ, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)

    things = {"counted", *(f"thing {place}" for place in range(len(told["lines"])))}
    assert told["lines"] == told["killed_at"]  # every one was killed where it should be
    assert evenly + each * len(PLACES) - 2 <= len(told["lines"])  # two of them may be one line
    posted = [(body["thing"], body["event"], body["alert_id"], body["since"]) for _, body in got]
    assert dict.fromkeys(things, EVENTS) == transitions(posted)
    assert {"2026-03-02 11:00:00 UTC"} == {since for *_, since in posted}  # no timer began anew
    ids = {alert_id for _, _, alert_id, _ in posted}
    assert len(EVENTS) * len(things) == len(ids)
    assert ids == {mail["X-Wfm-Alert-Id"] for mail in box.messages}
    assert (
        1 <= len(posted) - len(ids) + len(box.messages) - len(ids) <= len(told["lines"])
    )  # a kill doubles one at most
    tables = alert_tables(House(load_settings(home=tmp_path, warehouse_url=url)), recent=999)
    assert [0, 0, 0] == [len(tables[name]) for name in ("wrong_now", "pending", "not_gone_out")]
    assert len(things) == len(tables["over"])


def transitions(posted):
    """Thing -> its events in the order in which they first came; of each event one id."""
    ids = defaultdict(dict)
    for thing, event, alert_id, _ in posted:
        assert alert_id == ids[thing].setdefault(event, alert_id)
    return {thing: sorted(found, key=EVENTS.index) for thing, found in ids.items()}
