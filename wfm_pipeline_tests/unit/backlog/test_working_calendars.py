"""Working time forwards and backwards, over changes of clocks; due times by the calendar as it stood."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.backlog.calendar_clock import CalendarWindows, WorkingCalendars
from wfm_pipeline.domain.backlog.hours import BacklogRequest, backlog_hours
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.working_time import NO_TIME, WorkingTime
from wfm_pipeline.domain.opening.open_hours import hours_open, open_windows
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.backlog_kit import as_events, hour_grid

FIVE_DAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-12:00,13:00-17:00")
NIGHTS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "22:00-06:00")
MINUTE = 60_000_000


def windows(hours, first="2026-03-20", last="2026-04-10", zone="Europe/Paris"):
    calendar = QueueCalendar(Site(time_zone=zone, opening_hours=hours))
    return open_windows(calendar, "a", dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def us(text):
    return np.array([text], "datetime64[us]").astype(np.int64)


@settings(max_examples=60)
@given(
    st.sampled_from([FIVE_DAYS, NIGHTS]),
    st.integers(0, 18 * 24 * 60),
    st.integers(0, 5 * 8 * 60),
)
def test_time_added_is_time_found_again_and_no_sooner(hours, minute, amount):
    time = WorkingTime.of(windows(hours))
    since = us("2026-03-20T00:00") + minute * MINUTE

    reached = time.after(since, np.array([amount * MINUTE]))

    if reached[0] != NO_TIME:
        assert amount * MINUTE == (time.until(reached) - time.until(since))[0]
        if amount:
            assert (time.until(reached - 1) - time.until(since))[0] < amount * MINUTE


@pytest.mark.parametrize(
    ("hours", "since", "minutes", "expected"),
    [
        # Friday 16:00 in Paris is 15:00 UTC; from Sunday on clocks are an hour ahead, so Monday 9:00 is 7:00 UTC.
        pytest.param(FIVE_DAYS, "2026-03-27T15:00", 120, "2026-03-30T07:00", id="over_the_weekend_of_the_change"),
        pytest.param(FIVE_DAYS, "2026-03-27T10:00", 60, "2026-03-27T11:00", id="used_up_at_closing"),
        # The night of the change has 7 hours: from 22:00 (21:00 UTC) to 6:00 (4:00 UTC).
        pytest.param(NIGHTS, "2026-03-28T21:00", 7 * 60, "2026-03-29T04:00", id="a_short_night"),
        pytest.param(NIGHTS, "2026-03-28T21:00", 8 * 60, "2026-03-29T21:00", id="an_hour_more_is_in_the_next_night"),
    ],
)
def test_working_time_over_a_change_of_clocks(hours, since, minutes, expected):
    reached = WorkingTime.of(windows(hours)).after(us(since), np.array([minutes * MINUTE]))

    assert np.datetime64(expected, "us") == reached.astype("datetime64[us]")[0]


def test_what_lies_beyond_the_windows_is_not_known():
    assert [NO_TIME] == WorkingTime.of(windows(FIVE_DAYS)).after(
        us("2026-04-10T14:59"), np.array([2 * MINUTE])
    ).tolist()


def over_due(rows, calendars, ends, **rules):
    hours = hour_grid(pd.Timestamp(ends) - pd.Timedelta(hours=2), ends)
    request = BacklogRequest(
        events=as_events(rows),
        hours=hours,
        as_of=hours["hour_end"].max(),
        rules=BacklogRules(due_in="working", due_seconds={"1": 2 * 3600.0}, **rules),
        calendars=calendars,
    )
    return backlog_hours(request).by_queue["over_due"].tolist()


def calendars(*versions):
    return WorkingCalendars.of(
        [CalendarWindows(pd.Timestamp(known), {ALL: windows(hours)}) for known, hours in versions]
    )


FRIDAY = [("1", "opened", "2026-03-27 15:00", "a", None, "1")]
"""Opened on Friday at 16:00 in Paris: two working hours are over on Monday at 9:00, 7:00 UTC."""


def test_an_allowance_of_working_hours_waits_over_the_weekend():
    assert [0, 0] == over_due(FRIDAY, calendars(("2026-01-01", FIVE_DAYS)), "2026-03-30 07:00")
    assert [0, 1] == over_due(FRIDAY, calendars(("2026-01-01", FIVE_DAYS)), "2026-03-30 08:00")


def test_an_edit_of_the_calendar_moves_no_due_time_of_an_open_case():
    saturdays = FIVE_DAYS | {"sat": "08:00-12:00"}
    edited = calendars(("2026-01-01", FIVE_DAYS), ("2026-03-27 15:30", saturdays))
    later = [("1", "opened", "2026-03-27 15:45", "a", None, "1")]

    assert [0, 0] == over_due(FRIDAY, edited, "2026-03-30 07:00")
    # One that was opened after the edit has 15 minutes on Friday and is due on Saturday at 9:45, 8:45 UTC.
    assert [0, 1] == over_due(later, edited, "2026-03-28 09:00")


@pytest.mark.parametrize(("counts", "expected"), [pytest.param(True, [0, 1]), pytest.param(False, [0, 0])])
def test_a_pause_over_the_weekend_puts_off_its_working_time_alone(counts, expected):
    paused = [*FRIDAY, ("1", "paused", "2026-03-27 15:30"), ("1", "resumed", "2026-03-30 07:00")]
    calendar = calendars(("2026-01-01", FIVE_DAYS))

    # Half an hour on Friday and an hour on Monday were paused: due at 7:00 UTC, put off to 8:30.
    assert expected == over_due(paused, calendar, "2026-03-30 08:00", pauses_count_in_due=counts)
    assert [expected[1], 1] == over_due(paused, calendar, "2026-03-30 09:00", pauses_count_in_due=counts)


def test_a_re_open_gives_the_working_time_again_that_a_source_gave():
    rows = [
        ("1", "opened", "2026-03-27 15:00", "a"),
        {
            "case_id": "1",
            "kind": "due",
            "at": pd.Timestamp("2026-03-27 15:00"),
            "due_at": pd.Timestamp("2026-03-30 07:00"),
        },
        ("1", "resolved", "2026-03-27 15:30"),
        ("1", "re_opened", "2026-03-30 08:00"),
    ]

    # Two working hours from Monday 10:00 in Paris: due at 12:00, 10:00 UTC.
    calendar = calendars(("2026-01-01", FIVE_DAYS))
    assert [0, 1] == over_due(rows, calendar, "2026-03-30 11:00", reopen_restarts_due=True)


def test_without_a_calendar_working_hours_are_refused():
    with pytest.raises(DataError, match="no calendar"):
        over_due(FRIDAY, None, "2026-03-30 07:00")


def test_hours_are_open_where_a_window_reaches_into_them():
    calendar = QueueCalendar(Site(time_zone="Europe/Paris", opening_hours={"mon": "08:30-10:00"}))
    hours = hour_grid("2026-03-30 05:00", "2026-03-30 09:00")  # 7:00 to 11:00 in Paris

    assert [False, True, True, False] == hours_open(calendar, ("a",), hours)["is_open"].tolist()
