"""Gold assets of the weekly allocation: demand, who works on what, how fair it is, and what became of the plan.

All weeks of a run are worked out before one is written, and are written all or none. A week is
replaced whole. Both strategies are judged; the chosen one's people stand in the plan.
"""

from collections.abc import Iterator
from typing import Any, Final

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import ALLOCATION_GROUP, WEEK
from wfm_pipeline.assets.declaring import asset_words, partitioned, specs
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.step import Flow, Step, at_work, dates_of
from wfm_pipeline.contracts.gold import QUEUE_DAY_ACTUAL, QUEUE_DAY_FORECAST
from wfm_pipeline.contracts.long_range import LONG_RANGE_TABLES
from wfm_pipeline.contracts.planning.allocation import (
    ALLOCATION_ACCURACY,
    ALLOCATION_INPUTS,
    ALLOCATION_QUALITY,
    DEMAND_WEEK,
    STRATEGY_WORDS,
    WEEKLY_RESOURCE_ASSIGNMENT,
)
from wfm_pipeline.contracts.planning.planners_input import QUEUE_DAY_FINAL
from wfm_pipeline.domain.allocation.tables.several_weeks import AssignedWeeks, assign_weeks
from wfm_pipeline.domain.allocation.week.accuracy import accuracy_facts, evaluate_weeks
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek, weeks_of
from wfm_pipeline.reports.figures.allocation import allocation_chart, allocation_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import allocation_options, allocation_weight, locality_calendars
from wfm_pipeline.warehouse.shelves.allocation_inputs import AllocationInputs, read_allocation_inputs
from wfm_pipeline.warehouse.shelves.planned_calls import read_actual_days
from wfm_pipeline.warehouse.shelves.weekly_assignments import last_assignment, replace_weeks, rows_by_week

WEEK_TABLES: Final = (DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT, ALLOCATION_QUALITY)
_READS: Final = (*ALLOCATION_INPUTS, QUEUE_DAY_FORECAST, QUEUE_DAY_FINAL, *LONG_RANGE_TABLES)


def build_allocation_assets(partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """The plan and its evaluation; by week where `partitions` is given."""
    return [_week_asset(partitions), _accuracy_asset(partitions)]


def _week_asset(partitions: dg.PartitionsDefinition | None) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="weekly_allocation",
        specs=specs(WEEK_TABLES, reads=_READS, group=ALLOCATION_GROUP, partitions=WEEK, made_in=__name__),
        **partitioned(partitions),
    )
    def weekly_allocation(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            weeks = weeks_of(dates_of(context))
            assigned = _assign(step, weeks)
            quality = assigned.quality.assign(run_id=step.run_id)
            frames = dict(zip(WEEK_TABLES, (assigned.demands, assigned.assignments, quality), strict=True))
            replace_weeks(step.warehouse, frames, weeks)
            notes = _notes(step, assigned, weeks)
            for table, rows in frames.items():
                yield step.made(table, Flow(len(rows), len(rows), notes=notes))

    return weekly_allocation


def _inputs(step: Step) -> AllocationInputs:
    """What the weeks are planned from, with the places of the settings."""
    return read_allocation_inputs(
        step.warehouse,
        step.source_map,
        default_locality=step.settings.default_locality,
        calendars=locality_calendars(step.settings),
    )


def _assign(step: Step, weeks: list[IsoWeek]) -> AssignedWeeks:
    """Every week by the chosen strategy, and judged by the other; the log tells what a reader should know."""
    inputs, settings = _inputs(step), step.settings
    options, weight = allocation_options(settings), allocation_weight(settings)
    assigned = assign_weeks(
        weeks,
        lambda week, previous: inputs.answer(week, options=options, weight=weight, previous=previous),
        others=[allocation_options(settings, other) for other in STRATEGY_WORDS if other != options.strategy],
        previous=last_assignment(step.warehouse, weeks[0].previous),
    )
    for notice in dict.fromkeys((*inputs.notices, *assigned.notices)):
        step.say(notice)
    return assigned


def _notes(step: Step, assigned: AssignedWeeks, weeks: list[IsoWeek]) -> dict[str, Any]:
    last = assigned.last_week
    of_week, title = assigned.demands_of(last), step.house.title(f"Ideal, assigned and required per demand, {last}")
    return {
        "weeks": f"{weeks[0]} to {weeks[-1]}" if len(weeks) > 1 else str(last),
        "strategy": step.settings.allocation_strategy,
        **assigned.facts,
        **pictures(
            step.context,
            at_a_glance=lambda: allocation_glance(of_week, title=title),
            picture=lambda: allocation_chart(of_week, title=title),
        ),
    }


def _accuracy_asset(partitions: dg.PartitionsDefinition | None) -> dg.AssetsDefinition:
    words = asset_words(
        ALLOCATION_ACCURACY,
        reads=[DEMAND_WEEK, QUEUE_DAY_ACTUAL],
        group=ALLOCATION_GROUP,
        partitions=WEEK,
        made_in=__name__,
    )

    @dg.asset(**words, **partitioned(partitions))
    def allocation_accuracy(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            weeks = weeks_of(dates_of(context))
            weeks = [weeks[0].previous, *weeks]
            rows = _evaluate(step, weeks)
            replace_weeks(step.warehouse, {ALLOCATION_ACCURACY: rows}, weeks)
            return step.made(ALLOCATION_ACCURACY, Flow(len(rows), len(rows), notes=accuracy_facts(rows)))

    return allocation_accuracy


def _evaluate(step: Step, weeks: list[IsoWeek]) -> pd.DataFrame:
    """Assignments of demands that come from calls, for weeks of which every day is known."""
    inputs = _inputs(step)
    queue_map = inputs.queue_demand_map
    if not step.warehouse.has(QUEUE_DAY_ACTUAL.full_name) or queue_map.empty:
        return pd.DataFrame(columns=list(ALLOCATION_ACCURACY.column_names))
    days = read_actual_days(step.warehouse, step.source_map, queue_map["queue_id"])
    assignments = rows_by_week(step.warehouse, DEMAND_WEEK)
    return evaluate_weeks(weeks, assignments, days, queue_demand_map=queue_map, policy=inputs.policy)
