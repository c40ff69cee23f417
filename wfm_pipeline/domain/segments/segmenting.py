"""Groups customers by how much they call and how long their calls take: from figures to segments with names.

Here: the order of the steps. Not here: each step (shrinking.py, choice.py, matching.py, naming.py), and how a customer's
figures come about (transforms/behavior.py). Assumptions and drawbacks: docs/methods/segmentation.md.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.segments.clustering import one_thread
from wfm_pipeline.domain.segments.grouping import Grouping, group_customers
from wfm_pipeline.domain.segments.matching import NOBODY, homes, same_segments, staying, with_changes
from wfm_pipeline.domain.segments.naming import UNKNOWN_SEGMENT, segment_names
from wfm_pipeline.domain.segments.request import SegmentRequest, check_customers, figures_of, unknown_notes
from wfm_pipeline.domain.segments.shrinking import features, learn_priors, shrunk_aht, shrunk_rates


@dataclass(frozen=True, slots=True)
class SegmentationResult:
    """Customers with their segment, and the segments.

    Attributes:
        customers: The input in its own order, with segment_id (Int64; null without a customer id), segment_name,
            segment_since, previous_segment_name, calls_per_week_shrunk and aht_seconds_shrunk (NaN where none of its handle
            times is known).
        segments: One row per segment, most calls per customer first: segment_id, segment_name, segment_since, customers,
            calls_per_week and aht_seconds of the centre, stability, and silhouette, silhouette_by_chance and p_value of the run.
        changes: One row per customer that is new or in another segment than in the last run.
        notes: What a reader should know, in words.
    """

    customers: pd.DataFrame
    segments: pd.DataFrame
    changes: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """Segments, customers in one, those who moved, and calls that belong to no known customer [count]; and why."""
        is_unknown = self.customers["segment_id"].isna()
        return {
            "segments": len(self.segments),
            "calls_without_customer": int(self.customers.loc[is_unknown, "calls"].sum()),
            "customers": int((~is_unknown).sum()),
            "customers_moved": int((self.changes["change"] == "moved").sum()),
            "customers_regrouped": int((self.changes["change"] == "regrouped").sum()),
            "segment_notes": list(self.notes),
        }


def segment_customers(request: SegmentRequest) -> SegmentationResult:
    """Group customers by calls per week and AHT; one group is an answer.

    The answer depends neither on the order of the rows nor on their index.

    Args:
        request: The customers, the date, and the run before.

    Returns:
        Segments, the customers in them, and who changed.

    Raises:
        DataError: columns are missing, a key repeats, or calls or weeks are negative or unknown.

    Source:
        docs/methods/segmentation.md; Hennig (2007), Cluster-wise Assessment of Cluster Stability.
    """
    check_customers(request.customers)
    known = request.customers[request.is_known].sort_values("customer_key")
    notes = unknown_notes(request)
    if known.empty:
        return _result(request, known, _segments_of_nobody(), (*notes, "No customer is known."))
    figures = figures_of(known)
    priors = learn_priors(figures)
    plane = features(figures, priors)
    with one_thread():
        grouping = group_customers(request, known["customer_key"], figures, plane)
    known = known.assign(
        calls_per_week_shrunk=shrunk_rates(figures, priors),
        aht_seconds_shrunk=np.where(figures.handled > 0, shrunk_aht(figures, priors), np.nan),
    )
    known, segments = _placed(request, known, plane, grouping)
    return _result(request, known, segments, (*notes, *grouping.notes))


def _placed(
    request: SegmentRequest, known: pd.DataFrame, plane: FloatArray, grouping: Grouping
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers in their segments, and the segments: those of the last run where they are the same."""
    last = request.last
    is_aht_known = bool(known["aht_seconds_shrunk"].notna().any())
    centres = grouping.centres if is_aht_known else grouping.centres * np.array([1.0, np.nan])
    same = same_segments(centres, last.centres) if last is not None else np.full(len(centres), NOBODY)
    home = homes(known["customer_key"], last, same) if last is not None else np.full(len(known), NOBODY)
    labels = staying(plane, grouping.centres, home)
    sizes = np.bincount(labels, minlength=len(centres))
    segments = _described(request, grouping, centres=centres, from_median=centres - np.median(plane, axis=0), same=same)
    segments["customers"] = sizes[segments["place"]]
    named = segments.set_index("place").loc[labels]
    known = known.assign(segment_id=named["segment_id"].to_numpy(), segment_name=named["segment_name"].to_numpy())
    return known, segments


def _described(
    request: SegmentRequest, grouping: Grouping, *, centres: FloatArray, from_median: FloatArray, same: IntArray
) -> pd.DataFrame:
    """The segments, most calls first and then longest calls; `place` is their place among the centres."""
    k, last = len(centres), request.last
    order = np.lexsort((-np.nan_to_num(centres[:, 1]), -centres[:, 0]))
    former = [None if same[place] == NOBODY or last is None else last.segments.iloc[same[place]] for place in order]
    highest = last.highest_id if last is not None else 0
    new_ids = iter(range(highest + 1, highest + k + 1))
    return pd.DataFrame(
        {
            "place": order,
            "segment_id": [next(new_ids) if one is None else int(one["segment_id"]) for one in former],
            "segment_name": segment_names(
                from_median[order], [None if one is None else one["segment_name"] for one in former]
            ),
            "segment_since": [
                request.until if one is None else pd.Timestamp(one["segment_since"]).date() for one in former
            ],
            "calls_per_week": np.exp(centres[order, 0]),
            "aht_seconds": np.exp(centres[order, 1]),
            "stability": grouping.stability[order],
            "silhouette": grouping.silhouette,
            "silhouette_by_chance": grouping.by_chance,
            "p_value": grouping.p_value,
        }
    )


def _segments_of_nobody() -> pd.DataFrame:
    columns = ["place", "segment_id", "segment_name", "segment_since", "customers", "calls_per_week", "aht_seconds"]
    return pd.DataFrame(columns=[*columns, "stability", "silhouette", "silhouette_by_chance", "p_value"])


def _result(
    request: SegmentRequest, known: pd.DataFrame, segments: pd.DataFrame, notes: tuple[str, ...]
) -> SegmentationResult:
    """Everything in the caller's own order, and what changed."""
    frame, made = request.customers, ["segment_id", "segment_name", "calls_per_week_shrunk", "aht_seconds_shrunk"]
    known = with_changes(known.reindex(columns=[*frame.columns, *made]), request.last, request.until)
    customers = frame.join(known[[*made, "segment_since", "previous_segment_name"]])
    customers["segment_id"] = customers["segment_id"].astype("Int64")
    customers["segment_name"] = customers["segment_name"].astype(object).fillna(UNKNOWN_SEGMENT)
    named = ["customer_key", "segment_id", "segment_name", "previous_segment_id", "previous_segment_name", "change"]
    changes = known.loc[known["change"].notna(), named].assign(changed_on=request.until)
    return SegmentationResult(customers, segments.drop(columns="place"), changes.reset_index(drop=True), notes)
