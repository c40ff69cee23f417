"""What planners tell the forecast: events, drivers, decisions and overrides, taken in with history.

A file that is not in the planning folder leaves its table to SQL; rows of other sources are left alone.
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.forecast_plans import (
    ANOMALY_DECISIONS,
    FORECAST_OVERRIDES,
    PLAN_INPUTS,
    PLANNED_DRIVERS,
    PLANNED_EVENTS,
)
from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.domain.forecasting import Plans
from wfm_pipeline.domain.forecasting.planners.known_plans import PlanVersions
from wfm_pipeline.domain.forecasting.planners.sheets import PLAN_FILES, active_overrides, plan_rows, plans_of
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.planning_files import brought_by, read_text_table
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.versions import open_versions, take_in

GROUP = "planning"
EVENTS_KEY, DRIVERS_KEY, DECISIONS_KEY, OVERRIDES_KEY = (dg.AssetKey([t.layer, t.name]) for t in PLAN_INPUTS)


def build_plan_assets() -> list[dg.AssetsDefinition]:
    """The planners' tables of the forecast, kept with history."""

    @dg.multi_asset(
        name="forecast_plans",
        specs=[spec(table, deps=[], made_in=__name__).replace_attributes(group_name=GROUP) for table in PLAN_INPUTS],
    )
    def forecast_plans(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        with house.open_warehouse() as warehouse:
            for name, table in PLAN_FILES.items():
                watch = Stopwatch()
                flow = _take_in(house, warehouse, name)
                metadata = report(context, house, warehouse, table.full_name, flow, watch)
                yield materialized(context, asset_key=dg.AssetKey([table.layer, table.name]), metadata=metadata)

    return [forecast_plans]


def _take_in(house: House, warehouse: Warehouse, name: str) -> Flow:
    table, path = PLAN_FILES[name], house.planning_file(name)
    if path is None:
        warehouse.create(table)
        return Flow(0, 0, notes={"file": "none: the table is as SQL left it"})
    rows, notices = plan_rows(name, read_text_table(path), source=house.source_map.name)
    step = take_in(
        warehouse,
        table,
        rows,
        key=planner_key(table),
        now=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        changed_by=brought_by(path),
        scope=Scope(house.in_source()),
    )
    notes = {"file": path.name, "opened": step.opened, "closed": step.closed, "notices": notices}
    return Flow(len(rows), step.opened, rows_duplicate=len(rows) - step.opened, notes=notes)


def read_plans(house: House, warehouse: Warehouse, *, is_hindcast: bool) -> Plans:
    """Events, drivers and decisions that hold now, as an issue or a hindcast may know them."""
    events, drivers, decisions = (
        _open(house, warehouse, table) for table in (PLANNED_EVENTS, PLANNED_DRIVERS, ANOMALY_DECISIONS)
    )
    return plans_of(events, drivers, decisions, is_hindcast=is_hindcast)


def read_plan_versions(house: House, warehouse: Warehouse) -> PlanVersions:
    """Events, drivers and decisions in all their versions, so that one can ask what was known when."""
    tables = (PLANNED_EVENTS, PLANNED_DRIVERS, ANOMALY_DECISIONS)
    for table in tables:
        warehouse.create(table)
    of_source = Scope(house.in_source())
    stored = (of_source.filter(warehouse.table(table.full_name)).order_by(*table.key) for table in tables)
    return PlanVersions(*(warehouse.frame(rows) for rows in stored))


def read_overrides(house: House, warehouse: Warehouse) -> pd.DataFrame:
    """Overrides in force now."""
    return active_overrides(_open(house, warehouse, FORECAST_OVERRIDES))


def _open(house: House, warehouse: Warehouse, table: Table) -> pd.DataFrame:
    warehouse.create(table)
    return open_versions(warehouse, table, Scope(house.in_source()))
