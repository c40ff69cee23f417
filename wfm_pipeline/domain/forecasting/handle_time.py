"""Handle time per queue and slot of the day, with bands: weighted by calls, thin slots shrunk to their queue.

Here: the AHT forecast, how it scatters, and the workload it makes of calls. Not here: how many calls
there are to handle (core, bands).

The AHT of an interval is a mean over its calls, so it scatters less the more calls there are: its
squared relative error is a + b / calls. Both parts are fitted, for intervals and for days; the bands
are quantiles of a gamma law with that spread.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray
from wfm_pipeline.domain.calendar import minute_of_day
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import MINUTES_PER_DAY

WINDOW_DAYS: Final = 56
"""Days before the origin that the handle time is learnt from [days]."""
COLUMNS: Final = ("queue_id", "interval_start", "answered_handle_known", "handle_seconds")
AHT_LEVELS: Final = (0.1, 0.5, 0.9)
"""Quantiles of the AHT that a forecast carries."""
AHT_COLUMNS: Final = ("aht_q10_seconds", "aht_q50_seconds", "aht_q90_seconds")
"""Columns of those quantiles, in the same order."""
DEFAULT_SPREAD: Final = (0.05, 1.0)
"""a and b before anything is seen: exponential calls around a level known to 22 %."""
LEAST_CELLS: Final = 30
"""Intervals or days below which the default spread stands [count]."""
LEAST_PRIOR_DAYS: Final = 14
"""Days a level needs before a day is held against it [days]."""
CLIP_SPREADS: Final = 4.0
"""Relative error beyond which a cell pulls no harder [spreads]."""
ROUNDS: Final = 8
"""Rounds of fitting the spread, each clipped by the spread of the one before [count]."""
MANY_CALLS: Final = 100.0
"""Calls above which 1 / N is as good as 1 / mean, to 1 % [calls]."""
FEW_CALLS: Final = 1e-6
"""Calls below which the mean of 1 / N is 1 to a millionth: an interval that has a call has one [calls]."""
LEAST_SQUARE: Final = 1e-6
"""Smallest squared relative error a band is made for."""


@dataclass(frozen=True, slots=True)
class HandleTimes:
    """What is known of handle times on the eve of an origin.

    Attributes:
        mean: AHT by queue and slot, shape (queues, slots) [s]; NaN for a queue of which no handle time is known.
        interval_spread: a and b of the squared relative error of an interval's AHT; shape (queues, 2).
        day_spread: The same for a day's AHT; shape (queues, 2).
    """

    mean: FloatArray
    interval_spread: FloatArray
    day_spread: FloatArray

    def interval_quantiles(self, calls: FloatArray) -> FloatArray:
        """Quantiles of the intervals' AHT.

        Args:
            calls: Expected calls; shape (queues, days, slots) [calls].

        Returns:
            Shape (queues, days, slots, 3) [s], in order of AHT_LEVELS, never crossing; NaN where the mean is.
        """
        return _quantiles(self.mean[:, None, :], self.interval_spread[:, None, None, :], calls)

    def day_means(self, calls: FloatArray) -> FloatArray:
        """AHT of days, weighted by their expected calls.

        Args:
            calls: Expected calls; shape (queues, days, slots) [calls].

        Returns:
            AHT [s]; shape (queues, days); the plain mean of the slots on a day without any call.
        """
        weighted = (calls * self.mean[:, None, :]).sum(axis=2)
        plain = np.broadcast_to(self.mean.mean(axis=1)[:, None], weighted.shape)
        total = calls.sum(axis=2)
        return np.where(total > 0, weighted / np.maximum(total, LEAST_DIVISOR), plain)

    def day_quantiles(self, calls: FloatArray) -> FloatArray:
        """Quantiles of the days' AHT; they have a spread of their own.

        Args:
            calls: Expected calls; shape (queues, days, slots) [calls].

        Returns:
            Shape (queues, days, 3) [s], in order of AHT_LEVELS.
        """
        return _quantiles(self.day_means(calls), self.day_spread[:, None, :], calls.sum(axis=2))


def _quantiles(mean: FloatArray, spread: FloatArray, calls: FloatArray) -> FloatArray:
    """Quantiles of a gamma law whose squared relative error is a + b x mean of 1 / calls."""
    from scipy.stats import gamma

    square = np.maximum(spread[..., 0] + spread[..., 1] * mean_inverse(calls), LEAST_SQUARE)
    levels = np.array(AHT_LEVELS)
    return mean[..., None] * gamma.ppf(levels, 1 / square[..., None]) * square[..., None]


def mean_inverse(calls: FloatArray) -> FloatArray:
    """Mean of 1 / N for a Poisson count N that is not 0; a band is about intervals that have a call.

    Args:
        calls: Mean of the count before zeros are left out, >= 0.

    Returns:
        Mean of 1 / N over the counts that are not 0 [1/calls], 0..1; shape of the input.

    Source:
        sum of m^k / (k k!) over k >= 1 is Ei(m) - Euler's constant - log m (Abramowitz & Stegun 1964, 5.1.10).
    """
    from scipy.special import expi

    rate = np.clip(calls, FEW_CALLS, MANY_CALLS)
    series = expi(rate) - np.euler_gamma - np.log(rate)
    return np.where(calls > MANY_CALLS, 1 / np.maximum(calls, 1.0), series / np.expm1(rate))


def learn_handle_time(
    handle: pd.DataFrame | None,
    *,
    queue_ids: tuple[str, ...],
    interval_minutes: int,
    origin: dt.date,
    options: ForecastOptions,
) -> HandleTimes:
    """AHT by queue and slot, and its scatter, from the last eight weeks before the origin.

    Args:
        handle: Columns queue_id, interval_start (naive local), answered_handle_known (answered calls whose handle
            time is known), handle_seconds (their sum [s]); rows with NaN are left out. None: nothing known.
        queue_ids: Queues of the answer.
        interval_minutes: Length of a slot [min].
        origin: First target date; rows from here on are not looked at.
        options: The forecast's choices.

    Returns:
        Means (seconds + k x queue's AHT) / (known + k), NaN for a queue of which no handle time is known,
        and spreads.

    Raises:
        DataError: a column is missing, or a value is negative.

    Source:
        docs/methods/planners_input.md.
    """
    slots = MINUTES_PER_DAY // interval_minutes
    timed, seconds = np.zeros((2, len(queue_ids), WINDOW_DAYS, slots))
    if handle is not None:
        rows = _recent(handle, origin)
        start = rows["interval_start"]
        queue = pd.Index(queue_ids).get_indexer(pd.Index(rows["queue_id"].astype(str)))
        day = ((start.dt.normalize() - pd.Timestamp(origin)) // pd.Timedelta(days=1)).to_numpy() + WINDOW_DAYS
        slot = (minute_of_day(start) // interval_minutes).to_numpy()
        known = queue >= 0
        where = (queue[known], day[known], slot[known])
        np.add.at(timed, where, rows["answered_handle_known"].to_numpy(float)[known])
        np.add.at(seconds, where, rows["handle_seconds"].to_numpy(float)[known])
    mean = _slot_means(timed.sum(axis=1), seconds.sum(axis=1), options.aht_shrink_calls)
    spreads = [_spreads(t, s, m) for t, s, m in zip(timed, seconds, mean, strict=True)]
    return HandleTimes(mean, *np.array(spreads).reshape(len(queue_ids), 2, 2).swapaxes(0, 1))


def _slot_means(timed: FloatArray, seconds: FloatArray, belief: float) -> FloatArray:
    total = timed.sum(axis=1, keepdims=True)
    own = np.divide(seconds.sum(axis=1, keepdims=True), total, out=np.full_like(total, np.nan), where=total > 0)
    return (seconds + belief * own) / (timed + belief)


def _spreads(timed: FloatArray, seconds: FloatArray, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Spread of one queue's intervals and of its days; shapes (days, slots) in."""
    expected = np.nan_to_num(timed * mean)
    some = expected > 0
    ratio = seconds[some] / expected[some]
    return fit_spread(ratio, timed[some]), fit_spread(*_day_ratios(timed, seconds, expected))


def _day_ratios(timed: FloatArray, seconds: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
    """AHT of days over what the days before them said, and their calls: a level moves while one looks ahead."""
    some = expected.sum(axis=1) > 0
    came, said, calls = seconds[some].sum(axis=1), expected[some].sum(axis=1), timed[some].sum(axis=1)
    before = np.cumsum(came) - came, np.cumsum(said) - said
    late = slice(LEAST_PRIOR_DAYS, None)
    level = before[0][late] / np.maximum(before[1][late], LEAST_DIVISOR)
    return came[late] / np.maximum(said[late] * level, LEAST_DIVISOR), calls[late]


def fit_spread(ratio: FloatArray, calls: FloatArray) -> FloatArray:
    """A and b of the squared relative error a + b / calls, wild cells clipped.

    Args:
        ratio: AHT that came over AHT expected; shape (n,).
        calls: Calls with a known handle time behind each, > 0; shape (n,).

    Returns:
        Shape (2,), both >= 0; the default where there are fewer than 30 cells.
    """
    from scipy.optimize import nnls

    spread = np.array(DEFAULT_SPREAD)
    if ratio.size < LEAST_CELLS:
        return spread
    error = (ratio - 1) ** 2
    for _ in range(ROUNDS):
        square = np.maximum(spread[0] + spread[1] / calls, LEAST_SQUARE)
        tame = np.minimum(error, CLIP_SPREADS**2 * square)
        spread, _ = nnls(np.column_stack([1 / square, 1 / (calls * square)]), tame / square)
    return spread


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
    rows = rows.sort_values(list(COLUMNS))
    if (rows["answered_handle_known"] < 0).any() or (rows["handle_seconds"] < 0).any():
        raise DataError("answered_handle_known and handle_seconds must be >= 0; a negative sum is not a handle time")
    return rows
