"""Calendar: holidays, opening hours, intervals built in UTC, offsets as segments."""

import datetime as dt

import ibis
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site, parse_hours
from wfm_pipeline.domain.calendar import calendar_days, holiday_names, interval_grid, zone_segments
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.transforms.opening import is_open

STOCKHOLM = Site(
    calendar="stockholm",
    time_zone="Europe/Stockholm",
    country="SE",
    opening_hours={"mon": "08:00-17:00", "fri": "08:00-16:30", "sat": "closed"},
    closed_on_holidays=True,
    interval_minutes=15,
)
SPRING_FORWARD, FALL_BACK = dt.date(2026, 3, 29), dt.date(2026, 10, 25)


@pytest.mark.parametrize(
    ("date", "intervals"),
    [
        pytest.param(dt.date(2026, 3, 28), 96, id="ordinary_day_24_h"),
        pytest.param(SPRING_FORWARD, 92, id="clocks_go_forward_23_h"),
        pytest.param(FALL_BACK, 100, id="clocks_go_back_25_h"),
    ],
)
def test_a_day_has_as_many_quarter_hours_as_it_is_long(date, intervals):
    grid = interval_grid(STOCKHOLM, date, date)

    assert intervals == len(grid)
    assert {pd.Timestamp(date)} == set(grid["business_date"])
    assert (grid["interval_end"] - grid["interval_start"]).eq(pd.Timedelta(minutes=15)).all()
    assert grid["interval_start"].diff().dropna().eq(pd.Timedelta(minutes=15)).all()


def test_the_hour_that_comes_twice_has_two_instants_and_the_gap_has_none():
    back, forward = (
        interval_grid(STOCKHOLM, FALL_BACK, FALL_BACK),
        interval_grid(STOCKHOLM, SPRING_FORWARD, SPRING_FORWARD),
    )

    assert 2 == (back["interval_start_local"] == pd.Timestamp("2026-10-25 02:15")).sum()
    assert 0 == (forward["interval_start_local"] == pd.Timestamp("2026-03-29 02:15")).sum()


def test_a_site_whose_clocks_skip_midnight_still_has_a_whole_day():
    beirut = Site(time_zone="Asia/Beirut", interval_minutes=60)  # 2026-03-29 starts at 01:00

    grid = interval_grid(beirut, dt.date(2026, 3, 29), dt.date(2026, 3, 29))

    assert 23 == len(grid)
    assert pd.Timestamp("2026-03-29 01:00") == grid["interval_start_local"].iloc[0]


def test_an_interval_is_open_where_it_starts_inside_the_opening_hours():
    monday, friday, saturday = dt.date(2026, 6, 1), dt.date(2026, 6, 5), dt.date(2026, 6, 13)

    open_intervals = [int(interval_grid(STOCKHOLM, day, day)["is_open"].sum()) for day in (monday, friday, saturday)]

    assert [9 * 4, 34, 0] == open_intervals  # 08-17 is 9 h; 08:00-16:30 is 8.5 h; closed


def test_a_public_holiday_closes_the_desk_only_where_the_site_says_so():
    national_day = dt.date(2025, 6, 6)  # Friday
    open_site = Site(country="SE", opening_hours={"fri": "08:00-16:30"})

    assert not calendar_days(STOCKHOLM, national_day, national_day)["is_open"].iloc[0]
    assert calendar_days(open_site, national_day, national_day)["is_open"].iloc[0]


def test_own_days_join_the_public_holidays():
    site = Site(country="SE", extra_holidays={dt.date(2026, 2, 3): "founder's day"})

    names = holiday_names(site, dt.date(2026, 2, 1), dt.date(2026, 2, 28))

    assert {dt.date(2026, 2, 3): "founder's day"} == names


def test_day_types_are_working_weekend_holiday():
    bank = Site(time_zone="Asia/Jerusalem", country="IL", weekend=("fri", "sat"))

    days = calendar_days(bank, dt.date(1999, 3, 31), dt.date(1999, 4, 4)).set_index("date")["day_type"]

    # Passover began on Thursday 1 April 1999; 2 and 3 April are Friday and Saturday
    assert ["working", "holiday", "weekend", "weekend", "working"] == days.tolist()


def test_no_days_give_an_empty_frame_with_all_columns():
    empty = calendar_days(STOCKHOLM, dt.date(2026, 1, 2), dt.date(2026, 1, 1))

    assert empty.empty
    assert "working_day" in empty.columns
    assert interval_grid(STOCKHOLM, dt.date(2026, 1, 2), dt.date(2026, 1, 1)).empty


def test_zone_segments_give_the_offset_of_every_instant():
    segments = zone_segments("Asia/Jerusalem", dt.date(1999, 1, 1), dt.date(1999, 12, 31))

    # Israel 1999: +2, daylight saving from 2 April 02:00 (00:00 UTC) to 3 September 02:00 (2 September 23:00 UTC)
    assert [
        (dt.datetime(1998, 12, 30), 7_200),
        (dt.datetime(1999, 4, 2, 0), 10_800),
        (dt.datetime(1999, 9, 2, 23), 7_200),
    ] == [(segment.starts_at_utc, segment.offset_seconds) for segment in segments]


@pytest.mark.parametrize(
    "text", ["8-18", "08:00-08:00", "08:00-25:00", "08:61-09:00", "", "08:00-12:00,", "08:00-12:00;13:00-17:00"]
)
def test_opening_hours_of_another_form_are_refused_with_the_place(text):
    with pytest.raises(SettingsError, match=r"opening_hours\.mon"):
        parse_hours(text, where="opening_hours.mon")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time_zone": "Mars/Base"}, "IANA"),
        ({"interval_minutes": 20}, "interval_minutes"),
        ({"weekend": ("sunday",)}, "weekend"),
        ({"opening_hours": {"monday": "08:00-18:00"}}, "opening_hours"),
    ],
)
def test_a_site_that_cannot_be_computed_with_is_refused(change, words):
    with pytest.raises(SettingsError, match=words):
        Site(**change)


def test_an_unknown_country_is_refused_with_examples():
    with pytest.raises(SettingsError, match="country must be"):
        holiday_names(Site(country="XX"), dt.date(2026, 1, 1), dt.date(2026, 1, 2))


def open_hours(hours, date):
    """Clock times of the hours of a date that are open."""
    site = Site(time_zone="Europe/Stockholm", interval_minutes=60, opening_hours=hours)
    grid = interval_grid(site, date, date)
    return grid.loc[grid["is_open"], "interval_start_local"].dt.hour.tolist()


def test_a_day_may_have_several_windows_and_the_lunch_between_is_closed():
    hours = {"mon": "08:00-12:00,13:00-17:00"}

    assert [8, 9, 10, 11, 13, 14, 15, 16] == open_hours(hours, dt.date(2026, 3, 9))
    days = calendar_days(Site(opening_hours=hours), dt.date(2026, 3, 9), dt.date(2026, 3, 9))
    assert ["08:00", "17:00"] == days[["opens_at", "closes_at"]].iloc[0].tolist()


def test_a_window_over_midnight_belongs_to_both_dates_and_a_holiday_closes_its_own():
    hours = {"mon": "22:00-06:00", "sun": "22:00-02:00"}

    assert [0, 1, 22, 23] == open_hours(hours, dt.date(2026, 3, 9))
    assert [0, 1, 2, 3, 4, 5] == open_hours(hours, dt.date(2026, 3, 10))
    assert [0, 1] == open_hours({"sun": "22:00-02:00"}, dt.date(2026, 3, 9))


@pytest.mark.parametrize("hours", [{"mon": "08:00-12:00,11:00-17:00"}, {"sun": "22:00-09:00", "mon": "08:00-17:00"}])
def test_windows_that_overlap_are_refused_also_with_the_night_before(hours):
    with pytest.raises(SettingsError, match=r"opening_hours\.mon: windows must not overlap"):
        Site(opening_hours=hours)


def test_every_engine_opens_at_the_hours_of_the_grid():
    site = Site(
        time_zone="Europe/Stockholm",
        interval_minutes=60,
        opening_hours={"mon": "08:00-12:00,13:00-17:00", "tue": "22:00-06:00"},
    )
    grid = interval_grid(site, dt.date(2026, 3, 9), dt.date(2026, 3, 15))
    local = ibis.memtable(grid[["interval_start_local"]]).interval_start_local

    asked = ibis.duckdb.connect().execute(is_open(local, site, dt.date(2026, 3, 9), dt.date(2026, 3, 15)))

    assert grid["is_open"].tolist() == asked.tolist()
