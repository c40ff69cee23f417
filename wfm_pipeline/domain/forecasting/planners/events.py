"""Events with dates and a type: a column per type for the forecast to learn from.

Here: which queue and date an event acts on, and which types were never seen before. Not here: what
a type is worth (regressors) or reading planners' tables (sheets.py).
"""

from typing import Any

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import BoolArray
from wfm_pipeline.domain.forecasting.planners.regressors import Grid, Regressor

EVENT_COLUMNS = ("event_id", "event_type", "queue_id", "first_date", "last_date", "known_on")


def event_regressors(events: pd.DataFrame, grid: Grid) -> tuple[list[Regressor], list[str]]:
    """One column per event type, 1 on its days.

    Args:
        events: Columns EVENT_COLUMNS; queue_id `(all)` means every queue, dates datetime64 and inclusive,
            known_on NaT where it was known all along.
        grid: Queues and dates of the answer.

    Returns:
        Columns in order of the type's name, and notices: types never seen before the origin, queues
        that the desk does not have, days ahead that were not known at the origin.
    """
    found: list[Regressor] = []
    notices: list[str] = []
    for kind, rows in events.sort_values("event_id", kind="stable").groupby("event_type", sort=True):
        one, said = _of_type(str(kind), rows, grid)
        notices.extend(said)
        if one is not None:
            found.append(one)
    return found, notices


def _of_type(kind: str, rows: pd.DataFrame, grid: Grid) -> tuple[Regressor | None, list[str]]:
    values = np.zeros((len(grid.queue_ids), grid.dates))
    occurrence = np.full(values.shape, -1, dtype=np.int64)
    notices: list[str] = []
    row: Any
    for number, row in enumerate(rows.itertuples(index=False)):
        queues = [n for n, one in enumerate(grid.queue_ids) if row.queue_id in (one, ALL)]
        if not queues:
            notices.append(f"event {row.event_id!r} names queue {row.queue_id!r}, which the history does not hold")
            continue
        first, end = _stretch(row.first_date, row.last_date, grid)
        if end > grid.known and not grid.is_known(row.known_on):
            notices.append(f"event {row.event_id!r} was not known at the origin: its days ahead are left out")
            end = grid.known
        values[np.ix_(queues, range(first, end))] = 1.0
        occurrence[np.ix_(queues, range(first, end))] = number
    if values.any() and not values[:, : grid.known].any():
        notices.append(f"event type {kind!r} was never seen before the origin: it does nothing")
    return (Regressor(f"event type {kind!r}", values, occurrence) if values.any() else None), notices


def _stretch(first: pd.Timestamp, last: pd.Timestamp, grid: Grid) -> tuple[int, int]:
    low = (first.date() - grid.first_date).days
    high = (last.date() - grid.first_date).days + 1
    return min(max(low, 0), grid.dates), min(max(high, 0), grid.dates)


def marked_days(regressors: list[Regressor], known: int) -> BoolArray:
    """Days of the history on which any event acts.

    Args:
        regressors: Columns of events.
        known: Dates of the history [days].

    Returns:
        True where one does; shape (queues, known).
    """
    marks: BoolArray = np.asarray([one.columns[:, :known] != 0 for one in regressors], dtype=bool)
    return np.asarray(marks.any(axis=0), dtype=bool)
