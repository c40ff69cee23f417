"""How fast is the event simulation, and what does the same floor cost in Ciw?

100,000 calls on two queues and three groups of agents with skills, priorities, impatience and redials, fixed
seed. `first` holds numba's compilation (loading, where it was kept), `warm` is the median of the repeats;
`plain` is the same code without numba, as small questions run it. Ciw runs a tenth of the calls on one queue with
impatience, the nearest floor it knows without code of our own, and our simulation runs that floor too.
    python benchmarks/bench_simulation.py [--calls 100000] [--repeats 5]
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import ciw
import numpy as np

from wfm_pipeline.domain.simulation.floor.centre import AgentGroup, Floor, Queue, Redials, present_throughout
from wfm_pipeline.domain.simulation.floor.draws import draw_callers
from wfm_pipeline.domain.simulation.floor.durations import Exponential, Lognormal
from wfm_pipeline.domain.simulation.floor.measures import measure
from wfm_pipeline.domain.simulation.floor.run import ANSWERED, crew_of, run_callers
from wfm_pipeline.settings import keep_compiled_code

BUDGET_SECONDS = 2.0
CASE = {"calls_per_hour": 900.0, "aht": 240.0, "agents": 58, "patience": 180.0}


def skilled_floor(calls: int) -> Floor:
    """About so many calls: 1,000 an hour, two thirds of them sales."""
    hours = max(round(calls / 1000), 1)
    ends = hours * 3600.0
    queues = (
        Queue(
            "sales",
            np.full(hours, 667.0),
            Exponential(240.0),
            Exponential(180.0),
            redials=Redials(0.4, Exponential(60.0)),
        ),
        Queue("support", np.full(hours, 333.0), Lognormal(300.0, 1.2), Exponential(240.0), priority=2),
    )
    groups = (
        AgentGroup("sales", {"sales": 1}, present_throughout(34, ends)),
        AgentGroup("support", {"support": 1}, present_throughout(19, ends)),
        AgentGroup("both", {"sales": 2, "support": 2}, present_throughout(18, ends)),
    )
    return Floor(3600.0, queues, groups)


def timed(floor: Floor, *, is_compiled: bool = True) -> tuple[float, int]:
    """Seconds from drawing the callers to the sums per interval, and attempts."""
    started = time.perf_counter()
    crew = crew_of(floor)
    attempts = run_callers(floor, crew, draw_callers(floor, seed=1), is_compiled=is_compiled)
    measure(floor, crew, attempts)
    return time.perf_counter() - started, len(attempts.wait)


def in_ciw(calls: int) -> dict[str, object]:
    """One queue with impatience for so many calls: Ciw's seconds and service level."""
    rate = CASE["calls_per_hour"] / 3600
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate)],
        service_distributions=[ciw.dists.Exponential(1 / CASE["aht"])],
        reneging_time_distributions=[ciw.dists.Exponential(1 / CASE["patience"])],
        number_of_servers=[int(CASE["agents"])],
    )
    ciw.seed(1)
    started = time.perf_counter()
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(calls / rate)
    records = simulation.get_all_records()
    seconds = time.perf_counter() - started
    met = sum(one.record_type == "service" and one.waiting_time <= 20 for one in records)
    return {"calls": len(records), "seconds": round(seconds, 3), "service_level": round(met / len(records), 4)}


def same_floor(calls: int) -> dict[str, object]:
    """The floor of `in_ciw` in our simulation."""
    hours = max(round(calls / CASE["calls_per_hour"]), 1)
    queue = Queue("q", np.full(hours, CASE["calls_per_hour"]), Exponential(CASE["aht"]), Exponential(CASE["patience"]))
    group = AgentGroup("g", {"q": 1}, present_throughout(int(CASE["agents"]), hours * 3600.0))
    floor = Floor(3600.0, (queue,), (group,))
    started = time.perf_counter()
    attempts = run_callers(floor, crew_of(floor), draw_callers(floor, seed=1), is_compiled=True)
    seconds = time.perf_counter() - started
    met = np.mean((attempts.outcome == ANSWERED) & (attempts.wait <= 20))
    return {"calls": len(attempts.wait), "seconds": round(seconds, 4), "service_level": round(float(met), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    keep_compiled_code(Path("data"))
    floor = skilled_floor(arguments.calls)
    first, attempts = timed(floor)
    warm = [timed(floor)[0] for _ in range(arguments.repeats)]
    plain, _ = timed(floor, is_compiled=False)
    theirs, ours = in_ciw(arguments.calls // 10), same_floor(arguments.calls // 10)
    per_call = float(theirs["seconds"]) / int(theirs["calls"]), float(ours["seconds"]) / int(ours["calls"])
    result = {
        "question": "How fast is the event simulation, and what does the same floor cost in Ciw?",
        "machine": f"{os.cpu_count()} threads, load {os.getloadavg()[0]:.1f}",
        "attempts": attempts,
        "seconds_first": round(first, 3),
        "seconds_warm_median": round(statistics.median(warm), 4),
        "seconds_warm_worst": round(max(warm), 4),
        "seconds_plain": round(plain, 3),
        "budget_seconds": BUDGET_SECONDS,
        "one_queue_ciw": theirs,
        "one_queue_ours": ours,
        "times_faster_per_call": round(per_call[0] / per_call[1]),
    }
    Path(__file__).with_name("results").joinpath("simulation.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
