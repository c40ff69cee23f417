"""Whose rows the operational tables hold: a replay writes only into tables that are empty or its own.

Its sign is `replay_marks`, written in the same transaction as the first rows and renewed in that of every tick, with the rows
that each table holds then. Tables with rows and no such sign are somebody's; so are tables that hold more or fewer rows than
the sign says. Not here: how rows are written (sources/operational).
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from wfm_pipeline.contracts.operational.replays import ONLY_REPLAY, REPLAY_MARKS
from wfm_pipeline.errors import WfmError
from wfm_pipeline.sources.operational.writing import OperationalTables, described

_MARKS: Final = described(REPLAY_MARKS)


class ForeignRowsError(WfmError):
    """The tables hold rows that no replay wrote, or another replay's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a replay is: two with the same words here write the same tables.

    Attributes:
        source: Name of the source.
        date: Business date of the records.
        digest: What the records and the numbers were.
        token: Name of this run.
    """

    source: str
    date: dt.date
    digest: str
    token: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the tables have come.

    Attributes:
        shift_seconds: Added to every recorded instant [s].
        as_of: As of when they are, in the tables' own time; None before the first tick.
    """

    shift_seconds: int
    as_of: dt.datetime | None


def make_marks(tables: OperationalTables) -> None:
    """Make the table of the sign, if it is missing."""
    with tables.transaction() as connection:
        _MARKS.create(connection, checkfirst=True)


def standing_of(tables: OperationalTables, source: str, date: dt.date) -> Standing | None:
    """How far a replay of this source and date has come.

    Args:
        tables: The tables, with their sign's table.
        source: Name of the source.
        date: Business date.

    Returns:
        None where the tables are empty.

    Raises:
        ForeignRowsError: they hold rows that are not this replay's.
    """
    with tables.transaction() as connection:
        mark = _checked_mark(tables, connection)
    if mark is None:
        return None
    if (mark["source"], mark["recorded_date"]) != (source, date.isoformat()):
        raise ForeignRowsError(
            f"{tables.shown_url} holds a replay of {mark['source']} {mark['recorded_date']}; --start-over deletes it and "
            "replays this day instead"
        )
    return Standing(int(mark["shift_seconds"]), mark["as_of"])


def start_over(tables: OperationalTables) -> None:
    """Delete what a replay wrote, sign included.

    Raises:
        ForeignRowsError: there are rows that no replay wrote; nothing is deleted.
    """
    with tables.transaction() as connection:
        if _checked_mark(tables, connection) is not None:
            tables.empty(connection)
            connection.execute(sa.delete(_MARKS))


def take(tables: OperationalTables, claim: Claim, shift_seconds: int) -> None:
    """Put the sign on empty tables, or take up that of an earlier run of the same replay.

    Raises:
        ForeignRowsError: there are rows of others, or the records are not those that were replayed.
    """
    with tables.transaction() as connection:
        mark = _checked_mark(tables, connection)
        if mark is not None and mark["digest"] != claim.digest:
            raise ForeignRowsError(
                f"{tables.shown_url} holds a replay of {claim.source} {claim.date} from other records or settings than "
                "those of now; --start-over replays what is recorded now"
            )
        if mark is not None:
            connection.execute(sa.update(_MARKS).values(run_token=claim.token))
            return
        own = {"source": claim.source, "recorded_date": claim.date.isoformat(), "digest": claim.digest}
        row = {"id": ONLY_REPLAY, **own, "shift_seconds": shift_seconds, "row_counts": "{}", "run_token": claim.token}
        connection.execute(sa.insert(_MARKS), row)


def renew(connection: sa.Connection, claim: Claim, as_of: dt.datetime, row_counts: dict[str, int]) -> None:
    """Note how far the tables have come, inside the transaction that brings them there.

    Raises:
        ForeignRowsError: another run has taken the tables over, or they were emptied; the transaction must not end well.
    """
    values = {"as_of": as_of, "row_counts": json.dumps(row_counts, sort_keys=True)}
    done = connection.execute(sa.update(_MARKS).where(_MARKS.c.run_token == claim.token).values(values))
    if done.rowcount != 1:
        raise ForeignRowsError("another replay has taken these tables over: this one stops")


def _checked_mark(tables: OperationalTables, connection: sa.Connection) -> "sa.RowMapping | dict[str, Any] | None":
    """The sign, or None on empty tables."""
    mark = connection.execute(sa.select(_MARKS)).mappings().first()
    noted = {} if mark is None else json.loads(mark["row_counts"])
    wrong = [
        f"{name} holds {rows:,} rows, {noted.get(name, 0):,} of them a replay's"
        for name, rows in tables.row_counts(connection).items()
        if rows != noted.get(name, 0)
    ]
    if wrong:
        raise ForeignRowsError(
            f"{tables.shown_url}: {'; '.join(wrong)}. A replay never writes over others' rows: give it a database of its "
            "own (--to), or drop these tables yourself if nobody needs them"
        )
    return mark
