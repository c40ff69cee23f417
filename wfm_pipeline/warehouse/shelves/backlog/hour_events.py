"""The case events that hours are counted from: cases carried on, and whatever was told of any case since.

A case that is neither carried nor told of since the carry is done before it and stays so: it is in no hour. So an hour costs what
is open and what happened, however long the history is. Where no carry fits, the whole history is read, and that is said.

Not here: keeping the carry (carry.py), sources without events (case_rows.py), what events do to cases (domain/backlog).
"""

from typing import Final

import ibis
import pandas as pd
from ibis.expr.types import BooleanValue
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.units import SECONDS_PER_DAY
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.backlog.carry import carried_cycles, carried_events, usable_carry
from wfm_pipeline.warehouse.shelves.backlog.case_rows import read_case_rows
from wfm_pipeline.warehouse.shelves.backlog.readings import (
    EVENT_COLUMNS,
    Carry,
    HourEvents,
    HoursAsked,
    Mark,
    case_events_of,
)

MANY_IDS: Final = 2_000
"""Ids up to which rows are asked for by naming them; more are joined [count]."""


def read_hour_events(
    warehouse: Warehouse, source_map: SourceMap, asked: HoursAsked, *, is_whole: bool = False
) -> HourEvents:
    """Events of every case that was open in one of the hours, from events or, where the source has none, from rows of cases.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        asked: The hours.
        is_whole: Read the whole history, whether or not a carry fits: a row that is gone from silver without a newer one of its case is
            noticed by that alone.

    Returns:
        The events.
    """
    known = case_events_of(warehouse, source_map)
    if source_map.playing("cases") and not _tells_events(warehouse, source_map, known):
        return read_case_rows(warehouse, source_map, asked)
    stored = known.filter(known.happened_at < ibis.literal(asked.end))
    carry, reason = (None, "asked for") if is_whole else usable_carry(warehouse, source_map, asked, known)
    if carry is None:
        rows = warehouse.frame(stored.select(*EVENT_COLUMNS))
        words = f"the whole history of {len(rows):,} events was read: {reason}"
        return _whole(rows, asked, _mark(warehouse, source_map, asked), words)
    since = warehouse.frame(stored.filter(told_since(carry, asked)).select(*EVENT_COLUMNS))
    held = carried_events(warehouse, carry)
    touched = pd.Index(since["case_id"].unique())
    is_old = since["happened_at"] < carry.stands_at
    known_ids = held["case_id"][held["case_id"].isin(touched)].unique()
    unknown = touched[~touched.isin(known_ids)]
    renewed = unknown.union(pd.Index(since["case_id"][is_old].unique()), sort=False)
    former = _former(warehouse, stored, carry, renewed)
    kept = held if not len(renewed) else held[~held["case_id"].isin(renewed)]
    rows = pd.concat([kept, former, since[~is_old]], ignore_index=True)
    carry_at = asked.end - asked.carry_behind if asked.end - carry.stands_at > asked.renew_after else None
    first_done = asked.start - pd.Timedelta(seconds=asked.rules.latency_days * SECONDS_PER_DAY)
    words = (
        f"{len(kept):,} events carried from {carry.stands_at}, {len(rows) - len(kept):,} read of {len(touched):,} cases"
    )
    return HourEvents(
        rows=rows,
        done_cycles=carried_cycles(warehouse, carry, touched, first_done),
        taken_at=max([carry.taken_at, *rows["ingested_at"].dropna().nlargest(1)]),
        basis="events",
        carry=carry,
        touched=touched,
        carry_at=carry_at,
        mark=None if carry_at is None else _mark(warehouse, source_map, asked),
        words=words,
    )


def _tells_events(warehouse: Warehouse, source_map: SourceMap, known: IbisTable) -> bool:
    """Whether the source has events: its map names a table of them, and where that may be absent there was one so far."""
    tables = [table for part in source_map.parts if (table := part.table("case_events")) is not None]
    if all(table.is_optional for table in tables):
        return bool(tables) and len(warehouse.frame(known.select("case_id").limit(1))) > 0
    return True


def told_since(carry: Carry, asked: HoursAsked) -> BooleanValue:
    """What the carry does not know: happened, read or told after it."""
    row = ibis._
    is_told = (row.known_at > ibis.literal(carry.known_until)) & (row.known_at <= ibis.literal(asked.as_of))
    is_new = row.ingested_at > ibis.literal(carry.ingested_until)
    return (row.happened_at >= ibis.literal(carry.stands_at)) | is_new | is_told


def _mark(warehouse: Warehouse, source_map: SourceMap, asked: HoursAsked) -> Mark:
    stored = case_events_of(warehouse, source_map)
    row = warehouse.frame(stored.aggregate(newest=stored.ingested_at.max(), events=stored.count())).iloc[0]
    return Mark(asked.as_of if pd.isna(row["newest"]) else pd.Timestamp(row["newest"]), int(row["events"]))


def _whole(rows: pd.DataFrame, asked: HoursAsked, mark: Mark, words: str) -> HourEvents:
    """The whole history; a carry is due where anything happened before it would stand."""
    carry_at = asked.end - asked.carry_behind
    is_due = bool((rows["happened_at"] < carry_at).any())
    return HourEvents(
        rows=rows,
        done_cycles=None,
        taken_at=max(rows["ingested_at"].dropna().nlargest(1), default=asked.as_of),
        basis="events",
        carry=None,
        touched=pd.Index(rows["case_id"].unique()),
        carry_at=carry_at if is_due else None,
        mark=mark if is_due else None,
        words=words,
    )


def _former(warehouse: Warehouse, stored: IbisTable, carry: Carry, ids: pd.Index) -> pd.DataFrame:
    """Events before the carry of cases that are not carried, or were told of anew; most have none, for they are new."""
    before = stored.filter(lambda rows: rows.happened_at < ibis.literal(carry.stands_at))
    if len(ids) > MANY_IDS:
        given = ibis.memtable(pd.DataFrame({"case_id": ids}))
        found = warehouse.frame(before.select("case_id").semi_join(given, "case_id").distinct())
        ids = pd.Index(found["case_id"])
    if len(ids) > MANY_IDS:
        given = ibis.memtable(pd.DataFrame({"case_id": ids}))
        return warehouse.frame(before.semi_join(given, "case_id").select(*EVENT_COLUMNS))
    chosen = before.filter(lambda rows: rows.case_id.isin(list(ids)) if len(ids) else ibis.literal(False))
    return warehouse.frame(chosen.select(*EVENT_COLUMNS))
