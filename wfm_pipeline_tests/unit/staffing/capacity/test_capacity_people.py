"""Heads, training, ramps and attrition, worked out by hand."""

import datetime as dt

import numpy as np
import pytest

from wfm_pipeline.domain.staffing.capacity.people import (
    WEEKS_PER,
    HiringClass,
    Intake,
    Pool,
    monday_of,
    people_of,
    weekly_survival,
    weeks_since,
)
from wfm_pipeline.domain.staffing.faults import CapacityError

FIRST = dt.date(2026, 1, 5)


def mondays(count, first=FIRST):
    return [first + dt.timedelta(weeks=week) for week in range(count)]


def pool(**changes):
    facts = {
        "pool_id": "p", "queues": ("q",), "heads": 100.0, "counted_on": FIRST, "contract_hours": 40.0,
        "attrition": 0.0, "attrition_per": "year", "intake": Intake(), "recruiting_weeks": 0,
    }  # fmt: skip
    return Pool(**{**facts, **changes})


def hired(heads=10.0, start=FIRST, intake=None, hours=40.0, pool_id="p"):
    return HiringClass("c", pool_id, start, heads, intake or Intake(), hours)


@pytest.mark.parametrize(
    ("rate", "per"),
    [pytest.param(0.30, "year", id="yearly"), pytest.param(0.03, "month", id="monthly")],
)
def test_weekly_survival_compounds_to_the_periods_rate(rate, per):
    assert 1 - rate == pytest.approx(weekly_survival(rate, per) ** WEEKS_PER[per], rel=1e-14)


def test_a_month_is_a_twelfth_of_a_year_and_a_year_has_52_weeks_and_a_bit():
    assert 365.2425 / 7 == WEEKS_PER["year"] == pytest.approx(12 * WEEKS_PER["month"])


def test_leavers_over_mean_heads_of_more_than_one_are_refused_with_the_conversion():
    with pytest.raises(CapacityError, match=r"attrition must be in \[0, 1\).*got 1.2.*1 - exp\(-x\)"):
        weekly_survival(1.2, "year")


def test_an_unknown_period_is_refused():
    with pytest.raises(CapacityError, match="attrition_per must be month or year, got 'week'"):
        weekly_survival(0.1, "week")


def test_heads_decay_and_are_not_rounded():
    # one period of a week would be 0.5; a yearly rate that keeps 0.99 a week: 1 - 0.99 ** 52.1775
    rate = 1 - 0.99 ** WEEKS_PER["year"]

    people = people_of(pool(attrition=rate), [], mondays(3), full_time_hours=40.0)

    assert people.heads_start.tolist() == pytest.approx([100, 99, 98.01])
    assert people.heads_left.tolist() == pytest.approx([1, 0.99, 0.9801])
    assert people.heads_end.tolist() == pytest.approx([99, 98.01, 97.0299])
    assert people.productive_fte.tolist() == pytest.approx([100, 99, 98.01])


def test_a_class_is_paid_from_its_start_and_productive_by_its_ramp():
    # 16 start in week 1; two weeks of training lose 3/4 of them at one rate, 1/2 a week: 16, 8, 4; then 0.5, 0.75, 1
    one = hired(16.0, FIRST + dt.timedelta(weeks=1), Intake(2, 0.75, (0.5, 0.75)))

    people = people_of(pool(heads=0.0), [one], mondays(6), full_time_hours=40.0)

    assert [0, 16, 0, 0, 0, 0] == people.heads_hired.tolist()
    assert people.heads_start.tolist() == pytest.approx([0, 0, 8, 4, 4, 4])
    assert people.heads_left.tolist() == pytest.approx([0, 8, 4, 0, 0, 0])
    assert people.heads_in_training.tolist() == pytest.approx([0, 16, 8, 0, 0, 0])
    assert people.paid_fte.tolist() == pytest.approx([0, 16, 8, 4, 4, 4])
    assert people.productive_fte.tolist() == pytest.approx([0, 0, 0, 2, 3, 4])


def test_the_pools_attrition_begins_after_the_training():
    rate = 1 - 0.9 ** WEEKS_PER["year"]  # 0.9 stay a week
    one = hired(10.0, FIRST, Intake(1, 0.2))

    people = people_of(pool(heads=0.0, attrition=rate), [one], mondays(3), full_time_hours=40.0)

    assert people.heads_end.tolist() == pytest.approx([8.0, 7.2, 6.48])


def test_part_time_people_are_their_contract_over_full_time_hours():
    people = people_of(pool(contract_hours=20.0), [hired(10.0, hours=30.0)], mondays(1), full_time_hours=40.0)

    assert [50 + 7.5] == people.paid_fte.tolist()


def test_a_class_of_before_the_count_is_not_in_it_and_goes_on_with_its_ramp():
    one = hired(10.0, FIRST - dt.timedelta(weeks=1), Intake(1, 0.0, (0.4,)))

    people = people_of(pool(), [one], mondays(2), full_time_hours=40.0)

    assert [110, 110] == people.heads_start.tolist()
    assert [0, 0] == people.heads_hired.tolist()
    assert people.productive_fte.tolist() == pytest.approx([104, 110])


def test_a_count_in_the_middle_of_a_week_holds_from_its_monday_and_weeks_before_are_unknown():
    people = people_of(pool(counted_on=FIRST + dt.timedelta(days=9)), [], mondays(3), full_time_hours=40.0)

    assert np.isnan(people.heads_start[0])
    assert np.isnan(people.productive_fte[0])
    assert [100, 100] == people.heads_start[1:].tolist()


def test_people_of_another_pool_do_not_count():
    people = people_of(pool(), [hired(pool_id="other")], mondays(1), full_time_hours=40.0)

    assert [100] == people.paid_fte.tolist()


def test_the_band_is_binomial_of_people_who_leave_by_themselves():
    rate = 1 - 0.9 ** WEEKS_PER["year"]  # 0.9 stay a week

    people = people_of(pool(attrition=rate, contract_hours=20.0), [], mondays(2), full_time_hours=40.0)

    # 100 x 0.9 x 0.1 people squared, each half an FTE: sqrt(9) x 0.5
    assert people.productive_fte_sd.tolist() == pytest.approx([0, 1.5])


def test_weeks_run_over_week_53():
    # 2026 has 53 ISO weeks: 28 December 2026 is the Monday of W53, 4 January 2027 of W01
    days = [dt.date(2026, 12, 21), dt.date(2026, 12, 28), dt.date(2027, 1, 4)]

    assert [(2026, 52), (2026, 53), (2027, 1)] == [tuple(day.isocalendar())[:2] for day in days]
    assert [-1, 0, 1] == weeks_since(dt.date(2027, 1, 2), days).tolist()
    assert dt.date(2026, 12, 28) == monday_of(dt.date(2027, 1, 3))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param({"training_weeks": -1}, "training_weeks must be 0 or more, got -1", id="negative_training"),
        pytest.param({"training_weeks": 2, "training_dropout": 10}, "write 10 % as 0.10", id="dropout_in_percent"),
        pytest.param({"training_dropout": 0.1}, "needs training_weeks of 1 or more", id="dropout_without_training"),
        pytest.param({"ramp": (0.5, 75)}, "ramp must be productivities", id="ramp_in_percent"),
    ],
)
def test_an_intake_that_cannot_be_is_refused(words, said):
    with pytest.raises(CapacityError, match=said):
        Intake(**words)
