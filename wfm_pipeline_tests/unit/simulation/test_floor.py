"""One test per decision of the event simulation, on calls whose fate can be worked out by hand."""

import numpy as np
import pytest

from wfm_pipeline.domain.simulation.floor import ways
from wfm_pipeline.domain.simulation.floor.centre import AgentGroup, Redials, Stint, present_by_interval
from wfm_pipeline.domain.simulation.floor.draws import draw_callers
from wfm_pipeline.domain.simulation.floor.durations import Constant, Exponential, Lognormal, Recorded, SurvivalCurve
from wfm_pipeline.domain.simulation.floor.measures import GROUP_MEASURES, QUEUE_MEASURES, measure
from wfm_pipeline.domain.simulation.floor.replications import (
    queue_summary,
    ratio_of_sums,
    replicate,
)
from wfm_pipeline.domain.simulation.floor.run import (
    ABANDONED,
    ANSWERED,
    WAITING,
    Attempts,
    crew_of,
    run_callers,
    run_floor,
)
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.floor_kit import floor_of, play, queue_of, shift, steady, team

INF = np.inf


def test_a_call_that_meets_an_idle_agent_does_not_wait():
    run = play(floor_of([queue_of()], [team(agents=2)]), [(0, 0, 100, INF), (10, 0, 100, INF)])

    assert [0, 0] == run.wait.tolist()
    assert [100, 110] == run.ended.tolist()


def test_the_line_is_served_in_order_of_arrival():
    run = play(floor_of([queue_of()], [team()]), [(0, 0, 100, INF), (10, 0, 50, INF), (20, 0, 50, INF)])

    # one agent: busy until 100, then the call of 10 until 150, then that of 20
    assert [0, 90, 130] == run.wait.tolist()


def test_the_more_urgent_queue_goes_first_whoever_came_first():
    queues = [queue_of("slow", priority=2), queue_of("urgent", priority=1)]
    run = play(
        floor_of(queues, [team(queues=("slow", "urgent"))]), [(0, 0, 100, INF), (10, 0, 50, INF), (20, 1, 50, INF)]
    )

    # free at 100: the urgent call of 20 first, the slow one of 10 at 150
    assert [0, 140, 80] == run.wait.tolist()


def test_of_equally_urgent_queues_the_longest_wait_goes_first():
    queues = [queue_of("a"), queue_of("b")]
    run = play(floor_of(queues, [team(queues=("a", "b"))]), [(0, 0, 100, INF), (10, 1, 50, INF), (20, 0, 50, INF)])

    assert [0, 90, 130] == run.wait.tolist()


def test_level_2_is_asked_only_when_no_level_1_is_idle():
    groups = [team("help", levels={"q": 2}), team("own", levels={"q": 1})]
    run = play(floor_of([queue_of()], groups), [(0, 0, 100, INF), (10, 0, 100, INF)])

    assert [1, 0] == run.agent.tolist()  # agents are numbered group by group: 0 helps, 1 is of the queue's own


def test_a_free_agent_takes_its_own_level_before_a_longer_wait_elsewhere():
    queues = [queue_of("other"), queue_of("own")]
    groups = [team(levels={"other": 2, "own": 1})]
    run = play(floor_of(queues, groups), [(0, 1, 100, INF), (10, 0, 50, INF), (20, 1, 50, INF)])

    assert [0, 140, 80] == run.wait.tolist()


def test_the_agent_idle_longest_takes_the_call():
    run = play(floor_of([queue_of()], [team(agents=2)]), [(0, 0, 10, INF), (20, 0, 10, INF), (40, 0, 10, INF)])

    # agent 0 is idle again since 10, agent 1 since 0, then agent 0 since 10 against agent 1 since 30
    assert [0, 1, 0] == run.agent.tolist()


def test_the_agent_idle_longest_takes_the_call_whatever_the_group():
    groups = [team("first"), team("second")]
    run = play(floor_of([queue_of()], groups), [(0, 0, 10, INF), (5, 0, 1, INF), (20, 0, 10, INF)])

    # agent 0 is idle since 10, agent 1 of the other group since 6
    assert [0, 1, 1] == run.agent.tolist()


def test_a_caller_leaves_when_patience_ends_and_uses_no_agent():
    run = play(floor_of([queue_of()], [team()]), [(0, 0, 100, INF), (10, 0, 50, 30), (20, 0, 50, INF)])

    assert [ANSWERED, ABANDONED, ANSWERED] == run.outcome.tolist()
    assert [0, 30, 80] == run.wait.tolist()
    assert -1 == run.agent[1]


def test_a_caller_whose_patience_ends_when_an_agent_gets_free_is_answered():
    run = play(floor_of([queue_of()], [team()]), [(0, 0, 100, INF), (10, 0, 50, 90)])

    assert ANSWERED == run.outcome[1]
    assert 90 == run.wait[1]


def test_without_patience_a_call_is_answered_at_once_or_lost():
    run = play(floor_of([queue_of()], [team()]), [(0, 0, 100, 0), (10, 0, 50, 0), (100, 0, 50, 0)])

    assert [ANSWERED, ABANDONED, ANSWERED] == run.outcome.tolist()


def test_nobody_answers_before_the_shift_starts_nor_at_its_very_end():
    run = play(floor_of([queue_of()], [shift("g", (100, 200))]), [(0, 0, 10, INF), (200, 0, 10, INF)])

    assert 100 == run.wait[0]
    assert WAITING == run.outcome[1]


def test_an_agent_who_finishes_at_the_very_end_of_the_shift_takes_no_further_call():
    run = play(floor_of([queue_of()], [shift("g", (0, 200))]), [(100, 0, 100, INF), (150, 0, 10, INF)])

    assert [ANSWERED, WAITING] == run.outcome.tolist()


def test_a_call_that_outlasts_the_shift_is_finished_as_overtime():
    floor = floor_of([queue_of()], [shift("g", (0, 200))])
    run = play(floor, [(150, 0, 100, INF), (160, 0, 10, INF)])
    sums = dict(zip(GROUP_MEASURES, measure(floor, crew_of(floor), run).groups.sum(axis=(1, 2)), strict=True))

    assert 250 == run.ended[0]
    assert WAITING == run.outcome[1]
    assert {"staffed_seconds": 200, "overtime_seconds": 50, "busy_seconds": 100} == sums


def test_a_break_waits_for_the_end_of_the_call_and_is_shortened():
    run = play(floor_of([queue_of()], [shift("g", (0, 100), (150, 400))]), [(90, 0, 30, INF), (125, 0, 10, INF)])

    # busy until 120 although the break began at 100; back at 150 as planned
    assert [120, 160] == run.ended.tolist()


def test_a_call_through_the_whole_break_leaves_the_agent_on_the_phones():
    floor = floor_of([queue_of()], [shift("g", (0, 100), (150, 200), (210, 400))])
    run = play(floor, [(90, 0, 215, INF), (305, 0, 10, INF)])
    sums = measure(floor, crew_of(floor), run).groups[:, 0, 0]

    assert 0 == run.wait[1]  # free at 305, which is inside the third stint
    assert [100 + 50 + 190, 50 + 10, 225] == sums.tolist()  # staffed, overtime in both breaks, busy


def test_stints_that_touch_are_one():
    run = play(floor_of([queue_of()], [shift("g", (0, 100), (100, 200))]), [(50, 0, 60, INF), (60, 0, 5, INF)])

    assert [0, 50] == run.wait.tolist()


def test_a_caller_who_gave_up_comes_back_at_the_end_of_the_line():
    redials = Redials(1.0, Constant(20.0), attempts_max=2)
    floor = floor_of([queue_of(redials=redials)], [team()])
    run = play(floor, [(0, 0, 200, INF), (10, 0, 50, 30), (50, 0, 60, INF)])

    # gives up at 40, comes back at 60 behind the call of 50, whose patience never ends
    assert [0, 10, 50, 60] == run.arrived.tolist()
    assert [0, 1, 2, 1] == run.caller.tolist()
    assert [1, 1, 1, 2] == run.attempt.tolist()
    assert [0, 30, 150, 200] == run.wait.tolist()  # free at 200; the call of 50 takes until 260


def test_nobody_calls_more_often_than_attempts_max():
    redials = Redials(1.0, Constant(5.0), attempts_max=3)
    floor = floor_of([queue_of(patience=1.0, redials=redials)], [])
    run = play(floor, [(0, 0, 1, 1)])

    assert 3 == len(run.arrived)
    assert {ABANDONED} == set(run.outcome.tolist())


def test_without_agents_and_with_endless_patience_everybody_still_waits():
    run = play(floor_of([queue_of()], []), [(0, 0, 1, INF), (7, 0, 1, INF)])

    assert [WAITING, WAITING] == run.outcome.tolist()
    assert [7, 0] == run.wait.tolist()  # up to the last event


def test_a_floor_without_calls_is_no_fault():
    floor = floor_of([queue_of(calls=(0.0, 0.0))], [team(agents=2, ends=1800.0)])
    runs = replicate(floor, seed=1, runs=2)

    assert 0 == runs.queues.sum()
    assert np.isnan(queue_summary(runs)["service_level"].iloc[0])
    assert 2 * 2 * 1800 == runs.group_sums("staffed_seconds").sum()


def test_what_comes_after_the_last_interval_counts_in_it():
    floor = floor_of([queue_of(calls=(0.0, 0.0))], [team(agents=1, ends=1800.0)])
    run = play(floor, [(10, 0, 5, INF), (5000, 0, 5, INF)])
    offered = measure(floor, crew_of(floor), run).queues[QUEUE_MEASURES.index("calls_offered"), 0]

    assert [1, 1] == offered.tolist()


def test_work_is_spread_over_the_intervals_it_lasts():
    floor = floor_of([queue_of(calls=(0.0,) * 3)], [team(agents=1, ends=2700.0)])
    run = play(floor, [(800, 0, 1100, INF)])
    busy = measure(floor, crew_of(floor), run).groups[GROUP_MEASURES.index("busy_seconds"), 0]

    assert [100, 900, 100] == pytest.approx(busy.tolist())


def test_the_kth_agent_is_there_wherever_the_number_is_at_least_k():
    assert (
        (Stint(0, 1800), Stint(2700, 3600)),
        (Stint(900, 1800),),
    ) == present_by_interval([1, 2, 0, 1], 900.0)


def test_the_same_seed_gives_the_same_run_and_another_one_does_not():
    floor = steady(100, 240, 9, patience=200, hours=5)

    first, again, other = (run_floor(floor, seed=seed) for seed in (1, 1, 2))

    assert first.wait.tobytes() == again.wait.tobytes()
    assert first.arrived.tobytes() != other.arrived.tobytes()


def test_one_agent_more_meets_the_very_same_callers():
    few, many = (draw_callers(steady(100, 240, agents, patience=200, hours=5), seed=3) for agents in (8, 9))

    assert few.arrived.tobytes() == many.arrived.tobytes()
    assert few.patience.tobytes() == many.patience.tobytes()


def _bytes(run):
    return {name: getattr(run, name).tobytes() for name in Attempts.__slots__ if name != "ends"} | {"ends": run.ends}


@pytest.mark.parametrize(
    ("queues", "teams"),
    [
        pytest.param([queue_of("a", calls=(300.0,) * 4)], [team("x", 45, queues=("a",))], id="one_queue"),
        pytest.param(
            [
                queue_of("a", calls=(300.0,) * 4, patience=100, redials=Redials(0.5, Exponential(30))),
                queue_of("b", calls=(200.0,) * 4),
            ],
            [team("x", 60, queues=("a",)), team("y", 70, levels={"a": 2, "b": 1})],
            id="skills_patience_and_redials",
        ),
        pytest.param([queue_of(calls=(50.0,) * 4, patience=30)], [shift("g", (0, 100), (150, 900))], id="one_shift"),
        pytest.param([queue_of("a", calls=(0.0,) * 4)], [team("x", 0, queues=("a",))], id="nobody_calls_or_works"),
    ],
)
def test_compiled_and_plain_give_the_same_to_the_last_bit(queues, teams):
    floor = floor_of(queues, teams)
    callers, crew = draw_callers(floor, seed=5), crew_of(floor)

    plain, compiled = (run_callers(floor, crew, callers, is_compiled=which) for which in (False, True))

    assert _bytes(plain) == _bytes(compiled)


def test_a_process_compiles_once_it_has_seen_many_callers(monkeypatch):
    ways_taken = []
    monkeypatch.setattr(ways, "_SEEN", ways._Tally())
    monkeypatch.setattr(ways, "PLAIN_CALLERS", 500)
    monkeypatch.setattr(
        ways, "compiled", lambda *_words, **_named: lambda *_parts: ways_taken.append("compiled") or 0.0
    )
    floor = steady(100, 240, 9, hours=2)

    for seed in range(4):
        before = len(ways_taken)
        run_floor(floor, seed=seed)
        ways_taken += ["plain"] if len(ways_taken) == before else []

    assert ["plain", "plain", "compiled", "compiled"] == ways_taken


@pytest.mark.parametrize(
    ("durations", "mean", "tolerance"),
    [
        pytest.param(Exponential(240.0), 240.0, 0.01, id="exponential"),
        pytest.param(Lognormal(240.0, 1.3), 240.0, 0.02, id="lognormal"),
        pytest.param(Constant(17.0), 17.0, 1e-12, id="constant"),
        pytest.param(Recorded(np.array([10.0, 20.0, 60.0])), 30.0, 1e-3, id="recorded"),
    ],
)
def test_durations_have_the_mean_they_claim(durations, mean, tolerance):
    shares = (np.arange(200_000) + 0.5) / 200_000

    assert mean == pytest.approx(float(durations.at(shares).mean()), rel=tolerance)


def test_what_a_survival_curve_leaves_over_never_ends():
    curve = SurvivalCurve(np.array([10.0, 20.0]), np.array([0.75, 0.5]))

    assert [10, 10, 20, 20, INF, INF] == curve.at(np.array([0.0, 0.24, 0.25, 0.49, 0.5, 0.99])).tolist()


def test_the_interval_of_a_ratio_is_the_ratio_estimators():
    above, below = np.array([8.0, 6.0, 9.0]), np.array([10.0, 10.0, 10.0])
    found = ratio_of_sums(above, below)

    # equal sums below: mean 23/30, deviations .8, .6, .9 -> sd .15275, / sqrt(3) x t(2, .975) = 4.30265
    assert 23 / 30 == pytest.approx(found.value)
    assert 0.152753 / np.sqrt(3) * 4.302653 == pytest.approx(found.high - found.value, rel=1e-5)


def test_one_run_has_no_interval():
    assert np.isnan(ratio_of_sums(np.array([3.0]), np.array([1.0])).low)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda: Redials(40, Exponential(60)), "write 40 % as 0.40", id="percent"),
        pytest.param(lambda: queue_of(calls=(-1.0,)), "0 or more", id="negative_calls"),
        pytest.param(lambda: Exponential(0.0), "above 0", id="no_mean"),
        pytest.param(lambda: shift("g", (0, 100), (50, 200)), "without overlap", id="overlap"),
        pytest.param(lambda: floor_of([queue_of()], [team(queues=("z",))]), "unknown queues z", id="unknown_queue"),
        pytest.param(lambda: floor_of([queue_of(), queue_of()], []), "comes twice", id="queue_twice"),
        pytest.param(lambda: AgentGroup("g", {"q": 0}, ()), "must be 1 to", id="level_0"),
        pytest.param(lambda: replicate(floor_of([queue_of()], []), seed=1, runs=0), "at least 1", id="no_run"),
        pytest.param(
            lambda: draw_callers(floor_of([queue_of(calls=(1e9,))], []), seed=1), "another unit", id="too_many"
        ),
        pytest.param(lambda: floor_of([queue_of()], [], interval_seconds=0.0), "longer than 0 s", id="no_interval"),
        pytest.param(lambda: SurvivalCurve(np.array([1.0, 2.0]), np.array([0.5, 0.6])), "falling", id="rising_curve"),
    ],
)
def test_a_floor_that_cannot_be_is_refused_by_name(make, words):
    with pytest.raises(DataError, match=words):
        make()
