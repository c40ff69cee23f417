"""The sweep of recorded contacts against counting them one by one, at any instants, with ties, unknown times and overlaps."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.replay.agent_states import agent_states
from wfm_pipeline.domain.replay.contacts import contacts_of_legs
from wfm_pipeline.domain.replay.recorded_day import RecordedDay
from wfm_pipeline_tests.replay_kit import DAY, TARGET, Plain, counted, leg, legs

MOST = 25
"""Examples per law: each builds frames, and there are many instants and contacts in one."""
SECONDS = st.integers(0, 200).map(lambda step: step * 10)  # few different ones: many ties
LASTS = st.one_of(st.none(), st.sampled_from([0.0, 10.0, 20.0, 20.5, 30.0, 400.0, 1_000.0]))
LEGS = st.lists(
    st.builds(
        leg,
        SECONDS,
        wait=LASTS,
        talk=LASTS,
        hold=LASTS,
        wrap=LASTS,
        queue=st.sampled_from(["a", "b"]),
        agent=st.sampled_from(["ann", "bo"]),
        status=st.sampled_from(["answered", "answered", "transferred", "abandoned", "other"]),
        menu_seconds=LASTS,
    ),
    min_size=1,
    max_size=25,
)
INSTANTS = st.lists(st.integers(-1_000, 5_000), min_size=1, max_size=20)


def recorded(rows, **options):
    contacts = contacts_of_legs(legs(*rows))
    return RecordedDay(contacts, pd.Timestamp(DAY), TARGET, "test", **options)


def instants_of(seconds):
    return [DAY + dt.timedelta(seconds=second) for second in seconds]


@settings(max_examples=MOST)
@given(LEGS, INSTANTS)
def test_every_counter_is_that_of_counting_contact_by_contact(rows, seconds):
    day, instants = recorded(rows), instants_of(seconds)

    states = day.queue_states(np.array(instants, dtype="datetime64[us]"))

    for number, now in enumerate(instants):
        found = states.row(number)
        for column, queue in enumerate(day.sweep.services):
            plain = {name: np.nan if value is None else value for name, value in counted(rows, queue, now).items()}
            assert plain == pytest.approx({name: values[column] for name, values in found.items()}, nan_ok=True)


@settings(max_examples=MOST)
@given(LEGS, INSTANTS)
def test_received_is_waiting_and_in_service_and_served_and_missed_at_every_instant(rows, seconds):
    states = recorded(rows).queue_states(np.array(instants_of(seconds), dtype="datetime64[us]"))

    np.testing.assert_array_equal(states.received, states.waiting + states.in_service + states.served + states.missed)
    assert min(part.min() for part in (states.waiting, states.in_service, states.served, states.missed)) >= 0


def held_by_hand(rows, agent, now):
    """State and service of an agent: of the contacts that go on, the one that began last, by order of joining."""
    mine = sorted((one for one in map(Plain, rows) if one.agent == agent), key=lambda one: (one.joined, one.queue))
    parts = [
        (since, number, state, one.queue)
        for number, one in enumerate(mine)
        for state, since, until in (
            ("talk", one.left, one.talked), ("hold", one.talked, one.held), ("wrap", one.held, one.ended),
        )
        if since <= now < until
    ]  # fmt: skip
    return {(state, queue) for since, _, state, queue in parts if since == max(part[0] for part in parts)}


@settings(max_examples=MOST)
@given(LEGS, INSTANTS)
def test_an_agent_is_in_the_part_of_a_contact_that_began_last_and_in_none_else(rows, seconds):
    states = agent_states(contacts_of_legs(legs(*rows)))
    busy = states[states["state"] != "ready"]

    for now in instants_of(seconds):
        for agent in ("ann", "bo"):
            mine = busy[(busy["agent_id"] == agent) & (busy["started_at"] <= now) & (busy["ended_at"] > now)]
            found = set(zip(mine["state"], mine["service_id"], strict=True))
            allowed = held_by_hand(rows, agent, now)
            assert len(found) == len(allowed) == 0 or (len(found) == 1 and found <= allowed)


@settings(max_examples=MOST)
@given(LEGS, st.lists(st.integers(0, 8_000), min_size=1, max_size=6))
def test_tables_at_an_instant_are_the_same_whichever_way_they_came_there(rows, seconds):
    day = recorded(rows)
    stops = [pd.Timestamp(at) for at in sorted(instants_of(seconds))]

    at_once, step_by_step = tables(day, [stops[-1]]), tables(day, stops)

    assert at_once == step_by_step
    assert {name: count for name, count in day.row_counts(stops[-1]).items() if count} == {
        name: len(kept) for name, kept in at_once.items() if kept
    }


KEYS = {
    "services": 1, "groups": 1, "service_groups": 2, "shifts": 2, "contact_statistics": 2, "agent_activity": 3,
    "queue_current_metrics": 1,
}  # fmt: skip


def tables(day, stops):
    """The tables after upserts at these instants: table -> key -> row."""
    kept, before = {}, None
    for at in stops:
        for name, rows in day.rows_between(before, at).items():
            for row in rows.astype(object).where(rows.notna(), None).itertuples(index=False):
                values = tuple(row)
                key = (values[0], values[3]) if name == "agent_states" else values[: KEYS[name]]
                kept.setdefault(name, {})[key] = values
        before = at
    return kept


@settings(max_examples=MOST)
@given(LEGS)
def test_an_agent_has_one_state_at_a_time_and_quarters_add_up_to_the_states(rows):
    day = recorded(rows)
    states = day.states
    before = states.groupby("agent_id")["ended_at"].shift()

    assert not (states["started_at"] < before).any()
    assert (states["ended_at"] > states["started_at"]).all()
    last = day.rows_between(None, pd.Timestamp(DAY) + pd.Timedelta(days=1))["agent_activity"]
    spent = (states["ended_at"] - states["started_at"]).dt.total_seconds().sum()
    assert spent == pytest.approx(last["login_time"].sum())
    assert (last["login_time"] <= 900).all()
