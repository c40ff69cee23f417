"""Segments as they were known before a date, and what the calls of today's are.

Here: rows of gold to the last run, calls to sums per segment. Not here: the grouping itself (domain/segments).
"""

import datetime as dt

import ibis
from ibis import _
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.transforms.behavior import weekday_hour


def segments_before(segments: IbisTable, date: dt.date) -> IbisTable:
    """Segments of the last run before a date, with the highest number that any run before gave.

    Args:
        segments: Rows of `gold.customer_segment` of one source.
        date: Date of the run that asks; its own rows and later ones are not known.

    Returns:
        One row per segment; `highest_id` is the same in all.
    """
    before = segments.filter(segments.segmented_until < date)
    newest = before.agg(newest=before.segmented_until.max(), highest_id=before.segment_id.max())
    joined = before.cross_join(newest)
    return joined.filter(joined.segmented_until == joined.newest).drop("newest").order_by("segment_id")


def memberships_before(changes: IbisTable, date: dt.date) -> IbisTable:
    """Segment of every customer as it was known before a date.

    Args:
        changes: Rows of `gold.customer_segment_change` of one source.
        date: Date of the run that asks.

    Returns:
        customer_key, segment_id, segment_name, segment_since and previous_segment_name, one row per customer.
    """
    before = changes.filter(changes.changed_on < date)
    newest_first = ibis.window(group_by="customer_key", order_by=_.changed_on.desc())
    ranked = before.mutate(rank=ibis.row_number().over(newest_first))
    return ranked.filter(ranked["rank"] == 0).select(
        "customer_key", "segment_id", "segment_name", "previous_segment_name", segment_since=ranked.changed_on
    )


def segment_sums(calls: IbisTable, customers: IbisTable) -> IbisTable:
    """Calls by segment, queue and hour of the week.

    Args:
        calls: Rows of `silver.calls` of one source.
        customers: Rows of `gold.customer_behavior` of the same.

    Returns:
        segment_id (null: calls of nobody known), queue_id, weekday_hour, calls, answered, abandoned, redials,
        answered_handle_known [calls] and handle_seconds [s].
    """
    members = customers.select("customer_key", "segment_id")
    keyed = calls.mutate(customer_key=calls.customer_key.fill_null(UNKNOWN), weekday_hour=weekday_hour(calls))
    joined = keyed.inner_join(members, "customer_key")
    return joined.group_by("segment_id", "queue_id", "weekday_hour").agg(
        calls=joined.count(),
        answered=joined.count(where=joined.outcome == "answered"),
        abandoned=joined.count(where=joined.outcome == "abandoned"),
        redials=joined.count(where=joined.is_redial),
        answered_handle_known=joined.handle_seconds.count(where=joined.outcome == "answered"),
        handle_seconds=joined.handle_seconds.sum(where=joined.outcome == "answered"),
    )
