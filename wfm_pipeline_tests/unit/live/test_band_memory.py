"""What the cycle remembers gives the same as working it out anew: confidence of gaps by bands, with and without memory."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage import gaps
from wfm_pipeline.domain.coverage.required import BAND_COLUMNS
from wfm_pipeline.monitoring.coverage.band_memory import BandMemory
from wfm_pipeline_tests.coverage_kit import DAY, QUARTER

POLICY = {
    "service_level_target": 0.8, "answer_target_seconds": 20.0, "patience_seconds": 300.0, "max_occupancy": np.nan, "concurrency": 1.0,
}  # fmt: skip


def rows_of(services, *, intervals=5, seed=1):
    rng = np.random.default_rng(seed)
    starts = pd.date_range(DAY, periods=intervals, freq="15min", unit="us")
    made = pd.DataFrame(
        {"service_id": np.repeat(services, intervals), "interval_start": np.tile(starts, len(services))}
    )
    bands = np.sort(rng.gamma(3.0, 5.0, (len(made), len(BAND_COLUMNS))), axis=1)
    return made.assign(aht_seconds=rng.uniform(100, 400, len(made)), **dict(zip(BAND_COLUMNS, bands.T, strict=True)))


def policy(rows):
    return {name: np.full(len(rows), value) for name, value in POLICY.items()}


def test_remembered_needs_are_those_worked_out_anew_and_each_is_worked_out_once(monkeypatch):
    rows, asked, memory = rows_of(["a", "b"]), [], BandMemory()

    def counted(some, *words):
        asked.append(len(some))
        return gaps.band_heads(some, *words)

    monkeypatch.setattr("wfm_pipeline.monitoring.coverage.band_memory.band_heads", counted)
    for part in (rows[:4], rows[2:8], rows[::-1]):
        np.testing.assert_array_equal(gaps.band_heads(part, policy(part), QUARTER), memory(part, policy(part), QUARTER))

    assert [4, 4, 2] == asked


@pytest.mark.parametrize("seed", range(5))
def test_levels_between_needs_are_numpys_interpolation_row_by_row(seed):
    rng = np.random.default_rng(seed)
    levels = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
    places = np.cumsum(rng.integers(0, 3, (50, 7)), axis=1) + 1e-9 * np.arange(7)
    values = rng.integers(-1, 16, 50) * 0.5

    expected = [np.interp(value, row, levels) for value, row in zip(values, places, strict=True)]

    np.testing.assert_allclose(gaps._interpolated(values, places, levels), expected, rtol=0, atol=1e-12)
