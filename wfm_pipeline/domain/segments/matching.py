"""Segments that last: today's centres found again among the last run's, and customers who stay where they are.

Here: which segment is which, who moves, and since when. Not here: what a segment is called (naming.py), and reading
the last run (transforms/segments.py).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.segments.clustering import distances

_SAME_WITHIN: Final = float(np.log(2))
"""Farthest that a centre moves between two runs and stays the same segment: twice or half [logarithm of a ratio]."""
_STAYS_WITHIN: Final = 1.2
"""A customer stays in its segment until another is nearer by a fifth: about the noise of one more call or two."""
_NO_PAIR: Final = 1e6
"""Cost of a pair that is too far apart: above any sum of allowed ones."""
NOBODY: Final = -1
"""Place of a segment or customer that the last run does not have."""
CHANGE_REASONS: Final = ("first_seen", "moved", "regrouped")
"""A customer is new; its figures came nearer to another segment; its segment is no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """Segments as they were known before.

    Attributes:
        segments: segment_id, segment_name, segment_since, calls_per_week and aht_seconds (NaN where unknown) of each.
        customers: customer_key, segment_id, segment_name, segment_since and previous_segment_name of everybody who had one.
        highest_id: Highest number that any run before gave.
    """

    segments: pd.DataFrame
    customers: pd.DataFrame
    highest_id: int

    @property
    def centres(self) -> FloatArray:
        """Logarithms of calls per week and AHT, NaN where unknown, shape (n_segments, 2)."""
        return np.log(self.segments[["calls_per_week", "aht_seconds"]].astype(float).to_numpy())


def same_segments(centres: FloatArray, former: FloatArray) -> IntArray:
    """Which former segment each is: the pairs that lie nearest on the whole.

    Args:
        centres: Logarithms of calls per week and AHT, NaN where unknown, shape (k, 2).
        former: The same of the last run, shape (n_former, 2).

    Returns:
        Place among the former, shape (k,); -1 for a new segment. One group of all is never the same as one of several.

    Source:
        Kuhn (1955), The Hungarian Method for the Assignment Problem.
    """
    from scipy.optimize import linear_sum_assignment

    found = np.full(len(centres), NOBODY, dtype=np.int64)
    if (len(centres) == 1) != (len(former) == 1) or not len(former):
        return found
    if len(centres) == 1:
        return np.zeros(1, dtype=np.int64)
    is_known = ~np.isnan(centres).any(axis=0) & ~np.isnan(former).any(axis=0)
    apart = distances(centres[:, is_known], former[:, is_known])
    rows, columns = linear_sum_assignment(np.where(apart <= _SAME_WITHIN, apart, _NO_PAIR))
    is_near = apart[rows, columns] <= _SAME_WITHIN
    found[rows[is_near]] = columns[is_near]
    return found


def staying(points: FloatArray, centres: FloatArray, home: IntArray) -> IntArray:
    """Segment of each customer: the nearest, unless its own is nearly as near.

    Args:
        points: Features, shape (n_customers, n_features).
        centres: Of the segments, shape (k, n_features).
        home: Place of each customer's own segment among the centres; -1 where it has none.

    Returns:
        Place among the centres, shape (n_customers,).
    """
    apart = distances(points, centres)
    rows, labels = np.arange(len(points)), apart.argmin(axis=1)
    at_home = np.where(home == NOBODY, np.inf, apart[rows, home])
    return np.where(at_home <= _STAYS_WITHIN * apart[rows, labels], home, labels)


def homes(keys: pd.Series, last: LastRun, same: IntArray) -> IntArray:
    """Place of each customer's segment of the last run among today's; -1 where it had none, or it is no more.

    Args:
        keys: customer_key.
        last: The last run.
        same: Place among the former of each of today's segments.

    Returns:
        Shape (n_customers,).
    """
    former = last.segments["segment_id"].to_numpy()
    place_of = {former[place]: today for today, place in enumerate(same) if place != NOBODY}
    own = keys.map(last.customers.set_index("customer_key")["segment_id"])
    return own.map(place_of).fillna(NOBODY).to_numpy(dtype=np.int64)


def with_changes(known: pd.DataFrame, last: LastRun | None, until: dt.date) -> pd.DataFrame:
    """Customers with since when they are in their segment, and where they were before.

    Args:
        known: customer_key, segment_id and segment_name, one row per customer.
        last: The last run; None where this is the first.
        until: Date of this run.

    Returns:
        The rows with segment_since, previous_segment_id, previous_segment_name, and change: one of `CHANGE_REASONS`, null
        where nothing changed. The previous one is the last that the customer was in, whenever that was.
    """
    columns = ["customer_key", "segment_id", "segment_name", "segment_since", "previous_segment_name"]
    former = last.customers[columns] if last is not None else pd.DataFrame(columns=columns)
    own = known[["customer_key", "segment_id"]].astype(object)
    joined = own.merge(former.astype(object), on="customer_key", how="left", suffixes=("", "_before"))
    is_new = joined["segment_id_before"].isna().to_numpy()
    stays = ~is_new & (joined["segment_id"] == joined["segment_id_before"]).to_numpy()
    still_there = joined["segment_id_before"].isin(known["segment_id"]).to_numpy()
    first_seen, moved, regrouped = CHANGE_REASONS
    reasons = (
        pd.Series(np.where(still_there, moved, regrouped), dtype=object).mask(is_new, first_seen).mask(stays, None)
    )
    return known.assign(
        segment_since=pd.to_datetime(joined["segment_since"]).dt.date.where(stays, until).to_numpy(),
        previous_segment_id=joined["segment_id_before"].where(~stays).astype("Int64").to_numpy(),
        previous_segment_name=joined["segment_name"].where(~stays, joined["previous_segment_name"]).to_numpy(),
        change=reasons.to_numpy(),
    )
