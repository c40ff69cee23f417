"""A monitor is killed ten times in the middle of alert transitions: none is lost, and doubles carry the same id."""

import json
import os
import subprocess
import sys
from collections import Counter

from wfm_pipeline.monitoring.alerts.overview import alert_tables
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.alert_kit import web_server

KILLS = 10


def test_alerts_are_not_forgotten_after_a_kill_and_doubles_are_marked(tmp_path, clean_environment):
    with web_server() as (got, hook):
        words = [sys.executable, "-m", "wfm_pipeline_tests.live_killed", str(tmp_path), hook, str(KILLS)]
        done = subprocess.run(words, env=os.environ, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)

    assert [True] * KILLS == told["killed"]
    posted = [(body["alert_id"], body["event"], body["thing"].split()[0], body["since"]) for _, body in got]
    centres = KILLS + 1
    # of each centre a shortage and an outage are opened and closed, once each by id, since the same instant
    expected = Counter(
        {
            ("opened", "service", "2026-03-02 10:05:00 UTC"): centres,
            ("closed", "service", "2026-03-02 10:05:00 UTC"): centres,
            ("opened", "live", "2026-03-02 10:07:30 UTC"): centres,
            ("closed", "live", "2026-03-02 10:07:30 UTC"): centres,
        }
    )
    assert expected == Counter({alert_id: tuple(facts) for alert_id, *facts in posted}.values())
    assert len(posted) - 4 * centres <= KILLS  # a kill doubles one at most
    tables = alert_tables(House(load_settings(home=tmp_path)), recent=999)
    assert [0, 0, 0] == [len(tables[name]) for name in ("wrong_now", "pending", "not_gone_out")]
    assert 2 * centres == len(tables["over"])
