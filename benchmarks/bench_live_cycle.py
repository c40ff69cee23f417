"""How long is one whole cycle of live coverage at a large site, and does memory stay flat?

761 services x 96 quarters x 5 weeks in PostgreSQL, 3,000 agents with their states. A cycle reads the centre, works coverage, gaps and
actions out, weighs and writes the alerts of all services (SQLite), and the history of the day (DuckDB), which is written once an
interval and beside the cycle. Between cycles the centre's clock and some states move.

    python benchmarks/bench_live_cycle.py --url postgresql://user@host/empty_database [--cycles 20] [--need 0.3]
"""

import argparse
import asyncio
import datetime as dt
import json
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.coverage.analyzer import CoverageAnalyzer
from wfm_pipeline.monitoring.coverage.asking import Choices
from wfm_pipeline.monitoring.coverage.centre import LiveCentre
from wfm_pipeline.monitoring.coverage.cycle import Worker
from wfm_pipeline.monitoring.coverage.gold_day import GoldDay
from wfm_pipeline.monitoring.coverage.keeping import Keeper
from wfm_pipeline.monitoring.coverage.looks import LookLimits
from wfm_pipeline.monitoring.coverage.telling import Teller
from wfm_pipeline.resources import House
from wfm_pipeline.settings import keep_compiled_code, load_settings
from wfm_pipeline.sources.operational.live.reader import LiveReader
from wfm_pipeline_tests.large_centre_kit import LargeCentre, fill_large_centre

STEP = 900.0
BUDGET_SECONDS = 2.0
RESULTS = Path(__file__).parent / "results" / "live_cycle.json"
CENTRE = LargeCentre()


def gold_of(services: int, need: float) -> GoldDay:
    """A team for every service and quarter, and bands of the calls."""
    rng = np.random.default_rng(1)
    starts = pd.date_range(CENTRE.starts_at, periods=96, freq="15min", unit="us")
    grid = pd.DataFrame({"interval_start": starts, "interval_start_local": starts, "is_open": True})
    names = [f"s{number:04d}" for number in range(services)]
    rows = pd.DataFrame({"queue_id": np.repeat(names, 96), "interval_start": np.tile(starts, services)})
    calls = rng.gamma(2.0, 3.0, len(rows))
    load = calls * 240 / STEP
    bands = {
        f"calls_q{level}": calls * factor
        for level, factor in zip(
            ("05", "10", "25", "50", "75", "90", "95"), (0.5, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6), strict=True
        )
    }
    teams = rows.assign(
        calls_mean=calls, aht_seconds=240.0, agents_required_exact=need * (load + np.sqrt(load)), **bands
    )
    past = pd.DataFrame(columns=["queue_id", "interval_start_local", "calls_offered", "aht_seconds"])
    is_open = rows.assign(is_open=True)
    return GoldDay(CENTRE.as_of.date(), "1", grid, is_open, teams, None, past, pd.Timestamp(CENTRE.starts_at))


def opened(url: str, home: Path, services: int, clock: Callable[[], dt.datetime], need: float) -> CoverageAnalyzer:
    house = House(load_settings(home=home, source="contact_statistics", time_zone="UTC"))
    day = gold_of(services, need)
    choices = Choices(interval_seconds=STEP, policies={}, default=StaffingPolicy(patience_seconds=240.0))
    worker = Worker(SimpleNamespace(day=lambda _date, _queues: day), choices, "UTC", 120.0)  # type: ignore[arg-type]
    teller = Teller(
        "bench", STEP, AlertDesk(house, said_aloud=("coverage_gap", "no_data")), Keeper(house, STEP), LookLimits()
    )
    reader, site = LiveReader([url], now=clock), Site(time_zone="UTC", interval_minutes=15)
    return CoverageAnalyzer(LiveCentre(reader, worker, site, now=clock), teller)


def move(connection: psycopg.Connection, as_of: dt.datetime, agents: int, rng: np.random.Generator) -> None:
    """The centre goes on: its clock, and some agents in another state."""
    some = [f"a{one:05d}" for one in rng.integers(0, agents, 60)]
    with connection.transaction():
        connection.execute(
            "update queue_current_metrics set last_updated = %s, calls_waiting = %s", (as_of, int(rng.integers(0, 9)))
        )
        connection.execute(
            "with over as (update agent_states set ended_at = %(at)s where ended_at is null and started_at < %(at)s and agent_id = any(%(some)s) "
            "returning agent_id, group_id) insert into agent_states (agent_id, group_id, state, started_at, is_queue_contact) "
            "select agent_id, group_id, 'ready', %(at)s, false from over",
            {"at": as_of, "some": some},
        )


async def run(url: str, home: Path, cycles: int, every: float, need: float) -> dict[str, Any]:
    rng, services, agents = np.random.default_rng(2), CENTRE.services, CENTRE.agents
    rows, memory, as_of = [], [], CENTRE.as_of
    with psycopg.connect(url, autocommit=True) as connection:
        async with opened(url, home, services, lambda: as_of, need) as analyzer:
            for number in range(cycles):
                as_of = CENTRE.as_of + dt.timedelta(seconds=30 * (number % 120))
                move(connection, as_of, agents, rng)
                began, cpu = time.perf_counter(), time.process_time()
                cycle = await analyzer.centre.cycle()
                worked, cpu_worked = time.perf_counter(), time.process_time()
                await analyzer.teller.tell(cycle)
                over, cpu_over = time.perf_counter(), time.process_time()
                await analyzer.teller.settle()
                kept = time.perf_counter() - over
                rows.append(
                    {
                        **cycle.seconds,
                        "alerts": over - worked,
                        "cycle": over - began,
                        "processor": cpu_over - cpu,
                        "processor_alerts": cpu_over - cpu_worked,
                        "kept_beside": kept,
                    }
                )
                memory.append(_resident_mb())
                assert not cycle.fault, cycle.fault
                await asyncio.sleep(every)
            board = cycle.board
    table = pd.DataFrame(rows)
    return {
        "question": "One whole cycle of live coverage at a large site: reading, mathematics, actions, alerts",
        "services": services,
        "agents": agents,
        "cycles": cycles,
        "need": need,
        "gaps": 0 if cycle.answer is None else len(cycle.answer.gaps),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "budget_seconds": BUDGET_SECONDS,
        "first_cycle_seconds": round(float(table["cycle"].iloc[0]), 2),
        "seconds_median": {name: round(float(table[name].iloc[1:].median()), 3) for name in table},
        "cycle_seconds_p95": round(float(table["cycle"].iloc[1:].quantile(0.95)), 2),
        "cycle_seconds_least": round(float(table["cycle"].min()), 2),
        "statuses": {str(name): int(count) for name, count in board["status"].value_counts().items()},
        "memory_mb_after_10_half_all": [round(memory[at]) for at in (min(9, cycles - 1), cycles // 2, cycles - 1)],
        "memory_mb_most": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="PostgreSQL database: empty, or filled by an earlier run")
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--every", type=float, default=0.0)
    parser.add_argument(
        "--need", type=float, default=0.3, help="People needed, as a share of a usual team; 1 = nearly all are short"
    )
    parser.add_argument("--result", default=str(RESULTS))
    asked = parser.parse_args()
    keep_compiled_code(Path("data"))
    with psycopg.connect(asked.url, autocommit=True) as connection:
        is_empty = connection.execute("select to_regclass('services')").fetchone() == (None,)
    if is_empty:
        fill_large_centre(asked.url, CENTRE)
    with tempfile.TemporaryDirectory() as home:
        found = asyncio.run(run(asked.url, Path(home), asked.cycles, asked.every, asked.need))
    Path(asked.result).parent.mkdir(exist_ok=True)
    Path(asked.result).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
