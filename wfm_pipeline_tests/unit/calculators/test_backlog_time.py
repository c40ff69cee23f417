"""Plans of people's time as recommendations: what is told, of whom, and what it adds up to."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.calculators.backlog_time import TimeChangesRequest, time_changes
from wfm_pipeline.contracts.backlog.ahead import BACKLOG_ACTION
from wfm_pipeline.domain.backlog.people.activities import Activity
from wfm_pipeline.errors import DataError

EIGHT = pd.Timestamp("2026-03-02 08:00")
HOURS = pd.date_range(EIGHT, periods=4, freq="h", unit="us")
STRETCH = ["agent_id", "starts_at", "ends_at"]


def at(hour):
    return EIGHT + pd.Timedelta(hours=hour - 8)


def activity(name, hour=None, *, queue="a", agent=None, kind="meeting", agents=1.0, hours=1.0, later=None):
    return Activity(
        activity_id=name,
        kind=kind,
        seconds=hours * 3600,
        agents=agents,
        queue_id=None if agent else queue,
        agent_id=agent,
        starts_at=None if hour is None else at(hour),
        earliest_at=None if hour is None or later is None else at(hour),
        latest_at=None if hour is None or later is None else at(hour + later),
        is_movable=True,
    )


def people(planned=(0, 0, 0, 0), on_break=(0, 0, 0, 0), *, queue="a", scheduled=4.0):
    rows = pd.DataFrame(
        {"queue_id": queue, "hour_start": HOURS, "scheduled": scheduled, "on_break": on_break, "planned_off": planned}
    )
    return rows.assign(on_product=scheduled - rows["on_break"] - rows["planned_off"], yield_share=1.0)


def stretches(*rows, columns=STRETCH):
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"starts_at": "datetime64[us]", "ends_at": "datetime64[us]"})


def early(hours, amount):
    return lambda _queue, there: float(np.clip(1 - there[:hours].sum() / amount, 0, 1))


def plan(rows, activities=(), **changes):
    given = {
        "people": rows,
        "activities": activities,
        "registrations": pd.DataFrame(
            [("ann", "a"), ("bob", "a"), ("cid", "a"), ("cid", "b")], columns=["agent_id", "service_id"]
        ),
        "rostered": stretches(*((who, at(8), at(12)) for who in ("ann", "bob", "cid"))),
        "roster_breaks": stretches(columns=[*STRETCH, "kind"]),
        "risk": early(1, 4),
        "limit": 0.0,
        "time_zone": "Europe/Berlin",
    }
    return time_changes(TimeChangesRequest(**{**given, **changes}))


def test_a_move_is_a_recall_and_a_release_with_the_effect_of_each():
    found = plan(people((1, 0, 0, 0)), [activity("m", 8)])

    rows = found.actions
    assert ["recall", "release"] == rows["kind"].tolist()
    assert [at(8), at(9)] == rows["hour_start"].tolist()
    assert [0.25, 0.0] == rows["breach_before"].tolist()
    assert [0.0, 0.0] == rows["breach_after"].tolist()
    assert pd.Timestamp("2026-03-02 09:00") == rows["hour_start_local"].iloc[0]
    assert rows["reason"].iloc[0].startswith("moved to Mon 10:00: keeps the risk within 0 %")
    assert "of what stood at Mon 09:00" in rows["reason"].iloc[1]
    assert [4.0, 3.0, 4.0, 4.0] == found.people["on_product"].tolist()


def test_rows_are_those_of_the_table():
    found = plan(people((1, 0, 0, 0)), [activity("m", 8), activity("w", kind="coaching")]).actions

    assert {*BACKLOG_ACTION.column_names} - {"source", "as_of"} == set(found.columns)
    assert found["action_id"].is_unique


def test_effects_follow_each_other_to_the_plans_own():
    found = plan(
        people((2, 1, 0, 0)), [activity("m1", 8), activity("m2", 8), activity("m3", 9)], risk=early(2, 8), limit=0.1
    )

    (queue,) = found.answers
    assert queue.risk_before == found.actions["breach_before"].iloc[0]
    assert queue.risk_after == found.actions["breach_after"].iloc[-1]
    assert found.actions["breach_after"].tolist()[:-1] == found.actions["breach_before"].tolist()[1:]


def test_out_of_reach_the_missing_people_are_told():
    found = plan(people((1, 0, 0, 0)), [activity("m", 8)], risk=early(1, 10))

    assert "6 more people are needed for 0 %" in found.actions["reason"].iloc[0]


def test_a_waiting_activity_is_released_where_people_can_be_spared():
    found = plan(people(), [activity("w", kind="coaching", agents=2.0)]).actions

    (row,) = found.to_dict("records")
    assert ("release", "coaching", 2.0, at(9)) == (row["kind"], row["activity"], row["agents"], row["hour_start"])


def test_a_persons_activity_is_of_the_queue_the_person_works_for_and_of_several_it_stays():
    found = plan(people((1, 0, 0, 0)), [activity("ann", 8, agent="ann"), activity("cid", 8, agent="cid")])

    assert {"ann"} == set(found.actions["activity_id"])
    assert ("cid",) == found.left_out
    assert not found.actions["reason"].str.contains("ann").any()


def test_breaks_of_a_roster_move_only_where_that_is_allowed_and_inside_the_shift():
    breaks = stretches(("ann", at(8), at(8.5), "lunch"), ("bob", at(8), at(8.5), "lunch"), columns=[*STRETCH, "kind"])
    rows = people(on_break=(1, 0, 0, 0))

    assert plan(rows, roster_breaks=breaks).actions.empty
    moved = plan(rows, roster_breaks=breaks, break_move_minutes=60).actions
    assert [("recall", 2.0, at(8)), ("release", 2.0, at(9))] == list(
        moved[["kind", "agents", "hour_start"]].itertuples(index=False, name=None)
    )
    short = stretches(("ann", at(8), at(8.75)), ("bob", at(8), at(12)))
    assert plan(rows, roster_breaks=breaks, break_move_minutes=60, rostered=short).actions.empty


def test_training_of_a_roster_keeps_people_from_what_is_moved():
    training = stretches(("ann", at(9), at(12), "training"), columns=[*STRETCH, "kind"])

    found = plan(
        people((1, 1, 1, 1)), [activity("m", 8, agent="ann", later=3)], roster_breaks=training, risk=early(1, 4)
    )

    assert found.actions.empty


def test_queues_do_not_touch_each_other_and_the_order_of_rows_changes_nothing():
    both = pd.concat([people((1, 0, 0, 0)), people((1, 0, 0, 0), queue="b")])
    activities = [activity("m", 8), activity("n", 8, queue="b")]

    found = plan(both, activities)
    turned = plan(both.iloc[::-1], activities[::-1])

    pd.testing.assert_frame_equal(found.actions, turned.actions)
    alone = plan(people((1, 0, 0, 0)), activities[:1]).actions
    pd.testing.assert_frame_equal(found.actions[found.actions["queue_id"] == "a"], alone)


def test_what_is_planned_for_nobody_asked_about_is_left_out():
    found = plan(people(), [activity("m", 8, queue="elsewhere")])

    assert found.actions.empty
    assert ("m",) == found.left_out


def test_queues_of_different_hours_are_refused():
    with pytest.raises(DataError, match="one row for each"):
        plan(pd.concat([people(), people(queue="b").head(2)]))
    with pytest.raises(DataError, match="missing yield_share"):
        plan(people().drop(columns="yield_share"))


def test_nobody_asked_about_plans_nothing():
    found = plan(people().head(0))

    assert found.actions.empty
    assert found.answers == ()


def test_many_queues_share_the_trials():
    names = [f"q{number:02d}" for number in range(30)]
    rows = pd.concat([people((1, 0, 0, 0), queue=name) for name in names])
    activities = [activity(f"m{name}", 8, queue=name) for name in names]

    found = plan(rows, activities, risk=early(4, 100), most_trials_in_all=100)

    assert max(one.trials for one in found.answers) <= 20
    assert len(found.answers) == 30


def test_nothing_changes_before_people_can_be_told():
    activities = [activity("m", 8), activity("n", 9.5, agents=1.0), activity("w", kind="coaching")]

    found = plan(people((1, 0.5, 0.5, 0)), activities, risk=early(3, 11.25), limit=0.1, lead_minutes=60).actions

    assert "m" not in set(found["activity_id"])
    assert (found["hour_start"] >= at(9)).all()
    assert "w" in set(found["activity_id"])
