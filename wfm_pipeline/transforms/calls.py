"""Legs to calls: one row per call, attributed to the queue that was touched first; and which calls are redials.

Most calls have one leg and need no aggregation: they go straight through, and only the calls with
several legs (`several_legs`, few and worth materialising) are ranked. Legs are in order of
leg_number, then started_at, then row_hash. Customers and redials are put in afterwards.
"""

import ibis
from ibis.expr.types import BooleanValue, FloatingValue, StringValue
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.contracts.stand_ins import UNKNOWN

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
        source_map: Says what tells callers apart.

    Returns:
        source, call_id, queue_id and arrived_at of the first leg, with its landing number, customer
        id, caller_key, channel, case and row_hash; final_queue_id and outcome of the last leg;
        transfers, agent_id, wait_seconds [s], handle_seconds [s].
    """
    caller = "customer_id" if source_map.caller_is == "customer" else "caller_number"
    legs = legs.mutate(
        queue_id=legs.queue_id.fill_null(UNKNOWN),
        caller_key=legs[caller],
        is_answered=legs.status.isin(("answered", "transferred")),
        handle_seconds=_handle_seconds(legs),
    )
    single = _single_leg_calls(legs.anti_join(several, "call_id"))
    ranked = _several_leg_calls(legs.semi_join(several, "call_id"))
    return ibis.union(single, ranked.select(*single.columns))


def _handle_seconds(legs: IbisTable) -> FloatingValue:
    """Talk, hold and after-call work together; null where none of them is usable."""
    is_known = ibis.or_(*[legs[name].notnull() for name in _HANDLE])
    total = sum((legs[name].fill_null(0.0) for name in _HANDLE[1:]), legs[_HANDLE[0]].fill_null(0.0))
    return ibis.ifelse(is_known, total, ibis.null("float64"))


def _outcome(status: StringValue, is_answered: BooleanValue) -> StringValue:
    return ibis.cases((is_answered, "answered"), (status == "abandoned", "abandoned"), else_="other")


_FIRST = ("source", "queue_id", "channel", "landing_number", "customer_id", "caller_key", "case_id", "row_hash")


def _single_leg_calls(legs: IbisTable) -> IbisTable:
    return legs.select(
        *_FIRST,
        call_id=legs.call_id,
        final_queue_id=legs.queue_id,
        transfers=ibis.literal(0, type="int64"),
        arrived_at=legs.started_at,
        arrived_at_local=legs.started_at_local,
        agent_id=ibis.ifelse(legs.is_answered, legs.agent_id, ibis.null("string")),
        outcome=_outcome(legs.status, legs.is_answered),
        wait_seconds=legs.wait_seconds,
        handle_seconds=legs.handle_seconds,
    )


def _several_leg_calls(legs: IbisTable) -> IbisTable:
    order = [legs.leg_number, legs.started_at, legs.row_hash]
    in_order = ibis.window(group_by="call_id", order_by=order)
    placed = legs.mutate(place=ibis.row_number().over(in_order))
    whole_call = ibis.window(group_by="call_id")
    answered_at = ibis.ifelse(placed.is_answered, placed.place, ibis.null("int64"))
    served_at = ibis.ifelse(placed.agent_id.notnull(), answered_at, ibis.null("int64"))
    marked = placed.mutate(
        last_place=placed.place.max().over(whole_call),
        answer_place=answered_at.min().over(whole_call),
        agent_place=served_at.max().over(whole_call),
    )
    first, last = marked.place == 0, marked.place == marked.last_place
    is_waited = marked.place <= marked.answer_place.fill_null(marked.last_place)
    return marked.group_by("call_id").agg(
        **{name: marked[name].max(where=first) for name in _FIRST},
        final_queue_id=marked.queue_id.max(where=last),
        transfers=marked.last_place.max(),
        arrived_at=marked.started_at.max(where=first),
        arrived_at_local=marked.started_at_local.max(where=first),
        agent_id=marked.agent_id.max(where=marked.place == marked.agent_place),
        outcome=_outcome(marked.status, marked.is_answered).max(where=last),
        wait_seconds=marked.wait_seconds.sum(where=is_waited),
        handle_seconds=marked.handle_seconds.sum(),
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
        Column call_id.
    """
    known = calls.filter(calls.caller_key.notnull())
    before = ibis.window(group_by=["caller_key", "queue_id"], order_by=[known.arrived_at, known.row_hash])
    pairs = known.select(
        "call_id",
        "arrived_at",
        before_outcome=known.outcome.lag().over(before),
        before_arrived_at=known.arrived_at.lag().over(before),
    )
    return pairs.filter(
        pairs.before_outcome == "abandoned",
        pairs.arrived_at > pairs.before_arrived_at,
        pairs.arrived_at <= pairs.before_arrived_at + ibis.interval(seconds=redial_window_seconds),
    ).select("call_id")


def finish_calls(
    calls: IbisTable, redial_ids: IbisTable, customers: IbisTable | None, is_open: BooleanValue
) -> IbisTable:
    """Calls with their customer, redial mark, date and opening mark: the columns of `silver.calls`.

    Args:
        calls: From `attribute_calls`.
        redial_ids: From `redials`.
        customers: From `customers_by_landing_number`; None where the source has no customers.
        is_open: Bound to `calls`.

    Returns:
        One row per call.
    """
    dated = calls.mutate(business_date=calls.arrived_at_local.date(), is_open=is_open)
    marks = redial_ids.select(redial_call_id="call_id")
    marked = dated.left_join(marks, dated.call_id == marks.redial_call_id)
    marked = marked.mutate(is_redial=marked.redial_call_id.notnull())
    if customers is None:
        return marked.mutate(customer_key=marked.customer_id)
    owned = marked.left_join(customers, marked.landing_number == customers.customer_landing_number)
    return owned.mutate(customer_key=ibis.coalesce(owned.landing_customer_key, owned.customer_id))
