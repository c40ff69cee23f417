"""Case events: what their columns are, in which order they stand, and which of them cannot be used and why.

Here: the door. Not here: what events do to cases (timeline).

Columns: `case_id`; `kind`, one of `KINDS`; `at` (naive UTC), when it happened; `queue_id`, read of `opened` alone;
`to_queue`, read of `moved` alone; `due_at` (naive UTC), read of `due` alone. May be left out: `known_at` (naive UTC), when the source
first told it, null = nobody wrote that down; `priority`, holds from the event on, null = as before; `to_queue` and `due_at` where there is no such event;
`row_id`, a text. Events of one instant: `opened` first, the others in the order of the rows; where rows have a `row_id`, by kind in the order of
`KINDS` and then by it, so that the order of the rows says nothing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.arrays import BoolArray, IntArray
from wfm_pipeline.domain.backlog.working_time import NO_TIME
from wfm_pipeline.errors import DataError

KINDS: Final = ("opened", "assigned", "moved", "paused", "resumed", "resolved", "closed", "re_opened", "due")
NEEDED: Final = ("case_id", "kind", "at", "queue_id")
FINDING_COLUMNS: Final = ("case_id", "kind", "at", "finding")


@dataclass(frozen=True, slots=True, eq=False)
class CaseEvents:
    """Events that can be used, by case and time; the first of each case opens it. Instants in microseconds since 1970.

    Attributes:
        case_ids: Id of each event's case, shape (n_events,).
        first: Row of the first event of the same case, shape (n_events,).
        kind: Kinds, shape (n_events,).
        happened_at: When, shape (n_events,).
        queue: Place in `queues` that an `opened` or `moved` event names, else -1.
        priority: Place in `priorities`, -1 where the event says none.
        due_at: Of a `due` event; `NO_TIME` elsewhere.
        queues: Names of the queues, sorted; `(unknown)` among them only where a case is there.
        priorities: Values of priority, sorted as texts.
        findings: What was not used, or not as it stood: `FINDING_COLUMNS`.
        not_yet_known: Events that the source told only after `as_of` [count]; no fault.
    """

    case_ids: np.ndarray
    first: IntArray
    kind: np.ndarray
    happened_at: IntArray
    queue: IntArray
    priority: IntArray
    due_at: IntArray
    queues: tuple[str, ...]
    priorities: tuple[object, ...]
    findings: pd.DataFrame
    not_yet_known: int


def usable_events(events: pd.DataFrame, *, as_of: pd.Timestamp, queues: tuple[str, ...] | None) -> CaseEvents:
    """What was known of cases at an instant, in order, with a finding for everything that cannot be true.

    Args:
        events: Columns as above, in any order.
        as_of: The instant of knowledge, naive UTC: what was told later is not used.
        queues: The queues there are; None for whatever events name.

    Returns:
        The events. `in_the_future`, `no_case`, `no_time`, `unknown_kind`, `before_opened`, `closed_before_opened`, `never_opened` and
        `opened_again` are not used; a case of an `unknown_queue` is counted in `(unknown)`.

    Raises:
        DataError: a column is missing, or instants are no naive datetimes.
    """
    rows = _complete(events)
    is_known = ~(rows["known_at"] > as_of).to_numpy()
    rows = rows[is_known]
    wrong = [
        ("no_case", rows["case_id"].isna()),
        ("no_time", rows["at"].isna()),
        ("unknown_kind", ~rows["kind"].isin(KINDS)),
        ("in_the_future", rows["at"] > as_of),
    ]
    findings, rows = _set_aside(rows, [(name, mask.to_numpy(bool)) for name, mask in wrong])
    rows, codes = _in_order(rows)
    more, rows, codes = _without_opening(rows, codes)
    queue, names, unknown = _queue_codes(rows, queues)
    priority, priorities = _priority_codes(rows["priority"])
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    return CaseEvents(
        case_ids=rows["case_id"].to_numpy(object),
        first=np.repeat(starts, np.diff(np.append(starts, len(codes)))),
        kind=rows["kind"].to_numpy(object).astype("U10"),
        happened_at=_microseconds(rows["at"]),
        queue=queue,
        priority=priority,
        due_at=np.where((rows["kind"] == "due").to_numpy(bool), _microseconds(rows["due_at"]), NO_TIME),
        queues=names,
        priorities=priorities,
        findings=pd.concat([findings, more, _found(rows[unknown], "unknown_queue")], ignore_index=True),
        not_yet_known=int((~is_known).sum()),
    )


def _complete(events: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in NEEDED if name not in events.columns]
    if missing:
        raise DataError(f"case events lack {missing}; there are {sorted(map(str, events.columns))}", missing=missing)
    rows = events.copy(deep=False)
    for name in ("known_at", "due_at", "to_queue", "priority"):
        if name not in rows.columns:
            rows[name] = None if name in ("to_queue", "priority") else pd.Series(pd.NaT, rows.index, "datetime64[us]")
    for name in ("at", "known_at", "due_at"):
        if not (isinstance(rows[name].dtype, np.dtype) and rows[name].dtype.kind == "M"):
            raise DataError(f"{name} of case events must be naive UTC datetimes, got {rows[name].dtype}", column=name)
    return rows


def _set_aside(rows: pd.DataFrame, wrong: list[tuple[str, BoolArray]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Findings, and the rows without them; of several faults of a row the first is told."""
    if not any(mask.any() for _, mask in wrong):
        return _found(rows.iloc[:0], ""), rows
    told = np.select([mask for _, mask in wrong], [name for name, _ in wrong], default="")
    return _found(rows[told != ""], told[told != ""]), rows[told == ""]


def _found(rows: pd.DataFrame, finding: str | np.ndarray) -> pd.DataFrame:
    return rows[["case_id", "kind", "at"]].assign(finding=finding)


def _in_order(rows: pd.DataFrame) -> tuple[pd.DataFrame, IntArray]:
    """By case, time, `opened` first, then as the rows stood or as their ids say; codes of cases in that order."""
    codes, _ = pd.factorize(rows["case_id"], sort=False)
    codes, at = codes.astype(np.int64), _microseconds(rows["at"])
    rank = pd.Index(KINDS).get_indexer(pd.Index(rows["kind"])) if "row_id" in rows else rows["kind"] != "opened"
    order = np.lexsort((np.asarray(rank).astype(np.int8), at, codes))
    if "row_id" in rows:
        order = _by_id_in_ties(order, (codes, at, np.asarray(rank)), rows["row_id"])
    return rows.iloc[order], codes[order]


def _by_id_in_ties(order: IntArray, keys: tuple[IntArray, ...], ids: pd.Series) -> IntArray:
    """Rows whose keys are the same put in the order of their ids; there are few."""
    is_same = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        is_same &= np.diff(key[order]) == 0
    tied = np.flatnonzero(np.append(is_same, False) | np.append(False, is_same)) if len(order) else order
    run = np.cumsum(np.append(True, ~is_same))[tied] if len(order) else order
    text, _ = pd.factorize(ids.iloc[order[tied]], sort=True)
    sorted_order = order.copy()
    sorted_order[tied] = order[tied][np.lexsort((text, run))]
    return sorted_order


def _without_opening(rows: pd.DataFrame, codes: IntArray) -> tuple[pd.DataFrame, pd.DataFrame, IntArray]:
    """A case begins with its first `opened`: what stands before it, and every other `opened`, is set aside."""
    kind = rows["kind"].to_numpy(object)
    number = np.arange(len(rows))
    opens = np.full(int(codes.max(initial=-1)) + 1, len(rows))
    np.minimum.at(opens, codes[kind == "opened"], number[kind == "opened"])
    opened = opens[codes]
    is_before = number < opened
    wrong = [
        ("never_opened", opened == len(rows)),
        ("closed_before_opened", is_before & np.isin(kind.astype("U10"), ("resolved", "closed"))),
        ("before_opened", is_before),
        ("opened_again", (kind == "opened") & (number > opened)),
    ]
    findings, left = _set_aside(rows, wrong)
    is_left = (number >= opened) & ~((kind == "opened") & (number > opened))
    return findings, left, codes[is_left]


def _queue_codes(rows: pd.DataFrame, queues: tuple[str, ...] | None) -> tuple[IntArray, tuple[str, ...], BoolArray]:
    """Places of the queues that openings and moves name; names; which of them name no queue that there is."""
    kind = rows["kind"]
    named = rows["queue_id"].where((kind == "opened").to_numpy(bool), rows["to_queue"])
    names_one = kind.isin(("opened", "moved")).to_numpy(bool)
    there = named[names_one].dropna()
    names = tuple(sorted(set(queues if queues is not None else there.unique()) - {UNKNOWN}))
    code = pd.Index(names, dtype=object).get_indexer(pd.Index(named.astype(object))).astype(np.int64)
    unknown = names_one & (code < 0)
    code[unknown] = len(names)
    code[~names_one] = -1
    return code, (*names, UNKNOWN) if unknown.any() else names, unknown


def _priority_codes(told: pd.Series) -> tuple[IntArray, tuple[object, ...]]:
    """Places, -1 for null; values in the order of their texts."""
    codes, values = pd.factorize(told)
    names = values.tolist()
    order = sorted(range(len(names)), key=lambda place: str(names[place]))
    place_of = np.empty(len(names) + 1, dtype=np.int64)
    place_of[order], place_of[-1] = np.arange(len(names)), -1
    return place_of[codes], tuple(names[place] for place in order)


def _microseconds(instants: pd.Series) -> IntArray:
    return instants.to_numpy("datetime64[us]").astype(np.int64)
