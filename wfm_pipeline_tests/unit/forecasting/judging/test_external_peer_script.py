"""The script that makes library peers: what it may know, how it fills gaps, what it hands over (no library needed)."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.means.peers import replace_closed_days

SCRIPT = Path(__file__).parents[4] / "benchmarks" / "external_peers" / "make_predictions.py"
ORIGIN, TRAIN_FROM = pd.Timestamp("2024-04-01"), pd.Timestamp("2024-01-01")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_predictions", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def panel():
    times = pd.date_range("2024-01-01", "2024-04-30", freq="60min", unit="us")
    times = times[(times.day_of_week < 5) & (times.hour >= 8) & (times.hour < 18)]
    rows = pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": 5.0 + times.day_of_week + times.hour})
    day = rows["interval_start"].dt.normalize()
    rows.loc[day == "2024-02-14", "calls"] = 0.0
    return rows[day != "2024-03-05"]


def _same_every_day(grid, dates, country):
    return np.full(len(dates), grid.calls.sum(axis=1).mean())


def test_nothing_at_or_after_the_origin_is_known(script, panel, monkeypatch):
    monkeypatch.setitem(script.METHODS, "flat", lambda *a: script._spread_with_bands(_same_every_day, *a))
    fold = pd.Series({"origin": "2024-04-01", "train_from": "2024-01-01", "horizon_days": 14})
    moved = panel.assign(calls=panel["calls"].where(panel["interval_start"] < ORIGIN, 999.0))

    plain, again = (script.predict_fold(rows, fold, "flat", "US") for rows in (panel, moved))

    pd.testing.assert_frame_equal(plain, again)
    assert plain["interval_start"].min() >= ORIGIN
    assert 10 * 10 == len(plain)  # ten working days of ten hours


def test_closed_days_are_filled_as_the_built_in_peers_fill_them(script, panel):
    grid = script.read_grids(panel, TRAIN_FROM, ORIGIN)["a"]

    built_in = replace_closed_days(build_panel(panel[panel["interval_start"] < ORIGIN]))

    place = list(grid.dates).index(pd.Timestamp("2024-02-14"))
    index = list(built_in.dates).index(np.datetime64("2024-02-14"))
    assert built_in.calls[0, index, 8:18] == pytest.approx(grid.calls[place])
    assert list(range(8 * 60, 18 * 60, 60)) == grid.minutes.tolist()
    assert 5 == grid.days_per_week


def test_what_it_hands_over_is_ordered_non_negative_and_sums_to_the_level(script, panel, monkeypatch):
    monkeypatch.setitem(script.METHODS, "flat", lambda *a: script._spread_with_bands(_same_every_day, *a))
    fold = pd.Series({"origin": "2024-04-01", "train_from": "2024-01-01", "horizon_days": 7})

    made = script.predict_fold(panel, fold, "flat", "US")

    names = ["calls_q05", "calls_q10", "calls_q25", "calls_mean", "calls_q75", "calls_q90", "calls_q95"]
    assert (np.diff(made[names].to_numpy(), axis=1) >= 0).all()
    assert (made[names] >= 0).all(axis=None)
    level = script.read_grids(panel, TRAIN_FROM, ORIGIN)["a"].calls.sum(axis=1).mean()
    assert made.groupby(made["interval_start"].dt.normalize())["calls_mean"].sum().to_numpy() == pytest.approx(level)
