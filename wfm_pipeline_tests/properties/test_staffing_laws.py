"""What must hold of every queue: monotone in agents, limits, Little's law, no unit of time."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.staffing.erlang import erlang_a, erlang_c
from wfm_pipeline.domain.staffing.requirement import agents_required

LOADS = st.floats(1e-6, 500.0)
SPARE = st.floats(-3.0, 6.0)
TARGETS = st.floats(0.0, 300.0)
AHTS = st.floats(30.0, 900.0)
PATIENCE = st.one_of(st.just(np.inf), st.floats(5.0, 5000.0))
ROUNDING = 1e-11


def queue(load, agents, target, aht, patience):
    return erlang_a(load, agents, aht_seconds=aht, patience_seconds=patience, answer_target_seconds=target)


def agents_near(load, spare):
    return max(load + spare * np.sqrt(load), 0.05)


@settings(max_examples=300)
@given(load=LOADS, spare=SPARE, more=st.floats(1e-3, 5.0), target=TARGETS, aht=AHTS, patience=PATIENCE)
def test_more_agents_are_never_worse(load, spare, more, target, aht, patience):
    agents = agents_near(load, spare)

    few, many = (queue(load, count, target, aht, patience) for count in (agents, agents + more))

    assert many.service_level >= few.service_level - ROUNDING
    for name in ("wait_probability", "abandon_share", "asa_seconds", "mean_wait_seconds", "queue_length", "occupancy"):
        assert getattr(many, name) <= getattr(few, name) * (1 + 1e-9) + 1e-290, name


@settings(max_examples=300)
@given(load=LOADS, spare=SPARE, target=TARGETS, aht=AHTS, patience=PATIENCE)
def test_shares_are_shares_and_what_is_answered_in_time_is_not_abandoned(load, spare, target, aht, patience):
    got = queue(load, agents_near(load, spare), target, aht, patience)

    for name in ("wait_probability", "abandon_share", "service_level", "occupancy"):
        assert -ROUNDING <= getattr(got, name) <= 1 + ROUNDING, name
    assert got.service_level + got.abandon_share <= 1 + ROUNDING
    assert got.service_level >= 1 - got.wait_probability - ROUNDING
    assert got.abandon_share <= got.wait_probability + ROUNDING


@settings(max_examples=200)
@given(load=LOADS, spare=SPARE, target=TARGETS, aht=AHTS, patience=st.floats(5.0, 5000.0))
def test_the_mean_wait_of_the_answered_is_the_area_above_the_service_level(load, spare, target, aht, patience):
    agents = agents_near(load, spare)
    got = queue(load, agents, target, aht, patience)
    nodes, weights = np.polynomial.legendre.leggauss(20)

    # E[W; answered] = integral of P(answered) - P(answered within t): Little's law for those who are answered
    scale = float(got.mean_wait_seconds) / max(float(got.wait_probability), 1e-300) + 1e-9
    edges = np.concatenate([[0.0], scale * 2.0 ** np.arange(-6, 8, 0.125)])
    half = np.diff(edges)[:, None] / 2
    times = edges[:-1, None] + half * (1 + nodes)
    rest = 1 - got.abandon_share - queue(load, agents, times, aht, patience).service_level

    assert float((rest * half * weights).sum()) == pytest.approx(
        float((1 - got.abandon_share) * got.asa_seconds), rel=1e-6, abs=1e-9 * scale
    )
    assert arrivals(load, aht) * float(got.mean_wait_seconds) == pytest.approx(float(got.queue_length), rel=1e-12)


def arrivals(load, aht):
    return load / aht


@settings(max_examples=100)
@given(load=LOADS, beta=st.floats(0.2, 3.0), target=TARGETS, aht=AHTS)
def test_erlang_a_tends_to_c_as_patience_grows(load, beta, target, aht):
    agents = load + beta * np.sqrt(load)
    limit = erlang_c(load, agents, aht_seconds=aht, answer_target_seconds=target)

    # with little patience the difference may have either sign; far out it falls like 1 / patience
    gaps = [
        abs(float(queue(load, agents, target, aht, aht * times).service_level - limit.service_level))
        for times in (1e5, 1e7, 1e9)
    ]

    assert all(later <= earlier + ROUNDING for earlier, later in itertools.pairwise(gaps))
    assert gaps[-1] < 1e-6


@settings(max_examples=100)
@given(load=LOADS, spare=SPARE, target=TARGETS, aht=AHTS, patience=PATIENCE, unit=st.floats(1e-3, 1e3))
def test_nothing_depends_on_the_unit_of_time(load, spare, target, aht, patience, unit):
    agents = agents_near(load, spare)

    one, other = queue(load, agents, target, aht, patience), queue(load, agents, target * unit, aht * unit, patience * unit)  # fmt: skip

    assert float(one.service_level) == pytest.approx(float(other.service_level), rel=1e-9, abs=1e-12)
    assert float(one.asa_seconds) * unit == pytest.approx(float(other.asa_seconds), rel=1e-9)


@settings(max_examples=200)
@given(
    load=LOADS,
    target=TARGETS,
    aht=AHTS,
    patience=st.one_of(st.just(np.nan), st.floats(5.0, 5000.0)),
    level=st.floats(0.01, 0.999),
    cap=st.one_of(st.just(np.nan), st.floats(0.3, 1.0)),
)
def test_the_whole_requirement_is_the_exact_one_rounded_up_and_calls_never_need_fewer(
    load, target, aht, patience, level, cap
):
    words = {"answer_target_seconds": target, "service_level_target": level, "patience_seconds": patience,
             "max_occupancy": cap}  # fmt: skip
    need = agents_required([load * 1800 / aht, 1.1 * load * 1800 / aht], 1800.0, aht, **words)

    assert np.ceil(need.agents_required_exact).tolist() == need.agents_required.tolist()
    assert need.agents_required_exact[0] <= need.agents_required_exact[1] * (1 + 1e-9)
    assert (need.agents_scheduled >= need.agents_required).all()
