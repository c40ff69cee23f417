"""A replay that is killed while it writes leaves tables as of a tick, and goes on to the very tables of one that was not."""

import signal
import subprocess
import sys

import pandas as pd

from wfm_pipeline_tests.bank_day_kit import calls_of, house_of, raw_day, same_as_recorded, tables_in
from wfm_pipeline_tests.process_kit import environment
from wfm_pipeline_tests.replay_killed import BEGINS, ENDS, FIRST, LATER, run


def test_a_replay_killed_six_times_while_it_writes_ends_with_the_tables_of_one_that_was_not(tmp_path):
    raw = raw_day()
    raw.to_csv(tmp_path / "calls.csv", index=False)
    broken, whole = (f"sqlite:///{tmp_path / name}.sqlite" for name in ("broken", "whole"))
    words = [sys.executable, "-m", "wfm_pipeline_tests.replay_killed", str(tmp_path), broken]

    done = subprocess.run(words, check=True, capture_output=True, text=True, env=environment())

    said = done.stdout.splitlines()
    killed = f"ended {-signal.SIGKILL}"
    assert [killed] * len(FIRST) + ["ended 0"] + [killed] * len(LATER) + ["ended 0"] == [
        line for line in said if line.startswith("ended")
    ]
    resumed = [line.removeprefix("resumed at ") for line in said if line.startswith("resumed")]
    assert ["None"] * (len(FIRST) + 1) == resumed[: len(FIRST) + 1]
    assert sorted(resumed[3:]) == resumed[3:]  # never back
    assert len(set(resumed[3:])) > 2  # what was a whole tick before a kill stayed
    (tmp_path / "other").mkdir()
    raw.to_csv(tmp_path / "other" / "calls.csv", index=False)
    run(house_of(tmp_path / "other", tmp_path / "other" / "calls.csv"), whole, starts=BEGINS, until=ENDS)
    found = tables_in(broken)
    for name, rows in tables_in(whole).items():
        pd.testing.assert_frame_equal(rows, found[name])
    same_as_recorded(found, calls_of(raw), found["queue_current_metrics"]["last_updated"].max().to_pydatetime())
