"""A warehouse in which every column that the contracts mark personal holds values that can be found again.

Not here: which copies of it are made, and who may read them (the tests).
"""

import pyarrow as pa

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.contracts.publication import PUBLICATION
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline_tests.contract_kit import TABLES, rows_of_contract

WORD = "canary"
"""With what every planted value begins."""
ROWS = 6
PERSONAL = [
    (table, column)
    for table in TABLES
    for column in table.columns
    if column.personal and table.full_name != "bronze.pseudonym"
]
STRANGE = f"{WORD}.of.nobodys.table"
"""Planted where no contract says what a value is: in a table of somebody else, and in a column of ours that is none."""


def canaries(table: Table, column: Column) -> list[str]:
    """The values that a personal column holds."""
    return [f"{WORD}.{table.full_name}.{column.name}.{row}" for row in range(ROWS)]


def planted(table: Table) -> pa.Table:
    """Rows of a table with a value of its own in each cell of a personal column."""
    rows = rows_of_contract(table, rows=ROWS)
    for column in table.columns:
        if (table, column) in PERSONAL:
            place = rows.schema.get_field_index(column.name)
            rows = rows.set_column(place, rows.schema.field(place), pa.array(canaries(table, column), pa.string()))
    return rows


def plant(warehouse):
    """Fill every table of the contracts; and one of gold that no contract knows, and a column."""
    for table in TABLES:
        if table != PUBLICATION and table.full_name != "bronze.pseudonym":
            warehouse.replace(table, planted(table), Scope())
    warehouse.execute(f"create table gold.of_somebody_else as select '{STRANGE}' as who")
    warehouse.add_column("gold.customer_behavior", "who_else", "string")
    warehouse.execute(f"update gold.customer_behavior set who_else = '{STRANGE}'")


def of_gold():
    """All values that a copy with persons holds."""
    return {value for table, column in PERSONAL if table.layer == "gold" for value in canaries(table, column)} | {
        STRANGE
    }
