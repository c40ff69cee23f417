"""A forecast by wall clock laid on the UTC grid: clocks that change neither lose nor invent an interval."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.forecasting.grains import place_on_grid

SITE = Site(time_zone="Europe/Stockholm", interval_minutes=60)
ORDINARY, FORWARD, BACK = dt.date(2026, 3, 28), dt.date(2026, 3, 29), dt.date(2026, 10, 25)


def placed(day):
    """One call expected in each local hour, 24 a day, laid on the site's grid."""
    local = pd.date_range(day, periods=24, freq="h", unit="us")
    values = {"calls_mean": 1.0, "calls_q10": 0.0, "calls_q50": 1.0, "calls_q90": 2.0}
    intervals = pd.DataFrame({"queue_id": "q", "interval_start": local, "business_date": pd.Timestamp(day), **values})
    sums = {"calls_mean": 24.0, "calls_q10": 12.0, "calls_q50": 24.0, "calls_q90": 36.0}
    days = pd.DataFrame({"queue_id": ["q"], "business_date": [pd.Timestamp(day)], **sums})
    return place_on_grid(intervals, days, interval_grid(SITE, day, day))


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(ORDINARY, 24, id="ordinary_day"),
        pytest.param(FORWARD, 23, id="one_hour_never_comes"),
        pytest.param(BACK, 25, id="one_hour_comes_twice"),
    ],
)
def test_every_interval_of_the_grid_gets_its_local_time_and_days_are_their_sums(day, hours):
    intervals, days = placed(day)

    assert hours == len(intervals) == intervals["interval_start"].nunique()
    assert hours == days["calls_mean"].iloc[0] == intervals["calls_mean"].sum()
    assert 36 * hours / 24 == days["calls_q90"].iloc[0]  # the day's own band keeps its width relative to the mean


def test_a_day_without_calls_stays_zero():
    intervals, days = placed(ORDINARY)
    zero = dict.fromkeys(("calls_mean", "calls_q10", "calls_q50", "calls_q90"), 0.0)
    local = intervals.drop(columns="interval_start").rename(columns={"interval_start_local": "interval_start"})

    _, closed = place_on_grid(local.assign(**zero), days.assign(**zero), interval_grid(SITE, ORDINARY, ORDINARY))

    assert closed[list(zero)].iloc[0].tolist() == [0.0] * 4
