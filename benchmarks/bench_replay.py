"""What does a tick of a replay cost, and does writing rows in sets pay?

A SIMULATED afternoon of 3,000 contacts in three hours (the busiest day of the bank has 3,064 in seventeen) in SQLite, and in
PostgreSQL and MariaDB where WFM_TEST_POSTGRES_URL and WFM_TEST_MARIADB_URL name a server; databases of its own, dropped at the
end. Told are the ticks of five busy minutes, five seconds apart (at 60 times the speed one has 83 ms), and one tick
that brings in all rows so far. Peer: the same rows written one statement a row.

    python benchmarks/bench_replay.py [--contacts 3000] [--runs 2]
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from wfm_pipeline.domain.replay.contacts import contacts_of_legs
from wfm_pipeline.domain.replay.recorded_day import RecordedDay
from wfm_pipeline.monitoring.replay.recorded import read_day
from wfm_pipeline.sources.operational.writing import OperationalTables
from wfm_pipeline_tests.bank_day_kit import DAY, UTC_MIDNIGHT, house_of, raw_day

RESULTS = Path(__file__).parent / "results" / "replay.json"
STEP_SECONDS, SPEED = 5, 60
BUSY_TICKS = 60
BUSY = pd.Timestamp(UTC_MIDNIGHT) + pd.Timedelta(hours=15)
"""When they begin: the floor is full."""
DATABASE = "bench_replay"


def recorded(contacts: int) -> RecordedDay:
    """The afternoon."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw_day(calls=contacts).to_csv(folder / "calls.csv", index=False)
        legs = read_day(house_of(folder, folder / "calls.csv"), DAY).legs
    return RecordedDay(contacts_of_legs(legs), pd.Timestamp(UTC_MIDNIGHT), 20.0, "simulated")


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Name -> URL of an empty database; servers' ones are dropped at the end."""
    servers = {"postgres": "WFM_TEST_POSTGRES_URL", "mariadb": "WFM_TEST_MARIADB_URL"}
    known = {name: sa.make_url(os.environ[variable]) for name, variable in servers.items() if os.environ.get(variable)}
    engines = {name: sa.create_engine(url, isolation_level="AUTOCOMMIT") for name, url in known.items()}
    with tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": f"sqlite:///{folder}/live.sqlite"}
        for name, engine in engines.items():
            with engine.connect() as connection:
                connection.exec_driver_sql(f"create database {DATABASE}")
            urls[name] = known[name].set(database=DATABASE).render_as_string(hide_password=False)
        try:
            yield urls
        finally:
            for engine in engines.values():
                with engine.connect() as connection:
                    connection.exec_driver_sql(f"drop database {DATABASE}")
                engine.dispose()


def write(tables: OperationalTables, rows: dict[str, pd.DataFrame], *, one_by_one: bool = False) -> float:
    """Seconds of one transaction."""
    began = time.perf_counter()
    with tables.transaction() as connection:
        for name, part in rows.items():
            parts = [part.iloc[[row]] for row in range(len(part))] if one_by_one else [part]
            for one in parts:
                tables.upsert(connection, name, one)
    return time.perf_counter() - began


def emptied(tables: OperationalTables) -> None:
    with tables.transaction() as connection:
        tables.empty(connection)


def measure(url: str, day: RecordedDay, runs: int) -> dict[str, object]:
    """One database."""
    everything = dict(day.rows_between(None, BUSY))
    ticks: dict[str, list[float]] = {"counting": [], "writing": [], "one_by_one": []}
    bulk: dict[str, list[float]] = {"sets": [], "one_by_one": []}
    with OperationalTables(url, what="benchmark") as tables:
        tables.make()
        for _ in range(runs):
            for way, is_single in (("one_by_one", True), ("sets", False)):
                emptied(tables)
                bulk[way].append(write(tables, everything, one_by_one=is_single))
            before = BUSY
            for number in range(1, BUSY_TICKS + 1):
                at = BUSY + pd.Timedelta(seconds=STEP_SECONDS * number)
                began = time.perf_counter()
                rows = dict(day.rows_between(before, at))
                ticks["counting"].append(time.perf_counter() - began)
                ticks["writing"].append(write(tables, rows))
                ticks["one_by_one"].append(write(tables, rows, one_by_one=True))
                before = at
    whole = [a + b for a, b in zip(ticks["counting"], ticks["writing"], strict=True)]
    return {
        "ticks": len(whole),
        "tick_milliseconds_median": round(1000 * statistics.median(whole), 1),
        "tick_milliseconds_p95": round(1000 * statistics.quantiles(whole, n=20)[-1], 1),
        "tick_milliseconds_most": round(1000 * max(whole), 1),
        **{f"{name}_milliseconds_median": round(1000 * statistics.median(part), 1) for name, part in ticks.items()},
        "budget_milliseconds": round(1000 * STEP_SECONDS / SPEED, 1),
        "rows_at_once": sum(map(len, everything.values())),
        **{f"at_once_{way}_seconds": [round(one, 2) for one in part] for way, part in bulk.items()},
        "times_as_fast_in_sets": round(statistics.median(bulk["one_by_one"]) / statistics.median(bulk["sets"]), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=3_000)
    parser.add_argument("--runs", type=int, default=2)
    asked = parser.parse_args()
    day = recorded(asked.contacts)
    with databases() as urls:
        found = {
            "question": "A tick of a replay, and rows in sets beside rows one by one",
            "contacts": len(day.contacts),
            "data": "simulated",
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
            **{name: measure(url, day, asked.runs) for name, url in urls.items()},
        }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
