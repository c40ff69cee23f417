"""Hours of single people: split shifts, nights, leave inside a window, and weeks in which clocks change."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation.faults import InvalidValueError, InvalidWindowError
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.explain import Explainer
from wfm_pipeline.domain.allocation.strategies.strategy import allocate
from wfm_pipeline.domain.allocation.tables.frames import assignment_frame
from wfm_pipeline.domain.allocation.tables.sheets import read_windows
from wfm_pipeline.domain.allocation.week.person_hours import PersonWindow, hours_of
from wfm_pipeline.domain.allocation.week.week_hours import WeekTable
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline_tests.allocation_instances import PLAN, person, random_problem, work

MONDAY, WEDNESDAY = dt.date(2025, 7, 7), dt.date(2025, 7, 9)  # of W28
SPLIT = "08:00-12:00,16:00-20:00"
USUAL = 9.0
AVAILABLE = 0.9  # 1 - shrinkage


def window(kind, hours="00:00-24:00", *, start=dt.date(2025, 1, 1), end=None, weekdays="all", zone="UTC", cn="R1"):
    return PersonWindow(cn, kind, start, end, weekdays, hours, zone)


def capacity(*windows, week=PLAN, full_week=False, **more):
    """Hours that R1 can handle in the week."""
    one = person("R1", skills=["a"], states=["X"], **more)
    problem = Problem.build(week, [one], [work(1, "a", "X")], windows=windows, full_week=full_week)
    return problem.capacity_hours(0)


def leave(hours="00:00-24:00", date=WEDNESDAY, **more):
    return window("leave", hours, start=date, end=date, **more)


@pytest.mark.parametrize(
    ("windows", "hours"),
    [
        pytest.param([], 5 * 9, id="no_window"),
        pytest.param([window("work", SPLIT)], 5 * 8, id="split_shift"),
        pytest.param([window("work", "08:00-12:00"), window("work", "16:00-20:00")], 5 * 8, id="split_in_two_rows"),
        pytest.param([window("work", "08:00-12:00"), window("work", "10:00-14:00")], 5 * 6, id="an_hour_counts_once"),
        pytest.param([window("work", SPLIT, weekdays="mon;wed")], 2 * 8, id="two_days_a_week"),
        pytest.param([window("work", SPLIT, weekdays="mon"), window("work", "09:00-12:00", weekdays="tue")], 11, id="days_differ"),
        pytest.param([window("work", SPLIT, weekdays="sat;sun")], 0, id="only_days_off"),
        pytest.param([window("work", "22:00-06:00")], 5 * 8, id="nights"),
        pytest.param([window("work", SPLIT), leave()], 4 * 8, id="a_day_of_leave"),
        pytest.param([window("work", SPLIT), leave("10:00-17:00")], 5 * 8 - 3, id="leave_inside_both_windows"),
        pytest.param([window("work", SPLIT), leave("12:00-16:00")], 5 * 8, id="leave_between_them"),
        pytest.param([window("work", "22:00-06:00"), leave("04:00-08:00")], 5 * 8 - 2, id="leave_in_the_night_of_the_day_before"),
        pytest.param([leave("13:00-15:00")], 5 * 9 - 2, id="leave_from_the_usual_hours"),
        pytest.param([leave()], 4 * 9, id="a_day_from_the_usual_hours"),
        pytest.param([leave("08:00-12:00"), leave("10:00-14:00")], 5 * 9 - 6, id="leave_counts_once"),
        pytest.param([window("work", SPLIT, start=WEDNESDAY)], 2 * 9 + 3 * 8, id="a_pattern_begins_on_wednesday"),
        pytest.param([window("work", SPLIT, end=MONDAY)], 8 + 4 * 9, id="a_pattern_ends_on_monday"),
        pytest.param([window("work", SPLIT, start=dt.date(2026, 1, 1))], 5 * 9, id="of_another_week"),
    ],
)  # fmt: skip
def test_hours_of_a_week(windows, hours):
    assert pytest.approx(hours * AVAILABLE) == capacity(*windows)


def test_windows_count_only_while_the_person_is_available():
    assert pytest.approx(3 * 8 * AVAILABLE) == capacity(window("work", SPLIT), available_until=WEDNESDAY)


# In Cairo clocks go forward at midnight to Friday 25 April 2025, and back at the end of Thursday 30 October.
@pytest.mark.parametrize(
    ("week", "zone", "hours"),
    [
        pytest.param(IsoWeek(2025, 17), "Africa/Cairo", 4 * 8 + 7, id="a_night_an_hour_shorter"),
        pytest.param(IsoWeek(2025, 44), "Africa/Cairo", 4 * 8 + 9, id="a_night_an_hour_longer"),
        pytest.param(IsoWeek(2025, 17), "UTC", 5 * 8, id="another_clock"),
    ],
)
def test_a_night_on_which_clocks_change_has_the_hours_it_has(week, zone, hours):
    found = capacity(window("work", "22:00-06:00", zone=zone), week=WeekTable().hours_of(week))

    assert pytest.approx(hours * AVAILABLE) == found


@pytest.mark.parametrize(
    ("date", "text", "hours"),
    [
        (dt.date(2026, 3, 28), "22:00-06:00", 7.0),
        (dt.date(2026, 3, 29), "00:00-24:00", 23.0),
        (dt.date(2026, 3, 29), "08:00-12:00", 4.0),
        (dt.date(2026, 10, 24), "22:00-06:00", 9.0),
        (dt.date(2026, 10, 25), "01:00-04:00", 4.0),
    ],
)
def test_hours_of_a_date_by_the_clock_of_zurich(date, text, hours):
    away = [window("leave", text, zone="Europe/Zurich")]
    there = [window("work", "00:00-12:00,12:00-24:00", zone="Europe/Zurich")] if text == "00:00-24:00" else None

    assert hours == hours_of(there or [window("work", text, zone="Europe/Zurich")], date, USUAL)
    assert max(0.0, USUAL - hours) == hours_of(away, date, USUAL)


@pytest.mark.parametrize("seed", range(60))
def test_hours_are_those_of_asking_every_minute(seed):
    """The slow way: for every minute of three days, is it in a window that begins on the date, and in no leave?"""
    chance, zone = random.Random(seed), ("Europe/Zurich", "Africa/Cairo", "UTC")[seed % 3]
    date = chance.choice([dt.date(2026, 3, 28), dt.date(2025, 4, 24), dt.date(2026, 10, 24), dt.date(2026, 6, 3)])

    def clock(hour):
        return f"{hour:02d}:{chance.choice((0, 15, 30)):02d}"

    def some(kind, count):
        made = []
        for _ in range(count):
            first, second = chance.sample(range(24), 2)
            made.append(window(kind, f"{clock(first)}-{clock(second)}", zone=zone))
        return made

    work_windows, leaves = some("work", chance.randint(1, 3)), some("leave", chance.randint(0, 2))

    def is_in(one, minute, dates):
        opens, closes = one.hours.split("-")
        for day in dates:
            ends = day + dt.timedelta(days=closes < opens)
            start, end = (
                dt.datetime.combine(when, dt.time.fromisoformat(text), tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
                for when, text in ((day, opens), (ends, closes))
            )
            if start <= minute < end:
                return True
        return False

    first = dt.datetime.combine(date, dt.time(), tzinfo=dt.UTC) - dt.timedelta(hours=12)
    around = [date + dt.timedelta(days=step) for step in (-1, 0, 1)]
    minutes = (first + dt.timedelta(minutes=15 * step) for step in range(4 * 60))
    quarters = sum(
        any(is_in(one, minute, [date]) for one in work_windows)
        and not any(is_in(one, minute, around) for one in leaves)
        for minute in minutes
    )
    assert quarters / 4 == hours_of([*work_windows, *leaves], date, USUAL)


def test_the_strict_rule_asks_for_an_hour_on_every_working_day():
    assert pytest.approx((5 * 8 - 3) * AVAILABLE) == capacity(
        window("work", SPLIT), leave("10:00-17:00"), full_week=True
    )
    assert 0.0 == capacity(window("work", SPLIT), leave(), full_week=True)


def test_whoever_has_no_hours_left_is_not_there_and_is_told_why():
    people = [person("R1", skills=["a"], states=["X"]), person("R2", skills=["a"], states=["X"])]
    away = window("leave", start=MONDAY, end=MONDAY + dt.timedelta(days=6))

    found = allocate(Problem.build(PLAN, people, [work(1, "a", "X")], windows=[away]))

    assert {"R1": None, "R2": 1} == found.by_cn
    assert (1.0,) == found.ideal
    assert "R1 has no demand: no hours left in 2025-W28 by the person's own windows and leave." == str(
        Explainer(found).assignment("R1")
    )


def test_without_windows_that_touch_the_week_the_answer_is_the_same_to_the_bit():
    for seed in range(10):
        plain = random_problem(60, 15, seed, kinds=(2, 4, 6, 2))
        others = [window("leave", start=dt.date(2026, 1, 1), cn=one.cn) for one in plain.resources]
        again = Problem.build(PLAN, plain.resources, plain.demands, weight="volume", windows=others)

        assert assignment_frame(allocate(plain)).equals(assignment_frame(allocate(again)))


def test_windows_of_nobody_on_the_roster_are_told():
    one = person("R1", skills=["a"], states=["X"])

    problem = Problem.build(PLAN, [one], [work(1, "a", "X")], windows=[window("leave", cn="R9")])

    assert "windows of people who are not on the roster: R9" in problem.notices


def file(**cells):
    return pd.DataFrame([{"cn": "R1", "kind": "work", "from_date": "2025-01-01", "hours": SPLIT, **cells}])


def test_a_planners_file_of_windows_is_read():
    found = read_windows(file(until_date="2025-12-31", weekdays="mon;wed", reason="school"), time_zone="Europe/Zurich")

    end = dt.date(2025, 12, 31)
    assert [window("work", SPLIT, end=end, weekdays="mon;wed", zone="Europe/Zurich")] == found
    assert [window("leave", zone="UTC")] == read_windows(
        file(kind="leave", hours="", time_zone="UTC"), time_zone="Europe/Zurich"
    )


@pytest.mark.parametrize(
    ("cells", "error", "said"),
    [
        ({"kind": "away"}, InvalidValueError, "kind must be work or leave, got 'away'"),
        ({"hours": ""}, InvalidWindowError, "work needs hours, such as 08:00-12:00,16:00-20:00"),
        ({"hours": "8-12"}, InvalidWindowError, "must look like 08:00-18:00"),
        ({"weekdays": "monday"}, InvalidWindowError, "weekdays must be all or some of mon;tue"),
        ({"until_date": "2024-01-01"}, InvalidWindowError, "lies before from_date"),
        ({"time_zone": "Mars/Base"}, InvalidWindowError, "Mars/Base"),
        ({"from_date": ""}, InvalidValueError, "from_date"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(cells, error, said):
    with pytest.raises(error) as refused:
        read_windows(file(**cells), time_zone="UTC")

    assert said in str(refused.value)
    assert "line 2" in str(refused.value)
