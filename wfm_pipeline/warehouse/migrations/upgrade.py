"""What a warehouse lacks for this version, and giving it that: new nullable columns, the numbered steps, layouts.

Every writer does this first, except for steps that wait for `wfm upgrade`. Each change is a transaction
of its own: one that is cut off is done again by the next writer.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from wfm_pipeline.contracts.bronze import BRONZE_TABLES
from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.contracts.layout import Layout
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES, ALL_SILVER_TABLES
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import ibis_type
from wfm_pipeline.warehouse.migrations.layouts import ill_laid_out
from wfm_pipeline.warehouse.migrations.steps import STEPS, Step
from wfm_pipeline.warehouse.migrations.version import SCHEMA_VERSION, note_version, stored_version

TABLES = (*BRONZE_TABLES, *ALL_SILVER_TABLES, *ALL_GOLD_TABLES)
_LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is to be done.

    Attributes:
        what: In words.
        apply: Does it, all or nothing.
        is_automatic: The next writer does it without being asked.
    """

    what: str
    apply: Callable[[], None]
    is_automatic: bool = True


def pending_changes(
    warehouse: Warehouse, *, now: dt.datetime, steps: Sequence[Step] = STEPS, is_asked: bool = True
) -> list[Change]:
    """What a warehouse lacks for this version, in order; nothing for one that is up to date or empty.

    Args:
        warehouse: An open warehouse.
        now: Instant to write down, UTC.
        steps: The numbered steps.
        is_asked: Also the tables that stand otherwise than their contract has it, which do no harm.

    Raises:
        WarehouseError: a table lacks a column that must not be null, and no step brings it.
    """
    present = warehouse.stored_columns(_LAYERS)
    changes = [_new_column(warehouse, table, column) for table, column in _missing(present)]
    if not present:
        return changes
    known = stored_version(warehouse)
    changes += [_step(warehouse, step, now) for step in steps if step.number > known]
    return changes + ([_layout(warehouse, *found) for found in ill_laid_out(warehouse, present)] if is_asked else [])


def bring_up_to_date(
    warehouse: Warehouse, *, now: dt.datetime, is_asked: bool = False, steps: Sequence[Step] = STEPS
) -> list[str]:
    """Do what is pending; gives what was done, in words. Only for the holder of the writer lock.

    Args:
        warehouse: Open for writing.
        now: Instant to write down, UTC.
        is_asked: Do also the steps that wait for `wfm upgrade`, and give tables their contract's layout.
        steps: The numbered steps.

    Raises:
        WarehouseError: a step waits for `wfm upgrade`; nothing was changed.
    """
    changes = pending_changes(warehouse, now=now, steps=steps, is_asked=is_asked)
    waiting = [change.what for change in changes if not change.is_automatic]
    if waiting and not is_asked:
        raise WarehouseError(
            f"the warehouse was written by an older version and waits for: {'; '.join(waiting)}. "
            "Make a backup, look at `wfm upgrade --dry-run`, then `wfm upgrade`",
            waiting=waiting,
        )
    for change in changes:
        change.apply()
    if stored_version(warehouse) < SCHEMA_VERSION:
        note_version(warehouse, SCHEMA_VERSION, "made new", now=now)
    return [change.what for change in changes]


def _missing(present: dict[str, set[str]]) -> Iterator[tuple[Table, Column]]:
    for table in TABLES:
        if table.full_name not in present:
            continue
        for column in table.columns:
            if column.name not in present[table.full_name]:
                yield table, column


def _new_column(warehouse: Warehouse, table: Table, column: Column) -> Change:
    name = f"{table.full_name}.{column.name}"
    if not column.nullable:
        raise WarehouseError(
            f"the warehouse has no {name}, which must not be null, and no step brings it: it was written by a "
            "version that this one cannot upgrade from; see docs/how_to/upgrade.md",
            column=name,
        )
    kind = ibis_type(column.type)
    return Change(f"new column {name}", lambda: warehouse.add_column(table.full_name, column.name, kind))


def _layout(warehouse: Warehouse, name: str, layout: Layout, lacking: list[str]) -> Change:
    return Change("; ".join(lacking), lambda: warehouse.lay_out(name, layout))


def _step(warehouse: Warehouse, step: Step, now: dt.datetime) -> Change:
    def apply() -> None:
        with warehouse.transaction():
            step.apply(warehouse)
            note_version(warehouse, step.number, step.title, now=now)

    found = "; ".join(step.find(warehouse)) or "nothing to change"
    return Change(f"step {step.number}, {step.title}: {found}", apply, step.is_automatic)
