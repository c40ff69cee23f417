"""The event simulation beside a birth-death chain: Erlang C and A where they hold.

The chain is solved here from its balance equations, state by state, and the wait of a caller is
followed through it; no formula of the product is used.
"""

import math

import numpy as np
import pytest
from scipy.linalg import expm

from wfm_pipeline.domain.simulation.floor.replications import queue_summary, ratio_of_sums, replicate
from wfm_pipeline_tests.floor_kit import steady


def chain(calls_per_hour, aht, agents, patience, target, *, most=400):
    """Service level (over offered), abandonment and mean wait of M/M/n+M by its chain.

    Args:
        calls_per_hour: Arrival rate [1/h].
        aht: Mean handle time [s].
        agents: Agents.
        patience: Mean patience [s], infinite for Erlang C.
        target: Answer-time target [s].
        most: States that are kept; the rest has no weight.
    """
    arrive, serve, leave = calls_per_hour / 3600, 1 / aht, 1 / patience
    weights = [1.0]
    for state in range(1, most):
        weights.append(weights[-1] * arrive / (min(state, agents) * serve + max(state - agents, 0) * leave))
    share = np.array(weights) / math.fsum(weights)
    ahead = most - agents
    # a caller with k callers ahead: each departure (service or one of the k giving up) moves up by one;
    # the caller leaves unanswered at rate `leave`. States: 0..ahead-1 ahead, answered, gave up.
    moves = np.zeros((ahead + 2, ahead + 2))
    for k in range(ahead):
        onward = agents * serve + k * leave
        moves[k, k - 1 if k else ahead] += onward
        moves[k, ahead + 1] += leave
        moves[k, k] -= onward + leave
    begin = np.zeros(ahead + 2)
    begin[:ahead] = share[agents:]
    answered = share[:agents].sum() + (begin @ expm(moves * target))[ahead]
    line = float(np.dot(share[agents:], np.arange(ahead)))
    return answered, leave * line / arrive, line / arrive


CASES = [
    pytest.param(180, 240, 14, math.inf, 20, id="erlang_c_12_erlangs"),
    pytest.param(60, 240, 6, math.inf, 30, id="erlang_c_small"),
    pytest.param(180, 240, 12, 300, 20, id="erlang_a_at_full_load"),
    pytest.param(600, 180, 27, 120, 20, id="erlang_a_overload"),
    pytest.param(60, 240, 4, 60, 10, id="erlang_a_impatient"),
]


@pytest.mark.parametrize(("calls", "aht", "agents", "patience", "target"), CASES)
def test_the_simulation_finds_erlang_inside_its_own_confidence_interval(calls, aht, agents, patience, target):
    level, abandons, wait = chain(calls, aht, agents, patience, target)
    floor = steady(calls, aht, agents, patience=None if math.isinf(patience) else patience, hours=120, target=target)

    found = queue_summary(replicate(floor, seed=11, runs=60), confidence=0.999, first_interval=10).iloc[0]

    # 99.9 %: the 15 statements of this test hold together in 98.5 of 100 seeds; the interval itself is narrow
    assert found["service_level_low"] <= level <= found["service_level_high"]
    assert found["wait_mean_seconds_low"] <= wait <= found["wait_mean_seconds_high"]
    assert found["abandon_share_low"] <= abandons <= found["abandon_share_high"]
    assert found["service_level_high"] - found["service_level_low"] < 0.03


def test_the_confidence_interval_covers_as_often_as_it_says():
    level, _, _ = chain(60, 240, 5, 200, 20)
    floor = steady(60, 240, 5, patience=200, hours=30)
    hits = 0
    for seed in range(200):
        runs = replicate(floor, seed=seed, runs=10)
        sums = [runs.queue_sums(name, first_interval=3)[:, 0] for name in ("answered_in_target", "calls_offered")]
        found = ratio_of_sums(*sums, confidence=0.90)
        hits += found.low <= level <= found.high

    # binomial(200, 0.90): mean 180, standard deviation 4.2; four of them either side
    assert 163 <= hits <= 197
