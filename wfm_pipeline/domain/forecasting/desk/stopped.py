"""Queues that have stopped: no calls on their last open days, where many were to be expected.

A queue that is gone says nothing of the others, and would drag down all that queues share (drift, calendar effect, shape,
bands). So its history is taken out before anything is learnt, and its forecast is 0. Here: which queues, by rule. Not here:
days on which the whole desk is closed (panel.py), or what a planner says of a queue (planners).
"""

from dataclasses import replace
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray
from wfm_pipeline.domain.forecasting.desk.panel import SILENT_CALLS, CallPanel, DayTable, day_table

LEAST_DAYS: Final = 5
"""Open days without a call from which a queue may have stopped [days]: a working week; a failed line is mended sooner."""
LEVEL_DAYS: Final = 8
"""Same weekdays before the silence that tell what was to be expected [days]."""


def stopped_queues(panel: CallPanel) -> BoolArray:
    """Which queues have stopped before the panel's end.

    Args:
        panel: All calls before an origin, shape (queues, dates, slots).

    Returns:
        Shape (queues,). A queue that never had calls, or whose last days are missing and not 0, has not stopped.
    """
    days = day_table(panel)
    return np.array([_has_stopped(days, queue, panel.weekday) for queue in range(len(panel.queue_ids))], dtype=bool)


def _has_stopped(days: DayTable, queue: int, weekday: np.ndarray) -> bool:
    known = np.flatnonzero(days.usable[queue])
    busy = known[days.total[queue, known] > 0]
    silent = known[known > busy[-1]] if busy.size else known[:0]
    if silent.size < LEAST_DAYS:
        return False
    before = known[known <= busy[-1]]
    expected = 0.0
    for day in np.unique(weekday[silent]):
        same = before[weekday[before] == day][-LEVEL_DAYS:]
        usual = float(days.total[queue, same].mean()) if same.size else 0.0
        expected += usual * int((weekday[silent] == day).sum())
    return expected >= SILENT_CALLS


def without_history(panel: CallPanel, queues: BoolArray) -> CallPanel:
    """The panel as if nothing were known of some queues.

    Args:
        panel: The history.
        queues: Shape (queues,): those to forget.

    Returns:
        The very panel where there are none.
    """
    if not queues.any():
        return panel
    calls, has_row = panel.calls.copy(), panel.has_row.copy()
    calls[queues], has_row[queues] = np.nan, False
    return replace(panel, calls=calls, has_row=has_row)
