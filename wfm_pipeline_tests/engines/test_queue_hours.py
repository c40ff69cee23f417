"""Hours of a queue in silver, on every engine alike: calls and intervals are marked by the queue's own hours of their date."""

import datetime as dt

import pandas as pd

from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.contracts.planning.planners_input import QUEUE_HOURS
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.opening.stated_hours import HOURS_FILE
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.warehouse.bronze.pending import pending_dates, strike_off
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.shelves.history import read_inputs, unfinished_days
from wfm_pipeline.warehouse.shelves.queue_hours import note_changed_hours, read_queue_calendar
from wfm_pipeline.warehouse.shelves.versions import take_in
from wfm_pipeline_tests.silver_kit import DAY, SOURCE, at, ingest, leg, refresh, rows_of

NEXT = DAY + dt.timedelta(days=1)


def state(warehouse, *lines):
    """Take a file in as the planners' step does: lines of queue, from, until, weekdays, hours."""
    columns = ["queue_id", "from_date", "until_date", "weekdays", "hours"]
    rows, _ = read_rows(
        HOURS_FILE, pd.DataFrame([line.split(",") for line in lines], columns=columns), source=SOURCE.name
    )
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    step = take_in(
        warehouse, QUEUE_HOURS, rows, key=planner_key(QUEUE_HOURS), now=now, changed_by="test", scope=of_source(SOURCE)
    )  # fmt: skip
    note_changed_hours(warehouse, SOURCE, step.rows, now)


def calls():
    lunch = [
        leg(f"{queue}{day}", created=at("12:10:00", day), queue=queue, caller=None)
        for queue in ("sales", "support")
        for day in (DAY, NEXT)
    ]
    return [*lunch, leg("late", created=at("19:30:00", NEXT), queue="support", caller=None)]


def open_hours(warehouse, queue, day):
    rows = rows_of(warehouse, "queue_intervals", "queue_id", "interval_start")
    return [
        f"{row['interval_start_local']:%H:%M}"
        for row in rows
        if row["queue_id"] == queue and row["business_date"] == day and row["is_open"]
    ]


def test_calls_and_intervals_are_marked_by_the_hours_their_queue_had_then(warehouse):
    ingest(warehouse, calls())
    state(warehouse, f"sales,{NEXT},,mon-fri,08:00-12:00;13:00-17:00", f"support,{NEXT},{NEXT},,19:00-20:00")

    refresh(warehouse, DAY, NEXT)

    marks = {row["call_id"]: row["is_open"] for row in rows_of(warehouse, "calls", "call_id")}
    assert {
        f"sales{DAY}": True, f"sales{NEXT}": False, f"support{DAY}": True, f"support{NEXT}": False, "late": True
    } == marks  # fmt: skip
    assert len(open_hours(warehouse, "sales", DAY)) == 20  # the site's, 08 to 18
    assert ["12:00", "12:30"] == sorted(
        set(open_hours(warehouse, "sales", DAY)[:18]) - set(open_hours(warehouse, "sales", NEXT))
    )
    assert ["19:00", "19:30"] == open_hours(warehouse, "support", NEXT)


def test_a_row_taken_back_gives_the_site_its_hours_back(warehouse):
    ingest(warehouse, calls())
    refresh(warehouse, DAY, NEXT)
    strike_off(warehouse, SOURCE, "silver.queue_intervals", Dates.between(DAY, NEXT))
    before = rows_of(warehouse, "queue_intervals", "queue_id", "interval_start")
    state(warehouse, f"sales,{NEXT},,,closed")
    assert {NEXT} == pending_dates(warehouse, SOURCE, "silver.queue_intervals")
    refresh(warehouse, DAY, NEXT)
    assert [] == open_hours(warehouse, "sales", NEXT)

    state(warehouse)
    refresh(warehouse, DAY, NEXT)

    assert before == rows_of(warehouse, "queue_intervals", "queue_id", "interval_start")


def test_a_forecast_reads_the_hours_that_hold_before_silver_is_made_again(warehouse):
    ingest(warehouse, calls())
    refresh(warehouse, DAY, NEXT)
    state(warehouse, f"sales,{NEXT},,mon-fri,08:00-12:00;13:00-17:00")

    history = read_inputs(warehouse, SOURCE).history.set_index(["queue_id", "interval_start"])["is_open"]

    lunch = dt.time(12, 0)
    assert [True, False] == [bool(history["sales", dt.datetime.combine(day, lunch)]) for day in (DAY, NEXT)]
    assert bool(history["support", dt.datetime.combine(NEXT, lunch)])


def test_a_day_is_over_when_the_last_queue_closes(warehouse):
    ingest(warehouse, calls())
    state(warehouse, f"support,{NEXT},{NEXT},,19:00-20:00")

    calendar = read_queue_calendar(warehouse, SOURCE)

    assert calendar.grid("support", NEXT, NEXT)["is_open"].sum() == 2
    assert frozenset() == unfinished_days(warehouse, SOURCE)
