"""Rows of operational tables that cannot be true are findings; nothing is bent into shape."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.contracts.operational.live_state import AGENT_STATES, QUEUE_CURRENT_METRICS
from wfm_pipeline.contracts.operational.shifts import SHIFT_BREAKS, SHIFTS
from wfm_pipeline.contracts.operational.statistics import AGENT_ACTIVITY, CONTACT_STATISTICS
from wfm_pipeline.domain.operational.row_rules import FINDING_COLUMNS, judge_rows
from wfm_pipeline.domain.operational.typed import typed_rows
from wfm_pipeline_tests.operational_kit import MONDAY, activity, statistics

HOUR = dt.timedelta(hours=1)


def judged(table, rows):
    return judge_rows(table, *typed_rows(table, rows))


def told(found):
    return [tuple(row) for row in found.findings[["rule", "is_row_refused", "row_number"]].itertuples(index=False)]


def changed(rows, place, **values):
    rows = rows.astype(object)
    for name, value in values.items():
        rows.loc[place, name] = value
    return rows


def test_good_rows_come_through_as_they_are_and_nothing_is_found():
    rows = statistics(4)

    found = judged(CONTACT_STATISTICS, rows)

    assert list(FINDING_COLUMNS) == list(found.findings.columns)
    assert found.findings.empty
    assert rows["aht"].tolist() == found.rows["aht"].tolist()
    assert 4 == len(found.rows)


EMPTIED = [
    pytest.param({"aht": -1}, "negative_aht", id="negative"),
    pytest.param({"aht": 14_400_001}, "beyond_aht", id="above_four_hours"),
    pytest.param({"service_level": 100.01}, "beyond_service_level", id="above_100_percent"),
    pytest.param({"talk_time": "soon"}, "misfit_talk_time", id="no_number"),
    pytest.param({"aht": float("inf")}, "misfit_aht", id="infinite"),
]


@pytest.mark.parametrize(("values", "rule"), EMPTIED)
def test_a_measure_that_cannot_be_is_emptied_and_its_row_stays(values, rule):
    found = judged(CONTACT_STATISTICS, changed(statistics(4), 2, **values))

    assert [(rule, False, 2)] == told(found)
    assert 4 == len(found.rows)
    assert [2] == found.rows.index[found.rows[next(iter(values))].isna()].tolist()


REFUSED = [
    pytest.param(
        {"received_calls": -1, "treated_calls": 0, "miss_calls": 0}, {"negative_received_calls"}, id="negative"
    ),
    pytest.param({"received_calls": None}, {"missing_received_calls"}, id="no_count"),
    pytest.param({"treated_calls": 11, "miss_calls": 0}, {"treated_beyond_received"}, id="treated_beyond_received"),
    pytest.param({"miss_calls": 11}, {"missed_beyond_received"}, id="missed_beyond_received"),
    pytest.param({"miss_calls": 2}, {"more_ended_than_received"}, id="together_beyond_received"),
    pytest.param({"not_unique_received_calls": 9}, {"callers_beyond_contacts"}, id="fewer_contacts_than_callers"),
    pytest.param({"interval_start_time": MONDAY + dt.timedelta(minutes=31)}, {"off_the_grid"}, id="off_the_grid"),
    pytest.param({"interval_start_time": "2026-02-30"}, {"misfit_interval_start_time"}, id="no_date"),
]


@pytest.mark.parametrize(("values", "rules"), REFUSED)
def test_a_row_that_contradicts_itself_is_refused_and_the_others_stay(values, rules):
    found = judged(CONTACT_STATISTICS, changed(statistics(4), 2, **values))

    assert rules == {rule for rule, is_refused, row in told(found) if is_refused and row == 2}
    assert [0, 1, 3] == found.rows.index.tolist()


@pytest.mark.parametrize(
    ("talk", "login", "rules"),
    [
        pytest.param(450, 900, [], id="exactly_900_seconds"),
        pytest.param(451, 900, ["states_beyond_the_interval"], id="one_second_more"),
        pytest.param(440, 887, [], id="rounding_beyond_login"),
        pytest.param(440, 886, ["states_beyond_login"], id="more_than_rounding"),
    ],
)
def test_states_of_an_agent_add_up_to_no_more_than_the_interval_and_the_login(talk, login, rules):
    found = judged(AGENT_ACTIVITY, changed(activity(3), 1, talk_time=talk, login_time=login))

    # 200 ready + 100 not ready + 50 hold + 100 wrap = 450 beside the talk time
    assert [(rule, True, 1) for rule in rules] == told(found)


def test_the_same_row_twice_is_one_and_two_rows_of_one_key_are_both_refused():
    rows = statistics(4)
    again = pd.concat([rows, rows.iloc[[0]], rows.iloc[[1]].assign(aht=1_000.0)], ignore_index=True)

    found = judged(CONTACT_STATISTICS, again)

    assert {("same_key_twice", True, 1), ("same_key_twice", True, 5)} == set(told(found))
    assert [0, 2, 3] == found.rows.index.tolist()


def states(*rows):
    names = ("agent_id", "group_id", "state", "started_at", "ended_at", "service_id", "is_queue_contact")
    return pd.DataFrame(rows, columns=list(names)).astype(object)


def test_a_state_still_open_although_the_agent_began_another_is_refused_the_last_counts():
    rows = states(
        ("a", "g", "talk", MONDAY, None, "1", True),
        ("a", "g", "ready", MONDAY + HOUR, None, None, False),
        ("b", "g", "ready", MONDAY, None, None, 0),
    )

    found = judged(AGENT_STATES, rows)

    assert [("open_after_the_next", True, 0)] == told(found)
    assert ["a", "b"] == found.rows["agent_id"].tolist()


def test_states_with_an_end_before_the_start_an_unknown_word_or_a_contact_in_a_break_are_refused():
    rows = states(
        ("a", "g", "talk", MONDAY, MONDAY - HOUR, "1", True),
        ("b", "g", "lunch", MONDAY, None, None, False),
        ("c", "g", "not_ready", MONDAY, None, "1", "true"),
        ("d", "g", "wrap", MONDAY, MONDAY, "1", "t"),
    )

    found = judged(AGENT_STATES, rows)

    assert {("ends_before_it_starts", True, 0), ("unknown_state", True, 1), ("contact_without_work", True, 2)} == set(
        told(found)
    )
    assert ["d"] == found.rows["agent_id"].tolist()


def test_shifts_and_breaks_without_length_and_shifts_over_a_day_are_refused():
    shift = {
        "shift_id": ["1", "2", "3"], "schedule_version": 1, "agent_id": "a", "group_id": "g", "service_id": None,
        "starts_at": MONDAY, "ends_at": [MONDAY, MONDAY + 25 * HOUR, MONDAY + 24 * HOUR], "is_cancelled": False,
    }  # fmt: skip
    breaks = {"shift_id": ["1", "2"], "schedule_version": 1, "starts_at": MONDAY, "kind": "lunch"}
    ends = [MONDAY, MONDAY + HOUR]

    assert [("ends_before_it_starts", True, 0), ("longer_than_a_day", True, 1)] == told(
        judged(SHIFTS, pd.DataFrame(shift))
    )
    assert [("ends_before_it_starts", True, 0)] == told(judged(SHIFT_BREAKS, pd.DataFrame({**breaks, "ends_at": ends})))


def test_instants_with_a_zone_become_utc_and_empty_tables_are_no_error():
    row = {
        "service_id": 7, "calls_waiting": 0, "longest_wait_time": None, "agents_available": 1, "agents_busy": 0,
        "agents_not_ready": 0, "current_service_level": "81.5", "calls_handled_last_15min": None,
        "avg_wait_time_last_15min": None, "last_updated": "2026-01-05T10:00:00+02:00",
    }  # fmt: skip

    found = judged(QUEUE_CURRENT_METRICS, pd.DataFrame([row]))
    none = judged(QUEUE_CURRENT_METRICS, pd.DataFrame([row]).iloc[:0])

    assert (MONDAY, "7", 81.5) == tuple(found.rows.loc[0, ["last_updated", "service_id", "current_service_level"]])
    assert found.findings.empty
    assert none.rows.empty
    assert none.findings.empty
