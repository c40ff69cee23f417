"""Rows on their way to Spark and back: types it calls otherwise, and values that its client would bend.

Not here: tables (warehouse.py).
"""

from collections.abc import Mapping
from typing import Any, Final

import ibis
import pyarrow as pa
import sqlglot.expressions as sge

_TYPES: Final = {"int64": "bigint", "float64": "double", "boolean": "boolean", "date": "date"}
_MOMENT: Final = "timestamp_ntz"
"""Times without a zone; Spark's own `timestamp` is bent by the session's zone."""


def spark_type(kind: Any) -> str:
    """What Spark calls an Ibis type; a time of day is kept as a moment of 1 January 1970, for Spark has none."""
    found = ibis.dtype(kind)
    if found.is_timestamp() or found.is_time():
        return _MOMENT
    return _TYPES.get(type(found).__name__.lower(), "string")


def sendable(data: pa.Table) -> pa.Table:
    """Rows as PySpark sends them unbent.

    Whole numbers beside nulls go as text, for they would be sent as doubles, which keep 53 bits; times of day go as
    moments.
    """
    for place, name in enumerate(data.column_names):
        kind = data[name].type
        if pa.types.is_time(kind):
            moments = data[name].cast(pa.time64("us")).cast(pa.int64()).cast(pa.timestamp("us"))
            data = data.set_column(place, name, moments)
        elif pa.types.is_null(kind) or (pa.types.is_int64(kind) and data[name].null_count):
            data = data.set_column(place, name, data[name].cast(pa.string()))
    return data


def with_clocks(rows: pa.Table, types: Mapping[str, str]) -> pa.Table:
    """Raw rows whose times of day are that again, by the types that their map declares."""
    for place, name in enumerate(rows.column_names):
        if types.get(name) == "time" and pa.types.is_timestamp(rows[name].type):
            rows = rows.set_column(place, name, rows[name].cast(pa.time64("us")))
    return rows


def with_doubles(node: sge.Expression) -> sge.Expression:
    """A number with a point as a double: to Spark it is a decimal, and Sail calls a whole column so for one 0.0 in it."""
    is_point = isinstance(node, sge.Literal) and not node.is_string and not node.is_int
    return sge.cast(node.copy(), "double") if is_point and not isinstance(node.parent, sge.Cast) else node


def columns_of(frame: Any) -> str:
    """Columns of a Spark frame as `create table` has them."""
    return ", ".join(
        f"`{field.name.replace('`', '``')}` {field.dataType.simpleString()}" for field in frame.schema.fields
    )
