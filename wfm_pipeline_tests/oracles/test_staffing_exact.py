"""The queueing models against published values and 10,000 random points in 45-digit arithmetic."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from wfm_pipeline.domain.staffing.erlang import erlang_a, erlang_b, erlang_b_capacity, erlang_c
from wfm_pipeline.domain.staffing.in_bulk import run_rows
from wfm_pipeline.domain.staffing.requirement import agents_required
from wfm_pipeline_tests.oracles import exact_queues

CASES = json.loads((Path(__file__).parents[1] / "cases" / "erlang.json").read_text(encoding="utf-8"))
TIGHT, TIGHT_A = 1e-9, 1e-8  # what the cases ask for; the random points are held to more
LOADS = (1e-6, 20_000.0)


@pytest.mark.parametrize("case", CASES["erlang_b"], ids=lambda case: f"{case['agents']}")
def test_erlang_b_has_the_published_values(case):
    got = erlang_b(case["offered_load_erlangs"], case["agents"])

    assert case["blocking_probability"] == pytest.approx(float(got), rel=TIGHT)


@pytest.mark.parametrize("case", CASES["erlang_b_capacity"], ids=lambda case: f"{case['lines']}")
def test_erlang_b_capacity_has_the_digits_of_the_tables(case):
    one, two = erlang_b_capacity(case["lines"], [0.01, 0.02])

    assert f"{case['load_at_1pct']:.7g}" == f"{one:.7g}"
    assert f"{case['load_at_2pct']:.7g}" == f"{two:.7g}"


@pytest.mark.parametrize("case", CASES["erlang_c"], ids=lambda case: f"{case['agents']}")
def test_erlang_c_has_the_published_values(case):
    words = ("aht_seconds", "answer_target_seconds")
    got = erlang_c(case["offered_load_erlangs"], case["agents"], **{word: case[word] for word in words})

    for name in ("wait_probability", "service_level", "asa_seconds", "occupancy"):
        assert case[name] == pytest.approx(float(getattr(got, name)), rel=TIGHT), name


@pytest.mark.parametrize("case", CASES["erlang_c_required"], ids=lambda case: f"{case['agents_required']}")
def test_the_required_team_is_the_published_one_and_one_fewer_fails(case):
    words = ("calls", "interval_seconds", "aht_seconds", "answer_target_seconds", "service_level_target")
    need = agents_required(**{word: case[word] for word in words})
    load = case["calls"] * case["aht_seconds"] / case["interval_seconds"]
    fewer = erlang_c(load, case["agents_required"] - 1, aht_seconds=case["aht_seconds"],
                     answer_target_seconds=case["answer_target_seconds"])  # fmt: skip

    assert case["agents_required"] == need.agents_required[0]
    assert case["service_level"] == pytest.approx(need.service_level[0], rel=TIGHT)
    assert math.ceil(need.agents_required_exact[0]) == case["agents_required"]
    assert float(fewer.service_level) < case["service_level_target"]
    if case["service_level_one_fewer"] is not None:
        assert case["service_level_one_fewer"] == pytest.approx(float(fewer.service_level), rel=TIGHT)


@pytest.mark.parametrize("case", CASES["erlang_a"], ids=lambda case: f"{case['agents']}")
def test_erlang_a_has_the_published_values(case):
    words = ("aht_seconds", "patience_seconds", "answer_target_seconds")
    load = case["calls_per_hour"] * case["aht_seconds"] / 3600
    got = erlang_a(load, case["agents"], **{word: case[word] for word in words})
    pairs = {
        "wait_probability": got.wait_probability,
        "abandon_probability": got.abandon_share,
        "mean_wait_all_seconds": got.mean_wait_seconds,
        "occupancy": got.occupancy,
        "service_level": got.service_level,
        "mean_queue_length": got.queue_length,
    }

    for name, value in pairs.items():
        assert case[name] == pytest.approx(float(value), rel=TIGHT_A), name


def test_halfin_and_whitts_limit_is_reached_with_many_agents():
    load = 2e5  # the error of the limit falls like 1 / sqrt(load)

    for case in CASES["halfin_whitt"]:
        agents = load + case["beta"] * math.sqrt(load)
        wait = erlang_c(load, agents, aht_seconds=180).wait_probability
        assert case["wait_probability"] == pytest.approx(float(wait), rel=3 / math.sqrt(load))


def _points(count, seed):
    """Loads even in the logarithm over the whole range, teams from short to generous, all times of life."""
    rng = np.random.default_rng(seed)
    load = np.exp(rng.uniform(*np.log(LOADS), count))
    agents = np.maximum(np.rint(load + rng.uniform(-2, 6, count) * np.sqrt(load) + rng.uniform(0, 3, count)), 1)
    target = 10 ** rng.uniform(-3, 1, count)  # answer-time target over AHT: 0.2 s to 30 min at 180 s
    leave = 10 ** rng.uniform(-1, 1, count)  # AHT over patience: 30 min to 18 s at 180 s
    return load, agents, target, leave


def test_8000_random_points_of_erlang_b_and_c_agree_with_45_digits():
    exact_queues.start()
    load, agents, target, _ = _points(8_000, seed=1)
    agents = np.maximum(agents, np.floor(load) + 1)

    b = run_rows("fill_blocking", [load, agents], 1)[:, 0]
    got = run_rows("fill_measures", [load, agents, target, np.zeros_like(load)], 5)[:, [0, 2, 3]]

    rows = zip(load.tolist(), agents.astype(int).tolist(), target.tolist(), strict=True)
    want = np.array([_floats(exact_queues.erlang_b_and_c(a, n, t)) for a, n, t in rows])
    # the wait hangs on agents - load, which doubles know to load x 1e-16: that many digits are in the question
    assert np.abs(b / want[:, 0] - 1).max() < 1e-11
    assert np.abs(got / want[:, 1:] - 1).max() < 1e-10


def test_2000_random_points_of_erlang_a_agree_with_45_digits():
    exact_queues.start()
    load, agents, target, leave = _points(2_000, seed=2)

    got = run_rows("fill_measures", [load, agents, target, leave], 5)

    rows = zip(load.tolist(), agents.astype(int).tolist(), target.tolist(), leave.tolist(), strict=True)
    want = np.array([_floats(exact_queues.erlang_a(*row)) for row in rows])
    assert np.abs(got / want - 1).max() < 1e-10


def test_erlang_a_keeps_its_digits_when_far_too_few_agents_answer():
    exact_queues.start()
    for load, agents, target, leave in [(50.0, 20, 0.1, 0.01), (2000.0, 1500, 0.1, 0.3), (5.0, 1, 0.5, 0.02)]:
        got = run_rows("fill_measures", [np.array([value]) for value in (load, agents, target, leave)], 5)[0]
        assert _floats(exact_queues.erlang_a(load, agents, target, leave)) == pytest.approx(got, rel=TIGHT_A)


def _floats(values):
    return [float(value) for value in values]


def _rows(count, seed, *, is_patient):
    rng = np.random.default_rng(seed)
    aht = rng.uniform(30, 900, count)
    load = np.exp(rng.uniform(*np.log(LOADS), count))
    return {
        "calls": load * 1800 / aht,
        "interval_seconds": 1800.0,
        "aht_seconds": aht,
        "answer_target_seconds": rng.choice([0.0, 5.0, 20.0, 60.0, 300.0], count),
        "service_level_target": rng.choice([0.01, 0.2, 0.5, 0.8, 0.9, 0.99, 0.999], count),
        "patience_seconds": np.nan if is_patient else 10 ** rng.uniform(1, 4, count),
    }


@pytest.mark.parametrize("is_patient", [True, False], ids=["erlang_c", "erlang_a"])
def test_the_smallest_team_is_really_the_smallest_for_5000_random_rows(is_patient):
    rows = _rows(5_000, seed=3, is_patient=is_patient)
    need = agents_required(**rows)
    load = rows["calls"] * rows["aht_seconds"] / 1800
    patience = np.inf if is_patient else rows["patience_seconds"]
    words = {"aht_seconds": rows["aht_seconds"], "answer_target_seconds": rows["answer_target_seconds"],
             "patience_seconds": patience}  # fmt: skip

    enough = erlang_a(load, need.agents_required, **words).service_level
    fewer = erlang_a(load, need.agents_required - 1, **words).service_level
    just = erlang_a(load, need.agents_required_exact, **words).service_level

    assert (need.reason == "").all()
    assert (enough >= rows["service_level_target"] * (1 - 1e-12)).all()
    assert (fewer < rows["service_level_target"]).all()
    assert (np.ceil(need.agents_required_exact) == need.agents_required).all()
    assert np.abs(just - rows["service_level_target"]).max() < 1e-9  # the root is found to 1e-12 of the agents
