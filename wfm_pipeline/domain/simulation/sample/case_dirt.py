"""Faults of the log of case events, put in on purpose and written down.

Not here: the log (case_log) and the faults of calls and cases (dirt).
"""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.dirt import TRUTH_COLUMNS
from wfm_pipeline.units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE

OLD_QUEUE: Final = "old_desk"
"""A queue that the case system still knows and nobody else does."""
_LATE_SHARE, _LATE_HOURS = 0.002, (1, 40)
"""Share of events that are written late [0..1], and how late, least and most [h]."""
_REPEATED_SHARE, _OLD_QUEUE_SHARE, _TOO_EARLY_SHARE = 3e-4, 3e-4, 2e-4
"""Share of events that come twice, of moves and openings that name the old queue, and of closings besides before the opening [0..1]."""
_TOO_EARLY_MINUTES: Final = 10
"""How long before its opening such a case was closed [min]."""


def spoil_case_events(
    events: pd.DataFrame, last_date: dt.date, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write a few events late, twice, of a queue that is gone, or before their case was there.

    Args:
        events: Clean rows of `case_events`, by Time.
        last_date: What would be written after it is not there yet.
        rng: Source of chance.

    Returns:
        The rows as the source holds them, numbered in the order in which they were written; and one row per fault.
    """
    rows = events.assign(kind="")
    late = _some(np.arange(len(rows)), _LATE_SHARE, rng)
    names = _some(np.flatnonzero(rows["QueueId"].notna()), _OLD_QUEUE_SHARE, rng)
    opened = _some(np.flatnonzero((rows["Event"] == "Created").to_numpy()), _TOO_EARLY_SHARE, rng)
    early = rows.iloc[opened].assign(
        Event="Closed", QueueId=None, Priority=None, UserId=None, kind="closed_before_opened"
    )
    before = early["Time"] - pd.Timedelta(minutes=_TOO_EARLY_MINUTES)
    early = early.assign(Time=before, Logged=before + pd.Timedelta(seconds=SECONDS_PER_MINUTE))
    hours = rng.integers(*_LATE_HOURS, size=len(late), endpoint=True)
    seconds, kind = np.zeros(len(rows), np.int64), np.full(len(rows), "", dtype=object)
    seconds[late], kind[late], kind[names] = hours * SECONDS_PER_HOUR, "known_late", "unknown_queue"
    logged, queue = rows["Logged"] + pd.to_timedelta(seconds, unit="s"), rows["QueueId"].to_numpy(object).copy()
    queue[names] = OLD_QUEUE
    rows = rows.assign(QueueId=queue, Logged=logged.astype("datetime64[us]"), kind=kind)
    rows = pd.concat([rows, early.astype(rows.dtypes.to_dict())], ignore_index=True)
    rows = rows[rows["Logged"] < pd.Timestamp(last_date + dt.timedelta(days=1))]
    rows = rows.sort_values("Logged", kind="stable", ignore_index=True)
    rows.insert(0, "EventId", np.arange(1, len(rows) + 1))
    twice = rows.iloc[_some(np.arange(len(rows)), _REPEATED_SHARE, rng)].assign(kind="duplicate")
    labelled = pd.concat([rows[rows["kind"] != ""], twice], ignore_index=True)
    found = pd.concat([rows, twice], ignore_index=True).sort_values("EventId", kind="stable", ignore_index=True)
    return found.drop(columns="kind"), _labels(labelled)


def _some(places: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """A share of some places, one at least where there are any; in order."""
    return np.sort(rng.permutation(places)[: max(1, round(share * len(places)))])


def _labels(rows: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"table_name": "case_events", "row_id": rows["EventId"].astype(str), "leg_number": None, "kind": rows["kind"]}
    )
    return frame.astype({"leg_number": "Int64"})[list(TRUTH_COLUMNS)]
