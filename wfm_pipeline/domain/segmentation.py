"""Groups customers by how much they call and how long their calls take (K-means).

Here: the grouping, its scaling, the choice of k, and names that people can read. Not here: how a
customer's figures come about (transforms). Assumptions and drawbacks: docs/methods/segmentation.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.arrays import ROUNDING
from wfm_pipeline.errors import MOST_NAMED, DataError

UNKNOWN_SEGMENT: Final = "unknown_customer"
SINGLE_SEGMENT: Final = "all_customers"
INPUT_COLUMNS: Final = (
    "customer_key",
    "calls",
    "calls_per_week",
    "answered_handle_known",
    "aht_seconds",
    "abandon_share",
    "redial_share",
    "peak_weekday_hour",
)
CALLS_PER_WEEK_FLOOR: Final = 0.01
"""One call in two years [calls/week]; keeps the logarithm finite."""
SILHOUETTE_MIN: Final = 0.25
"""Below it there is no structure to speak of (Kaufman & Rousseeuw, 1990, Finding Groups in Data, table 4)."""
_NAME_EDGE: Final = 0.25
"""Interquartile distances from the median at which a name changes: halfway to a quartile of an even spread."""
_SILHOUETTE_ROWS: Final = 2_000
"""Customers that score a number of segments: the silhouette costs by the square of their number [count]."""
_KMEANS_STARTS: Final = 10
"""Random starts of K-means, of which the best is kept [count]."""
_QUARTILES: Final = (0.25, 0.5, 0.75)
"""Levels of the quartiles and the median."""
_SAME_DECIMALS: Final = 9
"""Decimals of a point in which two customers must agree to count as one [decimals]."""


@dataclass(frozen=True, slots=True)
class SegmentationResult:
    """Customers with their segment, and the segments.

    Attributes:
        customers: The input in its own order, with segment_id (Int64; null without a customer id),
            segment_name, and the figures that were used: aht_seconds_shrunk, abandon_share_shrunk,
            redial_share_shrunk.
        segments: One row per segment: segment_id (1 calls most), segment_name, customers, calls,
            call_share of all calls with a known customer, calls_per_week and aht_seconds of the
            centre, abandon_share and redial_share over its calls.
        k: Number of segments; 0 if no customer is known.
        silhouette: Mean silhouette of the choice [-1..1]; NaN with fewer than two segments.
        notes: What a reader should know, in words.
    """

    customers: pd.DataFrame
    segments: pd.DataFrame
    k: int
    silhouette: float
    notes: tuple[str, ...]

    @property
    def facts(self) -> dict[str, int]:
        """Segments, customers in one, and calls that belong to no known customer [count]."""
        is_unknown = self.customers["segment_id"].isna()
        return {
            "segments": self.k,
            "calls_without_customer": int(self.customers.loc[is_unknown, "calls"].sum()),
            "customers": int((~is_unknown).sum()),
        }


def segment_customers(
    frame: pd.DataFrame,
    *,
    seed: int,
    prior_calls: float = 20.0,
    customers_min: int = 20,
    segments_max: int = 6,
    segment_share_min: float = 0.05,
) -> SegmentationResult:
    """Group customers by intensity and AHT.

    The answer depends neither on the order of the rows nor on their index.

    Args:
        frame: One row per customer with `INPUT_COLUMNS`; a null key or `(unknown)` gathers calls
            without a customer. aht_seconds and the shares may be NaN.
        seed: Seed of K-means and of the subsample that scores k.
        prior_calls: Calls at which a customer's own AHT and shares count half [calls], >= 0.
        customers_min: With fewer known customers there is one segment.
        segments_max: Largest k that is tried, >= 2.
        segment_share_min: A k whose smallest segment holds a smaller share of customers is refused [0..1].

    Returns:
        Segments and the customers in them.

    Raises:
        DataError: columns are missing, a key repeats, or calls or calls per week are negative or unknown.

    Source:
        docs/methods/segmentation.md; Kaufman & Rousseeuw (1990), Finding Groups in Data (silhouette).
    """
    _check(frame)
    is_known = frame["customer_key"].notna() & (frame["customer_key"] != UNKNOWN)
    known = shrink_small_samples(frame[is_known].sort_values("customer_key"), prior_calls=prior_calls)
    notes = _unknown_notes(frame[~is_known], float(frame["calls"].sum()))
    points = scale_robustly(_features(known))
    labels, silhouette, why = _choose_segments(
        points,
        seed=seed,
        customers_min=customers_min,
        segments_max=segments_max,
        segment_share_min=segment_share_min,
    )
    known, segments = _describe(known, points, labels)
    columns = ["segment_id", "segment_name", "aht_seconds_shrunk", "abandon_share_shrunk", "redial_share_shrunk"]
    customers = frame.join(known[columns])
    customers["segment_id"] = customers["segment_id"].astype("Int64")
    customers["segment_name"] = customers["segment_name"].fillna(UNKNOWN_SEGMENT)
    return SegmentationResult(customers, segments, len(segments), silhouette, (*notes, *why))


def shrink_small_samples(frame: pd.DataFrame, *, prior_calls: float) -> pd.DataFrame:
    """Pull AHT and shares of customers with few calls towards everybody's.

    A customer with n calls keeps weight n / (n + prior_calls) of its own figure; AHT counts answered
    calls whose handle time is known. An unknown figure becomes everybody's.

    Args:
        frame: calls, answered_handle_known [calls], aht_seconds [s], abandon_share and redial_share [0..1] per customer.
        prior_calls: Calls at which a customer's own figure counts half [calls], >= 0.

    Returns:
        The frame with aht_seconds_shrunk, abandon_share_shrunk and redial_share_shrunk; NaN where
        nobody's figure is known.

    Source:
        Efron & Morris (1975), Data Analysis Using Stein's Estimator and Its Generalizations.
    """
    samples = {
        "aht_seconds": frame["answered_handle_known"],
        "abandon_share": frame["calls"],
        "redial_share": frame["calls"],
    }
    shrunk = {}
    for name, count in samples.items():
        own = frame[name].astype(float)
        weight = count.where(own.notna(), 0.0).astype(float)
        total = float(weight.sum())
        overall = float((own.fillna(0.0) * weight).sum() / total) if total > 0 else np.nan
        trust = (weight / (weight + prior_calls)).fillna(0.0)  # 0 / 0: no calls and no prior
        shrunk[f"{name}_shrunk"] = trust * own.fillna(0.0) + (1 - trust) * overall
    return frame.assign(**shrunk)


def scale_robustly(features: np.ndarray) -> np.ndarray:
    """Centre on the median and divide by the interquartile distance.

    A column whose quartiles coincide is divided by its standard deviation; a constant or wholly
    unknown column becomes 0 and so says nothing.

    Args:
        features: Shape (n_customers, n_features); a column is wholly known or wholly NaN.

    Returns:
        Same shape, no NaN.
    """
    scaled = np.zeros_like(features, dtype=float)
    for column in range(features.shape[1]):
        values = features[:, column]
        if (
            len(values) == 0
            or np.isnan(values).any()
            or np.ptp(values) <= ROUNDING * max(1.0, float(np.abs(values).max()))
        ):
            continue
        low, middle, high = np.quantile(values, _QUARTILES)
        spread = high - low if high - low > ROUNDING * np.ptp(values) else values.std()
        scaled[:, column] = (values - middle) / spread
    return scaled


def _check(frame: pd.DataFrame) -> None:
    missing = [name for name in INPUT_COLUMNS if name not in frame]
    if missing:
        raise DataError(
            f"segmentation needs columns {', '.join(INPUT_COLUMNS)}; missing {', '.join(missing)}, "
            f"present {', '.join(map(str, frame.columns))}",
            missing=missing,
        )
    repeated = frame.loc[frame["customer_key"].duplicated() & frame["customer_key"].notna(), "customer_key"]
    if len(repeated) or not frame.index.is_unique:
        raise DataError(
            f"segmentation needs one row per customer_key and a unique index; {len(repeated)} keys repeat; add them up first",
            repeated=sorted(set(repeated.astype(str)))[:MOST_NAMED],
        )
    figures = frame[["calls", "calls_per_week"]].astype(float).to_numpy()
    if not (np.isfinite(figures) & (figures >= 0)).all():
        bad = (
            frame.loc[~(np.isfinite(figures) & (figures >= 0)).all(axis=1), "customer_key"]
            .astype(str)
            .tolist()[:MOST_NAMED]
        )
        raise DataError(f"calls and calls_per_week must be finite and >= 0, not so for customers {bad}", customers=bad)


def _unknown_notes(unknown: pd.DataFrame, all_calls: float) -> tuple[str, ...]:
    calls = float(unknown["calls"].sum())
    if calls == 0:
        return ()
    return (f"{calls:,.0f} calls ({calls / all_calls:.1%}) have no customer id and are kept apart.",)


def _features(known: pd.DataFrame) -> np.ndarray:
    intensity = np.log(known["calls_per_week"].astype(float).clip(lower=CALLS_PER_WEEK_FLOOR).to_numpy())
    length = np.log(known["aht_seconds_shrunk"].clip(lower=1.0).to_numpy())
    return np.column_stack([intensity, length])


def _choose_segments(
    points: np.ndarray, *, seed: int, customers_min: int, segments_max: int, segment_share_min: float
) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """Labels of the k with the best silhouette; the smaller k wins a tie. One segment where none will do."""
    from sklearn.metrics import silhouette_score

    single = np.zeros(len(points), dtype=np.int64)
    if len(points) < customers_min:
        note = f"{len(points)} known customers, fewer than {customers_min}: one segment." if len(points) else ""
        return single, np.nan, (note,) if note else ("No customer is known.",)
    distinct = len(np.unique(points.round(_SAME_DECIMALS), axis=0))
    sample = np.random.default_rng(seed).permutation(len(points))[:_SILHOUETTE_ROWS]
    best_labels, best_score = single, -np.inf
    for k in range(2, min(segments_max, distinct - 1) + 1):
        labels = _fit(points, k, seed)
        is_big_enough = np.bincount(labels, minlength=k).min() >= segment_share_min * len(points)
        if is_big_enough and len(np.unique(labels[sample])) > 1:
            score = float(silhouette_score(points[sample], labels[sample]))
            if score > best_score + ROUNDING:
                best_labels, best_score = labels, score
    if best_score < SILHOUETTE_MIN:
        return single, np.nan, (f"No grouping has a silhouette of {SILHOUETTE_MIN} or more: one segment.",)
    return best_labels, best_score, ()


def _fit(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    with threadpool_limits(limits=1):  # sums in one order, so that reruns agree to the last bit
        return KMeans(n_clusters=k, n_init=_KMEANS_STARTS, random_state=seed).fit_predict(points)


def _describe(known: pd.DataFrame, points: np.ndarray, labels: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Number the segments by their centres, most calls first and then longest calls, and name them."""
    found = np.unique(labels)
    centres = np.array([points[labels == label].mean(axis=0) for label in found]).reshape(len(found), points.shape[1])
    order = np.lexsort((-centres[:, 1], -centres[:, 0]))
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(found))
    names = _names(centres[order])
    position = rank[np.searchsorted(found, labels)]
    known = known.assign(segment_id=position + 1, segment_name=np.array(names, dtype=object)[position])
    rows = [_segment_row(group) for _, group in known.groupby("segment_id")]
    segments = pd.DataFrame(rows, columns=list(_SEGMENT_COLUMNS))
    segments["call_share"] = segments["calls"] / max(1.0, float(segments["calls"].sum()))
    return known, segments


_SEGMENT_COLUMNS = (
    "segment_id",
    "segment_name",
    "customers",
    "calls",
    "call_share",
    "calls_per_week",
    "aht_seconds",
    "abandon_share",
    "redial_share",
)


def _segment_row(group: pd.DataFrame) -> dict[str, object]:
    calls = group["calls"].astype(float)
    total = float(calls.sum())
    intensity, length = _features(group).mean(axis=0)
    return {
        "segment_id": int(group["segment_id"].iloc[0]),
        "segment_name": str(group["segment_name"].iloc[0]),
        "customers": len(group),
        "calls": round(total),
        "calls_per_week": float(np.exp(intensity)),
        "aht_seconds": float(np.exp(length)),
        "abandon_share": float((group["abandon_share_shrunk"] * calls).sum() / total) if total else np.nan,
        "redial_share": float((group["redial_share_shrunk"] * calls).sum() / total) if total else np.nan,
    }


def _names(centres: np.ndarray) -> list[str]:
    """Names from the centres, in their order; the second of the same words gets `_2`."""
    if len(centres) == 1:
        return [SINGLE_SEGMENT]
    names: list[str] = []
    for intensity, length in centres:
        volume = _word(intensity, "low", "medium", "high")
        name = f"{volume}_volume_{_word(length, 'short', 'average', 'long')}_calls"
        again = sum(other == name or other.startswith(f"{name}_") for other in names)
        names.append(f"{name}_{again + 1}" if again else name)
    return names


def _word(value: float, low: str, middle: str, high: str) -> str:
    return high if value > _NAME_EDGE else low if value < -_NAME_EDGE else middle
