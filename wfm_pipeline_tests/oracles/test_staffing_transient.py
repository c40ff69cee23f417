"""The modified offered load against Monte Carlo, and its staffing against the exact M(t)/M/s(t) chain."""

import numpy as np
import pytest
from scipy.stats import poisson

from wfm_pipeline.domain.staffing.faults import StaffingError
from wfm_pipeline.domain.staffing.requirement import agents_required
from wfm_pipeline.domain.staffing.transient import HandleTime, equivalent_calls, modified_offered_load

STEP, AHT, TARGET, LEVEL = 1800.0, 1200.0, 20.0, 0.8
DAY = 120 * np.sin(np.pi * np.arange(1, 21) / 21) ** 2  # calls per half-hour: up to 120, 80 erlangs at noon


@pytest.mark.parametrize("variation", [0.0, 0.5, 1.0, 1.7])
def test_the_modified_load_is_the_mean_number_busy_in_a_simulation(variation):
    rng = np.random.default_rng(11)
    days, calls = 400, np.array([30.0, 60.0, 10.0, 0.0, 45.0])
    busy = np.zeros(len(calls))
    for _ in range(days):
        for interval, count in enumerate(calls):
            starts = rng.uniform(interval, interval + 1, rng.poisson(count)) * STEP
            if variation in (0.0, 1.0):
                lengths = np.full(len(starts), AHT) if variation == 0 else rng.exponential(AHT, len(starts))
            else:
                sigma = np.sqrt(np.log1p(variation**2))
                lengths = rng.lognormal(np.log(AHT) - sigma**2 / 2, sigma, len(starts))
            for j in range(len(calls)):
                busy[j] += np.clip(np.minimum(starts + lengths, (j + 1) * STEP) - np.maximum(starts, j * STEP), 0, None).sum()  # fmt: skip

    load = modified_offered_load(calls, STEP, AHT, handle_time=HandleTime(variation))

    # busy people on one day scatter like Poisson around the load: five standard errors of the mean of the days
    assert (np.abs(load - busy / days / STEP) < 5 * np.sqrt(load / days)).all()


def test_all_work_is_done_in_the_end():
    calls = [30.0, 60.0, 10.0, *[0.0] * 60]
    for variation in (0.0, 0.5, 1.0):
        load = modified_offered_load(calls, STEP, AHT, handle_time=HandleTime(variation))
        assert 100.0 * AHT == pytest.approx(load.sum() * STEP, rel=1e-9)


def test_steady_calls_end_in_the_simple_load():
    assert 30 * AHT / STEP == pytest.approx(modified_offered_load([30.0] * 40, STEP, AHT)[-1], rel=1e-9)
    with pytest.raises(StaffingError):
        modified_offered_load([-1.0], STEP, AHT)


def reached_levels(agents):
    """Service level of every interval from the exact chain: people in the house, second by second."""
    most, seconds = 400, 10.0
    state = np.zeros(most + 1)
    state[0] = 1.0
    people = np.arange(most + 1)
    levels = []
    for count, team in zip(DAY, agents, strict=True):
        arrive, leave = count / STEP, np.minimum(people, team) / AHT
        rate = arrive + team / AHT
        answered, steps = 0.0, int(STEP / seconds)
        # found with k people: k - team + 1 of them must leave within the target
        ahead = np.maximum(people - team + 1, 0)
        in_time = np.where(ahead > 0, poisson.sf(ahead - 1, team / AHT * TARGET), 1.0)
        for _ in range(steps):
            answered += float(state @ in_time) / steps
            state = _advance(state, arrive, leave, rate, seconds)
        levels.append(answered)
    return np.array(levels)


def _advance(state, arrive, leave, rate, seconds):
    """The chain after some seconds, by uniformisation."""
    total, term = np.zeros_like(state), state
    jumps = 40  # mean jumps per 10 s are below 2
    weights = poisson.pmf(np.arange(jumps), rate * seconds)
    for weight in weights:
        total += weight * term
        up = np.zeros_like(term)
        up[1:] = term[:-1] * arrive / rate
        up[-1] += term[-1] * arrive / rate
        down = np.zeros_like(term)
        down[:-1] = term[1:] * leave[1:] / rate
        term = up + down + term * (1 - (arrive + leave) / rate)
    return total / weights.sum()


def test_with_20_minute_calls_the_simple_load_misses_the_level_and_the_modified_load_keeps_it():
    words = {"answer_target_seconds": TARGET, "service_level_target": LEVEL}
    simple = agents_required(DAY, STEP, AHT, **words).agents_required
    calls = equivalent_calls(modified_offered_load(DAY, STEP, AHT), STEP, AHT)
    modified = agents_required(calls, STEP, AHT, **words).agents_required

    by_simple, by_modified = reached_levels(simple), reached_levels(modified)

    busy = DAY > 10
    # the simple load has too many people in the morning and too few after noon, where every interval misses
    assert (by_simple[11:] < LEVEL).all()
    assert by_simple[11:].min() < 0.3
    # the modified load is nowhere far from the level; it staffs for the mean of the interval, so where the
    # load rises inside an interval it is a little under it
    assert np.abs(by_modified[busy] - LEVEL).max() < 0.07
    assert by_modified[busy].mean() == pytest.approx(LEVEL, abs=0.01)
    assert modified.sum() <= simple.sum() * 1.02
