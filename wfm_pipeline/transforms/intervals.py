"""Calls to the full grid of queues and intervals.

Every interval of every queue from the queue's first date on has a row; without calls it holds
zeros, and nulls where the whole day is missing in the source. A measure that no call of an interval has is
null and not 0; sums are divided by the calls whose measure is known, which are counted beside them.
"""

import datetime as dt

import ibis
from ibis.expr.types import BooleanValue, FloatingValue
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.units import SECONDS_PER_MINUTE

_COUNTS = (
    "calls_answered",
    "calls_abandoned",
    "calls_other",
    "calls_redial",
    "answered_handle_known",
    "answered_wait_known",
    "answered_in_target",
    "agents_active",
)


def measures(calls: IbisTable, anchor: dt.datetime, interval_minutes: int, answer_target_seconds: int) -> IbisTable:
    """What happened in each interval with calls, by arrival.

    Args:
        calls: Rows of `silver.calls`.
        anchor: Start of some interval (UTC); the others lie whole intervals from it.
        interval_minutes: Length of an interval [min].
        answer_target_seconds: Longest wait in target [s].

    Returns:
        One row per queue_id and slot with calls: calls_offered, the counts of outcomes, answered calls whose
        handle time and whose wait is known, sums and means of those [s], service_level, agents_active. What is
        counted or summed over known values is null where calls were answered and none of them has the value.
    """
    step = interval_minutes * SECONDS_PER_MINUTE
    since = calls.arrived_at.truncate("s").epoch_seconds() - int(anchor.replace(tzinfo=dt.UTC).timestamp())
    slotted = calls.mutate(slot=since // step)
    answered = slotted.outcome == "answered"
    sums = slotted.group_by("queue_id", "slot").agg(
        calls_offered=slotted.count(),
        calls_answered=slotted.count(where=answered),
        calls_abandoned=slotted.count(where=slotted.outcome == "abandoned"),
        calls_other=slotted.count(where=slotted.outcome == "other"),
        calls_redial=slotted.count(where=slotted.is_redial),
        answered_handle_known=slotted.handle_seconds.count(where=answered),
        answered_wait_known=slotted.wait_seconds.count(where=answered),
        waits_known=slotted.wait_seconds.count(),
        answered_in_target=slotted.count(where=answered & (slotted.wait_seconds <= answer_target_seconds)),
        handle_seconds=slotted.handle_seconds.sum(where=answered),
        aht_seconds=slotted.handle_seconds.mean(where=answered),
        asa_seconds=slotted.wait_seconds.mean(where=answered),
        agents_active=slotted.agent_id.nunique(where=answered),
    )
    found = with_known_sums(sums)
    return found.mutate(service_level=service_level(found, is_any_wait_known=found.waits_known > 0))


def with_known_sums(sums: IbisTable) -> IbisTable:
    """Sums over answered calls as they may be read: 0 where none was answered, null where none has the measure.

    Args:
        sums: calls_answered, answered_handle_known, answered_wait_known, handle_seconds, answered_in_target.

    Returns:
        The same with handle_seconds [s] and answered_in_target [calls] emptied where nothing is known of them.
    """
    handle, in_target = sums.handle_seconds, sums.answered_in_target
    is_none_answered = sums.calls_answered == 0
    return sums.mutate(
        handle_seconds=ibis.cases(
            (is_none_answered, 0.0), (sums.answered_handle_known > 0, handle), else_=ibis.null(handle.type())
        ),
        answered_in_target=ibis.cases(
            (is_none_answered, 0), (sums.answered_wait_known > 0, in_target), else_=ibis.null(in_target.type())
        ),
    )


def service_level(sums: IbisTable, *, is_any_wait_known: BooleanValue) -> FloatingValue:
    """Answered within the target over offered, where only some waits are known.

    Answered calls whose wait is unknown count as the answered ones whose wait is known:
    answered_in_target / answered_wait_known x calls_answered / calls_offered. Calls that were not answered are not
    in the target, whatever they waited.

    Args:
        sums: calls_offered, calls_answered, answered_wait_known, answered_in_target of some calls.
        is_any_wait_known: The wait of at least one of the offered calls is known, answered or not.

    Returns:
        Share [0..1]; null without offered calls, where calls were answered and the wait of none is known, and where
        nothing was answered and no wait is known: a source that tells no waits has no level, also none of 0.

    Source:
        docs/methods/silver.md, step 8.
    """
    in_target, answered, known, offered = (
        sums[name].cast("float64")
        for name in ("answered_in_target", "calls_answered", "answered_wait_known", "calls_offered")
    )
    return ibis.cases(
        (sums.answered_wait_known > 0, (in_target * answered) / (known * offered)),
        ((sums.calls_answered == 0) & (sums.calls_offered > 0) & is_any_wait_known, 0.0),
        else_=ibis.null("float64"),
    )


def rows_of_queues(grid: IbisTable, queues: IbisTable) -> IbisTable:
    """The full grid of queues and intervals.

    Args:
        grid: One row per interval: slot, interval_start, interval_start_local, business_date, is_open, is_missing.
        queues: queue_id and first_date, from which the queue has rows.

    Returns:
        One row per queue and interval from the queue's first date on.
    """
    return grid.join(queues, grid.business_date >= queues.first_date)


def with_unknown_days(rows: IbisTable) -> IbisTable:
    """Rows of queues with the open days missing from which on a queue is unknown.

    Args:
        rows: From `rows_of_queues`, with is_open_day (any interval of the day is open) and unknown_from.

    Returns:
        The rows without these two columns.
    """
    is_unknown = (rows.is_open_day & (rows.business_date >= rows.unknown_from)).fill_null(False)
    return rows.mutate(is_missing=rows.is_missing | is_unknown).drop("is_open_day", "unknown_from")


def queue_intervals(rows: IbisTable, found: IbisTable, source: str, *, is_absent_missing: bool = False) -> IbisTable:
    """The full grid with its measures: the columns of `silver.queue_intervals`.

    Args:
        rows: From `rows_of_queues`, open as each queue is.
        found: From `measures`, with the grid's slots.
        source: Name of the source map.
        is_absent_missing: An open interval that `found` does not have is missing, and not without calls.

    Returns:
        One row per queue and interval of the grid; counts of missing intervals are null.
    """
    full = rows.left_join(found, (rows.queue_id == found.queue_id) & (rows.slot == found.slot))

    is_missing = full.is_missing
    if is_absent_missing:
        is_missing |= full.is_open & full.calls_offered.isnull()

    def known(name: str, empty: float | None) -> ibis.Value:
        value = full[name] if empty is None else ibis.ifelse(full.calls_offered.isnull(), empty, full[name])
        return ibis.ifelse(is_missing, ibis.null(value.type()), value)

    offered, redial = known("calls_offered", 0), known("calls_redial", 0)
    return full.select(
        "queue_id",
        "interval_start",
        "interval_start_local",
        "business_date",
        "is_open",
        is_missing=is_missing,
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
        calls: Rows of `silver.calls` or `silver.interval_statistics`.

    Returns:
        queue_id and first_date.
    """
    return calls.group_by("queue_id").agg(first_date=calls.business_date.min())


def known_stretches(queues: IbisTable, unknown: IbisTable | None) -> IbisTable:
    """From which date on each queue has rows, and from which on they are unknown.

    Args:
        queues: From `first_dates`.
        unknown: queue_id and unknown_from of queues with a source that is not read; None where all are.

    Returns:
        queue_id, first_date and unknown_from; null where the queue is known to its end.
    """
    if unknown is None:
        return queues.mutate(unknown_from=ibis.null("date"))
    return queues.left_join(unknown, "queue_id").select("queue_id", "first_date", "unknown_from")


def intervals_per_day(intervals: IbisTable) -> IbisTable:
    """How many intervals each day of a queue has.

    Args:
        intervals: Rows of `silver.queue_intervals`.

    Returns:
        queue_id, business_date and intervals [count].
    """
    return intervals.group_by("queue_id", "business_date").agg(intervals=intervals.count())
