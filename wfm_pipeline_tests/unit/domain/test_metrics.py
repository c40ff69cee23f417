"""Scores: values worked out by hand, and the rules for NaN and zero."""

import math

import pytest

from wfm_pipeline.domain import metrics
from wfm_pipeline.errors import DataError

NAN = float("nan")


def test_wmape_is_summed_error_over_summed_calls():
    score = metrics.wmape([10, 20, 0], [12, 17, 1])

    assert (2 + 3 + 1) / 30 == pytest.approx(score)


def test_bias_is_positive_where_too_much_was_forecast():
    score = metrics.bias([10, 20], [12, 21])

    assert (2 + 1) / 30 == pytest.approx(score)


def test_volume_error_lets_errors_cancel_and_has_no_sign():
    score = metrics.volume_error([10, 20], [14, 10])

    assert abs(4 - 10) / 30 == pytest.approx(score)


def test_pinball_loss_charges_the_level_below_and_its_rest_above():
    # 12 came, 10 said: 0.9 x 2; 5 came, 10 said: 0.1 x 5
    score = metrics.pinball_loss([12, 5], [10, 10], 0.9)

    assert (0.9 * 2 + 0.1 * 5) / 2 == pytest.approx(score)


def test_relative_pinball_loss_is_the_mean_over_levels_divided_by_mean_calls():
    # level 0.1: 0.1 x 4; level 0.9: 0.1 x 2; mean calls 10
    score = metrics.relative_pinball_loss([10], {0.1: [6], 0.9: [12]})

    assert (0.1 * 4 + 0.1 * 2) / 2 / 10 == pytest.approx(score)


def test_band_coverage_counts_both_ends_as_inside():
    score = metrics.band_coverage([1, 2, 3, 4], [1, 3, 1, 1], [2, 4, 3, 3])

    assert 2 / 4 == score


@pytest.mark.parametrize(
    "score",
    [
        pytest.param(metrics.wmape([NAN, 10], [5, 12]), id="wmape"),
        pytest.param(metrics.bias([10, 10], [12, NAN]), id="bias"),
        pytest.param(metrics.volume_error([NAN, 10], [5, 12]), id="volume"),
    ],
)
def test_pairs_with_nan_are_left_out(score):
    assert 2 / 10 == pytest.approx(score)


@pytest.mark.parametrize(
    "score",
    [
        pytest.param(metrics.wmape([0, 0], [1, 2]), id="wmape_of_zero_calls"),
        pytest.param(metrics.bias([], []), id="bias_of_nothing"),
        pytest.param(metrics.volume_error([0], [3]), id="volume_of_zero_calls"),
        pytest.param(metrics.pinball_loss([NAN], [1], 0.5), id="pinball_of_unknown"),
        pytest.param(metrics.relative_pinball_loss([0], {0.5: [1]}), id="relative_pinball_of_zero_calls"),
        pytest.param(metrics.relative_pinball_loss([3], {}), id="relative_pinball_without_quantiles"),
        pytest.param(metrics.band_coverage([NAN], [0], [1]), id="coverage_of_unknown"),
        pytest.param(metrics.poisson_floor([0, 0]), id="floor_of_zero_calls"),
    ],
)
def test_scores_without_a_denominator_are_nan(score):
    assert math.isnan(score)


def test_lengths_must_agree():
    with pytest.raises(DataError, match="one length"):
        metrics.wmape([1, 2], [1])


@pytest.mark.parametrize("level", [0, 1, 10, -0.1])
def test_a_level_outside_zero_and_one_is_refused(level):
    with pytest.raises(DataError, match=r"write 10 % as 0\.1"):
        metrics.pinball_loss([1], [1], level)


def test_poisson_floor_of_rate_one():
    # the median of Poisson(1) is 1: E|N - 1| = 2 P(N = 0) = 2 / e
    assert 2 / math.e == pytest.approx(metrics.poisson_floor([1.0]))


def test_poisson_floor_below_log_two_is_the_zero_forecast():
    # the best point is 0, whose expected error is the rate itself
    assert pytest.approx(metrics.poisson_floor([0.5, 0.25])) == 1.0


def test_a_negative_rate_is_refused():
    with pytest.raises(DataError, match="negative"):
        metrics.poisson_floor([-1.0])
