"""Rows per queue and hour as arrays of weeks, days and hours of the site's clock; the newest day is the first of a week of its own.

Weeks are counted back from the newest day, so that all that was learnt is whole weeks before it. An hour that the clocks show twice is one with
the mean of both; one that they skip is not known. Not here: what is read off them (streams).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.units import DAYS_PER_WEEK, HOURS_PER_DAY


@dataclass(frozen=True, slots=True, eq=False)
class WeeklyGrid:
    """Where rows stand.

    Attributes:
        queues: The queues, in order.
        weeks: Whole weeks before the newest day [count].
        newest_hour: Hour of the newest row on the site's clock [0..23].
        place: Place of each row in an array of shape ((weeks + 1) * 7 * 24 * n_queues,), -1 for rows before the first whole week.
        first_day: First day of the first week.
    """

    queues: tuple[str, ...]
    weeks: int
    newest_hour: int
    place: IntArray
    first_day: pd.Timestamp

    @classmethod
    def of(cls, queue_id: pd.Series, hour_start_local: pd.Series, *, most_weeks: int) -> "WeeklyGrid":
        """Lay out rows.

        Args:
            queue_id: Queue of each row.
            hour_start_local: Start of the hour on the site's clock, naive.
            most_weeks: Weeks to keep at the most [count].

        Returns:
            The grid.
        """
        local = pd.to_datetime(hour_start_local)
        newest, day = local.max(), local.dt.normalize()
        queues = tuple(sorted(queue_id.unique().tolist()))
        days_back = (newest.normalize() - day).dt.days.to_numpy()
        weeks = int(min(days_back.max(initial=0) // DAYS_PER_WEEK, most_weeks))
        number = weeks * DAYS_PER_WEEK - days_back
        queue = pd.Categorical(queue_id, categories=list(queues)).codes.astype(np.int64)
        hour = local.dt.hour.to_numpy().astype(np.int64)
        place = np.where(number >= 0, (number * HOURS_PER_DAY + hour) * len(queues) + queue, -1).astype(np.int64)
        first = newest.normalize() - pd.Timedelta(days=weeks * DAYS_PER_WEEK)
        return cls(queues, weeks, int(newest.hour), place, first)

    def laid(self, values: pd.Series | FloatArray) -> FloatArray:
        """A column as an array.

        Args:
            values: One per row.

        Returns:
            Shape (weeks + 1, 7, 24, n_queues); NaN where there is no row.
        """
        shape = (self.weeks + 1, DAYS_PER_WEEK, HOURS_PER_DAY, len(self.queues))
        given = np.asarray(values, dtype=np.float64)
        is_in = (self.place >= 0) & ~np.isnan(given)
        total = np.bincount(self.place[is_in], weights=given[is_in], minlength=int(np.prod(shape)))
        rows = np.bincount(self.place[is_in], minlength=int(np.prod(shape)))
        with np.errstate(invalid="ignore"):
            return (np.where(rows > 0, total, np.nan) / np.maximum(rows, 1)).reshape(shape)

    @property
    def hours_to_newest(self) -> int:
        """Hours from the first of the first week to the newest, that included [count]."""
        return self.weeks * DAYS_PER_WEEK * HOURS_PER_DAY + self.newest_hour + 1


def in_a_row(weekly: FloatArray) -> FloatArray:
    """Hours in the order of time.

    Args:
        weekly: Shape (weeks, 7, 24, n).

    Returns:
        Shape (weeks * 168, n).
    """
    return weekly.reshape(-1, weekly.shape[-1])


def missing(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Names that are no columns of a frame.

    Args:
        frame: The frame.
        names: The names.

    Returns:
        Those that are missing, in their order.
    """
    return [name for name in names if name not in frame.columns]
