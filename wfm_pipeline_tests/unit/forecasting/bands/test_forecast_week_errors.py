"""Errors of weeks: found again, counted once, trusted by distinct weeks, and never a broken correlation."""

import numpy as np
import pytest

from wfm_pipeline.domain.forecasting.bands.week_errors import WeekErrors, learn_week_errors

HORIZON = 14


def past_days(origins=400, spacing=14, correlation=0.5, seed=0):
    """Days of 1,000 calls forecast, 10 % off, errors of one origin correlated."""
    random = np.random.default_rng(seed)
    shared = random.standard_normal((origins, 1, 1)) * np.sqrt(correlation)
    error = 0.1 * (shared + random.standard_normal((origins, 1, HORIZON)) * np.sqrt(1 - correlation))
    said = np.full((origins, 1, HORIZON), 1000.0)
    return said, said * (1 + error), np.ones(said.shape, dtype=bool), np.arange(origins) * spacing


def spread_of_week(correlation, spread):
    return float(np.sqrt(spread[:7] @ correlation[:7, :7] @ spread[:7]))


def errors_of(variance, weeks):
    return WeekErrors(np.array([variance]), np.array([weeks]), HORIZON)


def test_the_variance_of_weeks_is_found_again():
    found = learn_week_errors(*past_days())

    # (7 x 0.01 + 42 x 0.005) x 1000^2 = (7000)^2 x 0.0057; less the noise 1 / 7000 of counting
    assert found.variance[0] == pytest.approx(0.0057 - 1 / 7000, rel=0.15)


def test_a_lasting_bias_counts_as_error():
    said, _, known, origin = past_days()

    found = learn_week_errors(said, 1.1 * said, known, origin)

    assert found.variance[0] == pytest.approx(0.01 - 1 / 7000, rel=1e-9)


def test_overlapping_origins_count_their_days_once():
    found = learn_week_errors(*past_days(origins=8, spacing=1))

    assert found.weeks[0] == pytest.approx((HORIZON + 7) / 7)


def test_weeks_of_which_most_days_are_missing_say_nothing():
    said, came, known, origin = past_days(origins=20)
    known[:, :, 3:] = False

    found = learn_week_errors(said, came, known, origin)

    assert np.isnan(found.variance[0])
    assert 0 == found.weeks[0]


def test_one_wild_week_does_not_decide():
    said, came, known, origin = past_days(origins=60)
    wild = came.copy()
    wild[5] *= 20

    calm, found = learn_week_errors(said, came, known, origin), learn_week_errors(said, wild, known, origin)

    assert found.variance[0] < 2 * calm.variance[0]


@pytest.mark.parametrize("variance", [0.0, 0.001, 0.004, 10.0])
def test_whatever_weeks_were_the_result_is_a_correlation_between_independent_and_together(variance):
    start = np.full((HORIZON, HORIZON), 0.4) + 0.6 * np.eye(HORIZON)

    got = errors_of(variance, 1e9).fitted(start, 0, mean=np.full(HORIZON, 1000.0), spread=np.full(HORIZON, 80.0))

    np.linalg.cholesky(got)
    np.testing.assert_allclose(np.diag(got), 1.0)
    assert got.min() >= 0
    assert got[0, 1] <= 0.98


@pytest.mark.parametrize("variance", [0.001, 0.002, 0.004, 0.006])
def test_many_weeks_give_week_sums_the_variance_seen(variance):
    start = np.full((HORIZON, HORIZON), 0.4) + 0.6 * np.eye(HORIZON)
    spread = np.full(HORIZON, 80.0)

    got = errors_of(variance, 1e9).fitted(start, 0, mean=np.full(HORIZON, 1000.0), spread=spread)

    # 80 calls a day: reachable from 7 x 6400 (independent) to nearly 49 x 6400 (all together)
    assert spread_of_week(got, spread) ** 2 == pytest.approx(7000 + variance * 7000**2, rel=1e-6)


def test_ten_distinct_weeks_go_half_the_way_on_the_log_scale_and_none_not_at_all():
    start = np.full((HORIZON, HORIZON), 0.4) + 0.6 * np.eye(HORIZON)
    mean, spread = np.full(HORIZON, 1000.0), np.full(HORIZON, 80.0)
    seen = np.sqrt(7000 + 0.004 * 7000**2)

    half = errors_of(0.004, 10.0).fitted(start, 0, mean=mean, spread=spread)
    none = errors_of(0.004, 0.0).fitted(start, 0, mean=mean, spread=spread)

    assert spread_of_week(half, spread) ** 2 == pytest.approx(spread_of_week(start, spread) * seen, rel=1e-6)
    np.testing.assert_array_equal(start, none)


@pytest.mark.parametrize("days", [1, 6])
def test_a_horizon_without_a_week_stays_as_it_was(days):
    start = np.full((days, days), 0.4) + 0.6 * np.eye(days)

    got = errors_of(0.01, 20.0).fitted(start, 0, mean=np.full(days, 9.0), spread=np.full(days, 3.0))

    np.testing.assert_array_equal(start, got)


def test_a_queue_without_past_weeks_and_one_that_is_closed_stay_as_they_were():
    start, closed = np.eye(HORIZON), np.zeros(HORIZON)

    unseen = errors_of(np.nan, 0.0).fitted(start, 0, mean=closed + 10, spread=closed + 3)
    shut = errors_of(0.01, 20.0).fitted(start, 0, mean=closed, spread=closed)

    np.testing.assert_array_equal(start, unseen)
    np.testing.assert_array_equal(start, shut)
