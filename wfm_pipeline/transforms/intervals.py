"""Calls to the full grid of queues and intervals.

Every interval of every queue from the queue's first date on has a row; without calls it holds
zeros, and nulls where the whole day is missing in the source.
"""

import datetime as dt

import ibis
from ibis import _
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.units import SECONDS_PER_MINUTE

_COUNTS = ("calls_answered", "calls_abandoned", "calls_other", "calls_redial", "answered_in_target", "agents_active")


def measures(calls: IbisTable, anchor: dt.datetime, interval_minutes: int, answer_target_seconds: int) -> IbisTable:
    """What happened in each interval with calls, by arrival.

    Args:
        calls: Rows of `silver.calls`.
        anchor: Start of some interval (UTC); the others lie whole intervals from it.
        interval_minutes: Length of an interval [min].
        answer_target_seconds: Longest wait in target [s]; an unknown wait is not in target.

    Returns:
        One row per queue_id and interval_start with calls: calls_offered, the counts of outcomes,
        sums and means of handle and wait [s], agents_active.
    """
    step = interval_minutes * SECONDS_PER_MINUTE
    since = calls.arrived_at.truncate("s").epoch_seconds() - int(anchor.replace(tzinfo=dt.UTC).timestamp())
    slotted = calls.mutate(slot=since // step)
    answered = slotted.outcome == "answered"
    found = slotted.group_by("queue_id", "slot").agg(
        calls_offered=slotted.count(),
        calls_answered=slotted.count(where=answered),
        calls_abandoned=slotted.count(where=slotted.outcome == "abandoned"),
        calls_other=slotted.count(where=slotted.outcome == "other"),
        calls_redial=slotted.count(where=slotted.is_redial),
        answered_in_target=slotted.count(where=answered & (slotted.wait_seconds <= answer_target_seconds)),
        handle_seconds=slotted.handle_seconds.sum(where=answered),
        aht_seconds=slotted.handle_seconds.mean(where=answered),
        asa_seconds=slotted.wait_seconds.mean(where=answered),
        agents_active=slotted.agent_id.nunique(where=answered),
    )
    return found.mutate(service_level=_.answered_in_target.cast("float64") / _.calls_offered.cast("float64"))


def queue_intervals(grid: IbisTable, queues: IbisTable, found: IbisTable, source: str) -> IbisTable:
    """The full grid with its measures: the columns of `silver.queue_intervals`.

    Args:
        grid: One row per interval: slot, interval_start, interval_start_local, business_date, is_open, is_missing.
        queues: queue_id and first_date, from which the queue has rows.
        found: From `measures`, with the grid's slots.
        source: Name of the source map.

    Returns:
        One row per queue and interval of the grid; counts of missing intervals are null.
    """
    rows = grid.join(queues, grid.business_date >= queues.first_date)
    full = rows.left_join(found, (rows.queue_id == found.queue_id) & (rows.slot == found.slot))

    def known(name: str, empty: float | None) -> ibis.Value:
        value = full[name] if empty is None else full[name].fill_null(empty)
        return ibis.ifelse(full.is_missing, ibis.null(value.type()), value)

    offered, redial = known("calls_offered", 0), known("calls_redial", 0)
    return full.select(
        "queue_id",
        "interval_start",
        "interval_start_local",
        "business_date",
        "is_open",
        "is_missing",
        source=ibis.literal(source),
        calls_offered=offered,
        **{name: known(name, 0) for name in _COUNTS},
        calls_first_attempt=offered - redial,
        handle_seconds=known("handle_seconds", 0.0),
        aht_seconds=known("aht_seconds", None),
        asa_seconds=known("asa_seconds", None),
        service_level=known("service_level", None),
    )


def first_dates(calls: IbisTable) -> IbisTable:
    """From which date on each queue has calls.

    Args:
        calls: Rows of `silver.calls`.

    Returns:
        queue_id and first_date.
    """
    return calls.group_by("queue_id").agg(first_date=calls.business_date.min())


def intervals_per_day(intervals: IbisTable) -> IbisTable:
    """How many intervals each day of a queue has.

    Args:
        intervals: Rows of `silver.queue_intervals`.

    Returns:
        queue_id, business_date and intervals [count].
    """
    return intervals.group_by("queue_id", "business_date").agg(intervals=intervals.count())
