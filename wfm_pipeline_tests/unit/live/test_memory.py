"""What the cycle remembers gives the same as working it out anew: needs of bands, and service levels."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage import gaps
from wfm_pipeline.domain.coverage.intervals import projected_service_level
from wfm_pipeline.domain.coverage.required import BAND_COLUMNS
from wfm_pipeline.monitoring.coverage.memory import BandMemory, LevelMemory
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

    monkeypatch.setattr("wfm_pipeline.monitoring.coverage.memory.band_heads", counted)
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


def test_remembered_levels_are_those_worked_out_anew_and_unchanged_rows_are_left_alone(monkeypatch):
    rng, memory, asked = np.random.default_rng(3), LevelMemory(), []
    calls, aht = rng.gamma(3.0, 5.0, 40), rng.uniform(100, 400, 40)
    people = np.where(np.arange(40) % 7 == 0, np.nan, rng.uniform(0, 8, 40))
    every = {name: np.full(40, value) for name, value in POLICY.items()}

    def counted(some, *words):
        asked.append(len(some))
        return projected_service_level(some, *words)

    monkeypatch.setattr("wfm_pipeline.monitoring.coverage.memory.projected_service_level", counted)
    for place in (None, 3, 7):
        if place is not None:
            people[place] = 5.5
        expected = projected_service_level(calls, aht, people, every, QUARTER)
        np.testing.assert_array_equal(expected, memory(calls, aht, people, every, QUARTER))
    fewer = {name: values[:9] for name, values in every.items()}
    memory(calls[:9], aht[:9], people[:9], fewer, QUARTER)

    assert [40, 1, 1, 9] == asked
