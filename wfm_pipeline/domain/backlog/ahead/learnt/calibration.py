"""What a probability was worth: two views of the next hours, weighed by what came of earlier ones.

Here: fitting the weights to past predictions and outcomes, and applying them. Not here: the views (breach, endings), scores (scores).

logit p = a + b logit(in order) + c logit(as before), with b and c not below 0, so that more people never raise it. A view whose weight
would be below 0 is left out. Weights are drawn to `PRIOR`, which takes the second view as it stands, so that few weeks change little.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from wfm_pipeline.domain.arrays import BoolArray, FloatArray

PRIOR: Final = (0.0, 0.0, 1.0)
"""Weights before anything is known: the probability as before, as it stands."""
PRIOR_WEIGHT: Final = 1.0
"""Precision of each weight before anything is known: a spread of 1 on the scale of log-odds."""
LEAST_OUTCOMES: Final = 20
"""Breaches, and hours without one, below which nothing is learnt [count]: three weights need some of each."""
_SHORTEST_CHANCE: Final = 1 / 256
"""Probabilities are kept as far from 0 and 1 [share]: what futures by the hundred can tell."""
_FAR: Final = 100.0
"""Log-odds beyond which a probability is 0 or 1 for all that doubles tell."""
_STEPS: Final = 50
"""Steps of Newton's method at the most [count]; six are usual."""
_SAME: Final = 1e-10
"""Change of a weight that is none."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the views.

    Attributes:
        constant, in_order, as_before: a, b and c.
        outcomes: Predictions it was fitted to [count].
    """

    constant: float
    in_order: float
    as_before: float
    outcomes: int

    def apply(self, in_order: ArrayLike, as_before: ArrayLike) -> FloatArray:
        """Probabilities of a breach.

        Args:
            in_order: Share of futures with a breach if the earliest due is served first [0..1], shape (n,).
            as_before: Probability if all goes on as it did [0..1], shape (n,).

        Returns:
            Probabilities, shape (n,); NaN where a view is.

        Example:
            >>> Calibration(0.0, 0.0, 1.0, 0).apply([0.5], [0.2]).round(3).tolist()
            [0.2]
        """
        views = _views(in_order, as_before)
        return _chance(views @ np.array([self.constant, self.in_order, self.as_before]))


def fit_calibration(in_order: ArrayLike, as_before: ArrayLike, is_breached: ArrayLike) -> Calibration | None:
    """Weigh the views by what came.

    Args:
        in_order: Past predictions, shape (n,) [0..1]; rows with NaN in one view are left out.
        as_before: The same of the other view.
        is_breached: What came, shape (n,).

    Returns:
        Weights; None with fewer than `LEAST_OUTCOMES` breaches or hours without one.
    """
    views, came = _views(in_order, as_before), np.asarray(is_breached, dtype=np.float64)
    is_known = ~np.isnan(views).any(axis=1) & ~np.isnan(came)
    views, came = views[is_known], came[is_known]
    if min(came.sum(), len(came) - came.sum()) < LEAST_OUTCOMES:
        return None
    used = np.array([True, True, True])
    weights = _most_likely(views, came, used)
    while (weights[1:] < 0).any():
        used[1:] &= weights[1:] >= 0
        weights = _most_likely(views, came, used)
    return Calibration(float(weights[0]), float(weights[1]), float(weights[2]), len(came))


def _views(in_order: ArrayLike, as_before: ArrayLike) -> FloatArray:
    """One and the log-odds of both views, shape (n, 3)."""
    both = np.column_stack([np.asarray(in_order, dtype=np.float64), np.asarray(as_before, dtype=np.float64)])
    kept = np.clip(both, _SHORTEST_CHANCE, 1 - _SHORTEST_CHANCE)
    return np.column_stack([np.ones(len(kept)), np.log(kept / (1 - kept))])


def _most_likely(views: FloatArray, came: FloatArray, used: BoolArray) -> FloatArray:
    """Weights by Newton's method, those not used 0; a step that makes them less likely is halved."""
    prior = np.where(used, PRIOR, 0.0)

    def loss(weights: FloatArray) -> float:
        odds = views @ weights
        return float((np.logaddexp(0.0, odds) - came * odds).sum() + PRIOR_WEIGHT * ((weights - prior) ** 2).sum() / 2)

    weights = prior.copy()
    for _ in range(_STEPS):
        chance = _chance(views @ weights)
        slope = views.T @ (came - chance) - PRIOR_WEIGHT * (weights - prior)
        bend = (views.T * (chance * (1 - chance))) @ views + PRIOR_WEIGHT * np.eye(len(weights))
        step = np.zeros(len(weights))
        step[used] = np.linalg.solve(bend[np.ix_(used, used)], slope[used])
        while np.abs(step).max() > _SAME and loss(weights + step) > loss(weights):
            step = step / 2
        weights = weights + step
        if np.abs(step).max() <= _SAME:
            break
    return weights


def _chance(odds: FloatArray) -> FloatArray:
    return 1 / (1 + np.exp(-np.clip(odds, -_FAR, _FAR)))
