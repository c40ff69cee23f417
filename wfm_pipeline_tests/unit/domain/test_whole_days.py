"""Which dates were read before they were over for the desk."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.assets.bronze import batch_began, batch_id
from wfm_pipeline.assets.forecast_inputs import ForecastInputs
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.whole_days import unfinished_dates
from wfm_pipeline.errors import DataError

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
    assert unfinished_dates(site, {date: utc(read)}) == (frozenset({date}) if is_unfinished else frozenset())


def test_a_batch_tells_when_it_began_and_a_strange_name_nothing():
    before = dt.datetime.now(dt.UTC).replace(tzinfo=None)

    began = batch_began(batch_id("12345678-run"))

    assert before <= began <= dt.datetime.now(dt.UTC).replace(tzinfo=None)
    assert batch_began("batch-000001") is None


def inputs_of(calls_by_day, unfinished):
    """Two half-hours a day from Monday 2026-03-09 on."""
    rows = [
        {"queue_id": "q", "interval_start": pd.Timestamp(2026, 3, 9 + day, hour), "calls": calls, "is_open": True}
        for day, calls in enumerate(calls_by_day)
        for hour in (9, 10)
    ]
    history = pd.DataFrame(rows)
    handle = history[["queue_id", "interval_start"]].assign(calls_answered=1.0, handle_seconds=60.0)
    return ForecastInputs(history, handle, frozenset(dt.date(2026, 3, 9 + day) for day in unfinished))


@pytest.mark.parametrize(
    ("unfinished", "first_target"),
    [
        pytest.param([], 12, id="all_over"),
        pytest.param([2], 11, id="today_is_not_over"),
        pytest.param([1, 2], 10, id="nor_was_yesterday_when_it_was_read"),
        pytest.param([1], 12, id="a_part_in_the_middle_is_missing_but_no_target"),
    ],
)
def test_the_first_target_is_the_day_after_the_last_whole_one(unfinished, first_target):
    inputs = inputs_of([5.0, 6.0, 7.0], unfinished)

    assert dt.date(2026, 3, first_target) == inputs.first_target
    assert dt.date(2026, 3, 12) == inputs.next_date
    known = inputs.whole_days().history.groupby(lambda row: row // 2)["calls"].count()
    assert [0 if day in unfinished else 2 for day in range(3)] == known.tolist()
    assert 2 * (3 - len(unfinished)) == len(inputs.whole_days().handle)
    assert inputs.whole_history()["interval_start"].max().date() == dt.date(2026, 3, first_target - 1)


def test_a_first_day_that_is_not_over_is_no_history():
    with pytest.raises(DataError, match="2026-03-09 was read before it was over"):
        _ = inputs_of([5.0], [0]).first_target
