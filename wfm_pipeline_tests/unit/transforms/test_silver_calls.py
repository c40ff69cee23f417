"""One row per call: first touch, transfers, waits, handle time, customers, true redials."""

import datetime as dt
from dataclasses import replace

import pytest

from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline_tests.silver_kit import (
    DAY,
    FULL_SOURCE,
    SOURCE,
    at,
    calls_of,
    ingest,
    leg,
    memory,
    refresh,
    rows_of,
    silver_of,
)


def test_a_call_belongs_to_the_queue_it_touched_first():
    legs = [
        leg(leg=2, queue="support", created=at("10:02:00"), agent="bob", talk=200, hold=0, wrap=5, wait=40),
        leg(leg=1, queue="sales", status="TRANSFERRED"),
    ]

    call = calls_of(legs)["c1"]

    assert ("sales", "support", 1) == (call["queue_id"], call["final_queue_id"], call["transfers"])
    assert at("10:00:00") == call["arrived_at_local"]
    assert ("answered", "bob") == (call["outcome"], call["agent_id"])
    assert 10 == call["wait_seconds"]  # the first leg was answered: what came after is not waiting to be answered
    assert 100 + 20 + 30 + 200 + 0 + 5 == call["handle_seconds"]


def test_outcome_comes_from_the_last_leg_and_the_agent_from_the_last_that_answered():
    legs = [leg(status="TRANSFERRED"), leg(leg=2, status="ABANDONED", agent=None, queue="support", talk=0)]

    call = calls_of(legs)["c1"]

    assert ("abandoned", "ann", "support") == (call["outcome"], call["agent_id"], call["final_queue_id"])


def test_waits_add_up_until_the_first_answer():
    legs = [
        leg(leg=1, status="OVERFLOW", wait=60, agent=None),
        leg(leg=2, status="ANSWERED", wait=15),
        leg(leg=3, status="ANSWERED", wait=90),
    ]

    assert 60 + 15 == calls_of(legs)["c1"]["wait_seconds"]
    assert 60 + 90 == calls_of([legs[0], leg(leg=3, status="ABANDONED", wait=90)])["c1"]["wait_seconds"]


def test_handle_time_is_unknown_only_where_nothing_usable_was_recorded():
    nothing = {"talk": -1, "hold": None, "wrap": None}

    calls = calls_of([leg(), leg("c2", **nothing), leg("c3", **(nothing | {"wrap": 7}))])

    assert [150, None, 7] == [calls[name]["handle_seconds"] for name in ("c1", "c2", "c3")]


def test_a_call_that_crosses_midnight_is_whole_and_belongs_to_the_day_it_began():
    tomorrow = DAY + dt.timedelta(days=1)
    legs = [
        leg(created=at("23:59:30"), status="TRANSFERRED"),
        leg(leg=2, created=at("00:01:00", tomorrow), queue="support"),
    ]
    with memory() as warehouse:
        ingest(warehouse, legs)
        refresh(warehouse, tomorrow, tomorrow)
        refresh(warehouse, DAY, tomorrow)
        refresh(warehouse, tomorrow, tomorrow)
        calls = rows_of(warehouse, "calls")

    assert [(DAY, 1, "support")] == [(c["business_date"], c["transfers"], c["final_queue_id"]) for c in calls]


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [("07:59:59", False), ("08:00:00", True), ("17:59:59", True), ("18:00:00", False)],
)
def test_a_call_is_open_inside_half_open_hours(clock, is_open):
    assert is_open == calls_of([leg(created=at(clock))])["c1"]["is_open"]


def test_holidays_close_the_desk_only_where_the_site_says_so():
    holiday = replace(SOURCE.site, extra_holidays={DAY: "Founders' day"})
    closed = replace(holiday, closed_on_holidays=True)

    assert calls_of([leg()], source_map=replace(SOURCE, site=holiday))["c1"]["is_open"]
    assert not calls_of([leg()], source_map=replace(SOURCE, site=closed))["c1"]["is_open"]


def test_customer_is_the_parent_company_of_the_landing_number_else_its_owner_else_the_known_id():
    customers = [
        {"landing": "+46 771 1", "customer": "shop", "parent": "group"},
        {"landing": "467712", "customer": "lone", "parent": None},
    ]
    legs = [
        leg("c1", landing="4677 11"),
        leg("c2", landing="467712", customer="known"),
        leg("c3", landing="999", customer="known"),
        leg("c4", landing=None, customer="0"),
    ]
    with memory() as warehouse:
        ingest(warehouse, customers, FULL_SOURCE, "customers")
        ingest(warehouse, legs, FULL_SOURCE)
        refresh(warehouse, source_map=FULL_SOURCE)
        keys = [call["customer_key"] for call in rows_of(warehouse, "calls", "call_id")]

    assert ["group", "lone", "known", None] == keys


def test_a_customer_that_is_gone_from_the_source_owns_its_number_no_longer():
    with memory() as warehouse:
        ingest(
            warehouse,
            [{"landing": "771", "customer": "a"}, {"landing": "772", "customer": "b"}],
            FULL_SOURCE,
            "customers",
        )
        ingest(warehouse, [{"landing": "772", "customer": "b"}], FULL_SOURCE, "customers")
        ingest(warehouse, [leg("c1", landing="771"), leg("c2", landing="772")], FULL_SOURCE)
        refresh(warehouse, source_map=FULL_SOURCE)
        keys = [call["customer_key"] for call in rows_of(warehouse, "calls", "call_id")]

    assert [None, "b"] == keys


def redial_pair(seconds=100, *, before=None, after=None):
    """Two calls of one caller, the first abandoned, the second `seconds` later."""
    start = at("10:00:00")
    first = leg("before", status="ABANDONED", created=start, agent=None, **(before or {}))
    return [first, leg("after", created=start + dt.timedelta(seconds=seconds), **(after or {}))]


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        pytest.param(redial_pair(0), False, id="0_s_is_the_same_instant"),
        pytest.param(redial_pair(1), True, id="1_s"),
        pytest.param(redial_pair(300), True, id="300_s_is_inside"),
        pytest.param(redial_pair(301), False, id="301_s_is_outside"),
        pytest.param(redial_pair(after={"queue": "support"}), False, id="other_queue"),
        pytest.param(redial_pair(after={"caller": "08-999 99 99"}), False, id="other_caller"),
        pytest.param(redial_pair(after={"caller": "+46 (0)8 123 45 67"}), True, id="same_number_written_otherwise"),
        pytest.param(redial_pair(after={"caller": "004681234567"}), True, id="same_number_with_00"),
        pytest.param(redial_pair(before={"caller": "123456"}, after={"caller": "123456"}), False, id="6_digits"),
        pytest.param(redial_pair(before={"caller": "1234567"}, after={"caller": "1234567"}), True, id="7_digits"),
        pytest.param(
            redial_pair(before={"caller": "anonymous"}, after={"caller": "anonymous"}), False, id="withheld_number"
        ),
        pytest.param([leg("before"), leg("after", created=at("10:01:00"))], False, id="previous_call_was_answered"),
        pytest.param([*redial_pair(200), leg("between", created=at("10:01:00"))], False, id="answered_in_between"),
        pytest.param(
            [*redial_pair(200), leg("between", created=at("10:01:00"), queue="support")],
            True,
            id="answered_in_between_by_another_queue",
        ),
    ],
)
def test_true_redial(legs, expected):
    calls = calls_of(legs)

    assert expected == calls["after"]["is_redial"]
    assert not calls["before"]["is_redial"]


def test_a_redial_may_cross_midnight_whatever_stretch_is_refreshed():
    tomorrow = DAY + dt.timedelta(days=1)
    legs = [
        leg("before", status="ABANDONED", created=at("23:58:00")),
        leg("after", created=at("00:02:00", tomorrow)),
    ]
    with memory() as warehouse:
        ingest(warehouse, legs)
        refresh(warehouse, DAY, DAY)
        refresh(warehouse, tomorrow, tomorrow)
        calls = {call["call_id"]: call["is_redial"] for call in rows_of(warehouse, "calls")}

    assert {"before": False, "after": True} == calls


def test_of_two_calls_at_one_instant_the_later_by_row_hash_decides_for_the_next():
    start = at("10:00:00")
    legs = [leg("a", status="ABANDONED", created=start), leg("b", created=start), leg("next", created=at("10:01:00"))]

    with silver_of(legs) as warehouse:
        by_hash = sorted(rows_of(warehouse, "call_legs"), key=lambda row: row["row_hash"])
        calls = {call["call_id"]: call["is_redial"] for call in rows_of(warehouse, "calls")}

    later = [row["call_id"] for row in by_hash if row["call_id"] != "next"][-1]
    assert (later == "a") == calls["next"]
    assert not calls["a"]
    assert not calls["b"]


def test_redials_by_customer_id_where_the_map_says_so():
    by_customer = replace(SOURCE, caller_is="customer")
    same = {"customer": "77", "caller": None}

    calls = calls_of(redial_pair(before=same, after=same), source_map=by_customer)
    unknown = calls_of(redial_pair(before={"customer": "0"}, after={"customer": "0"}), source_map=by_customer)

    assert calls["after"]["is_redial"]
    assert not unknown["after"]["is_redial"]


def test_window_and_digits_of_the_redial_rule_are_settings():
    rules = SilverRules(redial_window_seconds=600, redial_minimum_digits=4)
    short = {"caller": "12345"}

    assert calls_of(redial_pair(600, before=short, after=short), rules=rules)["after"]["is_redial"]
