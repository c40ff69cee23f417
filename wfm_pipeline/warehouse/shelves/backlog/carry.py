"""Open cases carried on from hour to hour: their events, and the cycles that ended in the days of latency.

A renewal writes a generation of its own beside the one that counts, then the row that names it, then takes the former away. Who is
killed leaves a generation that nothing names. Nothing else changes the carry, so hours can be made again and in any order.

Not here: which events an hour needs besides (hour_events.py), and who is open at an instant (domain/backlog).
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import ibis
import pandas as pd
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.backlog.carried import BACKLOG_CARRY, CARRY_TABLES, DONE_CASE_CYCLES, OPEN_CASE_EVENTS
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.backlog.carried import Carried
from wfm_pipeline.units import SECONDS_PER_DAY
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import to_contract
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.backlog.readings import Carry, HourEvents, HoursAsked, Mark

_EVENTS = tuple(name for name in OPEN_CASE_EVENTS.column_names if name not in ("source", "generation"))
_CYCLES = ("queue_id", "priority", "began_at", "done_at")


def usable_carry(
    warehouse: Warehouse, source_map: SourceMap, asked: HoursAsked, stored: IbisTable
) -> tuple[Carry | None, str]:
    """The carry, where hours can be made from it; else why not.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        asked: The hours.
        stored: The source's events.

    Returns:
        The carry or None, and the reason in words.
    """
    row = _head(warehouse, source_map)
    if row is None:
        return None, "nothing is carried yet"
    carry = Carry(
        source_map.name,
        int(row["generation"]),
        *(pd.Timestamp(row[name]) for name in ("stands_at", "known_until", "ingested_until", "taken_at")),
    )
    reason = _unfit(carry, row, asked) or _changed(warehouse, carry, row, stored)
    return (None, reason) if reason else (carry, "")


def _unfit(carry: Carry, row: Mapping[Any, Any], asked: HoursAsked) -> str:
    if carry.stands_at > asked.start:
        return f"the hour begins at {asked.start}, before what is carried stands ({carry.stands_at})"
    if carry.known_until > asked.as_of:
        return f"what is carried knows what was told until {carry.known_until}, after {asked.as_of}"
    is_same = row["rules_digest"] == rules_digest(asked)
    return "" if is_same else "rules or queues are others than those it was carried under"


def _changed(warehouse: Warehouse, carry: Carry, row: Mapping[Any, Any], stored: IbisTable) -> str:
    for table, name in ((OPEN_CASE_EVENTS, "events"), (DONE_CASE_CYCLES, "cycles")):
        if warehouse.count(table.full_name, carry.scope) != int(row[name]):
            return f"{table.full_name} does not hold what was carried"
    then = warehouse.count(stored.filter(lambda rows: rows.ingested_at <= ibis.literal(carry.ingested_until)))
    is_more = then > int(row["events_then"])
    return "events came to silver that were read from the source before it was carried" if is_more else ""


def rules_digest(asked: HoursAsked) -> str:
    """Digest of the rules that a carry depends on.

    Args:
        asked: Hours under rules and queues.

    Returns:
        The digest.
    """
    said = (asked.rules.done, asked.rules.latency_days, None if asked.queues is None else sorted(asked.queues))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def carried_events(warehouse: Warehouse, carry: Carry) -> pd.DataFrame:
    """Events of the cases that are carried.

    Args:
        warehouse: An open warehouse.
        carry: The carry.

    Returns:
        The columns of silver.case_events that are carried.
    """
    return warehouse.frame(carry.scope.filter(warehouse.table(OPEN_CASE_EVENTS.full_name)).select(*_EVENTS))


def carried_cycles(warehouse: Warehouse, carry: Carry, touched: pd.Index, first_done: pd.Timestamp) -> pd.DataFrame:
    """Cycles of cases whose events are not at hand.

    Args:
        warehouse: An open warehouse.
        carry: The carry.
        touched: Cases whose events are at hand.
        first_done: Cycles that ended before it count for nothing.

    Returns:
        queue_id, priority, began_at, done_at.
    """
    rows = _untouched(carry.scope.filter(warehouse.table(DONE_CASE_CYCLES.full_name)), touched)
    return warehouse.frame(rows.filter(rows.done_at >= ibis.literal(first_done)).select(*_CYCLES))


def keep_carry(
    warehouse: Warehouse, source_map: SourceMap, asked: HoursAsked, read: HourEvents, carried: Carried
) -> None:
    """Renew the carry from what an hour was counted from; the same again leaves the same.

    Args:
        warehouse: An open warehouse; a writer holds it.
        source_map: The source.
        asked: The hours.
        read: What they were counted from, with a `carry_at`.
        carried: What the count says of that instant.
    """
    assert read.mark is not None  # nobody carries on what no carry is due for
    for table in CARRY_TABLES:
        warehouse.create(table)
    head = _head(warehouse, source_map)
    generation = 0 if head is None else int(head["generation"]) + 1
    name = source_map.name
    with warehouse.transaction():
        _clear(warehouse, name, generation - 1)
        _write_events(warehouse, name, generation, read, carried)
        _write_cycles(warehouse, name, generation, read, carried, asked.rules.latency_days)
        line = {**_line(asked, read, read.mark, carried), "source": name, "generation": generation}
        mine = Scope({"source": name, "generation": generation})
        line["events"], line["cycles"] = (
            warehouse.count(table.full_name, mine) for table in (OPEN_CASE_EVENTS, DONE_CASE_CYCLES)
        )
        warehouse.replace(BACKLOG_CARRY, pd.DataFrame([line]), Scope({"source": name}))
        _clear(warehouse, name, generation)


def _line(asked: HoursAsked, read: HourEvents, mark: Mark, carried: Carried) -> dict[str, Any]:
    early = read.rows["ingested_at"][read.rows["happened_at"] < carried.stands_at]
    before = [] if read.carry is None else [read.carry.taken_at]
    return {
        "stands_at": carried.stands_at,
        "known_until": asked.as_of,
        "ingested_until": mark.ingested_until,
        "events_then": mark.events,
        "taken_at": max([*before, *early.dropna().nlargest(1)]),
        "rules_digest": rules_digest(asked),
    }


def _write_events(warehouse: Warehouse, source: str, generation: int, read: HourEvents, carried: Carried) -> None:
    """The former generation but for cases told of since, and those of the latter that are open."""
    rows, name = read.rows, OPEN_CASE_EVENTS.full_name
    if read.carry is not None:
        former = _untouched(read.carry.scope.filter(warehouse.table(name)), read.touched)
        warehouse.append(name, former.mutate(generation=ibis.literal(generation)))
    is_new = (rows["happened_at"] < carried.stands_at) & rows["case_id"].isin(carried.open_case_ids)
    new = rows[is_new & rows["case_id"].isin(read.touched)]
    _append(warehouse, OPEN_CASE_EVENTS, new.sort_values(["case_id", "happened_at"]), source, generation)


def _write_cycles(
    warehouse: Warehouse, source: str, generation: int, read: HourEvents, carried: Carried, days: float
) -> None:
    name, since = DONE_CASE_CYCLES.full_name, carried.stands_at - pd.Timedelta(seconds=days * SECONDS_PER_DAY)
    if read.carry is not None:
        former = _untouched(read.carry.scope.filter(warehouse.table(name)), read.touched)
        kept = former.filter(former.done_at >= ibis.literal(since))
        warehouse.append(name, kept.mutate(generation=ibis.literal(generation)))
    _append(warehouse, DONE_CASE_CYCLES, carried.done_cycles, source, generation)


def _append(warehouse: Warehouse, table: Table, rows: pd.DataFrame, source: str, generation: int) -> None:
    warehouse.append_arrow(table.full_name, to_contract(table, rows.assign(source=source, generation=generation)))


def _clear(warehouse: Warehouse, source: str, but: int) -> None:
    """Take away all generations but one."""
    for table in (OPEN_CASE_EVENTS, DONE_CASE_CYCLES):
        rows = Scope({"source": source}).filter(warehouse.table(table.full_name))
        for number in warehouse.frame(rows.select("generation").distinct())["generation"]:
            if number != but:
                warehouse.delete(table.full_name, Scope({"source": source, "generation": int(number)}))


def _untouched(rows: IbisTable, touched: pd.Index) -> IbisTable:
    if not len(touched):
        return rows
    return rows.anti_join(ibis.memtable(pd.DataFrame({"case_id": touched.astype("str")})), "case_id")


def _head(warehouse: Warehouse, source_map: SourceMap) -> Mapping[Any, Any] | None:
    if not warehouse.has(BACKLOG_CARRY.full_name):
        return None
    rows = warehouse.frame(Scope({"source": source_map.name}).filter(warehouse.table(BACKLOG_CARRY.full_name)))
    return None if rows.empty else rows.iloc[0].to_dict()
