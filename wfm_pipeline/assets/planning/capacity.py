"""The capacity plan of the newest long range.

It is made from the planners' tables that hold now, the newest issue of the long range and the newest issued staffing;
an issue planned again is replaced whole. Not here: taking planners' tables in (planners_tables.py).
"""

from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.assets.common import Flow, Stopwatch, asset_words, materialized, report
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.contracts.long_range import QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.contracts.planning.capacity import (
    CAPACITY_INPUTS,
    CAPACITY_WEEK,
    HEADCOUNT,
    HIRING_CLASSES,
    SHRINKAGE,
)
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.domain.staffing.capacity.plan import DEMAND_COLUMNS, plan_capacity
from wfm_pipeline.domain.staffing.capacity.sheets import planners_tables
from wfm_pipeline.domain.staffing.capacity.work import Efficiency, learn_efficiency
from wfm_pipeline.errors import DataError
from wfm_pipeline.reports.figures.capacity import capacity_chart, capacity_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import capacity_options, staffing_policies, staffing_policy
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.latest import latest_issue
from wfm_pipeline.warehouse.shelves.versions import open_rows

GROUP = "capacity"
_LEARNT_COLUMNS = ["queue_id", "business_date", "agents_required", "agents_required_exact", "workload_minutes"]


def build_capacity_assets() -> list[dg.AssetsDefinition]:
    """The capacity plan."""
    deps = [key_of(table) for table in (*CAPACITY_INPUTS, QUEUE_WEEK_LONG_RANGE, QUEUE_INTERVAL_STAFFING)]
    words = {**asset_words(CAPACITY_WEEK, made_in=__name__), "group_name": GROUP}

    @dg.asset(**words, deps=deps)
    def capacity_week(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            demand = _newest_weeks(house, warehouse)
            tables = planners_tables(*(open_rows(warehouse, table) for table in (HEADCOUNT, HIRING_CLASSES, SHRINKAGE)))
            rows = plan_capacity(demand, tables, _efficiency(house, warehouse), capacity_options(house.settings))
            labels: dict[str, Any] = {**house.in_source(), "issued_at": demand["issued_at"].iloc[0].to_pydatetime()}
            warehouse.replace(CAPACITY_WEEK, rows.assign(**labels), Scope(labels))
            flow = Flow(len(demand), len(rows), notes=_notes(context, house, rows))
            table = CAPACITY_WEEK.full_name
            metadata = report(context, house, warehouse, table, flow, watch, time_column="week_start")
            return materialized(context, metadata=metadata)

    return [capacity_week]


def _newest_weeks(house: House, warehouse: Warehouse) -> pd.DataFrame:
    """The weeks of the newest long range.

    Raises:
        DataError: there is none; says what makes one.
    """
    table = QUEUE_WEEK_LONG_RANGE
    weeks = latest_issue(warehouse, house.source_map, table, *DEMAND_COLUMNS, "issued_at")
    if weeks.empty:
        name = table.full_name
        raise DataError(
            f"{name} has no issue of source {house.source_map.name}; make one with `wfm long-range`", table=name
        )
    return weeks


def _efficiency(house: House, warehouse: Warehouse) -> dict[str, Efficiency]:
    """What the newest issued staffing teaches; nothing where none was issued."""
    rows = latest_issue(warehouse, house.source_map, QUEUE_INTERVAL_STAFFING, *_LEARNT_COLUMNS)
    if rows.empty:
        return {}
    rows = rows.assign(interval_minutes=house.site.interval_minutes)
    caps = {
        str(queue): staffing_policies(house.settings).get(str(queue), staffing_policy(house.settings)).max_occupancy
        for queue in rows["queue_id"].unique()
    }
    return learn_efficiency(rows, caps)


def _notes(context: dg.AssetExecutionContext, house: House, rows: pd.DataFrame) -> dict[str, Any]:
    short = rows[rows["gap_fte_mean"] > 0]
    title = house.title("FTE required and available")
    return {
        "pools": int(rows["pool_id"].nunique()),
        "weeks_short": len(short),
        "largest_gap_fte": float(short["gap_fte_mean"].max()) if len(short) else 0.0,
        "hires_needed": int(rows["hires_needed"].sum()),
        "rows_with_unknowns": int(rows["reason"].notna().sum()),
        **pictures(
            context,
            at_a_glance=lambda: capacity_glance(rows, title=title),
            picture=lambda: capacity_chart(rows, title=title),
        ),
    }
