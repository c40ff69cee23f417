"""What always holds of a day's update and of sample paths, whatever comes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wfm_pipeline.domain.forecasting.bands.day_errors import learn_law
from wfm_pipeline.domain.forecasting.bands.dependence import default_dependence
from wfm_pipeline.domain.forecasting.fitting import Answer
from wfm_pipeline.domain.forecasting.intraday.update import RATIO_LIMITS, IssuedDay, learn_from_days, update_day
from wfm_pipeline.domain.forecasting.long_range.sample_paths import sample_paths
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS

SLOTS, QUEUES = 12, 2
LEVELS = np.array(QUANTILE_LEVELS)

means = arrays(float, (QUEUES, SLOTS), elements=st.one_of(st.just(0.0), st.floats(0.01, 500.0)))
counts = arrays(float, (QUEUES, SLOTS), elements=st.one_of(st.just(np.nan), st.integers(0, 5_000).map(float)))
past_means = arrays(float, (6, QUEUES, SLOTS), elements=st.floats(0.0, 100.0, width=32))
past_counts = arrays(float, (6, QUEUES, SLOTS), elements=st.one_of(st.just(np.nan), st.integers(0, 300).map(float)))


def issued_day(mean):
    day = mean.sum(axis=1)
    return IssuedDay(mean, mean[..., None] * (0.5 + LEVELS), day[:, None] * (0.7 + 0.6 * LEVELS))


@settings(max_examples=60)
@given(means, counts, past_means, past_counts, st.integers(0, SLOTS))
def test_an_update_is_finite_ordered_non_negative_adds_up_and_stays_within_its_limits(
    mean, so_far, before, came, elapsed
):
    model = learn_from_days(before, came, interval_minutes=60, dispersion=0.05)

    updated = update_day(issued_day(mean), so_far, elapsed=elapsed, model=model)

    ahead = updated.mean[:, elapsed:]
    assert np.isfinite(updated.mean).all()
    assert np.isfinite(updated.quantiles).all()
    assert (updated.quantiles >= 0).all()
    assert (np.diff(updated.quantiles, axis=-1) >= 0).all()
    assert (np.diff(updated.remaining_quantiles, axis=-1) >= 0).all()
    np.testing.assert_allclose(updated.remaining_mean, ahead.sum(axis=1), rtol=1e-9)
    assert (ahead >= mean[:, elapsed:] * RATIO_LIMITS[0] - 1e-9).all()
    assert (ahead <= mean[:, elapsed:] * RATIO_LIMITS[1] + 1e-9).all()
    assert not ahead[mean[:, elapsed:] == 0].any()


@settings(max_examples=40)
@given(means, counts, past_means, past_counts)
def test_queues_do_not_depend_on_their_order(mean, so_far, before, came):
    model = learn_from_days(before, came, interval_minutes=60, dispersion=0.05)
    turned = learn_from_days(before[:, ::-1], came[:, ::-1], interval_minutes=60, dispersion=0.05)

    np.testing.assert_allclose(model.law.weights, turned.law.weights[::-1], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(model.law.dispersion, turned.law.dispersion[::-1], rtol=1e-6, atol=1e-9)


@settings(max_examples=40)
@given(arrays(float, (QUEUES, 3, SLOTS), elements=st.one_of(st.just(0.0), st.floats(0.01, 80.0))), st.integers(0, 99))
def test_paths_are_whole_non_negative_and_zero_where_nothing_is_expected(mean, seed):
    day = mean.sum(axis=2)
    answer = Answer(mean, mean[..., None] * (0.5 + LEVELS), day, day[..., None] * (0.7 + 0.6 * LEVELS), ())
    law = learn_law(np.zeros((1, QUEUES, SLOTS)), np.zeros((1, QUEUES, SLOTS)), interval_minutes=60, dispersion=0.05)

    paths = sample_paths(answer, dependence=default_dependence(QUEUES), law=law, paths=15, seed=seed)

    assert (paths.calls >= 0).all()
    assert not paths.calls[:, mean == 0].any()
    np.testing.assert_array_equal(paths.days, paths.calls.sum(axis=3))
