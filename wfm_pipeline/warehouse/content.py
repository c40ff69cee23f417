"""A fingerprint of what a table says: the same on every engine and in any order of its rows.

Two runs over the same source must end in the same fingerprints; what tells the runs themselves
apart (batches, the time they came in, the run's own id) is left out.
"""

from collections.abc import Collection
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope

RUN_COLUMNS: Final = frozenset(
    {"batch_id", "seen_at", "run_id", "made_at", "seconds", "_batch_id", "_ingested_at", "ingested_at"}
)
"""Columns that say when and by which run a row came in."""
_CHUNK_ROWS = 100_000
_MODULUS = 2**64
_DECIMALS = 6
"""Sums of doubles differ in their last bits with the order of adding."""


def content_hash(
    warehouse: Warehouse, table: str, *, without: Collection[str] = RUN_COLUMNS, scope: Scope | None = None
) -> str:
    """Fingerprint of a stored table, or of the rows of a scope.

    Args:
        warehouse: An open warehouse.
        table: `layer.name`.
        without: Columns to leave out.
        scope: Rows to look at; all if left out.

    Returns:
        Number of rows and 32 hexadecimal digits. Names of columns count, their order does not;
        numbers count to six decimals; a row that is there twice counts twice.
    """
    stored = (scope or Scope()).filter(warehouse.table(table))
    names = sorted(set(stored.columns) - set(without))
    rows, total, mixed = 0, 0, 0
    for batch in warehouse.batches(stored.select(*names), chunk_rows=_CHUNK_ROWS):
        hashes = _row_hashes(pa.Table.from_batches([batch]), names)
        rows += len(hashes)
        total = (total + int(hashes.sum(dtype=np.uint64))) % _MODULUS
        mixed ^= int(np.bitwise_xor.reduce(_scramble(hashes), initial=np.uint64(0)))
    return f"{rows}-{total:016x}{mixed:016x}"


def _row_hashes(rows: pa.Table, names: list[str]) -> np.ndarray:
    """One 64-bit hash per row, shape (n_rows,)."""
    hashes = np.zeros(rows.num_rows, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for name in names:
            seed = pd.util.hash_array(np.array([name], dtype=object))[0]
            hashes = _scramble(hashes + (_values(rows[name]) ^ seed))
    return hashes


def _values(column: pa.ChunkedArray) -> np.ndarray:
    """One 64-bit hash per value, whatever type the engine gave it; a null is a value of its own."""
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return pd.util.hash_array(np.round(numbers, _DECIMALS) + 0.0)
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    elif pa.types.is_date(kind):
        column = column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
    return pd.util.hash_array(column.cast(pa.string()).to_numpy(zero_copy_only=False).astype(object))


def _scramble(values: np.ndarray) -> np.ndarray:
    """Mix the bits, so that sums of hashes do not cancel.

    Source:
        Steele, Lea & Flood (2014), Fast Splittable Pseudorandom Number Generators (SplitMix64's finisher).
    """
    with np.errstate(over="ignore"):
        mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
