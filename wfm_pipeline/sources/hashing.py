"""Hashes of rows and keys that come out the same whatever the engine, driver or chunk.

A row's hash covers name and value of every column that has a value, in order of the names. A column
that is absent and one that is null count the same; null and empty text do not.
"""

import hashlib
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.sources.fitting import as_text

_BETWEEN_NAME_AND_VALUE = "\x1f"
_BETWEEN_COLUMNS = "\x1e"
_NOTHING = pa.scalar(None, pa.string())


def row_hashes(columns: Mapping[str, pa.Array], misfits: Mapping[str, pa.Array]) -> pa.Array:
    """MD5 of every row, 32 hexadecimal digits.

    Args:
        columns: Column -> values in their declared types; shape (n_rows,) each.
        misfits: Column -> original texts of values that did not fit; they count as the values.
    """
    pieces = []
    for name in sorted(columns):
        text = as_text(columns[name])
        if name in misfits:
            text = pc.coalesce(text, misfits[name])
        pieces.append(pc.binary_join_element_wise(pa.scalar(name), text, _BETWEEN_NAME_AND_VALUE))
    return _md5(pc.binary_join_element_wise(*pieces, _BETWEEN_COLUMNS, null_handling="skip"))


def key_hashes(
    columns: Mapping[str, pa.Array], misfits: Mapping[str, pa.Array], key: Sequence[str], rows: pa.Array
) -> pa.Array:
    """MD5 of every row's key columns, in the map's order.

    Args:
        columns: Column -> values in their declared types.
        misfits: Column -> original texts of values that did not fit; they count as the values.
        key: Columns of the key.
        rows: The rows' own hashes: a row without a whole key is known by all of itself.
    """
    parts = [pc.coalesce(as_text(columns[name]), misfits.get(name, _NOTHING)) for name in key]
    joined = pc.binary_join_element_wise(*parts, _BETWEEN_COLUMNS)
    return pc.if_else(pc.is_valid(joined), _md5(pc.fill_null(joined, "")), rows)


def _md5(texts: pa.Array) -> pa.Array:
    digests = [hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in texts.to_pylist()]
    return pa.array(digests, pa.string())
