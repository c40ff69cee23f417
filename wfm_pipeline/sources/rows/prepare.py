"""Turns what a driver gave into rows ready for bronze: typed, hashed, dated, nothing lost.

Columns come out in a fixed order: the map's own in its order, then those it does not name (as text: nobody has
promised them a type; a name that an engine cannot keep is cut), then `_row_hash`, `_key_hash`, `_business_date` and
`_misfits`.
"""

import json
from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.contracts.bronze import RESERVED_NAMES
from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.contracts.source.stored_names import stored_name
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.column_types import TypedColumn, to_type
from wfm_pipeline.sources.rows.hashing import key_hashes, row_hashes


def prepare(batch: pa.RecordBatch | pa.Table, table_map: TableMap, clock: SourceClock) -> pa.Table:
    """Rows of one chunk, ready for bronze.

    Args:
        batch: What the driver gave; column names as the source spells them.
        table_map: The table's map.
        clock: What the source's times mean.

    Raises:
        SourceError: a column of the source has a name that bronze keeps for itself.
    """
    raw = {name: _one_array(batch.column(place)) for place, name in enumerate(batch.schema.names)}
    columns: dict[str, pa.Array] = {}
    misfits: dict[str, pa.Array] = {}
    for name in [*table_map.types, *extra_columns(raw, table_map)]:
        given = raw.get(name, pa.nulls(batch.num_rows))
        typed = typed_column(given, table_map, name, is_utc=clock.is_utc)
        columns[name] = typed.values
        if typed.misfits is not None:
            misfits[name] = typed.misfits
    ours = {
        **hashes_of(_stored(columns), _stored(misfits), table_map),
        "_business_date": _business_dates(columns, table_map, clock),
        "_misfits": _misfit_objects(misfits, batch.num_rows),
    }
    return pa.table({**_stored(columns), **ours})


def hashes_of(
    columns: Mapping[str, pa.Array], misfits: Mapping[str, pa.Array], table_map: TableMap
) -> dict[str, pa.Array]:
    """Both hashes of rows.

    Args:
        columns: Stored name -> values in their declared types; shape (n_rows,) each.
        misfits: Stored name -> original texts of values that did not fit.
        table_map: The table's map.

    Returns:
        `_row_hash` and `_key_hash`.
    """
    rows = row_hashes(columns, misfits)
    key = [stored_name(name) for name in table_map.key]
    return {"_row_hash": rows, "_key_hash": key_hashes(columns, misfits, key, rows)}


def _stored(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    return {stored_name(name): values for name, values in columns.items()}


def typed_column(values: pa.Array, table_map: TableMap, name: str, *, is_utc: bool) -> TypedColumn:
    """Values of one column as its map declares them; text where it does not."""
    data_type = table_map.types.get(name, "string")
    return to_type(values, data_type, form=table_map.formats.get(name), is_utc=is_utc)


def extra_columns(present: Collection[str], table_map: TableMap) -> list[str]:
    """Columns of the source that the map does not name, in the source's order.

    Raises:
        SourceError: one of them has a name that bronze keeps for itself, or another's but for capitals.
    """
    extras = [name for name in present if name not in table_map.types]
    lowered = [stored_name(name).lower() for name in present]
    taken = [
        name
        for name in extras
        if stored_name(name).lower() in RESERVED_NAMES or lowered.count(stored_name(name).lower()) > 1
    ]
    if taken:
        raise SourceError(
            f"table {table_map.name} has a column {taken[0]}, a name that bronze keeps for itself or that another "
            "column has in other letters; rename it in a view",
            table=table_map.name,
            column=taken[0],
        )
    return extras


def _one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _business_dates(columns: Mapping[str, pa.Array], table_map: TableMap, clock: SourceClock) -> pa.Array:
    if table_map.business_date is None:
        return pa.nulls(len(next(iter(columns.values()))), pa.date32())
    return clock.dates(columns[table_map.business_date])


def _misfit_objects(misfits: Mapping[str, pa.Array], rows: int) -> pa.Array:
    if not misfits:
        return pa.nulls(rows, pa.string())
    objects: list[dict[str, str]] = [{} for _ in range(rows)]
    for name, texts in misfits.items():
        for place in pc.indices_nonzero(pc.is_valid(texts)).to_pylist():
            objects[place][name] = texts[place].as_py()
    found = [json.dumps(item, ensure_ascii=False, sort_keys=True) if item else None for item in objects]
    return pa.array(found, pa.string())
