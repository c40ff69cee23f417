"""The newest issue in the working warehouse, for assets and commands: capacity plans, long ranges, staffing.

Not here: what reports, monitoring and an API read of the published copy (warehouse/gold_reader.py), the newest dates of
gold (warehouse/newest_dates.py) and forecasts of a day (moments.py).
"""

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.long_range import QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.contracts.planning.capacity import CAPACITY_WEEK
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source


def latest_issue(warehouse: Warehouse, source_map: SourceMap, table: Table, *columns: str) -> pd.DataFrame:
    """Rows of the newest `issued_at` of the source; none where the table is not there or has none of the source.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        table: A table with a column `issued_at`.
        columns: Which columns; all where none is named.
    """
    if not warehouse.has(table.full_name):
        return pd.DataFrame(columns=list(columns or table.column_names))
    stored = of_source(source_map).filter(warehouse.table(table.full_name))
    newest = stored.filter(stored.issued_at == stored.issued_at.max().as_scalar())
    return warehouse.frame(newest.select(*columns) if columns else newest)


def latest_capacity(warehouse: Warehouse, source_map: SourceMap) -> pd.DataFrame:
    """The capacity plan of the newest issue, pools and weeks in order."""
    rows = latest_issue(warehouse, source_map, CAPACITY_WEEK)
    return rows.sort_values(["pool_id", "week_start"], ignore_index=True)


def latest_weeks(warehouse: Warehouse, source_map: SourceMap) -> pd.DataFrame:
    """The weeks of the newest long range, in order."""
    rows = latest_issue(warehouse, source_map, QUEUE_WEEK_LONG_RANGE)
    return rows.sort_values(["queue_id", "week_start"], ignore_index=True)


def newest_demand(warehouse: Warehouse, source_map: SourceMap, *columns: str) -> pd.DataFrame:
    """The weeks of the newest long range that capacity is planned from: these columns, and issued_at.

    Raises:
        DataError: there is none; says what makes one.
    """
    weeks = latest_issue(warehouse, source_map, QUEUE_WEEK_LONG_RANGE, *columns, "issued_at")
    if weeks.empty:
        name = QUEUE_WEEK_LONG_RANGE.full_name
        raise DataError(f"{name} has no issue of source {source_map.name}; make one with `wfm long-range`", table=name)
    return weeks
