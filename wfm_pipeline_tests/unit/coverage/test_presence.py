"""Who counts: states that are too long, overlap, come twice or never end."""

import pandas as pd
import pytest

from wfm_pipeline.domain.coverage.presence import STATE_RULES, StateRule, count_states
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.coverage_kit import at, states

AS_OF = at("12:00")


def spans(counted, agent="ann"):
    rows = counted.stretches[counted.stretches["agent_id"] == agent]
    return [(row.state, f"{row.starts_at:%H:%M}", f"{row.ends_at:%H:%M}") for row in rows.itertuples()]


def findings(counted):
    return list(zip(counted.findings["agent_id"], counted.findings["finding"], strict=True))


def test_a_state_longer_than_its_longest_is_suspect_leaves_and_is_listed_by_name():
    rows = states(("ann", "ready", "07:59", None), ("bob", "ready", "08:00", None))  # 4:01 and 4:00 hours at noon

    counted = count_states(rows, as_of=AS_OF)

    assert ["bob"] == counted.stretches["agent_id"].tolist()
    assert ("ann",) == counted.suspects
    assert [("ann", "suspect")] == findings(counted)


def test_the_longest_plausible_duration_is_a_parameter_of_each_state():
    rules = {**STATE_RULES, "ready": StateRule(True, False, 5 * 3600.0)}

    assert () == count_states(states(("ann", "ready", "07:59", None)), as_of=AS_OF, rules=rules).suspects


def test_a_suspect_state_takes_no_later_state_of_its_agent_away():
    rows = states(("ann", "wrap", "08:00", "11:00"), ("ann", "ready", "11:00", None))

    counted = count_states(rows, as_of=AS_OF)

    assert [("ready", "11:00", "12:00")] == spans(counted)
    assert ("ann",) == counted.suspects


@pytest.mark.parametrize(
    ("state", "is_queue_contact", "expected"),
    [
        pytest.param("ready", False, (True, True), id="idle_is_available_whatever_the_flag_says"),
        pytest.param("talk", True, (True, False), id="in_a_contact_of_a_queue_is_there_and_not_available"),
        pytest.param("talk", False, (False, False), id="a_call_outside_the_queues_is_not_there"),
        pytest.param("wrap", True, (True, False), id="after_call_work_is_there"),
        pytest.param("not_ready", False, (False, False), id="not_ready_is_not_there"),
    ],
)
def test_available_is_registered_with_no_call_outside_and_in_no_contact(state, is_queue_contact, expected):
    counted = count_states(states(("ann", state, "11:30", None, is_queue_contact)), as_of=AS_OF)

    assert [expected] == list(zip(counted.stretches["is_on_phones"], counted.stretches["is_available"], strict=True))


def test_the_same_state_recorded_twice_counts_once():
    rows = states(("ann", "ready", "09:00", "10:00"), ("ann", "ready", "09:00", "10:00"))

    counted = count_states(rows, as_of=AS_OF)

    assert [("ready", "09:00", "10:00")] == spans(counted)
    assert [("ann", "duplicate")] == findings(counted)


def test_of_overlapping_states_the_one_that_began_last_holds_and_then_the_earlier_one_again():
    rows = states(("ann", "ready", "09:00", "11:00"), ("ann", "not_ready", "09:30", "10:00"))

    counted = count_states(rows, as_of=AS_OF)

    assert [("ready", "09:00", "09:30"), ("not_ready", "09:30", "10:00"), ("ready", "10:00", "11:00")] == spans(counted)
    assert [("ann", "overlap")] == findings(counted)


def test_of_states_that_begin_together_the_one_that_counts_least_holds():
    rows = states(("ann", "ready", "09:00", "10:00"), ("ann", "not_ready", "09:00", "10:00"))

    assert [("not_ready", "09:00", "10:00")] == spans(count_states(rows, as_of=AS_OF))


def test_a_state_without_an_end_lasts_to_the_agents_next_one_or_to_now():
    rows = states(("ann", "ready", "09:00", None), ("ann", "talk", "10:30", None), ("bob", "ready", "11:00", None))

    counted = count_states(rows, as_of=AS_OF)

    assert [("ready", "09:00", "10:30"), ("talk", "10:30", "12:00")] == spans(counted)
    assert [("ready", "11:00", "12:00")] == spans(counted, "bob")


def test_nothing_after_now_is_looked_at():
    rows = states(("ann", "ready", "11:00", "13:00"), ("bob", "ready", "12:00", "13:00"))

    counted = count_states(rows, as_of=AS_OF)

    assert [("ready", "11:00", "12:00")] == spans(counted)
    assert [("bob", "in_future")] == findings(counted)


def test_what_cannot_be_read_is_listed_and_does_not_count():
    rows = states(
        ("ann", "dancing", "09:00", "10:00"), ("bob", "ready", "10:00", "09:00"), (None, "ready", "09:00", None)
    )

    counted = count_states(rows, as_of=AS_OF)

    assert counted.stretches.empty
    assert {"unknown_state", "ends_before_start", "incomplete"} == set(counted.findings["finding"])


def test_no_states_are_no_people_and_no_fault():
    counted = count_states(states(), as_of=AS_OF)

    assert counted.stretches.empty
    assert counted.findings.empty


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="missing is_queue_contact, present"):
        count_states(states().drop(columns="is_queue_contact"), as_of=AS_OF)


def test_the_order_of_the_rows_changes_nothing():
    rows = states(
        ("ann", "ready", "09:00", "10:00"), ("ann", "not_ready", "09:00", "09:30"), ("ann", "talk", "09:10", None)
    )

    one, other = count_states(rows, as_of=AS_OF), count_states(rows.iloc[::-1], as_of=AS_OF)

    pd.testing.assert_frame_equal(one.stretches, other.stretches)
    pd.testing.assert_frame_equal(one.findings, other.findings)
