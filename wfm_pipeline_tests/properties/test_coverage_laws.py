"""Laws of coverage: people counted second by second, nobody counts for more than one, order changes nothing."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.coverage.flow import flow_between
from wfm_pipeline.domain.coverage.grid import DayGrid, seconds_per_interval, stretches_without
from wfm_pipeline.domain.coverage.intervals import STATUSES, coverage_status
from wfm_pipeline.domain.coverage.presence import count_states
from wfm_pipeline.domain.coverage.shares import agent_seconds, people_per_service, person_shares, registrations
from wfm_pipeline_tests.coverage_kit import DAY

MOMENTS = st.integers(0, 40)
AGENTS = st.sampled_from(["ann", "bob", "cyd"])
GRID = DayGrid(DAY, 10.0, 4)
"""Forty seconds in tens: small enough to count every second."""
STRETCHES = st.lists(st.tuples(AGENTS, MOMENTS, MOMENTS), max_size=8)
STATES = st.lists(
    st.tuples(
        AGENTS, st.sampled_from(["ready", "talk", "not_ready"]), MOMENTS, st.one_of(st.none(), MOMENTS), st.booleans()
    ),
    max_size=8,
)


def second(number):
    return pd.NaT if number is None else DAY + pd.Timedelta(seconds=number)


def as_states(rows):
    made = pd.DataFrame(rows, columns=["agent_id", "state", "started_at", "ended_at", "is_queue_contact"])
    for name in ("started_at", "ended_at"):
        made[name] = pd.Series(
            [second(one) for one in made[name].astype(object).where(made[name].notna(), None)], dtype="datetime64[us]"
        )
    return made


def as_stretches(rows):
    made = pd.DataFrame(rows, columns=["agent_id", "starts_at", "ends_at"])
    return made.assign(
        **{
            name: pd.Series([second(one) for one in made[name]], dtype="datetime64[us]")
            for name in ("starts_at", "ends_at")
        }
    )


def present(rows, agent, now, as_of):
    """Whether an agent is on the phones in a second, by looking at every recorded state."""
    mine = sorted({row for row in rows if row[0] == agent and row[2] < as_of}, key=lambda row: row[2])
    holds = []
    for _, state, start, end, is_queue in mine:
        later = [row[2] for row in mine if row[2] > start]
        until = end if end is not None else min(later, default=as_of)
        if start <= now < min(until, as_of):
            counts = {"ready": 2, "talk": int(is_queue), "not_ready": 0}[state]
            holds.append((start, -counts))
    return bool(holds) and max(holds)[1] < 0


@settings(max_examples=40)
@given(rows=STATES, as_of=st.integers(1, 40))
def test_people_there_are_those_that_counting_every_second_finds(rows, as_of):
    counted = count_states(as_states(rows), as_of=second(as_of)).stretches
    agents = pd.Index(["ann", "bob", "cyd"], dtype=object)

    seconds = agent_seconds(counted[counted["is_on_phones"]], agents, GRID)

    valid = [row for row in rows if row[3] is None or row[3] >= row[2]]
    expected = [
        [sum(present(valid, agent, now, as_of) for now in range(start, start + 10)) for start in range(0, 40, 10)]
        for agent in agents
    ]
    assert expected == seconds.tolist()


@settings(max_examples=30)
@given(rows=STATES, order=st.randoms())
def test_the_order_of_states_changes_nothing(rows, order):
    mixed = list(rows)
    order.shuffle(mixed)

    one, other = (count_states(as_states(each), as_of=second(30)) for each in (rows, mixed))

    pd.testing.assert_frame_equal(one.stretches, other.stretches)
    pd.testing.assert_frame_equal(one.findings, other.findings)


@settings(max_examples=40)
@given(some=STRETCHES, holes=STRETCHES)
def test_time_without_holes_is_what_counting_every_second_finds(some, holes):
    found = stretches_without(as_stretches(some), as_stretches(holes))

    def inside(rows, agent, now):
        return any(row[0] == agent and row[1] <= now < row[2] for row in rows)

    expected = {
        (agent, now)
        for agent in ("ann", "bob", "cyd")
        for now in range(40)
        if inside(some, agent, now) and not inside(holes, agent, now)
    }
    seen = [
        (row.agent_id, now)
        for row in found.itertuples()
        for now in range(int((row.starts_at - DAY).total_seconds()), int((row.ends_at - DAY).total_seconds()))
    ]
    assert expected == set(seen)
    assert len(seen) == len(set(seen))


@settings(max_examples=30)
@given(rows=st.lists(st.tuples(st.integers(0, 2), st.integers(-20, 60), st.integers(0, 60)), max_size=8))
def test_seconds_per_interval_add_up_to_what_lies_on_the_grid(rows):
    who = np.array([row[0] for row in rows], dtype=np.int64)
    starts = np.array([row[1] for row in rows], dtype=float)
    ends = starts + np.array([row[2] for row in rows], dtype=float)

    seconds = seconds_per_interval(who, starts, ends, people=3, grid=GRID)

    for person in range(3):
        each = [
            sum(max(min(ends[row], edge + 10) - max(starts[row], edge), 0) for row in np.flatnonzero(who == person))
            for edge in range(0, 40, 10)
        ]
        assert each == seconds[person].tolist()


LOADS = st.lists(
    st.lists(st.one_of(st.just(np.nan), st.just(0.0), st.floats(1e-3, 1e3)), min_size=4, max_size=4),
    min_size=3,
    max_size=3,
)


@settings(max_examples=40)
@given(load=LOADS, pairs=st.sets(st.tuples(AGENTS, st.sampled_from("abc")), min_size=1))
def test_the_shares_of_one_person_sum_to_one_at_any_instant(load, pairs):
    rows = pd.DataFrame(sorted(pairs), columns=["agent_id", "service_id"])
    registered = registrations(rows, pd.Index(["a", "b", "c"], dtype=object))

    shares = person_shares(registered, np.array(load))
    people = people_per_service(registered, np.array(load), np.ones((len(registered.agents), 4)))

    totals = np.zeros((len(registered.agents), 4))
    np.add.at(totals, registered.agent, shares)
    assert (shares >= 0).all()
    np.testing.assert_allclose(totals, 1.0, rtol=1e-12)  # three shares of doubles
    np.testing.assert_allclose(np.nansum(people, axis=0), len(registered.agents), rtol=1e-12)


@settings(max_examples=30)
@given(
    readings=st.lists(st.one_of(st.none(), st.integers(0, 50)), min_size=1, max_size=10),
    restarts=st.lists(st.integers(0, 10), max_size=3),
)
def test_no_flow_is_negative_and_none_is_more_than_the_counter_ever_showed(readings, restarts):
    rows = pd.DataFrame(
        {"counter_id": "ann", "read_at": [second(n) for n in range(len(readings))], "reading": readings}
    )

    found = flow_between(rows, restarts=[second(n) for n in restarts])

    assert (found["flow"] >= 0).all()
    shown = dict(zip(rows["read_at"], rows["reading"], strict=True))
    assert all(row.flow <= shown[row.read_at] for row in found.itertuples())


@settings(max_examples=30)
@given(required=st.integers(0, 200), people=st.floats(0, 400), more=st.floats(0, 50))
def test_more_people_never_make_a_shortage(required, people, more):
    rank = {"shortage": 0, "adequate": 1, "optimal": 2, "surplus": 3}

    one, other = coverage_status(
        np.array([people, people + more]), np.array([required, required], dtype=float)
    ).tolist()

    assert rank[one] <= rank[other]
    assert {one, other} <= set(STATUSES)
