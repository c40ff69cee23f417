"""The Poisson floor against summing the distribution, count by count."""

import numpy as np
import pytest
from scipy.stats import poisson

from wfm_pipeline.domain.metrics import poisson_mean_deviation


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.5, 0.693, 0.694, 1.0, 2.3, 10.0, 50.5, 700.0])
def test_mean_deviation_equals_the_sum_over_all_counts(rate):
    counts = np.arange(int(rate + 20 * np.sqrt(rate) + 40))
    median = poisson.median(rate) if rate > 0 else 0

    expected = (poisson.pmf(counts, rate) * np.abs(counts - median)).sum()

    assert expected == pytest.approx(poisson_mean_deviation(rate)[0], rel=1e-9, abs=1e-12)


def test_the_large_rate_formula_meets_the_exact_one_where_it_takes_over():
    exact, large = poisson_mean_deviation(999_999.0)[0], poisson_mean_deviation(1_000_001.0)[0]

    assert exact == pytest.approx(large, rel=2e-6)
