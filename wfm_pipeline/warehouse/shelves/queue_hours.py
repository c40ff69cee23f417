"""Opening hours of queues as they are stored, and as the calendar that everybody asks.

Not here: taking the file in (assets/planning/planners_tables) and which row holds when (domain/opening).
"""

import datetime as dt
from collections.abc import Iterable

from wfm_pipeline.contracts.planning.planners_input import QUEUE_HOURS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.history import Row
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar
from wfm_pipeline.domain.opening.stated_hours import stated
from wfm_pipeline.warehouse.bronze.pending import note_dates
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.shelves.versions import open_versions
from wfm_pipeline.warehouse.silver.sources import source_dates


def read_queue_calendar(warehouse: Warehouse, source_map: SourceMap) -> QueueCalendar:
    """When each queue of the source's site is open, by the hours that hold now.

    Raises:
        DataError: a row that came by SQL has hours or weekdays in another form.
    """
    if not warehouse.has(QUEUE_HOURS.full_name):
        return QueueCalendar(source_map.site)
    rows = open_versions(warehouse, QUEUE_HOURS, of_source(source_map))
    dated = rows.assign(**{name: rows[name].astype("datetime64[us]").dt.date for name in ("from_date", "until_date")})
    return QueueCalendar(
        source_map.site,
        tuple(stated({str(name): value for name, value in row.items()}) for row in dated.to_dict("records")),
    )


def note_changed_hours(warehouse: Warehouse, source_map: SourceMap, rows: Iterable[Row], now: dt.datetime) -> None:
    """Put the dates of versions that a file has just opened or closed on the to-do list of silver."""
    changed = [row for row in rows if now in (row["valid_from"], row["valid_until"])]
    known = source_dates(warehouse, source_map)
    touched = {date for row in changed for date in known if row["from_date"] <= date <= row["until_date"]}  # type: ignore[operator]
    note_dates(warehouse, source_map, source_map.leading, touched)
