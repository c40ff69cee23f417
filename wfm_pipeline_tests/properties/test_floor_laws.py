"""Laws of the event simulation, on floors of any shape."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.simulation.floor.centre import AgentGroup, Floor, Queue, Redials, Stint
from wfm_pipeline.domain.simulation.floor.durations import NEVER, Constant, Exponential
from wfm_pipeline.domain.simulation.floor.measures import GROUP_MEASURES, QUEUE_MEASURES, measure
from wfm_pipeline.domain.simulation.floor.run import ABANDONED, ANSWERED, WAITING, crew_of, run_floor

INTERVALS, SECONDS = 3, 600.0


@st.composite
def stints(draw):
    """One agent: up to three stretches, perhaps touching, perhaps none."""
    edges = sorted(draw(st.lists(st.sampled_from(range(0, 2400, 100)), min_size=0, max_size=6, unique=True)))
    return tuple(Stint(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def floors(draw):
    """One to three queues, up to three groups with any skills, redials or none."""
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    queues = tuple(
        Queue(
            name,
            np.array(draw(st.lists(st.floats(0, 12), min_size=INTERVALS, max_size=INTERVALS))),
            draw(st.sampled_from([Exponential(90.0), Constant(100.0)])),
            draw(st.sampled_from([NEVER, Exponential(60.0), Constant(100.0), Constant(0.0)])),
            priority=draw(st.integers(1, 2)),
            redials=draw(st.sampled_from([None, Redials(0.7, Exponential(50.0), 3)])),
        )
        for name in names
    )
    groups = tuple(
        AgentGroup(
            f"g{number}",
            draw(st.dictionaries(st.sampled_from(names), st.integers(1, 2), min_size=1)),
            tuple(draw(st.lists(stints(), max_size=4))),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    return Floor(SECONDS, queues, groups)


@settings(max_examples=200)
@given(floors(), st.integers(0, 2**31))
def test_every_attempt_is_answered_abandoned_or_still_in_the_line(floor, seed):
    run = run_floor(floor, seed=seed)
    sums = dict(zip(QUEUE_MEASURES, measure(floor, crew_of(floor), run).queues.sum(axis=(1, 2)), strict=True))

    assert sums["calls_offered"] == sums["calls_answered"] + sums["calls_abandoned"] + sums["calls_waiting"]
    assert len(run.wait) == sums["calls_offered"]
    assert np.all(run.wait >= 0)


@settings(max_examples=200)
@given(floors(), st.integers(0, 2**31))
def test_littles_law_holds_event_by_event(floor, seed):
    run = run_floor(floor, seed=seed)

    # the integral of the line's length, kept at every event, equals the waits added up
    waits = np.bincount(run.queue, run.wait, len(floor.queues))
    np.testing.assert_allclose(run.queue_seconds, waits, rtol=1e-9, atol=1e-6)


@settings(max_examples=200)
@given(floors(), st.integers(0, 2**31))
def test_no_agent_serves_two_callers_at_once_nor_without_the_skill_nor_begins_off_shift(floor, seed):
    run, crew = run_floor(floor, seed=seed), crew_of(floor)
    agents = [(group, stint) for group in floor.groups for stint in group.agents]
    for number, (group, stretches) in enumerate(agents):
        mine = np.flatnonzero(run.agent == number)
        mine = mine[np.argsort(run.started[mine], kind="stable")]

        assert np.all(run.started[mine][1:] >= run.ended[mine][:-1] - 1e-9)
        assert {floor.queues[queue].queue_id for queue in run.queue[mine]} <= set(group.levels)
        assert all(any(s.starts <= t < s.ends for s in stretches) for t in run.started[mine].tolist())
    assert len(agents) == len(crew.group)


@settings(max_examples=200)
@given(floors(), st.integers(0, 2**31))
def test_a_queue_is_served_first_come_first_served(floor, seed):
    run = run_floor(floor, seed=seed)
    for queue in range(len(floor.queues)):
        answered = np.flatnonzero((run.queue == queue) & (run.outcome == ANSWERED))

        # same skills or not: nobody of the same queue is answered before somebody who came earlier and still waits
        assert np.all(np.diff(run.started[answered]) >= 0)


@settings(max_examples=200)
@given(floors(), st.integers(0, 2**31))
def test_nobody_of_a_more_urgent_queue_is_passed_over(floor, seed):
    run = run_floor(floor, seed=seed)
    gone = np.where(run.outcome == WAITING, np.inf, run.arrived + run.wait)
    group_of = [position for position, group in enumerate(floor.groups) for _ in group.agents]
    for call in np.flatnonzero(run.outcome == ANSWERED).tolist():
        begins, mine = run.started[call], floor.queues[run.queue[call]]
        skills = floor.groups[group_of[run.agent[call]]].levels
        for other in np.flatnonzero((run.arrived < begins) & (gone > begins)).tolist():
            theirs = floor.queues[run.queue[other]]
            assert theirs.queue_id not in skills or theirs.priority >= mine.priority


@settings(max_examples=200)
@given(floors(), st.integers(0, 2**31))
def test_nobody_joins_the_line_while_an_agent_who_could_answer_idles(floor, seed):
    run = run_floor(floor, seed=seed)
    agents = [(group, stint) for group in floor.groups for stint in group.agents]
    for call in np.flatnonzero(run.wait > 0).tolist():
        now, queue_id = run.arrived[call], floor.queues[run.queue[call]].queue_id
        busy = set(run.agent[(run.started <= now) & (run.ended > now)].tolist())
        able = {
            number
            for number, (group, stretches) in enumerate(agents)
            if queue_id in group.levels and any(one.starts <= now < one.ends for one in stretches)
        }
        assert able <= busy


@settings(max_examples=200)
@given(floors(), st.integers(0, 2**31))
def test_work_is_done_in_staffed_time_or_overtime(floor, seed):
    run = run_floor(floor, seed=seed)
    sums = dict(zip(GROUP_MEASURES, measure(floor, crew_of(floor), run).groups, strict=True))

    assert np.all(sums["busy_seconds"] <= sums["staffed_seconds"] + sums["overtime_seconds"] + 1e-6)
    served = run.outcome == ANSWERED
    np.testing.assert_allclose(
        (run.ended[served] - run.started[served]).sum(), sums["busy_seconds"].sum(), rtol=1e-9, atol=1e-6
    )


@settings(max_examples=100)
@given(floors(), st.integers(0, 2**31), st.sampled_from([0.1, 60.0]))
def test_the_unit_of_time_does_not_matter(floor, seed, scale):
    def scaled(durations):
        if isinstance(durations, Exponential):
            return Exponential(durations.mean_seconds * scale)
        return Constant(durations.seconds * scale)

    other = Floor(
        floor.interval_seconds * scale,
        tuple(
            Queue(
                q.queue_id, q.calls, scaled(q.handle), scaled(q.patience), q.answer_target_seconds * scale, q.priority,
                q.redials and Redials(q.redials.probability, scaled(q.redials.delay), q.redials.attempts_max),
            )
            for q in floor.queues
        ),
        tuple(
            AgentGroup(
                g.group_id, g.levels, tuple(tuple(Stint(s.starts * scale, s.ends * scale) for s in one) for one in g.agents)
            )
            for g in floor.groups
        ),
    )  # fmt: skip
    # equal times tie in one unit and miss each other by a rounding in the other
    given_times = [part for q in floor.queues for part in (q.handle, q.patience) if isinstance(part, Constant)]
    assume(not any(0 < part.seconds < np.inf for part in given_times))

    one, two = run_floor(floor, seed=seed), run_floor(other, seed=seed)

    assert one.outcome.tolist() == two.outcome.tolist()
    np.testing.assert_allclose(one.wait * scale, two.wait, rtol=1e-6, atol=1e-6)


@settings(max_examples=100)
@given(floors(), st.integers(0, 2**31))
def test_who_gave_up_waited_just_as_long_as_patience_said(floor, seed):
    run = run_floor(floor, seed=seed)
    for position, queue in enumerate(floor.queues):
        gave_up = (run.queue == position) & (run.outcome == ABANDONED)
        if isinstance(queue.patience, Constant):
            np.testing.assert_allclose(run.wait[gave_up], queue.patience.seconds, rtol=0, atol=1e-9)
