"""Stretches of which no states of agents were recorded: a log that is gone is no empty room.

Here: what tells an empty room from a lost log. Not here: what counts as presence (presence), and a record that begins late
(shares.known_seconds).

Nobody signed in is either nobody there or nothing written down. Where contacts were answered somebody was there; where people
are rostered for an hour and more, nobody signs in and no contact is counted either, nothing was written down. Contacts that
came and were not answered say that the room was empty.
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray
from wfm_pipeline.domain.coverage.grid import DayGrid, need_columns, seconds_per_interval
from wfm_pipeline.units import SECONDS_PER_HOUR

LEAST_SILENCE_SECONDS: Final = float(SECONDS_PER_HOUR)
"""Shortest stretch with people rostered, nobody signed in and no contact that is taken for a lost log [s]: one person who comes
half an hour late to a quiet morning is no such thing."""


def unrecorded_stretches(
    states: pd.DataFrame, contacts: pd.DataFrame, rostered: pd.DataFrame, grid: DayGrid, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Stretches of a day in which states of agents were not recorded.

    Args:
        states: started_at, ended_at (null = not over): every recorded state, of any kind.
        contacts: starts_at, ends_at, calls_received, calls_answered: what was counted of any service.
        rostered: starts_at, ends_at: time on the roster of anybody.
        grid: The intervals.
        as_of: Instant up to which anything is known.

    Returns:
        starts_at, ends_at: whole intervals that are over, neighbours as one; in order of time.

    Raises:
        DataError: a column is missing.
    """
    need_columns(states, ("started_at", "ended_at"), of="agent states")
    need_columns(contacts, ("starts_at", "ends_at", "calls_received", "calls_answered"), of="contacts")
    need_columns(rostered, ("starts_at", "ends_at"), of="rostered time")
    ends = states["ended_at"].fillna(as_of)
    is_over = np.asarray(grid.starts + pd.Timedelta(seconds=grid.interval_seconds) <= as_of)
    is_silent = is_over & ~_touched(states["started_at"], ends, grid)
    came, answered = (
        _touched(some["starts_at"], some["ends_at"], grid)
        for some in (contacts[contacts["calls_received"] > 0], contacts[contacts["calls_answered"] > 0])
    )
    nothing = is_silent & ~came & _touched(rostered["starts_at"], rostered["ends_at"], grid)
    least = int(np.ceil(LEAST_SILENCE_SECONDS / grid.interval_seconds))
    return _stretches((is_silent & answered) | _long(nothing, least), grid)


def _touched(starts: pd.Series, ends: pd.Series, grid: DayGrid) -> BoolArray:
    """Whether any stretch holds time of each interval."""
    rows = pd.DataFrame({"starts": grid.seconds_of(starts), "ends": grid.seconds_of(ends)})
    rows = rows[rows["ends"] > rows["starts"]]
    nobody = np.zeros(len(rows), dtype=np.int64)
    seconds = seconds_per_interval(nobody, rows["starts"].to_numpy(), rows["ends"].to_numpy(), people=1, grid=grid)
    return np.asarray(seconds[0] > 0)


def _runs(flags: BoolArray) -> tuple[np.ndarray, np.ndarray]:
    """First and last + 1 place of each run of true values."""
    steps = np.diff(np.concatenate([[0], flags.astype(np.int64), [0]]))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _long(flags: BoolArray, least: int) -> BoolArray:
    """The same without runs of fewer than `least`."""
    kept = np.zeros(len(flags), dtype=bool)
    for first, end in zip(*_runs(flags), strict=True):
        kept[first:end] = end - first >= least
    return kept


def _stretches(flags: BoolArray, grid: DayGrid) -> pd.DataFrame:
    first, end = _runs(flags)
    step = pd.Timedelta(seconds=grid.interval_seconds)
    return pd.DataFrame({"starts_at": grid.starts_at + first * step, "ends_at": grid.starts_at + end * step})
