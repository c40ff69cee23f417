"""How many segments there are: compared with customers without groups, and drawn again; one is an answer.

Here: the test, the thresholds, and the choice. Not here: the geometry (clustering.py) and the drawing (no_structure.py).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.segments.clustering import cluster, distances, distinct, nearest, silhouette, stability
from wfm_pipeline.domain.segments.no_structure import correlation, one_population
from wfm_pipeline.domain.segments.shrinking import Figures, features, learn_priors

NULL_DRAWS: Final = 39
"""Populations without groups; ours is above all of them by chance once in 40 (2.5 %) [count]."""
STABILITY_DRAWS: Final = 50
"""Times that customers are drawn again; the mean similarity is known to about 0.02 [count]."""
STABLE_FROM: Final = 0.75
"""Similarity of every segment at which a number of segments is taken up (Hennig 2007)."""
DISSOLVED_BELOW: Final = 0.6
"""Similarity below which the last run's number is given up: not to be trusted (Hennig 2007)."""
TAKEN_UP_AT: Final = 0.025
"""p-value at which a number of segments is taken up: above every one of the populations without groups."""
KEPT_UNTIL: Final = 0.10
"""p-value up to which the last run's number is kept, so that chance does not make and unmake segments daily."""
_BETTER_BY: Final = 0.05
"""Silhouette above chance by which another number must be better than the last run's to take its place."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One number of segments, and what speaks for it.

    Attributes:
        k: Number of segments.
        centres: Among the customers that were compared, shape (k, n_features).
        silhouette: Mean silhouette [-1..1].
        by_chance: Mean of the same over the populations without groups.
        p_value: Share of them that look as clumped at any number of segments, ours counted in (0..1].
        share_min: Customers of the smallest segment over all [0..1].
        similarity: Of each segment when customers are drawn again, shape (k,) [0..1]; empty where it was not asked.
    """

    k: int
    centres: FloatArray
    silhouette: float
    by_chance: float
    p_value: float
    share_min: float
    similarity: FloatArray

    @property
    def excess(self) -> float:
        """Silhouette above chance."""
        return self.silhouette - self.by_chance


def candidates(figures: Figures, ks: range, rng: np.random.Generator) -> list[Candidate]:
    """Every number of segments, compared with populations without groups.

    The populations are as many customers, as long known, and go the same way as ours: priors learnt, figures shrunk,
    K-means. For each number of segments the silhouettes of ours and theirs are put on one scale; a
    population's greatest value over all numbers is what ours must beat, so trying several numbers is paid for.

    Args:
        figures: The customers to compare, all of them or a sample.
        ks: Numbers of segments to try.
        rng: Draws populations and starts.

    Returns:
        One per number that the distinct points allow; `similarity` is empty.
    """
    priors = learn_priors(figures)
    points = features(figures, priors)
    ks = range(ks.start, min(ks.stop, distinct(points) + 1))
    if not ks:
        return []
    found = [cluster(points, k, rng) for k in ks]
    shared = correlation(figures, priors)
    drawn = [_silhouettes_of(one_population(figures, priors, shared, rng), ks, rng) for _ in range(NULL_DRAWS)]
    scores = np.vstack([_silhouettes(points, found), *drawn])
    p_values = _p_values(scores)
    labels = [nearest(points, centres) for centres in found]
    smallest = [np.bincount(one, minlength=k).min() / len(points) for one, k in zip(labels, ks, strict=True)]
    means = scores[1:].mean(axis=0)
    rows = zip(ks, found, scores[0], means, p_values, smallest, strict=True)
    return [Candidate(k, c, float(s), float(m), float(p), float(least), np.zeros(0)) for k, c, s, m, p, least in rows]


def choose(tried: list[Candidate], *, share_min: float, last_k: int | None) -> list[Candidate]:
    """Those that may be taken, the best first; what is left to ask is whether they are stable.

    Args:
        tried: Every number that was compared.
        share_min: A number whose smallest segment has a smaller share of the customers is no choice [0..1].
        last_k: Number of the last run; None where there is none.

    Returns:
        The last run's number first, unless another is better by far.
    """
    allowed = [one for one in tried if one.share_min >= share_min]
    taken_up = sorted((one for one in allowed if one.p_value <= TAKEN_UP_AT), key=lambda one: (-one.excess, one.k))
    kept = [one for one in allowed if one.k == last_k and one.p_value <= KEPT_UNTIL]
    if not kept:
        return taken_up
    better = [one for one in taken_up if one.excess > kept[0].excess + _BETTER_BY]
    return [*better, *kept, *(one for one in taken_up if one not in better and one.k != last_k)]


def similarity(figures: Figures, centres: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Stability of each segment among the customers that were compared.

    Args:
        figures: They.
        centres: Of the segments, shape (k, n_features).
        rng: Draws them anew.

    Returns:
        Shape (k,) [0..1].
    """
    points = features(figures, learn_priors(figures))
    return stability(points, centres, rng, draws=STABILITY_DRAWS)


def _p_values(scores: FloatArray) -> FloatArray:
    """One per number of segments; the first row is ours, the others are populations without groups."""
    spread = scores.std(axis=0)
    level = (scores - scores.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    best = level[1:].max(axis=1)
    return (1 + (best[:, None] >= level[0]).sum(axis=0)) / len(scores)


def _silhouettes_of(figures: Figures, ks: range, rng: np.random.Generator) -> FloatArray:
    points = features(figures, learn_priors(figures))
    highest = distinct(points)
    return _silhouettes(points, [cluster(points, k, rng) if k <= highest else None for k in ks])


def _silhouettes(points: FloatArray, found: list[FloatArray | None] | list[FloatArray]) -> FloatArray:
    """Silhouette of each grouping; 0 where there is none: points that are alike do not clump."""
    apart = distances(points, points)
    scores = [0.0 if one is None else silhouette(apart, nearest(points, one), len(one)) for one in found]
    return np.nan_to_num(scores)
