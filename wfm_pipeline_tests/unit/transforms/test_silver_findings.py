"""What is refused, what is mended, and that every row of the source is accounted for."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline_tests.silver_kit import (
    DAY,
    FULL_SOURCE,
    LEGS,
    SOURCE,
    at,
    findings_of,
    ingest,
    leg,
    memory,
    refresh,
    rows_of,
    silver_of,
)

SPRING = dt.date(2026, 3, 29)  # clocks go from 02:00 to 03:00 in Stockholm


def only_leg(rows, **options):
    with silver_of(rows, **options) as warehouse:
        [row] = rows_of(warehouse, "call_legs")
    return row


@pytest.mark.parametrize(
    ("row", "rule", "words"),
    [
        pytest.param(leg(queue=" test "), "excluded_test_queue", "test", id="queue_excluded_by_map"),
        pytest.param(leg(call=None), "missing_key", "call", id="no_key"),
        pytest.param(leg(leg=None), "missing_key", "leg", id="half_a_key"),
        pytest.param(leg(leg=-1), "negative_leg_number", "-1", id="position_below_zero"),
        pytest.param(leg(created=None), "undated", "started_at is not known", id="no_time"),
        pytest.param(
            leg(created=at("02:30:00", SPRING)), "local_time_in_dst_gap", "2026-03-29 02:30:00", id="time_in_gap"
        ),
    ],
)
def test_a_row_is_refused_with_one_reason(row, rule, words):
    with silver_of([row], first=DAY, last=SPRING) as warehouse:
        legs, [finding] = rows_of(warehouse, "call_legs"), rows_of(warehouse, "rejected_rows")

    assert [] == legs
    assert (rule, True) == (finding["rule"], finding["is_row_refused"])
    assert words in finding["reason"]


def test_settings_exclude_queues_and_numbers_however_they_are_written():
    rules = SilverRules(excluded_queues=("trial",), excluded_numbers=("0046 8-123 45 67",))
    rows = [leg("c1", queue="trial", caller="1"), leg("c2"), leg("c3", caller="08-999 99 99")]

    found = findings_of(rows, rules=rules)

    assert {"excluded_number": 1, "excluded_queue": 1} == {rule: len(same) for rule, same in found.items()}
    assert "08-123 45 67" in found["excluded_number"][0]["reason"]


@pytest.mark.parametrize(
    ("changes", "column", "value", "rule", "words"),
    [
        pytest.param({"talk": -5}, "talk_seconds", None, "negative_talk_seconds", "-5 s", id="negative_talk"),
        pytest.param({"talk": 61_437}, "talk_seconds", None, "absurd_talk_seconds", "61437 s", id="absurd_talk"),
        pytest.param({"wait": 7201}, "wait_seconds", None, "absurd_wait_seconds", "above 7200", id="absurd_wait"),
        pytest.param({"status": "PARKED"}, "status", "other", "unknown_status", "PARKED", id="unknown_status"),
        pytest.param({"status": None}, "status", "other", "unknown_status", "no status", id="no_status"),
        pytest.param({"queue": None}, "queue_id", None, "unknown_queue", "(unknown)", id="no_queue"),
        pytest.param({"customer": "6.02E+11"}, "customer_id", None, "unusable_customer_id", "6.02E+11", id="spoilt_id"),
        pytest.param({"wait": "soon"}, "wait_seconds", None, "misfit_wait", "soon", id="text_where_a_number_belongs"),
    ],
)
def test_a_bad_value_is_emptied_and_the_call_stays(changes, column, value, rule, words):
    with silver_of([leg(**changes)]) as warehouse:
        [row], [finding] = rows_of(warehouse, "call_legs"), rows_of(warehouse, "rejected_rows")
        [call] = rows_of(warehouse, "calls")

    assert value == row[column]
    assert (rule, False) == (finding["rule"], finding["is_row_refused"])
    assert words in finding["reason"]
    assert "c1" == call["call_id"]


def test_a_call_without_queue_is_counted_under_unknown():
    with silver_of([leg(queue=None)]) as warehouse:
        intervals = rows_of(warehouse, "queue_intervals", "interval_start")

    assert {"(unknown)"} == {row["queue_id"] for row in intervals}
    assert 1 == sum(row["calls_offered"] for row in intervals)


@pytest.mark.parametrize(
    ("recorded", "starts", "ends", "talk", "rules"),
    [
        pytest.param(-86_000, "23:58:20", "00:05:00", 400.0, ["talk_seconds_over_midnight"], id="mended_from_clocks"),
        pytest.param(400, "23:58:20", "00:05:00", 400.0, [], id="recorded_right_already"),
        pytest.param(300, "10:00:00", "10:05:00", 300.0, [], id="not_over_midnight"),
        # 09:59:58 - 10:00:00 + 86,400 = 86,398 s, above the maximum: a clock that slipped, not a night
        pytest.param(-2, "10:00:00", "09:59:58", None, ["negative_talk_seconds"], id="clock_slipped"),
    ],
)
def test_a_service_over_midnight_lasts_as_long_as_its_clocks_say(recorded, starts, ends, talk, rules):
    row = leg(talk=recorded, talk_from=dt.time.fromisoformat(starts), talk_to=dt.time.fromisoformat(ends))

    assert talk == only_leg([row])["talk_seconds"]
    assert rules == list(findings_of([row]))


def test_a_refused_row_says_only_why_it_is_refused():
    assert ["excluded_test_queue"] == list(findings_of([leg(queue="TEST", talk=-1, status="?")]))


def test_the_source_table_of_queues_tells_unknown_and_excluded_queues():
    queues = [{"queue": "sales", "out": 0}, {"queue": "internal", "out": 1}]
    with memory() as warehouse:
        ingest(warehouse, queues, FULL_SOURCE, "queues")
        ingest(warehouse, [leg("c1"), leg("c2", queue="new"), leg("c3", queue="internal")], FULL_SOURCE)
        refresh(warehouse, source_map=FULL_SOURCE)
        found = [(row["rule"], row["is_row_refused"]) for row in rows_of(warehouse, "rejected_rows", "rule")]
        queue_ids = [row["queue_id"] for row in rows_of(warehouse, "call_legs", "call_id")]

    assert [("excluded_queue", True), ("unknown_queue", False)] == found
    assert ["sales", "new"] == queue_ids


def test_the_raw_row_is_kept_as_json():
    row = leg(talk=-5, agent='Åsa "x"', talk_from=dt.time(10, 0))

    [finding] = findings_of([row])["negative_talk_seconds"]

    raw = json.loads(finding["raw"])
    assert set(LEGS.types) == set(raw)
    assert ('Åsa "x"', -5, "2026-03-10 10:00:00", "10:00:00", None) == tuple(
        raw[name] for name in ("agent", "talk", "created", "talk_from", "customer")
    )


def test_every_row_is_loaded_refused_or_replaced():
    rows = [
        leg("c1"),
        leg("c1", talk=120, updated=at("11:00:00")),
        leg("c1", talk=130, updated=at("12:00:00")),
        leg("c2", queue="TEST"),
        leg("c2", queue="TEST", talk=1, updated=at("12:00:00")),
        leg("c3", created=None),
        leg(None, talk=1),
        leg(None, talk=2),
        leg("c4", talk=-1),
    ]
    with memory() as warehouse:
        ingest(warehouse, rows)
        counts = refresh(warehouse)
        again = refresh(warehouse)

    # loaded c1, c4; refused c2, c3 and the two without id; replaced two of c1 and one of c2
    assert (9, 2, 4, 3) == (counts.rows_in, counts.rows_loaded, counts.rows_rejected, counts.rows_duplicate)
    assert {"excluded_test_queue": 1, "missing_key": 2, "negative_talk_seconds": 1, "undated": 1} == counts.findings
    assert counts == again


def test_the_latest_change_wins_whatever_came_in_first():
    old, new = leg(talk=100, updated=at("11:00:00")), leg(talk=200, updated=at("12:00:00"))
    talks = []
    for batches in ([[old], [new]], [[new], [old]], [[old, new]]):
        with memory() as warehouse:
            for batch in batches:
                ingest(warehouse, batch)
            refresh(warehouse)
            talks.append([row["talk_seconds"] for row in rows_of(warehouse, "call_legs")])

    assert [[200.0]] * 3 == talks


def test_without_a_change_time_the_latest_batch_wins():
    untimed = replace(SOURCE, tables=(replace(LEGS, changed_at=None),))
    with memory() as warehouse:
        for talk in (100, 200, 100):
            ingest(warehouse, [leg(talk=talk)], untimed)
        refresh(warehouse, source_map=untimed)
        [row] = rows_of(warehouse, "call_legs")

    assert 100 == row["talk_seconds"]


@pytest.mark.parametrize("refreshed", [(0, 0), (1, 1), (0, 1)], ids=["old_day", "new_day", "both"])
def test_a_row_that_moves_to_another_day_leaves_the_old_one(refreshed):
    tomorrow = DAY + dt.timedelta(days=1)
    days = (DAY, tomorrow)
    with memory() as warehouse:
        ingest(warehouse, [leg(), leg("c2"), leg("c3", created=at("10:00:00", tomorrow))])
        refresh(warehouse, DAY, tomorrow)
        ingest(warehouse, [leg(created=at("09:00:00", tomorrow), updated=at("12:00:00", tomorrow))])
        refresh(warehouse, days[refreshed[0]], days[refreshed[1]])
        refresh(warehouse, DAY, tomorrow)
        counts = [refresh(warehouse, day, day) for day in days]
        legs = {row["call_id"]: row["business_date"] for row in rows_of(warehouse, "call_legs")}

    assert {"c1": tomorrow, "c2": DAY, "c3": tomorrow} == legs
    assert [(2, 1, 1), (2, 2, 0)] == [(c.rows_in, c.rows_loaded, c.rows_duplicate) for c in counts]


def test_legs_are_numbered_by_start_where_the_source_gives_no_number():
    columns = {name: form for name, form in LEGS.columns.items() if name != "leg_number"}
    unnumbered = replace(SOURCE, tables=(replace(LEGS, columns=columns),))
    rows = [leg(leg=7, created=at("10:05:00"), queue="support"), leg(leg=9, status="TRANSFERRED")]

    with silver_of(rows, source_map=unnumbered) as warehouse:
        legs = [(row["leg_number"], row["queue_id"]) for row in rows_of(warehouse, "call_legs", "leg_number")]

    assert [(1, "sales"), (2, "support")] == legs


def test_an_empty_source_makes_empty_tables():
    with memory() as warehouse:
        ingest(warehouse, [])
        counts = refresh(warehouse)
        sizes = [len(rows_of(warehouse, table)) for table in ("call_legs", "calls", "queue_intervals", "calendar_days")]

    assert (0, 0) == (counts.rows_in, counts.rows_loaded)
    assert [0, 0, 0, 0] == sizes
