"""Bronze: every row of a source as it stood there, in versions, append-only.

A key's *state* is its rows in the latest batch that brought any (on one date, where the map names a
change time: then change times say which date's row is the later). A batch brings a key anew when it
holds a row that is not in the state; then all its rows of that key are appended, so that the latest
batch tells the whole state. So the same rows again add nothing, a corrected row is a new version, a
row that goes back to what it was is the newest version again, and a log that repeats a key stays
quiet. A table that is read whole also gets a version marked `_is_deleted` for keys that are gone.

Not here: which dates to read (days.py), what rows mean (transforms).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import ibis
import pyarrow as pa
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.bronze import (
    BATCH_COLUMNS,
    BRONZE_COLUMNS,
    BRONZE_LAYOUT,
    DAY_LEDGER,
    HASH_VERSION,
    ROW_COLUMNS,
    TABLE_LEDGER,
)
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.digests import DayDigests
from wfm_pipeline.warehouse.bronze.days import write_ledger
from wfm_pipeline.warehouse.bronze.pending import note_changes
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import ibis_type
from wfm_pipeline.warehouse.engines.staging import staging_name

_NO_DATE = dt.date(1, 1, 1)
"""Stands for a missing date where rows are matched, for null equals nothing."""
_STORED_AS: Final = {"timestamp": "timestamp(6)", "duration": "float64"}
"""Declared types that are stored under another name."""
_OURS = tuple(column.name for column in ROW_COLUMNS)


@dataclass(frozen=True, slots=True)
class BronzeCounts:
    """What a batch brought: `rows_in = rows_loaded + rows_duplicate`.

    Attributes:
        rows_in: Rows the source gave.
        rows_loaded: Rows appended as new versions.
        rows_duplicate: Rows that bronze knew, or that the batch held twice.
        rows_deleted: Versions added for keys that are gone from a table read whole.
    """

    rows_in: int
    rows_loaded: int
    rows_duplicate: int
    rows_deleted: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    """One batch on its way in."""

    warehouse: Warehouse
    source_map: SourceMap
    table_map: TableMap
    batch_id: str
    ingested_at: dt.datetime
    staging_name: str

    @property
    def bronze_name(self) -> str:
        return self.source_map.bronze_name(self.table_map)

    @property
    def bronze(self) -> IbisTable:
        return self.warehouse.table(self.bronze_name)

    @property
    def staged(self) -> IbisTable:
        return self.warehouse.table(self.staging_name)


def append_versions(
    warehouse: Warehouse,
    *,
    source_map: SourceMap,
    table_map: TableMap,
    read: Callable[[], Iterator[pa.Table]],
    batch_id: str,
    ingested_at: dt.datetime,
) -> BronzeCounts:
    """Append what a source gives, all or nothing.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        table_map: The table; one that is loaded `full` must be read whole.
        read: Starts the read; its chunks have one schema, with the columns of `ROW_COLUMNS`.
        batch_id: Name of the batch; later batches sort after earlier ones.
        ingested_at: When it came in, UTC.

    Returns:
        Counts that add up. When the read or the write fails, bronze is exactly as before.
    """
    batch = _Batch(warehouse, source_map, table_map, batch_id, ingested_at, staging_name("bronze", batch_id))
    ensure_bronze(warehouse, source_map, table_map)
    held = DayDigests()
    try:
        rows_in = _stage(batch, held.counting(read()))
        with warehouse.transaction():
            warehouse.wait_for_turn(source_map.name)
            _add_new_columns(batch)
            warehouse.make_room(batch.bronze_name, Dates.of(date for date in held.rows if date is not None))
            loaded = _append_new(batch)
            deleted = _mark_deleted(batch) if table_map.load == "full" else 0
            write_ledger(warehouse, source_map, table_map, held, batch_id)
            note_changes(warehouse, source_map, table_map, batch_id)
    finally:
        _drop_staging(batch)
    return BronzeCounts(rows_in, loaded, rows_in - loaded, deleted)


def ensure_bronze(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap) -> None:
    """Make a table's bronze and the ledger if they are not there, so that an empty source has tables too."""
    columns = {**_declared(table_map), **{column.name: ibis_type(column.type) for column in BRONZE_COLUMNS}}
    with warehouse.transaction():
        warehouse.wait_for_turn(source_map.name)
        warehouse.create_from_schema(source_map.bronze_name(table_map), ibis.schema(columns), BRONZE_LAYOUT)
        warehouse.create(DAY_LEDGER)
        warehouse.create(TABLE_LEDGER)


def _declared(table_map: TableMap) -> dict[str, str]:
    return {name: _STORED_AS.get(data_type, data_type) for name, data_type in table_map.types.items()}


def _stage(batch: _Batch, chunks: Iterator[pa.Table]) -> int:
    """Put the chunks into a staging table of the batch's own."""
    rows, is_made = 0, False
    for chunk in chunks:
        if not is_made:
            _make_staging(batch, chunk.schema.names)
            is_made = True
        batch.warehouse.append_arrow(batch.staging_name, chunk)
        rows += chunk.num_rows
    if not is_made:
        _make_staging(batch, [*batch.table_map.types, *_OURS])
    return rows


def _make_staging(batch: _Batch, names: list[str]) -> None:
    ours = {column.name: ibis_type(column.type) for column in ROW_COLUMNS}
    types = {**dict.fromkeys(names, "string"), **_declared(batch.table_map), **ours}
    batch.warehouse.create_from_schema(batch.staging_name, ibis.schema(types))


def _drop_staging(batch: _Batch) -> None:
    batch.warehouse.drop(batch.staging_name)


def _add_new_columns(batch: _Batch) -> None:
    """Columns that the source has got since: older rows have null there."""
    present = {name.lower() for name in batch.bronze.columns}
    for name in batch.staged.columns:
        if name.lower() not in present:
            batch.warehouse.add_column(batch.bronze_name, name, "string")


def current_state(bronze: IbisTable, table_map: TableMap) -> IbisTable:
    """Rows that tell each key's latest state: those of the latest batch that brought the key.

    Args:
        bronze: The table's bronze.
        table_map: Its map.

    Returns:
        The same rows without older versions and without keys that are gone.
    """
    by = _state_columns(table_map)
    dated = _with_state_date(bronze)
    latest = dated.group_by(*by).agg(_batch_id=dated["_batch_id"].max())
    return dated.semi_join(latest, [*by, "_batch_id"]).filter(~ibis._["_is_deleted"])


def _state_columns(table_map: TableMap) -> list[str]:
    """What has a state: a key, or, where change times tell which version is the later, a key on a date."""
    is_timed = table_map.changed_at is not None and table_map.load == "incremental"
    return ["_key_hash", "_state_date"] if is_timed else ["_key_hash"]


def _with_state_date(rows: IbisTable) -> IbisTable:
    return rows.mutate(_state_date=rows["_business_date"].fill_null(ibis.literal(_NO_DATE)))


def _append_new(batch: _Batch) -> int:
    """Append all rows of every key that has a row its state does not have; gives how many."""
    by = _state_columns(batch.table_map)
    staged = _with_state_date(batch.staged)
    same_keys = batch.bronze.semi_join(batch.staged, "_key_hash")
    known = current_state(same_keys, batch.table_map)
    known = known.filter(known["_hash_version"] == HASH_VERSION).select(*by, "_row_hash")
    changed = staged.anti_join(known, [*by, "_row_hash"]).select(*by).distinct()
    copies = ibis.row_number().over(ibis.window(group_by=["_key_hash", "_row_hash"], order_by="_row_hash"))
    distinct = staged.mutate(_copy=copies).filter(ibis._["_copy"] == 0)
    return _append(batch, distinct.semi_join(changed, by).drop("_copy", "_state_date"), is_deleted=False)


def _mark_deleted(batch: _Batch) -> int:
    """Append a version with only the key for every key the source no longer has; gives how many."""
    state = current_state(batch.bronze, batch.table_map)
    gone = state.anti_join(batch.staged, "_key_hash").select(*batch.table_map.key, "_key_hash").distinct()
    return _append(batch, gone.mutate(_row_hash=gone["_key_hash"]), is_deleted=True)


def _append(batch: _Batch, rows: IbisTable, *, is_deleted: bool) -> int:
    values = (batch.source_map.name, batch.batch_id, batch.ingested_at, is_deleted, HASH_VERSION)
    marks = {
        column.name: ibis.literal(value).cast(ibis_type(column.type))
        for column, value in zip(BATCH_COLUMNS, values, strict=True)
    }
    before = _rows(batch)
    batch.warehouse.append(batch.bronze_name, rows.mutate(**marks))
    return _rows(batch) - before


def _rows(batch: _Batch) -> int:
    return batch.warehouse.count(batch.bronze_name)
