"""Latency: cases that wait and cases seen late in their lives bias nothing, and scipy agrees where it can be asked."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from wfm_pipeline.domain.backlog.latency import age_quantiles
from wfm_pipeline_tests.backlog_kit import backlog, hour_grid

SHARES = np.array([0.25, 0.5, 0.9])


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40))
def test_without_truncation_it_is_the_product_limit_of_scipy(rows):
    ages, is_done = (np.array(column) for column in zip(*rows, strict=True))
    sample = CensoredData(uncensored=ages[is_done], right=ages[~is_done])
    curve = ecdf(sample).cdf if is_done.any() else None

    ours = age_quantiles(np.zeros(len(ages), int), ages, is_done, SHARES)

    for share, age in zip(SHARES, ours, strict=True):
        if curve is None or curve.probabilities[-1] < share - 1e-12:
            assert np.isnan(age)
        else:
            assert curve.quantiles[np.argmax(curve.probabilities >= share - 1e-12)] == age


def test_cases_seen_late_and_cases_that_wait_leave_the_law_of_the_rest_as_it_is():
    """Exponential latencies of 10 days, seen over 28 days of a stream that has run for long."""
    rng = np.random.default_rng(5)
    began = rng.uniform(-300.0, 0.0, 60_000)
    lasted = rng.exponential(10.0, len(began))
    is_seen = began + lasted >= -28.0
    began, ends = began[is_seen], (began + lasted)[is_seen]
    entries, exits = np.maximum(-28.0 - began, 0), np.minimum(ends, 0) - began

    fair = age_quantiles(entries, exits, ends < 0, SHARES)
    done_alone = np.quantile((ends - began)[(ends < 0) & (began > -28.0)], SHARES)

    # 60,000 cases over 300 days: 5,600 begin in the window; the standard error of the median is about 0.15 days.
    assert -np.log(1 - SHARES) * 10.0 == pytest.approx(fair, rel=0.05)
    assert done_alone[2] < 0.8 * fair[2]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param([(0, 5, False)], [np.nan] * 3, id="nobody_was_done"),
        pytest.param([(3, 5, True)], [np.nan] * 3, id="nobody_was_seen_young"),
        pytest.param([(0, 2, False), (4, 5, True)], [np.nan] * 3, id="nobody_was_seen_between"),
        pytest.param([(0, 2, True), (0, 3, False)], [2.0, 2.0, np.nan], id="half_are_done_and_no_more_is_known"),
        # At 5 one of two is done: half; the one that was seen from 4 on counts only from there.
        pytest.param([(0, 5, True), (4, 9, True)], [5.0, 5.0, 9.0], id="seen_from_an_age_on"),
    ],
)
def test_what_was_not_seen_is_not_known(seen, expected):
    entries, exits, is_done = (np.array(column) for column in zip(*seen, strict=True))

    np.testing.assert_array_equal(expected, age_quantiles(entries, exits, is_done.astype(bool), SHARES))


def test_the_clock_of_a_re_opened_case_begins_again():
    rows = [
        ("1", "opened", "2026-03-02 08:00", "a"),
        ("1", "resolved", "2026-03-02 09:00"),
        ("1", "re_opened", "2026-03-02 11:00"),
        ("1", "resolved", "2026-03-02 11:30"),
    ]

    made = backlog(rows, hour_grid("2026-03-02 11:00", "2026-03-02 12:00")).by_queue

    assert [1800.0, 3600.0] == made[["latency_q50_seconds", "latency_q90_seconds"]].iloc[0].tolist()


def test_a_case_done_before_the_window_counts_for_nothing():
    rows = [("1", "opened", "2026-03-02 08:00", "a"), ("1", "resolved", "2026-03-02 09:00")]

    made = backlog(rows, hour_grid("2026-03-02 10:00", "2026-03-04 12:00"), latency_days=1.0).by_queue

    is_known = made["latency_q50_seconds"].notna()
    # From 9:00 on it is out, or was not seen young.
    assert pd.Timestamp("2026-03-03 08:00") == made["hour_end"][is_known].max()
