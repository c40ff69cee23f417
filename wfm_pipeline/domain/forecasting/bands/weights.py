"""When a part has earned a weight: a gain that is large and sure, counted in days.

Here: the one gate that all parts beside the model pass. Not here: the losses (interval_models, peer_share).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray

LEAST_GAIN: Final = 0.01
"""Share by which a weight must lower the loss before it is given at all."""
SURE_ERRORS: Final = 2.0
"""Standard errors that a gain must be away from nothing before it is believed."""


def best_weight(losses: FloatArray, weights: Sequence[float], *, errors: float = SURE_ERRORS) -> float:
    """Weight with the smallest loss; the first one unless the gain on it is large and sure enough.

    Args:
        losses: Shape (weights, days).
        weights: The weights, the one to be beaten first.
        errors: Standard errors asked for.

    Returns:
        The weight if it gains at least LEAST_GAIN of the loss and so many standard errors. Whole
        days are what errs together, so the standard error is one over days.
    """
    best = int(np.argmin(losses.sum(axis=1)))
    gain = losses[0] - losses[best]
    error = float(np.std(gain, ddof=1)) * np.sqrt(gain.size) if gain.size > 1 else np.inf
    sure = gain.sum() > max(LEAST_GAIN * losses[0].sum(), errors * error)
    return weights[best] if sure else weights[0]
