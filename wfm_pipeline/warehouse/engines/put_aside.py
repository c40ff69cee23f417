"""Intermediate results that are worth keeping for a moment, where the engine can join them well."""

from collections.abc import Iterator
from contextlib import contextmanager

from ibis.expr.types import Table as IbisTable

from wfm_pipeline.warehouse.engines.engine import Warehouse


@contextmanager
def put_aside(warehouse: Warehouse, rows: IbisTable) -> Iterator[IbisTable]:
    """The rows as a temporary table that lasts as long as the `with`.

    Open it outside a transaction: one that fails would keep the table from being dropped.
    """
    with rows.cache() as kept:
        warehouse.renew_statistics(kept.get_name())
        yield kept


def renew_statistics(warehouse: Warehouse, table: str) -> None:
    """Tell the planner how large a table has become; PostgreSQL joins fresh rows row by row until it knows."""
    if warehouse.has(table):
        warehouse.renew_statistics(table)
