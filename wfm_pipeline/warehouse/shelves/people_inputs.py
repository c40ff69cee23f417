"""What planners say of people's time, as it is stored: planned activities, and how many people go missing.

Not here: taking their files in (assets/planning/planners_tables), what the rows do to an hour (domain/backlog/people).
"""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from wfm_pipeline.contracts.planning.activities import PLANNED_ACTIVITIES
from wfm_pipeline.contracts.planning.capacity import CAPACITY_INPUTS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.staffing.capacity.sheets import planners_tables
from wfm_pipeline.domain.staffing.capacity.shrinkage import shrinkage_of
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.shelves.versions import open_rows, open_versions


def read_planned_activities(warehouse: Warehouse, source_map: SourceMap) -> pd.DataFrame:
    """Planned activities in force, by their id."""
    warehouse.create(PLANNED_ACTIVITIES)
    return open_versions(warehouse, PLANNED_ACTIVITIES, of_source(source_map))


def read_missing_shares(warehouse: Warehouse, queues: Sequence[str], date: dt.date) -> dict[str, float]:
    """Share of people who go missing beyond what is planned, as planners state it.

    Shrinkage is stated as shares of paid time. A roster is without its planned kinds, so of the people on it the unplanned kinds take
    unplanned / (1 - planned).

    Args:
        warehouse: An open warehouse.
        queues: The queues.
        date: The date for whose week it is asked.

    Returns:
        Queue -> share [0..1]; queues for which nobody states any are left out.
    """
    if not all(warehouse.has(table.full_name) for table in CAPACITY_INPUTS):
        return {}
    tables = planners_tables(*(open_rows(warehouse, table) for table in CAPACITY_INPUTS))
    pools = {queue: pool.pool_id for pool in tables.pools for queue in pool.queues}
    monday = date - dt.timedelta(days=date.weekday())
    found = {queue: shrinkage_of(tables.shrinkage, pools.get(queue, queue), [monday]) for queue in queues}
    shares = {queue: float(one.unplanned[0] / (1 - one.planned[0])) for queue, one in found.items()}
    return {queue: share for queue, share in shares.items() if share == share}  # noqa: PLR0124  (unknown is no number)
