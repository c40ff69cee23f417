"""Unknown handle times and waits stay unknown: counted beside their sums, on every engine alike."""

import datetime as dt

import numpy as np
import pytest

from wfm_pipeline.domain.forecasting import ForecastOptions
from wfm_pipeline.domain.forecasting.handle_time import learn_handle_time
from wfm_pipeline.transforms.behavior import measured_behavior
from wfm_pipeline.transforms.queue_days import queue_days
from wfm_pipeline.warehouse.laws import known_measures_are_conserved
from wfm_pipeline.warehouse.shelves.history import read_inputs
from wfm_pipeline_tests.silver_kit import DAY, SOURCE, at, ingest, leg, refresh, rows_of

UNTIMED = {"talk": None, "hold": None, "wrap": None}


def silver(warehouse, rows):
    """Intervals with calls, by clock, and the one day of gold.queue_day_actual."""
    ingest(warehouse, rows)
    refresh(warehouse)
    intervals = {f"{row['interval_start_local']:%H:%M}": row for row in rows_of(warehouse, "queue_intervals")}
    [day] = warehouse.arrow(queue_days(warehouse.table("silver.queue_intervals"))).to_pylist()
    return {clock: row for clock, row in intervals.items() if row["calls_offered"]}, day


def test_every_second_handle_time_unknown_leaves_the_mean_of_the_known_ones(warehouse):
    rows = [
        leg(f"c{number}", created=at(f"10:{number:02d}:00"), hold=0, wrap=0, talk=300) | (UNTIMED if number % 2 else {})
        for number in range(10)
    ]

    intervals, day = silver(warehouse, rows)
    handle = read_inputs(warehouse, SOURCE).known_handle().set_index("interval_start").loc[at("10:00:00")]
    customers = warehouse.frame(measured_behavior(warehouse.table("silver.calls")))

    forecast = learn_handle_time(
        read_inputs(warehouse, SOURCE).known_handle(),
        queue_ids=("sales",),
        interval_minutes=30,
        origin=DAY + dt.timedelta(days=1),
        options=ForecastOptions(),
    )

    assert [300.0] == np.unique(forecast.mean.round(9)).tolist()
    for row in (intervals["10:00"], day):
        # 5 of 10 are known: 1,500 s / 5, not / 10
        assert (10, 5, 1500, 300) == tuple(
            row[name] for name in ("calls_answered", "answered_handle_known", "handle_seconds", "aht_seconds")
        )
    assert (5, 1500) == (handle["answered_handle_known"], handle["handle_seconds"])
    assert [(5, 300.0)] == list(customers[["answered_handle_known", "aht_seconds"]].itertuples(index=False, name=None))
    assert known_measures_are_conserved(warehouse, SOURCE).holds


def test_a_source_that_tells_no_wait_has_no_service_level(warehouse):
    rows = [
        leg("c1", wait=None),
        leg("c2", created=at("11:00:00"), wait=None, status="ABANDONED", agent=None),
        leg("c3", created=at("11:31:00"), wait=None),
        leg("c4", created=at("11:32:00"), wait=None, status="ABANDONED", agent=None),
    ]

    intervals, day = silver(warehouse, rows)

    # An interval in which everybody gave up has none either: the only levels of such a source would be zeros.
    assert [None] * 4 == [row["service_level"] for row in (*intervals.values(), day)]
    assert [None, 0, None] == [intervals[clock]["answered_in_target"] for clock in ("10:00", "11:00", "11:30")]
    assert (0, None) == (day["answered_wait_known"], day["answered_in_target"])


def test_where_some_waits_are_known_the_unknown_ones_count_like_them(warehouse):
    abandoned = {"status": "ABANDONED", "agent": None, "wait": None}
    rows = [
        *(leg(f"in{number}", created=at(f"10:0{number}:00"), wait=20) for number in range(3)),
        leg("late", created=at("10:10:00"), wait=21),
        *(leg(f"unknown{number}", created=at(f"10:1{number}:30"), wait=None) for number in range(4)),
        *(leg(f"gone{number}", created=at(f"10:2{number}:00"), caller=None, **abandoned) for number in range(2)),
        leg("left", created=at("12:00:00"), **abandoned | {"wait": 5}),
    ]

    intervals, day = silver(warehouse, rows)

    # 3 of 4 known waits are in the target, so 6 of the 8 answered, of 10 offered; an eleventh hung up after 5 s
    assert (8, 4, 3, 0.6) == tuple(
        intervals["10:00"][name]
        for name in ("calls_answered", "answered_wait_known", "answered_in_target", "service_level")
    )
    assert 0.0 == intervals["12:00"]["service_level"]
    assert 6 / 11 == pytest.approx(day["service_level"])
    assert 20.25 == intervals["10:00"]["asa_seconds"]


def test_a_day_of_which_nothing_is_known_has_no_handle_time(warehouse):
    rows = [leg("c1", **UNTIMED), leg("c2", created=at("11:00:00"), status="ABANDONED", agent=None, **UNTIMED)]

    intervals, day = silver(warehouse, rows)

    names = ("answered_handle_known", "handle_seconds", "aht_seconds")
    assert (0, None, None) == tuple(intervals["10:00"][name] for name in names)
    assert (0, 0, None) == tuple(intervals["11:00"][name] for name in names)  # nobody was answered: no work
    assert (0, None, None) == tuple(day[name] for name in names)
    handle = read_inputs(warehouse, SOURCE).known_handle()
    assert 0 == handle[["answered_handle_known", "handle_seconds"]].to_numpy().sum()
    assert known_measures_are_conserved(warehouse, SOURCE).holds


def test_handle_time_that_is_lost_or_counted_twice_on_the_way_breaks_the_law(warehouse):
    silver(warehouse, [leg("c1"), leg("c2", created=at("11:00:00"))])

    warehouse.execute("update silver.queue_intervals set handle_seconds = handle_seconds + 1 where calls_offered = 1")

    law = known_measures_are_conserved(warehouse, SOURCE)
    assert (300, 302, 1) == (law.left, law.right, law.broken_rows)
