"""Tables in, tables out: the whole weekly allocation as one pure call.

Here: what the command `wfm allocate` and the weekly assets do between reading and writing: rows to
a problem, a problem to an answer, an answer to the frames of the gold contracts. Not here: files,
tables, printing.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import NO_WEIGHT
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.allocation.pairs import Pair
from wfm_pipeline.domain.allocation.problem import CapacityTier, Demand, Problem, Resource, Weight
from wfm_pipeline.domain.allocation.reasons.explain import Explainer
from wfm_pipeline.domain.allocation.reasons.gaps import GapExplainer, GapExplanation
from wfm_pipeline.domain.allocation.reasons.judge import Fairness, fairness, moved
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality
from wfm_pipeline.domain.allocation.strategies.strategy import (
    DEFAULT_OPTIONS,
    Allocation,
    Options,
    allocate,
    optimal_counts,
)
from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_POLICY, LocalityPolicy
from wfm_pipeline.domain.allocation.tables.sheets import read_pairs, read_resources, read_tiers, read_windows
from wfm_pipeline.domain.allocation.tables.week_inputs import WeekInputs, week_inputs
from wfm_pipeline.domain.allocation.tables.week_rows import read_week_configuration
from wfm_pipeline.domain.allocation.week.demand import read_demands
from wfm_pipeline.domain.allocation.week.ideal import full_week_hours, ideal_hours, required_fte
from wfm_pipeline.domain.allocation.week.person_hours import PersonWindow
from wfm_pipeline.domain.allocation.week.week_hours import DEFAULT_CALENDARS, WeekTable
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek

ANSWER_COLUMNS: Final = (
    "resource_cn",
    "demand_id",
    "phase",
    "score",
    "urgency_score",
    "exclusivity_score",
    "state_score",
    "skill_score",
    "weekly_capacity_hours",
    "reason",
)
"""Columns of the command's answer, in order; the assignment frame has them and more."""


@dataclass(frozen=True)
class WeekAnswer:
    """Everything one week's run has to say.

    Attributes:
        allocation: The allocation itself, for explanations.
        assignments: One row per resource, as `gold.weekly_resource_assignment`.
        demands: One row per demand, as `gold.demand_week`.
        quality: One row, as `gold.allocation_quality`.
        notices: What the user should know though it is no fault.
        previous: Last week's demand of each cn; None where there is no assignment.
    """

    allocation: Allocation
    assignments: pd.DataFrame
    demands: pd.DataFrame
    quality: pd.DataFrame
    notices: tuple[str, ...]
    previous: Mapping[str, str | int | None] | None = None

    @cached_property
    def inputs(self) -> WeekInputs:
        """What it was made from, as versions keep it."""
        return week_inputs(self.allocation, self.previous)

    @property
    def answer(self) -> pd.DataFrame:
        """The command's answer: one row per resource, `ANSWER_COLUMNS`."""
        return self.assignments[list(ANSWER_COLUMNS)]


def allocate_frames(
    resources: pd.DataFrame,
    demands: pd.DataFrame,
    week: IsoWeek,
    *,
    options: Options = DEFAULT_OPTIONS,
    weight: Weight | None = None,
    week_configuration: pd.DataFrame | None = None,
    tiers: pd.DataFrame | None = None,
    policy: LocalityPolicy = DEFAULT_POLICY,
    calendars: Mapping[str, Site] = DEFAULT_CALENDARS,
    previous: Mapping[str, str | int | None] | None = None,
    full_week: bool = False,
    pairs: pd.DataFrame | None = None,
    windows: pd.DataFrame | None = None,
    time_zone: str = "UTC",
) -> WeekAnswer:
    """Allocate one ISO week from plain tables.

    Args:
        resources: See `sheets.read_resources`.
        demands: See `demand.read_demands`.
        week: The ISO week.
        options: Strategy and switches.
        weight: `volume` or `workload`; None takes workload where every handle time is known.
        week_configuration: See `week_rows.read_week_configuration`.
        tiers: Columns tier_id, name, productivity.
        policy: Locality of a main_lob.
        calendars: Working days per locality (and per state, as `Domestic-TX`).
        previous: Last week's demand of each cn, for `stability` and the count of moves.
        full_week: Count only people who are there on every working day.
        pairs: See `sheets.read_pairs`.
        windows: See `sheets.read_windows`.
        time_zone: Whose clock windows are where a row names none.

    Returns:
        The answer; rows in order of cn and of demand id. Gaps are an answer, never an error.

    Raises:
        AllocationError: the input is wrong; the message names the table, line, value and what is allowed.
    """
    configuration, notices = (
        read_week_configuration(week_configuration, near=week) if week_configuration is not None else ([], [])
    )
    table = WeekTable(configuration, calendars=calendars)
    people, of_people = read_resources(resources)
    work, of_work = read_demands(demands, week, table, policy)
    return allocate_week(
        people,
        work,
        week,
        table,
        options=options,
        weight=weight,
        tiers=read_tiers(tiers) if tiers is not None else (),
        previous=previous,
        full_week=full_week,
        pairs=read_pairs(pairs) if pairs is not None else (),
        windows=read_windows(windows, time_zone=time_zone) if windows is not None else (),
        notices=[*of_people, *of_work, *notices, *table.notices()],
    )


def allocate_week(
    resources: Sequence[Resource],
    demands: Sequence[Demand],
    week: IsoWeek,
    table: WeekTable,
    *,
    options: Options = DEFAULT_OPTIONS,
    weight: Weight | None = None,
    tiers: Sequence[CapacityTier] = (),
    previous: Mapping[str, str | int | None] | None = None,
    full_week: bool = False,
    pairs: Sequence[Pair] = (),
    windows: Sequence[PersonWindow] = (),
    notices: Sequence[str] = (),
) -> WeekAnswer:
    """Allocate one ISO week of rows that are read already: one of many weeks that share roster and tables.

    Args:
        resources: The roster.
        demands: The week's work.
        week: The ISO week.
        table: Working days and hours.
        options: Strategy and switches.
        weight: `volume` or `workload`; None takes workload where every handle time is known.
        tiers: Capacity tiers that resources name.
        previous: Last week's demand of each cn, for `stability` and the count of moves.
        full_week: Count only people who are there on every working day.
        pairs: Pinned and forbidden pairs, of any weeks.
        windows: When single people work and are on leave, of any weeks.
        notices: What was noticed while the tables were read; it comes first in the answer's.

    Returns:
        The answer, as of `allocate_frames`.
    """
    week_hours = table.hours_of(week)
    problem = Problem.build(
        week_hours,
        resources,
        demands,
        tiers=tiers,
        weight=weight,
        full_week=full_week,
        pairs=pairs,
        windows=windows,
    )
    allocation = allocate(problem, options, previous=previous)
    optimum = _optimum(allocation)
    return WeekAnswer(
        allocation,
        assignment_frame(allocation),
        demand_frame(allocation, optimum),
        quality_frame(allocation, optimum, previous=previous),
        (*notices, *problem.notices),
        previous,
    )


def _optimum(allocation: Allocation) -> list[int]:
    """Best possible counts: the allocation's own where it is the plain optimum."""
    options = allocation.options
    if options.strategy == "optimal" and not options.minimum_one:
        return list(allocation.assigned)
    return optimal_counts(allocation.eligibility)


def _week_columns(allocation: Allocation) -> dict[str, int]:
    week = allocation.problem.week_hours.week
    return {"iso_year": week.iso_year, "iso_week": week.iso_week}


def assignment_frame(allocation: Allocation) -> pd.DataFrame:
    """One row per resource: demand or reason, phase, score with its parts, runner-up, hours.

    Args:
        allocation: The allocation.

    Returns:
        Rows of `gold.weekly_resource_assignment`, in order of cn; scores [0..1], capacity [h].
    """
    problem, explainer = allocation.problem, Explainer(allocation)
    rows = []
    for position, resource in enumerate(problem.resources):
        why = explainer.assignment_at(position)
        parts, rival = why.score, why.runner_up_score
        rows.append(
            (
                resource.cn,
                None if why.demand_id is None else str(why.demand_id),
                why.phase,
                parts.total if parts else math.nan,
                parts.urgency if parts else math.nan,
                parts.exclusivity if parts else math.nan,
                parts.state if parts else math.nan,
                parts.skill if parts else math.nan,
                None if why.runner_up_id is None else str(why.runner_up_id),
                rival.total if rival else math.nan,
                problem.capacity_hours(position),
                resource.capacity_tier_id,
                why.reason,
            )
        )
    scores = ["score", "urgency_score", "exclusivity_score", "state_score", "skill_score"]
    names = ["resource_cn", "demand_id", "phase", *scores, "runner_up_demand_id", "runner_up_score"]
    frame = pd.DataFrame(rows, columns=[*names, "weekly_capacity_hours", "capacity_tier_id", "reason"])
    for name in ("resource_cn", "demand_id", "phase", "runner_up_demand_id", "capacity_tier_id", "reason"):
        frame[name] = frame[name].astype("str")
    return frame.assign(strategy=allocation.options.strategy, **_week_columns(allocation))


def demand_frame(allocation: Allocation, optimum: Sequence[int]) -> pd.DataFrame:
    """One row per demand: ideal, required, assigned and the gaps.

    Args:
        allocation: The allocation.
        optimum: Best possible counts per demand, for the structural gap.

    Returns:
        Rows of `gold.demand_week`, in order of demand id; a gap above 0 is short [FTE].
    """
    problem = allocation.problem
    eligible = allocation.eligibility.resources_by_demand
    hours, why = _hours_by_demand(allocation), GapExplainer(allocation, optimum=optimum)
    fair_hours, exclusive = ideal_hours(problem, allocation.ideal), _exclusive(allocation)
    rows = []
    for position, (demand, need) in enumerate(zip(problem.demands, required_fte(problem), strict=True)):
        ideal, assigned = allocation.ideal[position], allocation.assigned[position]
        rows.append(
            {
                "demand_id": str(demand.demand_id),
                **_week_columns(allocation),
                "platform": demand.platform,
                "locality": canonical_locality(demand.locality),
                "case_type": demand.case_type,
                "state": demand.state,
                "main_lob": demand.main_lob,
                "weekly_forecast": float(demand.weekly_forecast),
                "demand_from": demand.demand_from,
                "handle_seconds": _number(demand.handle_seconds),
                "workload_hours": _number(demand.workload_hours),
                "ideal_fte": ideal,
                "required_fte": _number(need),
                "assigned": assigned,
                "assigned_hours": hours[position],
                "ideal_hours": fair_hours[position],
                **_against_need(need, hours[position], full_week_hours(problem, demand)),
                "eligible": len(eligible[position]),
                "exclusive": exclusive[position],
                "gap": ideal - assigned,
                "structural_gap": ideal - optimum[position],
                "surplus": max(0.0, assigned - ideal),
                **_gap_words(why.gap_at(position)),
            }
        )
    frame = pd.DataFrame(rows)
    return frame.astype(dict.fromkeys(("main_lob", "demand_from", "gap_reason", "closed_by"), "str"))


def _exclusive(allocation: Allocation) -> Counter[int]:
    """People of each demand who may do nothing else."""
    eligibility = allocation.eligibility
    return Counter(
        eligibility.blocks[block].demands[mask.bit_length() - 1]
        for block, mask in zip(eligibility.block_of, eligibility.eligible, strict=True)
        if mask.bit_count() == 1
    )


def _against_need(need: float | None, hours: float, full_hours: float) -> dict[str, float]:
    """People in full weeks of one person, and what is missing of the need; null where the need is unknown."""
    given = hours / full_hours if full_hours > 0 else 0.0
    return {"assigned_fte": given, "need_gap": math.nan if need is None else need - given}


def _gap_words(found: GapExplanation) -> dict[str, str | None]:
    """Why the demand is short and what would close it, without anybody's name; nothing where it is not short."""
    if found.gap <= 0 and not (found.is_place_empty and found.demand.weekly_forecast):
        return {"gap_reason": None, "closed_by": None}
    closing = found.closing
    return {
        "gap_reason": found.reason,
        "closed_by": f"{closing.what} {closing.value} for {closing.heads}" if closing else None,
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _hours_by_demand(allocation: Allocation) -> dict[int, float]:
    hours = dict.fromkeys(range(len(allocation.problem.demands)), 0.0)
    for position, choice in enumerate(allocation.choice):
        if choice >= 0:
            hours[choice] += allocation.problem.capacity_hours(position)
    return hours


def quality_frame(
    allocation: Allocation, optimum: Sequence[int], *, previous: Mapping[str, str | int | None] | None
) -> pd.DataFrame:
    """One row: how fair the week is, beside the best possible.

    Args:
        allocation: The allocation.
        optimum: Best possible counts per demand.
        previous: Last week's demand of each cn; None leaves moved_since_last_week null.

    Returns:
        A row of `gold.allocation_quality`, but for what only the run knows.
    """
    problem = allocation.problem
    own, best = fairness(allocation.assigned, allocation.ideal), fairness(optimum, allocation.ideal)
    given = _hours_by_demand(allocation)
    in_hours = fairness(
        [given[number] for number in range(len(problem.demands))], ideal_hours(problem, allocation.ideal)
    )
    available = sum(days > 0 for days in problem.days_present)
    row = {
        **_week_columns(allocation),
        "strategy": allocation.options.strategy,
        "weight": problem.weight if any(problem.weights) else NO_WEIGHT,
        "available": available,
        "staffed": sum(allocation.assigned),
        "unassigned": available - sum(allocation.assigned),
        **_measures(own),
        **{f"optimal_{name}": value for name, value in _measures(best).items()},
        **{f"hours_{name}": value for name, value in _measures(in_hours).items()},
        "moved_since_last_week": None if previous is None else moved(previous, allocation.by_cn),
    }
    frame = pd.DataFrame([row])
    return frame.astype({"moved_since_last_week": "Int64"})


def _measures(found: Fairness) -> dict[str, float]:
    return {
        "unmet_share": found.unmet_share,
        "chi_square_gap": found.chi_square_gap,
        "jain_index": found.jain_index,
    }
