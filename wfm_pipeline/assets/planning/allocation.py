"""Gold assets of the weekly allocation: demand, who works on what, how fair it is, and what became of the plan.

All weeks of a run are worked out before one is written, and are written all or none. Every week that comes out otherwise
than before is a new version; readers see the newest, or the one that a person has approved. Both strategies are judged; the
chosen one's people stand in the plan.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import ALLOCATION_GROUP, ALLOCATION_STEP, WEEK
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
from wfm_pipeline.contracts.planning.assignment_versions import ASSIGNMENT_VERSION, VERSION_TABLES
from wfm_pipeline.contracts.planning.planners_input import QUEUE_DAY_FINAL
from wfm_pipeline.domain.allocation.tables.several_weeks import AssignedWeeks, assign_weeks
from wfm_pipeline.domain.allocation.week.accuracy import accuracy_facts, evaluate_weeks
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek, weeks_of
from wfm_pipeline.reports.figures.allocation import allocation_chart, allocation_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import allocation_options, allocation_weight, locality_calendars
from wfm_pipeline.warehouse.shelves.allocation_inputs import AllocationInputs, read_allocation_inputs
from wfm_pipeline.warehouse.shelves.assignment_versions import (
    Reason,
    approved_assignments,
    ledger_of,
    store_versions,
)
from wfm_pipeline.warehouse.shelves.planned_calls import read_actual_days
from wfm_pipeline.warehouse.shelves.weekly_assignments import (
    assignments_of,
    demands_of,
    last_assignment,
    quality_of,
    replace_weeks,
    rows_by_week,
)

WEEK_TABLES: Final = (DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT, ALLOCATION_QUALITY)
_SCHEDULE_TAG: Final = "dagster/schedule_name"
"""Dagster's tag of a run that a schedule has started."""
_READS: Final = (*ALLOCATION_INPUTS, QUEUE_DAY_FORECAST, QUEUE_DAY_FINAL, *LONG_RANGE_TABLES)


class AllocationConfig(dg.Config):
    """What a person may say of one run of the allocation.

    Attributes:
        reason: Why it is made, kept with its versions; empty takes the schedule's name.
    """

    reason: str = ""


def build_allocation_assets(partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """The plan and its evaluation; by week where `partitions` is given."""
    return [_week_asset(partitions), _accuracy_asset(partitions)]


def _week_asset(partitions: dg.PartitionsDefinition | None) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=ALLOCATION_STEP,
        specs=specs(
            (*WEEK_TABLES, *VERSION_TABLES), reads=_READS, group=ALLOCATION_GROUP, partitions=WEEK, made_in=__name__
        ),
        **partitioned(partitions),
    )
    def weekly_allocation(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: AllocationConfig
    ) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            weeks = weeks_of(dates_of(context))
            assigned = _assign(step, weeks)
            for words in store_versions(step.warehouse, assigned, weeks, _reason(step, config)):
                step.say(words)
            yield from _made(step, assigned, weeks)

    return weekly_allocation


def _reason(step: Step, config: AllocationConfig) -> Reason:
    """Why this run makes versions: a planner's words, else the schedule, else that somebody asked for it."""
    words = config.reason.strip() or step.context.run.tags.get(_SCHEDULE_TAG) or "asked for by hand"
    return Reason(words, step.run_id, dt.datetime.now(dt.UTC).replace(tzinfo=None))


def _made(step: Step, assigned: AssignedWeeks, weeks: list[IsoWeek]) -> Iterator[dg.MaterializeResult]:
    """What became of each table: what readers see of the weeks, and the versions that this run has made."""
    warehouse, notes = step.warehouse, _notes(step, assigned, weeks)
    versions = ledger_of(warehouse, weeks)
    made = int((versions["run_id"] == step.run_id).sum())
    for table, read in zip(WEEK_TABLES, (demands_of, assignments_of, quality_of), strict=True):
        rows = len(read(warehouse, weeks))
        yield step.made(table, Flow(rows, rows, notes=notes))
    for table in VERSION_TABLES:
        rows = made if table is ASSIGNMENT_VERSION else 0
        yield step.made(table, Flow(rows, rows, notes={"versions": len(versions), "versions_made": made}))


def _inputs(step: Step) -> AllocationInputs:
    """What the weeks are planned from, with the places of the settings."""
    return read_allocation_inputs(
        step.warehouse,
        step.source_map,
        default_locality=step.settings.default_locality,
        calendars=locality_calendars(step.settings),
        full_week=step.settings.allocation_full_week,
        time_zone=step.house.site.time_zone,
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
        standing=approved_assignments(step.warehouse, weeks),
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
