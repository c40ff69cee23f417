"""Working time between instants.

Here: windows of work added up. Not here: which windows a site has (calendar, opening).
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import IntArray
from wfm_pipeline.errors import DataError

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
