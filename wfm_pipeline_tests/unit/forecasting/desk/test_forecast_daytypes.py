"""Kinds of days: holidays, eves, closures ahead, the backlog behind lost days."""

import datetime as dt

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.desk.calendar_facts import FEATURES, backlog, closed_days, day_types
from wfm_pipeline.domain.forecasting.desk.panel import build_panel, day_table
from wfm_pipeline.domain.forecasting.desk.state import observe

ISRAEL = Site(country="IL", weekend=("fri", "sat"))
US = Site(country="US")


def _desk(first, days, open_weekdays=range(7), zero=()):
    times = pd.date_range(first, periods=days * 24, freq="60min", unit="us")
    history = pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": 20.0})
    history.loc[history["interval_start"].dt.normalize().isin(pd.to_datetime(list(zero))), "calls"] = 0.0
    return build_panel(history[history["interval_start"].dt.day_of_week.isin(list(open_weekdays))])


def _feature(types, name):
    return types.features[:, FEATURES.index(name)]


def test_a_holiday_behaves_like_the_main_weekend_day_and_its_eve_like_the_first():
    # 21 April 1999, a Wednesday, is Israel's Independence Day
    types = day_types(ISRAEL, dt.date(1999, 4, 19), 4)

    assert ["", "", "Independence Day", ""] == list(types.names)
    assert [0, 4, 5, 3] == types.behaves_like.tolist()  # Monday, as Friday, as Saturday, Thursday
    assert [False, True, False, False] == types.is_eve.tolist()


def test_where_the_weekend_is_saturday_and_sunday_a_holiday_is_a_sunday_and_has_no_eve():
    types = day_types(US, dt.date(2003, 7, 3), 2)

    assert [3, 6] == types.behaves_like.tolist()
    assert not types.is_eve.any()


def test_an_unknown_country_has_no_holidays_but_the_site_may_name_days():
    site = Site(extra_holidays={dt.date(2024, 5, 2): "fair"})

    types = day_types(site, dt.date(2024, 5, 1), 3)

    assert [False, True, False] == types.is_holiday.tolist()


def test_days_around_the_turn_of_the_month_count_working_days():
    # Friday 28 June 2024 is the last working day, Monday 1 July the first
    types = day_types(Site(), dt.date(2024, 6, 28), 4)

    assert [-0.5, 0.5] == _feature(types, "position_around_turn")[[0, 3]].tolist()
    assert 1 == _feature(types, "working_days_since_turn")[3]


def test_distances_to_holidays_end_at_eight_days():
    types = day_types(US, dt.date(2003, 6, 20), 18)

    assert 8 == _feature(types, "days_to_holiday")[0]
    assert [1, 0, 1] == [
        _feature(types, "days_to_holiday")[13],
        _feature(types, "days_to_holiday")[14],
        _feature(types, "days_since_holiday")[15],
    ]


def test_a_desk_that_rests_on_weekends_is_closed_on_a_holiday_ahead():
    panel = _desk("2003-05-01", 60, range(5), zero=("2003-05-26",))  # to 29 June, closed on Memorial Day
    state = observe(panel, day_types(US, panel.first_date, 60 + 14))

    closed = {str(date) for date in state.types.dates[60:][state.closed[0, 60:]]}

    assert {"2003-07-04", "2003-07-05", "2003-07-06", "2003-07-12", "2003-07-13"} == closed


def test_a_desk_that_works_on_weekends_works_on_holidays():
    panel = _desk("2003-05-01", 60)
    state = observe(panel, day_types(US, panel.first_date, 60 + 14))

    assert not state.closed[0, 60:].any()


def test_a_holiday_that_most_desks_work_on_is_not_taken_for_closed():
    panel = _desk("2003-08-01", 70, range(5))  # to 9 October; Columbus Day is Monday 13
    state = observe(panel, day_types(US, panel.first_date, 70 + 5))

    assert not state.closed[0, np.flatnonzero(state.types.dates == np.datetime64("2003-10-13"))].any()


def test_what_the_desk_did_on_that_holiday_before_decides():
    # it closed on Columbus Day 2002 (14 October), so it is expected to close in 2003
    panel = _desk("2002-09-02", 400, range(5), zero=("2002-10-14",))
    state = observe(panel, day_types(US, panel.first_date, 400 + 14))

    assert state.closed[0, np.flatnonzero(state.types.dates == np.datetime64("2003-10-13"))].all()


def test_a_weekday_desk_that_worked_on_its_holidays_is_expected_to_work_on_the_next():
    panel = _desk("2003-05-01", 60, range(5))  # it worked on Memorial Day, 26 May
    state = observe(panel, day_types(US, panel.first_date, 60 + 14))

    assert not state.closed[0, np.flatnonzero(state.types.dates == np.datetime64("2003-07-04"))].any()


def test_a_lost_day_leaves_a_backlog_that_open_days_work_off():
    panel = _desk("2003-06-02", 40, range(5), zero=("2003-06-18",))  # a Wednesday is lost
    types = day_types(Site(), panel.first_date, 40)
    days = day_table(panel)

    left = backlog(types, days, closed_days(types, days))[0]

    # Thursday starts with 1, Friday with 0.4, the weekend keeps 0.16 for Monday
    np.testing.assert_allclose([0, 1, 0.4, 0.16, 0.16, 0.16, 0.064], left[16:23])


def test_missing_days_leave_no_backlog_and_desks_around_the_clock_have_none():
    weekdays_only, always = _desk("2003-06-02", 40, range(5)), _desk("2003-06-02", 40, zero=("2003-06-18",))
    weekdays_only.calls[:, 16] = np.nan
    for panel in (weekdays_only, always):
        types = day_types(Site(), panel.first_date, 40)
        days = day_table(panel)

        assert not backlog(types, days, closed_days(types, days)).any()
