"""The ledger of business dates: which counts differ from the source's, and which dates a batch has touched.

The watermark lives in the warehouse, in `bronze.day_ledger`: how many rows the source held for each
date when it was last read. An empty warehouse therefore reads everything, and a row that comes
thirty days late changes its date's count and is found without reading the thirty days. Dates whose
count says nothing are compared by content: warehouse/day_checks.py. Not here: what a run reads in the end
(orchestration/partitions/stale_dates).
"""

import datetime as dt
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.bronze import DAY_LEDGER, TABLE_LEDGER
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.digests import DayDigests
from wfm_pipeline.warehouse.bronze.pending import touched_days
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import arrow_schema
from wfm_pipeline.warehouse.engines.scope import Scope

OVERLAP_DAYS = 3
"""Days before the watermark whose content is compared every time."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far bronze has come with a table.

    Attributes:
        last_date: Last business date it holds, or None where it is empty.
        changed_at: Latest change it holds, in the source's own clock; None where the map names no such column.
    """

    last_date: dt.date | None
    changed_at: dt.datetime | None

    def changed_since(self, overlap_days: int = OVERLAP_DAYS) -> dt.datetime | None:
        """From when on changes must be asked for: the latest one known, less the overlap."""
        return self.changed_at - dt.timedelta(days=overlap_days) if self.changed_at else None


def watermark(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap) -> Watermark:
    """How far bronze has come with a table; nothing where there is no bronze yet."""
    dates = ledger(warehouse, source_map, table_map)
    name = source_map.bronze_name(table_map)
    changed = None
    if table_map.changed_at and dates and warehouse.has(name):
        bronze = warehouse.table(name)
        changed_at = bronze[table_map.changed_at]
        # A change of the year 2999 would hide every later one; zones differ by less than a day.
        is_believed = changed_at <= bronze["_ingested_at"] + ibis.interval(days=1)
        found = warehouse.value(bronze.filter(is_believed)[table_map.changed_at].max())
        changed = None if pd.isna(found) else pd.Timestamp(found).to_pydatetime()
    return Watermark(max(dates, default=None), changed)


def ledger(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap) -> dict[dt.date, int]:
    """Rows per business date when the source was last read; empty where nothing was."""
    if not warehouse.has(DAY_LEDGER.full_name):
        return {}
    rows = _scope(source_map, table_map).filter(warehouse.table(DAY_LEDGER.full_name))
    found = warehouse.arrow(rows.select("business_date", "rows_read").order_by("business_date"))
    return dict(zip(found["business_date"].to_pylist(), found["rows_read"].to_pylist(), strict=True))


def stale_dates(*, day_counts: Mapping[dt.date, int], ledger: Mapping[dt.date, int]) -> set[dt.date]:
    """Business dates that the next run must read whatever their rows say.

    Args:
        day_counts: Date -> rows the source holds now.
        ledger: Date -> rows it held when the date was last read; empty for an empty warehouse.

    Returns:
        Dates of the source that are new or hold another number of rows than when they were read. Dates that the
        source holds no more are not among them: a source that clears out its past takes nothing from bronze.
    """
    return {date for date, rows in day_counts.items() if rows != ledger.get(date, 0)}


def suspect_dates(
    *,
    day_counts: Mapping[dt.date, int],
    ledger: Mapping[dt.date, int],
    changed: AbstractSet[dt.date] = frozenset(),
    overlap_days: int = OVERLAP_DAYS,
) -> set[dt.date]:
    """Business dates with as many rows as when they were read, but perhaps not the same ones.

    Args:
        day_counts: Date -> rows the source holds now.
        ledger: Date -> rows it held when the date was last read; empty for an empty warehouse.
        changed: Dates of rows changed since the watermark, where the source tells.
        overlap_days: Days before the last known one that are always looked at [days], >= 0.
    """
    if not ledger:
        return set()
    overlap_from = max(ledger) - dt.timedelta(days=overlap_days)
    same = (date for date, rows in day_counts.items() if rows == ledger.get(date, 0))
    return {date for date in same if date >= overlap_from or date in changed}


def touched_dates(warehouse: Warehouse, source_map: SourceMap, *, run_suffix: str) -> set[dt.date]:
    """Business dates whose silver a run's batches may change.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        run_suffix: End of the batch ids of the run.

    Returns:
        Business dates of all versions of the keys that came in those batches, in the tables read by
        date: a corrected row may have moved, and then its old date changes too. Neighbouring days
        are the caller's business.
    """
    dates: set[dt.date] = set()
    for part in source_map.parts:
        for table_map in part.tables:
            name = part.bronze_name(table_map)
            if table_map.load == "incremental" and warehouse.has(name):
                dates |= _dates_of_batches(warehouse, warehouse.table(name), run_suffix)
    return dates


def _dates_of_batches(warehouse: Warehouse, bronze: IbisTable, run_suffix: str) -> set[dt.date]:
    """Dates of all versions of the keys that came in a run's batches, whose names are looked up first: few, or none."""
    of_run = bronze.filter(bronze["_batch_id"].endswith(run_suffix)).select("_batch_id").distinct()
    batches = warehouse.arrow(of_run)["_batch_id"].to_pylist()
    if not batches:
        return set()
    dates = touched_days(bronze, bronze["_batch_id"].isin(sorted(batches)))
    return set(warehouse.arrow(dates.drop_null("_business_date"))["_business_date"].to_pylist())


def write_ledger(
    warehouse: Warehouse, source_map: SourceMap, table_map: TableMap, held: DayDigests, batch_id: str
) -> None:
    """Note what the source held for each date of a batch, and without a date; other dates stay as they are."""
    labels = {**_scope(source_map, table_map).equals, "batch_id": batch_id}
    undated = held.whole() if table_map.load == "full" else held
    line = {**labels, "rows_read": undated.rows.get(None, 0), "content_hash": undated.digest(None)}
    warehouse.replace(TABLE_LEDGER, pd.DataFrame([line]), _scope(source_map, table_map))
    dates = Dates.of(date for date in held.rows if date is not None)
    if dates:
        lines = [
            {**labels, "business_date": date, "rows_read": held.rows[date], "content_hash": held.digest(date)}
            for date in dates
        ]
        rows = pa.Table.from_pylist([{**line, "checked_at": None} for line in lines], arrow_schema(DAY_LEDGER))
        warehouse.replace(DAY_LEDGER, rows, replace(_scope(source_map, table_map), column="business_date", dates=dates))


def _scope(source_map: SourceMap, table_map: TableMap) -> Scope:
    return Scope({"source": source_map.name, "table_name": table_map.name})
