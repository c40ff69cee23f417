"""Do the intervals of a source lie in those of the site? Ones of an hour cannot be told apart into half-hours.

Not here: what the intervals hold (transforms/interval_rows).
"""

import math
from typing import Final

from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import MINUTES_PER_HOUR
from wfm_pipeline.warehouse.engines.engine import Warehouse

_LEAST_STARTS: Final = 24
"""Starts from which their step can be seen [count]: that so many half-hours have a call on the hour alone is no chance."""


def check_steps(warehouse: Warehouse, statistics: IbisTable, interval_minutes: int, table_map: TableMap) -> None:
    """Refuse intervals that do not make those of the site.

    Args:
        warehouse: An open warehouse.
        statistics: The source's rows of `silver.interval_statistics`.
        interval_minutes: Length of the site's intervals [min].
        table_map: The source's table of intervals.

    Raises:
        DataError: they are longer, or shorter while absent ones are missing: then a part would stand for the whole.
    """
    local = statistics["interval_start_local"]
    minute = (local.hour() * MINUTES_PER_HOUR + local.minute()).cast("int64")
    starts = warehouse.frame(statistics.group_by(minute=minute).agg(rows=local.nunique()))
    if starts["rows"].sum() < _LEAST_STARTS:
        return
    step = math.gcd(MINUTES_PER_HOUR, *(int(minute) for minute in starts["minute"]))
    is_part = step < interval_minutes and table_map.absent == "missing"
    if step > interval_minutes or interval_minutes % step or is_part:
        raise DataError(
            f"rows of table {table_map.name} are {step} minutes apart, the site's intervals are {interval_minutes} minutes long: "
            f"set interval_minutes = {step} in the site of the map, or WFM_INTERVAL_MINUTES"
            + (', or say absent = "zero" if an interval without a row had no calls' if is_part else ""),
            got=step,
        )
