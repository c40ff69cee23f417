"""Hashes of rows that bronze keeps, worked out again from what it keeps of them.

Where the rule of hashing.py has changed, stored rows get the hashes that the source's own rows would get today, so
that a row read again is not taken for a new version. Not here: which rows need it (warehouse/bronze/hash_versions.py).
"""

import json

import pyarrow as pa

from wfm_pipeline.contracts.bronze import RESERVED_NAMES
from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.contracts.source.stored_names import stored_name
from wfm_pipeline.sources.rows.prepare import hashes_of


def hashed_anew(rows: pa.Table, table_map: TableMap) -> pa.Table:
    """Stored rows with the hashes of today's rule.

    Args:
        rows: Rows of the table's bronze, all columns.
        table_map: The table's map; its key may name columns that bronze does not have, which count as null.

    Returns:
        The same rows and columns; of a row that is gone, of which only the key is kept, both hashes are the key's.
    """
    columns = {name: rows[name].combine_chunks() for name in rows.column_names if name not in RESERVED_NAMES}
    for name in map(stored_name, table_map.key):
        columns.setdefault(name, pa.nulls(rows.num_rows, pa.string()))
    found = hashes_of(columns, _misfits(rows), table_map)
    gone = rows["_is_deleted"].combine_chunks()
    found["_row_hash"] = pa.compute.if_else(gone, found["_key_hash"], found["_row_hash"])
    for name, values in found.items():
        rows = rows.set_column(rows.column_names.index(name), name, values)
    return rows


def _misfits(rows: pa.Table) -> dict[str, pa.Array]:
    """Stored name -> original text of every row's value that did not fit."""
    kept = rows["_misfits"].to_pylist()
    objects = {place: json.loads(text) for place, text in enumerate(kept) if text is not None}
    texts: dict[str, list[str | None]] = {}
    for place, misfits in objects.items():
        for name, text in misfits.items():
            texts.setdefault(stored_name(name), [None] * rows.num_rows)[place] = text
    return {name: pa.array(values, pa.string()) for name, values in texts.items()}
