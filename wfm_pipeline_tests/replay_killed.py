"""A replay that is killed (SIGKILL) while it writes a tick, again and again, for faults/test_replay_killed.py.

    python -m wfm_pipeline_tests.replay_killed FOLDER URL

FOLDER holds calls.csv of the bank. Every try is a forked child that kills itself before, or right after, one of its
writes to a table; the next goes on where it stopped, and the last one is left alone. Prints a line per try: how it ended, and
as of when the tables stand.
"""

import datetime as dt
import os
import pickle
import signal
import sys
from pathlib import Path

from wfm_pipeline.monitoring.replay import replaying
from wfm_pipeline.monitoring.replay.recorded import read_day
from wfm_pipeline.monitoring.replay.replaying import ReplayRequest, replay
from wfm_pipeline.sources.operational.writing import OperationalTables
from wfm_pipeline_tests.bank_day_kit import DAY, house_of

BEGINS, ENDS = dt.time(13), dt.time(15)
FIRST = ((3, False), (6, True))
"""(which write of the process, after it was made) of those killed before any tick was whole."""
LATER = ((1, True), (2, False), (7, False), (9, True))
"""Of those that go on from where the tables stand: within the first tick that they write, and some ticks on."""


def say(line):
    """A line, at once: a child that is killed loses what it holds back."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Still:
    """A clock that never moves; nothing waits."""

    def now(self):
        return 0.0

    def sleep(self, seconds):
        raise AssertionError(f"asked to wait {seconds} s")


def killing(number, is_after):
    """Make the process die at a write."""
    write, done = OperationalTables.upsert, 0

    def upsert(self, connection, name, rows):
        nonlocal done
        done += 1
        if done == number and not is_after:
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, connection, name, rows)
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)

    OperationalTables.upsert = upsert


def run(house, url, *, kill=None, records=None, **ends):
    """One process: replay, and die where asked. Records, once read, are a file: reading them is not what is tried."""
    if records is not None:
        replaying.read_day = lambda _house, _date: pickle.loads(records.read_bytes())
    if kill:
        killing(*kill)
    replay(
        house,
        ReplayRequest(date=DAY, to=url, today=None, speed=0, every_seconds=450.0, **ends),
        clock=Still(),
        on_open=lambda opening: say(f"resumed at {opening.resumed_at}"),
        on_tick=lambda _: None,
    )


def in_child(do):
    """Do it in a forked process, so that this one never has threads; gives how that process ended."""
    child = os.fork()
    if child == 0:
        do()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main():
    folder, url = Path(sys.argv[1]), sys.argv[2]
    house = house_of(folder, folder / "calls.csv")
    began = {"starts": BEGINS}
    tries = [{"kill": kill, **began} for kill in FIRST]
    tries += [{"until": dt.time(13, 30), **began}, *({"kill": kill, "until": ENDS} for kill in LATER), {"until": ENDS}]
    records = folder / "records"
    in_child(lambda: records.write_bytes(pickle.dumps(read_day(house, DAY))))
    for one in tries:
        say(f"ended {in_child(lambda one=one: run(house, url, records=records, **one))}")


if __name__ == "__main__":
    main()
