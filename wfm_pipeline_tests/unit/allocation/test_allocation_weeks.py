"""Weeks, working days and presence of the weekly allocation, with figures worked out by hand."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.problem import CapacityTier, Problem
from wfm_pipeline.domain.allocation.tables.week_rows import read_week_configuration
from wfm_pipeline.domain.allocation.week.apportionment import largest_remainder, split_month
from wfm_pipeline.domain.allocation.week.week_hours import (
    DEFAULT_CALENDARS,
    LocalityWeek,
    WeekConfiguration,
    WeekTable,
)
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek, weeks_of_month
from wfm_pipeline_tests.allocation_cases import (
    CASES,
    JULY,
)
from wfm_pipeline_tests.allocation_instances import PLAN, person, work


@pytest.mark.parametrize("case", CASES["largest_remainder"], ids=lambda case: f"{case['seats']}_{case['weights']}")
def test_largest_remainder_gives_whole_shares(case):
    assert case["expected"] == largest_remainder(case["seats"], case["weights"])


def test_seats_without_weights_are_refused():
    with pytest.raises(faults.InvalidValueError, match="all weights are 0"):
        largest_remainder(3, [0, 0])


@pytest.mark.parametrize(
    "case", CASES["month_to_weeks"], ids=lambda case: f"{case['calendar']}_{case['monthly_forecast']}"
)
def test_a_month_is_cut_by_working_days(case):
    assert case["expected"] == split_month(case["monthly_forecast"], case["working_days"])


def test_a_fraction_of_a_case_goes_with_the_week_of_most_days():
    # 10.5: 10 cases over 2 and 3 days are 4 and 6; the half case goes to the week of 3 days
    assert {"a": 4, "b": 6.5} == split_month(10.5, {"a": 2, "b": 3})


def test_a_month_without_a_working_day_is_an_error_that_names_it():
    with pytest.raises(faults.NoWorkingDayError, match="2025-07 Domestic"):
        split_month(5, {"a": 0}, where="2025-07 Domestic")


def test_a_month_without_work_needs_no_working_day():
    assert {"a": 0} == split_month(0, {"a": 0})


@pytest.mark.parametrize(
    ("locality", "case"),
    [("Domestic", "domestic_US"), ("Global", "global_IN_no_holiday_in_july")],
)
def test_working_days_of_july_2025_come_from_the_calendar(locality, case):
    days = WeekTable().days_of_month(*JULY, locality)

    assert CASES["calendar"][case] == {str(week.iso_week): count for week, count in days.items()}


def test_a_planners_month_replaces_the_calendars():
    # the design's own table: 17 days, week 31 not listed
    days = {27: 3, 28: 5, 29: 5, 30: 4}
    rows = [WeekConfiguration(*JULY, IsoWeek(2025, week), "Domestic", count) for week, count in days.items()]
    table = WeekTable(rows)

    assert [3, 5, 5, 4, 0] == list(table.days_of_month(*JULY, "Domestic").values())
    assert [4, 5, 5, 5, 4] == list(table.days_of_month(*JULY, "Global").values())
    assert ["2025-W31" in notice for notice in table.notices()] == [True]


def test_a_week_in_two_months_takes_the_days_of_both():
    # 2025-W31: 28-31 July are 4 days, 1 August is 1; the planner sets the July part to 2
    days = {**WeekTable().days_of_month(*JULY, "Domestic"), IsoWeek(2025, 31): 2}
    table = WeekTable(WeekConfiguration(*JULY, week, "Domestic", count) for week, count in days.items())

    week_hours = table.hours_of(IsoWeek(2025, 31))

    assert 3 == week_hours.locality("Domestic").working_days
    assert 5 == week_hours.locality("Global").working_days


def test_weeks_of_a_month_cross_the_turn_of_the_year():
    assert [(2025, 1), (2025, 2), (2025, 3), (2025, 4), (2025, 5)] == [
        (week.iso_year, week.iso_week) for week in weeks_of_month(2025, 1)
    ]
    assert IsoWeek(2026, 1) == weeks_of_month(2025, 12)[-1]  # 29-31 December 2025 lie in 2026-W01


@pytest.mark.parametrize("text", ["2025-W54", "2025-28-1", "W28", "2025-W00"])
def test_a_week_that_does_not_exist_is_refused(text):
    with pytest.raises(faults.InvalidValueError, match="ISO week"):
        IsoWeek.parse(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [("working_days", 8), ("work_hours", 0), ("shrinkage", 30), ("shrinkage", 1), ("occupancy", 0), ("month", 13)],
)
def test_week_configuration_out_of_range_is_refused(field, value):
    row = {"year": 2025, "month": 7, "week": IsoWeek(2025, 28), "locality": "Domestic", "working_days": 5}

    with pytest.raises(faults.InvalidValueError):
        WeekConfiguration(**{**row, field: value})


def test_a_week_outside_its_month_is_refused():
    with pytest.raises(faults.InvalidValueError, match="no day in 2025-08"):
        WeekConfiguration(2025, 8, IsoWeek(2025, 28), "Domestic", 5)


def test_two_rows_for_one_week_are_refused():
    row = WeekConfiguration(*JULY, IsoWeek(2025, 28), "Domestic", 5)

    with pytest.raises(faults.DuplicateError, match="two rows"):
        WeekTable([row, row])


def test_a_demand_uses_its_states_calendar_where_one_is_configured():
    table = WeekTable(calendars={**DEFAULT_CALENDARS, "Domestic-TX": Site(country="US", subdivision="TX")})

    assert "Domestic-TX" == table.calendar_of("Domestic", "TX", 2025, 7)
    assert "Domestic" == table.calendar_of("Domestic", "FL", 2025, 7)


def _april_people():
    rows = CASES["availability"]["resources"]
    dates = {"available_from", "available_until"}
    return [
        person(
            row["cn"],
            skills=["a"],
            states=["N/A"],
            locality=row["locality"],
            **{name: dt.date.fromisoformat(row[name]) if row[name] else None for name in dates},
        )
        for row in rows
    ]


@pytest.mark.parametrize("week", CASES["availability"]["weeks"])
def test_people_count_with_one_working_day_in_their_window(week):
    problem = Problem.build(WeekTable().hours_of(IsoWeek.parse(week)), _april_people(), [work(1, "a", "X")])

    present = [one.cn for one, days in zip(problem.resources, problem.days_present, strict=True) if days > 0]

    assert CASES["availability"]["weeks"][week] == present


def test_days_present_are_pro_rated():
    problem = Problem.build(WeekTable().hours_of(IsoWeek(2025, 16)), _april_people(), [work(1, "a", "X")])

    days = dict(zip([one.cn for one in problem.resources], problem.days_present, strict=True))

    assert CASES["availability"]["working_days_present_in_W16"] == days
    assert 4 * 9.0 * 0.9 == pytest.approx(problem.capacity_hours(2))


def test_full_week_keeps_only_people_there_every_working_day():
    problem = Problem.build(
        WeekTable().hours_of(IsoWeek(2025, 16)), _april_people(), [work(1, "a", "X")], full_week=True
    )

    assert (5, 5, 0) == problem.days_present


def test_presence_follows_a_planners_count():
    # 4 working days of 5 dates; present on 2 of the 5 dates: 4 x 2 / 5
    dates = tuple(dt.date(2025, 7, day) for day in range(7, 12))

    assert 1.6 == pytest.approx(LocalityWeek(4, dates).days_present(dt.date(2025, 7, 10), None))


@pytest.mark.parametrize("case", CASES["weekly_capacity_hours"], ids=lambda case: case["working_days"])
def test_capacity_is_days_times_hours_less_shrinkage(case):
    settings = LocalityWeek(case["working_days"], (), case["work_hours"], case["shrinkage"])

    assert case["expected"] == pytest.approx(settings.capacity_hours(case["working_days"]))


def test_a_tier_scales_the_capacity():
    problem = Problem.build(
        PLAN,
        [person("R1", skills=["a"], states=["X"], capacity_tier_id="new")],
        [work(1, "a", "X")],
        tiers=[CapacityTier("new", "Beginner", 0.5)],
    )

    assert 5 * 9.0 * 0.9 * 0.5 == pytest.approx(problem.capacity_hours(0))


def test_a_week_over_two_months_has_the_hours_of_both():
    week = IsoWeek(2025, 31)  # 28 to 31 July, 1 August
    rows = [
        WeekConfiguration(2025, 7, week, "Domestic", 4, work_hours=9, shrinkage=0.1),
        WeekConfiguration(2025, 8, week, "Domestic", 1, work_hours=4, shrinkage=0.5),
    ]

    settings = WeekTable(rows).hours_of(week).locality("Domestic")

    # 4 x 9 x 0.9 + 1 x 4 x 0.5
    assert 34.4 == pytest.approx(settings.capacity_hours(settings.working_days))


def test_a_state_without_rows_for_a_month_uses_its_localitys_calendar():
    rows = [WeekConfiguration(2025, 7, IsoWeek(2025, 28), "Domestic-TX", 2)]
    table = WeekTable(rows)

    assert "Domestic-TX" == table.calendar_of("Domestic", "TX", 2025, 7)
    assert "Domestic" == table.calendar_of("Domestic", "TX", 2025, 6)


@pytest.mark.parametrize(
    ("row", "week"),
    [
        pytest.param({"month": "7", "iso_week": "28"}, "2025-W28", id="the_year_of_the_asked_week"),
        pytest.param({"month": "7", "iso_week": "28", "year": "2024"}, "2024-W28", id="its_own_year"),
        pytest.param({"month": "12", "iso_week": "1", "year": "2024"}, "2025-W01", id="turn_of_the_year"),
        pytest.param({"month": "2024-12-01", "iso_week": "W01"}, "2025-W01", id="month_as_a_date"),
        pytest.param({"month": "7", "iso_week": "2025-W28", "iso_year": "2025"}, "2025-W28", id="said_twice"),
    ],
)
def test_a_week_number_finds_its_year(row, week):
    frame = pd.DataFrame([{"locality": "domestic", "working_days": "5", **row}])

    rows, _ = read_week_configuration(frame, near=IsoWeek(2025, 30))

    assert [week] == [str(one.week) for one in rows]


def test_a_week_number_that_belies_its_year_is_refused_with_the_line():
    frame = pd.DataFrame(
        [{"locality": "Domestic", "working_days": "5", "month": "7", "iso_week": "2025-W28", "iso_year": 2024}]
    )

    with pytest.raises(faults.InvalidValueError, match=r"do not fit together \(week_configuration, line 2\)"):
        read_week_configuration(frame)
