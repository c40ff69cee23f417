"""The service level to expect some minutes ahead: what people and calls say, and what the line has just shown.

Erlang A knows calls, people and handle times, and each interval by itself. What it does not know (callers still in line, slow
work, people who are there and answer nothing) shows in the level of the last minutes, and lasts. So the two are halved between,
as log-odds. Not here: the projection by itself (intervals), how people are counted (shares), alerts (alert_states).
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray

REACHED_WEIGHT: Final = 0.5
"""Weight of the level just reached against the projection [0..1]. Of 0, 0.25, 0.5, 0.75 and 1 the best on the odd weeks of
docs/methods/coverage.md; 0.25 and 0.75 were nearly as good."""
MOST_SURE: Final = 0.98
"""Levels beyond this, and below 1 - this, say no more: 15 minutes hold too few calls to tell them apart."""


def level_ahead(projected: FloatArray, reached: FloatArray, *, weight: float = REACHED_WEIGHT) -> FloatArray:
    """The level to expect.

    Args:
        projected: Service level that calls and people of the interval ahead meet by Erlang A [0..1], NaN = without calls or
            not known, shape (n,).
        reached: Service level of who left the line in the last 15 minutes [0..1], NaN = nobody left it, shape (n,).
        weight: Weight of the level reached [0..1].

    Returns:
        The level [0..1], shape (n,). Where nobody left the line nothing is told of it and it is NaN: nobody is short of
        people on a line that nobody uses. Without a projection it is the level reached.

    Example:
        >>> level_ahead(np.array([0.9, 0.9, np.nan]), np.array([0.5, np.nan, 0.5])).round(3).tolist()
        [0.75, nan, 0.5]
    """
    from scipy.special import expit, logit

    ahead, now = (logit(np.clip(level, 1 - MOST_SURE, MOST_SURE)) for level in (projected, reached))
    return np.asarray(expit((1 - weight) * np.where(np.isnan(ahead), now, ahead) + weight * now))
