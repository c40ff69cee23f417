"""Patience from censored waits: hand-worked values, intervals, and what counts."""

import math

import numpy as np
import pytest

from wfm_pipeline.domain.staffing.patience import exponential_patience, patience_curve
from wfm_pipeline.errors import DataError

WAITS = np.array([0.0, 10.0, 20.0, 20.0, 30.0, 40.0])
GAVE_UP = np.array([False, True, False, True, False, True])


def test_mean_patience_is_total_wait_over_abandonments():
    found = exponential_patience(WAITS, GAVE_UP)

    # 0 + 10 + 20 + 20 + 30 + 40 = 120 s of waiting, 3 gave up
    assert 40.0 == pytest.approx(found.patience_seconds)
    assert (3, 6) == (found.abandonments, found.callers)


def test_the_interval_is_the_gamma_one():
    found = exponential_patience(WAITS, GAVE_UP)

    # 2 x 120 / chi-square(0.975; 8) = 17.5345 and (0.025; 6) = 1.2373
    assert 240 / 17.5345 == pytest.approx(found.low, rel=1e-4)
    assert 240 / 1.23734 == pytest.approx(found.high, rel=1e-4)


def test_callers_answered_at_once_say_nothing_about_patience():
    more = exponential_patience(np.append(WAITS, [0.0] * 100), np.append(GAVE_UP, [False] * 100))

    assert exponential_patience(WAITS, GAVE_UP).patience_seconds == more.patience_seconds


def test_without_an_abandonment_only_a_lower_end_is_known():
    found = exponential_patience(np.array([100.0, 200.0]), np.array([False, False]))

    # no event in 300 s: exp(-300 / low) = 0.025
    assert math.inf == found.patience_seconds == found.high
    assert 300 / -math.log(0.025) == pytest.approx(found.low)


def test_without_callers_nothing_is_known():
    found = exponential_patience(np.array([]), np.array([], dtype=bool))

    assert (math.inf, 0.0) == (found.patience_seconds, found.low)


def test_the_curve_is_kaplan_and_meiers():
    found = patience_curve(WAITS, GAVE_UP)

    # at 10: 5 at risk -> 4/5; at 20: 4 at risk (both of 20 and the answered one) -> 4/5 x 3/4; at 40: 1 -> 0
    assert [10, 20, 40] == found.seconds.tolist()
    assert [5, 4, 1] == found.at_risk.tolist()
    assert [0.8, 0.6, 0.0] == pytest.approx(found.survival.tolist())


def test_the_curves_interval_is_log_log_greenwoods():
    found = patience_curve(WAITS, GAVE_UP)

    # at 10: Greenwood 1/(5 x 4) = .05; half = 1.959964 sqrt(.05) / |ln .8| = 1.96402; .8^exp(+-half)
    half = 1.959964 * math.sqrt(0.05) / abs(math.log(0.8))
    assert 0.8 ** math.exp(half) == pytest.approx(found.low[0], rel=1e-6)
    assert 0.8 ** math.exp(-half) == pytest.approx(found.high[0], rel=1e-6)
    assert (0.0, 1.0) == (found.low[2], found.high[2])  # nobody is left: nothing is known


def test_without_an_abandonment_the_curve_has_no_step():
    assert 0 == len(patience_curve(np.array([5.0]), np.array([False])).seconds)


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        pytest.param([1.0, -2.0], "got -2.0 at position 1", id="negative"),
        pytest.param([math.nan, 1.0], "got nan at position 0", id="unknown"),
        pytest.param([1.0], "one length", id="lengths"),
    ],
)
def test_waits_that_cannot_be_are_refused(waits, words):
    with pytest.raises(DataError, match=words):
        exponential_patience(np.array(waits), np.array([True, False]))


def test_patience_of_known_exponential_callers_is_inside_the_interval_as_often_as_it_says():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        patience, offered_wait = rng.exponential(180.0, 60), rng.exponential(90.0, 60)
        found = exponential_patience(np.minimum(patience, offered_wait), patience < offered_wait, confidence=0.9)
        hits += found.low <= 180.0 <= found.high

    # the interval is conservative: at least 90 % of 400, less four standard deviations of 6
    assert 336 <= hits <= 392


def test_the_curve_finds_patience_that_is_not_exponential():
    rng = np.random.default_rng(6)
    patience, offered_wait = rng.weibull(0.6, 20_000) * 120, rng.exponential(200.0, 20_000)

    found = patience_curve(np.minimum(patience, offered_wait), patience < offered_wait)

    at = [np.searchsorted(found.seconds, seconds, side="right") - 1 for seconds in (10, 60, 200, 400)]
    truth = [math.exp(-((seconds / 120) ** 0.6)) for seconds in (10, 60, 200, 400)]
    assert truth == pytest.approx(found.survival[at].tolist(), abs=0.015)  # 3 standard errors at 20,000 callers
