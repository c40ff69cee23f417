"""Were probabilities of a breach true? Reliability and Brier score.

Here: scores of predictions beside what came. Not here: predictions, and how outcomes are counted (spells).

No command reaches it yet: a benchmark asks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

RELIABILITY_EDGES: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Edges of the classes of a reliability table [0..1]."""


@dataclass(frozen=True, slots=True, eq=False)
class BreachScores:
    """Scores of predictions.

    Attributes:
        brier: Mean squared difference of probability and outcome; lower is better.
        brier_of_base: The same of the base rate given.
        predictions: How many [count].
        reliability: One row per class: said_from, said_until, predictions [count], said (mean probability), breached (share; NaN in an empty class).
    """

    brier: float
    brier_of_base: float
    predictions: int
    reliability: pd.DataFrame


def breach_scores(said: ArrayLike, is_breached: ArrayLike, *, base_rate: float) -> BreachScores:
    """Score probabilities of a breach.

    Args:
        said: Probabilities [0..1], shape (n,); rows with NaN are left out.
        is_breached: What came, shape (n,).
        base_rate: Share of breaches that was known before [0..1].

    Returns:
        The scores. A class holds its lower edge, the last both.

    Example:
        >>> round(breach_scores([0.1, 0.9], [0, 1], base_rate=0.5).brier, 4)
        0.01
    """
    told, came = np.asarray(said, dtype=np.float64), np.asarray(is_breached, dtype=np.float64)
    is_known = ~np.isnan(told)
    told, came = told[is_known], came[is_known]
    place = np.clip(np.searchsorted(RELIABILITY_EDGES, told, side="right") - 1, 0, len(RELIABILITY_EDGES) - 2)
    counts = np.bincount(place, minlength=len(RELIABILITY_EDGES) - 1)
    some = np.where(counts > 0, counts, np.nan)
    rows = pd.DataFrame(
        {
            "said_from": RELIABILITY_EDGES[:-1],
            "said_until": RELIABILITY_EDGES[1:],
            "predictions": counts,
            "said": np.bincount(place, weights=told, minlength=len(counts)) / some,
            "breached": np.bincount(place, weights=came, minlength=len(counts)) / some,
        }
    )
    if not len(told):
        return BreachScores(float("nan"), float("nan"), 0, rows)
    return BreachScores(float(((told - came) ** 2).mean()), float(((base_rate - came) ** 2).mean()), len(told), rows)
