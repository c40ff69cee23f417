"""When each queue is open: the site's hours, a queue's own from a date on, exceptions, nights, holidays, clock changes."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar
from wfm_pipeline.domain.opening.stated_hours import HOURS_FILE, read_weekdays, stated
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import WEEKDAYS

WEEK = dict.fromkeys(WEEKDAYS[:5], "08:00-18:00")
SITE = Site(
    time_zone="Europe/Stockholm", country="SE", closed_on_holidays=True, interval_minutes=60, opening_hours=WEEK
)  # fmt: skip
HEAD = ["queue_id", "from_date", "until_date", "weekdays", "hours"]
MONDAY = dt.date(2026, 3, 9)


def file(*lines):
    """Lines of the file as `queue,from,until,weekdays,hours`."""
    return read_rows(
        HOURS_FILE, pd.DataFrame([line.split(",") for line in lines], columns=HEAD), ("q", "r"), source="s"
    )[0]


def calendar(*lines, site=SITE):
    return QueueCalendar(site, tuple(stated(row) for row in file(*lines)))


def hours(which, queue, date):
    """Local hours at which open intervals begin."""
    grid = which.grid(queue, date, date)
    return grid.loc[grid["is_open"].astype(bool), "interval_start_local"].dt.hour.tolist()


def test_a_queue_without_a_row_has_the_hours_of_the_site():
    found = calendar("q,2026-01-01,,mon-fri,08:00-12:00;13:00-17:00")

    pd.testing.assert_frame_equal(interval_grid(SITE, MONDAY, MONDAY), found.grid("r", MONDAY, MONDAY))
    assert [8, 9, 10, 11, 13, 14, 15, 16] == hours(found, "q", MONDAY)


def test_hours_hold_from_their_date_on_and_before_it_those_of_before():
    found = calendar("q,2026-03-02,,,09:00-17:00", "q,2026-03-09,,mon-fri,10:00-15:00")

    assert list(range(8, 18)) == hours(found, "q", dt.date(2026, 2, 23))
    assert list(range(9, 17)) == hours(found, "q", dt.date(2026, 3, 2))
    assert list(range(10, 15)) == hours(found, "q", MONDAY)
    assert list(range(9, 17)) == hours(found, "q", dt.date(2026, 3, 14))  # a Saturday: the row of all days


def test_an_exception_goes_before_and_a_queues_own_row_before_that_of_all():
    found = calendar(
        ",2026-03-09,2026-03-09,,closed", "q,2026-03-09,2026-03-09,,10:00-12:00", "r,2026-03-01,,,06:00-08:00",
        ",2026-03-15,2026-03-15,,10:00-14:00",
    )  # fmt: skip

    assert [10, 11] == hours(found, "q", MONDAY)
    assert [6, 7] == hours(found, "r", MONDAY)
    assert [] == hours(found, "x", MONDAY)
    assert [10, 11, 12, 13] == hours(found, "x", dt.date(2026, 3, 15))  # a Sunday
    days = found.desk_days(MONDAY, dt.date(2026, 3, 15)).set_index("date")
    assert ["06:00", "12:00"] == days.loc[pd.Timestamp(MONDAY), ["opens_at", "closes_at"]].tolist()
    assert [True, True] == days.loc[[pd.Timestamp(MONDAY), pd.Timestamp("2026-03-15")], "is_open"].tolist()


def test_a_date_that_an_exception_closes_for_all_closes_the_desk():
    days = calendar(",2026-12-23,2026-12-23,,closed").desk_days(dt.date(2026, 12, 22), dt.date(2026, 12, 23))

    assert [True, False] == days["is_open"].tolist()


def test_a_holiday_closes_a_queue_unless_an_exception_speaks_of_it():
    new_year = dt.date(2026, 1, 1)

    assert [] == hours(calendar("q,2025-01-01,,,08:00-12:00"), "q", new_year)
    assert [10, 11] == hours(calendar("q,2026-01-01,2026-01-01,,10:00-12:00"), "q", new_year)


def test_a_night_belongs_to_both_dates_and_a_closed_date_is_closed_from_midnight_on():
    found = calendar("q,2026-01-01,,,22:00-02:00", "q,2026-03-11,2026-03-11,,closed")

    assert [0, 1, 22, 23] == hours(found, "q", MONDAY)
    assert [] == hours(found, "q", dt.date(2026, 3, 11))
    assert [22, 23] == hours(found, "q", dt.date(2026, 3, 12))


@pytest.mark.parametrize(
    ("date", "length"), [(dt.date(2026, 3, 29), 23), (dt.date(2026, 3, 28), 24), (dt.date(2026, 10, 25), 25)]
)
def test_closed_intervals_are_half_open_utc_and_fill_the_day_with_the_open_ones(date, length):
    found = calendar("q,2026-01-01,,,00:00-01:00;12:00-13:00")
    grid = found.grid("q", date, date)

    closed = found.closed_intervals("q", date, date)

    assert sum((end - start).total_seconds() for start, end in closed) == (length - 2) * 3600
    assert all(start < end for start, end in closed)
    is_in = [any(start <= at < end for start, end in closed) for at in grid["interval_start"]]
    assert (~grid["is_open"].astype(bool)).tolist() == is_in


def test_a_closed_stretch_goes_on_over_midnight():
    found = calendar("q,2026-01-01,,,08:00-12:00;13:00-17:00")

    closed = found.closed_intervals("q", MONDAY, dt.date(2026, 3, 10))

    at = [(start.isoformat(), end.isoformat()) for start, end in closed]
    assert ("2026-03-09T11:00:00", "2026-03-09T12:00:00") == at[1]  # lunch in Stockholm, an hour ahead of UTC
    assert ("2026-03-09T16:00:00", "2026-03-10T07:00:00") == at[2]


@given(st.permutations(["q,2026-03-02,,,09:00-17:00", "q,2026-03-09,,,closed", "q,2026-03-10,2026-03-12,,06:00-07:00"]))
def test_the_order_of_rows_does_not_matter(lines):
    found = calendar(*lines)

    assert [[], [6], [6], [6], []] == [hours(found, "q", MONDAY + dt.timedelta(days=number)) for number in range(5)]


@pytest.mark.parametrize(
    ("text", "days"),
    [("mon-fri", {0, 1, 2, 3, 4}), ("sat;sun", {5, 6}), ("fri-mon", {4, 5, 6, 0}), ("Wed", {2}), ("mon-sun", set(range(7)))],
)  # fmt: skip
def test_weekdays_are_words_and_ranges(text, days):
    assert days == read_weekdays(text)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["q,2026-03-02,,,8-17"], "opening hours must look like 08:00-18:00"),
        (["q,2026-03-02,,monday,08:00-17:00"], "weekdays must be of mon, tue"),
        (["q,2026-03-02,,,08:00-12:00;11:00-17:00"], "windows must not overlap"),
        (["q,2026-03-02,2026-03-01,,closed"], "until_date 2026-03-01 lies before from_date 2026-03-02"),
        (["qq,2026-03-02,,,closed"], "queue 'qq' has no calls; known are q, r, or an empty cell for every queue"),
        (["q,2026-03-02,,mon-fri,closed", "q,2026-03-02,,fri,08:00-12:00"], "two rows give hours to queue 'q'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(lines, said):
    with pytest.raises(DataError) as refusal:
        file(*lines)

    assert said in str(refusal.value)
    assert "queue_hours.csv, line" in str(refusal.value)
