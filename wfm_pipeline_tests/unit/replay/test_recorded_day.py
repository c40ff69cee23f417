"""Decisions of the replay, one by one: ties, pauses, overlaps, unknown times, statistics that are told again."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.operational.inferred import is_inferred
from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.domain.replay.agent_groups import agent_groups
from wfm_pipeline.domain.replay.agent_states import agent_states, presence
from wfm_pipeline.domain.replay.contacts import LEG_COLUMNS, contacts_of_legs
from wfm_pipeline.domain.replay.recorded_day import RecordedDay
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.replay_kit import DAY, TARGET, leg, legs


def contacts(*rows):
    return contacts_of_legs(legs(*rows))


def day_of(*rows):
    return RecordedDay(contacts(*rows), pd.Timestamp(DAY), TARGET, "test")


def at(second):
    return pd.Timestamp(DAY) + pd.Timedelta(seconds=second)


def test_who_comes_and_goes_in_one_second_was_received_and_missed_and_never_waited():
    row = (
        day_of(leg(100, wait=0.4, status="abandoned")).queue_states(np.array([at(100)], dtype="datetime64[us]")).row(0)
    )

    assert (1, 0, 1) == (row["received"][0], row["waiting"][0], row["missed"][0])
    assert np.isnan(row["longest_wait_seconds"][0])


def test_a_line_is_joined_when_the_menu_ends():
    found = contacts(leg(100, menu_seconds=45.0))

    assert [at(145), at(155)] == found.loc[0, ["joined_at", "left_at"]].tolist()


def test_a_pause_of_just_the_gap_is_waiting_and_one_second_more_is_absence():
    first, second = (
        leg(0, wait=0.0, talk=60.0, hold=0.0, wrap=0.0),
        {"wait": 0.0, "talk": 60.0, "hold": 0.0, "wrap": 0.0},
    )

    waits, away = (
        agent_states(contacts(first, leg(60 + pause, **second)), gap_seconds=1_800) for pause in (1_800, 1_801)
    )

    assert (["talk", "ready", "talk"], ["talk", "talk"]) == (waits["state"].tolist(), away["state"].tolist())
    assert [(at(0), at(60)), (at(1_861), at(1_921))] == list(
        presence(away)[["starts_at", "ends_at"]].itertuples(index=False, name=None)
    )


def test_of_two_contacts_at_once_the_one_that_began_last_holds_and_the_other_goes_on_after_it():
    long, short = (
        leg(0, wait=0.0, talk=100.0, hold=0.0, wrap=0.0),
        leg(30, wait=0.0, talk=20.0, hold=0.0, wrap=0.0, queue="b"),
    )

    found = agent_states(contacts(long, short))

    assert [("a", at(0), at(30)), ("b", at(30), at(50)), ("a", at(50), at(100))] == list(
        found[["service_id", "started_at", "ended_at"]].itertuples(index=False, name=None)
    )


def test_agents_who_answered_the_same_services_are_one_inferred_group():
    rows = [
        leg(0, agent="ann"),
        leg(500, agent="ann", queue="b"),
        leg(0, agent="bo", queue="b"),
        leg(900, agent="cy", queue="b"),
    ]

    found = agent_groups(contacts(*rows))

    assert {"ann": "inferred:1", "bo": "inferred:2", "cy": "inferred:2"} == dict(found.agents.to_numpy())
    assert [("a", "inferred:1"), ("b", "inferred:1"), ("b", "inferred:2")] == [
        tuple(row) for row in found.service_groups.to_numpy()
    ]
    assert all(is_inferred(group) for group in found.groups["id"])


def test_a_ready_agent_is_available_to_each_service_of_the_group():
    rows = [leg(0, agent="ann"), leg(500, agent="ann", queue="b"), leg(0, agent="bo", queue="b")]

    counts = day_of(*rows).agent_counts(np.array([at(300), at(20)], dtype="datetime64[us]"))

    assert [[1, 1], [0, 0]] == counts.available.tolist()  # ann, from second 160 to 510
    assert [[0, 0], [1, 1]] == counts.busy.tolist()


def test_a_quarter_is_told_again_when_more_of_it_is_known():
    day = day_of(leg(890, wait=20.0, talk=100.0, hold=0.0, wrap=20.0))  # joins at 14:50, answered 15:10, over 17:10

    first, second, third = (
        day.rows_between(before, until)["contact_statistics"]
        for before, until in ((None, at(900)), (at(900), at(1_800)), (at(1_800), at(2_700)))
    )

    names = ["received_calls", "treated_calls", "miss_calls", "aht", "talk_time", "post_processing", "service_level"]
    assert [1, 0, 0, 0.0] == [*first.loc[0, names[:3]], first.loc[0, "service_level"]]
    assert first.loc[0, ["aht", "talk_time", "post_processing"]].isna().all()
    assert [1, 1, 0, 120_000.0, 100_000.0, 20_000.0, 100.0] == second.loc[0, names].tolist()
    assert third.empty


def test_a_caller_who_tries_again_is_one_caller_and_an_unknown_one_is_nobody_else():
    tries = [leg(10 * n, wait=5.0, status="abandoned", caller_key="7") for n in (1, 2)]
    unknown = [leg(10 * n, wait=6.0, status="abandoned") for n in (1, 2)]

    (row,) = (
        day_of(*tries, leg(60, caller_key="7"), *unknown)
        .rows_between(None, at(900))["contact_statistics"]
        .to_dict("records")
    )

    assert [3, 1, 2, 5, 1, 4] == [
        row[f"{prefix}{name}_calls"] for prefix in ("", "not_unique_") for name in ("received", "treated", "miss")
    ]


def test_a_day_of_twenty_five_hours_has_a_hundred_quarters():
    rows = [leg(900 * n, wait=0.0) for n in range(100)]

    assert 100 == len(day_of(*rows).rows_between(None, at(90_000))["contact_statistics"])


def test_every_row_has_the_columns_of_its_contract():
    tables = day_of(leg(0), leg(2_000, status="abandoned", queue="b")).rows_between(None, at(7_200))

    promised = {table.name: list(table.column_names) for table in OPERATIONAL_TABLES if table.name != "shift_breaks"}
    assert promised == {name: list(rows.columns) for name, rows in tables.items()}


def test_a_day_on_which_nobody_answered_has_services_and_no_people():
    tables = day_of(leg(0, status="abandoned")).rows_between(None, at(1_800))

    assert (1, 0, 0, 0) == tuple(len(tables[name]) for name in ("services", "groups", "agent_states", "agent_activity"))


def test_legs_without_a_column_are_refused_by_its_name():
    with pytest.raises(DataError, match="legs lack wait_seconds"):
        contacts_of_legs(pd.DataFrame(columns=[name for name in LEG_COLUMNS if name != "wait_seconds"]))


def test_the_last_instant_of_a_contact_is_not_its_own():
    states = agent_states(contacts(leg(0, wait=0.0, talk=10.0, hold=5.0, wrap=3.0)))

    assert [("talk", 10), ("hold", 15), ("wrap", 18)] == [
        (row.state, (row.ended_at - DAY) / dt.timedelta(seconds=1)) for row in states.itertuples()
    ]
