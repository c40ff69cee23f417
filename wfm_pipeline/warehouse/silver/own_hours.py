"""Hours of queues that are not the site's, laid out as a table that calls and intervals are joined with.

Here: staging it for a refresh. Not here: which hours hold (domain/opening) and what a row inside them is (transforms/opening).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.transforms.opening import OwnHours
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.staging import staging_name
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar

_SCHEMA: Final = ibis.schema({"own_queue_id": "string", "own_date": "date", "pattern": "int64"})


@contextmanager
def staged_own_hours(
    warehouse: Warehouse, source_map: SourceMap, told: IbisTable, dates: Dates
) -> Iterator[OwnHours | None]:
    """Own hours over some dates of the queues that a table names; None where the site's hold for all of them."""
    calendar = read_queue_calendar(warehouse, source_map)
    if not calendar.rows:
        yield None
        return
    queues = sorted(warehouse.frame(told.select("queue_id").distinct())["queue_id"])
    hours = calendar.hours(queues, dates.hull.first, dates.hull.last)
    windows = tuple(dict.fromkeys(day.windows for day in hours.values()))
    rows = [(queue, date, windows.index(day.windows)) for (queue, date), day in hours.items()]
    name = staging_name("silver", "own_hours")
    warehouse.create_from_schema(name, _SCHEMA)
    try:
        frame = pd.DataFrame(rows, columns=list(_SCHEMA.names))
        warehouse.append_arrow(name, pa.Table.from_pandas(frame, _SCHEMA.to_pyarrow(), preserve_index=False))
        warehouse.renew_statistics(name)
        yield OwnHours(warehouse.table(name), windows)
    finally:
        warehouse.drop(name)
