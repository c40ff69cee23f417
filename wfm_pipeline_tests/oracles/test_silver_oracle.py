"""Calls and redials by a plain Python loop over random legs, against what the engine makes of them."""

import datetime as dt
import random

import pytest

from wfm_pipeline_tests.silver_kit import DAY, leg, rows_of, silver_of

STATUS = {"ANSWERED": "answered", "TRANSFERRED": "answered", "ABANDONED": "abandoned", "OVERFLOW": "other"}


def random_legs(seed):
    """Few callers, queues and minutes, so that ties, redials and transfers are many."""
    rng = random.Random(seed)
    rows = []
    for number in range(150):
        start = dt.datetime.combine(DAY, dt.time(9)) + dt.timedelta(
            seconds=rng.choice((0, 30)) + 60 * rng.randrange(60)
        )
        caller = rng.choice(["5550001", "5550002", "+46 5550001", "12345", None])
        rows.extend(
            leg(
                f"call{number}",
                place,
                created=start + dt.timedelta(seconds=90 * (place - 1)),
                queue=rng.choice(["sales", "support", None]),
                status=rng.choice(list(STATUS)),
                caller=caller,
                agent=rng.choice(["ann", "bob", "NONE"]),
                wait=rng.choice([0, 5, 40, -1]),
                talk=rng.choice([0, 60, -1]),
                hold=rng.choice([0, 10, None]),
                wrap=None,
            )
            for place in range(1, rng.choice((1, 1, 1, 2, 3)) + 1)
        )
    return rows


def call_by_hand(legs):
    """One call from its legs in order."""
    answered = [place for place, row in enumerate(legs) if STATUS[row["status"]] == "answered"]
    waited = [row["wait"] for row in legs[: answered[0] + 1 if answered else None] if row["wait"] >= 0]
    deciding = [row for row in legs if STATUS[row["status"]] != "other"][-1] if answered else legs[-1]
    talked = [legs[place] for place in answered] or legs
    handled = [row[name] for row in talked for name in ("talk", "hold") if row[name] is not None and row[name] >= 0]
    served_by = [legs[place]["agent"] for place in answered if legs[place]["agent"] != "NONE"]
    digits = "".join(sign for sign in legs[0]["caller"] or "" if sign.isdigit()).removeprefix("46")
    return {
        "queue_id": legs[0]["queue"] or "(unknown)",
        "final_queue_id": deciding["queue"] or "(unknown)",
        "transfers": len(legs) - 1,
        "arrived_at_local": legs[0]["created"],
        "caller_key": digits if len(digits) >= 7 else None,
        "agent_id": served_by[-1] if served_by else None,
        "outcome": STATUS[deciding["status"]],
        "wait_seconds": sum(waited) if waited else None,
        "handle_seconds": sum(handled) if handled else None,
    }


def redials_by_hand(calls, hashes):
    """Ids of calls that follow an abandoned call of the same caller and queue within 300 s."""
    last, found = {}, set()
    for call_id, call in sorted(calls.items(), key=lambda item: (item[1]["arrived_at_local"], hashes[item[0]])):
        if call["caller_key"] is None:
            continue
        before = last.get((call["caller_key"], call["queue_id"]))
        if before and before["outcome"] == "abandoned":
            seconds = (call["arrived_at_local"] - before["arrived_at_local"]).total_seconds()
            if 0 < seconds <= 300:
                found.add(call_id)
        last[call["caller_key"], call["queue_id"]] = call
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_calls_equal_a_plain_loop_over_the_legs(seed):
    rows = random_legs(seed)
    by_call = {}
    for row in rows:
        by_call.setdefault(row["call"], []).append(row)
    expected = {call_id: call_by_hand(legs) for call_id, legs in by_call.items()}
    shuffled = random.Random(seed).sample(rows, len(rows))

    with silver_of(shuffled) as warehouse:
        calls = {row["call_id"]: row for row in rows_of(warehouse, "calls")}
        hashes = {row["call_id"]: row["row_hash"] for row in rows_of(warehouse, "call_legs") if row["leg_number"] == 1}
        intervals = rows_of(warehouse, "queue_intervals")

    assert expected == {call_id: {name: row[name] for name in expected[call_id]} for call_id, row in calls.items()}
    redials = redials_by_hand(expected, hashes)
    assert len(redials) > 5
    assert redials == {call_id for call_id, row in calls.items() if row["is_redial"]}
    assert len(expected) == sum(row["calls_offered"] for row in intervals)
