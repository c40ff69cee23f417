"""A reading becomes a question: who works for what, breaks by kind, since when states are known, whose targets hold."""

import pandas as pd

from wfm_pipeline.monitoring.coverage.asking import known_from, policies_of, question_of, registered_for, roster_of
from wfm_pipeline_tests.coverage_kit import at
from wfm_pipeline_tests.live_kit import CHOICES, NOW, centre, gold, queues, shifts, states, table


def pairs(rows):
    return {(row.agent_id, row.service_id): row.is_registered for row in rows.itertuples()}


def test_who_is_signed_in_works_for_all_that_the_group_serves():
    found = registered_for(centre(idle=("ann",)))

    assert {("ann", "a"): True, ("ann", "b"): True} == pairs(found)


def test_a_group_that_an_agent_is_only_rostered_for_is_a_skill_once_the_agent_is_signed_in_elsewhere():
    serves = table("service_groups", {"service_id": "a", "group_id": "g"}, {"service_id": "b", "group_id": "h"})
    rostered = pd.concat([shifts(("ann", "08:00", "16:00"), group="h"), shifts(("bob", "08:00", "16:00"), group="h")])

    found = registered_for(
        centre(service_groups=serves, shifts=rostered, agent_states=states(("ann", "ready", "09:00", None)))
    )

    assert {("ann", "a"): True, ("ann", "b"): False, ("bob", "b"): True} == pairs(found)


def test_a_shift_for_one_service_leaves_the_others_of_the_group_as_skills():
    found = registered_for(centre(idle=(), shifts=shifts(("cyd", "08:00", "16:00"), service="b")))

    assert {("cyd", "a"): False, ("cyd", "b"): True} == pairs(found)


def test_training_and_meetings_are_off_product_work_and_the_rest_are_breaks():
    shift = shifts(("ann", "08:00", "16:00"))
    kinds = ["lunch", "rest", "other", "training", "meeting"]
    breaks = table(
        "shift_breaks",
        *(
            {
                "shift_id": "ann08:00",
                "schedule_version": 1,
                "starts_at": at(f"{9 + n}:00"),
                "ends_at": at(f"{9 + n}:15"),
                "kind": kind,
            }
            for n, kind in enumerate(kinds)
        ),
    )

    _, off, work = roster_of(centre(shifts=shift, shift_breaks=breaks))

    assert [at("09:00"), at("10:00"), at("11:00")] == off["starts_at"].tolist()
    assert [at("12:00"), at("13:00")] == work["starts_at"].tolist()
    assert {"ann"} == set(off["agent_id"]) | set(work["agent_id"])


def test_without_a_shift_no_roster_is_known():
    assert roster_of(centre(shifts=table("shifts")))[0] is None


def test_states_are_known_from_the_first_one_on_and_never_before_the_date():
    early = states(("ann", "ready", "00:00", None)).assign(started_at=at("00:00") - pd.Timedelta(days=1))

    assert at("09:00") == known_from(centre(), gold(), as_of=NOW)
    assert at("00:00") == known_from(centre(agent_states=early), gold(), as_of=NOW)


def test_no_state_at_all_is_unknown_unless_the_centre_itself_counts_nobody():
    nobody = queues("a", "b", agents_available=0)

    assert known_from(centre(idle=()), gold(), as_of=NOW) is None
    assert known_from(centre(idle=(), queue_current_metrics=table("queue_current_metrics")), gold(), as_of=NOW) is None
    assert at("10:00") == known_from(centre(idle=(), queue_current_metrics=nobody), gold(), as_of=NOW)


def test_targets_that_the_centre_names_hold_and_the_settings_where_it_names_none():
    services = table("services", {"id": "a", "target_answer_seconds": 30.0, "target_service_level": 0.9}, {"id": "b"})

    found = policies_of(services, CHOICES)

    assert (30.0, 0.9, 300.0) == (
        found["a"].answer_target_seconds,
        found["a"].service_level_target,
        found["a"].patience_seconds,
    )
    assert CHOICES.default == found["b"]


def test_only_contacts_so_far_are_an_agents_contacts():
    quarters = table(
        "agent_activity",
        *(
            {"agent_id": "ann", "group_id": "g", "interval_start_time": at(when), "calls_handled": 2}
            for when in ("09:00", "09:15", "10:15")
        ),
    )

    found = question_of(centre(agent_activity=quarters), gold(), CHOICES, as_of=NOW)

    assert [("ann", 4)] == list(found.contacts.itertuples(index=False, name=None))
