"""How much capacity keeps the probability of a breach at a limit?

Here: the search. Not here: the probability (its caller's).
"""

from collections.abc import Callable
from typing import Final

MOST_FACTOR: Final = 16.0
"""Times the expected capacity beyond which nobody is found: such a need is not met by moving people [factor]."""
_CLOSE: Final = 0.01
"""Width of the bracket at which the search ends [factor]: a hundredth of the people there."""


def least_factor(risk: Callable[[float], float], limit: float) -> float:
    """Smallest factor of the capacity with which the risk is within a limit, rounded up to a hundredth.

    Args:
        risk: Factor -> probability; never rises.
        limit: Probability to keep.

    Returns:
        0 where nobody is needed; NaN where `MOST_FACTOR` is not enough.

    Example:
        >>> round(least_factor(lambda factor: 1 - factor / 2, 0.2), 2)
        1.6
    """
    if risk(0.0) <= limit:
        return 0.0
    low, high = 0.0, 1.0
    while risk(high) > limit:
        if high >= MOST_FACTOR:
            return float("nan")
        low, high = high, 2 * high
    while high - low > _CLOSE:
        middle = (low + high) / 2
        low, high = (middle, high) if risk(middle) > limit else (low, middle)
    return high
