"""Events of cases of which something happened of late: what endings and due times of cases are learnt from.

A case is read whole, from its opening on, so that its states are right. Not here: events that an hour is counted from
(hour_events.py), and learning (domain/backlog/ahead).
"""

from typing import Final

import ibis
import pandas as pd

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.backlog.readings import EVENT_COLUMNS, case_events_of

MOST_EVENTS: Final = 500_000
"""Events of the stretch up to which all of it is read [count]: more make learning slower and no better."""


def read_recent_events(
    warehouse: Warehouse, source_map: SourceMap, since: pd.Timestamp, until: pd.Timestamp
) -> tuple[pd.DataFrame, pd.Timestamp]:
    """All events, up to an instant, of cases of which something happened since another.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        since: Start of the stretch (naive UTC).
        until: No event at or after it.

    Returns:
        Rows with `EVENT_COLUMNS`, and the start of the stretch that was read: later than `since` where it holds more than `MOST_EVENTS`.
    """
    stored = case_events_of(warehouse, source_map)
    before = stored.filter(stored.happened_at < ibis.literal(until))
    recent = before.filter(before.happened_at >= ibis.literal(since))
    events = int(warehouse.value(recent.count()))
    start = since if events <= MOST_EVENTS else until - (until - since) * (MOST_EVENTS / events)
    of_late = before.filter(before.happened_at >= ibis.literal(start)).select("case_id").distinct()
    return warehouse.frame(before.semi_join(of_late, "case_id").select(*EVENT_COLUMNS)), start
