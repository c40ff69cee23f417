"""Weeks one after the other, and what became of them."""

import datetime as dt
from collections import defaultdict
from types import SimpleNamespace

import pandas as pd
import pytest

from wfm_pipeline.contracts.planning.allocation import ALLOCATION_ACCURACY
from wfm_pipeline.domain.allocation.faults import NoDemandError
from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_POLICY
from wfm_pipeline.domain.allocation.tables.several_weeks import assign_weeks
from wfm_pipeline.domain.allocation.week.accuracy import accuracy_facts, evaluate_weeks
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek

FIRST, SECOND = IsoWeek(2025, 28), IsoWeek(2025, 29)


def test_each_week_is_compared_with_the_one_before_and_a_notice_is_told_once():
    asked = []

    def answer(week, previous):
        asked.append((week, previous))
        frame = pd.DataFrame({"iso_year": [week.iso_year], "iso_week": [week.iso_week]})
        quality = frame.assign(unassigned=1, chi_square_gap=float(week.iso_week))
        allocation = SimpleNamespace(by_cn={"ann": 7, "bob": None})
        return SimpleNamespace(
            demands=frame,
            assignments=frame,
            quality=quality,
            notices=("one", "one"),
            allocation=allocation,
            inputs=week,
        )

    planned = assign_weeks([FIRST, SECOND], answer, others=(), previous=None)

    assert [(FIRST, None), (SECOND, {"ann": "7", "bob": None})] == asked
    assert ("one",) == planned.notices
    assert {"unassigned": 2, "chi_square_gap": 28.5} == planned.facts
    assert [29] == planned.demands_of(SECOND)["iso_week"].tolist()
    assert {FIRST: FIRST, SECOND: SECOND} == planned.inputs


def test_a_week_without_demand_is_left_out_with_its_reason_and_the_others_are_planned():
    third = IsoWeek(2025, 30)
    asked = []

    def answer(week, previous):
        asked.append((week, previous))
        if week == SECOND:
            raise NoDemandError(f"{week} has no demand: nothing was planned for it")
        frame = pd.DataFrame({"iso_year": [week.iso_year], "iso_week": [week.iso_week]})
        quality = frame.assign(unassigned=1, chi_square_gap=0.5)
        allocation = SimpleNamespace(by_cn={"ann": 7})
        return SimpleNamespace(
            demands=frame, assignments=frame, quality=quality, notices=(), allocation=allocation, inputs=week
        )

    planned = assign_weeks([FIRST, SECOND, third], answer, others=(), previous=None)

    assert [28, 30] == planned.quality["iso_week"].tolist()
    assert [(FIRST, None), (SECOND, {"ann": "7"}), (third, None)] == asked  # no plan to compare the third with
    assert "2025-W29" == planned.facts["weeks_without_demand"]
    assert ("2025-W29 has no demand: nothing was planned for it: it is left empty",) == planned.notices
    assert third == planned.last_week


def test_where_no_week_has_demand_every_week_is_named():
    def answer(week, previous):
        raise NoDemandError(f"{week} has no demand: why")

    with pytest.raises(NoDemandError, match=r"2025-W28 has no demand: why; 2025-W29 has no demand: why"):
        assign_weeks([FIRST, SECOND], answer, others=(), previous=None)


def actual_days(last=dt.date(2025, 7, 13)):
    dates = pd.date_range(FIRST.dates[0], last)
    return pd.DataFrame(
        {
            "queue_id": "q",
            "business_date": dates,
            "calls_offered": 10.0,
            "answered_handle_known": 10.0,
            "handle_seconds": 3600.0,
        }
    )


QUEUE_MAP = pd.DataFrame(
    [("q", "d", "Voice", "Domestic", "voice", "NY", 1.0)],
    columns=["queue_id", "demand_id", "platform", "locality", "case_type", "state", "share"],
)


def evaluated(days):
    assignment = pd.DataFrame(
        {"demand_id": ["d", "by_month"], "weekly_forecast": [77.0, 5.0], "assigned_hours": [60.0, 0.0]}
    )
    assignments = defaultdict(lambda: assignment.head(0), {FIRST: assignment, SECOND: assignment})
    return evaluate_weeks([FIRST, SECOND], assignments, days, queue_demand_map=QUEUE_MAP, policy=DEFAULT_POLICY)


def test_a_plan_is_judged_when_every_day_of_its_week_is_known():
    found = evaluated(actual_days())

    # 70 calls came and 77 were planned: 10 % too many; 70 h of work and 60 h assigned
    assert list(ALLOCATION_ACCURACY.column_names) == list(found.columns)
    assert [28] == found["iso_week"].tolist()
    assert 0.1 == round(found["wmape"].iloc[0], 9)
    assert {"weeks_evaluated": 1, "wmape": found["wmape"].iloc[0]} == accuracy_facts(found)


def test_a_week_that_is_not_over_is_not_judged():
    assert {"weeks_evaluated": 0} == accuracy_facts(evaluated(actual_days(dt.date(2025, 7, 12))))
