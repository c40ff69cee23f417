"""How fast are interval requirements, and are they right? Ours beside pyworkforce, in the same run.

One million half-hours with random calls and handle times, 80/20 by Erlang C. pyworkforce runs in a
Python of its own (its dependencies are not ours): give one that has it by --peer-python, else it is
installed into a temporary folder. It takes rows one by one, so it gets the first 20,000 and its time
is scaled. Where the two differ, 45-digit arithmetic says who is right.

    python benchmarks/bench_staffing.py [--rows 1000000] [--runs 5] [--peer-python PATH]
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from decimal import Decimal
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from wfm_pipeline.domain.staffing.requirement import agents_required
from wfm_pipeline.settings import keep_compiled_code
from wfm_pipeline_tests.oracles import exact_queues

PEER = "pyworkforce==0.5.1"
PEER_ROWS = 20_000
BUDGET_SECONDS, BUDGET_RATIO = 0.5, 50
INTERVAL, TARGET, LEVEL = 1800.0, 20.0, 0.8
RESULTS = Path(__file__).parent / "results" / "staffing.json"
PEER_CODE = """
import json, sys, time
from pyworkforce.queuing import ErlangC
rows = json.load(open(sys.argv[1]))
start, cpu = time.perf_counter(), time.process_time()
found = []
for calls, aht, asa, interval, level, shrinkage, occupancy in rows:
    try:
        queue = ErlangC(transactions=calls, aht=aht, asa=asa, interval=interval, shrinkage=shrinkage)
        need = queue.required_positions(service_level=level, max_occupancy=occupancy)
        found.append([need["raw_positions"], need["positions"], need["service_level"]])
    except Exception as error:
        found.append(f"{type(error).__name__}: {error}")
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "found": found}))
"""


def made_rows(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Calls per half-hour up to 500, handle times of 2 to 7 minutes: up to 110 erlangs."""
    rng = np.random.default_rng(seed)
    return rng.uniform(1, 500, count), rng.uniform(120, 400, count)


def ours(calls: np.ndarray, aht: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Seconds on the clock, seconds of processor time over all threads, agents."""
    start, cpu = time.perf_counter(), time.process_time()
    need = agents_required(
        calls, INTERVAL, aht, answer_target_seconds=TARGET, service_level_target=LEVEL, threads=os.cpu_count() or 1
    )
    return time.perf_counter() - start, time.process_time() - cpu, need.agents_required


def peer(python: Path, rows: list[list[float]]) -> tuple[float, float, list[object]]:
    """The peer's seconds (clock, processor) for the rows and its answers; it works in any unit of time, we give seconds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        file.write_text(json.dumps(rows), encoding="utf-8")
        done = subprocess.run(
            [str(python), "-c", PEER_CODE, str(file)], check=True, capture_output=True, text=True, timeout=600
        )
    said = json.loads(done.stdout)
    return said["seconds"], said["cpu"], said["found"]


def install_peer(folder: str) -> Path:
    venv.create(folder, with_pip=True)
    python = Path(folder) / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", PEER], check=True, capture_output=True)
    return python


def is_smallest(calls: float, aht: float, target: float, level: float, agents: int) -> bool:
    """Whether a team meets the level and one fewer does not, in 45 digits."""
    exact_queues.start()
    load = calls * aht / INTERVAL

    def reaches(count: int) -> bool:
        return count > load and exact_queues.erlang_c(load, count, target / aht)[1] >= Decimal(level)

    return reaches(agents) and not reaches(agents - 1)


def faults(python: Path) -> list[dict[str, object]]:
    """What the peer does where it is known to go wrong, beside our answer."""
    cases = {
        "low target: starts at round(load + 1) and never looks below": (106, 180, 300, 1800, 0.3, 0.0, 1.0),
        "low target, small load": (6, 180, 20, 1800, 0.4, 0.0, 1.0),
        "no calls": (0, 180, 20, 1800, 0.8, 0.0, 1.0),
        "answer target 0 s": (100, 180, 0, 1800, 0.8, 0.0, 1.0),
        "shrinkage is applied to the rounded team and rounded again": (100, 180, 20, 1800, 0.8, 0.3, 1.0),
        "an AHT of 180 minutes passes": (100, 10_800, 20, 1800, 0.8, 0.0, 1.0),
    }
    _, _, found = peer(python, [list(case) for case in cases.values()])
    told = []
    for (words, case), got in zip(cases.items(), found, strict=True):
        calls, aht, asa, interval, level, shrinkage, _ = case
        need = agents_required(calls, interval, aht, answer_target_seconds=asa, service_level_target=level,
                               shrinkage=shrinkage)  # fmt: skip
        mine = need.reason[0] or {"agents": need.agents_required[0], "scheduled": need.agents_scheduled[0]}
        theirs = got if isinstance(got, str) else {"agents": got[0], "scheduled": got[1]}
        told.append({"case": words, "pyworkforce": theirs, "wfm": mine})
    return told


def measure(python: Path, count: int, runs: int) -> dict[str, object]:
    calls, aht = made_rows(count, seed=1)
    compile_seconds, _, _ = ours(calls[:5_000], aht[:5_000])
    rows = [[c, a, TARGET, INTERVAL, LEVEL, 0.0, 1.0] for c, a in zip(calls.tolist(), aht.tolist(), strict=True)]
    mine, theirs, cpus = [], [], []
    for _ in range(runs):
        seconds, cpu, need = ours(calls, aht)
        mine.append(seconds)
        took, their_cpu, found = peer(python, rows[:PEER_ROWS])
        theirs.append(took * count / PEER_ROWS)
        cpus.append((cpu, their_cpu * count / PEER_ROWS))
    differ = [i for i in range(PEER_ROWS) if need[i] != found[i][0]]
    right = sum(is_smallest(calls[i], aht[i], TARGET, LEVEL, int(need[i])) for i in differ)
    ratios = sorted(t / m for t, m in zip(theirs, mine, strict=True))
    return {
        "question": "How fast are interval requirements (Erlang C, 80/20), beside pyworkforce?",
        "rows": count,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "compile_or_load_seconds": round(compile_seconds, 2),
        "wfm_seconds_best": round(min(mine), 3),
        "wfm_seconds_all": [round(value, 3) for value in mine],
        "pyworkforce_seconds_scaled_all": [round(value, 1) for value in theirs],
        "wfm_processor_seconds_all": [round(cpu, 3) for cpu, _ in cpus],
        "pyworkforce_processor_seconds_scaled_all": [round(cpu, 1) for _, cpu in cpus],
        "ratio_of_processor_time_median": round(sorted(b / a for a, b in cpus)[len(cpus) // 2]),
        "ratio_median": round(ratios[len(ratios) // 2]),
        "ratio_all": [round(value) for value in ratios],
        "budget": {"seconds": BUDGET_SECONDS, "ratio": BUDGET_RATIO},
        "rows_compared": PEER_ROWS,
        "rows_that_differ": len(differ),
        "of_these_ours_is_the_smallest_team_by_45_digits": right,
        "largest_difference_agents": max((abs(need[i] - found[i][0]) for i in differ), default=0),
        "where_pyworkforce_is_wrong": faults(python),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer-python", type=Path)
    asked = parser.parse_args()
    keep_compiled_code(Path("data"))
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.peer_python or install_peer(folder), asked.rows, asked.runs)
    if found["rows_that_differ"] != found["of_these_ours_is_the_smallest_team_by_45_digits"]:
        raise SystemExit(f"we are wrong somewhere: {found}")
    assert math.isfinite(found["wfm_seconds_best"])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
