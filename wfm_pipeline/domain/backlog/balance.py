"""The conservation law of a backlog: nothing comes from nowhere, nothing is lost.

Here: rows that break it. Not here: counting (hours), how a law answers (checks).
"""

import numpy as np
import pandas as pd


def unbalanced_hours(by_queue: pd.DataFrame) -> pd.DataFrame:
    """Hours in which open now is not open before + in + re-opened + moved in - out - moved out.

    An hour that follows another of the same queue without a gap must also begin with what that one left. Over all queues together as many
    cases are moved in as moved out.

    Args:
        by_queue: `BacklogHours.by_queue`, in any order.

    Returns:
        Offending rows: queue_id, hour_start, difference (open now - what the flows say), carried (open before - what the hour
        before left; 0 where none is beside it), moved (moved in - moved out of all queues in that hour). Empty where the law holds.

    Example:
        >>> at = pd.date_range("2026-03-29", periods=2, freq="h")
        >>> rows = pd.DataFrame({"queue_id": "a", "hour_start": at, "hour_end": at + pd.Timedelta(hours=1), "open_before": [0, 2],
        ...                      "inflow": [2, 1], "re_opened": 0, "moved_in": 0, "outflow": [0, 2], "moved_out": 0,
        ...                      "open_cases": [2, 2]})
        >>> unbalanced_hours(rows)[["difference", "carried"]].to_numpy().tolist()
        [[1, 0]]
    """
    rows = by_queue.sort_values(["queue_id", "hour_start"], kind="stable", ignore_index=True)
    said = rows["open_before"] + rows["inflow"] + rows["re_opened"] + rows["moved_in"]
    said = said - rows["outflow"] - rows["moved_out"]
    former = rows.groupby("queue_id", sort=False)[["hour_end", "open_cases"]].shift()
    is_beside = (former["hour_end"] == rows["hour_start"]).to_numpy(bool)
    carried = np.where(is_beside, rows["open_before"] - former["open_cases"].fillna(0), 0).astype(np.int64)
    net = (rows["moved_in"] - rows["moved_out"]).groupby(rows["hour_start"]).transform("sum")
    found = rows[["queue_id", "hour_start"]].assign(
        difference=rows["open_cases"] - said, carried=carried, moved=net.astype(np.int64)
    )
    return found[(found[["difference", "carried", "moved"]] != 0).any(axis=1)].reset_index(drop=True)
