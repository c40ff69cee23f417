"""When the site works, as hours and as windows of working time, by the opening hours that hold now.

Not here: which version of the calendar a due time keeps (domain/backlog/calendar_clock), opening hours as they are stored
(queue_hours).
"""

import datetime as dt
from collections.abc import Iterable

import pandas as pd

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.opening.open_hours import hours_open, open_windows
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar


def read_open_hours(
    warehouse: Warehouse, source_map: SourceMap, queues: Iterable[str], hours: pd.DataFrame
) -> pd.DataFrame:
    """Whether queues are open in hours: queue_id, hour_start, is_open.

    Args:
        warehouse: An open warehouse.
        source_map: The source, whose site is the desk's own.
        queues: The queues.
        hours: hour_start, hour_end (naive UTC).
    """
    return hours_open(read_queue_calendar(warehouse, source_map), queues, hours)


def read_working_windows(
    warehouse: Warehouse, source_map: SourceMap, first: dt.date, last: dt.date
) -> pd.DataFrame | None:
    """Windows in which the site works, for cases without progress: starts_at, ends_at; None where it is never closed or never open.

    Args:
        warehouse: An open warehouse.
        source_map: The source, whose site is the desk's own.
        first: First date; not after the oldest progress of an open case.
        last: Last date, inclusive.
    """
    windows = open_windows(read_queue_calendar(warehouse, source_map), ALL, first, last)
    return windows if len(windows) > 1 else None
