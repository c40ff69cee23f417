"""Does a table keep its contract? Counted in the engine, in one query, whatever the table's size.

The query is put together from names and bounds of the contract alone. It is no Ibis expression: some forty tables are
checked in every run, and compiling their rules took longer than answering them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlglot.expressions as sge

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.warehouse.engine import Warehouse

_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule and how many rows break it."""

    rule: str
    rows: int


def contract_violations(warehouse: Warehouse, table: Table) -> list[Violation]:
    """Rules of the contract that the stored table breaks.

    Args:
        warehouse: An open warehouse.
        table: The contract.

    Returns:
        One entry per broken rule: null in a required column, a value outside its range or its list,
        not a number, a key that is null or not unique. Empty where all is well or the table is empty.

    Raises:
        WarehouseError: there is no such table.
    """
    warehouse.table(table.full_name)
    rules = dict(rule for column in table.columns for rule in _column_rules(column))
    rules |= {f"key column {name} is null": _is_null(name) for name in table.key}
    counts = [_rows_where(broken) for broken in rules.values()]
    stored = sge.table_(table.name, db=table.layer, quoted=True)
    query = sge.select(*counts, _repeated_keys(table, stored)).from_(stored)
    (row,) = warehouse.rows(query.sql(warehouse.dialect))
    names = [*rules, f"key {', '.join(table.key)} is not unique"]
    return [Violation(rule, int(rows)) for rule, rows in zip(names, row, strict=True) if rows]


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
