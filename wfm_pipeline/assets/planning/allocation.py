"""Gold assets of the weekly allocation: demand, who works on what, how fair it is, and what became of the plan.

All weeks of a run are worked out before one is written, and are written all or none. A week is
replaced whole. Both strategies are judged; the chosen one's people stand in the plan.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import WEEK, key_of
from wfm_pipeline.assets.common import Flow, Stopwatch, asset_words, dates_of, materialized, report, spec
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import QUEUE_DAY_ACTUAL, QUEUE_DAY_FORECAST
from wfm_pipeline.contracts.planning.allocation import (
    ALLOCATION_ACCURACY,
    ALLOCATION_INPUTS,
    ALLOCATION_QUALITY,
    DEMAND_WEEK,
    STRATEGY_WORDS,
    WEEKLY_RESOURCE_ASSIGNMENT,
)
from wfm_pipeline.contracts.planning.forecast_plans import QUEUE_DAY_FINAL
from wfm_pipeline.domain.allocation.strategies.strategy import allocate, optimal_counts
from wfm_pipeline.domain.allocation.tables.frames import WeekAnswer, quality_frame
from wfm_pipeline.domain.allocation.week.calls import actual_demand, whole_weeks
from wfm_pipeline.domain.allocation.week.demand import evaluate_plan
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek, weeks_of
from wfm_pipeline.reports.figures.allocation import allocation_chart, allocation_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import allocation_options, allocation_weight, locality_calendars
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_source
from wfm_pipeline.warehouse.shelves.planning import Planning, read_planning
from wfm_pipeline.warehouse.shelves.weekly_plans import Previous, last_plan, rows_by_week

GROUP = "allocation"
PLAN_TABLES = (DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT, ALLOCATION_QUALITY)


def build_allocation_assets(partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """The plan and its evaluation; by week where `partitions` is given."""
    weekly = {
        "partitions_def": partitions,
        "backfill_policy": dg.BackfillPolicy.single_run() if partitions else None,
    }
    return [_plan_asset(weekly), _accuracy_asset(weekly)]


def _plan_asset(weekly: dict[str, Any]) -> dg.AssetsDefinition:
    deps = [
        *(key_of(table) for table in ALLOCATION_INPUTS),
        key_of(QUEUE_DAY_FORECAST),
        key_of(QUEUE_DAY_FINAL),
    ]

    @dg.multi_asset(
        name="weekly_allocation",
        specs=[
            spec(table, deps=deps, partitions=WEEK, made_in=__name__).replace_attributes(group_name=GROUP)
            for table in PLAN_TABLES
        ],
        **weekly,
    )
    def weekly_allocation(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        watch = Stopwatch()
        weeks = weeks_of(dates_of(context))
        with house.open_warehouse() as warehouse:
            planning = _planning(house, warehouse)
            frames = _plan(context, house, warehouse, planning, weeks)
            with warehouse.transaction():
                for table in PLAN_TABLES:
                    _replace_weeks(warehouse, table, frames[table.name], weeks)
            notes = _notes(context, house, frames, weeks)
            for table in PLAN_TABLES:
                rows = len(frames[table.name])
                flow = Flow(rows, rows, notes=notes)
                metadata = report(context, house, warehouse, table.full_name, flow, watch)
                yield materialized(context, asset_key=key_of(table), metadata=metadata)

    return weekly_allocation


def _planning(house: House, warehouse: Warehouse) -> Planning:
    """What the weeks are planned from, with the places of the settings."""
    return read_planning(
        warehouse,
        house.source_map,
        default_locality=house.settings.default_locality,
        calendars=locality_calendars(house.settings),
    )


def _plan(
    context: dg.AssetExecutionContext, house: House, warehouse: Warehouse, planning: Planning, weeks: list[IsoWeek]
) -> dict[str, pd.DataFrame]:
    """Every week in order of time; each one is compared with the plan of the week before."""
    previous = last_plan(warehouse, weeks[0].previous)
    parts: dict[str, list[pd.DataFrame]] = {table.name: [] for table in PLAN_TABLES}
    said = dict.fromkeys(planning.notices)
    options, weight = allocation_options(house.settings), allocation_weight(house.settings)
    for week in weeks:
        answer = planning.answer(week, options=options, weight=weight, previous=previous)
        parts[DEMAND_WEEK.name].append(answer.demands)
        parts[WEEKLY_RESOURCE_ASSIGNMENT.name].append(answer.assignments)
        parts[ALLOCATION_QUALITY.name].append(_quality(house, answer, previous, context.run.run_id))
        said |= dict.fromkeys(answer.notices)
        previous = {cn: None if demand is None else str(demand) for cn, demand in answer.allocation.by_cn.items()}
    for notice in said:
        context.log.info(notice)
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def _quality(house: House, answer: WeekAnswer, previous: Previous, run_id: str) -> pd.DataFrame:
    """One row per strategy: the chosen one first."""
    chosen = answer.allocation.options.strategy
    frames = [answer.quality.assign(is_chosen=True)]
    for strategy in STRATEGY_WORDS:
        if strategy != chosen:
            other = allocate(answer.allocation.problem, allocation_options(house.settings, strategy), previous=previous)
            optimum = optimal_counts(other.eligibility)
            frames.append(quality_frame(other, optimum, previous=previous).assign(is_chosen=False))
    return pd.concat(frames, ignore_index=True).assign(run_id=run_id)


def _replace_weeks(warehouse: Warehouse, table: Table, rows: pd.DataFrame, weeks: list[IsoWeek]) -> None:
    """Put the weeks' rows in place of what stands there, also where there are none now."""
    warehouse.create(table)
    with warehouse.transaction():
        for year in sorted({week.iso_year for week in weeks}):
            numbers = [week.iso_week for week in weeks if week.iso_year == year]
            scope = Scope({"iso_year": year}, column="iso_week", first=min(numbers), last=max(numbers))
            warehouse.replace(table, rows[rows["iso_year"] == year], scope)


def _notes(
    context: dg.AssetExecutionContext, house: House, frames: dict[str, pd.DataFrame], weeks: list[IsoWeek]
) -> dict[str, Any]:
    quality = frames[ALLOCATION_QUALITY.name]
    chosen = quality[quality["is_chosen"]]
    demands, last = frames[DEMAND_WEEK.name], weeks[-1]
    of_week = demands[(demands["iso_year"] == last.iso_year) & (demands["iso_week"] == last.iso_week)]
    title = house.title(f"Ideal, assigned and required per demand, {last}")
    return {
        "weeks": f"{weeks[0]} to {last}" if len(weeks) > 1 else str(last),
        "strategy": house.settings.allocation_strategy,
        "unassigned": int(chosen["unassigned"].sum()),
        "chi_square_gap": float(chosen["chi_square_gap"].fillna(0).mean()),
        **pictures(
            context,
            at_a_glance=lambda: allocation_glance(of_week, title=title),
            picture=lambda: allocation_chart(of_week, title=title),
        ),
    }


def _accuracy_asset(weekly: dict[str, Any]) -> dg.AssetsDefinition:
    words = {**asset_words(ALLOCATION_ACCURACY, partitions=WEEK, made_in=__name__), "group_name": GROUP}
    deps = [key_of(table) for table in (DEMAND_WEEK, QUEUE_DAY_ACTUAL)]

    @dg.asset(**words, deps=deps, **weekly)
    def allocation_accuracy(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        weeks = weeks_of(dates_of(context))
        weeks = [weeks[0].previous, *weeks]
        with house.open_warehouse() as warehouse:
            rows = _evaluate(house, warehouse, weeks)
            _replace_weeks(warehouse, ALLOCATION_ACCURACY, rows, weeks)
            flow = Flow(len(rows), len(rows), notes={"weeks_evaluated": len(rows), **_mean_wmape(rows)})
            metadata = report(context, house, warehouse, ALLOCATION_ACCURACY.full_name, flow, watch)
            return materialized(context, metadata=metadata)

    return allocation_accuracy


def _mean_wmape(rows: pd.DataFrame) -> dict[str, float]:
    known = rows["wmape"].dropna()
    return {"wmape": float(known.mean())} if len(known) else {}


def _evaluate(house: House, warehouse: Warehouse, weeks: list[IsoWeek]) -> pd.DataFrame:
    """Plans of demands that come from calls, for weeks of which every day is known."""
    columns = list(ALLOCATION_ACCURACY.column_names)
    rows = []
    planning = _planning(house, warehouse)
    if warehouse.has(QUEUE_DAY_ACTUAL.full_name) and len(planning.queue_demand_map):
        days = _actual_days(house, warehouse, planning)
        whole = whole_weeks(days)
        came = actual_demand(days.dropna(subset=["calls_offered"]), planning.queue_demand_map, planning.policy)
        mapped = set(planning.queue_demand_map["demand_id"])
        plans = rows_by_week(warehouse, DEMAND_WEEK)
        for week in weeks:
            is_mapped = plans[week]["demand_id"].isin(mapped)
            plan, unknown = plans[week][is_mapped], int((~is_mapped).sum())
            if len(plan) and (week.iso_year, week.iso_week) in whole:
                actual = came[(came["iso_year"] == week.iso_year) & (came["iso_week"] == week.iso_week)]
                found = evaluate_plan(plan, actual)
                scores = (found.wmape, found.bias, found.workload_gap_hours)
                rows.append((week.iso_year, week.iso_week, found.demands, unknown, *scores))
    return pd.DataFrame(rows, columns=columns)


def _actual_days(house: House, warehouse: Warehouse, planning: Planning) -> pd.DataFrame:
    stored = of_source(house.source_map).filter(warehouse.table(QUEUE_DAY_ACTUAL.full_name))
    names = ["queue_id", "business_date", "calls_offered", "calls_answered", "handle_seconds"]
    days = warehouse.frame(stored.select(*names))
    return days[days["queue_id"].isin(planning.queue_demand_map["queue_id"])]
