"""How fast is a large live centre read, and does its memory stay flat? Reading in parts beside reading the whole day, in the same run.

PostgreSQL with 761 services x 96 quarters x 5 weeks, 3,000 agents with states, activity, shifts and breaks, at 20:07 of the last day.
SIMULATED: every value is made by a seed. Three questions: how long each query takes in the database (EXPLAIN ANALYZE) and whether it
walks through a whole table; how long one reading takes, in parts and whole; what the process holds after 100 and after 1,000 cycles
without waiting, between which states, queues and statistics change and the number of rows does not. The database is made on the server
of WFM_TEST_POSTGRES_URL and dropped at the end.

    python benchmarks/bench_live_reading.py [--services 761] [--agents 3000] [--days 35] [--cycles 1000]
"""

import argparse
import asyncio
import datetime as dt
import gc
import json
import os
import platform
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect

sys.path.insert(0, str(Path(__file__).parents[1]))

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.sources.operational.live.day import DayMemory
from wfm_pipeline.sources.operational.live.reader import LiveReader
from wfm_pipeline.sources.operational.live.reading import LiveQuestion
from wfm_pipeline_tests.large_centre_kit import LargeCentre, fill_large_centre
from wfm_pipeline_tests.server_kit import throw_away_database

AS_OF = LargeCentre().starts_at + dt.timedelta(hours=20, minutes=7)
QUERY_BUDGET_MILLISECONDS = 100.0
CYCLE_BUDGET_SECONDS = 2.0
WARM_CYCLES = 100
TIMED_CYCLES = 15
RESULTS = Path(__file__).parent / "results" / "live_reading.json"
LARGE = ("contact_statistics", "agent_activity", "agent_states", "shifts", "shift_breaks")
CHANGES = (
    "update queue_current_metrics set last_updated = last_updated + interval '30 seconds', calls_waiting = %(one)s %% 9",
    (
        "update agent_states set state = case state when 'ready' then 'not_ready' else 'ready' end, is_queue_contact = false, "
        "service_id = null where ended_at is null and mod(abs(hashtext(agent_id)), 20) = %(one)s %% 20"
    ),
    "update contact_statistics set occupancy_rate = 50 + %(one)s %% 40 where interval_start_time = timestamp '2026-03-02 20:00'",
)
"""What a centre changes between two cycles; the last one only in every fifth, so that most cycles find old statistics."""


@contextmanager
def database():
    """A new database on the server, dropped at the end."""
    made = throw_away_database("WFM_TEST_POSTGRES_URL")
    try:
        yield next(made)
    finally:
        next(made, None)


def plans(connection: psycopg.Connection, day: DayMemory, runs: int = 5) -> dict[str, dict[str, object]]:
    """Per query: milliseconds in the database (median of some runs), and whether it walks through a large table."""
    found = {}
    for name, question in day.questions("postgresql").items():
        text = str(question.compile(dialect=psycopg_dialect.dialect(), compile_kwargs={"literal_binds": True}))
        times = []
        for _ in range(runs):
            plan = connection.execute("explain (analyze, format json) " + text.replace("%%", "%")).fetchone()[0][0]
            times.append(plan["Execution Time"] + plan["Planning Time"])
        walks = [node["Relation Name"] for node in _nodes(plan["Plan"]) if node["Node Type"].endswith("Seq Scan")]
        found[name] = {
            "milliseconds": round(statistics.median(times), 1),
            "walks_through": [one for one in walks if one in LARGE],
        }
    return found


def _nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def held_mebibytes() -> float:
    """What the process holds now [MiB]."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def change(connection: psycopg.Connection, cycle: int) -> None:
    for number, statement in enumerate(CHANGES):
        if number < 2 or cycle % 5 == 0:
            connection.execute(statement, {"one": cycle})


async def timed(reader: LiveReader, question: LiveQuestion) -> tuple[float, float, object]:
    clock, cpu = time.perf_counter(), time.process_time()
    reading = await reader.read(question)
    return time.perf_counter() - clock, time.process_time() - cpu, reading


async def in_parts_and_whole(url: str, connection: psycopg.Connection, question: LiveQuestion) -> dict[str, object]:
    parts, whole = [], []
    async with LiveReader([url]) as reader:
        await reader.read(question)
        for cycle in range(TIMED_CYCLES):
            change(connection, cycle)
            parts.append((await timed(reader, question))[:2])
            async with LiveReader([url]) as fresh:
                *took, reading = await timed(fresh, question)
                whole.append(took)
        day = next(iter(reader._days.values()))  # noqa: SLF001  (what it would ask next)
        rows = {name: len(one.rows) for name, one in reading.tables.items()}
        clock = time.perf_counter()
        dates = [question.starts_at.date() - dt.timedelta(weeks=weeks) for weeks in range(1, 5)]
        past = await reader.history(dates, site=Site(interval_minutes=15))
        seconds_of_past = time.perf_counter() - clock
    return {
        "rows": rows,
        "findings": len(reading.findings),
        "in_parts": _told(parts),
        "whole_day": _told(whole),
        "ratio_of_processor_time_median": round(
            statistics.median(w[1] / p[1] for w, p in zip(whole, parts, strict=True)), 1
        ),
        "history_rows": len(past),
        "history_seconds": round(seconds_of_past, 2),
        "queries_of_a_cycle": plans(connection, day),
        "queries_of_the_whole_day": plans(connection, DayMemory(question)),
    }


def _told(took: list) -> dict[str, object]:
    clock, cpu = zip(*took, strict=True)
    return {
        "seconds_median": round(statistics.median(clock), 2),
        "seconds_max": round(max(clock), 2),
        "processor_seconds_median": round(statistics.median(cpu), 2),
        "processor_seconds_max": round(max(cpu), 2),
    }


async def memory(url: str, connection: psycopg.Connection, question: LiveQuestion, cycles: int) -> dict[str, object]:
    held, in_use = {}, 0
    async with LiveReader([url]) as reader:
        for cycle in range(1, cycles + 1):
            change(connection, cycle)
            await reader.read(question)
            in_use = max(in_use, reader.addresses[0].connections_in_use)
            if cycle % max(1, min(WARM_CYCLES, cycles // 10)) == 0:
                held[cycle] = held_mebibytes()
    return {"cycles": cycles, "held_mebibytes_after": held, "connections_in_use_after_a_reading": in_use}


def measure(asked: argparse.Namespace) -> dict[str, object]:
    centre = LargeCentre(as_of=AS_OF, services=asked.services, agents=asked.agents, days=asked.days)
    question = LiveQuestion(centre.starts_at, centre.ends_at)
    with database() as url:
        begun = time.perf_counter()
        counts = fill_large_centre(url, centre)
        filled = time.perf_counter() - begun
        with psycopg.connect(url, autocommit=True) as connection:
            load = os.getloadavg()[0]
            found = asyncio.run(in_parts_and_whole(url, connection, question))
            held = asyncio.run(memory(url, connection, question, asked.cycles)) if asked.cycles else {}
    queries = [*found["queries_of_the_whole_day"].values(), *found["queries_of_a_cycle"].values()]
    slowest = max(one["milliseconds"] for one in queries)
    return {
        "question": "Reading a large live centre: milliseconds of each query, one reading in parts and whole, memory over many cycles",
        "simulated": True,
        "services": centre.services,
        "agents": centre.agents,
        "days": centre.days,
        "as_of": str(AS_OF),
        "rows_in_the_database": counts,
        "filled_in_seconds": round(filled, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before, {os.getloadavg()[0]:.1f} after",
        **found,
        "memory": held,
        "query_budget_milliseconds": QUERY_BUDGET_MILLISECONDS,
        "slowest_query_milliseconds": slowest,
        "is_every_query_in_budget": slowest < QUERY_BUDGET_MILLISECONDS,
        "walks_through_large_tables": sorted({name for one in queries for name in one["walks_through"]}),
        "cycle_budget_seconds": CYCLE_BUDGET_SECONDS,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=761)
    parser.add_argument("--agents", type=int, default=3_000)
    parser.add_argument("--days", type=int, default=35)
    parser.add_argument("--cycles", type=int, default=1_000)
    found = measure(parser.parse_args())
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
