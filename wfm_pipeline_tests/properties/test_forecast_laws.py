"""Laws of the forecast on made histories."""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import QUANTILE_LEVELS, forecast, quantile_column
from wfm_pipeline.domain.forecasting.bands.counts import distribution, integer_quantile
from wfm_pipeline.domain.forecasting.bands.learnt_bands import BandModel

QUANTILES = [quantile_column(level) for level in QUANTILE_LEVELS]
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def histories(draw):
    days = draw(st.integers(1, 50))
    rate = draw(st.sampled_from([0.0, 0.02, 1.0, 30.0]))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    times = pd.date_range("2024-01-01", periods=days * 24, freq="60min", unit="us")
    history = pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": random.poisson(rate, len(times)) * 1.0})
    history.loc[random.random(len(times)) < draw(st.sampled_from([0.0, 0.3])), "calls"] = np.nan
    gone = pd.to_datetime("2024-01-01") + pd.to_timedelta(random.integers(0, 50, draw(st.integers(0, 10))), unit="D")
    kept = history[~history["interval_start"].dt.normalize().isin(gone)]
    return (kept if len(kept) else history), dt.date(2024, 1, 1) + dt.timedelta(days=days)


@FEW
@given(histories())
def test_any_history_gives_finite_ordered_non_negative_labelled_and_coherent_numbers(made):
    history, origin = made

    result = forecast(history, site=Site(country="SE"), origin=origin, horizon_days=9)

    for frame in (result.intervals, result.days):
        numbers = frame[["calls_mean", *QUANTILES]].to_numpy()
        assert np.isfinite(numbers).all()
        assert (numbers >= 0).all()
        assert (np.diff(frame[QUANTILES].to_numpy(), axis=1) >= 0).all()
        assert frame["model_name"].ne("").all()
    sums = result.intervals.groupby("business_date")["calls_mean"].sum()
    np.testing.assert_allclose(sums, result.days["calls_mean"], atol=1e-9)


@given(st.floats(0.01, 0.99), st.floats(0.01, 500), st.floats(1e-6, 1.5))
def test_the_integer_quantile_is_the_first_count_that_reaches_the_level(level, mean, dispersion):
    count = integer_quantile(np.array(level), np.array(mean), np.array(dispersion))

    assert distribution(count, np.array(mean), np.array(dispersion)) >= level - 1e-9
    assert distribution(count - 1, np.array(mean), np.array(dispersion)) <= level + 1e-9


@given(
    st.lists(st.floats(0.001, 0.999), min_size=7, max_size=7),
    st.lists(st.floats(0, 300), min_size=5, max_size=5),
    st.floats(1e-6, 1.0),
)
def test_bands_never_cross_whatever_the_bend(levels, means, dispersion):
    bands = BandModel(np.empty((1, 0)), np.full((1, 1), dispersion), np.array([[levels]]))

    quantiles = bands.quantiles(np.array([means]))

    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert (quantiles >= 0).all()
