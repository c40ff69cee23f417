"""Queues of a site of which nothing is known from a date on, for a source that feeds them is not read.

What the other sources brought of such a queue is a part of its calls, and a part is not learnt from. Not here: which
sources are not read (warehouse/source_states.py).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import ibis
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.source_states import SourceState, unread_parts

FED_WEEKS: Final = 4
"""A source feeds the queues it brought calls of in so many weeks before the date it stands at [weeks]; a queue that moved to
another source longer ago is none of its own any more."""


def unknown_queues(warehouse: Warehouse, source_map: SourceMap, calls: IbisTable) -> IbisTable | None:
    """The first date from which each such queue is unknown.

    Args:
        warehouse: An open warehouse.
        source_map: The site.
        calls: The site's rows of `silver.calls`.

    Returns:
        Columns queue_id and unknown_from; None where every source is read.
    """
    standing = [state for state in unread_parts(warehouse, source_map).values() if state.stands_at]
    if not standing:
        return None
    fed = [_fed_by(calls, state.source, state.stands_at) for state in standing if state.stands_at]
    every = ibis.union(*fed) if len(fed) > 1 else fed[0]
    return every.group_by("queue_id").agg(unknown_from=every.unknown_from.min())


def queues_fed(warehouse: Warehouse, states: Iterable[SourceState]) -> Mapping[str, list[str]]:
    """Source that is not read -> the queues it feeds, in order."""
    calls = warehouse.table(CALLS.full_name)
    return {
        state.source: warehouse.frame(_fed_by(calls, state.source, state.stands_at).order_by("queue_id"))[
            "queue_id"
        ].tolist()
        if state.stands_at
        else []
        for state in states
    }


def _fed_by(calls: IbisTable, source: str, stands_at: dt.date) -> IbisTable:
    since = stands_at - dt.timedelta(weeks=FED_WEEKS)
    own = Scope({"source": source}, "business_date", since, stands_at).filter(calls)
    after = ibis.literal(stands_at + dt.timedelta(days=1), type="date")
    return own.select("queue_id").distinct().mutate(unknown_from=after)
