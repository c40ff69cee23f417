"""Which business dates a run refreshes in a silver table, and striking them off the to-do list.

A run refreshes its own business dates, those its new rows touch (a corrected row may leave another day), those that a
killed run left undone, and one day on either side of each, because a call and a redial may cross midnight. Where
nothing of that is left, nothing is written. Not here: refreshing a table (refresh.py).
"""

from collections.abc import Callable
from typing import Final

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.warehouse.bronze.days import touched_dates
from wfm_pipeline.warehouse.bronze.pending import pending_dates, strike_off
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.silver.rows import SilverCounts

Refresh = Callable[[Dates], SilverCounts]
"""Replaces a table's rows of some dates."""
_GAP_DAYS: Final = 2
"""Gaps between dates that are refreshed with their neighbours [days]."""
_MOST_STRETCHES: Final = 40
"""How many stretches one statement names at most."""


def refresh_due_dates(
    warehouse: Warehouse, source_map: SourceMap, table: Table, refresh: Refresh, *, own: Dates, run_id: str
) -> SilverCounts:
    """Refresh a table's due dates and strike them off the to-do list; nothing where there are none.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        table: The silver table.
        refresh: Refreshes it.
        own: The business dates that the run is about.
        run_id: The Dagster run, by which the rows it brought are known.
    """
    touched = touched_dates(warehouse, source_map, run_suffix=run_id[:8])
    waiting = pending_dates(warehouse, source_map, table.full_name)
    dates = (own | touched | waiting).widened(1).coarsened(gap_days=_GAP_DAYS, most=_MOST_STRETCHES)
    warehouse.create(table)
    if not dates:
        return SilverCounts(0, 0)
    counts = refresh(dates)
    strike_off(warehouse, source_map, table.full_name, dates)
    return counts
