"""What events and drivers are worth: effects learnt from day residuals and shrunk by their own noise.

Here: the estimate and its penalty, for any column of values per queue and date. Not here: where the
columns come from (events, drivers) or the residuals (outside).

An effect is weighted least squares on what calendar and level leave over. Its noise is worked out
from the desk's own days, shared shocks and their echo on the next days included, and from how far
the effect's occurrences disagree; the larger counts. The effect keeps the share 1 - 2 x noise / effect²
and nothing where that is below 0: one that cannot be told from noise does nothing. A queue's own distance
from the desk pays 2 log(queues) instead, or among many queues some would stand out by chance.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from wfm_pipeline.domain.forecasting.history import BoolArray, FloatArray, IntArray

PENALTY: Final = 2.0
"""Noise variances an effect must beat: what Akaike's criterion charges for one parameter. Among n queues it is
2 log(n) where that is more, the universal threshold of Donoho & Johnstone (1994)."""
SWEEPS: Final = 5
"""Rounds in which effects that share days are told apart."""
LEAST_DAYS: Final = 21
"""Days without events below which noise is unknown and nothing is learnt [days]."""
MAD_TO_SD: Final = 1.4826
"""Standard deviation of a normal law over its median absolute deviation."""
CLIP_SPREADS: Final = 3.0
MOST_ECHO: Final = 0.9
EFFECT_CAP: Final = float(np.log(10.0))
"""Largest effect, either way: a factor of ten [log]."""


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
        """True where something was known at the origin: all along (NaT), or from a date not after it."""
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


@dataclass(frozen=True, slots=True)
class Learnt:
    """A regressor's effect.

    Attributes:
        name: The regressor's name.
        slopes: Effect of one unit per queue; shape (queues,) [log].
        days: Distinct dates of the history on which it had a value.
    """

    name: str
    slopes: FloatArray
    days: int


def measure_noise(residual: FloatArray, weight: FloatArray, calm: BoolArray) -> Noise | None:
    """Noise of days on which nothing is planned.

    Args:
        residual: Log ratios left over by level and calendar, NaN = unknown; shape (queues, known dates).
        weight: Weight of each, >= 0; same shape.
        calm: True where nothing is planned; same shape.

    Returns:
        None where fewer than 21 dates are known.
    """
    known = calm & ~np.isnan(residual)
    dates: BoolArray = np.asarray(known.any(axis=0))
    if dates.sum() < LEAST_DAYS:
        return None
    mass = np.where(known, weight, 0.0)
    shared = np.where(known, weight * np.nan_to_num(residual), 0.0).sum(axis=0) / np.maximum(mass.sum(axis=0), 1e-12)
    shared_sd = robust_sd(shared[dates])
    own = np.array(
        [robust_sd((row - shared)[on]) if on.any() else 0.0 for row, on in zip(residual, known, strict=True)]
    )
    return Noise(shared_sd, _echo(shared, dates, shared_sd), own)


def robust_sd(values: FloatArray) -> float:
    """Standard deviation from the median absolute deviation; 0 without values."""
    return float(MAD_TO_SD * np.median(np.abs(values - np.median(values)))) if values.size else 0.0


def _echo(shared: FloatArray, dates: BoolArray, spread: float) -> float:
    tame = np.clip(shared - np.median(shared[dates]), -CLIP_SPREADS * spread, CLIP_SPREADS * spread)
    pairs = dates[1:] & dates[:-1]
    square = float((tame[dates] ** 2).mean())
    if pairs.sum() < LEAST_DAYS or square == 0:
        return 0.0
    return float(np.clip((tame[1:] * tame[:-1])[pairs].mean() / square, 0.0, MOST_ECHO))


def learn_regressors(
    residual: FloatArray, weight: FloatArray, regressors: Sequence[Regressor], noise: Noise
) -> tuple[Learnt, ...]:
    """Effects of all regressors together, each shrunk by its own noise.

    Args:
        residual: See `measure_noise`; days with events included.
        weight: See `measure_noise`.
        regressors: What may move calls; order decides nothing but rounding.
        noise: From `measure_noise`.

    Returns:
        One effect per regressor, in the same order.
    """
    known = residual.shape[1]
    seen = ~np.isnan(residual)
    mass = np.where(seen, weight, 0.0)
    columns = [np.where(seen, one.columns[:, :known], 0.0) for one in regressors]
    effects = [np.zeros_like(residual) for _ in regressors]
    slopes = [np.zeros(len(residual)) for _ in regressors]
    goal = np.nan_to_num(residual)
    for _ in range(SWEEPS):
        for number, one in enumerate(regressors):
            others = goal - sum((effects[k] for k in range(len(effects)) if k != number), np.zeros_like(goal))
            slopes[number] = _slopes(others, mass, columns[number], one, noise)
            effects[number] = columns[number] * slopes[number][:, None]
    days = [int((column != 0).any(axis=0).sum()) for column in columns]
    return tuple(Learnt(one.name, slope, day) for one, slope, day in zip(regressors, slopes, days, strict=True))


def _slopes(goal: FloatArray, mass: FloatArray, values: FloatArray, one: Regressor, noise: Noise) -> FloatArray:
    """The desk's slope, and each queue's distance from it where it can be told."""
    occurrence = one.occurrence[:, : goal.shape[1]]
    shared = np.full(len(goal), _shrunk(goal, mass, values, occurrence, noise, PENALTY))
    if not one.has_own_queues or len(goal) == 1:
        return shared
    left = goal - values * shared[:, None]
    penalty = max(PENALTY, 2 * np.log(len(goal)))
    own = [
        _shrunk(left[[q]], mass[[q]], values[[q]], occurrence[[q]], _of_queue(noise, q), penalty)
        for q in range(len(goal))
    ]  # fmt: skip
    return shared + np.array(own)


def _of_queue(noise: Noise, queue: int) -> Noise:
    return Noise(noise.shared_sd, noise.echo, noise.own_sd[[queue]])


def _shrunk(
    goal: FloatArray, mass: FloatArray, values: FloatArray, occurrence: IntArray, noise: Noise, penalty: float
) -> float:
    square = float((mass * values**2).sum())
    if square == 0:
        return 0.0
    slope = float((mass * values * goal).sum()) / square
    variance = max(_days_noise(mass, values, noise), _disagreement(goal - slope * values, mass * values, occurrence))
    variance /= square**2
    return slope * max(0.0, 1.0 - penalty * variance / slope**2) if slope else 0.0


def _days_noise(mass: FloatArray, values: FloatArray, noise: Noise) -> float:
    """Variance of sum(weight x value x residual) if the days were like any others."""
    per_date = (mass * values).sum(axis=0)
    carried = lfilter([0.0, noise.echo], [1.0, -noise.echo], per_date)
    shared = noise.shared_sd**2 * float((per_date**2 + 2 * per_date * carried).sum())
    return max(shared, 0.0) + float(((mass * values) ** 2 * noise.own_sd[:, None] ** 2).sum())


def _disagreement(left: FloatArray, pull: FloatArray, occurrence: IntArray) -> float:
    """The same variance from how far occurrences disagree; 0 with a single one, of which nobody knows."""
    inside = pull != 0
    _, group = np.unique(occurrence[inside], return_inverse=True)
    groups = int(group.max()) + 1 if group.size else 0
    if groups < 2:  # noqa: PLR2004  (one occurrence cannot disagree with itself)
        return 0.0
    sums = np.bincount(group, weights=(pull * left)[inside], minlength=groups)
    return float((sums**2).sum()) * groups / (groups - 1)


def lift_of(regressors: Sequence[Regressor], learnt: Sequence[Learnt]) -> FloatArray:
    """What the regressors do to each queue and date together, capped; shape (queues, dates) [log]."""
    total = sum(one.columns * what.slopes[:, None] for one, what in zip(regressors, learnt, strict=True))
    return np.clip(np.asarray(total, dtype=np.float64), -EFFECT_CAP, EFFECT_CAP)
