"""Intervals added up to days: gold.queue_day_actual."""

from ibis import _
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.transforms.intervals import service_level, with_known_sums

_COUNTS = ("calls_offered", "calls_answered", "calls_abandoned", "calls_other", "calls_redial")
_SUMS = (
    *_COUNTS,
    "answered_handle_known",
    "answered_wait_known",
    "answered_in_target",
    "handle_seconds",
)


def queue_days(intervals: IbisTable) -> IbisTable:
    """Add silver.queue_intervals up to one row per queue and date.

    A day is missing where one of its intervals is: its counts are null, not a part of the day. So is a count that one
    of its intervals does not know.

    Args:
        intervals: Rows of `silver.queue_intervals`.

    Returns:
        One row per queue and business date: the sums, aht_seconds over the calls whose handle time is known [s],
        service_level as `intervals.service_level` has it, and is_missing.
    """
    sums = intervals.group_by("source", "queue_id", "business_date").agg(
        **{name: intervals[name].sum().cast(intervals[name].type()) for name in _SUMS},
        is_missing=_.is_missing.any(),
        **{f"unknown_{name}": intervals[name].isnull().any() for name in _COUNTS},
        has_level=_.service_level.notnull().any(),
    )
    days = with_known_sums(sums)
    is_unknown = {name: days.is_missing | (days[f"unknown_{name}"] if name in _COUNTS else False) for name in _SUMS}
    known = days.mutate(**{name: is_unknown[name].ifelse(None, days[name]) for name in _SUMS})
    return known.mutate(
        aht_seconds=known.handle_seconds / known.answered_handle_known.nullif(0).cast("float64"),
        service_level=service_level(known, is_any_wait_known=known.has_level),
    )
