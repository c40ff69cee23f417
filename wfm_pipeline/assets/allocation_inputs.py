"""Planners' tables of the weekly allocation, taken in with history.

A file that is not in the planning folder leaves its table to SQL. Not here: reading them again (warehouse/shelves).
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.contracts.planning.allocation import (
    ALLOCATION_INPUTS,
)
from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.domain.allocation.tables.planning import FILES, planning_rows
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.planning_files import brought_by, read_text_table
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.versions import take_in

GROUP = "allocation"


def build_planning_assets() -> list[dg.AssetsDefinition]:
    """The planners' tables, kept with history."""

    @dg.multi_asset(
        name="planning_inputs",
        specs=[
            spec(table, deps=[], made_in=__name__).replace_attributes(group_name=GROUP) for table in ALLOCATION_INPUTS
        ],
    )
    def planning_inputs(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        with house.open_warehouse() as warehouse:
            for name, table in FILES.items():
                watch = Stopwatch()
                flow = _take_in(house, warehouse, name)
                metadata = report(context, house, warehouse, table.full_name, flow, watch)
                yield materialized(context, asset_key=key_of(table), metadata=metadata)

    return [planning_inputs]


def _take_in(house: House, warehouse: Warehouse, name: str) -> Flow:
    table, path = FILES[name], house.planning_file(name)
    if path is None:
        warehouse.create(table)
        return Flow(0, 0, notes={"file": "none: the table is as SQL left it"})
    rows, notices = planning_rows(name, read_text_table(path))
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    step = take_in(warehouse, table, rows, key=planner_key(table), now=now, changed_by=brought_by(path))
    notes = {"file": path.name, "opened": step.opened, "closed": step.closed, "notices": notices}
    return Flow(len(rows), step.opened, rows_duplicate=len(rows) - step.opened, notes=notes)
