"""The peer of the segments: K-means by the best silhouette alone, on figures of a prior of 20 calls, named by rank.

No comparison with chance, no drawing anew, no matching: what this project did before.
"""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

PRIOR_CALLS, CUSTOMERS_COMPARED, SILHOUETTE_MIN, SHARE_MIN = 20.0, 2_000, 0.25, 0.05


def plain_segments(customers: pd.DataFrame, seed: int) -> pd.Series:
    """Name of each customer's segment."""
    weight = customers["answered_handle_known"] / (customers["answered_handle_known"] + PRIOR_CALLS)
    own = customers["aht_seconds"].fillna(0.0)
    everybody = np.average(own, weights=customers["answered_handle_known"] + 1e-9)
    aht = np.maximum(weight * own + (1 - weight) * everybody, 1.0)
    points = np.log(np.column_stack([customers["calls_per_week"].clip(lower=0.01), aht]))
    low, middle, high = np.quantile(points, [0.25, 0.5, 0.75], axis=0)
    spread = np.where(high > low, high - low, np.maximum(points.std(axis=0), 1e-9))
    points = (points - middle) / spread
    labels = _best(points, seed)
    centres = np.array([points[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
    names = _names(centres) if len(centres) > 1 else ["all_customers"]
    return pd.Series(np.array(names)[labels], index=customers.index)


def _best(points: np.ndarray, seed: int) -> np.ndarray:
    sample = np.random.default_rng(seed).permutation(len(points))[:CUSTOMERS_COMPARED]
    best, top = np.zeros(len(points), dtype=int), SILHOUETTE_MIN
    for k in range(2, min(6, len(np.unique(points.round(9), axis=0)) - 1) + 1):
        labels = KMeans(n_clusters=k, n_init=10, random_state=seed).fit_predict(points)
        if np.bincount(labels).min() >= SHARE_MIN * len(points) and len(np.unique(labels[sample])) > 1:
            score = silhouette_score(points[sample], labels[sample])
            if score > top:
                best, top = labels, score
    return best


def _names(centres: np.ndarray) -> list[str]:
    names: dict[int, str] = {}
    for place in np.lexsort((-centres[:, 1], -centres[:, 0])):
        volume, length = (np.searchsorted([-0.25, 0.25], value) for value in centres[place])
        name = f"{('low', 'medium', 'high')[volume]}_volume_{('short', 'average', 'long')[length]}_calls"
        names[place] = f"{name}_{1 + sum(one.startswith(name) for one in names.values())}"
    return [names[place] for place in range(len(centres))]
