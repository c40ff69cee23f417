"""The stated cases of the weekly allocation, and good rows of input that a test spoils one by one."""

import json
from pathlib import Path

import pandas as pd

from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.tables.frames import allocate_frames
from wfm_pipeline_tests.allocation_instances import PLAN, WEEK, person, work

CASES = json.loads((Path(__file__).parent / "cases" / "allocation.json").read_text(encoding="utf-8"))
JULY = (2025, 7)


def case_person(row):
    return person(
        row["cn"], skills=row["skills"], states=row["states"], platform=row["platform"], locality=row["locality"]
    )


def case_demand(row):
    return work(
        row["demand_id"],
        row["case_type"],
        row["state"],
        row.get("weekly_forecast", 100),
        platform=row["platform"],
        locality=row["locality"],
    )


GOOD_PERSON = {"cn": "R1", "platform": "Amisys", "locality": "Domestic", "skills": "a;b", "states": "X; N/A"}
GOOD_DEMAND = {
    "demand_id": "1",
    "platform": "Amisys",
    "locality": "Domestic",
    "case_type": "a",
    "state": "X",
    "weekly_forecast": "100",
}
GOOD_MONTH = {
    **{name: value for name, value in GOOD_DEMAND.items() if name != "weekly_forecast"},
    "year": "2025",
    "month": "7",
    "monthly_forecast": "230",
}


def run(people=None, demands=None, **more):
    resources = pd.DataFrame(people if people is not None else [GOOD_PERSON])
    return allocate_frames(resources, pd.DataFrame(demands or [GOOD_DEMAND]), more.pop("week", WEEK), **more)


def gap_problem():
    """Six people, one of them idle; demand 2 needs a skill that nobody has."""
    people = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(4)]
    people.append(person("S1", skills=["b"], states=["X"]))
    people.append(person("T1", skills=["a"], states=["Y"]))
    return Problem.build(PLAN, people, [work(1, "a", "X", 100), work(2, "c", "X", 50), work(3, "a", "Z", 0)])
