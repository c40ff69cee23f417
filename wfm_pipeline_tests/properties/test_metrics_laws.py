"""Laws of the scores."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wfm_pipeline.domain import metrics

CALLS = arrays(np.float64, 12, elements=st.floats(0, 1e4))
SCALE = st.floats(0.01, 100)


@given(CALLS, CALLS)
def test_the_volume_error_is_never_above_the_wmape(actual, forecast):
    if actual.sum() > 1e-6:
        assert metrics.volume_error(actual, forecast) <= metrics.wmape(actual, forecast) * (1 + 1e-12) + 1e-12


@given(CALLS, CALLS, SCALE)
def test_wmape_does_not_depend_on_the_unit(actual, forecast, scale):
    if actual.sum() > 1e-6:
        np.testing.assert_allclose(
            metrics.wmape(actual, forecast), metrics.wmape(actual * scale, forecast * scale), rtol=1e-9
        )


@given(CALLS, CALLS)
def test_the_median_pinball_loss_is_half_the_absolute_error(actual, forecast):
    np.testing.assert_allclose(
        np.abs(actual - forecast).mean() / 2, metrics.pinball_loss(actual, forecast, 0.5), rtol=1e-9, atol=1e-12
    )


@given(CALLS, st.floats(0.05, 0.95))
def test_no_constant_beats_the_empirical_quantile(actual, level):
    best = np.quantile(actual, level, method="inverted_cdf")

    own = metrics.pinball_loss(actual, np.full(12, best), level)

    for other in (best - 1, best + 1, actual.mean()):
        assert own <= metrics.pinball_loss(actual, np.full(12, other), level) + 1e-9


@given(CALLS, st.randoms())
def test_scores_do_not_depend_on_the_order_of_the_pairs(actual, random):
    forecast = actual[::-1] + 1
    order = list(range(12))
    random.shuffle(order)

    if actual.sum() > 1e-6:
        np.testing.assert_allclose(metrics.wmape(actual, forecast), metrics.wmape(actual[order], forecast[order]))
