"""Is the backlog of real hours what walking through every case one by one finds, and does it keep the law of conservation?

Incidents of 2016 and a help desk of 2010 to 2014 (public), or silver of a warehouse. Hours at random, and those around changes of
clocks, are made as a run makes them, from cases carried on in DuckDB, and held against brute force in every figure; latency, which is
slow to walk, in every tenth. Then every hour there is, against conservation.

    python benchmarks/score_backlog_hours.py [incidents_2016 helpdesk_2010 WAREHOUSE.duckdb=SOURCE ...] [--hours 200] [--seed 1]
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

import _case_logs

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.backlog.balance import unbalanced_hours
from wfm_pipeline.domain.backlog.hours import BacklogRequest, backlog_hours
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.shelves.backlog.carry import keep_carry
from wfm_pipeline.warehouse.shelves.backlog.hour_events import read_hour_events
from wfm_pipeline.warehouse.shelves.backlog.readings import HoursAsked
from wfm_pipeline_tests.backlog_kit import by_case, case_event_rows, figures, put_case_events, told

ZONE = "Europe/Paris"
"""The logs name no zone; this one changes clocks."""
HOUR = pd.Timedelta(hours=1)
DUE = {"1": 4 * 3600.0, "2": 8 * 3600.0, "3": 3 * 86400.0, "4": 5 * 86400.0}
RULES = (
    BacklogRules(due_seconds=DUE),
    BacklogRules(
        done="closed", reopen_restarts_due=True, pauses_count_in_age=False, pauses_count_in_due=True, due_seconds=DUE, stuck_moves=1
    ),
)  # fmt: skip
LATENCY = ("latency_q50_seconds", "latency_q90_seconds")


def chosen_hours(at: pd.Series, count: int, seed: int) -> pd.DatetimeIndex:
    """Hours at random, and those around the changes of clocks that lie among them."""
    every = pd.date_range(at.min().floor("h"), at.max().ceil("h"), freq="h", unit="us")
    some = np.random.default_rng(seed).choice(len(every), min(count, len(every)), replace=False)
    local = every.tz_localize("UTC").tz_convert(ZONE)
    offset = np.array([stamp.utcoffset().total_seconds() for stamp in local])
    changes = np.flatnonzero(np.diff(offset))
    around = [place + step for place in changes for step in (0, 1) if 0 <= place + step < len(every)]
    return every[np.unique(np.concatenate([some, around]).astype(int))]


def events_in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """As brute force takes them: in time, of one instant by kind and then by row."""
    kinds = list(_KINDS)
    ordered = rows.assign(rank=rows["kind"].map(kinds.index)).sort_values(
        ["happened_at", "rank", "row_hash"], kind="stable"
    )
    named = ordered.rename(columns={"happened_at": "at"}).assign(to_queue=ordered["queue_id"])
    return named.astype(dict.fromkeys(("queue_id", "to_queue", "priority"), object))


_KINDS = ("opened", "assigned", "moved", "paused", "resumed", "resolved", "closed", "re_opened", "due")


def made(
    warehouse: Warehouse, source: SourceMap, rules: BacklogRules, start: pd.Timestamp, known: pd.Timestamp
) -> tuple[pd.DataFrame, bool]:
    """One hour from cases carried on, by what was known at an instant; its rows and whether they were carried."""
    end = start + HOUR
    asked = HoursAsked(start=start, end=end, as_of=known, rules=rules, queues=None)
    read = read_hour_events(warehouse, source, asked)
    answer = backlog_hours(
        BacklogRequest(
            events=read.events,
            hours=pd.DataFrame({"hour_start": [start], "hour_end": [end]}),
            as_of=known,
            rules=rules,
            done_cycles=read.done_cycles,
            carry_at=read.carry_at,
        )
    )
    if answer.carried is not None:
        keep_carry(warehouse, source, asked, read, answer.carried)
    return answer.by_queue, read.carry is not None


def compare(
    warehouse: Warehouse, source: SourceMap, rows: pd.DataFrame, rules: BacklogRules, hours: Any
) -> dict[str, Any]:
    """Queue-hours that differ from brute force, in all figures."""
    events = events_in_order(rows)
    grid = pd.DataFrame({"hour_start": hours, "hour_end": hours + HOUR})
    known = grid["hour_end"].max()
    walked_all = by_case(events, grid, as_of=known, rules=rules)
    found = {"hours": len(hours), "queue_hours": 0, "differ": 0, "latencies": 0, "latencies_differ": 0, "carried": 0}
    for number, start in enumerate(hours):
        of_hour, is_carried = made(warehouse, source, rules, start, known)
        found["carried"] += is_carried
        exact = {key: row for key, row in walked_all.items() if key[1] == start + HOUR}
        has_latency = number % 10 == 0
        seen = {}
        for row in of_hour.to_dict("records"):
            key, ours = (row["queue_id"], row["hour_end"]), told(row)
            walked = exact.get(key)
            if not has_latency and walked is not None:
                walked["cycles"] = []
            theirs = figures({key: walked} if walked else {}, key, rules.age_limits_seconds, rules.latency_days)
            names = [name for name in ours if name not in LATENCY]
            found["queue_hours"] += 1
            found["differ"] += any(ours[name] != theirs[name] for name in names)
            if has_latency:
                found["latencies"] += len(LATENCY)
                found["latencies_differ"] += sum(ours[name] != theirs[name] for name in LATENCY)
            seen[key] = True
        found["differ"] += len(
            [key for key, row in exact.items() if key not in seen and (row["open"] or row["open_before"])]
        )
    return found


def conserved(rows: pd.DataFrame, rules: BacklogRules) -> dict[str, int]:
    """Every hour there is, in pieces of some days; hours that break the law."""
    events = events_in_order(rows)
    every = pd.date_range(events["at"].min().floor("h"), events["at"].max().ceil("h"), freq="h", unit="us")
    grid = pd.DataFrame({"hour_start": every[:-1], "hour_end": every[1:]})
    plain = events.drop(columns=["source", "batch_id", "business_date"]).rename(columns={"row_hash": "row_id"})
    made = backlog_hours(BacklogRequest(events=plain, hours=grid, as_of=every[-1], rules=rules)).by_queue
    return {"hours": len(grid), "queue_hours": len(made), "broken": len(unbalanced_hours(made))}


def log_of(name: str) -> pd.DataFrame:
    """Rows of silver.case_events."""
    path, _, source = name.partition("=")
    if source:
        with open_warehouse(f"duckdb:///{Path(path).resolve()}", Path(path).parent, is_read_only=True) as warehouse:
            table = warehouse.table("silver.case_events")
            return warehouse.frame(table.filter(table.source == source))
    events = getattr(_case_logs, name)(Path(os.environ["WFM_REAL_DATA"]))
    return case_event_rows([{**event, "row_hash": f"{number:07d}"} for number, event in enumerate(events)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="*", default=["incidents_2016", "helpdesk_2010"])
    parser.add_argument("--hours", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-every-hour", action="store_true")
    asked = parser.parse_args()
    for name in asked.logs:
        rows = log_of(name)
        hours = chosen_hours(rows["happened_at"], asked.hours, asked.seed)
        for number, rules in enumerate(RULES):
            with (
                tempfile.TemporaryDirectory() as home,
                open_warehouse("duckdb:///score.duckdb", Path(home)) as warehouse,
            ):
                put_case_events(warehouse, "score", rows)
                source = SourceMap("score", "", is_simulated=True, site=Site(time_zone=ZONE), tables=())
                began = time.perf_counter()
                found = {
                    "log": name,
                    "events": len(rows),
                    "rules": number,
                    **compare(warehouse, source, rows, rules, hours),
                }
                found["seconds"] = round(time.perf_counter() - began)
            if not asked.without_every_hour:
                found["every_hour"] = conserved(rows, rules)
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
