"""Every open-close-re-open cycle of every case: a case that came back three times has four.

Here: cycles from the timeline, as a table and as what latency is estimated from. Not here: hours (hours), latency (latency).
No command reaches the table of cycles yet: it is to come.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import IntArray
from wfm_pipeline.domain.backlog.events import CaseEvents
from wfm_pipeline.domain.backlog.timeline import CaseTimeline
from wfm_pipeline.domain.backlog.working_time import NO_TIME


@dataclass(frozen=True, slots=True, eq=False)
class DoneCycles:
    """Cycles that ended, in order of their ends; all arrays have the shape (n_cycles,).

    Attributes:
        queue: Place of the queue in which it ended; -1 for one that no event at hand names.
        priority: Place of the priority at the end; -1 for none, -2 for one that no event at hand names.
        began_at, done_at: From the opening or the re-open to the end [us since 1970].
    """

    queue: IntArray
    priority: IntArray
    began_at: IntArray
    done_at: IntArray


def done_cycles(timeline: CaseTimeline, carried: pd.DataFrame | None = None) -> DoneCycles:
    """Cycles that ended, those of cases whose events are not at hand included.

    Args:
        timeline: States of the cases.
        carried: Cycles of other cases: queue_id, priority (null for none), began_at, done_at (naive UTC); None for none.

    Returns:
        The cycles.
    """
    events = timeline.events
    ends = np.flatnonzero(timeline.is_outflow)
    began = events.happened_at[timeline.cycle_row[ends]]
    columns = [timeline.queue[ends], timeline.priority[ends], began, events.happened_at[ends]]
    if carried is not None and len(carried):
        columns = [np.concatenate(pair) for pair in zip(columns, _places_of(events, carried), strict=True)]
    order = np.argsort(columns[-1], kind="stable")
    return DoneCycles(*(column[order] for column in columns))


def _places_of(events: CaseEvents, carried: pd.DataFrame) -> list[IntArray]:
    queue = _places(carried["queue_id"], events.queues, without=-1)
    priority = _places(carried["priority"], events.priorities, without=-2)
    instants = (carried[name].to_numpy("datetime64[us]").astype(np.int64) for name in ("began_at", "done_at"))
    return [queue, np.where(carried["priority"].isna(), -1, priority), *instants]


def _places(values: pd.Series, names: tuple[object, ...], *, without: int) -> IntArray:
    """Places among names, each distinct value looked up once."""
    codes, told = pd.factorize(values)
    place = pd.Index(names, dtype=object).get_indexer(pd.Index(told, dtype=object))
    return np.append(np.where(place < 0, without, place), without)[codes].astype(np.int64)


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
