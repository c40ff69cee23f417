"""How fast is a week's allocation, and how far is `v2` from the best possible?

Made weeks, fixed seeds: 4 platforms, 12 case types, 30 states and N/A, 2 localities. The clock runs from the
validated problem to the answer, gate included; memory is the peak above what was held before. `--advice` times the rows of
demands with their advice instead, every piece of it tried out, in processor seconds. Prints JSON.
    python benchmarks/bench_allocation.py [--sizes 500x100 5000x500 50000x2000] [--repeats 5] [--advice]
"""

import argparse
import json
import resource
import time

import numpy as np
import psutil

from wfm_pipeline.domain.allocation.problem import Demand, Problem, Resource
from wfm_pipeline.domain.allocation.reasons.judge import fairness, judge
from wfm_pipeline.domain.allocation.strategies.strategy import STRATEGIES, Options, allocate, optimal_counts
from wfm_pipeline.domain.allocation.tables.frames import demand_frame
from wfm_pipeline.domain.allocation.week.ideal import ideal_fte
from wfm_pipeline.domain.allocation.week.week_hours import WeekTable
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek

PLATFORMS = ("Amisys", "Facets", "Xcelys", "Qnxt")
CASE_TYPES = tuple(f"case-{number:02d}" for number in range(12))
STATES = (*(f"S{number:02d}" for number in range(30)), "N/A")
LOCALITIES = ("Domestic", "Global")
BUDGET_SECONDS = {"500x100": 0.010, "5000x500": 0.150, "50000x2000": 2.0}
BUDGET_MB = {"50000x2000": 150.0}


def made_week(resources: int, demands: int, seed: int) -> Problem:
    """People with 1 to 3 skills and 1 to 4 states, every fourth with N/A too; log-normal volumes."""
    rng = np.random.default_rng(seed)

    def one(words: tuple[str, ...]) -> str:
        return words[rng.integers(len(words))]

    def some(words: tuple[str, ...], most: int) -> frozenset[str]:
        return frozenset(words[p] for p in rng.choice(len(words), int(rng.integers(1, most + 1)), replace=False))

    people = [
        Resource(
            f"R{number:06d}",
            one(PLATFORMS),
            one(LOCALITIES),
            some(CASE_TYPES, 3),
            some(STATES, 4) | ({"N/A"} if rng.random() < 0.25 else set()),
        )
        for number in range(resources)
    ]
    work = [
        Demand(
            number,
            one(PLATFORMS),
            one(LOCALITIES),
            one(CASE_TYPES),
            one(STATES),
            int(rng.lognormal(6, 1)),
            float(rng.integers(200, 2000)),
        )
        for number in range(1, demands + 1)
    ]
    return Problem.build(WeekTable().hours_of(IsoWeek(2025, 28)), people, work)


def measure(size: str, strategy: str, repeats: int) -> dict[str, object]:
    resources, demands = (int(part) for part in size.split("x"))
    problem = made_week(resources, demands, seed=1)
    ideal = ideal_fte(problem)
    before = psutil.Process().memory_info().rss / 2**20
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        allocation = allocate(problem, Options(strategy=strategy))
        seconds.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    verdict = judge(problem, allocation.by_cn.items(), ideal)
    assert verdict.is_feasible
    found = fairness(allocation.assigned, ideal)
    best = fairness(optimal_counts(allocation.eligibility), ideal)
    return {
        "size": size,
        "strategy": strategy,
        "seconds": round(min(seconds), 4),
        "seconds_median": round(float(np.median(seconds)), 4),
        "budget_seconds": BUDGET_SECONDS.get(size),
        "peak_mb": round(peak, 1),
        "budget_mb": BUDGET_MB.get(size),
        "staffed": found.staffed,
        "chi_square_gap": round(found.chi_square_gap, 3),
        "chi_square_gap_structural": round(best.chi_square_gap, 3),
        "chi_square_gap_of_strategy": round(found.chi_square_gap - best.chi_square_gap, 9),
        "jain_index": round(found.jain_index, 4),
        "unmet_share": round(found.unmet_share, 4),
    }


def measure_advice(size: str, strategy: str, repeats: int) -> dict[str, object]:
    resources, demands = (int(part) for part in size.split("x"))
    problem = made_week(resources, demands, seed=1)
    seconds = []
    for _ in range(repeats):
        allocation = allocate(problem, Options(strategy=strategy))
        optimum = optimal_counts(allocation.eligibility)
        started = time.process_time()
        rows = demand_frame(allocation, optimum)
        seconds.append(time.process_time() - started)
    return {
        "size": size,
        "strategy": strategy,
        "processor_seconds": round(min(seconds), 4),
        "short": int((rows["gap"] > 0).sum()),
        "closed": int(rows["closed_by"].notna().sum()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(BUDGET_SECONDS))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--advice", action="store_true")
    arguments = parser.parse_args()
    one = measure_advice if arguments.advice else measure
    rows = [one(size, strategy, arguments.repeats) for size in arguments.sizes for strategy in STRATEGIES]
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
