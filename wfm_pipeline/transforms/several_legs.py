"""Calls with several legs to one row each: legs in turn, one after the other, or at once, on several phones.

In turn the legs are the way of the caller: the last one decides. At once one of them took the call and the others
stopped ringing: the answering leg decides. Which it is the source map says (`legs`). Not here: calls with one leg,
customers and redials (calls.py).
"""

from typing import Final

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, StringValue
from ibis.expr.types import Table as IbisTable

FIRST: Final = ("source", "queue_id", "channel", "landing_number", "customer_id", "caller_key", "case_id", "row_hash")
"""What a call takes from its first leg."""
CLOCK_SLACK_SECONDS: Final = 1
"""Legs that overlap by no more than this are in turn: clocks are written in whole seconds, and waits are rounded [s]."""


def outcome_of(status: StringValue) -> StringValue:
    """Outcome of a call that its leg's status decides.

    Args:
        status: Status of the leg.

    Returns:
        `answered` (also where the caller was passed on), `abandoned` or `other`.
    """
    return ibis.cases((is_answered(status), "answered"), (status == "abandoned", "abandoned"), else_="other")


def is_answered(status: StringValue) -> BooleanValue:
    """Whether somebody answered a leg.

    Args:
        status: Status of the leg.

    Returns:
        True where it was answered or passed on.
    """
    return status.isin(("answered", "transferred"))


def is_talk_unexplained(legs: IbisTable) -> BooleanValue:
    """Whether a leg's talk time contradicts a call that is abandoned; a leg that was passed on explains itself.

    Args:
        legs: status and talk_seconds.

    Returns:
        Bound to `legs`; never null.
    """
    return (legs.status.isin(("answered", "abandoned")) & (legs.talk_seconds > 0)).fill_null(False)


def calls_in_turn(legs: IbisTable) -> IbisTable:
    """One row per call whose legs follow each other, in order of leg_number, start, row hash.

    The last leg decides outcome and final queue; where a leg was answered, the last one that is not `other`: a survey
    or a voicemail box after the talk takes nothing back. The agent is the last who answered; waits add up to and
    including the first answered leg; handle time adds up over the answered legs, over all where none was.

    Args:
        legs: All legs of the calls, with is_answered, caller_key and handle_seconds [s].

    Returns:
        One row per call; has_overlapping_legs where a leg begins before the one before it has stopped waiting.
    """
    placed = _placed(legs, [legs.leg_number, legs.started_at, legs.row_hash])
    whole_call = ibis.window(group_by="call_id")
    answered_at = _where(placed.is_answered, placed.place)
    served_at = _where(placed.agent_id.notnull(), answered_at)
    decided_at = _where(placed.status != "other", placed.place)
    places = placed.mutate(
        last_place=placed.place.max().over(whole_call),
        answer_place=answered_at.min().over(whole_call),
        agent_place=served_at.max().over(whole_call),
        decided_place=decided_at.max().over(whole_call),
    )
    marked = places.mutate(
        deciding_place=ibis.ifelse(places.answer_place.isnull(), places.last_place, places.decided_place)
    )
    is_waited = marked.place <= marked.answer_place.fill_null(marked.last_place)
    is_handled = marked.is_answered | marked.answer_place.isnull()
    deciding = marked.place == marked.deciding_place
    calls = marked.group_by("call_id").agg(
        **_first(marked),
        final_queue_id=marked.queue_id.max(where=deciding),
        transfers=marked.last_place.max(),
        agent_id=marked.agent_id.max(where=marked.place == marked.agent_place),
        outcome=outcome_of(marked.status).max(where=deciding),
        wait_seconds=marked.wait_seconds.sum(where=is_waited),
        handle_seconds=marked.handle_seconds.sum(where=is_handled),
        has_overlapping_legs=marked.overlaps.any(),
        has_unexplained_talk=is_talk_unexplained(marked).any(),
    )
    return _with_contradictions(calls)


def calls_at_once(legs: IbisTable) -> IbisTable:
    """One row per call whose legs are phones that rang at once, in order of start, leg_number, row hash.

    Answered if any leg was: agent, wait, handle time and final queue are those of the answering leg, the first in that
    order where several are answered. Else abandoned if any leg was, else other: the wait is the longest of the legs,
    and nobody handled it.

    Args:
        legs: All legs of the calls, with is_answered, caller_key and handle_seconds [s].

    Returns:
        One row per call, without transfers: further phones are no further stay.
    """
    placed = _placed(legs, [legs.started_at, legs.leg_number, legs.row_hash])
    whole_call = ibis.window(group_by="call_id")
    marked = placed.mutate(
        answer_place=_where(placed.is_answered, placed.place).min().over(whole_call),
        last_place=placed.place.max().over(whole_call),
    )
    is_lost = marked.answer_place.isnull()
    answering = marked.place == marked.answer_place
    deciding = marked.place == marked.answer_place.fill_null(marked.last_place)
    calls = marked.group_by("call_id").agg(
        **_first(marked),
        final_queue_id=marked.queue_id.max(where=deciding),
        agent_id=marked.agent_id.max(where=answering),
        outcome=_best_outcome(marked),
        wait_seconds=marked.wait_seconds.max(where=answering | is_lost),
        handle_seconds=marked.handle_seconds.max(where=answering),
        has_unexplained_talk=is_talk_unexplained(marked).any(),
    )
    in_turn = {"transfers": ibis.literal(0, type="int64"), "has_overlapping_legs": ibis.literal(value=False)}
    return _with_contradictions(calls.mutate(**in_turn))


def answering_legs(legs: IbisTable) -> IbisTable:
    """Of the phones that rang at once for a call the one that stands for it in the line.

    Args:
        legs: Rows of `silver.call_legs`, all legs of every call in them.

    Returns:
        One leg per call: the answering one as `calls_at_once` has it; else of the abandoned ones, else of all, the one that
        rang longest, the first in order of start and leg_number.
    """
    rank = ibis.cases((is_answered(legs.status), 0), (legs.status == "abandoned", 1), else_=2)
    rang = ibis.ifelse(is_answered(legs.status), 0.0, legs.wait_seconds.fill_null(0.0))
    order = [rank, rang.desc(), legs.started_at, legs.leg_number, legs.row_hash]
    placed = legs.mutate(place=ibis.row_number().over(ibis.window(group_by="call_id", order_by=order)))
    return placed.filter(placed.place == 0).drop("place")


def _best_outcome(legs: IbisTable) -> StringValue:
    return ibis.cases(
        (legs.is_answered.any(), "answered"), ((legs.status == "abandoned").any(), "abandoned"), else_="other"
    )


def _placed(legs: IbisTable, order: list[ibis.Value]) -> IbisTable:
    """Legs with their place in the call, from 0, and whether they begin before the one before has stopped waiting.

    Where that wait is unknown only a leg that does not begin later overlaps for certain.
    """
    in_order = ibis.window(group_by="call_id", order_by=order)
    began = legs.started_at.truncate("s").epoch_seconds()
    since = began - began.lag().over(in_order)
    waited = (legs.menu_seconds.fill_null(0.0) + legs.wait_seconds).lag().over(in_order)
    at_the_same_time = (since <= 0) & (waited.isnull() | (waited > 0))
    overlaps = at_the_same_time | (since + CLOCK_SLACK_SECONDS < waited)
    return legs.mutate(place=ibis.row_number().over(in_order), overlaps=overlaps.fill_null(False))


def _where(condition: BooleanValue, place: IntegerValue) -> IntegerValue:
    return ibis.ifelse(condition, place, ibis.null("int64"))


def _first(marked: IbisTable) -> dict[str, ibis.Value]:
    first = marked.place == 0
    return {
        **{name: marked[name].max(where=first) for name in FIRST},
        "arrived_at": marked.started_at.max(where=first),
        "arrived_at_local": marked.started_at_local.max(where=first),
    }


def _with_contradictions(calls: IbisTable) -> IbisTable:
    return calls.mutate(is_abandoned_with_talk=(calls.outcome == "abandoned") & calls.has_unexplained_talk)
