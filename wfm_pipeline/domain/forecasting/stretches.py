"""A horizon in stretches: it is cut where a planner's statement about a queue begins to hold.

Here: which statements an origin knows, the stretches, and a history for each of them. In most forecasts there is one, from the
origin to the end. Not here: what statements come to (desk/queue_changes.py), or learning (fitting.py).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from wfm_pipeline.domain.forecasting.desk.panel import CallPanel
from wfm_pipeline.domain.forecasting.desk.queue_changes import (
    Change,
    Ownership,
    moved_handle,
    moved_panel,
    whose_calls,
)

CHANGE_COLUMNS: Final = ("queue_id", "from_date", "kind", "other_queue_id", "share", "known_on")
"""Columns of a planner's statements about queues that a forecast reads."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Target dates on which the same statements hold.

    Attributes:
        first: First target date, as days from the origin [days].
        until: The one after the last [days].
        ownership: Whose calls are whose then.
        queue_ids: Queues of the answer, the same in every stretch; None: those of the history.
    """

    first: int
    until: int
    ownership: Ownership = field(default_factory=Ownership)
    queue_ids: tuple[str, ...] | None = None

    def history(self, panel: CallPanel) -> CallPanel:
        """The history as the stretch has it.

        Args:
            panel: Calls under the names they came under.

        Returns:
            The very panel where no statement is known.
        """
        return panel if self.queue_ids is None else moved_panel(panel, self.ownership, self.queue_ids)

    def handle(self, handle: pd.DataFrame | None) -> pd.DataFrame | None:
        """Handle times as the stretch has them.

        Args:
            handle: See `desk.queue_changes.moved_handle`; None: nothing known.

        Returns:
            The very frame where no statement is known.
        """
        return handle if handle is None or self.queue_ids is None else moved_handle(handle, self.ownership)

    def notes(self) -> tuple[str, ...]:
        """What planners said of queues, in words."""
        moved = (
            f"queue {name!r} has history of {said}"
            for name, all_said in sorted(self.ownership.moved.items())
            for said in all_said
        )
        return tuple(moved)


def changes_known(rows: pd.DataFrame, origin: dt.date) -> tuple[Change, ...]:
    """Statements that an origin knows.

    Args:
        rows: Columns CHANGE_COLUMNS, one row per statement; known_on empty = known.
        origin: First target date.

    Returns:
        The statements, sorted.
    """
    if rows.empty:
        return ()
    known = pd.to_datetime(rows["known_on"])
    told = rows[known.isna() | (known <= pd.Timestamp(origin))]
    dates = pd.to_datetime(told["from_date"]).dt.date
    shares = pd.to_numeric(told["share"]).astype("float64").fillna(1.0)
    kinds, queues, others = (told[name].astype(str) for name in ("kind", "queue_id", "other_queue_id"))
    return tuple(sorted(map(Change, dates, kinds, queues, others, shares)))


def stretches(
    changes: Iterable[Change], queue_ids: Iterable[str], *, origin: dt.date, horizon_days: int
) -> tuple[Stretch, ...]:
    """Cut a horizon where statements begin to hold.

    Args:
        changes: Statements that are known.
        queue_ids: Queues of the history.
        origin: First target date.
        horizon_days: Target dates [days], >= 1.

    Returns:
        Stretches in order of time that fill the horizon.
    """
    told = tuple(changes)
    if not told:
        return (Stretch(0, horizon_days),)
    ahead = {(one.from_date - origin).days for one in told}
    starts = sorted({0, *(day for day in ahead if 0 < day < horizon_days)})
    names = set(queue_ids)
    owned = [whose_calls(told, on=origin + dt.timedelta(days=start)) for start in starts]
    heirs = set().union(*(one.heirs(names) for one in owned))
    answer = tuple(sorted(names | heirs))
    ends = [*starts[1:], horizon_days]
    return tuple(Stretch(*cut, answer) for cut in zip(starts, ends, owned, strict=True))
