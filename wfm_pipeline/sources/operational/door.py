"""The door of the operational tables: columns there, units as declared, rows that can be true; then seconds and shares.

Not here: asking a database (database), the door of a live view, which leaves out and goes on (live).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.domain.operational.house_units import to_house_units
from wfm_pipeline.domain.operational.row_rules import judge_rows
from wfm_pipeline.domain.operational.typed import typed_rows
from wfm_pipeline.domain.operational.unit_slips import UnitSlip, find_unit_slips
from wfm_pipeline.errors import MOST_NAMED, SourceError


@dataclass(frozen=True, slots=True)
class OperationalRows:
    """What came through the door.

    Attributes:
        rows: Under the house's names and in its units; instants in UTC.
        findings: One row per value emptied and row refused, see `row_rules.FINDING_COLUMNS`.
    """

    rows: pd.DataFrame
    findings: pd.DataFrame


def through_the_door(table: Table, raw: pd.DataFrame) -> OperationalRows:
    """Check rows of an operational table and put them into the house's units.

    Args:
        table: Its contract.
        raw: Rows as they came, in the table's own units. For means per service the recent rows belong with the new ones:
            a jump is seen against them.

    Returns:
        Rows to be believed, and the findings.

    Raises:
        SourceError: a column is missing, or one came in another unit than its contract says.
    """
    typed, misfits = columns_in_type(table, raw)
    slips = find_unit_slips(table, typed)
    if slips:
        raise SourceError(f"{slip_words(slips)}; nothing was read", table=table.name, slips=slips)
    judged = judge_rows(table, typed, misfits)
    return OperationalRows(to_house_units(table, judged.rows), judged.findings)


def columns_in_type(table: Table, raw: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Every column of a contract, in its type.

    Args:
        table: The contract.
        raw: Rows as they came.

    Returns:
        As `typed_rows`.

    Raises:
        SourceError: a column is missing.
    """
    missing = [name for name in table.column_names if name not in raw.columns]
    if missing:
        raise SourceError(
            f"table {table.name} lacks {', '.join(missing)}; it has {', '.join(map(str, raw.columns))}; the DDL in "
            "sql/operational says what it must have",
            table=table.name,
            missing=missing,
        )
    return typed_rows(table, raw)


def slip_words(slips: tuple[UnitSlip, ...]) -> str:
    """What is wrong with the units of a table, in one line: the first few, and how many more there are.

    Args:
        slips: At least one.

    Returns:
        Field, table, value, what was expected and what to do.
    """
    told = [
        f"{slip.column} of {slip.table}{'' if slip.service_id is None else f' (service {slip.service_id})'} is "
        f"{slip.value:,g}, expected {slip.allowed}: {slip.advice}"
        for slip in slips[:MOST_NAMED]
    ]
    more = len(slips) - len(told)
    return "; ".join(told) + (f"; and {more} more like these" if more else "")
