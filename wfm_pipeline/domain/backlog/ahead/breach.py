"""Is every due time kept in a future? Whole queues at a time.

Here: due times in steps, and which way the loop is run. Not here: the loop (kernels), the draws, what a probability is worth
(calibration is the caller's).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.backlog.ahead import kernels
from wfm_pipeline.domain.backlog.ahead.draws import Futures
from wfm_pipeline.domain.compiling import compiled
from wfm_pipeline.units import SECONDS_PER_HOUR

STEPS_PER_HOUR: Final = 4
"""Steps of an hour: due times are kept to the quarter of an hour [count]."""


@dataclass(frozen=True, slots=True, eq=False)
class DueWork:
    """What must be done by when, in steps from now.

    Attributes:
        waiting: Cases by the last step in which they are in time, shape (steps + 2,); place 0 is empty, the last holds later and
            unknown due times.
        over_due: Cases that are late already [count].
        arrival_due: Last step in time of each hour and class of cases to come, shape (hours, classes).
    """

    waiting: IntArray
    over_due: int
    arrival_due: IntArray

    @property
    def steps(self) -> int:
        """Steps until the end of the question [count]."""
        return len(self.waiting) - 2


def due_steps(seconds: FloatArray, steps: int) -> IntArray:
    """Last step in which a case is in time.

    Args:
        seconds: Time left from now [s]; NaN = no due time.
        steps: Steps that are asked about [count].

    Returns:
        Steps, 1 to steps, steps + 1 for later and for none. Half a step is rounded up, and whoever is due within the first has it whole.

    Example:
        >>> due_steps(np.array([60.0, 1300.0, 1400.0, np.nan]), 4).tolist()
        [1, 1, 2, 5]
    """
    length = SECONDS_PER_HOUR / STEPS_PER_HOUR
    step = np.floor(np.nan_to_num(seconds, nan=np.inf) / length + 0.5)
    return np.clip(step, 1, steps + 1).astype(np.int64)


def due_work(seconds: FloatArray, is_over_due: BoolArray, arrival_seconds: FloatArray, *, steps: int) -> DueWork:
    """Cases of one queue by due time.

    Args:
        seconds: Time left of the open cases that are not paused, shape (n,) [s]; NaN = no due time.
        is_over_due: Late already: they wait in front, shape (n,).
        arrival_seconds: From now to the due time of cases to come, shape (hours, classes) [s]; NaN = none.
        steps: Steps that are asked about [count].

    Returns:
        The work.
    """
    waiting = np.bincount(due_steps(seconds[~is_over_due], steps), minlength=steps + 2)
    return DueWork(waiting.astype(np.int64), int(is_over_due.sum()), due_steps(arrival_seconds, steps))


def late_futures(work: DueWork, futures: Futures, capacity: FloatArray, *, is_compiled: bool) -> BoolArray:
    """Futures in which some case passes its due time before the end of the question.

    Args:
        work: What must be done by when.
        futures: The queue's draws.
        capacity: Cases that people are expected to do, shape (hours,) [cases], known.
        is_compiled: Which way: both are the same code.

    Returns:
        shape (paths,).
    """
    pace = capacity * futures.pace_factor
    is_late = np.zeros(len(pace), dtype=np.bool_)
    mark = compiled(kernels, "mark_breaches", nogil=True) if is_compiled else kernels.mark_breaches
    mark(work.waiting, work.over_due, futures.arrivals, work.arrival_due, pace, futures.epochs, STEPS_PER_HOUR, is_late)
    return is_late
