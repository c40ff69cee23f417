"""What a segment's calls are: queues, hours, redials, and its share of all calls and of the work.

Here: sums of calls to rows of `gold.customer_segment`. Not here: which customer is in which segment (segmenting.py).
"""

import json
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.segments.naming import absolute_words

_COUNTS: Final = ("calls", "answered", "abandoned", "redials", "answered_handle_known", "handle_seconds")
_SHARE_DECIMALS: Final = 4
"""Decimals of a share in the queue mix: a hundredth of a percent [decimals]."""


def profiled(segments: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """Segments with what their calls are.

    Args:
        segments: segment_id, customers, calls_per_week and aht_seconds of each; other columns pass.
        sums: segment_id (null: calls of nobody known), queue_id, weekday_hour (Monday 0 x 24 + hour, local), calls, answered,
            abandoned, redials, answered_handle_known [calls] and handle_seconds [s] of every combination that occurs.

    Returns:
        The segments with calls, call_share (of all calls, nobody's included), workload_share (of answered calls x AHT, alike;
        null where no handle time of the segment is known), abandon_share, redial_share, peak_weekday_hour (of two equally
        busy the earlier), queue_mix (JSON, queue -> share of the segment's calls, greatest first), and description.
    """
    sums = sums.assign(segment_id=sums["segment_id"].fillna(0).astype("int64"))  # 0 is nobody's: numbers begin at 1
    totals = sums.groupby("segment_id")[list(_COUNTS)].sum().astype(float)
    workload = totals["handle_seconds"] / totals["answered_handle_known"].replace(0, np.nan) * totals["answered"]
    shares = pd.DataFrame(
        {
            "calls": totals["calls"].astype("int64"),
            "call_share": totals["calls"] / totals["calls"].sum(),
            "workload_share": workload / workload.sum(min_count=1),
            "abandon_share": totals["abandoned"] / totals["calls"],
            "redial_share": totals["redials"] / totals["calls"],
            "peak_weekday_hour": _busiest(sums),
            "queue_mix": _mixes(sums),
        }
    )
    found = segments.merge(shares, left_on="segment_id", right_index=True, how="left")
    return found.assign(description=absolute_words(found))


def _busiest(sums: pd.DataFrame) -> pd.Series:
    hours = sums.groupby(["segment_id", "weekday_hour"])["calls"].sum().reset_index()
    first = hours.sort_values(["calls", "weekday_hour"], ascending=[False, True]).groupby("segment_id").first()
    return first["weekday_hour"].astype("int64")


def _mixes(sums: pd.DataFrame) -> pd.Series:
    queues = sums.groupby(["segment_id", "queue_id"])["calls"].sum().reset_index()
    queues = queues.sort_values(["calls", "queue_id"], ascending=[False, True])
    return pd.Series({segment: _mix(rows) for segment, rows in queues.groupby("segment_id")}, dtype=object)


def _mix(queues: pd.DataFrame) -> str:
    shares = (queues["calls"] / queues["calls"].sum()).round(_SHARE_DECIMALS)
    return json.dumps(dict(zip(queues["queue_id"], shares, strict=True)), ensure_ascii=False)
