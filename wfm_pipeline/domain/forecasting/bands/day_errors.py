"""How the errors of a day's forecast hang together: what one slot's error says about the others'.

Here: the law of relative errors inside a day, learnt from past days per queue, with small queues
leaning on all. Not here: making those past forecasts (walk_forward), or what is done with the law
(intraday, sample_paths).

Calls of a slot s are m_s (1 + e_s) plus counting noise. The errors e have mean 0 and covariance
K(s, t), which depends on the distance of the slots alone; the noise has variance m_s + f_s m_s^2 and
is independent between slots. K is a sum of a constant (the whole day is off) and of decaying
exponentials (a stretch of the day is off), with weights >= 0, so it is a covariance whatever came.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, BoolArray, FloatArray, IntArray
from wfm_pipeline.units import MINUTES_PER_HOUR

DECAY_HOURS: Final = (1.0, 2.0, 5.0, 10.0, 25.0)
"""Times in which the correlation of two slots falls to 1/e [h]; a constant stands beside them."""
CLIP_SIGMAS: Final = 4.0
"""Standard deviations beyond which an error counts no more than these."""
HALF_DAYS: Final = 20.0
"""Days at which a queue's own errors weigh half beside everybody's [days]."""
HALF_CALLS: Final = 1.0
"""Calls per slot at which a queue's own covariance weighs half [calls]."""
HALF_SLOT_CALLS: Final = 20.0
"""Calls per slot at which a slot's own noise weighs half beside its queue's [calls]."""
DEFAULT_LEVEL_VARIANCE: Final = 0.01
"""Variance of a whole day's relative error before anything is seen: one day is off by 10 %."""
MOST_DISPERSION: Final = 2.0
"""Largest noise of a slot beyond Poisson, as in counts.py."""
LEAST_CALLS: Final = 1e-3
"""Expected calls below which a slot tells nothing: its relative error has no meaning [calls]."""


@dataclass(frozen=True, slots=True)
class ErrorLaw:
    """The law of a day's errors, per queue.

    Attributes:
        interval_minutes: Length of a slot [min].
        weights: Weights of K's parts, constant first; shape (queues, 1 + decays), >= 0.
        dispersion: Noise f of a slot beyond Poisson; shape (queues, slots), >= 0.
        days: Past days behind it; 0 means defaults.
    """

    interval_minutes: int
    weights: FloatArray
    dispersion: FloatArray
    days: int

    def covariance(self, queue: int) -> FloatArray:
        """How the errors of a day's slots go together in one queue.

        Args:
            queue: Which queue.

        Returns:
            Covariance K of the relative errors of its slots; shape (slots, slots).
        """
        slots = self.dispersion.shape[1]
        lag = np.abs(np.subtract.outer(np.arange(slots), np.arange(slots)))
        return (_parts(np.arange(slots, dtype=np.int64), self.interval_minutes) @ self.weights[queue])[lag]


def default_law(queues: int, slots: int, *, interval_minutes: int, dispersion: float) -> ErrorLaw:
    """The law before any past day is known.

    Args:
        queues: Queues [count].
        slots: Slots of a day [count].
        interval_minutes: Length of a slot [min].
        dispersion: Noise f of a slot beyond Poisson, >= 0.

    Returns:
        A law in which only whole days err together.
    """
    weights = np.zeros((queues, 1 + len(DECAY_HOURS)))
    weights[:, 0] = DEFAULT_LEVEL_VARIANCE
    return ErrorLaw(interval_minutes, weights, np.full((queues, slots), dispersion), 0)


def learn_law(mean: FloatArray, actual: FloatArray, *, interval_minutes: int, dispersion: float) -> ErrorLaw:
    """Learn the law from past days' forecasts.

    Args:
        mean: What was forecast [calls], >= 0; shape (days, queues, slots).
        actual: What came [calls], NaN where closed or missing; same shape.
        interval_minutes: Length of a slot [min].
        dispersion: Noise where there is nothing to learn from.

    Returns:
        The law; the default one without any usable cell.

    Source:
        docs/methods/intraday.md, step 2.
    """
    queues, slots = mean.shape[1:]
    usable: BoolArray = ~np.isnan(actual) & (mean >= LEAST_CALLS)
    days: BoolArray = np.asarray(usable.any(axis=2))
    if not days.any():
        return default_law(queues, slots, interval_minutes=interval_minutes, dispersion=dispersion)
    expected = np.where(usable, mean, 0.0)
    error = _clipped(np.where(usable, np.nan_to_num(actual) - mean, 0.0), expected)
    seen = days.sum(axis=0)
    calls = expected.sum(axis=(0, 2)) / np.maximum(usable.sum(axis=(0, 2)), 1)
    trust = seen / (seen + HALF_DAYS) * calls / (calls + HALF_CALLS)
    weights = _covariance_weights(error, expected, calls, trust, interval_minutes)
    level = weights.sum(axis=1)
    noise = _noise(error, expected, level, usable=usable, trust=trust, default=dispersion)
    return ErrorLaw(interval_minutes, weights, noise, int(days.any(axis=1).sum()))


def _parts(lag: IntArray, interval_minutes: int) -> FloatArray:
    """The parts of K at some distances; shape (distances, 1 + decays)."""
    hours = lag[:, None] * interval_minutes / MINUTES_PER_HOUR
    return np.hstack([np.ones_like(hours), np.exp(-hours / np.array(DECAY_HOURS))])


def _clipped(error: FloatArray, expected: FloatArray) -> FloatArray:
    """Errors cut at a few of their queue's usual standard deviations, so that no single day decides."""
    square = (expected**2).sum(axis=0)
    relative = np.sqrt((error**2).sum(axis=0) / np.maximum(square, LEAST_DIVISOR))
    usual = np.array(
        [np.median(row[some]) if some.any() else 0.0 for row, some in zip(relative, square > 0, strict=True)]
    )
    limit = CLIP_SIGMAS * np.sqrt(expected + (expected * usual[None, :, None]) ** 2)
    return np.clip(error, -limit, limit)


def _covariance_weights(
    error: FloatArray, expected: FloatArray, calls: FloatArray, trust: FloatArray, interval_minutes: int
) -> FloatArray:
    """Weights of K's parts from products of errors of two slots of one day, by their distance."""
    from scipy.optimize import nnls

    slots = error.shape[2]
    lag = np.subtract.outer(np.arange(slots), np.arange(slots))
    inside = lag > 0

    def by_lag(values: FloatArray) -> FloatArray:
        products = np.einsum("dqs,dqt->qst", values, values)
        return np.stack([np.bincount(lag[inside], weights=row[inside], minlength=slots)[1:] for row in products])

    size = by_lag(expected)
    seen = by_lag(error)
    scale = 1 / np.maximum(calls, LEAST_DIVISOR)[:, None]  # a queue counts in the pool by its calls, not their square
    pooled = (seen * scale).sum(axis=0) / np.maximum((size * scale).sum(axis=0), LEAST_DIVISOR)
    own = seen / np.maximum(size, LEAST_DIVISOR)
    joint = trust[:, None] * own + (1 - trust[:, None]) * pooled
    parts = _parts(np.arange(1, slots, dtype=np.int64), interval_minutes)
    importance = np.sqrt(trust[:, None] * size + (1 - trust[:, None]) * size.sum(axis=0))
    return np.stack(
        [nnls(parts * root[:, None], target * root)[0] for root, target in zip(importance, joint, strict=True)]
    )


def _noise(
    error: FloatArray, expected: FloatArray, level: FloatArray, *, usable: np.ndarray, trust: FloatArray, default: float
) -> FloatArray:
    """What a slot's errors have beyond K and Poisson: its own, its queue's and everybody's, by calls."""
    beyond = (error**2 - expected - level[None, :, None] * expected**2).sum(axis=0)
    square = (expected**2).sum(axis=0)
    whole = square.sum()
    pooled = max(float(beyond.sum() / whole), 0.0) if whole > 0 else default
    queue = np.maximum(beyond.sum(axis=1) / np.maximum(square.sum(axis=1), LEAST_DIVISOR), 0.0)
    queue = trust * queue + (1 - trust) * pooled
    calls = expected.sum(axis=0) / np.maximum(usable.sum(axis=0), 1)
    share = trust[:, None] * calls / (calls + HALF_SLOT_CALLS)
    slot = np.maximum(beyond / np.maximum(square, LEAST_DIVISOR), 0.0)
    return np.clip(share * slot + (1 - share) * queue[:, None], 0.0, MOST_DISPERSION)
