"""Sample paths: they add up, repeat, agree with the bands, and hang together as past errors did."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom, norm

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.bands.day_errors import ErrorLaw, default_law
from wfm_pipeline.domain.forecasting.bands.dependence import (
    Dependence,
    default_dependence,
    dependence_of,
    learn_dependence,
    nearest_correlation,
)
from wfm_pipeline.domain.forecasting.bands.walk_forward import PastForecasts
from wfm_pipeline.domain.forecasting.bands.week_errors import MOST_CORRELATION
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.fitting import Answer
from wfm_pipeline.domain.forecasting.long_range.sample_paths import bands_of, relative_spread, sample_paths
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, ForecastOptions
from wfm_pipeline.errors import DataError

LEVELS = np.array(QUANTILE_LEVELS)
SLOTS, HORIZON = 24, 14


def bands(mean, dispersion):
    """Continuous quantiles of a negative binomial law, by its normal approximation."""
    sigma = np.sqrt(mean + dispersion * mean**2)
    return np.maximum(mean[..., None] + norm.ppf(LEVELS) * sigma[..., None], 0.0)


def made_answer(queues=2, calls=40.0, interval=0.03, day=0.01):
    shape = np.where((np.arange(SLOTS) >= 8) & (np.arange(SLOTS) < 20), 1.0, 0.0)
    mean = np.broadcast_to(calls * shape, (queues, HORIZON, SLOTS)).copy()
    mean[:, 6] = 0.0  # a closed day
    total = mean.sum(axis=2)
    return Answer(mean, bands(mean, interval), total, bands(total, day), ())


def law(queues=2):
    return default_law(queues, SLOTS, interval_minutes=60, dispersion=0.02)


def dependence(days, queues):
    between = np.full((2, 2), queues)
    np.fill_diagonal(between, 1.0)
    return Dependence(np.tile([days, 0.0, 0.0, 0.0], (2, 1)), between, 40)


def drawn(answer=None, *, days=0.5, queues=0.5, paths=4_000, seed=1):
    return sample_paths(answer or made_answer(), dependence=dependence(days, queues), law=law(), paths=paths, seed=seed)


def test_the_same_seed_draws_the_same_futures_and_another_does_not():
    one, two, other = drawn(paths=20), drawn(paths=20), drawn(paths=20, seed=2)

    np.testing.assert_array_equal(one.calls, two.calls)
    assert (one.calls != other.calls).any()


def test_intervals_are_whole_add_up_in_every_path_and_are_zero_where_closed():
    paths = drawn(paths=200)

    assert np.issubdtype(paths.calls.dtype, np.integer)
    assert (paths.calls >= 0).all()
    np.testing.assert_array_equal(paths.calls.sum(axis=3), paths.days)
    assert not paths.calls[:, :, 6].any()
    assert not paths.calls[..., :8].any()
    # the horizon begins on a Thursday: its only whole ISO week is days 4 to 10
    np.testing.assert_array_equal(paths.days[:, :, 4:11].sum(axis=2)[:, :, None], paths.weeks(3))


def test_paths_reproduce_the_day_and_interval_bands_and_the_means():
    answer = made_answer()
    paths = drawn(answer)
    is_open = answer.day_mean > 0

    day, interval = bands_of(paths.days), bands_of(paths.calls)

    # 4,000 paths: a quantile is off by about 2 % of a band's width; totals are whole numbers
    width = (answer.day_quantiles[..., -1] - answer.day_quantiles[..., 0])[..., None]
    assert (np.abs(day - answer.day_quantiles) < 0.05 * width + 1)[is_open].all()
    wide = (answer.quantiles[..., -1] - answer.quantiles[..., 0])[..., None]
    busy = answer.mean > 0
    assert (np.abs(interval - answer.quantiles) < 0.08 * wide + 1)[busy].all()
    np.testing.assert_allclose(paths.calls.mean(axis=0)[busy], answer.mean[busy], rtol=0.03)


def test_days_and_queues_go_together_as_told():
    paths = drawn(days=0.6, queues=0.4)

    days = np.corrcoef(paths.days[:, 0, 1], paths.days[:, 0, 9])[0, 1]
    queues = np.corrcoef(paths.days[:, 0, 3], paths.days[:, 1, 3])[0, 1]

    assert days == pytest.approx(0.6, abs=0.05)
    assert queues == pytest.approx(0.4, abs=0.05)


def test_weeks_of_days_that_go_together_are_wider_than_of_independent_days_and_narrower_than_added_quantiles():
    answer = made_answer()
    joint, free = drawn(answer, days=0.6), drawn(answer, days=0.0)

    def width(totals):
        band = bands_of(totals)
        return float(band[0, 0, 5] - band[0, 0, 1])

    added = float((answer.day_quantiles[0, :7, 5] - answer.day_quantiles[0, :7, 1]).sum())
    assert width(free.weeks(0)) < 0.7 * width(joint.weeks(0))
    assert width(joint.weeks(0)) < 0.95 * added


def test_neighbouring_intervals_wobble_together_where_the_law_says_so():
    answer = made_answer(queues=1, interval=0.1, day=0.001)
    weights = np.zeros((1, 6))
    weights[:, 3] = 0.1
    near = ErrorLaw(60, weights, np.zeros((1, SLOTS)), 60)
    apart = ErrorLaw(60, np.zeros((1, 6)), np.full((1, SLOTS), 0.1), 60)
    alone = Dependence(np.zeros((1, 4)), np.ones((1, 1)), 40)

    first, second = (
        sample_paths(answer, dependence=alone, law=each, paths=3_000, seed=5).calls for each in (near, apart)
    )

    def together(calls):
        return np.corrcoef(calls[:, 0, 0, 12], calls[:, 0, 0, 13])[0, 1]

    assert together(first) > together(second) + 0.3


def test_a_queue_of_one_call_a_day_has_paths_too():
    answer = made_answer(queues=1, calls=1 / 12, interval=0.5, day=0.2)

    paths = sample_paths(answer, dependence=default_dependence(1), law=law(1), paths=3_000, seed=3)

    assert paths.days[:, 0, 0].mean() == pytest.approx(1.0, abs=0.25)  # its lower quantiles are cut at 0


def test_no_path_at_all_is_refused():
    with pytest.raises(DataError, match="paths must be at least 1"):
        drawn(paths=0)


def test_the_spread_behind_a_band_is_found_again():
    mean = np.array([50.0, 400.0])
    quantiles = np.stack([nbinom.ppf(LEVELS, 20.0, 20 / (20 + m)) for m in mean])

    np.testing.assert_allclose(relative_spread(quantiles, mean), 0.05, rtol=0.1)
    assert 0 == relative_spread(np.full(7, 3.0), np.array(3.0))


def past_forecasts(day_correlation, queue_correlation, origins=60, queues=3, seed=0):
    """Forecasts of 1000 calls a day whose errors have known correlations."""
    random = np.random.default_rng(seed)
    between = np.full((queues, queues), queue_correlation) + (1 - queue_correlation) * np.eye(queues)
    within = np.full((HORIZON, HORIZON), day_correlation) + (1 - day_correlation) * np.eye(HORIZON)
    free = random.standard_normal((origins, queues, HORIZON))
    error = np.einsum("qr,ord->oqd", np.linalg.cholesky(between), free) @ np.linalg.cholesky(within).T
    mean = np.full((origins, queues, HORIZON, 1), 1000.0)
    return PastForecasts(np.arange(origins) * 3 + 50, mean, mean * (1 + 0.1 * error[..., None]))


def test_correlations_of_past_errors_are_found_again():
    found = dependence_of(past_forecasts(0.5, 0.4, origins=400))

    np.testing.assert_allclose(found.days(0, HORIZON)[0, 5:], 0.5, atol=0.12)
    np.testing.assert_allclose(found.queues[0, 1], 0.4, atol=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_came_the_correlations_can_be_drawn_from(seed):
    random = np.random.default_rng(seed)
    past = past_forecasts(0.9, 0.9, origins=4, queues=6, seed=seed)
    actual = np.where(random.uniform(size=past.actual.shape) < 0.4, np.nan, past.actual)

    found = dependence_of(PastForecasts(past.origin, past.mean, actual))

    np.linalg.cholesky(found.queues)
    for queue in range(6):
        np.linalg.cholesky(found.days(queue, 60))
    assert (found.day_weights.sum(axis=1) <= MOST_CORRELATION + 1e-12).all()


def test_a_matrix_that_is_no_correlation_becomes_one():
    mended = nearest_correlation(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]))

    assert np.linalg.eigvalsh(mended).min() > 0
    np.testing.assert_allclose(np.diag(mended), 1.0)


def test_a_short_history_has_the_default_dependence():
    times = pd.date_range("2024-01-01", periods=20 * 24, freq="60min", unit="us")
    panel = build_panel(pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": 5.0}))

    found = learn_dependence(panel, site=Site(), options=ForecastOptions(num_threads=1))

    assert found.origins == 0
    np.testing.assert_array_equal(default_dependence(1).day_weights, found.day_weights)


def week_width(paths):
    """Width of the 80 % band of the first queue's first seven days."""
    band = bands_of(paths.weeks(0))
    return float(band[0, 0, 5] - band[0, 0, 1])


def test_after_a_quiet_month_weeks_are_as_uncertain_as_past_weeks_and_days_keep_their_bands():
    # past days: 10 % off, half of it shared; today's day bands: 4 %. Errors of past weeks are larger than
    # such days can make with the correlation they had.
    past = past_forecasts(0.5, 0.3, origins=400, queues=2)
    answer = made_answer(day=0.04**2, calls=500.0)
    found = dependence_of(past)

    fitted = sample_paths(answer, dependence=found, law=law(), paths=4_000, seed=1)
    plain = sample_paths(answer, dependence=replace(found, weeks=None), law=law(), paths=4_000, seed=1)

    # six open days: sd of a week relative to a day's, sqrt(6 + 30 x 0.98) = 5.9 against sqrt(6 + 30 x 0.5) = 4.6
    assert week_width(fitted) == pytest.approx(week_width(plain) * 5.9 / 4.6, rel=0.08)
    np.testing.assert_allclose(bands_of(fitted.days), bands_of(plain.days), rtol=0.02, atol=1)


def test_past_weeks_that_were_better_than_their_days_make_weeks_narrower():
    # errors of a day are made good on the next: days off by 10 %, weeks of 7,000 calls hardly at all
    past = past_forecasts(0.0, 0.3, origins=100, queues=2)
    swing = np.where(np.arange(HORIZON) % 2, -1.0, 1.0) * np.random.default_rng(3).choice([-1.0, 1.0], (100, 2, 1))
    found = dependence_of(replace(past, actual=past.mean * (1 + 0.1 * swing[..., None])))
    loose = replace(found, day_weights=np.tile([0.5, 0.0, 0.0, 0.0], (2, 1)))

    fitted = sample_paths(made_answer(), dependence=loose, law=law(), paths=2_000, seed=1)
    plain = sample_paths(made_answer(), dependence=replace(loose, weeks=None), law=law(), paths=2_000, seed=1)

    assert week_width(fitted) < 0.8 * week_width(plain)
