"""Breaks and off-product work that could lie elsewhere than in a gap.

Here: where a stretch of a person's day may be moved to. Not here: what that gains (trials), other actions (actions).

A stretch may move to a start on the grid within reach, not into the past, inside the same shift, beside the person's
other stretches, and where its service has people to spare: every interval it comes to must stay at or above the limit
of adequate coverage. The nearest such place is taken, the later one of two as near.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.coverage.grid import DayGrid, cut, seconds_per_interval


@dataclass(frozen=True, slots=True)
class Room:
    """What a stretch needs to know of the day around a gap.

    Attributes:
        grid: The intervals of the service.
        spare: People of the service above the limit of adequate coverage [agents], NaN or below 0 where there are none, shape
            (n_intervals,).
        starts_at: First instant of the gap that can still be helped.
        ends_at: End of the gap.
        as_of: Instant of the question; nothing moves to before it.
    """

    grid: DayGrid
    spare: FloatArray
    starts_at: pd.Timestamp
    ends_at: pd.Timestamp
    as_of: pd.Timestamp


def movable(
    stretches: pd.DataFrame, others: pd.DataFrame, shifts: pd.DataFrame, room: Room, *, reach: pd.Timedelta, most: int
) -> tuple[tuple[str, ...], FloatArray]:
    """Which of some stretches could leave a gap.

    Args:
        stretches: agent_id, starts_at, ends_at: breaks, or off-product work, of people of the service.
        others: The same columns: whatever else these people do that is no work on the phones.
        shifts: The same columns: their shifts.
        room: The gap and the day around it.
        reach: How far a stretch may be moved.
        most: Stretches that are moved at most [count], those that give the gap most first, ties by agent and start.

    Returns:
        The agents, in the order taken, and the people that the gap wins per interval [agents], shape (n_intervals,).
        Stretches that have begun stay.
    """
    gain, who = np.zeros(room.grid.intervals), list[str]()
    spare = np.nan_to_num(room.spare, nan=-1.0)
    inside = stretches[
        (stretches["ends_at"] > room.starts_at)
        & (stretches["starts_at"] < room.ends_at)
        & (stretches["starts_at"] >= room.as_of)
    ]
    held = cut(inside, room.starts_at, room.ends_at)
    inside = inside.assign(given=held["starts_at"] - held["ends_at"]).sort_values(["given", "agent_id", "starts_at"])
    for one in inside.itertuples(index=False):
        if len(who) == most:
            break
        place = _place(one, stretches, others, shifts, spare, room, reach)
        if place is None:
            continue
        now = pd.Timestamp(one.starts_at), pd.Timestamp(one.ends_at)  # type: ignore[arg-type]  # rows of a frame
        before, after = _people(*now, room.grid), _people(*place, room.grid)
        spare = spare - after  # what has come to an interval is no longer to spare there
        gain += before - after
        who.append(str(one.agent_id))
    return tuple(who), gain


def _place(
    one: tuple, stretches: pd.DataFrame, others: pd.DataFrame, shifts: pd.DataFrame, spare: FloatArray, room: Room,
    reach: pd.Timedelta,
) -> tuple[pd.Timestamp, pd.Timestamp] | None:  # fmt: skip
    """The nearest place for a stretch, None where there is none."""
    agent, old_start, old_end = one.agent_id, one.starts_at, one.ends_at  # type: ignore[attr-defined]  # rows of a frame
    length = old_end - old_start
    mine = shifts[(shifts["agent_id"] == agent) & (shifts["starts_at"] <= old_start) & (shifts["ends_at"] >= old_end)]
    if mine.empty:
        return None
    busy = pd.concat([stretches[stretches["agent_id"] == agent], others[others["agent_id"] == agent]])
    busy = busy[(busy["starts_at"] != old_start) | (busy["ends_at"] != old_end)]
    earliest = max(mine["starts_at"].iloc[0], room.as_of, old_start - reach)
    latest = min(mine["ends_at"].iloc[0] - length, old_start + reach)
    starts = room.grid.starts
    starts = starts[
        (starts >= earliest) & (starts <= latest) & ((starts + length <= room.starts_at) | (starts >= room.ends_at))
    ]
    order = np.lexsort((-starts.asi8, np.abs((starts - old_start).asi8)))
    for start in starts[order]:
        end = start + length
        is_free = not ((busy["starts_at"] < end) & (busy["ends_at"] > start)).any()
        taken = _people(start, end, room.grid)
        if is_free and end <= room.grid.ends_at and bool(np.all(spare[taken > 0] >= taken[taken > 0])):
            return start, end
    return None


def _people(starts_at: pd.Timestamp, ends_at: pd.Timestamp, grid: DayGrid) -> FloatArray:
    """One person from one instant to another, as people per interval."""
    edges = grid.seconds_of(pd.Series([starts_at, ends_at]))
    return seconds_per_interval(np.array([0]), edges[:1], edges[1:], people=1, grid=grid)[0] / grid.interval_seconds
