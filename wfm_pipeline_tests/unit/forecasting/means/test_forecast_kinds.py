"""Kinds of special days: what a holiday did before, it does again; a new one borrows."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import QUANTILE_LEVELS, forecast, quantile_column
from wfm_pipeline.domain.forecasting.desk.calendar_facts import EVE, HOLIDAY, ORDINARY, OTHER, day_types

FAIR, PARADE = dt.date(2024, 4, 24), dt.date(2024, 5, 29)  # two Wednesdays
ORIGIN = dt.date(2024, 6, 17)
DAYS = 168


def _history(changes, *, queue_id="a", scale=1.0):
    """Ten busy hours on every day of the week, some dates changed: date -> hourly calls."""
    first = ORIGIN - dt.timedelta(days=DAYS)
    times = pd.date_range(first, periods=DAYS * 24, freq="60min", unit="us")
    calls = np.random.default_rng(5).poisson(np.where((times.hour >= 8) & (times.hour < 18), 60.0 * scale, 0.0)) * 1.0
    history = pd.DataFrame({"queue_id": queue_id, "interval_start": times, "calls": calls})
    for date, hourly in changes.items():
        day = history["interval_start"].dt.date == date
        history.loc[day, "calls"] = np.asarray(hourly, float) * scale
    return history


def _day(history, site, date, queue_id="a"):
    result = forecast(history, site=site, origin=ORIGIN)
    rows = result.intervals[result.intervals["queue_id"] == queue_id]
    return rows[rows["business_date"].dt.date == date]


MORNING = np.where((np.arange(24) >= 8) & (np.arange(24) < 12), 300.0, 0.0)  # 1200 calls instead of 600


def test_a_holiday_gets_the_level_and_the_shape_its_kind_had_before():
    again = dt.date(2024, 6, 19)
    site = Site(extra_holidays={FAIR: "fair", PARADE: "fair", again: "fair"})

    day = _day(_history({FAIR: MORNING, PARADE: MORNING}), site, again)

    plain = _day(_history({}), site, again)["calls_mean"].sum()
    hours = day["interval_start"].dt.hour
    assert plain == pytest.approx(600, rel=0.1)
    assert day["calls_mean"].sum() > 1.6 * plain
    assert day.loc[hours < 12, "calls_mean"].sum() > 0.75 * day["calls_mean"].sum()


def test_a_holiday_never_met_borrows_a_part_from_the_other_holidays_and_keeps_its_shape():
    new = dt.date(2024, 6, 19)
    site = Site(extra_holidays={FAIR: "fair", PARADE: "parade", new: "jubilee"})

    day = _day(_history({FAIR: MORNING, PARADE: MORNING}), site, new)

    # two kinds against four of belief: a third of log 2, 600 x 2 ** (1 / 3) = 756
    assert day["calls_mean"].sum() == pytest.approx(756, rel=0.12)
    assert (day["calls_mean"].to_numpy()[8:18].std() / day["calls_mean"].to_numpy()[8:18].mean()) < 0.15


def test_a_first_holiday_is_finite_ordered_not_negative_and_labelled():
    new = dt.date(2024, 6, 19)

    day = _day(_history({}), Site(extra_holidays={new: "jubilee"}), new)

    numbers = day[["calls_mean", *(quantile_column(level) for level in QUANTILE_LEVELS)]].to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all()
    assert (np.diff(numbers[:, 1:], axis=1) >= 0).all()
    assert day["model_name"].ne("").all()


def test_a_small_queue_borrows_its_holiday_from_the_large_one():
    again = dt.date(2024, 6, 19)
    site = Site(extra_holidays={FAIR: "fair", again: "fair"})
    large = _history({FAIR: MORNING})
    small = _history({}, queue_id="s", scale=0.01)

    moved = _day(pd.concat([large, small]), site, again, "s")["calls_mean"].sum()
    plain = _day(pd.concat([_history({}), small]), site, again, "s")["calls_mean"].sum()

    assert moved > 1.1 * plain


def test_every_special_day_has_a_kind_and_a_class():
    types = day_types(Site(country="IL", weekend=("fri", "sat")), dt.date(1999, 4, 19), 3)

    assert ("", "eve of Independence Day", "Independence Day") == types.kinds
    assert [ORDINARY, EVE, HOLIDAY] == types.day_class.tolist()
    other = day_types(Site(country="IL", weekend=("fri", "sat")), dt.date(1999, 4, 4), 1)
    assert [OTHER] == other.day_class.tolist()
