"""What is asked of an operational table for a window of time: one statement over all services, and the window once more.

Not here: who sends it, one after the other (database) or as it lives (live), and what becomes of the rows (door).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.operational.shifts import SHIFTS

FROM_TO: Final = {
    "contact_statistics": ("interval_start_time", "interval_start_time"),
    "agent_activity": ("interval_start_time", "interval_start_time"),
    "agent_states": ("started_at", "ended_at"),
    "shifts": ("starts_at", "ends_at"),
    "shift_breaks": ("starts_at", "ends_at"),
}
"""Table -> columns of its start and end; tables that are not here are read whole."""
_OF_THE_SCHEDULE: Final = ("shifts", "shift_breaks")
_LONGEST_OF_THE_SCHEDULE: Final = dt.timedelta(days=2)
"""Shifts last a day at most, and longer ones are refused: what began earlier cannot touch the window. With it an index finds
the window and does not walk through all of the past."""


def window_question(
    table: Table,
    *,
    dialect: str,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    service_ids: Sequence[str] | None = None,
) -> sa.Select[Any]:
    """The statement that reads a table.

    Args:
        table: A contract of contracts/operational.
        dialect: SQLAlchemy's name of the database's kind.
        since: Start of the window [since, until), UTC: intervals that start in it; states, shifts and breaks that touch it;
            None = without end. Of shifts and their breaks only the version in force is asked for, if not cancelled.
        until: Its end.
        service_ids: Only these services, where the table's rows belong to one; None = all.

    Returns:
        A select of all columns of the contract, in its order.
    """
    asked = _described(table)
    question = sa.select(*asked.c)
    if table.name in FROM_TO:
        question = question.where(*_in_window(table, asked, since, until, dialect))
    if table.name in _OF_THE_SCHEDULE:
        question = question.where(_in_force(asked))
    return question if service_ids is None else question.where(_service(table, asked).in_(list(service_ids)))


def within(table: Table, rows: pd.DataFrame, since: dt.datetime | None, until: dt.datetime | None) -> pd.DataFrame:
    """The window once more, on instants: as SQLite's texts, 08:00:00.000 comes after 08:00:00.

    Args:
        table: The contract.
        rows: Typed rows.
        since: Start of the window; None = without end.
        until: Its end.

    Returns:
        The rows that are in it.
    """
    if table.name not in FROM_TO:
        return rows
    starts, ends = (rows[name] for name in FROM_TO[table.name])
    is_in = pd.Series(data=True, index=rows.index)
    if until is not None:
        is_in &= starts < until
    if since is not None:
        is_in &= starts >= since if FROM_TO[table.name][0] == FROM_TO[table.name][1] else ends.isna() | (ends > since)
    return rows[is_in]


def moment_of(moment: dt.datetime, dialect: str) -> sa.ColumnElement[Any]:
    """An instant to compare with; SQLite keeps instants as text, with or without a fraction of a second."""
    if dialect == "sqlite":
        return sa.literal(moment.isoformat(" "))
    return sa.literal(moment, sa.DateTime())


def _in_window(
    table: Table, asked: Any, since: dt.datetime | None, until: dt.datetime | None, dialect: str
) -> list[sa.ColumnElement[bool]]:
    starts, ends = (asked.c[name] for name in FROM_TO[table.name])
    found = [] if until is None else [starts < moment_of(until, dialect)]
    if since is None:
        return found
    if starts is ends:
        return [*found, starts >= moment_of(since, dialect)]
    is_after = ends > moment_of(since, dialect)
    if table.name == "agent_states":
        return [*found, sa.or_(ends.is_(None), is_after)]
    return [*found, is_after, starts >= moment_of(since - _LONGEST_OF_THE_SCHEDULE, dialect)]


def _service(table: Table, asked: Any) -> Any:
    return asked.c["id" if table.name == "services" else "service_id"]


def _described(table: Table, alias: str | None = None) -> sa.FromClause:
    named = sa.table(table.name, *(sa.column(name) for name in table.column_names))
    return named.alias(alias) if alias else named


def _in_force(asked: Any) -> sa.ColumnElement[bool]:
    """The greatest version of a shift, wherever it lies, if it is not cancelled."""
    every, one = _described(SHIFTS, "every_version"), _described(SHIFTS, "in_force")
    newest = sa.select(sa.func.max(every.c.schedule_version)).where(every.c.shift_id == asked.c.shift_id)
    is_there = sa.select(sa.literal(1)).where(
        one.c.shift_id == asked.c.shift_id,
        one.c.schedule_version == asked.c.schedule_version,
        one.c.is_cancelled == sa.false(),
    )
    return sa.and_(asked.c.schedule_version == newest.scalar_subquery(), is_there.exists())
