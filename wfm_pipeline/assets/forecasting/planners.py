"""What planners tell the forecast: events, drivers, decisions and overrides, taken in with history.

A file that is not in the planning folder leaves its table to SQL; rows of other sources are left alone.
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.contracts.planning.forecast_plans import (
    PLAN_INPUTS,
)
from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.domain.forecasting.planners.sheets import PLAN_FILES, plan_rows
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.planning_files import brought_by, read_text_table
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.versions import take_in

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
