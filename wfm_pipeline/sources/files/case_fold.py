"""Rows that show cases as they stood after each change, folded to what happened in between.

Here: a closed rule of states. The first row of a case opens it; a state that differs from the one before is an event; another queue is a
move, another owner an assignment, another due time a due event. What a row does not say is as before. Not here: files (case_updates) and
the rules of a backlog (domain/backlog).
"""

from typing import Final

import numpy as np
import pandas as pd

OPEN, PAUSED, RESOLVED, CLOSED = range(4)
STATE_CODES: Final = {"open": OPEN, "paused": PAUSED, "resolved": RESOLVED, "closed": CLOSED}
KINDS: Final = ("opened", "due", "re_opened", "resumed", "moved", "assigned", "paused", "resolved", "closed")
"""Kinds in the order in which those of one row stand."""
_NONE: Final = -1
_KEPT: Final = ("queue", "agent", "priority")
"""What holds until a row says otherwise, besides the state."""


def fold(rows: pd.DataFrame) -> pd.DataFrame:
    """Events of cases.

    Args:
        rows: Per row of the log, in the order in which it was written: case, at (naive), state (code, -1: says nothing), queue, agent,
            priority (null: says nothing), due_at, opened_at, resolved_at, closed_at (naive; null: says nothing).

    Returns:
        By case and time: case_id, number (from 1 within the case), kind, happened_at, queue_id, priority, due_at, agent_id, known_at. Events of one
        case and instant are told apart by microseconds in their order. A time of a row is used only where it was known by then.
    """
    rows = _as_they_stood(rows)
    before = _before(rows)
    found = _events(rows, _kinds(rows, before), before)
    return _numbered(found)


def _as_they_stood(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by case and time, later ones of the same instant as they stood; each with all that is known by then."""
    rows = rows.assign(_place=np.arange(len(rows))).sort_values(["case", "at", "_place"], ignore_index=True)
    state = rows["state"].where(rows["state"] != _NONE)
    kept = rows[[*_KEPT, "due_at"]].assign(state=state).groupby(rows["case"], sort=False).ffill()
    return rows.assign(
        **{name: kept[name] for name in (*_KEPT, "due_at")}, state=kept["state"].fillna(OPEN).astype(int)
    )


def _before(rows: pd.DataFrame) -> pd.DataFrame:
    """The row before of the same case; null at its first."""
    return (
        rows[["case", "at", "state", *_KEPT, "due_at"]]
        .groupby("case", sort=False)
        .shift()
        .assign(is_first=~rows["case"].duplicated())
    )


def _kinds(rows: pd.DataFrame, before: pd.DataFrame) -> dict[str, np.ndarray]:
    """Kind -> which rows are one, shape (n_rows,)."""
    first = before["is_first"].to_numpy(bool)
    now = rows["state"].to_numpy(int)
    was = np.where(first, OPEN, before["state"].fillna(OPEN)).astype(int)
    was_done, is_live = np.isin(was, (RESOLVED, CLOSED)), np.isin(now, (OPEN, PAUSED))
    changed = {name: _differs(rows[name], before[name]) for name in (*_KEPT, "due_at")}
    # A closed case that is only resolved now was opened again in between.
    again = (was_done & is_live) | ((was == CLOSED) & (now == RESOLVED))
    is_moved = ~first & (changed["queue"] | (changed["priority"] & before["priority"].notna().to_numpy()))
    return {
        "opened": first,
        "due": changed["due_at"],
        "re_opened": again,
        "resumed": (was == PAUSED) & (now == OPEN),
        "moved": is_moved,
        "assigned": changed["agent"] & is_live,
        "paused": (now == PAUSED) & (was != PAUSED),
        "resolved": (now == RESOLVED) & (was != RESOLVED),
        "closed": (now == CLOSED) & (was != CLOSED),
    }


def _differs(now: pd.Series, before: pd.Series) -> np.ndarray:
    """Said, and other than what was said before."""
    return (now.notna() & (before.isna() | (now != before))).to_numpy(bool)


def _events(rows: pd.DataFrame, kinds: dict[str, np.ndarray], before: pd.DataFrame) -> pd.DataFrame:
    """One row per event, in order; a move tells queue and priority, an opening too, a due event its time."""
    places = [np.flatnonzero(kinds[kind]) for kind in KINDS]
    place, rank = np.concatenate(places), np.repeat(np.arange(len(KINDS)), [len(some) for some in places])
    order = np.lexsort((rank, place))
    place, rank = place[order], rank[order]
    told = rows.take(place).reset_index(drop=True)
    kind = np.array(KINDS, dtype=object)[rank]
    names_queue, sets_due = np.isin(rank, (KINDS.index("opened"), KINDS.index("moved"))), rank == KINDS.index("due")
    return pd.DataFrame(
        {
            "case_id": told["case"],
            "kind": kind,
            "happened_at": _moments(told, kind, before["at"].take(place).reset_index(drop=True)),
            "queue_id": told["queue"].where(names_queue),
            "priority": told["priority"],
            "due_at": told["due_at"].where(sets_due),
            "agent_id": told["agent"].where(~sets_due),
            "known_at": told["at"],
        }
    )


def _moments(told: pd.DataFrame, kind: np.ndarray, since: pd.Series) -> pd.Series:
    """When it happened: the source's own time of it where that is not from the future of the row, nor before the row before; else the row's."""
    at = told["at"]
    for name in ("opened", "resolved", "closed"):
        own = told[f"{name}_at"]
        is_possible = (own <= told["at"]) & ((own > since) | since.isna()) & pd.Series(kind == name, index=at.index)
        at = at.where(~is_possible, own)
    return at


def _numbered(events: pd.DataFrame) -> pd.DataFrame:
    """Numbers within the case; of events of one instant each a microsecond after the one before."""
    later = events.groupby("case_id", sort=False)["happened_at"].cummax()
    step = events.groupby([events["case_id"], later], sort=False).cumcount()
    number = events.groupby("case_id", sort=False).cumcount() + 1
    moment = later + pd.to_timedelta(step, unit="us")
    found = events.assign(happened_at=moment.astype("datetime64[us]"), number=number)
    return found.assign(
        known_at=found["known_at"].where(found["known_at"] >= found["happened_at"], found["happened_at"])
    )
