"""How fast is live coverage of a large site? All services at once beside a plain loop over services, in the same run.

761 services x 96 quarter-hours, some thousand agents with states of a day. Ours counts states, splits people, rosters,
puts coverage together and finds the gaps. The loop does the same work with the same functions, one service after the other: what
a program does that asks service by service. Both must give the same coverage. Actions are left out: they are a simulation.

    python benchmarks/bench_coverage.py [--services 761] [--agents 3000] [--runs 5]
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from wfm_pipeline.calculators.live_coverage import service_loads
from wfm_pipeline.domain.coverage.gaps import GapRequest, coverage_gaps
from wfm_pipeline.domain.coverage.grid import DayGrid
from wfm_pipeline.domain.coverage.intervals import CoverageRequest, coverage_intervals
from wfm_pipeline.domain.coverage.presence import count_states
from wfm_pipeline.domain.coverage.required import RequiredRequest, required_people
from wfm_pipeline.domain.coverage.scheduled import rostered_stretches, scheduled_people
from wfm_pipeline.domain.coverage.shares import known_seconds, registrations, service_people
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.settings import keep_compiled_code

INTERVALS, STEP = 96, 900.0
DAY = pd.Timestamp("2026-03-02")
AS_OF = DAY + pd.Timedelta(hours=14)
BUDGET_SECONDS = 2.0
LOOPED_SERVICES = 20
"""Services that the loop works through; its time is scaled to all of them."""
RESULTS = Path(__file__).parent / "results" / "coverage.json"
POLICY = StaffingPolicy(patience_seconds=240.0)


def made(services: int, agents: int, seed: int) -> dict[str, pd.DataFrame]:
    """A day: every agent works for one to three services, eight hours with two breaks, in forty states."""
    rng = np.random.default_rng(seed)
    starts = pd.date_range(DAY, periods=INTERVALS, freq="15min", unit="us")
    names, people = np.array([f"s{n:04d}" for n in range(services)]), np.array([f"a{n:05d}" for n in range(agents)])
    day = pd.DataFrame({"queue_id": np.repeat(names, INTERVALS), "interval_start": np.tile(starts, services)})
    day = day.assign(interval_start_local=day["interval_start"], is_open=True)
    calls = rng.gamma(2.0, 4.0, len(day))
    teams = day[["queue_id", "interval_start"]].assign(
        calls_mean=calls, aht_seconds=240.0, agents_required_exact=calls * 240 / STEP + np.sqrt(calls * 240 / STEP)
    )
    first = DAY + pd.to_timedelta(rng.integers(24, 56, agents) * 900, unit="s")
    shifts = pd.DataFrame({"agent_id": people, "starts_at": first, "ends_at": first + pd.Timedelta(hours=8)})
    breaks = pd.concat(
        [
            shifts.assign(starts_at=first + pd.Timedelta(hours=h), ends_at=first + pd.Timedelta(hours=h, minutes=30))
            for h in (2, 5)
        ]
    )
    at = np.repeat(first.to_numpy(), 40) + np.tile(np.arange(40) * np.timedelta64(720, "s"), agents)
    states = pd.DataFrame(
        {
            "agent_id": np.repeat(people, 40),
            "state": rng.choice(["ready", "talk", "wrap", "not_ready"], len(at), p=[0.35, 0.4, 0.1, 0.15]),
            "started_at": at,
            "ended_at": at + np.timedelta64(720, "s"),
            "is_queue_contact": True,
        }
    )
    works = pd.DataFrame({"agent_id": np.repeat(people, 3), "service_id": rng.choice(names, 3 * agents)})
    works = works[rng.random(len(works)) < 0.6].drop_duplicates().assign(is_registered=True)
    rates = pd.DataFrame({"service_id": names, "hourly_cost": 30.0, "overtime_multiplier": 1.5, "currency": "EUR"})
    return {
        "day": day,
        "teams": teams,
        "shifts": shifts,
        "breaks": breaks,
        "states": states,
        "works": works,
        "rates": rates,
    }


def cycle(data: dict[str, pd.DataFrame], services: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Coverage and gaps of some services."""
    pairs = pd.DataFrame({"service_id": services, "queue_id": services})
    history = pd.DataFrame(columns=["queue_id", "interval_start_local", "calls_offered", "aht_seconds"])
    policies = {"policies": {}, "default": POLICY, "interval_seconds": STEP}
    required = required_people(
        RequiredRequest(intervals=data["day"], service_queues=pairs, teams=data["teams"], history=history, **policies)
    )
    grid = DayGrid(DAY, STEP, INTERVALS)
    registered = registrations(data["works"], pd.Index(services, dtype=object))
    load, known = service_loads(required, registered, grid), known_seconds(grid, DAY, AS_OF)
    counted = count_states(data["states"], as_of=AS_OF).stretches
    rostered = rostered_stretches(data["shifts"], data["breaks"])
    rows = coverage_intervals(
        CoverageRequest(
            required=required,
            scheduled=scheduled_people(rostered, registered, load, grid, has_shifts=True),
            actual=service_people(counted, registered, load, grid, known),
            as_of=AS_OF,
            **policies,
        )
    )
    return rows, coverage_gaps(GapRequest(intervals=rows, rates=data["rates"], **policies))


def parts_of(data: dict[str, pd.DataFrame], services: np.ndarray) -> list[tuple[dict[str, pd.DataFrame], np.ndarray]]:
    """Per service the rows of its own people and of their other services: picked before the clock starts."""
    parts = []
    for service in services:
        people = data["works"].loc[data["works"]["service_id"] == service, "agent_id"]
        others = data["works"][data["works"]["agent_id"].isin(people)]
        asked = np.unique(np.append(others["service_id"], service))
        mine = {key: data[key][data[key]["agent_id"].isin(people)] for key in ("shifts", "breaks", "states", "works")}
        mine |= {key: data[key][data[key]["queue_id"].isin(asked)] for key in ("day", "teams")}
        parts.append((mine | {"rates": data["rates"]}, asked))
    return parts


def measure(services: int, agents: int, runs: int) -> dict[str, object]:
    data = made(services, agents, seed=1)
    names = np.array(sorted(data["day"]["queue_id"].unique()))
    looped = names[:LOOPED_SERVICES]
    parts = parts_of(data, looped)
    rows, gaps = cycle(data, names)  # compiles, where nothing is kept
    mine, theirs = [], []
    for _ in range(runs):
        start, cpu = time.perf_counter(), time.process_time()
        rows, gaps = cycle(data, names)
        mine.append((time.perf_counter() - start, time.process_time() - cpu))
        start, cpu = time.perf_counter(), time.process_time()
        found = [cycle(part, asked)[0] for part, asked in parts]
        scale = services / len(looped)
        theirs.append(((time.perf_counter() - start) * scale, (time.process_time() - cpu) * scale))
    one = rows[rows["service_id"].isin(looped)].reset_index(drop=True)
    by_loop = [each[each["service_id"] == service] for each, service in zip(found, looped, strict=True)]
    pd.testing.assert_frame_equal(one, pd.concat(by_loop, ignore_index=True), rtol=1e-9)
    ratios = sorted(loop[1] / all_at_once[1] for loop, all_at_once in zip(theirs, mine, strict=True))
    return {
        "question": "Live coverage of all services at once beside a loop over services",
        "services": services,
        "intervals": INTERVALS,
        "agents": agents,
        "states": len(data["states"]),
        "gaps": len(gaps),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "seconds_all": [round(clock, 2) for clock, _ in mine],
        "processor_seconds_all": [round(cpu, 2) for _, cpu in mine],
        "loop_seconds_scaled_all": [round(clock, 1) for clock, _ in theirs],
        "loop_processor_seconds_scaled_all": [round(cpu, 1) for _, cpu in theirs],
        "ratio_of_processor_time_all": [round(value, 1) for value in ratios],
        "ratio_of_processor_time_median": round(ratios[len(ratios) // 2], 1),
        "budget_seconds": BUDGET_SECONDS,
        "same_coverage": True,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=761)
    parser.add_argument("--agents", type=int, default=3_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    keep_compiled_code(Path("data"))
    found = measure(asked.services, asked.agents, asked.runs)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
