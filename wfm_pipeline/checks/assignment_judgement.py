"""The stored assignment of a week against the planners' tables: every broken rule in words.

Here: reading the stored rows and asking the judge. Not here: Dagster (allocation_checks) and the
rules of eligibility themselves (domain/allocation/strategies/gate, asked by domain/allocation/reasons/judge).
"""

import math
from dataclasses import dataclass

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import ALLOCATION_QUALITY, DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.judge import Verdict, judge
from wfm_pipeline.domain.allocation.week.demand import read_demands
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import allocation_weight
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.allocation_inputs import AllocationInputs
from wfm_pipeline.warehouse.shelves.weekly_assignments import rows_by_week

_HOURS_TOLERANCE = 1e-6
"""Hours [h]: sums of doubles in another order."""
_DEMAND_COLUMNS = ["demand_id", "platform", "locality", "case_type", "state", "weekly_forecast", "handle_seconds"]


@dataclass(frozen=True, slots=True)
class WeekFaults:
    """What is wrong with a week's stored plan: rule -> faults in words."""

    week: IsoWeek
    by_rule: dict[str, list[str]]


def judge_weeks(house: House, warehouse: Warehouse, inputs: AllocationInputs, *, run_id: str) -> list[WeekFaults]:
    """Judge the weeks a run made; where it made none, the newest week there is."""
    stored = warehouse.table(ALLOCATION_QUALITY.full_name)
    chosen = stored.filter(stored.is_chosen)
    rows = warehouse.frame(Scope({"run_id": run_id}).filter(chosen).order_by("iso_year", "iso_week"))
    if rows.empty:
        rows = warehouse.frame(chosen.order_by("iso_year", "iso_week")).tail(1)
    assignments = rows_by_week(warehouse, WEEKLY_RESOURCE_ASSIGNMENT)
    demands = rows_by_week(warehouse, DEMAND_WEEK)
    judged = []
    for _, quality in rows.iterrows():
        week = IsoWeek(int(quality["iso_year"]), int(quality["iso_week"]))
        judged.append(_judge_week(house, inputs, quality, assignments[week], demands[week]))
    return judged


def _judge_week(
    house: House, inputs: AllocationInputs, quality: "pd.Series", assignment: pd.DataFrame, demands: pd.DataFrame
) -> WeekFaults:
    week = IsoWeek(int(quality["iso_year"]), int(quality["iso_week"]))
    work, _ = read_demands(demands[_DEMAND_COLUMNS], week, inputs.table, inputs.policy)
    problem = Problem.build(
        inputs.table.hours_of(week),
        inputs.resources,
        work,
        tiers=inputs.tiers,
        weight=allocation_weight(house.settings),
    )
    ideal = dict(zip(demands["demand_id"], demands["ideal_fte"], strict=True))
    pairs = [
        (cn, None if pd.isna(demand) else demand)
        for cn, demand in zip(assignment["resource_cn"], assignment["demand_id"], strict=True)
    ]
    verdict = judge(problem, pairs, [ideal[str(demand.demand_id)] for demand in problem.demands])
    return WeekFaults(
        week,
        {
            "nobody_twice": _persons(verdict),
            "no_misfit": _misfits(verdict),
            "capacity_is_not_exceeded": _hours(problem, assignment, demands),
            "people_are_conserved": _heads(problem, assignment, demands, quality),
        },
    )


def _persons(verdict: Verdict) -> list[str]:
    return [
        *(f"{cn} is booked twice" for cn in verdict.booked_twice),
        *(f"{cn} is forgotten" for cn in verdict.forgotten),
        *(f"{name} is on no roster or demand list" for name in verdict.unknown),
    ]


def _misfits(verdict: Verdict) -> list[str]:
    return [
        *(f"{cn} does not fit demand {demand} ({check})" for cn, demand, check in verdict.misfits),
        *(f"{cn} is idle though a demand is open" for cn in verdict.idle),
    ]


def _hours(problem: Problem, assignment: pd.DataFrame, demands: pd.DataFrame) -> list[str]:
    allowed = {person.cn: problem.capacity_hours(position) for position, person in enumerate(problem.resources)}
    booked = assignment.groupby("resource_cn")["weekly_capacity_hours"].sum()
    faults = [
        f"{cn} has {hours:.2f} h booked, {allowed.get(cn, 0.0):.2f} h allowed"
        for cn, hours in zip(booked.index.astype(str), booked, strict=True)
        if hours > allowed.get(cn, 0.0) + _HOURS_TOLERANCE
    ]
    given = assignment.groupby("demand_id")["weekly_capacity_hours"].sum().to_dict()
    for demand, hours in zip(demands["demand_id"], demands["assigned_hours"], strict=True):
        if not math.isclose(hours, given.get(demand, 0.0), abs_tol=_HOURS_TOLERANCE):
            faults.append(f"demand {demand} says {hours:.2f} h, its people have {given.get(demand, 0.0):.2f} h")
    return faults


def _heads(problem: Problem, assignment: pd.DataFrame, demands: pd.DataFrame, quality: "pd.Series") -> list[str]:
    available = sum(days > 0 for days in problem.days_present)
    staffed = int(assignment["demand_id"].notna().sum())
    faults = []
    if not quality["staffed"] + quality["unassigned"] == quality["available"] == available:
        faults.append(
            f"staffed {quality['staffed']} + unassigned {quality['unassigned']} of {quality['available']}; "
            f"the roster has {available} available"
        )
    if not staffed == quality["staffed"] == demands["assigned"].sum():
        faults.append(
            f"{staffed} rows with a demand, {quality['staffed']} staffed, {demands['assigned'].sum()} assigned"
        )
    return faults
