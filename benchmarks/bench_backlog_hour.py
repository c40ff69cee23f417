"""What does an hour of the backlog cost with a million open cases, and does it grow with the history?

500 queues, 1,000,000 open cases of the last 30 days, 500 new and 500 done cases an hour, in DuckDB. An hour is made as a run makes it:
events read with open cases carried on, counted, three tables of gold written, and the carry renewed where it is a day old. The same with
one, four and ten times the history of done cases and the same open ones. The peer is the whole history, read and counted.

    python benchmarks/bench_backlog_hour.py [--open 1000000] [--days 60] [--factors 1 4 10]
"""

import argparse
import itertools
import json
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from wfm_pipeline.calculators.backlog_hour import BacklogHoursRequest, backlog_of_hours
from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR, BACKLOG_PRIORITY_HOUR, CASE_PERFORMANCE_HOUR
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.backlog.carry import keep_carry
from wfm_pipeline.warehouse.shelves.backlog.hour_events import read_hour_events
from wfm_pipeline.warehouse.shelves.backlog.readings import HoursAsked

T = pd.Timestamp("2026-03-02 06:00")
HOUR = pd.Timedelta(hours=1)
QUEUES = tuple(f"q{number:03d}" for number in range(500))
DONE_AN_HOUR = 500
SOURCE = SourceMap("bench", "", is_simulated=True, site=Site(time_zone="UTC"), tables=())
RULES = BacklogRules(due_seconds={"1": 14400.0, "2": 86400.0, "3": 259200.0})
BUDGET_SECONDS = 20.0
RESULTS = Path(__file__).parent / "results" / "backlog_hour.json"
_EVENT = """select 'bench' as source, case_id, '{kind}' as kind, {at} as happened_at, {queue} as queue_id, {priority} as priority,
null::timestamp as due_at, null::varchar as agent_id, {at} as known_at, {at} + interval 5 minute as ingested_at, ({at})::date as business_date,
case_id || '{kind}' as row_hash, 'b' as batch_id from cases"""


def put_open(warehouse: Warehouse, count: int) -> None:
    """Cases that are open all the time, most of them taken by somebody."""
    cases = f"""select 'o' || i as case_id, hash(i) % 500 as queue, hash(i + 7) % 4 + 1 as priority,
    timestamp '{T}' - to_seconds((hash(i + 1) % (30 * 86400))::int) as opened, null::timestamp as done from range({count}) r(i)"""
    _put(warehouse, cases, ("opened", "assigned"))


def put_done(warehouse: Warehouse, first_day: int, last_day: int) -> None:
    """Cases opened in some days before T, or up to a day and a half after it, and done within three days."""
    hours = (last_day - first_day) * 24 + (36 if not last_day else 0)
    cases = f"""select 'd{first_day}_' || i as case_id, hash(i) % 500 as queue, hash(i + 7) % 4 + 1 as priority,
    timestamp '{T}' + to_days({first_day}) + to_seconds((i * 3600.0 / {DONE_AN_HOUR})::int) as opened,
    opened + to_seconds((3600 + hash(i + 3) % (71 * 3600))::int) as done from range({hours * DONE_AN_HOUR}) r(i)"""
    _put(warehouse, cases, ("opened", "assigned", "resolved"))


def _put(warehouse: Warehouse, cases: str, kinds: tuple[str, ...]) -> None:
    warehouse.create(CASE_EVENTS)
    at = {"opened": "opened", "assigned": "opened + interval 30 minute", "resolved": "done"}
    for kind in kinds:
        named = {"queue": "'q' || lpad(queue::varchar, 3, '0')", "priority": "priority::varchar"}
        told = named if kind == "opened" else {"queue": "null::varchar", "priority": "null::varchar"}
        query = _EVENT.format(kind=kind, at=at[kind], **told)
        warehouse.execute(
            f"insert into {CASE_EVENTS.full_name} by name (with cases as ({cases}) {query} order by happened_at)"
        )


def make(warehouse: Warehouse, first: int, hours: int = 1, *, is_whole: bool = False) -> dict[str, Any]:
    """Some hours, as a run makes them; how long each part took."""
    start = T + first * HOUR
    end = start + hours * HOUR
    asked = HoursAsked(start=start, end=end, as_of=end, rules=RULES, queues=QUEUES)
    times, cpu = [time.perf_counter()], time.process_time()
    read = read_hour_events(warehouse, SOURCE, asked, is_whole=is_whole)
    times.append(time.perf_counter())
    starts = pd.date_range(start, end, freq="h", inclusive="left", unit="us")
    answer = backlog_of_hours(
        BacklogHoursRequest(
            source="bench",
            events=read.events,
            hours=pd.DataFrame({"hour_start": starts, "hour_end": starts + HOUR}),
            as_of=end,
            taken_at=read.taken_at,
            time_zone="UTC",
            rules=RULES,
            queues=QUEUES,
            handle_seconds=dict.fromkeys(QUEUES, 900.0),
            done_cycles=read.done_cycles,
            carry_at=None if is_whole else read.carry_at,
        )
    )
    times.append(time.perf_counter())
    scope = Scope(
        {"source": "bench"}, column="hour_start", first=start.to_pydatetime(), last=starts[-1].to_pydatetime()
    )
    frames = (answer.hours, answer.priorities, answer.performance)
    for table, rows in zip((BACKLOG_HOUR, BACKLOG_PRIORITY_HOUR, CASE_PERFORMANCE_HOUR), frames, strict=True):
        warehouse.replace(table, rows, scope)
    times.append(time.perf_counter())
    if answer.carried is not None:
        keep_carry(warehouse, SOURCE, asked, read, answer.carried)
    times.append(time.perf_counter())
    parts = dict(
        zip(
            ("read", "count", "write", "carry"),
            (after - before for before, after in itertools.pairwise(times)),
            strict=True,
        )
    )
    return {
        **{name: round(seconds, 2) for name, seconds in parts.items()},
        "seconds": round(times[-1] - times[0], 2),
        "processor_seconds": round(time.process_time() - cpu, 2),
        "load": round(os.getloadavg()[0], 1),
        "open_cases": len(answer.open_cases),
        "is_renewed": answer.carried is not None,
        "said": read.words,
    }


def hours_of(warehouse: Warehouse) -> dict[str, Any]:
    """The hours that are told apart, in order of time; the last of them renews the carry."""
    return {
        "hour": make(warehouse, 0),
        "hour_again": make(warehouse, 0),
        "two_hours_caught_up": make(warehouse, 1, 2),
        "hour_a_day_after_the_carry": make(warehouse, 17),
        "hour_that_renews": make(warehouse, 18),
        "hour_after_it": make(warehouse, 19),
    }


def grow(warehouse: Warehouse, since: int, until: int) -> int:
    """Put older history in, as if it had always been there, and forget what the hours have carried on meanwhile."""
    put_done(warehouse, since, until)
    return warehouse.count(CASE_EVENTS.full_name)


def run(asked: argparse.Namespace, home: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    first = RULES.latency_days  # the carry is made from the days that latency looks at, which every history has
    assert asked.days > first + 5
    with open_warehouse("duckdb:///bench.duckdb", home) as warehouse:
        put_open(warehouse, asked.open)
        put_done(warehouse, -asked.days, 0)
        began = time.perf_counter()
        found["whole"] = make(warehouse, -1)
        found["whole"]["seconds_with_its_carry"] = round(time.perf_counter() - began, 2)
        warehouse.execute("create table main.head as select * from silver.backlog_carry")
        for name in ("open_case_events", "done_case_cycles"):
            warehouse.execute(f"create table main.{name} as select * from silver.{name}")
        done = 1
        for factor in asked.factors:
            if factor > done:
                grow(warehouse, -asked.days * factor, -asked.days * done)
                done = factor
            _restore(warehouse)
            events = warehouse.count(CASE_EVENTS.full_name)
            found[f"history_x{factor}"] = {"events": events, **hours_of(warehouse)}
            print(json.dumps({factor: found[f"history_x{factor}"]}, indent=1), flush=True)
    return found


def _restore(warehouse: Warehouse) -> None:
    """The carry as the first hour left it, standing on all the events there are now."""
    for name in ("open_case_events", "done_case_cycles", "backlog_carry"):
        kept = "head" if name == "backlog_carry" else name
        warehouse.execute(f"delete from silver.{name}")
        warehouse.execute(f"insert into silver.{name} select * from main.{kept}")
    warehouse.execute("update silver.backlog_carry set events_then = (select count(*) from silver.case_events)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 4, 10])
    parser.add_argument("--result", default=str(RESULTS))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        measured = run(asked, Path(home))
    found = {
        "question": "One hour of the backlog with a million open cases, and whether it grows with the history",
        "queues": len(QUEUES),
        "open_cases": asked.open,
        "done_cases_an_hour": DONE_AN_HOUR,
        "days_of_history_x1": asked.days,
        "budget_seconds": BUDGET_SECONDS,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "memory_mb_most": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **measured,
    }
    Path(asked.result).parent.mkdir(exist_ok=True)
    Path(asked.result).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
