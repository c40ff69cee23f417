"""Legs to calls: one row per call, attributed to the queue that was touched first; and which calls are redials.

Most calls have one leg and need no aggregation: they go straight through, and only the calls with
several legs (`several_legs`, few and worth materialising) are ranked. Customers and redials are put in
afterwards. Not here: what several legs say together (several_legs.py).
"""

import ibis
from ibis.expr.types import BooleanValue, FloatingValue
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.transforms.several_legs import (
    FIRST,
    calls_at_once,
    calls_in_turn,
    is_answered,
    is_talk_unexplained,
    outcome_of,
)

_HANDLE = ("talk_seconds", "hold_seconds", "after_call_seconds")


def several_legs(legs: IbisTable) -> IbisTable:
    """Ids of the calls with more than one leg.

    Args:
        legs: Rows of `silver.call_legs`.

    Returns:
        call_id, one row per such call.
    """
    return legs.group_by("call_id").having(legs.count() > 1).agg()


def attribute_calls(legs: IbisTable, several: IbisTable, source_map: SourceMap) -> IbisTable:
    """One row per call.

    Args:
        legs: Rows of `silver.call_legs`, all legs of every call in them.
        several: `several_legs(legs)`, best materialised.
        source_map: Says what tells callers apart, and how legs of a call relate.

    Returns:
        source, call_id, queue_id and arrived_at of the first leg, with its landing number, customer
        id, caller_key, channel, case and row_hash; final_queue_id, outcome, transfers, agent_id, wait_seconds [s],
        handle_seconds [s]; has_overlapping_legs and is_abandoned_with_talk, where the legs contradict each other.
    """
    caller = "customer_id" if source_map.caller_is == "customer" else "caller_number"
    legs = legs.mutate(
        queue_id=legs.queue_id.fill_null(UNKNOWN),
        caller_key=legs[caller],
        is_answered=is_answered(legs.status),
        handle_seconds=_handle_seconds(legs),
    )
    single = _single_leg_calls(legs.anti_join(several, "call_id"))
    together = calls_at_once if source_map.has_legs_at_once else calls_in_turn
    ranked = together(legs.semi_join(several, "call_id"))
    return ibis.union(single, ranked.select(*single.columns))


def _handle_seconds(legs: IbisTable) -> FloatingValue:
    """Talk, hold and after-call work together; null where none of them is usable."""
    is_known = ibis.or_(*[legs[name].notnull() for name in _HANDLE])
    total = sum((legs[name].fill_null(0.0) for name in _HANDLE[1:]), legs[_HANDLE[0]].fill_null(0.0))
    return ibis.ifelse(is_known, total, ibis.null("float64"))


def _single_leg_calls(legs: IbisTable) -> IbisTable:
    outcome = outcome_of(legs.status)
    return legs.select(
        *FIRST,
        call_id=legs.call_id,
        final_queue_id=legs.queue_id,
        transfers=ibis.literal(0, type="int64"),
        arrived_at=legs.started_at,
        arrived_at_local=legs.started_at_local,
        agent_id=ibis.ifelse(legs.is_answered, legs.agent_id, ibis.null("string")),
        outcome=outcome,
        wait_seconds=legs.wait_seconds,
        handle_seconds=legs.handle_seconds,
        has_overlapping_legs=ibis.literal(value=False),
        is_abandoned_with_talk=(outcome == "abandoned") & is_talk_unexplained(legs),
    )


def redials(calls: IbisTable, redial_window_seconds: int) -> IbisTable:
    """Ids of the true redials.

    A redial comes from the same caller to the same queue, after that caller's previous call there
    was abandoned, with 0 < start - previous start <= window. Calls of one caller and queue stand in
    order of arrival, then row hash: two at the same instant are each other's neighbours, so the later
    in that order is no redial (0 s), and what follows looks at it.

    Args:
        calls: From `attribute_calls`.
        redial_window_seconds: The window [s], inclusive.

    Returns:
        Columns source and call_id.
    """
    known = calls.filter(calls.caller_key.notnull())
    before = ibis.window(group_by=["caller_key", "queue_id"], order_by=[known.arrived_at, known.row_hash])
    pairs = known.select(
        "source",
        "call_id",
        "arrived_at",
        before_outcome=known.outcome.lag().over(before),
        before_arrived_at=known.arrived_at.lag().over(before),
    )
    return pairs.filter(
        pairs.before_outcome == "abandoned",
        pairs.arrived_at > pairs.before_arrived_at,
        pairs.arrived_at <= pairs.before_arrived_at + ibis.interval(seconds=redial_window_seconds),
    ).select("source", "call_id")


def with_customers(calls: IbisTable, customers: IbisTable | None) -> IbisTable:
    """Calls of one source with customer_key.

    Args:
        calls: From `attribute_calls`.
        customers: From `customers_by_landing_number`; None where the source has no customers.

    Returns:
        The calls, with the customer of the landing number, else the known id.
    """
    if customers is None:
        return calls.mutate(customer_key=calls.customer_id)
    owned = calls.left_join(customers, calls.landing_number == customers.customer_landing_number)
    key = ibis.coalesce(owned.landing_customer_key, owned.customer_id)
    return owned.select(*calls.columns, customer_key=key)


def finish_calls(calls: IbisTable, redial_ids: IbisTable, is_open: BooleanValue) -> IbisTable:
    """Calls with their redial mark, date and opening mark: the columns of `silver.calls`.

    Args:
        calls: From `with_customers`, of one source or of several.
        redial_ids: From `redials`.
        is_open: Bound to `calls`.

    Returns:
        One row per call.
    """
    dated = calls.mutate(business_date=calls.arrived_at_local.date(), is_open=is_open)
    marks = redial_ids.select(redial_source="source", redial_call_id="call_id")
    is_same = (dated.call_id == marks.redial_call_id) & (dated.source == marks.redial_source)
    marked = dated.left_join(marks, is_same)
    return marked.mutate(is_redial=marked.redial_call_id.notnull())
