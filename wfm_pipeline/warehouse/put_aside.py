"""Intermediate results that are worth keeping for a moment, where the engine can join them well."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlglot as sg
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.warehouse.engine import Warehouse


@contextmanager
def put_aside(warehouse: Warehouse, rows: IbisTable) -> Iterator[IbisTable]:
    """The rows as a temporary table that lasts as long as the `with`.

    Open it outside a transaction: one that fails would keep the table from being dropped.
    """
    with rows.cache() as kept:
        if warehouse.dialect == "postgres":
            warehouse.execute(f"analyze {sg.to_identifier(kept.get_name(), quoted=True).sql('postgres')}")
        yield kept


def renew_statistics(warehouse: Warehouse, table: str) -> None:
    """Tell the planner how large a table has become; PostgreSQL joins fresh rows row by row until it knows."""
    if warehouse.dialect == "postgres" and warehouse.has(table):
        warehouse.execute(f"analyze {warehouse.quoted(table)}")
