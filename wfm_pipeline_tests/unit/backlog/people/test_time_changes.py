"""When activities are released or recalled, against trying every way out."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.backlog.people.activities import Activity, share_of_hours
from wfm_pipeline.domain.backlog.people.choices import QueueTime, choices_of
from wfm_pipeline.domain.backlog.people.time_changes import UNKNOWN_RISK, TimeRules, queue_time_changes
from wfm_pipeline.errors import DataError

EIGHT = pd.Timestamp("2026-03-02 08:00")
HOURS = pd.date_range(EIGHT, periods=6, freq="h")


def at(hour):
    return EIGHT + pd.Timedelta(hours=hour - 8)


def activity(name, hour, *, hours=1.0, agents=2.0, kind="meeting", earlier=None, later=None, is_movable=True):
    """A planned activity that may begin so many hours earlier or later; without both it moves at will."""
    has_window = is_movable and (earlier is not None or later is not None)
    return Activity(
        activity_id=name,
        kind=kind,
        seconds=hours * 3600,
        agents=agents,
        queue_id="a",
        starts_at=at(hour),
        earliest_at=at(hour - (earlier or 0)) if has_window else None,
        latest_at=at(hour + (later or 0)) if has_window else None,
        is_movable=is_movable,
    )


def wish(name, *, hours=1.0, agents=1.0):
    return Activity(
        activity_id=name, kind="coaching", seconds=hours * 3600, agents=agents, queue_id="a", is_movable=True
    )


def queue(activities, *, scheduled=6.0, share=1.0, people=()):
    """Six people in each hour, less what is planned."""
    heads = np.full(len(HOURS), scheduled)
    for one in activities:
        if one.starts_at is not None:
            heads = heads - one.agents * share_of_hours(HOURS, one.starts_at, one.seconds)
    return QueueTime(
        queue_id="a",
        on_product=np.maximum(heads, 0) * share,
        heads_free=np.maximum(heads, 0),
        yield_share=np.full(len(HOURS), share),
        activities=activities,
        people=dict(people),
    )


def needs(*people):
    """A risk that is 0 where every hour has the people it needs and grows with what is missing."""
    wanted = np.array(people, dtype=float)

    def risk(_queue, there):
        return 1 - np.exp(-np.maximum(wanted - there, 0).sum() / 4)

    return risk


def early(by_hour, amount):
    """A risk by people added up until an hour: cases that are due by then."""

    def risk(_queue, there):
        return float(np.clip(1 - there[:by_hour].sum() / amount, 0, 1))

    return risk


def plan(activities, risk, *, limit=0.1, rules=None, **changes):
    return queue_time_changes(queue(activities, **changes), HOURS, risk, rules or TimeRules(limit=limit))


def told(found):
    return [
        (one.activity.activity_id, one.kind, None if one.starts_at is None else one.starts_at.hour)
        for one in found.changes
    ]


def test_within_the_limit_nothing_is_changed():
    found = plan([activity("m", 9)], needs(1, 1, 1, 1, 1, 1))

    assert ((), 0.0, True, 0.0) == (found.changes, found.risk_after, found.is_kept, found.people_missing)


def test_of_several_ways_the_one_that_moves_fewest_is_taken():
    # Hours 8 and 9 need five people: one large training or both meetings would have to go.
    planned = [
        activity("m1", 8, agents=1),
        activity("m2", 9, agents=1),
        activity("t", 8, hours=2, agents=2, kind="training"),
    ]

    found = plan(planned, early(2, 10.5))

    assert [("t", "moved", 10)] == told(found)
    assert found.is_kept
    assert found.is_exact


def test_moving_within_the_day_stands_before_putting_off():
    (change,) = plan([activity("m", 8)], early(1, 6)).changes

    assert "moved" == change.kind


def test_what_fits_nowhere_is_put_off_if_it_may_be():
    everywhere = needs(6, 6, 6, 6, 6, 6)

    assert [("m", "put_off", None)] == told(plan([activity("m", 9)], everywhere))


def test_a_break_moves_in_its_window_and_never_leaves_the_plan():
    planned = [activity("b", 10, hours=0.5, kind="break", agents=2, earlier=1, later=1)]

    helped, helpless = plan(planned, needs(0, 0, 6, 6, 0, 0)), plan(planned, needs(6, 6, 6, 6, 6, 6))

    assert [("b", "moved", 9)] == told(helped)
    assert helpless.changes == ()
    assert not helpless.is_kept


def test_what_stays_has_begun_or_reaches_beyond_the_hours_is_not_touched():
    planned = [
        activity("stays", 8, is_movable=False),
        activity("began", 7.5),
        activity("ends_later", 13.5),
    ]

    assert plan(planned, needs(6, 6, 6, 6, 6, 6)).changes == ()


def test_out_of_reach_the_least_risk_is_taken_and_missing_people_are_told():
    found = plan([activity("m", 9)], early(6, 60), limit=0.0)

    assert not found.is_kept
    assert [("m", "put_off", None)] == told(found)
    assert found.risk_after == pytest.approx(1 - 36 / 60)
    assert found.people_missing == 4.0  # 24 hours of people in six hours


def test_out_of_reach_a_change_that_gains_next_to_nothing_is_not_worth_it():
    assert plan([activity("m", 9)], early(6, 600), limit=0.0).changes == ()  # two of 600 hours of people


def test_missing_people_are_heads_of_whom_some_go_missing():
    found = plan([], needs(9, 9, 9, 9, 9, 9), limit=0.0, scheduled=12, share=0.5)

    assert found.people_missing == 6.0  # 12 x 0.5 = 6 on cases, three more take six


def test_a_risk_that_no_number_of_people_lowers_says_so():
    found = plan([], lambda _queue, _people: 0.9)

    assert np.isnan(found.people_missing)
    assert not found.is_kept


def test_waiting_activities_are_placed_where_they_cost_least_and_only_while_the_limit_is_kept():
    waiting = [wish("c1"), wish("c2"), wish("c3")]

    found = plan(waiting, needs(6, 6, 5, 4, 6, 6), limit=0.0)

    assert {"placed"} == {one.kind for one in found.changes}
    assert found.is_kept
    # One person may leave in hour 10, two in hour 11: all three fit.
    assert [10, 11, 11] == sorted(one.starts_at.hour for one in found.changes)


def test_nothing_is_placed_where_the_limit_is_not_kept():
    assert plan([wish("c")], needs(9, 9, 9, 9, 9, 9)).changes == ()


def test_moves_need_people_enough_at_their_new_time():
    # Everybody is in a training from 10 to 14 that stays; the meeting cannot go there.
    planned = [activity("m", 8, agents=2), activity("t", 10, hours=4, agents=6, is_movable=False)]

    found = plan(planned, early(2, 12))

    assert [("m", "put_off", None)] == told(found)


def test_nobody_is_in_two_things_at_a_time():
    planned = [activity("m", 8, agents=1, later=2), activity("t", 9, agents=1, hours=2, is_movable=False)]
    rules = TimeRules(limit=0.0, free_time={"ann": [(at(8), at(14))]})
    people = {"m": frozenset({"ann"}), "t": frozenset({"ann"})}

    free, named = (plan(planned, early(1, 6), rules=rules, people=who) for who in ({}, people))

    assert [("m", "moved", 9)] == told(free)  # somebody else has time
    assert named.changes == ()  # from 9 to 11 ann is in training, and 10 is the latest start


def test_two_activities_of_a_person_are_not_moved_onto_each_other():
    planned = [activity("m1", 8, agents=1, later=1), activity("m2", 9, agents=1, later=1)]
    rules = TimeRules(limit=0.0, free_time={"ann": [(at(8), at(14))]})
    people = {"m1": frozenset({"ann"}), "m2": frozenset({"ann"})}

    found = plan(planned, early(1, 6), rules=rules, people=people)

    assert [("m1", "moved", 9), ("m2", "moved", 10)] == told(found)


def test_people_move_only_inside_their_shift():
    planned = [activity("m", 8, agents=1, later=4)]
    rules = TimeRules(limit=0.0, free_time={"ann": [(at(8), at(9.25))]})

    found = plan(planned, early(1, 6), rules=rules, people={"m": frozenset({"ann"})})

    assert found.changes == ()


def test_an_unknown_risk_plans_nothing():
    found = plan([activity("m", 9)], lambda _queue, _people: float("nan"))

    assert (UNKNOWN_RISK, (), False) == (found.reason, found.changes, found.is_kept)
    assert np.isnan(found.risk_after)


def test_unknown_people_are_an_unknown_risk():
    here = queue([])
    here.on_product[0] = np.nan

    assert UNKNOWN_RISK == queue_time_changes(here, HOURS, needs(1, 1, 1, 1, 1, 1), TimeRules(limit=0.1)).reason


def test_arrays_of_another_length_and_limits_that_are_no_probability_are_refused():
    with pytest.raises(DataError, match="one value for each"):
        queue_time_changes(queue([]), HOURS[:3], needs(1, 1, 1), TimeRules(limit=0.1))
    with pytest.raises(DataError, match="probability"):
        plan([], needs(1, 1, 1, 1, 1, 1), limit=10)


def test_with_few_trials_the_answer_is_bounded_and_still_helps():
    planned = [activity(f"m{number:02d}", 8 + number % 2, agents=0.5) for number in range(12)]
    found = plan(planned, early(2, 11), rules=TimeRules(limit=0.1, most_trials=60))

    assert not found.is_exact
    assert found.trials <= 60
    assert found.risk_after < found.risk_before


def best_by_trying_all(here, risk, limit, gain):
    """Every way out, one by one: least cost and then least risk within the limit, else least risk and gain."""
    ways = [
        choices_of(one, here, HOURS, {})
        for one in sorted(here.activities, key=lambda one: (one.starts_at, one.activity_id))
    ]
    people = here.on_product + sum((item[0].taken for item in ways), np.zeros(len(HOURS)))
    heads = here.heads_free + sum((item[0].heads for item in ways), np.zeros(len(HOURS)))
    best = None
    for chosen in itertools.product(*ways):
        left = heads - sum((one.heads for one in chosen), np.zeros(len(HOURS)))
        if any(not one.is_as_planned and (left[one.heads > 0] < -1e-9).any() for one in chosen):
            continue
        its = risk("a", np.round(np.maximum(people - sum((one.taken for one in chosen), np.zeros(len(HOURS))), 0), 9))
        cost = tuple(np.sum([one.cost for one in chosen], axis=0).tolist())
        score = (0, *cost, its) if its <= limit else (1, its + gain * cost[0], *cost)
        best = score if best is None or score < best else best
    return best


planned_activities = st.builds(
    lambda number, hour, hours, agents, window, kind: activity(
        f"m{number}",
        hour,
        hours=hours,
        agents=agents,
        kind="break" if kind else "meeting",
        later=1 if kind and window is None else window,
    ),
    st.integers(0, 99),
    st.sampled_from([8, 8.5, 9, 10, 11]),
    st.sampled_from([0.5, 1.0, 1.5]),
    st.sampled_from([1.0, 2.0]),
    st.sampled_from([None, 0.5, 1, 2]),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(planned_activities, min_size=1, max_size=3, unique_by=lambda one: one.activity_id),
    st.lists(st.integers(0, 7), min_size=6, max_size=6),
    st.sampled_from([0.0, 0.1, 0.3]),
)
def test_small_cases_are_as_good_as_trying_every_way(activities, wanted, limit):
    here, risk = queue(activities), needs(*wanted)

    found = queue_time_changes(here, HOURS, risk, TimeRules(limit=limit, most_trials=5_000))
    turned = queue_time_changes(queue(activities[::-1]), HOURS, risk, TimeRules(limit=limit, most_trials=5_000))

    cost = (len(found.changes), sum(one.kind == "put_off" for one in found.changes))
    is_kept = found.risk_after <= limit
    score = (0, *cost, found.risk_after) if is_kept else (1, found.risk_after + 0.01 * cost[0], *cost)
    assert found.is_exact
    assert score == pytest.approx(best_by_trying_all(here, risk, limit, 0.01))
    assert told(turned) == told(found)
    for one in found.changes:  # conservation: as long, as many people, and no break is put off
        assert one.after is None or one.after.heads.sum() == pytest.approx(one.before.heads.sum())
        assert one.after is not None or one.activity.kind != "break"


def test_unknown_people_of_hours_that_do_not_matter_stop_nothing():
    here = queue([activity("m", 8)])
    here.on_product[5] = np.nan
    here.heads_free[5] = 0.0

    found = queue_time_changes(here, HOURS, early(1, 6), TimeRules(limit=0.0))

    assert found.is_kept
    assert [("m", "moved", 9)] == told(found)
