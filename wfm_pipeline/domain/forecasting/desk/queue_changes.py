"""Queues that planners say open, close, are renamed, merged or split: whose calls are whose history.

Here: what statements that hold come to (`whose_calls`), and a history laid out by it. The calls of a queue are cut into
parts by date; a part goes whole or by its share to the queue that has the work now. Not here: queues that have stopped by
rule (stopped.py), which statements contradict each other (planners), and how a horizon is cut where one
begins to hold (stretches in the room above).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel

HANDLED: Final = ("answered_handle_known", "handle_seconds")
"""Columns of a history of handle times that are divided and added up with the calls."""
_ORDER: Final = ("opened", "split", "renamed", "merged", "closed")
"""Order of statements of one date: what opens takes before others give."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """What a planner states about a queue.

    Attributes:
        from_date: First date on which it is so.
        kind: opened, closed, renamed, merged or split.
        queue_id: The queue that changes.
        other_queue_id: Where its calls go; the queue itself where it opens, closes or keeps a part.
        share: Part of a split that goes there [0..1]; 1 for other kinds.
    """

    from_date: dt.date
    kind: str
    queue_id: str
    other_queue_id: str
    share: float = 1.0

    def said(self) -> str:
        """The statement in words, such as `renamed to new from 2026-03-01`."""
        link = {"renamed": "to", "merged": "into", "split": "to"}.get(self.kind)
        goal = f" {link} {self.other_queue_id!r}" if link else ""
        part = f" ({self.share:.0%})" if self.kind == "split" else ""
        return f"{self.kind}{goal}{part} from {self.from_date}"


@dataclass(frozen=True, slots=True)
class Part:
    """Calls that came under a queue's name in a stretch of dates.

    Attributes:
        queue_id: The name they came under.
        since: First date.
        until: Date after the last.
        share: Part of them that is meant [0..1].
    """

    queue_id: str
    since: dt.date = dt.date.min
    until: dt.date = dt.date.max
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose calls are whose, by statements that hold.

    Attributes:
        parts: Queue -> the calls that are its history; queues that nobody speaks of have their own.
        ended: Queue that takes no calls -> why, in words.
        moved: Queue that was given others' history -> how, in words.
    """

    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, queue_id: str) -> tuple[Part, ...]:
        """The calls that are a queue's history.

        Args:
            queue_id: The queue.

        Returns:
            Its parts; none where the queue takes no calls.
        """
        return () if queue_id in self.ended else self.parts.get(queue_id, (Part(queue_id),))

    def heirs(self, queue_ids: Iterable[str]) -> set[str]:
        """Queues that have calls of some names.

        Args:
            queue_ids: The names under which calls came.

        Returns:
            Queues of which at least a part came under one of them.
        """
        known = set(queue_ids)
        return {queue for queue in self.parts if any(part.queue_id in known for part in self.of(queue))}


def whose_calls(changes: Iterable[Change], *, on: dt.date) -> Ownership:
    """What the statements that hold on a date come to.

    Args:
        changes: Statements, in any order.
        on: The date; a queue that is said to open later takes no calls yet.

    Returns:
        Whose calls are whose. Statements act in order of their dates.
    """
    ordered = sorted(changes, key=lambda one: (one.from_date, _ORDER.index(one.kind), one))
    parts: dict[str, list[Part]] = {}
    ended: dict[str, str] = {}
    moved: dict[str, list[str]] = {}
    spoken_of: set[str] = set()
    for (kind, queue, date), group in groupby(ordered, lambda one: (one.kind, one.queue_id, one.from_date)):
        said = tuple(group)
        if date > on:
            if kind == "opened" and queue not in spoken_of:
                ended[queue] = f"opens on {date}"
        elif kind == "opened":
            _open(parts, queue, date)
            ended.pop(queue, None)
        elif kind == "closed":
            ended[queue] = said[0].said()
        else:
            _give(parts, moved, ended, said)
        spoken_of |= {queue, *(one.other_queue_id for one in said)}
    return Ownership(
        {queue: tuple(own) for queue, own in parts.items()},
        ended,
        {name: tuple(words) for name, words in moved.items()},
    )


def _open(parts: dict[str, list[Part]], queue_id: str, date: dt.date) -> None:
    """A queue that begins has no history before; what came under its name then stays with those who took it."""
    for queue, own in parts.items():
        parts[queue] = [_cut(part, date) if part.queue_id == queue_id else part for part in own]
    parts[queue_id] = [Part(queue_id, since=date)]


def _cut(part: Part, date: dt.date) -> Part:
    return replace(part, until=min(part.until, date))


def _give(
    parts: dict[str, list[Part]], moved: dict[str, list[str]], ended: dict[str, str], given: Sequence[Change]
) -> None:
    """Hand a queue's history to others; one that keeps a part of a split has its own calls whole from then on."""
    queue, date = given[0].queue_id, given[0].from_date
    is_kept = any(one.other_queue_id == queue for one in given)
    whole = parts.get(queue, [Part(queue)])
    past = [_cut(part, date) for part in whole if part.since < date] if is_kept else whole
    parts[queue] = [Part(queue, since=date)] if is_kept else []
    if not is_kept:
        ended[queue] = "; ".join(one.said() for one in given)
    for one in given:
        parts.setdefault(one.other_queue_id, [Part(one.other_queue_id)]).extend(
            replace(part, share=part.share * one.share) for part in past
        )
        ended.pop(one.other_queue_id, None)
        if one.other_queue_id != queue:
            moved.setdefault(one.other_queue_id, []).append(f"{queue!r} {one.said()}")


def moved_panel(panel: CallPanel, ownership: Ownership, queue_ids: Iterable[str]) -> CallPanel:
    """A history laid out by who has the work now.

    Args:
        panel: Calls under the names they came under.
        ownership: Whose calls are whose.
        queue_ids: Queues of the answer.

    Returns:
        The panel of these queues, sorted. A sum of parts is unknown where one of them is; a queue that takes no calls
        has no history.
    """
    names = tuple(sorted(queue_ids))
    cubes = [_added(panel, ownership.of(name)) for name in names]
    calls, has_row, shut = (np.stack(cube) for cube in zip(*cubes, strict=True))
    return replace(panel, queue_ids=names, calls=calls, has_row=has_row, shut=shut)


def _added(panel: CallPanel, parts: Sequence[Part]) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Calls, rows and closures of the parts together; each of shape (dates, slots)."""
    shape = panel.calls.shape[1:]
    total, is_unknown = np.zeros(shape), np.zeros(shape, bool)
    has_row, is_known = np.zeros(shape, bool), np.zeros(shape, bool)
    for part in parts:
        if part.queue_id not in panel.queue_ids:
            continue
        place = panel.queue_ids.index(part.queue_id)
        inside = _inside(panel, part)[:, None] & panel.has_row[place]
        worked = inside & ~panel.shut[place]
        unknown = worked & np.isnan(panel.calls[place])
        total += np.where(worked & ~unknown, np.nan_to_num(panel.calls[place]) * part.share, 0.0)
        is_unknown |= unknown
        is_known |= worked
        has_row |= inside
    return np.where(is_known & ~is_unknown, total, np.nan), has_row, has_row & ~is_known


def _inside(panel: CallPanel, part: Part) -> BoolArray:
    ordinals = panel.first_date.toordinal() + np.arange(panel.calls.shape[1])
    inside: BoolArray = (ordinals >= part.since.toordinal()) & (ordinals < part.until.toordinal())
    return inside


def moved_handle(handle: pd.DataFrame, ownership: Ownership) -> pd.DataFrame:
    """Handle times laid out by who has the work now.

    Args:
        handle: queue_id, interval_start (local) and the columns of `HANDLED`.
        ownership: Whose calls are whose.

    Returns:
        The very frame where nobody was given anything.
    """
    changed = {*ownership.parts, *ownership.ended}
    if not changed:
        return handle
    kept = handle[~handle["queue_id"].isin(changed)]
    given = [_given_rows(handle, queue, part) for queue in sorted(changed) for part in ownership.of(queue)]
    rows = pd.concat([kept, *given], ignore_index=True)
    return rows.groupby(["queue_id", "interval_start"], as_index=False)[list(HANDLED)].sum()


def _given_rows(handle: pd.DataFrame, queue_id: str, part: Part) -> pd.DataFrame:
    day = handle["interval_start"].dt.date
    rows = handle[(handle["queue_id"] == part.queue_id) & (day >= part.since) & (day < part.until)]
    return rows.assign(queue_id=queue_id, **{name: rows[name] * part.share for name in HANDLED})
