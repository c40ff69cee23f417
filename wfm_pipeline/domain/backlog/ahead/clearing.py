"""Hours to clear a backlog over the futures of a queue.

Here: when each future has nobody waiting for the first time. Not here: mean flows (fluid), due times (breach).
"""

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.ahead.draws import Futures
from wfm_pipeline.domain.backlog.ahead.fluid import fluid_clear_hours


def clear_hours(open_cases: int, futures: Futures, capacity: FloatArray) -> FloatArray:
    """First time without anybody waiting, by future.

    Args:
        open_cases: Cases that wait now [count].
        futures: The queue's draws.
        capacity: Cases that people are expected to do, shape (hours,) [cases]; NaN = unknown.

    Returns:
        Hours, shape (paths,); infinite where a future has people waiting to the end, NaN where a capacity is not known. Which case is
        served first does not matter.
    """
    if np.isnan(capacity).any():
        return np.full(len(futures.arrivals), 0.0 if open_cases == 0 else np.nan)
    work = np.cumsum(capacity * futures.pace_factor, axis=1)
    done = np.diff(cases_done(futures.epochs, work), axis=1, prepend=0.0)
    hours = fluid_clear_hours(np.full(len(done), float(open_cases)), futures.arrivals.sum(axis=2), done)
    return np.where(np.isnan(hours), np.inf, hours)


def cases_done(epochs: FloatArray, work: FloatArray) -> FloatArray:
    """Cases done by some work.

    Args:
        epochs: Work at which cases are done, rising, shape (paths, n_epochs).
        work: Work so far, rising, shape (paths, hours).

    Returns:
        Cases, shape (paths, hours); beyond the last epoch one per unit of work.

    Example:
        >>> cases_done(np.array([[0.5, 3.0]]), np.array([[0.4, 0.5, 2.0, 5.5]])).tolist()
        [[0.0, 1.0, 1.0, 4.0]]
    """
    paths, most = epochs.shape
    step = (
        float(max(epochs.max(initial=0.0), work.max(initial=0.0))) + 1.0
    )  # paths lie one after the other: one search for all
    shift = step * np.arange(paths)[:, None]
    place = np.searchsorted((epochs + shift).ravel(), (work + shift).ravel(), side="right").reshape(work.shape)
    within = place - most * np.arange(paths)[:, None]
    return np.where(within < most, within, most + np.floor(np.maximum(work - epochs[:, -1:], 0.0)))
