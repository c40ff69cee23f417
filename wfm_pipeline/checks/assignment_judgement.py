"""The stored assignment of a week against the planners' tables: every broken rule in words.

Here: reading the stored rows and asking the judge. Not here: Dagster (allocation_checks) and the
rules of eligibility themselves (domain/allocation/strategies/gate, asked by domain/allocation/reasons/judge).
"""

import math
from dataclasses import dataclass

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_QUALITY, DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT
from wfm_pipeline.contracts.planning.assignment_versions import QUALITY_ARCHIVE
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.judge import Verdict, judge
from wfm_pipeline.domain.allocation.tables.version_diff import Version
from wfm_pipeline.domain.allocation.week.demand import read_demands
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import allocation_weight
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.allocation_inputs import AllocationInputs
from wfm_pipeline.warehouse.shelves.assignment_versions import ledger_of, read_version
from wfm_pipeline.warehouse.shelves.weekly_assignments import of_weeks, planned_weeks, rows_by_week

_HOURS_TOLERANCE = 1e-6
"""Hours [h]: sums of doubles in another order."""
_DEMAND_COLUMNS = ["demand_id", "platform", "locality", "case_type", "state", "weekly_forecast", "handle_seconds"]


@dataclass(frozen=True, slots=True)
class WeekFaults:
    """What is wrong with a week's stored plan: rule -> faults in words."""

    week: IsoWeek
    by_rule: dict[str, list[str]]


def judge_weeks(house: House, warehouse: Warehouse, inputs: AllocationInputs, *, run_id: str) -> list[WeekFaults]:
    """Judge the weeks a run made, also as versions that readers do not see; where it made none, the newest week there is."""
    shown, hidden = _chosen(warehouse, ALLOCATION_QUALITY), _hidden(warehouse)
    rows = _of_run(shown, run_id)
    beside = {week: one for week, one in hidden.items() if one[0]["run_id"] == run_id}
    if rows.empty and not beside:
        # The run came to what was there: the newest week stands for all, by its newest version.
        last = shown.tail(1)
        beside = {week: hidden[week] for week in planned_weeks(last) if week in hidden}
        rows = last.head(0) if beside else last
    assignments = rows_by_week(warehouse, WEEKLY_RESOURCE_ASSIGNMENT)
    demands = rows_by_week(warehouse, DEMAND_WEEK)
    judged = []
    for _, quality in rows.iterrows():
        week = IsoWeek(int(quality["iso_year"]), int(quality["iso_week"]))
        judged.append(_judge_week(house, inputs, quality, assignments[week], demands[week]))
    for quality, version in beside.values():
        judged.append(_judge_week(house, inputs, quality, version.assignments, version.demands))
    return judged


def _chosen(warehouse: Warehouse, table: Table) -> pd.DataFrame:
    """Quality of the strategy whose people stand in the weeks, in order."""
    if not warehouse.has(table.full_name):
        return pd.DataFrame(columns=list(table.column_names))
    stored = warehouse.table(table.full_name)
    return warehouse.frame(stored.filter(stored.is_chosen).order_by("iso_year", "iso_week"))


def _of_run(rows: pd.DataFrame, run_id: str) -> pd.DataFrame:
    return rows[rows["run_id"] == run_id]


def _hidden(warehouse: Warehouse) -> "dict[IsoWeek, tuple[pd.Series, Version]]":
    """Newest versions that readers do not see, for an approved one stands: week -> quality and version."""
    newest = ledger_of(warehouse).drop_duplicates(["iso_year", "iso_week"], keep="last")
    kept, found = _chosen(warehouse, QUALITY_ARCHIVE), {}
    for line in newest[~newest["is_current"].astype(bool)].to_dict("records"):
        week, number = IsoWeek(int(line["iso_year"]), int(line["iso_week"])), int(line["version"])
        found[week] = of_weeks(kept[kept["version"] == number], [week]).iloc[0], read_version(warehouse, week, number)
    return found


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
        pairs=inputs.pairs,
        full_week=inputs.full_week,
        windows=inputs.windows,
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
