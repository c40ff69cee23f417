"""Sources that have rows of cases and no events: openings, ends and due times become events.

What such a row does not tell is not counted: moves, pauses, re-opens, and all but the last queue and priority. A row says when a case
ended as it was last read, so `taken_at` goes with every hour. Not here: sources of events (hour_events.py).
"""

import ibis
import pandas as pd
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.silver import CASES
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.units import SECONDS_PER_DAY
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_parts
from wfm_pipeline.warehouse.shelves.backlog.readings import EVENT_COLUMNS, HourEvents, HoursAsked


def read_case_rows(warehouse: Warehouse, source_map: SourceMap, asked: HoursAsked) -> HourEvents:
    """Events of the cases that were open in one of the hours, made from rows of cases.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        asked: The hours.

    Returns:
        The events; nothing is carried on, for a row has the whole case.
    """
    warehouse.create(CASES)
    stored = of_parts(source_map).filter(warehouse.table(CASES.full_name))
    if len(source_map.parts) > 1:
        stored = stored.mutate(case_id=stored.source.concat("/", stored.case_id))
    start, end = ibis.literal(asked.start), ibis.literal(asked.end)
    is_open = stored.closed_at.isnull()  # noqa: PD003  (a column of Ibis)
    is_here = is_open | (stored.closed_at >= start) | (stored.closed_at < stored.opened_at)
    taken_at = _taken_at(warehouse, source_map, asked)
    rows = events_of_rows(warehouse.frame(stored.filter((stored.opened_at < end) & is_here)), taken_at)
    return HourEvents(
        rows=rows[rows["happened_at"] < asked.end].reset_index(drop=True),
        done_cycles=_cycles(warehouse, stored, asked),
        taken_at=taken_at,
        basis="case_rows",
        carry=None,
        touched=pd.Index([], dtype="str"),
        carry_at=None,
        mark=None,
        words=f"{len(rows):,} events made from rows of cases",
    )


def events_of_rows(cases: pd.DataFrame, taken_at: pd.Timestamp) -> pd.DataFrame:
    """Events that rows of cases tell.

    Args:
        cases: Rows of silver.cases.
        taken_at: When the newest of them was read.

    Returns:
        Rows with `EVENT_COLUMNS`: an opening of each case, its due time as told then, and its end where it has one.
    """
    plain = cases.assign(known_at=None, ingested_at=taken_at)
    opened = plain.assign(kind="opened", happened_at=plain["opened_at"], due_at=None)
    due = plain[plain["due_at"].notna()].assign(kind="due", queue_id=None, priority=None)
    due = due.assign(happened_at=due["opened_at"])
    ended = plain[plain["closed_at"].notna()].assign(kind="closed", queue_id=None, priority=None, due_at=None)
    closed = ended.assign(happened_at=ended["closed_at"])
    instants = dict.fromkeys(("due_at", "known_at"), "datetime64[us]")
    typed = {**instants, "queue_id": "str", "priority": "str"}
    return pd.concat([part[list(EVENT_COLUMNS)].astype(typed) for part in (opened, due, closed)], ignore_index=True)


def _cycles(warehouse: Warehouse, stored: IbisTable, asked: HoursAsked) -> pd.DataFrame:
    """Cases that ended in the days of latency before the hours."""
    first = asked.start - pd.Timedelta(seconds=asked.rules.latency_days * SECONDS_PER_DAY)
    ended = stored.filter(
        (stored.closed_at >= ibis.literal(first))
        & (stored.closed_at < ibis.literal(asked.start))
        & (stored.closed_at >= stored.opened_at)
    )
    rows = warehouse.frame(ended.select("queue_id", "priority", began_at=ended.opened_at, done_at=ended.closed_at))
    is_known = rows["queue_id"].notna() if asked.queues is None else rows["queue_id"].isin(asked.queues)
    return rows.assign(queue_id=rows["queue_id"].where(is_known, UNKNOWN))


def _taken_at(warehouse: Warehouse, source_map: SourceMap, asked: HoursAsked) -> pd.Timestamp:
    """Newest ingestion of the parts' rows of cases; the instant of knowledge where none is noted."""
    named = ((part, part.table("cases")) for part in source_map.playing("cases"))
    names = [part.bronze_name(table) for part, table in named if table is not None]
    newest = []
    for name in names:
        if warehouse.has(name):
            newest += list(warehouse.frame(warehouse.table(name).aggregate(at=ibis._["_ingested_at"].max()))["at"])
    return max((pd.Timestamp(one) for one in newest if not pd.isna(one)), default=asked.as_of)
