"""The grouping of a run: which customers are compared with chance, how many segments that gives, and their centres.

Not here: the thresholds (choice.py), and which segment is which (matching.py).
"""

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.segments.choice import (
    DISSOLVED_BELOW,
    STABLE_FROM,
    Candidate,
    candidates,
    choose,
    similarity,
)
from wfm_pipeline.domain.segments.clustering import settle
from wfm_pipeline.domain.segments.request import SegmentRequest
from wfm_pipeline.domain.segments.shrinking import Figures
from wfm_pipeline.units import DAYS_PER_WEEK

_COMPARED_MAX: Final = 1_000
"""Customers who are compared with chance and drawn again: silhouettes cost by the square; a thousand show a segment of 5 %
as fifty customers. They are chosen by a hash of their key, so that tomorrow's are today's [count]."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """A choice of segments.

    Attributes:
        centres: In the plane of features, shape (k, n_features).
        stability: Of each when customers are drawn again, shape (k,) [0..1]; 1 for one group of all.
        silhouette: Of the choice, or of the best that was refused; NaN where nothing could be compared.
        by_chance: Mean of the same over populations without groups.
        p_value: Share of them that look as clumped.
        notes: Why it is one group.
    """

    centres: FloatArray
    stability: FloatArray
    silhouette: float = float("nan")
    by_chance: float = float("nan")
    p_value: float = float("nan")
    notes: tuple[str, ...] = ()


def group_customers(request: SegmentRequest, keys: pd.Series, figures: Figures, plane: FloatArray) -> Grouping:
    """The best number of segments that is no work of chance and comes again; else one.

    Args:
        request: Thresholds, seed and the run before.
        keys: customer_key of the known customers, in order.
        figures: Theirs.
        plane: Their features, shape (n_customers, 2).

    Returns:
        Centres and what spoke for them.
    """
    if len(figures) < request.customers_min:
        return _one(plane, f"{len(figures)} known customers, fewer than {request.customers_min}: one segment.")
    compared = figures.rows(compared_places(keys))
    rng = np.random.default_rng([request.seed, _digest(compared)])
    tried = candidates(compared, range(2, request.segments_max + 1), rng)
    last_k = len(request.last.segments) if request.last is not None else None
    for one in choose(tried, share_min=request.segment_share_min, last_k=last_k):
        found = similarity(compared, one.centres, rng)
        if found.min() >= (DISSOLVED_BELOW if one.k == last_k else STABLE_FROM):
            return _several(plane, one, found)
    return _one(plane, _why_one(tried), tried)


def _several(plane: FloatArray, one: Candidate, found: FloatArray) -> Grouping:
    """The chosen centres, settled among all customers."""
    return Grouping(settle(plane, one.centres), found, one.silhouette, one.by_chance, one.p_value)


def _one(plane: FloatArray, why: str, tried: list[Candidate] | None = None) -> Grouping:
    best = max(tried or [], key=lambda one: (-one.p_value, one.excess), default=None)
    centre, stability = plane.mean(axis=0, keepdims=True), np.ones(1)
    if best is None:
        return Grouping(centre, stability, notes=(why,))
    return Grouping(centre, stability, best.silhouette, best.by_chance, best.p_value, (why,))


def _why_one(tried: list[Candidate]) -> str:
    if not tried:
        return "All customers are alike: one segment."
    least = min(one.p_value for one in tried)
    return f"No grouping is both clearer than chance gives (best p-value {least:.3f}) and stable: one segment."


def compared_places(keys: pd.Series) -> IntArray:
    """Which customers are compared with chance and drawn again.

    Args:
        keys: customer_key of all.

    Returns:
        Their places, in order: all, or those of the smallest hashes.
    """
    if len(keys) <= _COMPARED_MAX:
        return np.arange(len(keys))
    hashed = pd.util.hash_array(keys.astype(object).to_numpy(), categorize=False)
    return np.sort(np.argsort(hashed, kind="stable")[:_COMPARED_MAX])


def _digest(figures: Figures) -> int:
    """Of the counts alone: engines add handle times up in any order, so their last digit is not the same every time."""
    days = np.rint(figures.weeks * DAYS_PER_WEEK)
    return zlib.crc32(np.column_stack([figures.repeats, days, figures.handled]).tobytes())
