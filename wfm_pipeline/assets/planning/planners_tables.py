"""Planners' tables, taken in with history: one factory for those of the forecast, the allocation, the capacity plan and the backlog.

A file that is not in the planning folder leaves its table to SQL. Not here: how a file becomes rows
(domain/planners_tables), keeping versions and reading them again (warehouse/shelves).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import ALLOCATION_GROUP, BACKLOG_GROUP, CAPACITY_GROUP, PLANNING_GROUP
from wfm_pipeline.assets.declaring import specs
from wfm_pipeline.assets.step import Flow, Stopwatch, at_work
from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.contracts.planning.planners_input import QUEUE_HOURS
from wfm_pipeline.domain.allocation.tables.planners_files import FILES
from wfm_pipeline.domain.backlog.people.sheets import ACTIVITY_FILES
from wfm_pipeline.domain.forecasting.planners.sheets import PLANNERS_FILES
from wfm_pipeline.domain.planners_tables import PlannersFile, read_rows
from wfm_pipeline.domain.staffing.capacity.sheets import CAPACITY_FILES
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.planners_files import brought_by, read_text_table
from wfm_pipeline.transforms.matches import MATCH_FILES
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.history import queues_with_calls
from wfm_pipeline.warehouse.shelves.queue_hours import note_changed_hours
from wfm_pipeline.warehouse.shelves.versions import take_in
from wfm_pipeline.warehouse.silver.matching import make_again_where_changed, matches_by_source


@dataclass(frozen=True, slots=True)
class Family:
    """Planners' tables that are taken in by one step.

    Attributes:
        name: Of the step.
        group: Of its assets.
        files: Name of a file, without `.csv` -> how it fills its table.
        is_of_source: Rows are about the run's source, and those of others are left alone.
    """

    name: str
    group: str
    files: Mapping[str, PlannersFile]
    is_of_source: bool = False


FAMILIES: Final = (
    Family("planners_input", PLANNING_GROUP, PLANNERS_FILES, is_of_source=True),
    Family("source_matching", PLANNING_GROUP, MATCH_FILES),
    Family("planning_inputs", ALLOCATION_GROUP, FILES),
    Family("capacity_inputs", CAPACITY_GROUP, CAPACITY_FILES),
    Family("backlog_inputs", BACKLOG_GROUP, ACTIVITY_FILES, is_of_source=True),
)


def build_planners_tables() -> list[dg.AssetsDefinition]:
    """All planners' tables, a step for each family."""
    return [_take_in_family(family) for family in FAMILIES]


def _take_in_family(family: Family) -> dg.AssetsDefinition:
    tables = [file.table for file in family.files.values()]

    @dg.multi_asset(name=family.name, specs=specs(tables, group=family.group, made_in=__name__))
    def planners_tables(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        given = house.in_source() if family.is_of_source else {}
        with at_work(context, house) as step:
            for name, file in family.files.items():
                step.watch = Stopwatch()
                yield step.made(file.table, _take_in(house, step.warehouse, name, file, given))

    return planners_tables


def _take_in(house: House, warehouse: Warehouse, name: str, file: PlannersFile, given: dict[str, str]) -> Flow:
    """Bring a file's rows into its table; `given` is what every row of ours has."""
    path = house.planners_file(name)
    if path is None:
        warehouse.create(file.table)
        return Flow(0, 0, notes={"file": "none: the table is as SQL left it"})
    known = queues_with_calls(warehouse, house.source_map) if file.check_all else ()
    rows, notices = read_rows(file, read_text_table(path), known, **given)
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    with warehouse.transaction():
        before = matches_by_source(warehouse, house.source_map)
        step = take_in(
            warehouse,
            file.table,
            rows,
            key=planner_key(file.table),
            now=now,
            changed_by=brought_by(path),
            scope=Scope(given),
        )
        make_again_where_changed(warehouse, house.source_map, before)
    if file.table is QUEUE_HOURS and step.is_changed:
        note_changed_hours(warehouse, house.source_map, step.rows, now)
    notes = {"file": path.name, "opened": step.opened, "closed": step.closed, "notices": notices}
    return Flow(len(rows), step.opened, rows_duplicate=len(rows) - step.opened, notes=notes)
