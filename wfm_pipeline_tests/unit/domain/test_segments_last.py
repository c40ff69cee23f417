"""Segments last: names and numbers over runs, customers near a boundary, and who changed."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.segments.matching import same_segments, staying
from wfm_pipeline.domain.segments.naming import segment_names
from wfm_pipeline_tests.segments_kit import NEXT, UNTIL, Group, as_last, customers, four_groups, segmented


@pytest.fixture(scope="module")
def first():
    return segmented(customers(four_groups(), seed=1))


def test_names_and_numbers_last_when_everybody_calls_anew(first):
    again = segmented(customers(four_groups(), seed=2), until=NEXT, last=as_last(first))

    named = ["segment_id", "segment_name", "segment_since"]
    pd.testing.assert_frame_equal(first.segments[named], again.segments[named])
    assert {UNTIL} == set(again.segments["segment_since"])
    assert [] == again.changes["change"].tolist()


def test_numbers_last_when_the_order_of_the_segments_turns(first):
    # the group with short calls, second of old, now calls 30 times a week: more than the first
    groups = four_groups()
    turned = [groups[0], Group(15, 30.0, 120.0, rate_spread=0.1, aht_spread=0.05), *groups[2:]]

    again = segmented(customers(turned, seed=2), until=NEXT, last=as_last(first))

    assert [2, 1, 3, 4] == again.segments["segment_id"].tolist()
    assert first.customers["segment_id"].tolist() == again.customers["segment_id"].tolist()


def test_the_same_run_twice_says_the_same_and_an_older_one_uses_the_run_before_it(first):
    frame = customers(four_groups(), seed=2)

    one, two = (segmented(frame, until=NEXT, last=as_last(first)) for _ in range(2))

    pd.testing.assert_frame_equal(one.segments, two.segments, check_exact=True)
    pd.testing.assert_frame_equal(one.customers, two.customers, check_exact=True)
    pd.testing.assert_frame_equal(one.changes, two.changes, check_exact=True)


def test_a_customer_that_moves_is_told_with_where_it_was(first):
    frame = customers(four_groups(), seed=1)
    of_many = {name: frame.loc[3, name] for name in ("calls", "answered_handle_known", "weeks_known", "aht_seconds")}
    frame.loc[50, list(of_many)] = list(of_many.values())  # few short calls become many long ones

    again = segmented(frame, until=NEXT, last=as_last(first))

    [change] = again.changes.to_dict("records")
    assert ("c00050", "moved", NEXT) == (change["customer_key"], change["change"], change["changed_on"])
    assert (4, 1) == (change["previous_segment_id"], change["segment_id"])
    assert "low_volume_short_calls" == change["previous_segment_name"]
    row = again.customers.loc[50]
    assert (NEXT, "low_volume_short_calls") == (row["segment_since"], row["previous_segment_name"])
    assert UNTIL == again.customers.loc[49, "segment_since"]
    assert pd.isna(again.customers.loc[49, "previous_segment_name"])
    # a run later it stays, and still knows where it was
    later = segmented(frame, until=NEXT + dt.timedelta(days=1), last=as_last(again))
    assert later.changes.empty
    assert (NEXT, "low_volume_short_calls") == tuple(
        later.customers.loc[50, ["segment_since", "previous_segment_name"]]
    )


def test_new_customers_are_first_seen_and_a_first_run_sees_all_of_them_first(first):
    frame = customers(four_groups(16), seed=1)

    again = segmented(frame, until=NEXT, last=as_last(first))

    assert {"first_seen"} == set(first.changes["change"])
    assert 60 == len(first.changes)
    assert ["c00060", "c00061", "c00062", "c00063"] == again.changes.loc[
        again.changes["change"] == "first_seen", "customer_key"
    ].tolist()


def test_a_segment_that_is_no_more_gives_its_number_to_nobody(first):
    alike = customers([Group(60, 5.0, 250.0)], seed=1)

    one = segmented(alike, until=NEXT, last=as_last(first))
    four = segmented(customers(four_groups(), seed=1), until=NEXT + dt.timedelta(days=1), last=as_last(one))

    assert [5] == one.segments["segment_id"].tolist()
    assert {"regrouped"} == set(one.changes["change"])
    assert [6, 7, 8, 9] == four.segments["segment_id"].tolist()


def test_pairs_are_the_nearest_on_the_whole_not_one_by_one():
    centres, former = np.array([[0.0, 0.0], [0.5, 0.0]]), np.array([[0.4, 0.0], [0.9, 0.0]])

    # the second is nearest to the first of the former (0.1), but then the first would have no pair within log 2: 0.4 + 0.4
    assert [0, 1] == same_segments(centres, former).tolist()


@pytest.mark.parametrize(
    ("moved", "expected"),
    [pytest.param(1.99, [0, 1], id="less_than_double"), pytest.param(2.01, [0, -1], id="more_than_double")],
)
def test_a_centre_that_doubles_is_another_segment(moved, expected):
    former = np.log([[1.0, 100.0], [10.0, 100.0]])

    assert expected == same_segments(np.log([[1.0, 100.0], [10.0 * moved, 100.0]]), former).tolist()


def test_one_group_of_all_is_never_one_of_several():
    one, two = np.zeros((1, 2)), np.array([[0.0, 0.0], [9.0, 0.0]])

    assert [-1] == same_segments(one, two).tolist()
    assert [-1, -1] == same_segments(two, one).tolist()
    assert [0] == same_segments(one, one + 5).tolist()


@pytest.mark.parametrize(
    ("place", "home", "expected"),
    [
        # centres at 0 and 10: at 5.4 the distances are 5.4 and 4.6, 1.17 times as far: it stays; at 5.5 it is 1.22
        pytest.param(5.4, 0, 0, id="near_the_boundary_it_stays"),
        pytest.param(5.5, 0, 1, id="a_fifth_beyond_it_moves"),
        pytest.param(5.4, -1, 1, id="without_a_home_the_nearest"),
        pytest.param(4.6, 1, 1, id="the_same_from_the_other_side"),
    ],
)
def test_customers_near_a_boundary_stay_where_they_are(place, home, expected):
    centres = np.array([[0.0, 0.0], [10.0, 0.0]])

    assert [expected] == staying(np.array([[place, 0.0]]), centres, np.array([home])).tolist()


@pytest.mark.parametrize(
    ("volume", "former", "expected"),
    [
        # a name begins at a quarter more than the median, is kept down to the median itself, and begins anew below
        pytest.param(1.26, None, "high_volume_average_calls", id="begins"),
        pytest.param(1.24, None, "medium_volume_average_calls", id="does_not_begin"),
        pytest.param(1.01, "high_volume_average_calls", "high_volume_average_calls", id="is_kept"),
        pytest.param(0.99, "high_volume_average_calls", "medium_volume_average_calls", id="is_no_longer_true"),
        pytest.param(1.55, "medium_volume_average_calls", "medium_volume_average_calls", id="medium_is_kept"),
        pytest.param(1.57, "medium_volume_average_calls", "high_volume_average_calls", id="medium_is_no_longer_true"),
    ],
)
def test_a_name_is_kept_while_it_is_true(volume, former, expected):
    positions = np.log([[volume, 1.0], [0.1, 1.0]])

    assert [expected, "low_volume_average_calls"] == segment_names(positions, [former, None])


def test_the_same_words_get_a_number_and_a_kept_name_is_not_given_twice():
    positions = np.log([[4.0, 1.0], [2.0, 1.0], [0.2, 1.0]])

    assert ["high_volume_average_calls_2", "high_volume_average_calls", "low_volume_average_calls"] == segment_names(
        positions, [None, "high_volume_average_calls", None]
    )
