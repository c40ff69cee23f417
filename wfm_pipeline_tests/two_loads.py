# ruff: noqa: T201  (what it says is its output)
"""Two processes that load overlapping days at once, one of them killed in the middle if asked; and what is left.

As a program it is one such process: a line `URL FIRST LAST` on standard input is one load of bronze and
silver by the Dagster job, each step is a line on standard output, and `end` comes last.
"""

import datetime as dt
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg

from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.runs.running import JobRequest, run_job
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.content import content_hash

EARLY = (dt.date(2026, 5, 14), dt.date(2026, 6, 10))
LATE = (dt.date(2026, 5, 30), dt.date(2026, 6, 25))
"""Two stretches that overlap, together all of the source."""
STEPS = ("bronze__telephony__queue_cdr", "call_legs", "silver__calls", "silver__queue_intervals")
"""Where a load may be killed: as soon as the step has begun."""


def house_of(home, url):
    source = f"sqlite:///{home / 'source.sqlite'}"
    return House(load_settings(home=home, source_url=source, warehouse_url=url, source="telephony"))


class Loader:
    """A process that loads."""

    def __init__(self, home):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wfm_pipeline_tests.two_loads", str(home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._read() == "ready"

    def _read(self):
        return self._process.stdout.readline().strip()

    def start(self, url, stretch):
        self._process.stdin.write(f"{url} {stretch[0]} {stretch[1]}\n")
        self._process.stdin.flush()

    def finish(self):
        while (line := self._read()) != "end":
            assert line, "the loading process is gone"
            assert not line.startswith("problem"), line

    def kill_in(self, step):
        while (line := self._read()) != f"{step} started":
            assert line, "the loading process is gone"
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def close(self):
        if self._process.poll() is None:
            self._process.communicate()


def load_serially(loader, url):
    for stretch in (EARLY, LATE):
        loader.start(url, stretch)
        loader.finish()


def load_at_once(first, second, url):
    first.start(url, EARLY)
    second.start(url, LATE)
    first.finish()
    second.finish()


def load_at_once_with_a_kill(first, home, url, step):
    """The late stretch's load is killed in that step and repeated, while the other waits or works."""
    victim, again = Loader(home), None
    first.start(url, EARLY)
    victim.start(url, LATE)
    victim.kill_in(step)
    try:
        again = Loader(home)
        again.start(url, LATE)
        first.finish()
        again.finish()
    finally:
        if again:
            again.close()


def tables(home, url):
    """Content of every bronze and silver table, without batches and times, and nothing else may be there."""
    with house_of(home, url).open_warehouse() as warehouse:
        names = [
            f"{layer}.{name}" for layer in ("bronze", "silver") for name in warehouse.con.list_tables(database=layer)
        ]
        without = {"batch_id", "_batch_id", "seen_at", "_ingested_at", "applied_at", "checked_at"}
        return {name: content_hash(warehouse, name, without=without) for name in sorted(names)}


def main(home: Path) -> None:
    """Serve loads until standard input ends."""
    print("ready", flush=True)
    for line in sys.stdin:
        url, first, last = line.split()
        house = house_of(home, url)
        request = JobRequest(REFRESH, Dates.between(dt.date.fromisoformat(first), dt.date.fromisoformat(last)))
        with dg.DagsterInstance.ephemeral() as instance:
            outcome = run_job(
                build_definitions(house.settings, is_partitioned=False), house, request,
                on_step=lambda step, what: print(step, what, flush=True), instance=instance,
            )  # fmt: skip
        for problem in outcome.problems:
            print("problem", problem, flush=True)
        print("end", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
