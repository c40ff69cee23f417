"""Which dates were read before they were over for the desk."""

import datetime as dt

import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar
from wfm_pipeline.domain.whole_days import unfinished_dates

ALWAYS = Site(time_zone="Europe/Stockholm")
OFFICE = Site(
    time_zone="Europe/Stockholm",
    country="SE",
    opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-18:00"),
    closed_on_holidays=True,
)
THURSDAY = dt.date(2026, 3, 12)  # Stockholm is one hour ahead of UTC


def utc(text):
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("site", "date", "read", "is_unfinished"),
    [
        pytest.param(ALWAYS, THURSDAY, "2026-03-12 11:00", True, id="noon_of_a_desk_that_never_closes"),
        pytest.param(ALWAYS, THURSDAY, "2026-03-12 22:59:59", True, id="a_second_before_midnight"),
        pytest.param(ALWAYS, THURSDAY, "2026-03-12 23:00", False, id="midnight"),
        pytest.param(ALWAYS, THURSDAY, "2026-09-01 00:00", False, id="months_later"),
        pytest.param(OFFICE, THURSDAY, "2026-03-12 16:59", True, id="a_minute_before_closing"),
        pytest.param(OFFICE, THURSDAY, "2026-03-12 17:00", False, id="at_closing"),
        pytest.param(OFFICE, dt.date(2026, 3, 14), "2026-03-14 11:00", False, id="noon_of_a_closed_saturday"),
        pytest.param(OFFICE, dt.date(2026, 1, 6), "2026-01-06 11:00", False, id="noon_of_a_closed_holiday"),
        # clocks go forward on 29 March: local midnight at the end is 22:00 UTC; back on 25 October: 23:00 UTC
        pytest.param(ALWAYS, dt.date(2026, 3, 29), "2026-03-29 21:59", True, id="day_of_23_hours_not_over"),
        pytest.param(ALWAYS, dt.date(2026, 3, 29), "2026-03-29 22:00", False, id="day_of_23_hours_over"),
        pytest.param(ALWAYS, dt.date(2026, 10, 25), "2026-10-25 22:30", True, id="day_of_25_hours_not_over"),
        pytest.param(ALWAYS, dt.date(2026, 10, 25), "2026-10-25 23:00", False, id="day_of_25_hours_over"),
        pytest.param(Site(time_zone="Etc/GMT+12"), THURSDAY, "2026-03-13 11:59", True, id="farthest_west_not_over"),
        pytest.param(Site(time_zone="Etc/GMT+12"), THURSDAY, "2026-03-13 12:00", False, id="farthest_west_over"),
    ],
)
def test_a_date_is_unfinished_if_an_open_interval_ended_after_it_was_read(site, date, read, is_unfinished):
    assert unfinished_dates(QueueCalendar(site), {date: utc(read)}) == (
        frozenset({date}) if is_unfinished else frozenset()
    )
