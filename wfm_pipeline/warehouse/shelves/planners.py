"""What planners tell the forecast, as it is stored: events, drivers, decisions, overrides and changes of queues.

Not here: taking their files in (assets/planning/planners_tables) and what the rows mean (domain/forecasting/planners).
"""

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.planners_input import (
    ANOMALY_DECISIONS,
    FORECAST_OVERRIDES,
    PLANNED_DRIVERS,
    PLANNED_EVENTS,
    QUEUE_CHANGES,
)
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.forecasting import PlannersInput
from wfm_pipeline.domain.forecasting.planners.known_input import PlannersVersions
from wfm_pipeline.domain.forecasting.planners.sheets import active_overrides, planners_input_of
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.shelves.versions import open_versions

_TOLD = (PLANNED_EVENTS, PLANNED_DRIVERS, ANOMALY_DECISIONS, QUEUE_CHANGES)


def read_planners_input(warehouse: Warehouse, source_map: SourceMap, *, is_hindcast: bool) -> PlannersInput:
    """Events, drivers, decisions and changes of queues that hold now, as an issue or a hindcast may know them."""
    return planners_input_of(*(_open(warehouse, source_map, table) for table in _TOLD), is_hindcast=is_hindcast)


def read_planners_versions(warehouse: Warehouse, source_map: SourceMap) -> PlannersVersions:
    """Events, drivers, decisions and changes of queues in all their versions, so that one can ask what was known when."""
    for table in _TOLD:
        warehouse.create(table)
    of_it = of_source(source_map)
    stored = (of_it.filter(warehouse.table(table.full_name)).order_by(*table.key) for table in _TOLD)
    return PlannersVersions(*(warehouse.frame(rows) for rows in stored))


def read_overrides(warehouse: Warehouse, source_map: SourceMap) -> pd.DataFrame:
    """Overrides in force now."""
    return active_overrides(_open(warehouse, source_map, FORECAST_OVERRIDES))


def _open(warehouse: Warehouse, source_map: SourceMap, table: Table) -> pd.DataFrame:
    warehouse.create(table)
    return open_versions(warehouse, table, of_source(source_map))
