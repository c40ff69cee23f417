"""What later hours need of the cases up to an instant, so that their whole history is not read again.

Here: who is open then, and which cycles ended before it. Not here: keeping it (the caller), and counting with it (hours).

An hour that begins at or after the instant is counted from: the events of cases that were open at it, all events of cases that have
one since, and, for latency alone, the cycles of all others. A case that was done at the instant and stays so is in no hour.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.backlog.timeline import CaseTimeline
from wfm_pipeline.domain.backlog.working_time import MICROSECONDS_PER_SECOND, microseconds_of
from wfm_pipeline.units import SECONDS_PER_DAY


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """What is carried on.

    Attributes:
        stands_at: The instant, naive UTC.
        open_case_ids: Cases open after all events before it.
        done_cycles: case_id, queue_id, priority (null for none), began_at, done_at (naive UTC): cycles that ended in the days before the
            instant, of cases that are not open then.
    """

    stands_at: pd.Timestamp
    open_case_ids: np.ndarray
    done_cycles: pd.DataFrame


def carried_at(timeline: CaseTimeline, stands_at: pd.Timestamp, *, days: float) -> Carried:
    """What later hours need of the cases up to an instant.

    Args:
        timeline: States of the cases.
        stands_at: The instant, naive UTC.
        days: Days before it whose ended cycles are kept [d].

    Returns:
        What is carried on.
    """
    events, instant = timeline.events, microseconds_of(stands_at)
    at = events.happened_at
    is_open = np.zeros(len(at), bool)
    rows = np.flatnonzero(timeline.is_open & (at < instant) & (timeline.until >= instant))
    is_open[events.first[rows]] = True
    since = instant - round(days * SECONDS_PER_DAY * MICROSECONDS_PER_SECOND)
    ends = np.flatnonzero(timeline.is_outflow & (at < instant) & (at >= since))
    ends = ends[~is_open[events.first[ends]]]
    priorities = np.array([*events.priorities, None], dtype=object)
    cycles = pd.DataFrame(
        {
            "case_id": events.case_ids[ends],
            "queue_id": np.array([*events.queues, None], dtype=object)[timeline.queue[ends]],
            "priority": pd.Series(priorities[timeline.priority[ends]], dtype=object),
            "began_at": at[timeline.cycle_row[ends]].astype("datetime64[us]"),
            "done_at": at[ends].astype("datetime64[us]"),
        }
    )
    return Carried(stands_at=stands_at, open_case_ids=events.case_ids[rows], done_cycles=cycles)
