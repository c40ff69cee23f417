"""K-means, how well its segments stand apart, and whether they come again when customers are drawn anew.

Here: pure geometry of points. Not here: what a point is (shrinking.py), what chance alone would give (no_structure.py)
and which number of segments is taken (choice.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from wfm_pipeline.domain.arrays import FloatArray, IntArray

_STARTS: Final = 5
"""Random starts of K-means, of which the best is kept; ours and those of chance get the same [count]."""
_SAME_DECIMALS: Final = 9
"""Decimals of a point in which two customers must agree to count as one [decimals]."""
_SEED_MAX: Final = 2**31 - 1
"""Largest seed that scikit-learn takes."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order, so that reruns agree to the last bit; threads cost more than they give on this many points."""
    import sklearn.cluster  # noqa: F401  (its threads are held back only if they are loaded)

    with threadpool_limits(limits=1):
        yield


def distinct(points: FloatArray) -> int:
    """Points that differ: more segments than that there cannot be.

    Args:
        points: Shape (n_customers, n_features).

    Returns:
        Number of different points.
    """
    return len(np.unique(points.round(_SAME_DECIMALS), axis=0))


def cluster(points: FloatArray, k: int, rng: np.random.Generator) -> FloatArray:
    """Centres of K-means.

    Args:
        points: Shape (n_customers, n_features), at least k different ones.
        k: Number of segments.
        rng: Draws the starts.

    Returns:
        Shape (k, n_features).
    """
    from sklearn.cluster import KMeans

    seed = int(rng.integers(_SEED_MAX))
    return KMeans(n_clusters=k, n_init=_STARTS, random_state=seed).fit(points).cluster_centers_


def settle(points: FloatArray, centres: FloatArray) -> FloatArray:
    """Centres of K-means that starts from given ones, in their order.

    Args:
        points: Shape (n_customers, n_features), at least as many different ones as centres.
        centres: Where to start, shape (k, n_features).

    Returns:
        Shape (k, n_features).
    """
    from sklearn.cluster import KMeans

    return KMeans(n_clusters=len(centres), init=centres, n_init=1).fit(points).cluster_centers_


def distances(points: FloatArray, others: FloatArray) -> FloatArray:
    """Euclidean distances.

    Args:
        points: Shape (n_points, n_features).
        others: Shape (n_others, n_features).

    Returns:
        Shape (n_points, n_others).
    """
    return np.sqrt(sum(np.subtract.outer(one, two) ** 2 for one, two in zip(points.T, others.T, strict=True)))


def nearest(points: FloatArray, centres: FloatArray) -> IntArray:
    """Which centre is the nearest; of two as near the earlier.

    Args:
        points: Shape (n_points, n_features).
        centres: Shape (k, n_features).

    Returns:
        Place among the centres, shape (n_points,).
    """
    return distances(points, centres).argmin(axis=1)


def silhouette(apart: FloatArray, labels: IntArray, k: int) -> float:
    """Mean silhouette: how much nearer a customer is to its own segment than to the next.

    Args:
        apart: Distances of all pairs, shape (n, n).
        labels: Segment of each, 0 to k - 1.
        k: Number of segments.

    Returns:
        [-1..1]; a customer alone in its segment counts 0. NaN where a segment is empty.

    Source:
        Rousseeuw (1987), Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster Analysis.
    """
    member = np.eye(k)[labels]
    sizes = member.sum(axis=0)
    if (sizes == 0).any():
        return float("nan")
    sums, rows = apart @ member, np.arange(len(labels))
    own_size = sizes[labels]
    own = sums[rows, labels] / np.maximum(own_size - 1, 1)
    means = sums / sizes
    means[rows, labels] = np.inf
    other = means.min(axis=1)
    larger = np.maximum(own, other)
    width = np.divide(other - own, larger, out=np.zeros(len(labels)), where=larger > 0)
    return float(np.where(own_size > 1, width, 0.0).mean())


def stability(points: FloatArray, centres: FloatArray, rng: np.random.Generator, *, draws: int) -> FloatArray:
    """How surely each segment comes again when as many customers are drawn with replacement.

    Args:
        points: Shape (n_customers, n_features).
        centres: Of the segments, shape (k, n_features).
        rng: Draws the customers and the starts.
        draws: Times that customers are drawn [count].

    Returns:
        Mean over the draws of the greatest Jaccard similarity with a new segment, shape (k,) [0..1].

    Source:
        Hennig (2007), Cluster-wise Assessment of Cluster Stability: 0.75 and above is valid and stable, below 0.6 is not to
        be trusted, 0.5 and below is dissolved.
    """
    k, labels = len(centres), nearest(points, centres)
    found = np.zeros(k)
    for _ in range(draws):
        drawn = np.unique(rng.integers(len(points), size=len(points)), return_counts=True)
        places = np.repeat(*drawn)
        if distinct(points[drawn[0]]) >= k:  # else there is nothing to be found again
            again = nearest(points[drawn[0]], cluster(points[places], k, rng))
            found += _jaccard(labels[drawn[0]], again, k)
    return found / draws


def _jaccard(labels: IntArray, again: IntArray, k: int) -> FloatArray:
    """Greatest similarity of each segment with one of the other grouping; 0 for one of which nobody was drawn."""
    both = np.eye(k)[labels].T @ np.eye(k)[again]
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0).max(axis=1)
