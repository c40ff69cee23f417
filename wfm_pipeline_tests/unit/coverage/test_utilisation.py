"""Hours of agents: adherence and conformance by their standard definitions, split shifts, suspects, peers."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage.presence import count_states
from wfm_pipeline.domain.coverage.utilisation import UtilisationRequest, agent_utilisation
from wfm_pipeline_tests.coverage_kit import at, states, stretches, works_for


def used(recorded, shifts, *, breaks=(), off_product=(), contacts=None, registrations=None, ends_at="13:00"):
    counted = count_states(recorded, as_of=at(ends_at))
    found = agent_utilisation(
        UtilisationRequest(
            stretches=counted.stretches,
            suspects=counted.suspects,
            shifts=stretches(*shifts),
            breaks=stretches(*breaks),
            off_product=stretches(*off_product),
            registrations=works_for(ann="a") if registrations is None else registrations,
            contacts=pd.DataFrame(list((contacts or {}).items()), columns=["agent_id", "contacts"]),
            starts_at=at("08:00"),
            ends_at=at(ends_at),
        )
    )
    return found.set_index("agent_id")


def test_hours_rostered_productive_and_on_break():
    recorded = states(
        ("ann", "ready", "09:00", "10:00"),
        ("ann", "talk", "10:00", "10:30"),
        ("ann", "not_ready", "10:30", "11:00"),
        ("ann", "ready", "11:00", "12:00"),
    )

    row = used(recorded, [("ann", "09:00", "13:00")], breaks=[("ann", "10:30", "10:45")], contacts={"ann": 10}).loc[
        "ann"
    ]

    assert (4.0, 3.75, 0.25) == tuple(row[["scheduled_hours", "on_phones_scheduled_hours", "break_scheduled_hours"]])
    assert (2.5, 0.5, 0.5) == tuple(row[["productive_hours", "busy_hours", "not_ready_hours"]])
    assert (2.5 / 4, 0.5 / 2.5, 4.0) == tuple(row[["utilisation", "occupancy", "contacts_per_hour"]])
    # kept: 09:00-10:30 and 11:00-12:00 on the phones, 10:30-10:45 on break: 2.75 of 4 hours; conformance 2.5 of 3.75
    assert (2.75 / 4, 2.5 / 3.75) == pytest.approx(tuple(row[["adherence", "conformance"]]))


def test_the_right_hours_at_the_wrong_time_conform_and_do_not_adhere():
    row = used(states(("ann", "ready", "11:00", "13:00")), [("ann", "09:00", "11:00")]).loc["ann"]

    assert (1.0, 0.0) == (row["conformance"], row["adherence"])


def test_the_gap_of_a_split_shift_is_no_absence():
    recorded = states(("ann", "ready", "09:00", "10:00"), ("ann", "ready", "12:00", "13:00"))

    row = used(recorded, [("ann", "09:00", "10:00"), ("ann", "12:00", "13:00")]).loc["ann"]

    assert (2.0, 1.0, 1.0) == tuple(row[["scheduled_hours", "adherence", "conformance"]])


def test_being_on_the_phones_in_a_break_does_not_adhere():
    recorded = states(("ann", "ready", "09:00", "10:00"))

    assert (
        0.75 == used(recorded, [("ann", "09:00", "10:00")], breaks=[("ann", "09:30", "09:45")]).loc["ann", "adherence"]
    )


def test_who_never_came_kept_nothing_not_even_the_break():
    row = used(states(), [("ann", "09:00", "13:00")], breaks=[("ann", "10:00", "10:30")]).loc["ann"]

    assert (0.0, 0.0, 0.0) == tuple(row[["productive_hours", "adherence", "conformance"]])


def test_a_call_outside_the_queues_is_not_productive():
    row = used(states(("ann", "talk", "09:00", "10:00", False)), [("ann", "09:00", "10:00")]).loc["ann"]

    assert 0.0 == row["productive_hours"]


def test_what_an_agent_with_a_suspect_state_did_is_not_known():
    row = used(states(("ann", "ready", "08:00", "12:30")), [("ann", "08:00", "12:00")]).loc["ann"]

    assert row["is_suspect"]
    assert 4.0 == row["scheduled_hours"]
    assert row[["productive_hours", "utilisation", "adherence", "conformance"]].isna().all()


def test_who_is_not_rostered_has_hours_and_no_shares():
    row = used(states(("ann", "ready", "09:00", "10:00")), []).loc["ann"]

    assert 1.0 == row["productive_hours"]
    assert row[["utilisation", "adherence", "conformance"]].isna().all()


def test_productivity_is_against_the_median_of_three_or_more_others_with_the_same_services():
    names = ["ann", "bob", "cyd", "dan", "eve", "fay"]
    recorded = states(*((name, "ready", "09:00", "10:00") for name in names))
    contacts = {"ann": 12, "bob": 10, "cyd": 8, "dan": 6, "eve": 20}  # of fay they are not known
    team = works_for(ann="a b", bob="b a", cyd="a b", dan="a b", eve="a", fay="a b")

    found = used(recorded, [(name, "09:00", "10:00") for name in names], contacts=contacts, registrations=team)

    assert 12 / 8 == found.loc["ann", "productivity"]  # median of 10, 8 and 6
    assert 8 / 10 == found.loc["cyd", "productivity"]  # of 12, 10 and 6
    assert np.isnan(found.loc["eve", "productivity"])  # nobody has her services
    assert np.isnan(found.loc["fay", "productivity"])
    assert 3 == found.loc["ann", "peers"]


def test_two_peers_are_too_few_to_be_compared_with():
    names = ["ann", "bob", "cyd"]
    recorded = states(*((name, "ready", "09:00", "10:00") for name in names))
    team = works_for(**dict.fromkeys(names, "a"))

    found = used(recorded, [], contacts=dict.fromkeys(names, 5), registrations=team)

    assert found["productivity"].isna().all()


def test_nothing_recorded_and_nobody_rostered_is_an_empty_table():
    found = used(states(), [])

    assert found.empty
    assert "adherence" in found.columns
