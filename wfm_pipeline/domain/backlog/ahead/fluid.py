"""Hours to clear a backlog if all flowed evenly at its mean.

Here: the closed form. Not here: chance (clearing).
"""

import numpy as np
from numpy.typing import ArrayLike

from wfm_pipeline.domain.arrays import FloatArray


def fluid_clear_hours(open_cases: ArrayLike, inflow: FloatArray, capacity: FloatArray) -> FloatArray:
    """Hours until nobody waits, by mean flows.

    Args:
        open_cases: Cases that wait now, shape (n,) [cases].
        inflow: Expected new cases, shape (n, hours) [cases].
        capacity: Cases that people can do, shape (n, hours) [cases]; NaN = unknown.

    Returns:
        Hours, shape (n,): 0 where nobody waits, NaN where the backlog outlasts the hours given or a capacity before its end is unknown. Inside an hour
        flows are even.

    Example:
        >>> fluid_clear_hours([6.0], np.full((1, 8), 1.0), np.full((1, 8), 3.0)).tolist()
        [3.0]
    """
    left = np.asarray(open_cases, dtype=np.float64).copy()
    answer = np.where(left <= 0, 0.0, np.nan)
    is_running = left > 0
    for hour in range(inflow.shape[1]):
        net = capacity[:, hour] - inflow[:, hour]
        is_running &= ~np.isnan(net)
        ends = is_running & (net >= left)
        answer[ends] = hour + left[ends] / net[ends]
        is_running &= ~ends
        left = left - np.where(is_running, net, 0.0)
    return answer
