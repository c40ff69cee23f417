"""Intervals added up to days: gold.queue_day_actual."""

from ibis import _
from ibis.expr.types import Table as IbisTable

_SUMS = (
    "calls_offered",
    "calls_answered",
    "calls_abandoned",
    "calls_other",
    "calls_redial",
    "answered_in_target",
    "handle_seconds",
)


def queue_days(intervals: IbisTable) -> IbisTable:
    """Add silver.queue_intervals up to one row per queue and date.

    A day is missing where one of its intervals is: its counts are null, not a part of the day.

    Args:
        intervals: Rows of `silver.queue_intervals`.

    Returns:
        One row per queue and business date: the sums, and is_missing.
    """
    days = intervals.group_by("source", "queue_id", "business_date").agg(
        **{name: intervals[name].sum() for name in _SUMS}, is_missing=_.is_missing.any()
    )
    known = days.mutate(
        **{name: days.is_missing.ifelse(None, days[name]).cast(intervals[name].type()) for name in _SUMS}
    )
    level = (known.calls_offered > 0).ifelse(known.answered_in_target / known.calls_offered.cast("float64"), None)
    return known.mutate(service_level=level)
