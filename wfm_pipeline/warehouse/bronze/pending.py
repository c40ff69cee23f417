"""The to-do list of silver: which business dates bronze has changed and silver has not refreshed yet.

Bronze writes a date down in the transaction that changes it; a silver step strikes it off after it has
refreshed the date. So a run that was killed between the two is made good by the next one.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import ibis
import pyarrow as pa
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.bronze import PENDING_DAYS
from wfm_pipeline.contracts.source.source_map import Role, SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_parts

SILVER_OF_ROLE: Final[Mapping[Role, tuple[str, ...]]] = {
    "call_legs": ("silver.call_legs", "silver.calls", "silver.queue_intervals"),
    "intervals": ("silver.interval_statistics", "silver.queue_intervals"),
    "cases": ("silver.cases",),
    "case_events": ("silver.case_events",),
    "customers": ("silver.calls",),
    "queues": ("silver.call_legs", "silver.calls", "silver.queue_intervals", "silver.case_events"),
    "agents": (),
}
"""Silver tables that a changed row of each role can change."""


def note_changes(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap, batch_id: str) -> None:
    """Write down the dates that a batch just appended has changed.

    A table read by date touches the dates of all versions of the batch's keys (a corrected row may have
    left another day). A table read whole says nothing of dates: every date of the source is noted.
    """
    warehouse.create(PENDING_DAYS)
    name = source_map.bronze_name(table_map)
    if not warehouse.count(name, Scope({"_batch_id": batch_id})):
        return
    bronze = warehouse.table(name)
    dates = touched_days(bronze, bronze["_batch_id"] == batch_id)
    if table_map.load == "full":
        leading = source_map.bronze_name(source_map.leading)
        if not warehouse.has(leading):
            return
        dates = warehouse.table(leading).select("_business_date").distinct()
    for silver_table in _silver_of(source_map, table_map.role):
        _add(warehouse, source_map, silver_table, dates)


def note_dates(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap, dates: Collection[dt.date]) -> None:
    """Write down dates of a table whose silver is to be made again."""
    note_silver(warehouse, source_map, _silver_of(source_map, table_map.role), dates)


def note_silver(
    warehouse: Warehouse, source_map: SourceMap, silver_tables: Iterable[str], dates: Iterable[dt.date]
) -> None:
    """Write down dates of silver tables that are to be made again."""
    wanted = sorted(dates)
    if not wanted:
        return
    warehouse.create(PENDING_DAYS)
    given = ibis.memtable(pa.table({"_business_date": pa.array(wanted, pa.date32())}))
    for silver_table in silver_tables:
        _add(warehouse, source_map, silver_table, given)


def touched_days(bronze: IbisTable, condition: ibis.expr.types.BooleanValue) -> IbisTable:
    """Business dates of all versions of the keys whose rows meet a condition, one column `_business_date`."""
    keys = bronze.filter(condition).select("_key_hash").distinct()
    return bronze.semi_join(keys, "_key_hash").select("_business_date").distinct()


def _silver_of(source_map: SourceMap, role: Role) -> tuple[str, ...]:
    """The tables that a row of a role can change and that something refreshes: case events only where the source has some."""
    names = SILVER_OF_ROLE[role]
    return names if source_map.table("case_events") else tuple(name for name in names if name != CASE_EVENTS.full_name)


def _add(warehouse: Warehouse, source_map: SourceMap, silver_table: str, dates: IbisTable) -> None:
    known = Scope({"source": source_map.name, "silver_table": silver_table}).filter(
        warehouse.table(PENDING_DAYS.full_name)
    )
    new = dates.drop_null("_business_date").select(business_date="_business_date")
    new = new.anti_join(known, "business_date")
    labels = {"source": ibis.literal(source_map.name), "silver_table": ibis.literal(silver_table)}
    warehouse.append(PENDING_DAYS.full_name, new.mutate(**labels).select(*PENDING_DAYS.column_names))


def strike_off(warehouse: Warehouse, source_map: SourceMap, silver_table: str, dates: Dates) -> None:
    """These dates of a silver table are refreshed."""
    labels = {**of_parts(source_map).equals, "silver_table": silver_table}
    scope = Scope(labels, "business_date", dates=dates)
    warehouse.create(PENDING_DAYS)
    warehouse.delete(PENDING_DAYS.full_name, scope)


def pending_dates(warehouse: Warehouse, source_map: SourceMap, silver_table: str | None = None) -> set[dt.date]:
    """Dates that a silver table, or any of them, still has to refresh."""
    if not warehouse.has(PENDING_DAYS.full_name):
        return set()
    wanted = {"silver_table": silver_table} if silver_table else {}
    rows = Scope({**of_parts(source_map).equals, **wanted}).filter(warehouse.table(PENDING_DAYS.full_name))
    return set(warehouse.arrow(rows.select("business_date").distinct())["business_date"].to_pylist())
