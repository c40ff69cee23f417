"""Coverage, reliability and PIT: flat where the forecast is the truth, not flat where it is not."""

import numpy as np
import pytest
from scipy.stats import norm

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting.judging.calibration import (
    band_table,
    pit_misplaced,
    pit_shares,
    pit_stretch,
    pit_table,
    reliability_table,
)
from wfm_pipeline.domain.forecasting.judging.scored_rows import scored_rows
from wfm_pipeline.domain.forecasting.judging.scores import score_backtest
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS
from wfm_pipeline_tests.backtest_kit import SITE, judged_frame, negative_binomial, quantile_frame

POINTS = 40_000


def _shares(mean, true_dispersion, stated_dispersion, *, factor=1.0, seed=3):
    """Non-randomised PIT histogram of many counts of one law under a stated law."""
    random = np.random.default_rng(seed)
    counts = negative_binomial(random, mean, true_dispersion)
    quantiles = quantile_frame(np.full(mean.shape, 1.0) * mean * factor, stated_dispersion).to_numpy()
    low, high = pit_stretch(counts, quantiles)
    return pit_shares(low, high, np.linspace(0, 1, 11))


@pytest.mark.parametrize("size", [3.0, 10.0, 40.0, 400.0])
def test_the_pit_is_flat_where_the_stated_law_is_the_true_one(size):
    mean = size * np.random.default_rng(1).uniform(0.5, 1.5, POINTS)

    shares = _shares(mean, 0.1, 0.1)

    # sampling error of a tenth is 0.0015; half-way quantiles of small counts cost the rest
    assert shares == pytest.approx(np.full(10, 0.1), abs=0.01 if size < 5 else 0.006)


@pytest.mark.parametrize(
    ("true", "stated", "shape"),
    [pytest.param(0.1, 0.4, "hump", id="too_wide"), pytest.param(0.4, 0.1, "bowl", id="too_narrow")],
)
def test_the_pit_is_not_flat_where_the_dispersion_is_wrong(true, stated, shape):
    mean = 20 * np.random.default_rng(1).uniform(0.5, 1.5, POINTS)

    shares = _shares(mean, true, stated)

    outer, inner = shares[[0, 9]].mean(), shares[4:6].mean()
    assert pit_misplaced(shares) > 0.1
    if shape == "hump":
        assert outer < 0.07
        assert inner > 0.12
    else:
        assert outer > 0.14
        assert inner < 0.09


def test_a_forecast_that_is_too_low_slopes_up():
    mean = 20 * np.random.default_rng(1).uniform(0.5, 1.5, POINTS)

    shares = _shares(mean, 0.1, 0.1, factor=0.7)

    assert shares[9] > 0.2 > shares[0]


def test_pit_stretches_of_one_forecast_follow_each_other_and_fill_the_whole():
    counts = np.arange(200.0)
    quantiles = np.repeat(quantile_frame(np.array([4.0]), 0.2).to_numpy(), counts.size, axis=0)

    low, high = pit_stretch(counts, quantiles)

    assert low[0] == 0.0
    assert low[1:] == pytest.approx(high[:-1])
    assert high[-1] == pytest.approx(1.0)
    assert (high >= low).all()


def test_tied_quantiles_share_the_mean_of_their_levels():
    quantiles = np.array([[0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 3.0]])

    low, high = pit_stretch(np.array([0.0]), quantiles)

    # 0 holds 5, 10 and 25 % (mean 13.3 %), 1 holds 50 and 75 % (62.5 %): half-way between their normal scores
    middle = (norm.ppf((0.05 + 0.1 + 0.25) / 3) + norm.ppf((0.5 + 0.75) / 2)) / 2
    assert low[0] == 0.0
    assert high[0] == pytest.approx(norm.cdf(middle))


def test_the_randomised_histogram_is_the_other_one_with_chance_added():
    rows = scored_rows(judged_frame(), site=SITE)

    table, again = pit_table(rows), pit_table(rows)

    whole = table[(table["method"] == "wfm") & (table["queue_id"] == ALL)]
    assert whole["share"].sum() == pytest.approx(1.0)
    assert whole["share_randomised"].sum() == pytest.approx(1.0)
    noise = 4 * np.sqrt(0.1 * 0.9 / whole["points"].iloc[0])
    assert whole["share_randomised"].to_numpy() == pytest.approx(whole["share"].to_numpy(), abs=noise)
    assert table.equals(again)
    assert pit_misplaced(whole["share"].to_numpy()) < 0.05


def test_methods_without_quantiles_have_no_pit():
    blind = judged_frame()
    blind.loc[blind["method"] == "median_6", "calls_q05"] = np.nan

    assert {"wfm"} == set(pit_table(scored_rows(blind, site=SITE))["method"])


def test_coverage_of_the_80_band_is_the_benchmarks_and_queues_weigh_to_it():
    judged = judged_frame()
    table = band_table(scored_rows(judged, site=SITE))

    own = table[(table["method"] == "wfm") & (table["band"] == 0.8)].set_index("queue_id")

    scores = score_backtest(judged)[0].set_index("method")
    assert scores.loc["wfm", "cov80"] == pytest.approx(own.loc[ALL, "band_coverage"])
    queues = own.drop(ALL)
    assert own.loc[ALL, "band_coverage"] == pytest.approx(
        np.average(queues["band_coverage"], weights=queues["busy_points"])
    )
    assert (own["band_coverage"] + own["below"] + own["above"]).tolist() == pytest.approx([1.0] * len(own))


def test_coverage_counts_the_ends_as_inside():
    frame = judged_frame(origins=("2024-01-08",), days=1, queues=("a",), sizes=(9.0,), methods=(("wfm", 1.0),)).head(4)
    frame = frame.assign(calls=[5.0, 9.0, 4.0, 10.0], calls_q10=5.0, calls_q90=9.0)

    table = band_table(scored_rows(frame, site=SITE))

    row = table[(table["band"] == 0.8) & (table["queue_id"] == ALL)].iloc[0]
    assert (row["band_coverage"], row["below"], row["above"]) == (0.5, 0.25, 0.25)
    assert row["width"] == pytest.approx(4 / 7)  # 9 - 5 over a mean of 28 / 4


def test_reliability_brackets_every_level_of_a_true_law():
    table = reliability_table(scored_rows(judged_frame(origins=[f"2024-{m:02d}-01" for m in range(1, 9)]), site=SITE))

    own = table[(table["method"] == "wfm") & (table["queue_id"] == ALL)]

    assert list(QUANTILE_LEVELS) == own["level"].tolist()
    slack = 0.02  # four standard errors of a share of 5,000 counts, and half-way quantiles
    assert (own["share_below"] <= own["level"] + slack).all()
    assert (own["share_at_or_below"] >= own["level"] - slack).all()


def test_nothing_busy_gives_empty_tables():
    rows = scored_rows(judged_frame(sizes=(0.001, 0.001)), site=SITE)

    assert not rows["is_busy"].any()
    assert band_table(rows).empty
    assert reliability_table(rows).empty
    assert pit_table(rows).empty
