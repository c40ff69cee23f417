"""How days scatter where nothing is planned: the noise that an effect must be told from.

Here: the noise of a desk's days, shared shocks and their echo included, and what it makes of a
weighted sum of days. Not here: the effects themselves (regressors).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, MAD_TO_SD, BoolArray, FloatArray

LEAST_DAYS: Final = 21
"""Days without events below which noise is unknown and nothing is learnt [days]."""
CLIP_SPREADS: Final = 3.0
"""Standard deviations beyond which a day's shock counts no more in the echo."""
MOST_ECHO: Final = 0.9
"""Largest correlation of the shock from day to day: at 1 the noise of a long event would have no bound."""


@dataclass(frozen=True, slots=True)
class Noise:
    """How day residuals scatter where nothing is planned.

    Attributes:
        shared_sd: Shock that all queues share [log].
        echo: Correlation of the shared shock from one day to the next, 0..0.9.
        own_sd: Scatter of each queue beside the shared shock; shape (queues,) [log].
    """

    shared_sd: float
    echo: float
    own_sd: FloatArray

    def of_queue(self, queue: int) -> "Noise":
        """The noise of one queue alone.

        Args:
            queue: Which queue.

        Returns:
            The noise of that queue alone.
        """
        return Noise(self.shared_sd, self.echo, self.own_sd[[queue]])

    def of_sum(self, pull: FloatArray) -> float:
        """How much a weighted sum of days scatters if they are like any others.

        Args:
            pull: Weight of each day; shape (queues, dates).

        Returns:
            Variance of sum(pull x residual) [log²].
        """
        from scipy.signal import lfilter

        per_date = pull.sum(axis=0)
        carried = lfilter([0.0, self.echo], [1.0, -self.echo], per_date)
        shared = self.shared_sd**2 * float((per_date**2 + 2 * per_date * carried).sum())
        return max(shared, 0.0) + float((pull**2 * self.own_sd[:, None] ** 2).sum())


def measure_noise(residual: FloatArray, weight: FloatArray, calm: BoolArray) -> Noise | None:
    """Noise of days on which nothing is planned.

    Args:
        residual: Log ratios left over by level and calendar, NaN = unknown; shape (queues, known dates).
        weight: Weight of each, >= 0; same shape.
        calm: True where nothing is planned; same shape.

    Returns:
        None where fewer than 21 dates are known.

    Source:
        docs/methods/planners_input.md.
    """
    known = calm & ~np.isnan(residual)
    dates: BoolArray = np.asarray(known.any(axis=0))
    if dates.sum() < LEAST_DAYS:
        return None
    mass = np.where(known, weight, 0.0)
    shared = np.where(known, weight * np.nan_to_num(residual), 0.0).sum(axis=0) / np.maximum(
        mass.sum(axis=0), LEAST_DIVISOR
    )
    shared_sd = robust_sd(shared[dates])
    own = np.array(
        [robust_sd((row - shared)[on]) if on.any() else 0.0 for row, on in zip(residual, known, strict=True)]
    )
    return Noise(shared_sd, _echo(shared, dates, shared_sd), own)


def robust_sd(values: FloatArray) -> float:
    """Standard deviation from the median absolute deviation.

    Args:
        values: Shape (n,).

    Returns:
        Same unit; 0 without values.

    Source:
        Hampel (1974).

    Example:
        >>> round(robust_sd(np.array([1.0, 2.0, 3.0, 4.0, 100.0])), 4)
        1.4826
    """
    return float(MAD_TO_SD * np.median(np.abs(values - np.median(values)))) if values.size else 0.0


def _echo(shared: FloatArray, dates: BoolArray, spread: float) -> float:
    tame = np.clip(shared - np.median(shared[dates]), -CLIP_SPREADS * spread, CLIP_SPREADS * spread)
    pairs = dates[1:] & dates[:-1]
    square = float((tame[dates] ** 2).mean())
    if pairs.sum() < LEAST_DAYS or square == 0:
        return 0.0
    return float(np.clip((tame[1:] * tame[:-1])[pairs].mean() / square, 0.0, MOST_ECHO))
