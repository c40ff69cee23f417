"""Stays of cases in a queue, open and not paused, from beginning to end; and when one passes its due time.

Here: spells from the timeline. Not here: what is learnt from them (endings).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.backlog.due import DueTimes, put_off_due
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import CaseTimeline
from wfm_pipeline.units import SECONDS_PER_HOUR

_QUARTER_SECONDS: Final = SECONDS_PER_HOUR / 4
"""Grain of due times after an opening [s]: that of the futures' steps."""


def case_spells(timeline: CaseTimeline, due: DueTimes, rules: BacklogRules) -> pd.DataFrame:
    """Stays of cases in queues.

    A spell begins when a case is opened or opened again, comes from another queue or is resumed, and ends when it is done, goes to
    another queue or is paused. Between, nothing that happens to the case ends it.

    Args:
        timeline: States of the cases.
        due: Their due times.
        rules: Whether pauses put due times off.

    Returns:
        One row per spell, in order of case and time: case_id, queue_id, opened_at (of the case), since, until (NaT where it lasts), due_at
        (as it stood at the spell's end; NaT unknown). A case passes its due time in a spell where since <= due_at < until.
    """
    events = timeline.events
    rows = np.flatnonzero(timeline.is_open & ~timeline.is_paused)
    due_at = put_off_due(timeline, due, rows, now=None, rules=rules)
    first, queue, since = events.first[rows], timeline.queue[rows], events.happened_at[rows]
    until = timeline.until[rows]
    goes_on = (first[1:] == first[:-1]) & (queue[1:] == queue[:-1]) & (rows[1:] == rows[:-1] + 1)
    begins = np.flatnonzero(np.append(True, ~goes_on)[: len(rows)])
    ends = np.append(begins[1:] - 1, len(rows) - 1)[: len(begins)]
    lasting = until == np.iinfo(np.int64).max
    return pd.DataFrame(
        {
            "case_id": events.case_ids[rows[begins]],
            "queue_id": np.array(events.queues, dtype=object)[queue[begins]],
            "opened_at": events.happened_at[first[begins]].astype("datetime64[us]"),
            "since": since[begins].astype("datetime64[us]"),
            "until": np.where(lasting[ends], np.datetime64("NaT"), until[ends].astype("datetime64[us]")),
            "due_at": due_at[ends].astype("datetime64[us]"),
        }
    )


def due_passed(spells: pd.DataFrame) -> pd.DataFrame:
    """Instants at which cases passed their due times.

    Args:
        spells: See `case_spells`.

    Returns:
        queue_id, passed_at, in order of time and queue; one row per spell in which it happened.
    """
    is_passed = (spells["since"] <= spells["due_at"]) & ~(spells["due_at"] >= spells["until"])
    rows = spells.loc[is_passed, ["queue_id", "due_at"]].rename(columns={"due_at": "passed_at"})
    return rows.sort_values(["passed_at", "queue_id"], kind="stable", ignore_index=True)


def breach_outcomes(predictions: pd.DataFrame, passed: pd.DataFrame) -> np.ndarray:
    """What came of predictions.

    Args:
        predictions: queue_id, said_at, breach_until (naive UTC; NaT where nothing was said).
        passed: See `due_passed`, up to the last breach_until.

    Returns:
        Whether a case of the queue passed its due time after said_at and up to breach_until, shape (n,).
    """
    found = np.zeros(len(predictions), dtype=np.bool_)
    instants = {queue: rows["passed_at"].to_numpy() for queue, rows in passed.groupby("queue_id", sort=False)}
    place = np.arange(len(predictions))
    for queue, rows in predictions.assign(place=place).groupby("queue_id", sort=False):
        at = instants.get(queue, np.empty(0, "datetime64[us]"))
        first, last = (np.searchsorted(at, rows[name].to_numpy(), side="right") for name in ("said_at", "breach_until"))
        found[rows["place"].to_numpy()] = (last > first) & rows["breach_until"].notna().to_numpy()
    return found


def new_due_classes(spells: pd.DataFrame, *, since: pd.Timestamp, most: int) -> pd.DataFrame:
    """After how long new cases of a queue are due.

    Args:
        spells: See `case_spells`.
        since: Cases opened before it do not count.
        most: Classes of a queue [count].

    Returns:
        queue_id, due_seconds (rounded to quarters of an hour), share (of the queue's new cases), the most frequent classes first; the
        rest of the cases is due at other times or never.
    """
    new = spells[(spells["since"] == spells["opened_at"]) & (spells["opened_at"] >= since)]
    quarters = ((new["due_at"] - new["opened_at"]).dt.total_seconds() / _QUARTER_SECONDS).round()
    rows = new.assign(due_seconds=quarters * _QUARTER_SECONDS)
    totals = rows.groupby("queue_id", sort=True).size()
    counts = rows.groupby(["queue_id", "due_seconds"], sort=True).size().rename("count").reset_index()
    counts = counts.sort_values(["queue_id", "count", "due_seconds"], ascending=[True, False, True], kind="stable")
    counts = counts[counts.groupby("queue_id", sort=False).cumcount() < most]
    share = counts["count"].to_numpy(np.float64) / totals.reindex(counts["queue_id"]).to_numpy(np.float64)
    return counts.assign(share=share)[["queue_id", "due_seconds", "share"]].reset_index(drop=True)
