"""Every open-close-re-open cycle of every case: a case that came back three times has four.

Here: cycles from the timeline. Not here: hours (hours). No command reaches it yet: the latency distribution and the table of
cases are to come.
"""

import numpy as np
import pandas as pd

from wfm_pipeline.domain.backlog.events import NO_TIME
from wfm_pipeline.domain.backlog.timeline import CaseTimeline


def case_cycles(timeline: CaseTimeline) -> pd.DataFrame:
    """Cycles with their beginnings and ends.

    Args:
        timeline: States of the cases.

    Returns:
        One row per case and cycle, in order of the timeline: case_id, case_cycle (1 is the first opening), opened_at (or re-opened), done_at (NaT
        while open), opened_in and done_in (queues; null while open), is_last. The first and the last done_at of a case are its
        first and its last close under the rules of the timeline.
    """
    events = timeline.events
    begins = np.flatnonzero(timeline.is_inflow | timeline.is_re_opened)
    ends = np.flatnonzero(timeline.is_outflow)
    done = np.full(len(begins), -1)
    done[np.searchsorted(begins, timeline.cycle_row[ends])] = ends
    is_done = done >= 0
    first = events.first[begins]
    number = np.arange(len(begins)) - np.searchsorted(begins, first) + 1
    names = np.array([*events.queues, None], dtype=object)
    return pd.DataFrame(
        {
            "case_id": events.case_ids[begins],
            "case_cycle": number,
            "opened_at": events.happened_at[begins].astype("datetime64[us]"),
            "done_at": np.where(is_done, events.happened_at[done] if len(done) else done, NO_TIME).astype(
                "datetime64[us]"
            ),
            "opened_in": names[timeline.queue[begins]],
            "done_in": names[np.where(is_done, timeline.queue[done] if len(done) else done, -1)],
            "is_last": np.append(first[1:] != first[:-1], True)[: len(begins)],
        }
    )
