"""What events and drivers are worth: effects learnt from day residuals and shrunk by their own noise.

Here: the effects of several columns of values per queue and date, together. Not here: where the
columns come from (events, drivers) or the residuals (outside), nor how one effect is shrunk (shrinkage).

First the whole desk's effect is learnt, then each queue's distance from it. That distance pays
2 log(queues), or among many queues some would stand out by chance.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.forecasting.planners.believed_effect import Slope, shrunk_slope
from wfm_pipeline.domain.forecasting.planners.day_noise import Noise

PENALTY: Final = 2.0
"""Noise variances an effect must beat: what Akaike's criterion charges for one parameter. Among n queues it is
2 log(n) where that is more, the universal threshold of Donoho & Johnstone (1994)."""
SWEEPS: Final = 5
"""Rounds in which effects that share days are told apart."""
EFFECT_CAP: Final = float(np.log(10.0))
"""Largest effect, either way: a factor of ten [log]."""
DOUBT_CAP: Final = 1.0
"""Largest variance of an effect that widens bands [log²]."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Queues and dates that planners' rows are laid on.

    Attributes:
        queue_ids: Queues of axis 0.
        first_date: Date of index 0 on axis 1.
        known: Dates of the history; the next one is the origin.
        dates: Dates of history and horizon together.
    """

    queue_ids: tuple[str, ...]
    first_date: dt.date
    known: int
    dates: int

    def is_known(self, known_on: pd.Timestamp | None) -> bool:
        """Whether something was known at the origin.

        Args:
            known_on: Date from which it was; None or NaT = all along.

        Returns:
            True where that date is not after the origin.
        """
        if known_on is None or pd.isna(known_on):
            return True
        return (known_on.date() - self.first_date).days <= self.known


@dataclass(frozen=True, slots=True)
class Regressor:
    """Something that may move calls, as a number per queue and date.

    Attributes:
        name: Words for people, such as `event type 'billing'`.
        columns: Shape (queues, dates), history and horizon; 0 where it does nothing.
        occurrence: Shape (queues, dates): number of the occurrence a value belongs to; values of one
            occurrence rise and fall together.
        has_own_queues: Queues may answer differently.
    """

    name: str
    columns: FloatArray
    occurrence: IntArray
    has_own_queues: bool = True


@dataclass(frozen=True, slots=True)
class Learnt:
    """A regressor's effect.

    Attributes:
        name: The regressor's name.
        slopes: Effect of one unit per queue; shape (queues,) [log].
        variances: Variance of the next occurrence's effect of one unit; same shape [log²].
        days: Distinct dates of the history on which it had a value.
    """

    name: str
    slopes: FloatArray
    variances: FloatArray
    days: int


def learn_regressors(
    residual: FloatArray, weight: FloatArray, regressors: Sequence[Regressor], noise: Noise
) -> tuple[Learnt, ...]:
    """Effects of all regressors together, each shrunk by its own noise.

    Args:
        residual: Log ratios left over by level and calendar, NaN = unknown; shape (queues, known dates).
        weight: Weight of each, >= 0; same shape.
        regressors: What may move calls; order decides nothing but rounding.
        noise: How ordinary days scatter.

    Returns:
        One effect per regressor, in the same order.

    Source:
        docs/methods/planners_input.md; the penalty: Akaike (1974), Donoho & Johnstone (1994).
    """
    known = residual.shape[1]
    seen = ~np.isnan(residual)
    mass = np.where(seen, weight, 0.0)
    columns = [np.where(seen, one.columns[:, :known], 0.0) for one in regressors]
    effects = [np.zeros_like(residual) for _ in regressors]
    slopes = [[Slope()] * len(residual) for _ in regressors]
    goal = np.nan_to_num(residual)
    for _ in range(SWEEPS):
        for number, one in enumerate(regressors):
            others = goal - sum((effects[k] for k in range(len(effects)) if k != number), np.zeros_like(goal))
            slopes[number] = _slopes(others, mass, columns[number], one, noise)
            effects[number] = columns[number] * np.array([slope.value for slope in slopes[number]])[:, None]
    return tuple(
        Learnt(
            one.name,
            np.array([slope.value for slope in found]),
            np.array([slope.variance for slope in found]),
            int((column != 0).any(axis=0).sum()),
        )
        for one, found, column in zip(regressors, slopes, columns, strict=True)
    )


def _slopes(goal: FloatArray, mass: FloatArray, values: FloatArray, one: Regressor, noise: Noise) -> list[Slope]:
    """The desk's slope, and each queue's distance from it where it can be told."""
    occurrence = one.occurrence[:, : goal.shape[1]]
    shared = shrunk_slope(goal, mass, values, occurrence, noise, PENALTY)
    if not one.has_own_queues or len(goal) == 1:
        return [shared] * len(goal)
    left = goal - values * shared.value
    penalty = max(PENALTY, 2 * np.log(len(goal)))
    own = [
        shrunk_slope(left[[q]], mass[[q]], values[[q]], occurrence[[q]], noise.of_queue(q), penalty)
        for q in range(len(goal))
    ]  # fmt: skip
    return [Slope(shared.value + each.value, max(shared.variance, each.variance)) for each in own]


def lift_of(regressors: Sequence[Regressor], learnt: Sequence[Learnt]) -> FloatArray:
    """What the regressors do to each queue and date together.

    Args:
        regressors: The columns.
        learnt: Their effects, in the same order.

    Returns:
        Capped either way; shape (queues, dates) [log].
    """
    total = sum(one.columns * what.slopes[:, None] for one, what in zip(regressors, learnt, strict=True))
    return np.clip(np.asarray(total, dtype=np.float64), -EFFECT_CAP, EFFECT_CAP)


def doubt_of(regressors: Sequence[Regressor], learnt: Sequence[Learnt]) -> FloatArray:
    """How unsure the regressors' effects are on each queue and date.

    Args:
        regressors: The columns.
        learnt: Their effects, in the same order.

    Returns:
        Variance, capped; shape (queues, dates) [log²].
    """
    total = sum(one.columns**2 * what.variances[:, None] for one, what in zip(regressors, learnt, strict=True))
    return np.minimum(np.asarray(total, dtype=np.float64), DOUBT_CAP)
