"""The intervals of a day, and stretches of time laid on them.

Here: an equal grid in UTC, seconds of stretches per person and interval, and stretches without other stretches.
Not here: which intervals a business date has (domain/calendar), and what a stretch means (presence, scheduled).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class DayGrid:
    """Equal intervals `[start, end)`, one after the other; a day on which clocks change simply has fewer or more.

    Attributes:
        starts_at: First instant (naive UTC).
        interval_seconds: Length of an interval [s].
        intervals: Their number [count].
    """

    starts_at: pd.Timestamp
    interval_seconds: float
    intervals: int

    def __post_init__(self) -> None:
        """Refuse a grid that holds no time."""
        if self.intervals < 1 or not 0 < self.interval_seconds <= SECONDS_PER_DAY:
            raise DataError(
                f"a grid needs intervals of up to a day and at least one, got {self.intervals} of "
                f"{self.interval_seconds} s",
                got=self.intervals,
            )

    @property
    def starts(self) -> pd.DatetimeIndex:
        """Starts of the intervals, shape (n_intervals,)."""
        step = pd.Timedelta(seconds=self.interval_seconds)
        return pd.date_range(self.starts_at, periods=self.intervals, freq=step, unit="us", name="interval_start")

    @property
    def ends_at(self) -> pd.Timestamp:
        """End of the last interval."""
        return self.starts_at + pd.Timedelta(seconds=self.interval_seconds * self.intervals)

    def seconds_of(self, instants: pd.Series) -> FloatArray:
        """Instants as seconds since the grid begins.

        Args:
            instants: Naive UTC, shape (n,).

        Returns:
            Seconds [s], negative before the grid, NaN where there is no instant, shape (n,).
        """
        return np.asarray((pd.to_datetime(instants) - self.starts_at).dt.total_seconds(), dtype=np.float64)

    def places_of(self, instants: pd.Series) -> IntArray:
        """Positions of starts of intervals.

        Args:
            instants: Starts of intervals (naive UTC), shape (n,).

        Returns:
            Position of each, -1 for what is no start of an interval of the grid, shape (n,).
        """
        return self.starts.get_indexer(pd.DatetimeIndex(instants)).astype(np.int64)


def grid_of(starts: Sequence[pd.Timestamp] | pd.Series, interval_seconds: float) -> DayGrid:
    """The grid that given starts of intervals lie on.

    Args:
        starts: Starts of intervals (naive UTC), in any order, some possibly several times, shape (n,).
        interval_seconds: Length of an interval [s].

    Returns:
        From the first to the last of them; intervals between them that are not named are there too.

    Raises:
        DataError: no start, or starts that do not lie a whole number of intervals apart.
    """
    known = pd.DatetimeIndex(pd.Series(starts).drop_duplicates()).sort_values()
    if known.empty:
        raise DataError("a grid needs at least one interval, got none")
    apart = ((known - known[0]) / pd.Timedelta(seconds=interval_seconds)).to_numpy()
    if np.any(apart != np.round(apart)):
        odd = known[int(np.flatnonzero(apart != np.round(apart))[0])]
        raise DataError(
            f"intervals of {interval_seconds:g} s from {known[0]} on hold no start at {odd}; give one length of intervals",
            got=str(odd),
        )
    return DayGrid(known[0], interval_seconds, int(apart[-1]) + 1)


def need_columns(frame: pd.DataFrame, names: Sequence[str], *, of: str) -> None:
    """Refuse a frame that lacks columns.

    Args:
        frame: The frame.
        names: Columns it must have.
        of: What the frame is, for the message.

    Raises:
        DataError: a column is missing; the message names missing and present ones.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DataError(
            f"{of} need columns {', '.join(names)}; missing {', '.join(missing)}, present {list(frame.columns)}",
            missing=missing,
        )


def cut(stretches: pd.DataFrame, starts_at: pd.Timestamp, ends_at: pd.Timestamp) -> pd.DataFrame:
    """Stretches inside `[starts_at, ends_at)`.

    Args:
        stretches: starts_at, ends_at and other columns.
        starts_at: First instant that stays.
        ends_at: First instant that does not.

    Returns:
        The rows, cut; those that hold no time are left out.
    """
    starts, ends = stretches["starts_at"], stretches["ends_at"]
    rows = stretches.assign(
        starts_at=starts.mask(starts < starts_at, starts_at), ends_at=ends.mask(ends > ends_at, ends_at)
    )
    return rows[rows["ends_at"] > rows["starts_at"]]


def seconds_per_interval(
    who: IntArray, starts: FloatArray, ends: FloatArray, *, people: int, grid: DayGrid
) -> FloatArray:
    """Seconds of stretches `[starts, ends)` in every interval.

    Args:
        who: Number of each stretch's person, 0 to people - 1, shape (n_stretches,).
        starts: Start [s since the grid begins], shape (n_stretches,).
        ends: End [s since the grid begins], not before the start, shape (n_stretches,).
        people: Number of people [count].
        grid: The intervals.

    Returns:
        Seconds [s], shape (people, n_intervals); stretches that overlap count twice.

    Example:
        >>> grid = DayGrid(pd.Timestamp("2026-03-02"), 900.0, 3)
        >>> seconds_per_interval(np.array([0]), np.array([600.0]), np.array([2000.0]), people=1, grid=grid).tolist()
        [[300.0, 900.0, 200.0]]
    """
    return _seconds_after(who, starts, people, grid) - _seconds_after(who, ends, people, grid)


def _seconds_after(who: IntArray, moments: FloatArray, people: int, grid: DayGrid) -> FloatArray:
    """Per person and interval: seconds of the interval that lie after each moment, added up over the moments."""
    step, count = grid.interval_seconds, grid.intervals
    inside = np.clip(moments, 0.0, step * count)
    place = np.minimum(np.floor(inside / step).astype(np.int64), count)
    width = count + 1  # a moment at the very end lies in a column that is cut off
    cell = who * width + place
    own = np.bincount(cell, (place + 1) * step - inside, people * width).reshape(people, width)
    whole = np.bincount(cell, minlength=people * width).reshape(people, width) * step
    before = np.cumsum(whole, axis=1) - whole
    return (own + before)[:, :count]


def stretches_without(stretches: pd.DataFrame, holes: pd.DataFrame) -> pd.DataFrame:
    """Time inside any of a person's stretches and inside none of their holes.

    Args:
        stretches: agent_id, starts_at, ends_at; may overlap, touch or come twice.
        holes: The same columns; what lies outside the stretches has no effect.

    Returns:
        agent_id, starts_at, ends_at: stretches that neither overlap nor touch, by agent and time. Rows that end at or
        before their start, or lack an instant, hold no time.
    """
    parts = [(stretches, 1, 0), (holes, 0, 1)]
    columns = ["agent_id", "at", "on", "off"]
    events = [
        pd.DataFrame({"agent_id": rows["agent_id"], "at": rows[edge], "on": sign * on, "off": sign * off})
        for frame, on, off in parts
        for rows in [frame[(frame["ends_at"] > frame["starts_at"])]]
        for edge, sign in (("starts_at", 1), ("ends_at", -1))
    ]
    together = pd.concat(events, ignore_index=True).astype({"at": "datetime64[us]", "on": np.int64, "off": np.int64})
    moments = together[columns].groupby(["agent_id", "at"], sort=True)[["on", "off"]].sum().cumsum().reset_index()
    is_on = ((moments["on"] > 0) & (moments["off"] == 0)).to_numpy()
    was_on = np.concatenate([[False], is_on[:-1]])
    # Nobody is on after their last moment, so a change from one agent to the next is never inside a stretch.
    starts, ends = np.flatnonzero(is_on & ~was_on), np.flatnonzero(~is_on & was_on)
    return pd.DataFrame(
        {
            "agent_id": moments["agent_id"].to_numpy()[starts],
            "starts_at": moments["at"].to_numpy()[starts],
            "ends_at": moments["at"].to_numpy()[ends],
        }
    )
