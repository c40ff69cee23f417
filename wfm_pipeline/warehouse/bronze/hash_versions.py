"""Stored rows get the hashes of today's rule before new ones are compared with them.

Hashes are compared within one version alone. Where bronze holds rows of an older one, they are hashed again from what
it keeps, all or nothing, before a batch comes in: so no row that is read again becomes a new version only because the
rule has changed. Dates whose rows changed their hash go on the to-do list of silver, which names rejected rows by it.
Not here: the rule (sources/rows/hashing.py).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.bronze import HASH_VERSION
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.warehouse.bronze.pending import note_dates
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.engines.staging import staging_name

Rehash = Callable[[pa.Table], pa.Table]
"""Gives stored rows the hashes of today's rule."""
_ROWS_AT_ONCE: Final = 200_000
"""Rows held in memory at once, about 100 MB of call records."""
_COLUMN: Final = "_hash_version"
_OLDER: Final = Scope(column=_COLUMN, first=0, last=HASH_VERSION - 1, is_null_included=True)
"""Rows of an older rule; null is the first."""


def renew_hashes(
    warehouse: Warehouse,
    *,
    source_map: SourceMap,
    table_map: TableMap,
    rehash: Rehash,
    rows_at_once: int = _ROWS_AT_ONCE,
) -> int:
    """Hash a table's rows of an older rule again, all or nothing.

    Args:
        warehouse: Open for writing.
        source_map: The source.
        table_map: The table.
        rehash: Gives stored rows the hashes of today's rule.
        rows_at_once: Rows to hold in memory, more only where one business date has more.

    Returns:
        Rows that were hashed again; 0 where there was none of an older rule.
    """
    name = source_map.bronze_name(table_map)
    if not warehouse.has(name) or not warehouse.count(name, _OLDER):
        return 0
    aside = staging_name("bronze", "rehash")
    table = warehouse.table(name)
    try:
        with warehouse.transaction():
            warehouse.wait_for_turn(source_map.name)
            warehouse.create_from_schema(aside, table.schema())
            changed: set[dt.date] = set()
            for rows in _in_stretches(warehouse, table, table_map, rows_at_once):
                again = rehash(rows)
                changed |= _dates_changed(rows, again)
                warehouse.append_arrow(aside, _with_version(again))
            renewed = warehouse.count(aside)
            warehouse.delete(name, _OLDER)
            warehouse.append(name, warehouse.table(aside))
            note_dates(warehouse, source_map, table_map, changed)
    finally:
        warehouse.drop(aside)
    return renewed


def _in_stretches(warehouse: Warehouse, table: IbisTable, table_map: TableMap, rows_at_once: int) -> Iterator[pa.Table]:
    """Rows of an older rule, some business dates at a time: a cursor that stays open cannot be written beside."""
    older = _OLDER.filter(table)
    date = older["_business_date"]
    undated = warehouse.raw_rows(older.filter(date.isnull()), table_map.types)
    if undated.num_rows:
        yield undated
    counts = warehouse.arrow(older.drop_null("_business_date")["_business_date"].value_counts(name="rows"))
    by_date = dict(sorted(zip(counts["_business_date"].to_pylist(), counts["rows"].to_pylist(), strict=True)))
    for first, last in _stretches(by_date, rows_at_once):
        dated = older.filter(date.between(ibis.literal(first), ibis.literal(last)))
        yield warehouse.raw_rows(dated, table_map.types)


def _stretches(rows_by_date: dict[dt.date, int], rows_at_once: int) -> Iterator[tuple[dt.date, dt.date]]:
    """First and last date of stretches that hold no more rows than that, or one date."""
    first, last, held = None, None, 0
    for date, rows in rows_by_date.items():
        if first is not None and last is not None and held + rows > rows_at_once:
            yield first, last
            first, held = None, 0
        first, last, held = first or date, date, held + rows
    if first is not None and last is not None:
        yield first, last


def _with_version(rows: pa.Table) -> pa.Table:
    version = pa.array([HASH_VERSION] * rows.num_rows, pa.int64())
    return rows.set_column(rows.column_names.index(_COLUMN), _COLUMN, version)


def _dates_changed(before: pa.Table, after: pa.Table) -> set[dt.date]:
    is_changed = pc.not_equal(before["_row_hash"], after["_row_hash"])
    return set(pc.unique(before.filter(is_changed)["_business_date"]).drop_null().to_pylist())
