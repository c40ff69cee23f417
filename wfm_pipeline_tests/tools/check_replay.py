"""Replay a real day of the bank at a pace, as a user types it, and compare the tables with the raw rows while it runs.

python -m wfm_pipeline_tests.tools.check_replay URL [--speed 60] [--checks 20]

URL: an empty PostgreSQL, MariaDB or SQLite database of its own. Data: WFM_REAL_DATA/anonymous_bank_1999. At instants
drawn over the working day all tables are read as of one moment and counted again call by call (bank_day_kit). Prints a
line per check and leaves with 1 where one is wrong.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from sqlalchemy.exc import DatabaseError

from wfm_pipeline_tests.bank_day_kit import DAY, UTC_MIDNIGHT, calls_of, house_of, same_as_recorded, tables_in

FIRST_HOUR, LAST_HOUR = 7, 24
"""Between these the bank took calls [h of the local day]."""
NOT_MADE_YET = ("no such table", "does not exist", "doesn't exist", "Table definition has changed")
_SEED = 60
_BETWEEN_LOOKS = 0.2
"""[s]"""


def main():
    """Run the replay and the checks."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("url")
    asked.add_argument("--speed", type=float, default=60.0)
    asked.add_argument("--checks", type=int, default=20)
    chosen = asked.parse_args()
    whole = pd.read_parquet(Path(os.environ["WFM_REAL_DATA"]) / "anonymous_bank_1999" / "calls.parquet")
    day = whole[whole["date"].astype(str) == str(DAY)]
    calls = calls_of(day)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        day.to_parquet(folder / "calls.parquet", index=False)
        house_of(folder, folder / "calls.parquet")  # reads the file into folder/source.sqlite
        replay = subprocess.Popen(
            [sys.executable, "-m", "wfm_pipeline.cli", "replay", "--date", str(DAY), "--keep-times",
             "--to", chosen.url, "--speed", str(chosen.speed)],
            env={**os.environ, "WFM_SOURCE": "anonymous_bank", "WFM_HOME": str(folder / "home"),
                 "WFM_SOURCE_URL": f"sqlite:///{folder / 'source.sqlite'}"},
        )  # fmt: skip
        wrong = look(chosen.url, calls, drawn(chosen.checks), replay)
        code = replay.wait()
    say(f"replay left with {code}; {chosen.checks - wrong} of {chosen.checks} checks right")
    sys.exit(int(bool(wrong or code)))


def say(line):
    """A line, at once: somebody waits for it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def drawn(checks):
    """Instants of the working day, one in each of as many equal parts of it."""
    chance, step = random.Random(_SEED), (LAST_HOUR - FIRST_HOUR) * 3600 / checks
    seconds = [FIRST_HOUR * 3600 + (part + chance.random()) * step for part in range(checks)]
    return [pd.Timestamp(UTC_MIDNIGHT) + pd.Timedelta(seconds=one) for one in seconds]


def look(url, calls, instants, replay):
    """Compare at the first tick after each instant; gives how many were wrong or never came."""
    wrong, began = len(instants), time.monotonic()
    coming = list(instants)
    while coming and replay.poll() is None:
        time.sleep(_BETWEEN_LOOKS)
        tables = shown(url)
        if tables is None or len(tables["queue_current_metrics"]) == 0:
            continue
        now = pd.Timestamp(tables["queue_current_metrics"]["last_updated"].max())
        if now < coming[0]:
            continue
        asked = coming.pop(0)
        try:
            same_as_recorded(tables, calls, now.to_pydatetime())
            wrong, word = wrong - 1, "same"
        except AssertionError as error:
            word = f"WRONG {error}"
        waiting = int(tables["queue_current_metrics"]["calls_waiting"].sum())
        say(f"{time.monotonic() - began:7.1f} s  asked {asked:%H:%M:%S}  as of {now:%H:%M:%S} UTC  {waiting} waiting, "
              f"{len(tables['agent_states'])} states, {len(tables['contact_statistics'])} quarters: {word}")  # fmt: skip
    return wrong


def shown(url):
    """The tables as of one moment; None before they are made, which every driver says in words of its own."""
    try:
        return tables_in(url)
    except DatabaseError as error:
        if any(words in str(error) for words in NOT_MADE_YET):
            return None
        raise


if __name__ == "__main__":
    main()
