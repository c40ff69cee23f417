"""From the units of operational tables to the house's: seconds and shares, with names that say so.

Not here: whether the values can be believed (row_rules, unit_slips).
"""

from typing import Final

import pandas as pd

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.units import PERCENT

MILLISECONDS_PER_SECOND: Final = 1_000.0
"""Milliseconds of a second."""
_DIVISORS: Final = {"ms": MILLISECONDS_PER_SECOND, "%": PERCENT}
"""Unit of a contract -> what its values are divided by."""


def house_name(column: Column) -> str:
    """The name of a column of an operational table once its values are in the house's units.

    Args:
        column: A column of a contract in contracts/operational.

    Returns:
        Durations end in `_seconds` in place of `_time`, rates in `_share`; other names stay.

    Example:
        >>> from wfm_pipeline.contracts.operational.statistics import CONTACT_STATISTICS
        >>> [house_name(CONTACT_STATISTICS.column(name)) for name in ("aht", "talk_time", "abandonment_rate", "service_level")]
        ['aht_seconds', 'talk_seconds', 'abandonment_share', 'service_level']
    """
    if column.unit in ("ms", "s"):
        return column.name.removesuffix("_time") + "_seconds"
    return column.name.removesuffix("_rate") + "_share" if column.name.endswith("_rate") else column.name


def to_house_units(table: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of an operational table in seconds and shares.

    Args:
        table: Its contract.
        rows: All its columns, in the contract's units (ms, s, %), numbers as numbers.

    Returns:
        The same rows under `house_name`: durations in seconds [s], percents as shares [0..1], the rest as it was.
    """
    columns = {}
    for column in table.columns:
        values, divisor = rows[column.name], _DIVISORS.get(column.unit)
        columns[house_name(column)] = values if divisor is None else values / divisor
    return pd.DataFrame(columns, index=rows.index)
