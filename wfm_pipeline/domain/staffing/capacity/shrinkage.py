"""Shrinkage of a capacity plan by kind and week.

Here: which row of the planners' table holds in which week, and the sum of the kinds. Not here: heads
(people.py).

Every kind is a share of paid time, so kinds add up: an hour on vacation is not also an hour of
training. A row holds in the weeks whose Monday it covers. Of one kind the pool's own row goes before
the row for all pools, then the one that began last: so a row for one week stands above the usual one.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.faults import CapacityError


@dataclass(frozen=True, slots=True)
class ShrinkageRow:
    """One kind of shrinkage over a stretch of dates.

    Attributes:
        pool_id: The pool, or `(all)`.
        kind: Such as vacation, sickness, training, meetings.
        is_planned: Known beforehand and movable (vacation, training), or not (sickness).
        share: Share of paid time [0, 1).
        first_date: First date it holds.
        last_date: Last date, inclusive; None = still.
    """

    pool_id: str
    kind: str
    is_planned: bool
    share: float
    first_date: dt.date
    last_date: dt.date | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 0 <= self.share < 1:
            raise CapacityError(
                f"share of {self.kind} must be in [0, 1), got {self.share:g} (pool {self.pool_id}); write 30 % as 0.30",
                got=self.share,
            )
        if self.last_date is not None and self.last_date < self.first_date:
            raise CapacityError(
                f"last_date {self.last_date} of {self.kind} lies before first_date {self.first_date} "
                f"(pool {self.pool_id})",
                got=self.last_date,
            )

    def holds_on(self, date: dt.date) -> bool:
        """True where the date lies in the stretch.

        Args:
            date: The date.

        Returns:
            True where it lies in the stretch.
        """
        return self.first_date <= date and (self.last_date is None or date <= self.last_date)


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """Shrinkage of a pool; shape (n_weeks,), NaN in weeks of which no row speaks.

    Attributes:
        planned: Sum of the planned kinds [0, 1).
        unplanned: Sum of the others [0, 1).
    """

    planned: FloatArray
    unplanned: FloatArray

    @property
    def total(self) -> FloatArray:
        """Paid time not available [0, 1)."""
        return self.planned + self.unplanned


def shrinkage_of(rows: Sequence[ShrinkageRow], pool_id: str, mondays: Sequence[dt.date]) -> Shrinkage:
    """Shrinkage of a pool, week by week.

    Args:
        rows: The planners' rows, of all pools.
        pool_id: The pool.
        mondays: The weeks, shape (n_weeks,).

    Returns:
        Shares of paid time [0, 1).

    Raises:
        CapacityError: the kinds of a week add up to 1 or more; the message names pool, week and kinds.

    Source:
        docs/methods/capacity.md, step 6.
    """
    planned, unplanned = np.full(len(mondays), np.nan), np.full(len(mondays), np.nan)
    for place, monday in enumerate(mondays):
        held = _rows_of_week(rows, pool_id, monday)
        if held:
            planned[place] = sum(row.share for row in held if row.is_planned)
            unplanned[place] = sum(row.share for row in held if not row.is_planned)
    return Shrinkage(planned, unplanned)


def _rows_of_week(rows: Sequence[ShrinkageRow], pool_id: str, monday: dt.date) -> list[ShrinkageRow]:
    """The one row of each kind that holds, kinds in alphabetical order."""
    held = [row for row in rows if row.pool_id in (pool_id, ALL) and row.holds_on(monday)]
    held.sort(key=lambda row: (row.kind, row.pool_id == pool_id, row.first_date))
    chosen = list({row.kind: row for row in held}.values())
    total = sum(row.share for row in chosen)
    if total >= 1:
        words = ", ".join(f"{row.kind} {row.share:g}" for row in chosen)
        raise CapacityError(
            f"shrinkage of pool {pool_id} must stay below 1, got {total:g} in the week of {monday}: {words}", got=total
        )
    return chosen
