"""Work that may wait: mail, cases, call-backs. How much of it to do in which interval.

Here: spreading work between its arrival and its due time, inside the opening hours, as evenly as
the due times allow. Not here: calls (requirement.py), and the backlog that has grown already
(a capability of its own).

No command reaches it yet: the backlog's hour plan will spread its work here.

The plan has the smallest peak, and the smallest sum of any convex cost, of all plans that keep every
due time. Who is served: always the work with the earliest due time that has arrived.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wfm_pipeline.domain.arrays import ROUNDING, FloatArray, IntArray
from wfm_pipeline.domain.staffing.faults import StaffingError

DEFERRED_OCCUPANCY: Final = 0.85
"""Share of the time that people spend on waiting work itself where nobody says another [0..1]."""


@dataclass(frozen=True, slots=True)
class DeferredWork:
    """What is done when.

    Attributes:
        work_seconds: Work done in each interval [s]; shape (n_intervals,), 0 where closed.
        backlog_seconds: Work that has arrived and is not done at the end of each interval [s].
        finished: Interval in which each piece of work is finished, earliest due first; shape (n_pieces,).
        is_late: True for pieces finished after the interval they were due in, because no open one
            was left in between; shape (n_pieces,).
    """

    work_seconds: FloatArray
    backlog_seconds: FloatArray
    finished: IntArray
    is_late: NDArray[np.bool_]


def spread_work(arrives: ArrayLike, due: ArrayLike, work_seconds: ArrayLike, is_open: ArrayLike) -> DeferredWork:
    """Spread pieces of work over the open intervals between their arrival and their due time.

    Args:
        arrives: Interval in which each piece arrives, 0 .. n_intervals - 1; shape (n_pieces,). It can
            be worked on from that interval on.
        due: Interval by whose end it is due, >= arrives; shape (n_pieces,). Beyond the last interval
            it counts as due at the end: the plan leaves no work behind.
        work_seconds: Handle time of each piece [s], >= 0; shape (n_pieces,).
        is_open: Whether people work in each interval; shape (n_intervals,).

    Returns:
        The plan. A piece due while closed is due in the last open interval before; with none since
        it arrived, in the first open one after (and `is_late`).

    Raises:
        StaffingError: a piece is due before it arrives, arrives outside the intervals, has negative
            work, or arrives after the last open interval.

    Source:
        Yao, Demers & Shenker (1995), A Scheduling Model for Reduced CPU Energy: the densest stretch first.

    Example:
        >>> spread_work([0, 1], [3, 1], [300.0, 200.0], [True] * 4).work_seconds.tolist()
        [100.0, 200.0, 100.0, 100.0]
    """
    first, last, work, works = _checked(arrives, due, work_seconds, is_open)
    place = np.cumsum(works) - 1  # position of an interval among the open ones
    opening = np.flatnonzero(works)
    start = np.searchsorted(opening, first)  # first open interval at or after the arrival
    if (start >= len(opening)).any() and work[start >= len(opening)].any():
        raise StaffingError("work arrives after the last open interval; give the intervals of the next day as well")
    start = np.minimum(start, max(len(opening) - 1, 0))
    wanted = np.where(last >= 0, place[last], -1)
    end = np.maximum(wanted, start)
    capacity = _even_capacity(start, end, work, len(opening))
    spread = np.zeros(len(works))
    spread[opening] = capacity
    arrived = np.cumsum(np.bincount(first, weights=work, minlength=len(works)))
    finished = opening[_finish(start, end, work, capacity)] if len(opening) else first
    return DeferredWork(spread, np.maximum(arrived - np.cumsum(spread), 0.0), finished, finished > last)


def _checked(
    arrives: ArrayLike, due: ArrayLike, work_seconds: ArrayLike, is_open: ArrayLike
) -> tuple[IntArray, IntArray, FloatArray, NDArray[np.bool_]]:
    works = np.asarray(is_open, dtype=bool)
    first, last = np.asarray(arrives, dtype=np.int64), np.asarray(due, dtype=np.int64)
    work = np.asarray(work_seconds, dtype=np.float64)
    if first.size and (first.min() < 0 or first.max() >= len(works)):
        raise StaffingError(f"arrives must be an interval 0 .. {len(works) - 1}, got {first.min()} .. {first.max()}")
    if (last < first).any():
        raise StaffingError("a piece of work cannot be due before it arrives")
    if np.isnan(work).any() or (work < 0).any():
        raise StaffingError("work_seconds must be 0 or more")
    return first, np.minimum(last, len(works) - 1), work, works


def _even_capacity(start: IntArray, end: IntArray, work: FloatArray, intervals: int) -> FloatArray:
    """Work to do in each open interval: the densest stretch first, then the rest without it.

    A stretch is as dense as the work that must be begun and ended inside it, over its length. The
    densest one sets its own pace; nothing else can be done in it, so it is cut out of time.
    """
    capacity = np.zeros(intervals)
    left = np.arange(intervals)
    first, last, seconds = start.copy(), end.copy(), work.copy()
    while seconds.size and len(left):
        begin, stop, pace = _densest(first, last, seconds, len(left))
        capacity[left[begin : stop + 1]] = pace
        stays = (first < begin) | (last > stop)
        first, last, seconds = first[stays], last[stays], seconds[stays]
        width = stop - begin + 1
        first = np.where(first > stop, first - width, np.minimum(first, begin))
        last = np.where(last > stop, last - width, np.where(last >= begin, begin - 1, last))
        left = np.delete(left, slice(begin, stop + 1))
    return capacity


def _densest(first: IntArray, last: IntArray, seconds: FloatArray, intervals: int) -> tuple[int, int, float]:
    """The stretch with most work inside per interval: begin, end and pace; of equals the one that begins first."""
    inside = np.zeros((intervals, intervals))
    np.add.at(inside, (first, last), seconds)
    inside = np.cumsum(np.cumsum(inside[::-1], axis=0)[::-1], axis=1)
    length = np.arange(intervals)[None, :] - np.arange(intervals)[:, None] + 1.0
    density = np.where(length > 0, inside / np.maximum(length, 1.0), -1.0)
    begin, stop = np.unravel_index(int(density.argmax()), density.shape)
    return int(begin), int(stop), float(density[begin, stop])


def _finish(start: IntArray, end: IntArray, work: FloatArray, capacity: FloatArray) -> IntArray:
    """Open interval in which each piece is finished when the earliest due of the arrived is always next."""
    finished = start.copy()
    left, free = work.copy(), capacity.copy()
    dust = ROUNDING * float(work.sum())
    # Pieces in order of due time take the earliest free capacity after they arrive: the same as
    # serving the earliest due first, because capacity is only taken from pieces due later.
    for piece in np.lexsort((np.arange(len(work)), start, end)):
        for interval in range(start[piece], len(free)):
            if left[piece] <= dust:
                break
            taken = min(left[piece], free[interval])
            left[piece] -= taken
            free[interval] -= taken
            if taken > dust:
                finished[piece] = interval
    return finished


def agents_for_work(
    work_seconds: ArrayLike,
    interval_seconds: ArrayLike,
    *,
    occupancy: float = DEFERRED_OCCUPANCY,
    concurrency: float = 1.0,
) -> FloatArray:
    """People that get an amount of work done in an interval, before rounding and shrinkage.

    Args:
        work_seconds: Work [s], >= 0.
        interval_seconds: Length of the interval [s], > 0.
        occupancy: Share of the time on the work itself, in (0, 1]; work that waits needs no spare people.
        concurrency: Pieces at a time, >= 1.

    Returns:
        Agents, not rounded: add them up over the pool and round there.

    Raises:
        StaffingError: occupancy or concurrency out of its range.
    """
    if not 0 < occupancy <= 1 or concurrency < 1:
        raise StaffingError(f"occupancy must be in (0, 1] and concurrency >= 1, got {occupancy} and {concurrency}")
    seconds = np.asarray(work_seconds, dtype=np.float64)
    return seconds / (np.asarray(interval_seconds, dtype=np.float64) * occupancy * concurrency)
