"""Hashes of rows and keys that come out the same whatever the engine, driver or chunk.

A row's hash covers name and value of every column that has a value, in order of the names. A column
that is absent and one that is null count the same; null and empty text do not. Names are those that bronze stores, so a
stored row tells its own hash (rehash.py). A change here raises `HASH_VERSION`.
"""

import hashlib
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.sources.rows.value_texts import as_text

_BETWEEN_NAME_AND_VALUE = "\x1f"
_BETWEEN_COLUMNS = "\x1e"


def row_hashes(columns: Mapping[str, pa.Array], misfits: Mapping[str, pa.Array]) -> pa.Array:
    """MD5 of every row, 32 hexadecimal digits.

    Args:
        columns: Column -> values in their declared types; shape (n_rows,) each.
        misfits: Column -> original texts of values that did not fit; they count as the values.
    """
    # Arrow gives nothing at all where every piece of every row is null: the first piece never is.
    pieces = [pa.scalar("row")]
    for name in sorted(columns):
        text = _text_of(name, columns, misfits)
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
    parts = [_text_of(name, columns, misfits) for name in key]
    joined = pc.binary_join_element_wise(*parts, _BETWEEN_COLUMNS)
    return pc.coalesce(_md5(joined), rows)


def _text_of(name: str, columns: Mapping[str, pa.Array], misfits: Mapping[str, pa.Array]) -> pa.Array:
    text = as_text(columns[name])
    return pc.coalesce(text, misfits[name]) if name in misfits else text


def _md5(texts: pa.Array) -> pa.Array:
    digests = [
        None if text is None else hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        for text in texts.to_pylist()
    ]
    return pa.array(digests, pa.string())
