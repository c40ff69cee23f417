"""A lunch that nobody wrote down: no calls ever came there, so none are forecast and nobody is staffed."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions, forecast
from wfm_pipeline.domain.forecasting.desk.calendar_facts import day_types
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.desk.state import observe

ORIGIN = dt.date(2025, 7, 7)


def history(*, per_slot=6.0, lunch=(12.0, 12.5), days=182):
    """Half-hours 08 to 17 on working days with no call at lunch, described as open."""
    rng = np.random.default_rng(3)
    dates = pd.date_range(end=ORIGIN - dt.timedelta(days=1), periods=days)
    hours = [8 + half / 2 for half in range(18)]
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in dates if day.weekday() < 5 for hour in hours])
    calls = rng.poisson(per_slot, len(starts)).astype(float)
    calls[np.isin(starts.hour + starts.minute / 60, lunch)] = 0.0
    return pd.DataFrame({"queue_id": "q", "interval_start": starts, "calls": calls, "is_open": True})


def by_hour(rows):
    result = forecast(rows, site=Site(), origin=ORIGIN, options=ForecastOptions(num_threads=1)).intervals
    clock = result["interval_start"].dt.hour + result["interval_start"].dt.minute / 60
    return result.groupby(clock)["calls_mean"].sum()


@pytest.mark.parametrize("per_slot", [1.5, 6.0])
def test_no_call_is_put_into_a_lunch_where_none_ever_came(per_slot):
    found = by_hour(history(per_slot=per_slot))

    assert 0.0 == found[[12.0, 12.5]].sum()
    assert found[[11.5, 13.0]].mean() == pytest.approx(found[[10.0, 15.0]].mean(), rel=0.2)


@pytest.mark.parametrize(("per_slot", "is_open"), [(0.05, True), (1.5, False)])
def test_a_quiet_slot_of_a_small_queue_is_no_lunch(per_slot, is_open):
    panel = build_panel(history(per_slot=per_slot, lunch=(12.0,)))
    state = observe(panel, day_types(Site(), panel.first_date, panel.calls.shape[1] + 14))

    assert is_open == state.open_slots[0, :5, 24].all()
    assert state.open_slots[0, :5, 23].all()
