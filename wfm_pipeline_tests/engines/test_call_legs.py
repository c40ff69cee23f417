"""What several legs of a call say together, in turn and at once, on every engine alike."""

import datetime as dt
import random
from dataclasses import replace

import pytest

from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.shelves.legs import read_legs_with_redials
from wfm_pipeline.warehouse.silver.contradictions import count_contradictions, refuse_contradictions
from wfm_pipeline.warehouse.silver.rows import SilverCounts
from wfm_pipeline_tests import silver_kit
from wfm_pipeline_tests.silver_kit import DAY, LEGS, SOURCE, WORDS, ingest, refresh, rows_of

MISSED = "ABANDONED"
"""What a phone that nobody picked up says in the logs that this is about."""
AT_ONCE = replace(SOURCE, tables=(replace(LEGS, legs="at_once"),))
SILENT = {"agent": None, "talk": 0, "hold": 0, "wrap": 0}


def leg(number, *, call="c", at="10:00:00", **changes):
    """A leg that talked for 100 s and nothing else, unless said otherwise."""
    created = silver_kit.at(at) if isinstance(at, str) else at
    return silver_kit.leg(call, number, **{"created": created, "hold": 0, "wrap": 0} | changes)


def calls_made(warehouse, rows, source_map):
    """call_id -> row of silver.calls, and the findings on them."""
    ingest(warehouse, rows, source_map)
    refresh(warehouse, source_map=source_map)
    calls = {call["call_id"]: call for call in rows_of(warehouse, "calls")}
    return calls, count_contradictions(warehouse, source_map, Dates.of([DAY]))


def said(call, *names):
    return tuple(call[name] for name in names)


WAY = ("outcome", "agent_id", "wait_seconds", "handle_seconds", "transfers", "final_queue_id")


def phones(call, *, answered=(), at="10:00:00"):
    """A ring group of three: one row per phone, all from the same moment on."""
    return [
        leg(number, call=call, at=at, agent=f"a{number}", wait=number)
        if number in answered
        else leg(number, call=call, at=at, status=MISSED, wait=15, **SILENT)
        for number in (1, 2, 3)
    ]


def test_phones_that_ring_at_once_are_one_call_which_the_answering_leg_decides(warehouse):
    rows = [
        *phones("first", answered=(1,)),
        *phones("middle", answered=(2,)),
        *phones("two", answered=(2, 3)),
        *phones("nobody"),
        leg(1, call="voicemail", status=MISSED, wait=20, **SILENT),
        leg(2, call="voicemail", status="OVERFLOW", wait=25, **SILENT),
    ]

    calls, findings = calls_made(warehouse, rows, AT_ONCE)

    assert ("answered", "a1", 1, 100, 0, "sales") == said(calls["first"], *WAY)
    assert ("answered", "a2", 2, 100, 0, "sales") == said(calls["middle"], *WAY)
    assert ("answered", "a2", 2, 100, 0, "sales") == said(calls["two"], *WAY)  # both at once: the lower leg number
    assert ("abandoned", None, 15, None, 0, "sales") == said(calls["nobody"], *WAY)
    assert ("abandoned", None, 25, None, 0, "sales") == said(calls["voicemail"], *WAY)  # the longest anybody rang
    assert {} == findings


def test_in_the_line_of_the_models_a_ring_group_is_one_caller(warehouse):
    rows = [
        *phones("middle", answered=(2,)),
        *phones("two", answered=(2, 3)),
        leg(1, call="gone", status="OVERFLOW", wait=60, **SILENT),
        leg(2, call="gone", status=MISSED, wait=20, **SILENT),
        leg(3, call="gone", status=MISSED, wait=25, **SILENT),
    ]
    ingest(warehouse, rows, AT_ONCE)
    refresh(warehouse, source_map=AT_ONCE)

    legs = read_legs_with_redials(warehouse, AT_ONCE)

    found = legs[["status", "agent_id", "wait_seconds"]].astype(object).where(legs.notna(), None)
    assert [("abandoned", None, 25), ("answered", "a2", 2), ("answered", "a2", 2)] == sorted(
        found.itertuples(index=False, name=None)
    )


def test_of_two_answered_legs_the_earlier_decides_whatever_its_number(warehouse):
    rows = [
        leg(1, at="10:00:05", agent="late", wait=9),
        leg(2, agent="early", wait=None, queue="support"),
    ]

    calls, _ = calls_made(warehouse, rows, AT_ONCE)

    # The wait of the leg that answered is unknown, and is not taken from another phone.
    assert ("support", "early", None, silver_kit.at("10:00:00")) == said(
        calls["c"], "queue_id", "agent_id", "wait_seconds", "arrived_at_local"
    )


def test_a_ring_group_read_in_turn_is_found_and_stops_the_run(warehouse):
    rows = [row for number in range(12) for row in phones(f"c{number}", answered=(1,), at=f"10:{number:02d}:00")]

    calls, findings = calls_made(warehouse, rows, SOURCE)

    assert {"abandoned"} == {call["outcome"] for call in calls.values()}  # what must not be believed
    assert {"overlapping_legs": 12, "abandoned_with_talk": 12} == findings
    with pytest.raises(DataError, match=r'12 of 12 calls are overlapping_legs \(100%\).*legs = "at_once"'):
        refuse_contradictions(SilverCounts(12, 12, findings=findings), highest_share=0.02)


def test_calls_on_three_phones_of_which_71_percent_end_on_a_silent_one_have_their_true_share_answered(warehouse):
    rng = random.Random(5)
    picked = {f"c{number:03d}": rng.choice([0, 1, 1, 2, 2, 3, 3]) for number in range(200)}
    rows = [
        row
        for number, (call, phone) in enumerate(picked.items())
        for row in phones(call, answered=(phone,), at=silver_kit.at("09:00:00") + dt.timedelta(seconds=90 * number))
    ]

    calls, findings = calls_made(warehouse, rows, AT_ONCE)
    [hours] = warehouse.arrow(
        warehouse.table("silver.queue_intervals").agg(
            answered=warehouse.table("silver.queue_intervals").calls_answered.sum(),
            seconds=warehouse.table("silver.queue_intervals").handle_seconds.sum(),
        )
    ).to_pylist()

    answered = sum(phone > 0 for phone in picked.values())
    ends_silent = sum(phone in (1, 2) for phone in picked.values())
    assert 0.6 < ends_silent / answered < 0.75  # so many would be abandoned if the last leg decided
    assert (answered, 100.0 * answered) == (hours["answered"], hours["seconds"])
    assert {call for call, phone in picked.items() if phone} == {
        call for call, row in calls.items() if row["outcome"] == "answered"
    }
    assert {} == findings


IN_TURN = {
    "a survey after the talk undoes nothing, and is no handling": (
        [leg(1), leg(2, at="10:02:00", status="OVERFLOW", talk=60, queue="survey")],
        ("answered", "ann", 10, 100, 1, "sales"),
    ),
    "the second agent hunted answers": (
        [leg(1, status=MISSED, wait=15, **SILENT), leg(2, at="10:00:15", agent="bob", wait=5)],
        ("answered", "bob", 20, 100, 1, "sales"),
    ),
    "nobody hunted answers": (
        [
            leg(1, status="OVERFLOW", wait=15, **SILENT),
            leg(2, at="10:00:15", status="OVERFLOW", wait=15, **SILENT),
            leg(3, at="10:00:30", status=MISSED, wait=7, **SILENT),
        ],
        ("abandoned", None, 37, 0, 2, "sales"),
    ),
    "a voicemail instead of an answer is other": (
        [leg(1, status=MISSED, wait=60, **SILENT), leg(2, at="10:01:00", status="OVERFLOW", wait=0, **SILENT)],
        ("other", None, 60, 0, 1, "sales"),
    ),
    "who was passed on and gave up is lost": (
        [
            leg(1, status="TRANSFERRED"),
            leg(2, at="10:02:00", queue="support", status=MISSED, wait=30, **SILENT),
            leg(3, at="10:02:30", queue="survey", status="OVERFLOW", **SILENT),
        ],
        ("abandoned", "ann", 10, 100, 2, "support"),
    ),
}
"""Legs of a call -> what becomes of it."""


def test_legs_in_turn(warehouse):
    rows = [row | {"call": name} for name, (legs, _) in IN_TURN.items() for row in legs]

    calls, findings = calls_made(warehouse, rows, SOURCE)

    assert {name: expected for name, (_, expected) in IN_TURN.items()} == {
        name: said(call, *WAY) for name, call in calls.items()
    }
    assert {} == findings


OVERLAPS = {
    "from the same moment": (15, "10:00:00", True),
    "while it waits": (15, "10:00:13", True),
    "a second is the clocks'": (15, "10:00:14", False),
    "when it has waited": (15, "10:00:15", False),
    "a warm transfer, while they talk": (15, "10:01:00", False),
    "routed on in no time": (0, "10:00:00", False),
    "unknown wait, the same moment": (None, "10:00:00", True),
    "unknown wait, later": (None, "10:00:01", False),
    "before it": (15, "09:59:00", True),
}
"""Wait of the first leg, which begins at 10:00:00; start of the second; whether they overlap."""


def test_legs_overlap_where_one_begins_while_the_one_before_waits(warehouse):
    rows = [leg(1, call="alone")]
    for name, (wait, second, _) in OVERLAPS.items():
        rows += [leg(1, call=name, wait=wait, talk=300), leg(2, call=name, at=second, agent="bob")]

    calls, findings = calls_made(warehouse, rows, SOURCE)

    overlapping = {name for name, (_, _, overlaps) in OVERLAPS.items() if overlaps}
    assert overlapping == {name for name, call in calls.items() if call["has_overlapping_legs"]}
    assert {"overlapping_legs": len(overlapping)} == findings


def test_talk_time_of_an_abandoned_call_is_a_finding_unless_it_was_passed_on(warehouse):
    rows = [
        leg(1, call="plain", status=MISSED, agent=None, talk=4),
        leg(1, call="silent", at="11:00:00", status=MISSED, **SILENT),
        leg(1, call="unknown", at="11:10:00", status=MISSED, **SILENT | {"talk": None}),
        leg(1, call="survey", at="12:00:00"),
        leg(2, call="survey", at="12:05:00", status=MISSED, **SILENT),
        leg(1, call="passed", at="13:00:00", status="TRANSFERRED"),
        leg(2, call="passed", at="13:05:00", status=MISSED, **SILENT),
        leg(1, call="machine", at="14:00:00", status="OVERFLOW", agent=None),
        leg(2, call="machine", at="14:05:00", status=MISSED, **SILENT),
    ]

    calls, findings = calls_made(warehouse, rows, SOURCE)

    assert {"plain", "survey"} == {name for name, call in calls.items() if call["is_abandoned_with_talk"]}
    assert {"abandoned_with_talk": 2} == findings


@pytest.mark.parametrize(
    ("calls", "found", "limit", "stops"),
    [
        pytest.param(1000, 20, 0.02, False, id="at_the_limit"),
        pytest.param(1000, 21, 0.02, True, id="above_it"),
        pytest.param(50, 9, 0.02, False, id="too_few_to_be_a_sign_of_the_map"),
        pytest.param(50, 10, 0.02, True, id="enough_of_them"),
        pytest.param(50, 50, 1.0, False, id="the_limit_is_raised"),
    ],
)
def test_more_contradictions_than_the_limit_stop_a_run(calls, found, limit, stops):
    counts = SilverCounts(calls, calls, findings={"abandoned_with_talk": found})

    if stops:
        with pytest.raises(DataError, match=r"abandoned_with_talk.*words of status.*contradiction_share_limit"):
            refuse_contradictions(counts, highest_share=limit)
    else:
        refuse_contradictions(counts, highest_share=limit)


@pytest.mark.parametrize("seed", [1, 2])
def test_calls_at_once_equal_a_plain_loop_over_the_legs(warehouse, seed):
    rng = random.Random(seed)
    rows = [
        leg(
            place,
            call=f"c{number}",
            at=silver_kit.at("10:00:00") + dt.timedelta(seconds=60 * number + rng.choice((0, 0, 3))),
            status=rng.choice(list(WORDS)),
            agent=rng.choice(["ann", "bob", None]),
            wait=rng.choice([0, 5, 40, None]),
            talk=rng.choice([0, 60, None]),
            hold=None,
            wrap=None,
            queue=rng.choice(["sales", "support"]),
        )
        for number in range(60)
        for place in range(1, rng.choice((2, 2, 3, 4)) + 1)
    ]

    calls, _ = calls_made(warehouse, rows, AT_ONCE)

    for number in range(60):
        legs = sorted(
            (row for row in rows if row["call"] == f"c{number}"), key=lambda row: (row["created"], row["leg"])
        )
        taken = [row for row in legs if row["status"] in ("ANSWERED", "TRANSFERRED")][:1]
        lost = "abandoned" if any(row["status"] == "ABANDONED" for row in legs) else "other"
        waits = [row["wait"] for row in taken or legs if row["wait"] is not None]
        expected = {
            "queue_id": legs[0]["queue"],
            "final_queue_id": (taken or legs)[-1]["queue"],
            "arrived_at_local": legs[0]["created"],
            "outcome": "answered" if taken else lost,
            "agent_id": taken[0]["agent"] if taken else None,
            "wait_seconds": max(waits) if waits else None,
            "handle_seconds": taken[0]["talk"] if taken else None,
        }
        assert expected == {name: calls[f"c{number}"][name] for name in expected}
