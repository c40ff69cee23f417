"""People for cases: rosters, breaks, planned activities and presence joined, on days as they are."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.calculators.backlog_people import (
    NO_STATES,
    ONLY_NOW,
    PeopleAheadRequest,
    PresenceRequest,
    RosterRequest,
    past_hours,
    people_ahead,
    people_over,
    rostered_people,
)
from wfm_pipeline.domain.backlog.people.activities import Activity
from wfm_pipeline.domain.backlog.people.availability import NO_ROSTER, NO_SHRINKAGE

BERLIN = "Europe/Berlin"
STRETCH = ["agent_id", "starts_at", "ends_at"]


def stretches(*rows):
    frame = pd.DataFrame(rows, columns=STRETCH)
    return frame.assign(**{name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in STRETCH[1:]})


def registered(*pairs):
    return pd.DataFrame(pairs, columns=["agent_id", "service_id"])


def hours(first, count):
    return pd.date_range(first, periods=count, freq="h", unit="us")


def roster(first, count, shifts, **changes):
    given = {
        "queues": ["a"],
        "hour_starts": hours(first, count),
        "registrations": registered(("ann", "a"), ("bob", "a"), ("cid", "a"), ("cid", "b")),
        "shifts": shifts,
        "breaks": stretches(),
        "off_product": stretches(),
    }
    return RosterRequest(**{**given, **changes})


def ahead(request, **changes):
    starts = pd.Series(request.hour_starts)
    local = starts.dt.tz_localize("UTC").dt.tz_convert(BERLIN).dt.tz_localize(None)
    frame = pd.DataFrame({"hour_start": starts, "hour_start_local": local, "business_date": local.dt.normalize()})
    given = {
        "roster": request,
        "hours": frame,
        "is_open": pd.DataFrame({"queue_id": "a", "hour_start": starts, "is_open": True}),
        "past": pd.DataFrame(columns=["queue_id", "hour_start_local", "rostered_hours", "present_hours", "idle_hours"]),
        "weeks": 4,
        "stated_missing": {"a": 0.1},
    }
    return people_ahead(PeopleAheadRequest(**{**given, **changes}))


SHIFTS = stretches(
    ("ann", "2026-03-02 08:00", "2026-03-02 10:00"),
    ("bob", "2026-03-02 08:30", "2026-03-02 10:00"),
    ("cid", "2026-03-02 08:00", "2026-03-02 10:00"),
)


def test_rostered_people_are_hours_over_the_hour_and_people_of_two_queues_are_halves():
    found = rostered_people(roster("2026-03-02 08:00", 3, SHIFTS))

    assert [2.0, 2.5, 0.0] == found["scheduled"].tolist()  # ann + half of bob's first hour + half of cid


def test_breaks_and_activities_take_a_person_once_and_a_break_goes_before():
    found = rostered_people(
        roster(
            "2026-03-02 08:00",
            2,
            SHIFTS,
            breaks=stretches(("ann", "2026-03-02 08:30", "2026-03-02 09:00")),
            off_product=stretches(("ann", "2026-03-02 08:15", "2026-03-02 08:45")),
            activities=[
                Activity(
                    activity_id="c",
                    kind="coaching",
                    seconds=3600.0,
                    agents=1.0,
                    queue_id=None,
                    agent_id="ann",
                    starts_at=pd.Timestamp("2026-03-02 08:00"),
                ),
                Activity(
                    activity_id="m",
                    kind="meeting",
                    seconds=1800.0,
                    agents=2.0,
                    queue_id="a",
                    starts_at=pd.Timestamp("2026-03-02 09:00"),
                ),
            ],
        )
    )

    assert [0.5, 0.0] == found["on_break"].tolist()
    assert [0.5, 1.0] == found["planned_off"].tolist()  # ann's coaching until her break; two people for half an hour


def test_a_shift_over_midnight_counts_on_both_dates():
    night = stretches(("ann", "2026-03-02 22:00", "2026-03-03 06:00"))

    found = rostered_people(roster("2026-03-02 21:00", 10, night))

    assert [0, 1, 1, 1, 1, 1, 1, 1, 1, 0] == found["scheduled"].tolist()


@pytest.mark.parametrize(
    ("first", "count", "of_night"),
    [
        pytest.param("2026-03-28 23:00", 23, 7, id="clocks_go_forward"),
        pytest.param("2026-10-24 22:00", 25, 9, id="clocks_go_back"),
    ],
)
def test_a_night_over_a_change_of_clocks_has_its_own_hours(first, count, of_night):
    # A night shift from midnight to 08:00 by the wall clock.
    night = stretches(("ann", first, pd.Timestamp(first) + pd.Timedelta(hours=of_night)))

    found = ahead(roster(first, count, night))

    assert count == len(found)
    assert of_night == found["scheduled"].sum()
    assert 1 == found["business_date"].nunique()


def test_people_of_a_queue_without_calls_are_free_for_cases():
    found = ahead(roster("2026-03-02 08:00", 1, SHIFTS)).iloc[0]

    assert found["on_product"] == pytest.approx(2 * 0.9)
    assert found["people_from"] == "shifts"
    assert found["reason"] is None


def test_people_of_a_queue_with_calls_are_free_as_stated_else_as_past_weeks_were():
    past = pd.DataFrame(
        {
            "queue_id": "a",
            "hour_start_local": [pd.Timestamp("2026-02-23 09:00")],
            "rostered_hours": [40.0],
            "present_hours": [30.0],
            "idle_hours": [12.0],
        }
    )
    with_calls = frozenset({"a"})

    stated = ahead(
        roster("2026-03-02 08:00", 1, SHIFTS), past=past, queues_with_calls=with_calls, stated_case_share=0.25
    ).iloc[0]
    learnt = ahead(roster("2026-03-02 08:00", 1, SHIFTS), past=past, queues_with_calls=with_calls, stated_missing={})

    assert stated["on_product"] == pytest.approx(2 * 0.9 * 0.25)
    assert learnt.iloc[0]["shrinkage_share"] == pytest.approx(0.25)
    assert learnt.iloc[0]["on_product"] == pytest.approx(2 * 0.75 * 0.4)


def test_unknown_shrinkage_leaves_people_unknown():
    found = ahead(roster("2026-03-02 08:00", 1, SHIFTS), stated_missing={}).iloc[0]

    assert (2.0, NO_SHRINKAGE) == (found["scheduled"], found["reason"])
    assert np.isnan(found["on_product"])


def test_without_a_roster_nothing_is_known_but_people_signed_in_now_stand_for_the_first_hour():
    now = pd.DataFrame({"queue_id": ["a"], "people": [3.0]})

    found = ahead(roster("2026-03-02 08:00", 2, None), present_now=now)

    assert ["presence", "no_data"] == found["people_from"].tolist()
    assert [ONLY_NOW, NO_ROSTER] == found["reason"].tolist()
    assert found["on_product"].tolist() == pytest.approx([3.0, np.nan], nan_ok=True)
    assert found["scheduled"].isna().all()


def test_open_hours_after_the_last_known_shift_are_unknown_and_closed_ones_are_empty():
    request = roster("2026-03-02 09:00", 3, SHIFTS)
    is_open = pd.DataFrame({"queue_id": "a", "hour_start": request.hour_starts, "is_open": [True, True, False]})

    found = ahead(request, is_open=is_open)

    assert found["scheduled"].tolist() == pytest.approx([2.5, np.nan, 0], nan_ok=True)
    assert ["", NO_ROSTER, ""] == found["reason"].fillna("").tolist()


def test_hours_of_past_weeks_leave_lost_logs_out():
    activity = pd.DataFrame(
        {
            "agent_id": ["ann", "cid"],
            "interval_start_time": pd.to_datetime(["2026-03-02 08:15", "2026-03-02 08:30"]),
            "on_phones_seconds": [900.0, 900.0],
            "ready_seconds": [300.0, 900.0],
        }
    )

    found = past_hours(roster("2026-03-02 08:00", 2, SHIFTS), activity, BERLIN)

    (hour,) = found.to_dict("records")
    assert pd.Timestamp("2026-03-02 09:00") == hour["hour_start_local"]
    assert (2.0, 0.375) == (hour["rostered_hours"], hour["present_hours"])  # a quarter of ann, an eighth of cid
    assert hour["idle_hours"] == pytest.approx(1 / 12 + 1 / 8)


def states(*rows):
    frame = pd.DataFrame(rows, columns=["agent_id", "state", "started_at", "ended_at", "is_queue_contact"])
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("started_at", "ended_at")})


def over(**changes):
    given = {
        "queues": ["a"],
        "hour_starts": hours("2026-03-02 08:00", 1),
        "registrations": registered(("ann", "a"), ("bob", "a")),
        "states": states(
            ("ann", "ready", "2026-03-02 08:00", "2026-03-02 08:30", False),
            ("ann", "talk", "2026-03-02 08:30", None, True),
            ("bob", "not_ready", "2026-03-02 08:00", "2026-03-02 08:45", False),
            ("bob", "ready", "2026-03-02 08:45", None, False),
        ),
        "known_from": pd.Timestamp("2026-03-02 08:00"),
        "as_of": pd.Timestamp("2026-03-02 09:00"),
    }
    return people_over(PresenceRequest(**{**given, **changes})).iloc[0]


def test_people_who_were_there_count_whole_without_calls_and_while_they_waited_with_calls():
    assert over()["on_product_agents"] == pytest.approx(1.25)
    assert over(queues_with_calls=frozenset({"a"}))["on_product_agents"] == pytest.approx(0.75)
    stated = over(queues_with_calls=frozenset({"a"}), stated_case_share=0.2)
    assert stated["on_product_agents"] == pytest.approx(0.25)


def test_hours_without_recorded_states_are_unknown():
    found = over(known_from=None)

    assert np.isnan(found["on_product_agents"])
    assert ("no_data", NO_STATES) == (found["people_from"], found["reason"])
