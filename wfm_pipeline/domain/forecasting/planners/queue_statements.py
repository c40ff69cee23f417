"""What a planner may state about queues: which rows are wrong alone, and which do not go together.

Here: the refusals, with the lines that contradict. Not here: what statements do to history and forecast
(domain/forecasting/desk/queue_changes.py).

The rule. A queue that ended (closed, renamed, merged, split away) takes part in nothing until a row opens it again. On one
date it does one thing; a queue that is given work may open on that date.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Final, cast

from wfm_pipeline.domain.planners_tables import Row
from wfm_pipeline.errors import DataError, shown

_GIVES: Final = {"renamed": "its new name", "merged": "the queue it goes into", "split": "a queue that takes a part"}
"""Kind -> what other_queue_id then names."""
_SHARES_SPARE: Final = 0.001
"""How far shares of a split may be from 1: thirds are written as 0.333 [0..1]."""
_NAMED_QUEUES: Final = 12
"""Queues that a message names as examples [count]."""


def complete_change(row: Row) -> Row:
    """A queue that opens or closes is its own other queue.

    Args:
        row: A row of the file.

    Returns:
        The row with other_queue_id filled in where the kind has none.
    """
    own = row["queue_id"] if row["kind"] not in _GIVES else None
    return {**row, "other_queue_id": row["other_queue_id"] or own}


def check_change(row: Row) -> None:
    """Refuse a statement that is wrong by itself.

    Args:
        row: A row of the file.

    Raises:
        DataError: the other queue or the share does not go with the kind.
    """
    kind, queue, other, share = (row[name] for name in ("kind", "queue_id", "other_queue_id", "share"))
    if kind in _GIVES and not other:
        raise DataError(f"other_queue_id must name {_GIVES[str(kind)]} where a queue is {kind}", got=other)
    if kind not in _GIVES and other != queue:
        raise DataError(f"other_queue_id must be empty where a queue is {kind}, got {shown(other)}", got=other)
    if kind in ("renamed", "merged") and other == queue:
        raise DataError(f"other_queue_id must be another queue than {shown(queue)} where it is {kind}", got=other)
    if kind == "split" and share is None:
        raise DataError("share must say which part of the calls goes there, such as 0.6, where a queue is split")
    if kind != "split" and share is not None:
        raise DataError(f"share must be empty where a queue is {kind}, got {share:g}; it belongs to split", got=share)


def check_changes(rows: Sequence[Row], places: Sequence[str], known: Sequence[str]) -> None:
    """Refuse statements that do not go together, or that are about a queue that nobody knows.

    Args:
        rows: All rows of the file, each sound by itself.
        places: Words for the place of each row.
        known: Queues that have calls; empty while none were loaded, and then every name is taken.

    Raises:
        DataError: shares of a split do not add up to 1, a queue does two things on one date, takes part after it ended, or
            has no calls and no row brings it; the message names the rows.
    """
    where = {id(row): place for row, place in zip(rows, places, strict=True)}
    doings: dict[tuple[object, object], list[Row]] = {}
    for row in rows:
        doings.setdefault((row["from_date"], row["queue_id"]), []).append(row)
    for same in doings.values():
        _check_one_doing(same, where)
    _check_order(rows, where)
    _check_known(rows, places, known)


def _check_one_doing(same: Sequence[Row], where: Mapping[int, str]) -> None:
    """What one queue does on one date."""
    first, *others = same
    for row in others:
        if not first["kind"] == row["kind"] == "split":
            raise DataError(
                f"queue {shown(first['queue_id'])} cannot be {first['kind']} and {row['kind']} on {first['from_date']}: "
                f"keep one of the two, or give them dates of their own; only a split has several rows "
                f"({where[id(first)]}; {where[id(row)]})",
                got=first["queue_id"],
            )
    total = math.fsum(cast("float", row["share"]) for row in same if row["kind"] == "split")
    if first["kind"] == "split" and abs(total - 1) > _SHARES_SPARE:
        raise DataError(
            f"shares of queue {shown(first['queue_id'])} split from {first['from_date']} must add up to 1, got {total:g}; "
            "a part that it keeps has a row of its own, with itself as other_queue_id "
            f"({'; '.join(where[id(row)] for row in same)})",
            got=total,
        )


def _check_order(rows: Sequence[Row], where: Mapping[int, str]) -> None:
    """Nobody takes part after the end, and nobody is given work on the date of the own end."""
    kept = {
        (row["queue_id"], row["from_date"])
        for row in rows
        if row["other_queue_id"] == row["queue_id"] and row["kind"] == "split"
    }
    ends: dict[object, list[tuple[dt.date, Row]]] = {}
    opens: dict[object, list[dt.date]] = {}
    for row in rows:
        date = cast("dt.date", row["from_date"])
        if row["kind"] == "opened":
            opens.setdefault(row["queue_id"], []).append(date)
        elif (row["queue_id"], date) not in kept:
            ends.setdefault(row["queue_id"], []).append((date, row))
    for row in rows:
        date = cast("dt.date", row["from_date"])
        for queue in {row["queue_id"], row["other_queue_id"]} if row["kind"] != "opened" else ():
            for ended, end in ends.get(queue, ()):
                is_own = queue == row["queue_id"] and ended == date
                is_open_again = any(ended <= opened <= date for opened in opens.get(queue, ()))
                if ended <= date and not is_own and not is_open_again:
                    raise DataError(
                        f"queue {shown(queue)} is {end['kind']} from {ended} and cannot take part from {date}: "
                        f"state with a row `opened` when it begins again, or mend queue or date "
                        f"({where[id(end)]}; {where[id(row)]})",
                        got=queue,
                    )


def _check_known(rows: Sequence[Row], places: Sequence[str], known: Sequence[str]) -> None:
    brought = {row["other_queue_id"] for row in rows if row["kind"] in ("renamed", "split")}
    brought |= {row["queue_id"] for row in rows if row["kind"] == "opened"}
    for row, place in zip(rows, places, strict=True):
        needed = [row["queue_id"], *([row["other_queue_id"]] if row["kind"] == "merged" else [])]
        for queue in needed:
            if known and queue not in known and queue not in brought:
                raise DataError(
                    f"queue {shown(queue)} has no calls and no row opens it; known are "
                    f"{', '.join(map(str, sorted(known)[:_NAMED_QUEUES]))}{', ...' if len(known) > _NAMED_QUEUES else ''} ({place})",
                    got=queue,
                )
