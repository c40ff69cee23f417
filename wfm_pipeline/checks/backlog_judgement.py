"""Laws of the hourly backlog, judged from the rows as they are stored: nothing lost, parts add up, hours whole.

Frames in, faults out. Not here: counting the backlog (domain/backlog), and how a law answers (verdicts).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.backlog.hours import AGE_BUCKETS, age_bucket
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.arrays import ROUNDING, BoolArray, FloatArray
from wfm_pipeline.domain.backlog.balance import unbalanced_hours

NOTHING_LOST, BUCKETS_ADD_UP, PRIORITIES_ADD_UP, HEADS_ADD_UP, BACKLOG_HOURS_WHOLE = (
    "no_case_is_lost",
    "age_buckets_add_up",
    "priorities_add_up",
    "heads_add_up",
    "backlog_hours_are_whole",
)
RULES: Final[Mapping[str, str]] = {
    NOTHING_LOST: "Open now is open before + in + re-opened + moved in - out - moved out, in every queue and hour; an hour begins with "
    "what the one before left; over all queues as many are moved in as out.",
    BUCKETS_ADD_UP: "Age buckets add up to the open cases; over due, without due time, paused and stuck are at most these.",
    PRIORITIES_ADD_UP: "Open cases of the priorities add up to those of their queue, and so do their buckets, pauses and stuck ones.",
    HEADS_ADD_UP: "People on and off the product add up to those rostered; breaks and planned activities are part of off product; on the "
    "product are at most those who are available.",
    BACKLOG_HOURS_WHOLE: "Every queue has each hour once, and no other; all queues of an hour end together.",
}
_SUMS: Final = (
    "open_cases",
    *(age_bucket(place) for place in range(1, AGE_BUCKETS + 1)),
    "without_due",
    "paused",
    "stuck_moved",
    "stuck_no_progress",
    "stuck",
)
"""Counts that add up from priorities to queues; over due does not, for it may be null where one priority knows it."""
_KEYS: Final = ["queue_id", "hour_start"]


@dataclass(frozen=True, slots=True, eq=False)
class BacklogRows:
    """What is judged; instants are naive UTC.

    Attributes:
        hours: Stored rows of gold.backlog_hour of some hours.
        priorities: Stored rows of gold.backlog_priority_hour of the same.
        heads: Stored rows of gold.headcount_hour of one question; none where none are made.
        expected: Starts of the hours.
    """

    hours: pd.DataFrame
    priorities: pd.DataFrame
    heads: pd.DataFrame
    expected: pd.Series


def faults_of(rows: BacklogRows) -> dict[str, int]:
    """Rows that break each law.

    Args:
        rows: What is judged.

    Returns:
        Name of a law -> how many [count].
    """
    return {
        NOTHING_LOST: len(unbalanced_hours(rows.hours)),
        BUCKETS_ADD_UP: _odd_buckets(rows.hours) + _odd_buckets(rows.priorities),
        PRIORITIES_ADD_UP: _odd_priorities(rows),
        HEADS_ADD_UP: _odd_heads(rows.heads),
        BACKLOG_HOURS_WHOLE: _odd_hours(rows),
    }


def _odd_buckets(rows: pd.DataFrame) -> int:
    added = rows[[age_bucket(place) for place in range(1, AGE_BUCKETS + 1)]].sum(axis=1)
    is_odd = added != rows["open_cases"]
    for part in ("without_due", "paused", "stuck", "over_due"):
        is_odd = is_odd | (rows[part].fillna(0) > rows["open_cases"])
    each, both = rows[["stuck_moved", "stuck_no_progress"]].max(axis=1), rows["stuck_moved"] + rows["stuck_no_progress"]
    return int((is_odd | (rows["stuck"] < each) | (rows["stuck"] > both)).sum())


def _odd_priorities(rows: BacklogRows) -> int:
    """Queues and hours whose priorities add up to something else; one that is missing counts as nothing."""
    added = rows.priorities.groupby(_KEYS)[list(_SUMS)].sum()
    of_queue = rows.hours.set_index(_KEYS)[list(_SUMS)]
    every = added.index.union(of_queue.index)
    differs = added.reindex(every, fill_value=0) != of_queue.reindex(every, fill_value=0)
    return int(differs.any(axis=1).sum())


def _odd_heads(rows: pd.DataFrame) -> int:
    """Where a number is not known nothing is judged with it."""
    if rows.empty:
        return 0

    def column(name: str) -> FloatArray:
        return rows[name].to_numpy(np.float64, na_value=np.nan)

    def above(low: FloatArray, high: FloatArray) -> BoolArray:
        return low > high + ROUNDING * np.maximum(np.abs(high), 1.0)

    scheduled, on, off = column("scheduled"), column("on_product"), column("off_product")
    inside, available = column("on_break") + column("planned_off"), column("available")
    is_odd = above(on + off, scheduled) | above(scheduled, on + off) | above(inside, off) | above(available, scheduled)
    is_odd |= above(on, available)
    return int(is_odd.sum())


def _odd_hours(rows: BacklogRows) -> int:
    """Hours that are missing, there twice or not asked for; and hours without an end, or with several."""
    named = rows.hours["queue_id"].unique()
    standing = [queue for queue in named if queue != UNKNOWN]
    stored = pd.MultiIndex.from_frame(rows.hours.loc[rows.hours["queue_id"] != UNKNOWN, _KEYS])
    wanted = pd.MultiIndex.from_product([standing, pd.DatetimeIndex(rows.expected)])
    ends = rows.hours.groupby("hour_start")["hour_end"].nunique()
    lasts = (rows.hours["hour_end"] - rows.hours["hour_start"]).dt.total_seconds()
    odd = len(wanted.symmetric_difference(stored)) + int(stored.duplicated().sum())
    return odd + int((ends > 1).sum() + (lasts <= 0).sum())
