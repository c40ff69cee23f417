"""Loads that change with time: the modified offered load.

Here: how many people would be busy, on average over each interval, if nobody ever had to wait
(M(t)/G/infinity). Not here: the queue on top of it (requirement.py takes the load as calls).

The offered load of an interval, calls x AHT / length, supposes that a call's work falls into the
interval of its arrival. With long handle times it does not: the load comes later and is smoother.
Staffing with the load as it is lived through keeps the service level where the simple load misses it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.faults import StaffingError

LONG_AHT_SECONDS: Final = 600.0
"""Handle time from which the modified offered load is worth its while; below, the two hardly differ [s]."""
_NEAR: Final = 1e-4
"""Times below this share of the mean are taken by a series: their difference would lose digits [0..1]."""


@dataclass(frozen=True, slots=True)
class HandleTime:
    """How handle times are spread.

    Attributes:
        variation: Standard deviation over mean: 1 = exponential, 0 = all alike, else log-normal.
    """

    variation: float = 1.0

    def double_limited(self, mean: float, time: FloatArray) -> FloatArray:
        """How much of the handling that begins in a stretch has been done by its end, summed over its moments.

        Args:
            mean: Mean handle time [s], > 0.
            time: Length of the stretch [s].

        Returns:
            Integral of E[min(S, y)] for y from 0 to `time` [s²]; 0 where the time is not above 0.
        """
        from scipy.special import ndtr

        span = np.maximum(time, 0.0)
        if self.variation == 1.0:
            ratio = span / mean
            return mean * mean * np.where(ratio < _NEAR, ratio * ratio * (0.5 - ratio / 6), ratio + np.expm1(-ratio))
        if self.variation == 0.0:
            return np.where(span < mean, 0.5 * span * span, mean * span - 0.5 * mean * mean)
        spread = np.sqrt(np.log1p(self.variation**2))
        centre = np.log(mean) - 0.5 * spread**2
        with np.errstate(divide="ignore"):
            z = (np.log(span) - centre) / spread
        second = mean * mean * np.exp(spread**2)
        return span * mean * ndtr(z - spread) - 0.5 * second * ndtr(z - 2 * spread) + 0.5 * span * span * ndtr(-z)


def modified_offered_load(
    calls: ArrayLike, interval_seconds: float, aht_seconds: ArrayLike, *, handle_time: HandleTime | None = None
) -> FloatArray:
    """Mean number of busy people in each interval if everybody were answered at once.

    Args:
        calls: Calls offered per interval, >= 0, arriving evenly inside it; shape (n,), consecutive
            intervals of one length. Before the first nobody is on the phone.
        interval_seconds: Length of the intervals [s], > 0.
        aht_seconds: Mean handle time of the calls that arrive in each interval [s], > 0; scalar or (n,).
        handle_time: How handle times are spread; exponential by default.

    Returns:
        Load [erlangs], shape (n,), the mean over each interval. With calls that never change it
        grows to calls x AHT / length.

    Raises:
        StaffingError: a negative or unknown value.

    Source:
        Jennings, Mandelbaum, Massey & Whitt (1996), Server Staffing to Meet Time-Varying Demand.

    Example:
        >>> modified_offered_load([30.0] * 6, 1800.0, 1200.0).round(2).tolist()
        [9.64, 17.69, 19.48, 19.88, 19.97, 19.99]
    """
    count = np.atleast_1d(np.asarray(calls, dtype=np.float64))
    mean = np.broadcast_to(np.asarray(aht_seconds, dtype=np.float64), count.shape)
    if interval_seconds <= 0 or np.isnan(count).any() or (count < 0).any() or not (mean > 0).all():
        raise StaffingError("a load needs calls >= 0, interval_seconds > 0 and aht_seconds > 0, none unknown")
    spread = handle_time or HandleTime()
    intervals = np.arange(len(count))
    load = np.zeros(len(count))
    for arrival in np.flatnonzero(count):
        width = float(interval_seconds)
        ages: FloatArray = (intervals[arrival:] - arrival).astype(np.float64) * width
        area = (
            spread.double_limited(float(mean[arrival]), ages + width)
            - 2 * spread.double_limited(float(mean[arrival]), ages)
            + spread.double_limited(float(mean[arrival]), ages - width)
        )
        load[arrival:] += count[arrival] / width * area / width
    return load


def equivalent_calls(load_erlangs: ArrayLike, interval_seconds: ArrayLike, aht_seconds: ArrayLike) -> FloatArray:
    """Calls of a stationary interval that would offer the given load: what `agents_required` takes.

    Args:
        load_erlangs: Load [erlangs], >= 0.
        interval_seconds: Length of the interval [s].
        aht_seconds: Mean handle time [s].

    Returns:
        Calls per interval; a number for the queueing model, not a forecast.
    """
    load = np.asarray(load_erlangs, dtype=np.float64)
    return load * np.asarray(interval_seconds, dtype=np.float64) / np.asarray(aht_seconds, dtype=np.float64)
