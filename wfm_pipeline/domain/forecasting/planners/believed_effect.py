"""One effect: its slope, how far it is believed, and how sure a day's effect then is.

Here: the weighted least squares of one column, its penalty, and its doubt. Not here: several columns
together (regressors) or the noise of days (day_noise).

The noise of a slope is worked out from the desk's own days and from how far the effect's occurrences
disagree; the larger counts. The slope keeps the share 1 - penalty x noise / slope², nothing where that is
below 0: one that cannot be told from noise does nothing. The doubt of a believed slope is its noise plus
how much occurrences differ beyond what noise alone would do: the next one will differ as well.
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.planners.day_noise import Noise


@dataclass(frozen=True, slots=True)
class Slope:
    """Effect of one unit.

    Attributes:
        value: The effect after shrinkage [log].
        variance: Variance of the next occurrence's effect around it [log²]; 0 where nothing is believed.
    """

    value: float = 0.0
    variance: float = 0.0


def shrunk_slope(
    goal: FloatArray, mass: FloatArray, values: FloatArray, occurrence: IntArray, noise: Noise, penalty: float
) -> Slope:
    """Slope of residuals on a column.

    Args:
        goal: Residuals, 0 where unknown [log]; shape (queues, known dates).
        mass: Weight of each, 0 where unknown; same shape.
        values: The column, 0 where it does nothing; same shape.
        occurrence: Number of the occurrence a value belongs to; same shape.
        noise: How ordinary days scatter.
        penalty: Noise variances that the squared slope must beat.

    Returns:
        The slope that is left [log per unit], and its doubt.

    Source:
        docs/methods/planners_input.md; shrinkage: James & Stein (1961), Akaike (1974), Donoho & Johnstone (1994).
    """
    square = float((mass * values**2).sum())
    if square == 0:
        return Slope()
    slope = float((mass * values * goal).sum()) / square
    pull = mass * values
    by_days = noise.of_sum(pull) / square**2
    variance = max(by_days, _disagreement(goal - slope * values, pull, occurrence) / square**2)
    share = max(0.0, 1.0 - penalty * variance / slope**2) if slope else 0.0
    if not share:
        return Slope()
    return Slope(slope * share, variance + _between(goal, pull, values, occurrence, noise, slope))


def _disagreement(left: FloatArray, pull: FloatArray, occurrence: IntArray) -> float:
    """The same variance from how far occurrences disagree; 0 with a single one, of which nobody knows."""
    inside = pull != 0
    _, group = np.unique(occurrence[inside], return_inverse=True)
    groups = int(group.max()) + 1 if group.size else 0
    if groups < 2:  # noqa: PLR2004  (one occurrence cannot disagree with itself)
        return 0.0
    sums = np.bincount(group, weights=(pull * left)[inside], minlength=groups)
    return float((sums**2).sum()) * groups / (groups - 1)


def _between(
    goal: FloatArray, pull: FloatArray, values: FloatArray, occurrence: IntArray, noise: Noise, slope: float
) -> float:
    """Variance between the occurrences' own slopes that noise does not explain; 0 with a single one.

    Source:
        The moment estimator of DerSimonian & Laird (1986), occurrences weighted by their days.
    """
    inside = pull != 0
    numbers = np.unique(occurrence[inside])
    if numbers.size < 2:  # noqa: PLR2004  (one occurrence cannot differ from itself)
        return 0.0
    parts: list[BoolArray] = [inside & (occurrence == number) for number in numbers]
    squares = np.array([float((pull * values)[part].sum()) for part in parts])
    own = np.array([float((pull * goal)[part].sum()) for part in parts]) / squares
    by_noise = np.array([noise.of_sum(np.where(part, pull, 0.0)) for part in parts]) / squares**2
    weight = squares / squares.sum()
    expected = float((weight * (1 - weight) * by_noise).sum())
    spread = float((weight * (own - slope) ** 2).sum())
    return max(0.0, (spread - expected) / (1 - float((weight**2).sum())))
