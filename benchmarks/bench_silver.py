"""How much does Ibis cost? Silver and gold aggregates of 5 M legs: our pipeline, hand-written DuckDB SQL, pandas.

Every contender runs in a process of its own, on a fresh copy of the same bronze tables, with two
threads, in turn and several times; peak memory is the process's own. The budget: at most 1.5 times
the hand-written SQL, and 1.5 GB. The results are compared before any time is told.

    python benchmarks/bench_silver.py [--legs 5000000] [--runs 3]
"""

import argparse
import datetime as dt
import json
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _generate_legs import CUSTOMERS_TABLE, LEGS_TABLE, SOURCE_MAP, generate

from wfm_pipeline.domain.calendar import holiday_names
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.transforms.behavior import measured_behavior
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.silver import refresh as silver

FIRST, LAST = dt.date(2025, 1, 1), dt.date(2026, 1, 31)
BUDGET_RATIO, BUDGET_GB = 1.5, 1.5
CONTENDERS = ("sql", "wfm", "pandas")
RESULTS = Path(__file__).parent / "results" / "silver.json"


DATES = Dates.between(FIRST, LAST)


def run_wfm(warehouse: Warehouse) -> None:
    rules = SilverRules()
    silver.refresh_legs(warehouse, SOURCE_MAP, rules, DATES)
    silver.refresh_calls(warehouse, SOURCE_MAP, rules, DATES)
    silver.refresh_calendar(warehouse, SOURCE_MAP)
    silver.refresh_intervals(warehouse, SOURCE_MAP, rules, DATES)
    behavior = measured_behavior(warehouse.table("silver.calls"))
    warehouse.con.create_table("customer_behavior", behavior, database="silver")


def run_sql(warehouse: Warehouse) -> None:
    from _silver_by_sql import STATEMENTS  # noqa: PLC0415 (each contender loads only its own)

    holidays = ", ".join(f"date '{day}'" for day in holiday_names(SOURCE_MAP.site, FIRST, LAST))
    for statement in STATEMENTS:
        warehouse.execute(statement.replace("{holidays}", holidays))


def run_pandas(warehouse: Warehouse) -> None:
    import _silver_by_pandas as by_pandas  # noqa: PLC0415

    legs = by_pandas.legs_of(warehouse.con.con.execute(f"from {LEGS_TABLE}").arrow().read_all().to_pandas())
    customers = warehouse.con.con.execute(f"from {CUSTOMERS_TABLE}").df()
    calls = by_pandas.calls_of(legs, customers)
    tables = {"legs": legs, "calls": calls, "intervals": by_pandas.intervals_of(calls)}
    tables["behavior"] = by_pandas.behavior_of(calls)
    for name, frame in tables.items():
        warehouse.con.create_table(f"pandas_{name}", frame)


def fingerprint(warehouse: Warehouse, contender: str) -> dict[str, object]:
    """What the contenders must agree on: sums for all, content for the two in SQL."""
    calls = {"wfm": "silver.calls", "sql": "main.sql_calls", "pandas": "main.pandas_calls"}[contender]
    intervals = {"wfm": "silver.queue_intervals", "sql": "main.sql_intervals", "pandas": "main.pandas_intervals"}[
        contender
    ]
    sums = warehouse.con.con.execute(
        f"select count(*), sum(is_redial::int), sum(transfers), round(sum(handle_seconds)), round(sum(wait_seconds)),"
        f" (select sum(calls_offered) from {intervals}), (select sum(agents_active) from {intervals}) from {calls}"
    ).fetchone()
    found: dict[str, object] = {"sums": [int(value) for value in sums]}
    if contender != "pandas":
        legs, behavior = {"wfm": ("silver.call_legs", "silver.customer_behavior"),
                           "sql": ("main.sql_legs", "main.sql_behavior")}[contender]  # fmt: skip
        found["content"] = [content_hash(warehouse, name) for name in (legs, calls, intervals, behavior)]
    return found


def run_one(contender: str, path: Path) -> dict[str, object]:
    """One contender in this process."""
    with open_warehouse(f"duckdb:///{path}", Path("/")) as warehouse:
        warehouse.execute("set threads = 2")
        start = time.perf_counter()
        {"wfm": run_wfm, "sql": run_sql, "pandas": run_pandas}[contender](warehouse)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        return {"seconds": seconds, "peak_gb": peak, **fingerprint(warehouse, contender)}


def in_own_process(contender: str, bronze: Path) -> dict[str, object]:
    copy = bronze.with_name("run.duckdb")
    copy.unlink(missing_ok=True)
    shutil.copy(bronze, copy)
    command = [sys.executable, __file__, "--contender", contender, "--file", str(copy)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def summary(runs: dict[str, list[dict[str, object]]], legs: int) -> dict[str, object]:
    """Medians, spreads and ratios; raises where the contenders do not agree."""
    sums = {name: found[0]["sums"] for name, found in runs.items()}
    contents = {str(run["content"]) for found in runs.values() for run in found if "content" in run}
    if len({str(value) for value in sums.values()}) > 1 or len(contents) > 1:
        raise SystemExit(f"the contenders do not agree: {sums} {contents}")
    seconds = {name: [float(run["seconds"]) for run in found] for name, found in runs.items()}
    pairs = [ours / theirs for ours, theirs in zip(seconds["wfm"], seconds["sql"], strict=True)]
    return {
        "question": "How much does Ibis cost over hand-written DuckDB SQL, from bronze to gold aggregates?",
        "legs": legs,
        "machine": f"{platform.machine()}, 2 threads",
        "seconds_median": {name: round(statistics.median(values), 2) for name, values in seconds.items()},
        "seconds_all": {name: [round(value, 2) for value in values] for name, values in seconds.items()},
        "peak_gb": {name: round(max(float(run["peak_gb"]) for run in found), 2) for name, found in runs.items()},
        "ratio_to_sql_median": round(statistics.median(pairs), 2),
        "ratio_to_sql_all": [round(ratio, 2) for ratio in pairs],
        "budget": {"ratio_to_sql": BUDGET_RATIO, "peak_gb": BUDGET_GB},
        "is_equal": True,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legs", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--contender", choices=CONTENDERS)
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    if asked.contender:
        print(json.dumps(run_one(asked.contender, asked.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        bronze = asked.file or Path(folder) / "generated_legs.duckdb"
        legs = generate(bronze, asked.legs) if not bronze.exists() else asked.legs
        runs: dict[str, list[dict[str, object]]] = {name: [] for name in CONTENDERS}
        for number in range(asked.runs):
            for name in CONTENDERS:
                runs[name].append(in_own_process(name, bronze))
                print(f"run {number + 1}: {name} {runs[name][-1]['seconds']:.1f} s")
    found = summary(runs, legs)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
