"""The backtest's judges on two public call centres, against the panels' own README: library peers and floors."""

from pathlib import Path

import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import read_folds, run_backtest
from wfm_pipeline.domain.forecasting.judging.gains import gain_table
from wfm_pipeline.domain.forecasting.judging.scored_rows import scored_rows

CASES = Path(__file__).parent.parent / "cases"
PREDICTIONS = Path(__file__).parents[2] / "benchmarks" / "external_peers" / "predictions"
SITES = {"anon": Site(country="IL", weekend=("fri", "sat")), "bank": Site(country="US")}
FIGURES = {
    "anon": {
        "ets": {"int_q": 0.405, "int_tot": 0.315, "day_q": 0.233, "day_tot": 0.201, "volume_worst": 0.50},
        "mstl": {"int_q": 0.488, "int_tot": 0.401, "day_q": 0.309, "day_tot": 0.284, "volume_worst": 0.64},
    },
    "bank": {
        "ets": {"int_q": 0.0733, "day_q": 0.0635, "volume_mean": 0.044, "volume_worst": 0.135},
        "mstl": {"int_q": 0.0752, "day_q": 0.0645, "volume_mean": 0.048, "pinball": 0.0312},
    },
}
FLOORS = {
    "anon": {"int_q": 0.201, "int_tot": 0.127, "day_q": 0.037, "day_tot": 0.022},
    "bank": {"int_q": 0.0229, "day_q": 0.0044},
}

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.mark.parametrize("name", ["anon", "bank"])
def test_library_peers_and_floors_have_the_benchmarks_figures(real_data, name):
    panel = pd.read_parquet(real_data / "forecast_panels" / f"{name}_30min.parquet")
    folds = read_folds(pd.read_csv(CASES / "forecast_folds.csv"), dataset=name)
    external = {key: pd.read_parquet(PREDICTIONS / f"{name}_{key}.parquet") for key in FIGURES[name]}

    result = run_backtest(panel, folds, site=SITES[name], methods=["median_6"], external=external)

    scores = result.scores.set_index("method")
    for method, figures in FIGURES[name].items():
        for score, figure in figures.items():
            last_digit = 10.0 ** -len(str(figure).partition(".")[2].ljust(2, "0"))
            assert figure == pytest.approx(scores.loc[method, score], abs=0.6 * last_digit), (method, score)
    rows = scored_rows(result.judged, site=SITES[name])
    floors = gain_table(rows, ours="median_6").drop_duplicates("score").set_index("score")["floor"]
    for score, figure in FLOORS[name].items():
        assert figure == pytest.approx(floors[score], abs=0.002), score


def test_the_rolling_origins_are_the_64_working_days_from_25_july(real_data):
    panel = pd.read_parquet(real_data / "forecast_panels" / "bank_30min.parquet")
    calls = panel.groupby(panel["interval_start"].dt.normalize())["calls"].sum()
    worked = calls[(calls > 0) & (calls.index >= "2003-07-25")].index[:64]

    folds = read_folds(pd.read_csv(CASES / "forecast_rolling_folds.csv"), dataset="bank")

    assert list(worked) == folds["origin"].tolist()
    assert {1} == set(folds["horizon_days"])
