"""What was read of a day before, so that a cycle reads the last hour or two and one older hour in turn, and not the whole day.

Rows that come late or change are seen at once in the last hours, and in older ones when their turn comes: after as many cycles as the
window has hours. A window that has not been read yet is read whole. Not here: asking (reader), judging (door): that is of the whole day,
every time.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.sources.operational.live.door import TypedRows
from wfm_pipeline.sources.operational.questions import moment_of

HOUR: Final = pd.Timedelta(hours=1)
MARGIN: Final = HOUR
"""Rows up to this age, counted from the newest one, are read again in every cycle."""
REMEMBERED_BY: Final = {
    "contact_statistics": "interval_start_time",
    "agent_activity": "interval_start_time",
    "agent_states": "ended_at",
}
"""Table -> the instant by whose hour its rows are kept; rows without one are read every time."""
_NEVER_OLD: Final = pd.Timestamp("9999-12-31")
"""Stands for the hour of rows without an instant."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is read of a window this time.

    Attributes:
        recent_from: From this instant on everything, and what has no instant.
        older_hour: Start of the older hour whose turn it is; None = there is none.
    """

    recent_from: pd.Timestamp
    older_hour: pd.Timestamp | None

    def only(self, question: sa.Select[Any], table: Table, dialect: str) -> sa.Select[Any]:
        """The question, of these parts alone."""
        at = question.selected_columns[REMEMBERED_BY[table.name]]
        wanted = [at >= _moment(self.recent_from, dialect)]
        if table.column(at.name).nullable:
            wanted.append(at.is_(None))
        if self.older_hour is not None:
            ends = self.older_hour + HOUR
            wanted.append(sa.and_(at >= _moment(self.older_hour, dialect), at < _moment(ends, dialect)))
        return question.where(sa.or_(*wanted))

    def hold(self, hour: pd.Timestamp) -> bool:
        """Whether an hour's rows are read this time."""
        return hour >= self.recent_from or hour == self.older_hour


@dataclass(frozen=True, slots=True, eq=False)
class TableMemory:
    """Rows of one table's window.

    Attributes:
        hours: Start of an hour -> its rows as they were when it was last read.
        parts: What is to be read next; None = everything.
    """

    hours: Mapping[pd.Timestamp, TypedRows] = field(default_factory=dict)
    parts: Parts | None = None

    def rows(self, table: Table) -> TypedRows:
        """All rows, those read last at the end."""
        if not self.hours:
            return TypedRows.of(table, pd.DataFrame(columns=list(table.column_names)))
        return TypedRows.together(list(self.hours.values()))


def remembered(
    memory: TableMemory, table: Table, fresh: TypedRows, *, since: dt.datetime, until: dt.datetime
) -> TableMemory:
    """The memory with what has just been read.

    Args:
        memory: What was known before.
        table: The contract.
        fresh: Rows of `memory.parts`.
        since: Start of the window.
        until: Newest instant that may be counted from: the end of the window, or until when the centre is true. A row further
            ahead, by a wrong clock, does not make others old.

    Returns:
        A new one; of a row that has moved to another hour only the newer reading is kept. Hours that came as they were known are
        the same objects, and so are all hours if none has changed. After a state that was ended backwards everything is read once.
    """
    parts = memory.parts
    came = {
        hour: _known_or(rows, memory.hours.get(hour))
        for hour, rows in _by_hour(table, fresh)
        if parts is None or parts.hold(hour)
    }
    kept = {} if parts is None else {hour: rows for hour, rows in memory.hours.items() if not parts.hold(hour)}
    hours: Mapping[pd.Timestamp, TypedRows] = _newest_of_a_key(table, kept, came) if kept else came
    if memory.hours.keys() == hours.keys() and all(hours[hour] is rows for hour, rows in memory.hours.items()):
        hours = memory.hours
    if parts is not None and _has_lost_an_open_row(table, memory.hours, came):
        return TableMemory(hours)
    return TableMemory(hours, _next_parts(parts, list(hours), pd.Timestamp(since), pd.Timestamp(until)))


def _known_or(rows: TypedRows, known: TypedRows | None) -> TypedRows:
    return known if known is not None and rows.is_same(known) else rows


def _next_parts(
    parts: Parts | None, hours: list[pd.Timestamp], since: pd.Timestamp, until: pd.Timestamp
) -> Parts | None:
    known = [hour for hour in hours if hour != _NEVER_OLD]
    if not known:
        return None
    first, recent_from = since.floor(HOUR), min(max(known), until.floor(HOUR)) - MARGIN
    if recent_from <= first:
        return None
    before = parts.older_hour if parts else None
    following = first if before is None or before + HOUR >= recent_from else before + HOUR
    return Parts(recent_from, following)


def _by_hour(table: Table, rows: TypedRows) -> Iterator[tuple[pd.Timestamp, TypedRows]]:
    hours = rows.frame[REMEMBERED_BY[table.name]].dt.floor(HOUR).fillna(_NEVER_OLD)
    for hour, places in hours.groupby(hours, sort=True).indices.items():
        yield pd.Timestamp(hour), rows.at(places)


def _newest_of_a_key(
    table: Table, kept: Mapping[pd.Timestamp, TypedRows], came: Mapping[pd.Timestamp, TypedRows]
) -> dict[pd.Timestamp, TypedRows]:
    """Both, without rows of the older reading whose key has come in another hour: a state that was ended later after all."""
    if REMEMBERED_BY[table.name] in table.key or not came:
        return {**kept, **came}
    old, fresh = (pd.concat([rows.frame[list(table.key)] for rows in part.values()]) for part in (kept, came))
    again = pd.MultiIndex.from_frame(fresh[_is_in(fresh, old)])
    if again.empty:
        return {**kept, **came}
    cleared = {}
    for hour, rows in kept.items():
        is_old = pd.MultiIndex.from_frame(rows.frame[list(table.key)]).isin(again)
        cleared[hour] = rows.at(np.flatnonzero(~is_old)) if is_old.any() else rows
    return {**cleared, **came}


def _has_lost_an_open_row(
    table: Table, known: Mapping[pd.Timestamp, TypedRows], came: Mapping[pd.Timestamp, TypedRows]
) -> bool:
    """Whether a row without an end is neither open any more nor ended lately: it was ended backwards, in an hour not read now."""
    if _NEVER_OLD not in known or not came:
        return _NEVER_OLD in known
    was_open = known[_NEVER_OLD].frame[list(table.key)]
    fresh = pd.concat([rows.frame[list(table.key)] for rows in came.values()])
    return not _is_in(was_open, fresh).all()


def _is_in(keys: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    return pd.concat([others, keys]).duplicated(keep="first").to_numpy()[len(others) :]


def _moment(moment: pd.Timestamp, dialect: str) -> sa.ColumnElement[Any]:
    return moment_of(moment.to_pydatetime(), dialect)
