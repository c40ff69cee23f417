"""Handle time per queue and slot of the day: weighted by calls, thin slots shrunk to their queue.

Here: the AHT forecast. Not here: how many calls there are to handle.
"""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.forecasting.history import FloatArray
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import MINUTES_PER_DAY

WINDOW_DAYS: Final = 56
"""Days before the origin that the handle time is learnt from [days]."""
COLUMNS: Final = ("queue_id", "interval_start", "calls_answered", "handle_seconds")


def learn_handle_time(
    handle: pd.DataFrame | None,
    *,
    queue_ids: tuple[str, ...],
    interval_minutes: int,
    origin: dt.date,
    options: ForecastOptions,
) -> FloatArray:
    """AHT by queue and slot from the last eight weeks before the origin.

    Args:
        handle: Columns queue_id, interval_start (naive local), calls_answered, handle_seconds
            (sum over the interval's answered calls [s]); rows with NaN are left out. None: nothing known.
        queue_ids: Queues of the answer.
        interval_minutes: Length of a slot [min].
        origin: First target date; rows from here on are not looked at.
        options: The forecast's choices.

    Returns:
        Shape (queues, slots) [s]: (seconds + k x queue's AHT) / (answered + k). NaN for a queue
        without an answered call.

    Raises:
        DataError: a column is missing, or a value is negative.
    """
    slots = MINUTES_PER_DAY // interval_minutes
    answered, seconds = np.zeros((len(queue_ids), slots)), np.zeros((len(queue_ids), slots))
    if handle is not None:
        rows = _recent(handle, origin)
        queue = pd.Index(queue_ids).get_indexer(pd.Index(rows["queue_id"].astype(str)))
        slot = ((rows["interval_start"].dt.hour * 60 + rows["interval_start"].dt.minute) // interval_minutes).to_numpy()
        known = queue >= 0
        where = (queue[known], slot[known])
        np.add.at(answered, where, rows["calls_answered"].to_numpy(float)[known])
        np.add.at(seconds, where, rows["handle_seconds"].to_numpy(float)[known])
    total = answered.sum(axis=1, keepdims=True)
    own = np.divide(seconds.sum(axis=1, keepdims=True), total, out=np.full_like(total, np.nan), where=total > 0)
    belief = options.aht_shrink_calls
    return (seconds + belief * own) / (answered + belief)


def _recent(handle: pd.DataFrame, origin: dt.date) -> pd.DataFrame:
    absent = [name for name in COLUMNS if name not in handle.columns]
    if absent:
        raise DataError(
            f"handle needs columns {', '.join(COLUMNS)}; missing {absent}, present {list(handle.columns)}",
            missing=absent,
        )
    end = pd.Timestamp(origin)
    start = end - pd.Timedelta(days=WINDOW_DAYS)
    inside = (handle["interval_start"] >= start) & (handle["interval_start"] < end)
    rows = handle.loc[inside, list(COLUMNS)].dropna()
    # Sums of floats depend on their order; a fixed one makes shuffled input give the same bits.
    rows = rows.sort_values(["queue_id", "interval_start", "calls_answered", "handle_seconds"])
    if (rows["calls_answered"] < 0).any() or (rows["handle_seconds"] < 0).any():
        raise DataError("calls_answered and handle_seconds must be >= 0; a negative sum is not a handle time")
    return rows
