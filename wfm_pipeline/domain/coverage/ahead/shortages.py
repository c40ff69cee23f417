"""Which intervals were short in truth: the service level really reached, where enough calls came to tell.

Truth owes nothing to a forecast, a roster or a queueing model. Of an interval with few calls nobody can say whether its people
were too few or its callers unlucky: it is judged neither way. Not here: what was told beforehand (alert_states).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray

LEAST_CALLS: Final = 10
"""Calls of an interval that is judged [count]: of 10 calls one is 10 points of service level."""
MARGIN: Final = 0.25
"""Points of service level below the target at which an interval was short: where a gap is critical (gaps.SeverityLimits)."""
BRIDGED: Final = 1
"""Other intervals between two short ones that belong to the shortage [count], as in a gap."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What was, service by service; all of shape (n_services, n_intervals).

    Attributes:
        is_judged: Enough calls came.
        is_short: Judged, and the level was that far below the target.
        shortage: Number of the shortage an interval belongs to, from 0; -1 outside.
    """

    is_judged: BoolArray
    is_short: BoolArray
    shortage: IntArray


def truth_of(
    calls: FloatArray, in_target: FloatArray, *, target: float, margin: float = MARGIN, least_calls: float = LEAST_CALLS
) -> Truth:
    """What was short.

    Args:
        calls: Calls that joined the line in each interval [calls], shape (n_services, n_intervals).
        in_target: Of them answered within the target [calls], same shape.
        target: Service level that was wanted [0..1].
        margin: How far below it is short [0..1].
        least_calls: Calls from which an interval is judged [count].

    Returns:
        The truth. A level of exactly target - margin is short.

    Example:
        >>> found = truth_of(np.array([[10.0, 20.0, 2.0, 20.0]]), np.array([[9.0, 8.0, 0.0, 8.0]]), target=0.8)
        >>> found.is_short.tolist(), found.shortage.tolist()
        ([[False, True, False, True]], [[-1, 0, 0, 0]])
    """
    is_judged = calls >= least_calls
    level = np.divide(in_target, calls, out=np.ones_like(calls), where=calls > 0)
    is_short = is_judged & (level <= target - margin)
    return Truth(is_judged, is_short, _numbered(is_short))


def _numbered(is_short: BoolArray) -> IntArray:
    """Runs of short intervals, with up to `BRIDGED` others between two of them."""
    found = np.full(is_short.shape, -1, dtype=np.int64)
    number = -1
    for service, row in enumerate(is_short):
        last = -BRIDGED - 2
        for at in map(int, np.flatnonzero(row)):
            is_new = at - last > BRIDGED + 1
            number += is_new
            found[service, at if is_new else last : at + 1] = number
            last = at
    return found
