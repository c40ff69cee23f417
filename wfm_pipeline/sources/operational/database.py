"""Asks a live centre's database for its operational tables, a window of time over all services in one question.

Not here: what becomes of the rows (door), the tables of a source map (sources/databases).
"""

import datetime as dt
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.operational.shifts import SHIFTS
from wfm_pipeline.sources.databases.connect import URL_OF_SOURCE, Connection
from wfm_pipeline.sources.operational.door import OperationalRows, through_the_door

_FROM_TO: Final = {
    "contact_statistics": ("interval_start_time", "interval_start_time"),
    "agent_activity": ("interval_start_time", "interval_start_time"),
    "agent_states": ("started_at", "ended_at"),
    "shifts": ("starts_at", "ends_at"),
    "shift_breaks": ("starts_at", "ends_at"),
}
"""Table -> columns of its start and end; tables that are not here are read whole."""
_OF_THE_SCHEDULE: Final = ("shifts", "shift_breaks")


class OperationalDatabase:
    """A database with operational tables, read only."""

    def __init__(self, url: str, *, what: str = URL_OF_SOURCE) -> None:
        """Prepare the engine; the first question connects.

        Args:
            url: A SQLAlchemy URL.
            what: Whose URL it is, for messages.

        Raises:
            SettingsError, SourceError: the URL is not one, its driver is missing, or the file is not there.
        """
        self._connection = Connection(url, what=what)
        self._engine = self._connection.engine

    def rows(
        self, table: Table, *, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> OperationalRows:
        """Rows of a table, through the door.

        Args:
            table: A contract of contracts/operational.
            since: Start of the window [since, until), UTC: intervals that start in it; states, shifts and breaks that
                touch it; None = without end. Of shifts and their breaks only the version in force is read, if not cancelled.
            until: Its end.

        Returns:
            Rows in the house's units, and findings.

        Raises:
            SourceError: the database cannot be read, a column is missing, or a unit is wrong.
        """
        try:
            with self._engine.connect() as connection:
                answer = connection.execute(self._question(table, since, until))
                raw = pd.DataFrame(answer.fetchall(), columns=list(answer.keys()))
        except SQLAlchemyError as error:
            raise self._connection.error(error) from None
        found = through_the_door(table, raw)
        return OperationalRows(_within(table, found.rows, since, until), found.findings)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _question(self, table: Table, since: dt.datetime | None, until: dt.datetime | None) -> sa.Select[Any]:
        asked = _described(table)
        question = sa.select(*asked.c)
        if table.name in _FROM_TO:
            starts, ends = (asked.c[name] for name in _FROM_TO[table.name])
            if until is not None:
                question = question.where(starts < self._moment(until))
            if since is not None and starts is ends:
                question = question.where(starts >= self._moment(since))
            elif since is not None:
                is_open = sa.or_(ends.is_(None), ends > self._moment(since))
                question = question.where(is_open if table.name == "agent_states" else ends > self._moment(since))
        return question.where(_in_force(asked)) if table.name in _OF_THE_SCHEDULE else question

    def _moment(self, moment: dt.datetime) -> sa.ColumnElement[Any]:
        """An instant to compare with; SQLite keeps instants as text, with or without a fraction of a second."""
        if self._engine.dialect.name == "sqlite":
            return sa.literal(moment.isoformat(" "))
        return sa.literal(moment, sa.DateTime())


def _within(table: Table, rows: pd.DataFrame, since: dt.datetime | None, until: dt.datetime | None) -> pd.DataFrame:
    """The window once more, on instants: as texts, 08:00:00.000 comes after 08:00:00."""
    if table.name not in _FROM_TO:
        return rows
    starts, ends = (rows[name] for name in _FROM_TO[table.name])
    is_in = pd.Series(data=True, index=rows.index)
    if until is not None:
        is_in &= starts < until
    if since is not None:
        is_in &= starts >= since if _FROM_TO[table.name][0] == _FROM_TO[table.name][1] else ends.isna() | (ends > since)
    return rows[is_in]


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
