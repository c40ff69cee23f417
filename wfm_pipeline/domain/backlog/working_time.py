"""Working time between instants.

Here: windows of work added up. Not here: which windows a site has (calendar, opening).
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import IntArray
from wfm_pipeline.errors import DataError

NO_TIME: Final = np.iinfo(np.int64).min
"""How numpy writes an unknown instant as a number [us]."""
MICROSECONDS_PER_SECOND: Final = 1e6
"""Instants of the backlog are whole microseconds, so that sums and comparisons are exact."""


@dataclass(frozen=True, slots=True, eq=False)
class WorkingTime:
    """Windows of work in order of time, in microseconds since 1970.

    Attributes:
        starts, ends: Half-open windows that do not overlap, shape (n_windows,).
        before: Working time before each window [us], shape (n_windows,).
    """

    starts: IntArray
    ends: IntArray
    before: IntArray

    @classmethod
    def of(cls, windows: pd.DataFrame) -> Self:
        """Check and add up.

        Args:
            windows: starts_at, ends_at (naive UTC), in order of time and without overlap.

        Returns:
            The working time.

        Raises:
            DataError: no window, one that ends before it starts, or two that overlap or are out of order.
        """
        starts, ends = (windows[name].to_numpy("datetime64[us]").astype(np.int64) for name in ("starts_at", "ends_at"))
        if not len(starts) or (ends <= starts).any() or (starts[1:] < ends[:-1]).any():
            raise DataError(
                f"working time must be windows [starts_at, ends_at) in order without overlap, got {len(windows)} windows "
                "that are not; sort and merge them, or give none where every hour is a working hour"
            )
        return cls(starts, ends, np.cumsum(ends - starts) - (ends - starts))

    def until(self, instants: IntArray) -> IntArray:
        """Working time from the first window to instants.

        Args:
            instants: Microseconds since 1970, any shape.

        Returns:
            Working time [us], the same shape; 0 before the first window. Differences are what is asked.
        """
        place = np.maximum(np.searchsorted(self.starts, instants, side="right") - 1, 0)
        inside = np.clip(instants, self.starts[place], self.ends[place]) - self.starts[place]
        return self.before[place] + inside

    def after(self, instants: IntArray, amounts: IntArray) -> IntArray:
        """Instants at which an amount of working time has passed since others: what `until` is undone by.

        Args:
            instants: Microseconds since 1970, shape (n,).
            amounts: Working time to add [us], >= 0, shape (n,).

        Returns:
            The earliest such instants [us since 1970], shape (n,): an amount used up at a closing is used up then, not at the next
            opening; nothing added gives the instant itself; `NO_TIME` where the windows end before.

        Example:
            >>> days = pd.DataFrame({"starts_at": pd.to_datetime(["2026-03-02 08:00", "2026-03-03 08:00"]),
            ...                      "ends_at": pd.to_datetime(["2026-03-02 16:00", "2026-03-03 16:00"])})
            >>> asked = np.array(["2026-03-02T15:00"], "datetime64[us]").astype(np.int64)
            >>> WorkingTime.of(days).after(asked, np.array([2 * 3_600_000_000])).astype("datetime64[us]").tolist()
            [datetime.datetime(2026, 3, 3, 9, 0)]
        """
        target = self.until(instants) + amounts
        place = np.searchsorted(self.before + (self.ends - self.starts), target, side="left")
        is_known = place < len(self.starts)
        near = np.minimum(place, len(self.starts) - 1)
        reached = np.where(is_known, self.starts[near] + target - self.before[near], NO_TIME)
        return np.where(amounts == 0, instants, reached)


def working_between(working: WorkingTime | None, since: IntArray, now: int) -> IntArray:
    """Working time from instants to one.

    Args:
        working: Windows of work; None where every hour is a working hour.
        since: Microseconds since 1970, shape (n,).
        now: Microseconds since 1970.

    Returns:
        Working time [us], shape (n,).

    Example:
        >>> working_between(None, np.array([0, 5]), 7).tolist()
        [7, 2]
    """
    if working is None:
        return now - since
    return working.until(np.asarray(now, dtype=np.int64)) - working.until(since)


def microseconds_of(instant: pd.Timestamp) -> int:
    """An instant as the backlog counts.

    Args:
        instant: Naive UTC.

    Returns:
        Microseconds since 1970.

    Example:
        >>> microseconds_of(pd.Timestamp("1970-01-01 00:00:01"))
        1000000
    """
    return int(np.datetime64(instant, "us").astype(np.int64))
