"""How long does a whole year of weekly allocation take from the command line, and is it the same twice?

Runs `wfm allocate --from --to` on the warehouse of the settings (fill it first: `make run`), twice, each as a
process of its own, and compares the contents of the plan. Prints JSON.
    python benchmarks/bench_allocation_year.py [--first 2026-W01] [--last 2026-W52]
"""

import argparse
import json
import os
import subprocess
import sys
import time

from wfm_pipeline.contracts.planning.allocation import ALLOCATION_ACCURACY, DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.content import content_hash

BUDGET_SECONDS = 30.0
PLAN = (DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT, ALLOCATION_ACCURACY)


def timed_run(first: str, last: str) -> float:
    """Wall seconds of the whole command, start of the process included."""
    words = [sys.executable, "-m", "wfm_pipeline.cli", "allocate", "--from", first, "--to", last, "--json"]
    started = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - started


def contents() -> list[str]:
    """Hash of each table of the plan."""
    with House(load_settings()).open_warehouse() as warehouse:
        return [content_hash(warehouse, table.full_name) for table in PLAN]


def main() -> None:
    """Run twice and print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--first", default="2026-W01")
    words.add_argument("--last", default="2026-W52")
    asked = words.parse_args()
    first_seconds = timed_run(asked.first, asked.last)
    once = contents()
    second_seconds = timed_run(asked.first, asked.last)
    answer = {
        "weeks": f"{asked.first} to {asked.last}",
        "seconds": [round(first_seconds, 1), round(second_seconds, 1)],
        "budget_seconds": BUDGET_SECONDS,
        "is_same_twice": once == contents(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
