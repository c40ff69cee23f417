"""Rows by local time, and the last days before an origin."""

import datetime as dt

import pandas as pd

from wfm_pipeline.domain.forecasting.grains import by_wall_clock, recent_days


def test_by_wall_clock_the_local_start_takes_the_place_of_the_utc_one():
    rows = pd.DataFrame({"interval_start": [1], "interval_start_local": [2], "calls_mean": [3.0]})

    assert {"interval_start": [2], "calls_mean": [3.0]} == by_wall_clock(rows).to_dict("list")


def test_days_are_added_up_from_the_first_that_is_asked_for_to_the_eve_of_the_origin():
    start = pd.to_datetime(
        ["2026-03-01 23:00", "2026-03-02 08:00", "2026-03-02 09:00", "2026-03-03 00:00", "2026-03-04 00:00"]
    )
    history = pd.DataFrame({"queue_id": "q", "interval_start": start, "calls": [9.0, 1.0, None, None, 9.0]})

    found = recent_days(history, dt.date(2026, 3, 4), days=2)

    # The 2nd: 1 + unknown = 1; the 3rd: nothing known, null and not 0.
    assert ["2026-03-02", "2026-03-03"] == found["business_date"].astype(str).tolist()
    assert 1.0 == found["calls"].iloc[0]
    assert pd.isna(found["calls"].iloc[1])
