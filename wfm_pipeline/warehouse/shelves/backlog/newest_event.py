"""The newest date on which something happened to a case, as silver has it. Not here: reading events (hour_events)."""

import datetime as dt

import pandas as pd

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_parts


def newest_event_date(warehouse: Warehouse, source_map: SourceMap, *, until: dt.date) -> dt.date | None:
    """The newest business date with an event of a case, none later than `until`; None where silver holds none."""
    if not warehouse.has(CASE_EVENTS.full_name):
        return None
    dates = of_parts(source_map).filter(warehouse.table(CASE_EVENTS.full_name))["business_date"]
    found = pd.Timestamp(warehouse.value(dates.max(where=dates <= until)))
    return None if pd.isna(found) else found.date()
