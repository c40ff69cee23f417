"""Planners' tables on the shelf: every version kept, the open ones read.

Here: taking the next state in, all or nothing, and reading what holds now. Not here: what a version
is (domain/history) and what the cells mean (domain/allocation).
"""

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.history import HISTORY_COLUMNS
from wfm_pipeline.domain.history import HistoryStep, Row, next_versions
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import arrow_schema
from wfm_pipeline.warehouse.engines.scope import Scope


def take_in(
    warehouse: Warehouse,
    table: Table,
    incoming: Sequence[Row],
    *,
    key: Sequence[str],
    now: dt.datetime,
    changed_by: str,
    scope: Scope | None = None,
) -> HistoryStep:
    """Bring a file's rows into a table with history; the same file again writes nothing.

    Args:
        warehouse: An open warehouse.
        table: The contract, with the columns of history.
        incoming: The file's rows without history.
        key: Columns that name a row, without valid_from.
        now: Instant of the change, UTC.
        changed_by: Who brought the file.
        scope: Rows the file speaks of; all if left out.
    """
    warehouse.create(table)
    owned = scope or Scope()
    with warehouse.transaction():
        stored = warehouse.arrow(owned.filter(warehouse.table(table.full_name))).to_pylist()
        step = next_versions(stored, incoming, key=key, now=now, changed_by=changed_by)
        if step.is_changed:
            warehouse.replace(table, pa.Table.from_pylist(list(step.rows), schema=arrow_schema(table)), owned)
    return step


def open_rows(warehouse: Warehouse, table: Table) -> pd.DataFrame:
    """Rows that hold now, in order of their key, without the columns of history."""
    return open_versions(warehouse, table).drop(columns=list(HISTORY_COLUMNS))


def open_versions(warehouse: Warehouse, table: Table, scope: Scope | None = None) -> pd.DataFrame:
    """Rows that hold now, with when they were brought and by whom, in order of their key."""
    stored = (scope or Scope()).filter(warehouse.table(table.full_name))
    return warehouse.frame(Scope({"valid_until": None}).filter(stored).order_by(*table.key))
