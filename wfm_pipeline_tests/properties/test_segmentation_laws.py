"""What holds for every segmentation, whatever the customers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.segments.shrinking import Figures, learn_priors, shrunk_aht, shrunk_rates, spread_of_calls
from wfm_pipeline_tests.segments_kit import NEXT, as_last, customers, four_groups, segmented

_customer = st.tuples(
    st.integers(1, 5_000), st.integers(1, 400), st.one_of(st.none(), st.floats(1, 3_600)), st.floats(0, 1)
)


def _frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["calls", "days", "aht_seconds", "known"], dtype=float)
    frame.insert(0, "customer_key", [f"c{number:03d}" for number in range(len(rows))])
    handled = (frame["calls"] * frame["known"]).round().where(frame["aht_seconds"].notna(), 0)
    return frame.assign(
        weeks_known=frame["days"] / 7,
        answered_handle_known=handled,
        aht_seconds=frame["aht_seconds"].where(handled > 0),
        handle_sd_seconds=(frame["aht_seconds"] * 0.8).where(handled > 1),
    )


_frames = st.lists(_customer, min_size=0, max_size=40).map(_frame)
_some = st.lists(_customer, min_size=2, max_size=40).map(_frame)


def _figures(frame: pd.DataFrame) -> Figures:
    numbers = frame[["calls", "weeks_known", "answered_handle_known", "aht_seconds", "handle_sd_seconds"]]
    calls, weeks, handled, aht, deviations = numbers.to_numpy(dtype=float).T
    return Figures(calls - 1, weeks, handled, np.nan_to_num(aht), spread_of_calls(handled, aht, deviations))


@settings(max_examples=8)
@given(frame=_frames, order=st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(frame, order):
    rows = list(range(len(frame)))
    order.shuffle(rows)

    one, two = segmented(frame), segmented(frame.iloc[rows])

    pd.testing.assert_frame_equal(one.customers, two.customers.sort_index(), check_exact=True)
    pd.testing.assert_frame_equal(one.segments, two.segments, check_exact=True)
    pd.testing.assert_frame_equal(one.changes, two.changes, check_exact=True)


def test_order_of_rows_and_of_the_last_run_does_not_matter_where_segments_last():
    last = segmented(customers(four_groups(), seed=1))
    frame, known = customers(four_groups(), seed=2), as_last(last)
    turned = replace(known, segments=known.segments[::-1], customers=known.customers[::-1])

    one, two = segmented(frame, until=NEXT, last=known), segmented(frame[::-1], until=NEXT, last=turned)

    pd.testing.assert_frame_equal(one.customers, two.customers.sort_index(), check_exact=True)
    pd.testing.assert_frame_equal(one.segments, two.segments, check_exact=True)
    pd.testing.assert_frame_equal(one.changes, two.changes, check_exact=True)


@settings(max_examples=8)
@given(frame=_frames)
def test_every_customer_has_one_segment_and_names_are_unique(frame):
    result = segmented(frame)

    assert list(result.customers["customer_key"]) == list(frame["customer_key"])
    assert result.customers["segment_id"].notna().all()
    assert result.segments["segment_id"].tolist() == list(range(1, len(result.segments) + 1))
    assert result.segments["segment_name"].is_unique
    assert result.segments["customers"].sum() == len(frame)


@settings(max_examples=100)
@given(frame=_some)
def test_shrunk_figures_lie_between_the_own_and_everybodys(frame):
    figures = _figures(frame)
    priors = learn_priors(figures)

    rates, everybody = shrunk_rates(figures, priors), priors.rate_shape / priors.rate_weeks
    own = figures.repeats / figures.weeks
    assert (rates >= np.minimum(own, everybody) * (1 - 1e-9)).all()
    assert (rates <= np.maximum(own, everybody) * (1 + 1e-9)).all()
    if figures.handled.any():
        aht, has_own = shrunk_aht(figures, priors), figures.handled > 0
        low = np.minimum(figures.aht_seconds, priors.aht_mean_seconds)[has_own]
        assert (aht[has_own] >= low * (1 - 1e-9)).all()
        assert (aht[has_own] <= np.maximum(figures.aht_seconds, priors.aht_mean_seconds)[has_own] * (1 + 1e-9)).all()
        assert aht[~has_own] == pytest.approx(priors.aht_mean_seconds)


@settings(max_examples=50)
@given(frame=_some, times=st.sampled_from([0.5, 2.0, 8.0]))
def test_unit_of_time_does_not_matter(frame, times):
    one = _figures(frame)
    two = Figures(one.repeats, one.weeks * times, one.handled, one.aht_seconds * times, one.call_spread)

    first, second = learn_priors(one), learn_priors(two)

    assert shrunk_rates(two, second) * times == pytest.approx(shrunk_rates(one, first), rel=0.02)
    assert shrunk_aht(two, second) == pytest.approx(shrunk_aht(one, first) * times, rel=1e-6, nan_ok=True)


def test_the_longer_a_customer_is_known_the_more_its_own_rate_counts():
    rng = np.random.default_rng(1)
    rates = rng.gamma(2.0, 0.5, 400)
    weeks = np.full(400, 20.0)
    weeks[:2], repeats = (2.0, 40.0), rng.poisson(rates * weeks).astype(float)
    repeats[:2] = 3 * weeks[:2]  # three calls a week each, one known for two weeks and one for forty
    figures = Figures(repeats, weeks, np.zeros(400), np.zeros(400), 1.0)

    short, long = shrunk_rates(figures, learn_priors(figures))[:2]

    # Gamma(2, 2): (2 + 6) / (2 + 2) = 2.0 and (2 + 120) / (2 + 40) = 2.905
    assert 2.0 == pytest.approx(short, rel=0.1)
    assert 2.905 == pytest.approx(long, rel=0.02)


def test_the_more_handle_times_are_known_the_more_the_own_mean_counts():
    rng = np.random.default_rng(1)
    handled = np.full(300, 40.0)
    handled[:2] = (4, 400)
    means = 300 * np.exp(0.25 * rng.standard_normal(300))
    measured = means * rng.gamma(handled / 0.64) / (handled / 0.64)  # calls spread 0.8 over their mean
    measured[:2] = 600.0
    priors = learn_priors(Figures(np.ones(300), np.ones(300), handled, measured, 0.8))

    few, many = shrunk_aht(Figures(np.ones(2), np.ones(2), handled[:2], measured[:2], 0.8), priors)

    # counts half at (0.8 / 0.255)^2 = 10 calls: 300 + 4 / 14 x 300 = 386, 300 + 400 / 410 x 300 = 593
    assert 10 == pytest.approx(priors.handled_half, rel=0.35)
    assert 386 == pytest.approx(few, rel=0.07)
    assert 593 == pytest.approx(many, rel=0.02)
