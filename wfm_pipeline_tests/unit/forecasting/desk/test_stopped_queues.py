"""A queue that has stopped is forecast as 0 and drags no other down; a small or a resting one has not stopped."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions, PlannersInput, forecast
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.desk.stopped import stopped_queues

FIRST, ORIGIN = dt.date(2025, 1, 6), dt.date(2025, 7, 7)
DAYS = (ORIGIN - FIRST).days
PER_DAY = 240.0
SITE = Site(weekend=("sat", "sun"), interval_minutes=60)


def history(lasts, *, per_day=PER_DAY, seed=7):
    """Poisson calls of equal queues, 08 to 18 on working days; queue q has none in the `lasts[q]` days before the origin."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range(FIRST, periods=DAYS)
    starts = pd.DatetimeIndex(
        [day + pd.Timedelta(hours=hour) for day in dates if day.weekday() < 5 for hour in range(8, 18)]
    )
    frames = []
    for queue, last in lasts.items():
        calls = rng.poisson(per_day / 10, len(starts)).astype(float)
        calls[starts >= pd.Timestamp(ORIGIN) - pd.Timedelta(days=last)] = 0.0
        frames.append(pd.DataFrame({"queue_id": queue, "interval_start": starts, "calls": calls}))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("weeks", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("seed", [1, 2, 7])
def test_the_others_are_forecast_as_if_the_stopped_queue_were_not_there(weeks, seed):
    rows = history({"a": 0, "b": 0, "c": 0, "gone": 7 * weeks}, seed=seed)

    days = forecast(rows, site=SITE, origin=ORIGIN, options=ForecastOptions(num_threads=1)).days
    totals = days.groupby("queue_id")["calls_mean"].sum()

    assert 0.0 == totals["gone"]
    assert {"closed"} == set(days.loc[days["queue_id"] == "gone", "model_name"])
    assert 0.0 == days.loc[days["queue_id"] == "gone", "calls_q90"].max()
    for queue in "abc":
        assert totals[queue] == pytest.approx(PER_DAY * 10, rel=0.05)


def test_a_day_of_silence_a_small_queue_and_one_that_came_back_have_not_stopped():
    rows = pd.concat([history({"short": 3, "gone": 14}), history({"small": 14}, per_day=0.5)], ignore_index=True)
    again = history({"again": 21})
    is_back = again["interval_start"] >= pd.Timestamp(ORIGIN) - pd.Timedelta(days=1)
    back = again["interval_start"].dt.date == ORIGIN - dt.timedelta(days=3)
    again.loc[back | is_back, "calls"] = 20.0

    panel = build_panel(pd.concat([rows, again], ignore_index=True))

    found = dict(zip(panel.queue_ids, stopped_queues(panel).tolist(), strict=True))
    assert {"again": False, "gone": True, "short": False, "small": False} == found


def test_days_that_are_missing_are_no_silence():
    rows = history({"a": 0, "gone": 14})
    is_gone = (rows["queue_id"] == "gone") & (rows["interval_start"] >= pd.Timestamp(ORIGIN) - pd.Timedelta(days=14))

    panel = build_panel(rows[~is_gone]).window(FIRST, ORIGIN)

    assert not stopped_queues(panel).any()


def test_a_desk_whose_only_queue_has_stopped_is_forecast_as_0():
    result = forecast(
        pd.concat([history({"gone": 30}), history({"tiny": 0}, per_day=0.5)]), site=SITE, origin=ORIGIN,
        options=ForecastOptions(num_threads=1), planners=PlannersInput(),
    )  # fmt: skip

    assert 0.0 == result.days.loc[result.days["queue_id"] == "gone", "calls_mean"].sum()
    assert any("'gone': closed (no calls on its last open days)" in note for note in result.notes)
