"""The capacity plan of the newest long range.

It is made from the planners' tables that hold now, the newest issue of the long range and the newest issued staffing;
an issue planned again is replaced whole. Not here: taking planners' tables in (planners_tables.py).
"""

from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import CAPACITY_GROUP
from wfm_pipeline.assets.declaring import asset_words
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.long_range import QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.contracts.planning.capacity import (
    CAPACITY_INPUTS,
    CAPACITY_WEEK,
    HEADCOUNT,
    HIRING_CLASSES,
    SHRINKAGE,
)
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.domain.staffing.capacity.plan import DEMAND_COLUMNS, plan_capacity, plan_facts
from wfm_pipeline.domain.staffing.capacity.sheets import planners_tables
from wfm_pipeline.domain.staffing.capacity.work import LEARNT_COLUMNS, Efficiency, learn_efficiency
from wfm_pipeline.domain.staffing.forecast_teams import occupancy_caps
from wfm_pipeline.reports.figures.capacity import capacity_chart, capacity_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import capacity_options, staffing_policies, staffing_policy
from wfm_pipeline.warehouse.shelves.versions import open_rows
from wfm_pipeline.warehouse.shelves.working_issues import latest_issue, newest_demand


def build_capacity_assets() -> list[dg.AssetsDefinition]:
    """The capacity plan."""
    reads = [*CAPACITY_INPUTS, QUEUE_WEEK_LONG_RANGE, QUEUE_INTERVAL_STAFFING]

    @dg.asset(**asset_words(CAPACITY_WEEK, reads=reads, group=CAPACITY_GROUP, made_in=__name__))
    def capacity_week(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            demand = newest_demand(step.warehouse, step.source_map, *DEMAND_COLUMNS)
            sheets = (open_rows(step.warehouse, table) for table in (HEADCOUNT, HIRING_CLASSES, SHRINKAGE))
            rows = plan_capacity(demand, planners_tables(*sheets), _efficiency(step), capacity_options(step.settings))
            step.replace(CAPACITY_WEEK, rows, issued_at=demand["issued_at"].iloc[0].to_pydatetime())
            flow = Flow(len(demand), len(rows), notes={**plan_facts(rows), **_pictures(step, rows)})
            return step.made(CAPACITY_WEEK, flow, time_column="week_start")

    return [capacity_week]


def _efficiency(step: Step) -> dict[str, Efficiency]:
    """What the newest issued staffing teaches; nothing where none was issued."""
    rows = latest_issue(step.warehouse, step.source_map, QUEUE_INTERVAL_STAFFING, *LEARNT_COLUMNS)
    if rows.empty:
        return {}
    caps = occupancy_caps(rows["queue_id"], staffing_policies(step.settings), staffing_policy(step.settings))
    return learn_efficiency(rows.assign(interval_minutes=step.house.site.interval_minutes), caps)


def _pictures(step: Step, rows: pd.DataFrame) -> dict[str, Any]:
    title = step.house.title("FTE required and available")
    return pictures(
        step.context,
        at_a_glance=lambda: capacity_glance(rows, title=title),
        picture=lambda: capacity_chart(rows, title=title),
    )
