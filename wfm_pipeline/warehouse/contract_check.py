"""Does a table keep its contract? Counted in the engine, in two queries, whatever the table's size."""

from dataclasses import dataclass

import ibis
from ibis.expr.types import BooleanValue
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.warehouse.engine import Warehouse


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
    """
    stored = warehouse.table(table.full_name)
    rules = {rule: broken for column in table.columns for rule, broken in _column_rules(column, stored).items()}
    rules |= {f"key column {name} is null": stored[name].isnull() for name in table.key}
    counts = {f"r{number}": broken.fill_null(False).sum() for number, broken in enumerate(rules.values())}
    row = warehouse.frame(stored.aggregate(**counts)).iloc[0].fillna(0)
    found = [Violation(rule, int(row[f"r{number}"])) for number, rule in enumerate(rules)]
    found.append(Violation(f"key {', '.join(table.key)} is not unique", _repeated_keys(warehouse, table, stored)))
    return [violation for violation in found if violation.rows]


def _column_rules(column: Column, stored: IbisTable) -> dict[str, BooleanValue]:
    value = stored[column.name]
    rules: dict[str, BooleanValue] = {}
    if not column.nullable:
        rules[f"{column.name} is null"] = value.isnull()
    if column.type == "float64":
        rules[f"{column.name} is not a number"] = value.isnan() | value.isinf()
    if column.minimum is not None:
        rules[f"{column.name} is below {column.minimum:g}"] = value < column.minimum
    if column.maximum is not None:
        rules[f"{column.name} is above {column.maximum:g}"] = value > column.maximum
    if column.allowed:
        rules[f"{column.name} is not one of {', '.join(column.allowed)}"] = value.notin(column.allowed)
    return rules


def _repeated_keys(warehouse: Warehouse, table: Table, stored: IbisTable) -> int:
    repeated = stored.group_by(*table.key).agg(rows=ibis._.count()).filter(ibis._.rows > 1)
    return int(warehouse.con.execute(repeated.count()))
