"""Calls of weeks beyond the nightly forecast: which long range, of which queues, and how they are labelled."""

import datetime as dt

import pandas as pd

from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_POLICY
from wfm_pipeline.domain.allocation.week.calls import fill_weeks
from wfm_pipeline.domain.allocation.week.demand import forecast_demand
from wfm_pipeline.domain.allocation.week.long_range import later_weeks, with_long_days

MONDAY = pd.Timestamp("2026-01-05")


def days(count, *, queue="q", start=MONDAY, **values):
    rows = {"calls_mean": 10.0, "aht_seconds": 60.0, "horizon_days": 1, **values}
    return pd.DataFrame({"queue_id": queue, "business_date": pd.date_range(start, periods=count), **rows})


def week(monday, calls, *, queue="q", issued="2026-01-02"):
    issued_at = pd.Timestamp(issued)
    return {"queue_id": queue, "week_start": dt.date.fromisoformat(monday), "issued_at": issued_at,
            "calls_mean": calls, "aht_seconds": 90.0}  # fmt: skip


def test_days_of_a_week_that_the_forecast_reaches_in_part_are_the_long_ranges():
    nightly = days(10).assign(calls_model=10.0, aht_model_seconds=60.0)  # a week, and Monday to Wednesday of the next

    rows, notices = with_long_days(nightly, days(60, calls_mean=7.0))

    second = rows[rows["business_date"] >= MONDAY + pd.Timedelta(weeks=1)].sort_values("business_date")
    assert [10.0] * 3 + [7.0] * 4 == second["calls_mean"].tolist()
    assert ["issue"] * 3 + ["long_range_days"] * 4 == second["demand_from"].tolist()
    assert second["business_date"].max() == MONDAY + pd.Timedelta(days=13)  # later weeks are whole: later_weeks
    assert ["the forecast of calls leaves out 4 of 7 days of 2026-W03: the long range has them"] == notices
    whole, filled = fill_weeks(rows)
    assert (len(rows), []) == (len(whole), filled)


def test_without_a_long_range_the_week_beside_stands_in_and_is_labelled():
    rows, _ = with_long_days(days(8), days(0))

    filled, _ = fill_weeks(rows)

    assert {"issue": 8, "stand_in": 6} == filled["demand_from"].value_counts().to_dict()


def test_a_queue_that_the_forecast_leaves_out_is_not_filled_from_an_old_long_range():
    nightly = days(10)

    rows, _ = with_long_days(nightly, pd.concat([days(60), days(60, queue="closed")]))

    assert {"q"} == set(rows["queue_id"])


def test_a_week_beyond_is_the_newest_long_ranges_and_of_no_older_one():
    weeks = pd.DataFrame(
        [
            week("2026-01-05", 1.0),  # reached by the nightly forecast
            week("2026-01-19", 2.0),
            week("2026-01-19", 3.0, issued="2026-01-09"),
            week("2026-01-19", 4.0, queue="closed"),  # only the older issue knows it
        ]
    )

    found = later_weeks(days(10), weeks)

    assert [("q", pd.Timestamp("2026-01-19"), 3.0, "long_range_weeks")] == list(
        found[["queue_id", "business_date", "calls_mean", "demand_from"]].itertuples(index=False, name=None)
    )


def test_a_demand_of_two_queues_names_both_origins():
    row = {"platform": "p", "case_type": "c", "state": "s", "locality": "Global", "share": 1.0, "demand_id": "1"}
    queue_map = pd.DataFrame([{**row, "queue_id": "q"}, {**row, "queue_id": "r"}])
    forecast = pd.concat(
        [days(7).assign(demand_from="long_range_days"), days(7, queue="r").assign(demand_from="issue")],
        ignore_index=True,
    )

    demand, _ = forecast_demand(forecast, queue_map, DEFAULT_POLICY)

    assert (["issue+long_range_days"], [140.0]) == (demand["demand_from"].tolist(), demand["weekly_forecast"].tolist())
