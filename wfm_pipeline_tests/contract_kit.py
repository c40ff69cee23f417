"""Rows that keep a table's contract and try what engines differ in: made from the contract alone.

So a table that joins the contracts joins every test over all tables. Not here: what a table's rows mean.
"""

import datetime as dt
import zlib

import numpy as np
import pyarrow as pa

from wfm_pipeline.contracts.bronze import BRONZE_TABLES
from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES, ALL_SILVER_TABLES
from wfm_pipeline.warehouse.engines.schemas import arrow_schema

TABLES = (*BRONZE_TABLES, *ALL_SILVER_TABLES, *ALL_GOLD_TABLES)
FIRST_DATE = dt.date(2026, 3, 28)
"""The day before clocks change in Europe."""
ROWS = 60
_TEXTS = (
    "Büro/Post",
    'a "quoted" text',
    "it's",
    "",
    "NULL",
    "\\N",
    "a,b;c\td",
    "two\nlines",
    "007",
    "=1+1",
    " blank ",
    "𝄞",
)
_NUMBERS = (0.0, 0.1, 1 / 3, 1e-300, 1e300, -2.5, 123456789.123456789)
"""No -0.0: DuckDB may keep it as 0.0 on disk, which equals it."""
_WHOLE = (0, 1, -1, 2**31, 2**53 + 1, -(2**62))
_MOMENTS = (
    dt.datetime(2026, 3, 29, 1, 59, 59, 999_999),
    dt.datetime(2026, 3, 29, 2, 30),
    dt.datetime(2026, 10, 25, 2, 30, 0, 1),
    dt.datetime(1970, 1, 1),
    dt.datetime(1999, 12, 31, 23, 59, 59, 123_456),
    dt.datetime(2262, 4, 11),
)


def rows_of_contract(table: Table, *, rows: int = ROWS, dates: int = 4) -> pa.Table:
    """Rows of a table: keys name them, everything else is awkward; the same at every call.

    Args:
        table: Its contract.
        rows: How many [count].
        dates: Different days in its column of partitions [count].

    Returns:
        Columns in the contract's order and types; a nullable column has nulls.
    """
    columns = {
        column.name: _partition_dates(rows, dates)
        if column.name == table.partition
        else _key_values(column, rows)
        if column.name in table.key
        else _values(column, rows, seed=zlib.crc32(f"{table.full_name}.{column.name}".encode()))
        for column in table.columns
    }
    return pa.table(columns, schema=arrow_schema(table))


def _partition_dates(rows: int, dates: int) -> list[dt.date]:
    return [FIRST_DATE + dt.timedelta(days=place % dates) for place in range(rows)]


def _key_values(column: Column, rows: int) -> list[object]:
    """A value of its own for each row, or, of a column with few allowed values, those in turn."""
    if column.allowed:
        return [column.allowed[place % len(column.allowed)] for place in range(rows)]
    match column.type:
        case "string":
            return [f"{_TEXTS[place % len(_TEXTS)]}-{place:03d}" for place in range(rows)]
        case "date":
            return [FIRST_DATE + dt.timedelta(days=place) for place in range(rows)]
        case "timestamp":
            return [_MOMENTS[1] + dt.timedelta(hours=place, microseconds=place) for place in range(rows)]
        case "boolean":
            return [place % 2 == 0 for place in range(rows)]
        case _:
            low = int(column.minimum or 0)
            different = rows if column.maximum is None else int(column.maximum) - low + 1
            return [low + place % different for place in range(rows)]


def _values(column: Column, rows: int, *, seed: int) -> list[object]:
    rng = np.random.default_rng(seed)
    known = _of_type(column)
    values = [known[int(place)] for place in rng.integers(0, len(known), rows)]
    if column.nullable:
        values[:: max(2, rows // 10)] = [None] * len(values[:: max(2, rows // 10)])
    return values


def _of_type(column: Column) -> tuple[object, ...]:
    """Values of a column's type that its contract allows."""
    if column.allowed:
        return column.allowed
    match column.type:
        case "string":
            return _TEXTS
        case "date":
            return tuple(moment.date() for moment in _MOMENTS)
        case "timestamp":
            return _MOMENTS
        case "boolean":
            return (True, False)
        case kind:
            numbers = _NUMBERS if kind == "float64" else _WHOLE
            low = -np.inf if column.minimum is None else column.minimum
            high = np.inf if column.maximum is None else column.maximum
            allowed = tuple(number for number in numbers if low <= number <= high)
            return allowed or ((column.minimum if kind == "float64" else int(column.minimum or 0)),)
