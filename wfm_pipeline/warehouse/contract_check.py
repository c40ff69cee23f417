"""Does a table keep its contract? Counted in the engine, in one query, whatever the table's size.

The query is put together from names and bounds of the contract alone. It is no Ibis expression: some forty tables are
checked in every run, and compiling their rules took longer than answering them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlglot.expressions as sge

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.warehouse.engines.engine import Warehouse

_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule and how many rows break it."""

    rule: str
    rows: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was looked at, and what was found.

    Attributes:
        rows: Rows of the stored table [count].
        rules: Rules that each of them was held against [count].
        violations: The rules that are broken.
    """

    rows: int
    rules: int
    violations: tuple[Violation, ...]


def inspect_contract(warehouse: Warehouse, table: Table) -> Inspection:
    """Hold a stored table against its contract.

    Args:
        warehouse: An open warehouse.
        table: The contract.

    Returns:
        Rows, rules, and one violation per broken rule: null in a required column, a value outside its range
        or its list, not a number, a key that is null or not unique. None where the table is empty.

    Raises:
        WarehouseError: there is no such table.
    """
    warehouse.table(table.full_name)
    rules = dict(rule for column in table.columns for rule in _column_rules(column))
    rules |= {f"key column {name} is null": _is_null(name) for name in table.key}
    counts = [_rows_where(broken) for broken in rules.values()]
    stored = sge.table_(table.name, db=table.layer, quoted=True)
    query = sge.select("count(*)", *counts, _repeated_keys(table, stored)).from_(stored)
    ((stored_rows, *broken_rows),) = warehouse.rows(query)
    names = [*rules, f"key {', '.join(table.key)} is not unique"]
    found = [Violation(rule, int(rows)) for rule, rows in zip(names, broken_rows, strict=True) if rows]
    return Inspection(int(stored_rows), len(names), tuple(found))


def _column_rules(column: Column) -> Iterator[tuple[str, sge.Expression]]:
    value = sge.column(column.name, quoted=True)
    if not column.nullable:
        yield f"{column.name} is null", _is_null(column.name)
    if column.type == "float64":
        no_numbers = [sge.cast(sge.Literal.string(word), "double") for word in _NO_NUMBERS]
        yield f"{column.name} is not a number", value.isin(*no_numbers)
    if column.minimum is not None:
        yield f"{column.name} is below {column.minimum:g}", value < sge.convert(column.minimum)
    if column.maximum is not None:
        yield f"{column.name} is above {column.maximum:g}", value > sge.convert(column.maximum)
    if column.allowed:
        words = [sge.Literal.string(word) for word in column.allowed]
        yield f"{column.name} is not one of {', '.join(column.allowed)}", sge.not_(value.isin(*words))


def _is_null(name: str) -> sge.Expression:
    return sge.column(name, quoted=True).is_(sge.null())


def _rows_where(broken: sge.Expression) -> Any:
    """How many rows meet a condition; null meets none."""
    return sge.func("sum", sge.Case().when(broken, sge.convert(1)).else_(sge.convert(0)))


def _repeated_keys(table: Table, stored: sge.Table) -> sge.Expression:
    """How many keys stand in several rows."""
    keys = [sge.column(name, quoted=True) for name in table.key]
    several = sge.select("1").from_(stored.copy()).group_by(*keys).having("count(*) > 1").subquery("repeated")
    return sge.select("count(*)").from_(several).subquery()
