"""Scores on two public call centres. Figures of the peers: the panels' own README; ours: measured, see the essay."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import METHOD, read_folds, run_backtest

FOLDS = Path(__file__).parent.parent / "cases" / "forecast_folds.csv"
SITES = {"anon": Site(country="IL", weekend=("fri", "sat")), "bank": Site(country="US")}

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.fixture
def panel_of(real_data):
    """Reads a panel; a folder without it fails."""
    return lambda name: pd.read_parquet(real_data / "forecast_panels" / f"{name}_30min.parquet")


def _folds(name):
    return read_folds(pd.read_csv(FOLDS), dataset=name)


PEER_FIGURES = {
    "anon": {
        "median_6": {"int_q": 0.392, "int_tot": 0.306, "day_q": 0.225, "day_tot": 0.197, "pinball": 0.138},
        "mean_8": {"int_q": 0.403, "int_tot": 0.316, "day_q": 0.232, "day_tot": 0.204, "pinball": 0.141},
        "seasonal_naive": {"int_q": 0.524, "int_tot": 0.424, "day_q": 0.305, "day_tot": 0.277, "pinball": 0.190},
    },
    "bank": {
        "median_6": {"int_q": 0.0640, "day_q": 0.0509, "pinball": 0.0224},
        "mean_8": {"int_q": 0.0652, "day_q": 0.0525, "pinball": 0.0224},
        "seasonal_naive": {"int_q": 0.0786, "day_q": 0.0607, "pinball": 0.0273},
    },
}
OUR_LIMITS = {
    # what was aimed at, or where the essay has less, that plus 1 %; far below the median of 6
    "anon": {
        "int_q": 0.322,
        "int_tot": 0.236,
        "day_q": 0.149,
        "day_tot": 0.117,
        "volume_mean": 0.041,
        "volume_worst": 0.092,
        "pinball": 0.1095,
    },
    "bank": {
        "int_q": 0.0529,
        "int_tot": 0.0523,
        "day_q": 0.0364,
        "volume_mean": 0.0255,
        "volume_worst": 0.062,
        "pinball": 0.0178,
    },
}
FLOOR = {"anon": 0.201, "bank": 0.0229}
OUR_COVERAGE = {"anon": (0.78, 0.84), "bank": (0.78, 0.82)}


@pytest.mark.parametrize("name", ["anon", "bank"])
def test_the_backtest_reproduces_the_peers_and_ours_stays_below_its_measured_scores(panel_of, name):
    panel = panel_of(name)

    result = run_backtest(panel, _folds(name), site=SITES[name])

    scores = result.scores.set_index("method")
    for method, figures in PEER_FIGURES[name].items():
        for score, figure in figures.items():
            assert figure == pytest.approx(scores.loc[method, score], abs=0.005 if name == "anon" else 0.0005), (
                method,
                score,
            )
    for score, limit in OUR_LIMITS[name].items():
        assert scores.loc[METHOD, score] <= limit, score
    assert FLOOR[name] == pytest.approx(scores.loc[METHOD, "poisson_floor"], abs=0.002)
    low, high = OUR_COVERAGE[name]
    assert low <= scores.loc[METHOD, "cov80"] <= high
    assert not result.notes  # no queue had to step down


@pytest.mark.parametrize("name", ["anon", "bank"])
def test_calls_at_or_after_an_origin_change_no_forecast_made_then_or_before(panel_of, name):
    panel, folds = panel_of(name), _folds(name).iloc[[0, 6]]
    scrambled = panel.copy()
    later = scrambled["interval_start"] >= folds["origin"].iloc[1]
    scrambled.loc[later, "calls"] = np.random.default_rng(7).permutation(scrambled.loc[later, "calls"]) * 3 + 1

    plain = run_backtest(panel, folds, site=SITES[name])
    moved = run_backtest(scrambled, folds, site=SITES[name])

    pd.testing.assert_frame_equal(plain.predictions, moved.predictions, check_exact=True)


def test_each_interval_the_file_holds_has_one_row_per_method_with_its_own_times(panel_of):
    panel, folds = panel_of("bank"), _folds("bank").tail(1)  # reaches past the end of the file

    result = run_backtest(panel, folds, site=SITES["bank"])

    expected = panel[panel["interval_start"] >= folds["origin"].iloc[0]]
    assert {len(expected)} == set(result.predictions.groupby("method").size())
    assert set(expected["interval_start"]) == set(result.predictions["interval_start"])
