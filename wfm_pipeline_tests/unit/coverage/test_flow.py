"""Counters that start again give no negative flow, and none twice."""

import pandas as pd

from wfm_pipeline.domain.coverage.flow import flow_between
from wfm_pipeline_tests.coverage_kit import DAY, at


def flows(readings, *, restarts=()):
    rows = pd.DataFrame(readings, columns=["at", "reading"])
    rows = rows.assign(counter_id="ann", read_at=[at(clock) for clock in rows["at"]])
    found = flow_between(rows, restarts=restarts)
    return found["flow"].tolist(), found["is_lower_bound"].tolist()


def test_a_counter_that_grows_flows_by_its_differences():
    assert ([3.0, 0.0, 4.0], [False] * 3) == flows([("09:00", 5), ("09:15", 8), ("09:30", 8), ("09:45", 12)])


def test_after_a_restart_what_the_counter_shows_has_come_since():
    assert ([2.0, 3.0], [True, False]) == flows([("09:00", 40), ("09:15", 2), ("09:30", 5)])


def test_a_small_fall_is_a_correction_and_nothing_counts_twice():
    # 100, corrected to 99, then 101: one call more than at the first reading
    assert ([0.0, 1.0], [False, False]) == flows([("09:00", 100), ("09:15", 99), ("09:30", 101)])


def test_a_known_restart_counts_also_where_the_counter_is_higher_than_before():
    # 3 before midnight, 10 at 09:00: 10 since midnight, and not 7
    before = DAY - pd.Timedelta(minutes=15)
    rows = pd.DataFrame({"counter_id": "ann", "read_at": [before, at("09:00")], "reading": [3, 10]})

    assert [7.0] == flow_between(rows)["flow"].tolist()
    assert [10.0] == flow_between(rows, restarts=[DAY])["flow"].tolist()


def test_a_reading_at_the_instant_of_a_restart_is_the_new_counters():
    assert ([1.0], [True]) == flows([("09:00", 9), ("10:00", 1)], restarts=[at("10:00")])


def test_unknown_readings_are_stepped_over_and_the_first_one_has_no_flow():
    assert ([7.0], [False]) == flows([("09:00", 5), ("09:15", None), ("09:30", 12)])
    assert ([], []) == flows([("09:00", 5)])


def test_of_two_readings_of_one_instant_the_larger_counts_and_order_does_not():
    assert flows([("09:30", 9), ("09:00", 5), ("09:00", 4)]) == flows([("09:00", 5), ("09:30", 9)])


def test_half_of_the_reading_before_is_a_restart_and_more_is_a_correction():
    assert ([20.0], [True]) == flows([("09:00", 40), ("09:15", 20)])
    assert ([0.0], [False]) == flows([("09:00", 40), ("09:15", 21)])
