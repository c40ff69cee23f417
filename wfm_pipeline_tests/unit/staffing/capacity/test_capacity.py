"""Capacity plan: required, available, gap and hiring, worked out by hand."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.planning.capacity import CAPACITY_WEEK
from wfm_pipeline.domain.staffing.capacity.people import WEEKS_PER, HiringClass, Intake, Pool
from wfm_pipeline.domain.staffing.capacity.plan import CapacityOptions, PlannersTables, plan_capacity, plan_facts
from wfm_pipeline.domain.staffing.capacity.shrinkage import ShrinkageRow, shrinkage_of
from wfm_pipeline.domain.staffing.capacity.work import (
    Efficiency,
    hours_at_occupancy,
    learn_efficiency,
    on_phone_hours,
    workload_hours,
)
from wfm_pipeline.domain.staffing.faults import CapacityError

FIRST = dt.date(2026, 1, 5)
LONG_AGO = dt.date(2020, 1, 1)


def demand(queue="q", calls=(4800.0,), aht=300.0, first=FIRST, spread=0.1):
    """Weeks of calls; 4,800 calls of 300 s are 400 h."""
    mean = np.array(calls, dtype=float)
    return pd.DataFrame(
        {
            "queue_id": queue,
            "week_start": [pd.Timestamp(first) + pd.Timedelta(weeks=week) for week in range(len(calls))],
            "calls_mean": mean,
            "calls_q10": mean * (1 - spread),
            "calls_q50": mean,
            "calls_q90": mean * (1 + spread),
            "aht_seconds": aht,
        }
    )


def pool(name="p", queues=("q",), **changes):
    facts = {
        "heads": 20.0, "counted_on": FIRST, "contract_hours": 40.0, "attrition": 0.0, "attrition_per": "year",
        "intake": Intake(), "recruiting_weeks": 0, "occupancy": 0.8,
    }  # fmt: skip
    return Pool(pool_id=name, queues=tuple(queues), **{**facts, **changes})


def shrunk(share=0.2, **changes):
    facts = {"pool_id": "(all)", "kind": "vacation", "is_planned": True, "share": share, "first_date": LONG_AGO}
    return ShrinkageRow(**{**facts, **changes})


def plan(rows, pools=None, classes=(), shrinkage=None, efficiency=None, **options):
    tables = PlannersTables(
        tuple(pools if pools is not None else [pool()]), tuple(classes), tuple(shrinkage or [shrunk()])
    )
    return plan_capacity(rows, tables, efficiency or {}, CapacityOptions(**options))


def test_required_available_and_gap_of_a_week_by_hand():
    # 4,800 x 300 s = 400 h; at 80 % occupancy 500 h; of 40 h: 12.5 FTE on the phones, paid 12.5 / 0.8
    # 20 heads x 0.8 = 16 FTE; gap -3.5
    row = plan(demand()).iloc[0]

    assert (4800.0, 400.0, 500.0) == (row["calls_mean"], row["workload_hours"], row["on_phone_hours"])
    assert (12.5, 15.625) == (row["fte_required_mean"], row["paid_fte_required_mean"])
    assert (16.0, 20.0) == (row["fte_available_mean"], row["paid_fte_available"])
    assert -3.5 == row["gap_fte_mean"]
    assert (11.25, 12.5, 13.75) == pytest.approx(tuple(row[f"fte_required_{q}"] for q in ("q10", "q50", "q90")))
    assert row["reason"] is None
    assert "occupancy" == row["method"]


def test_the_columns_are_the_contracts():
    assert {*plan(demand()).columns, "source", "issued_at"} == set(CAPACITY_WEEK.column_names)


def test_the_gaps_band_joins_calls_and_leavers_as_independent():
    # 0.9 stay a week: of 100 heads 90 +- 3; 1.28155 sd each way; 4,800 +- 10 % calls are 12.5 +- 1.25 FTE
    rate = 1 - 0.9 ** WEEKS_PER["year"]
    row = plan(demand(calls=(4800, 4800)), [pool(heads=100.0, attrition=rate)], shrinkage=[shrunk(0.0)]).iloc[1]

    half = math.hypot(1.25, 1.2815515655446004 * 3)

    assert 12.5 - 90 == pytest.approx(row["gap_fte_q50"])
    assert 12.5 - 90 - half == pytest.approx(row["gap_fte_q10"])
    assert 12.5 - 90 + half == pytest.approx(row["gap_fte_q90"])


def test_queues_of_a_pool_add_and_their_quantiles_move_together():
    rows = pd.concat([demand("a"), demand("b", calls=(2400.0,), spread=0.2)])

    row = plan(rows, [pool(queues=("a", "b"))]).iloc[0]

    assert 18.75 == row["fte_required_mean"]
    assert 13.75 + 7.5 == pytest.approx(row["fte_required_q90"])
    assert "a;b" == row["queues"]


def test_no_forecast_makes_no_rows():
    assert plan(demand(calls=())).empty


def test_weeks_over_a_year_with_53_weeks_are_named_and_none_is_skipped():
    rows = plan(demand(calls=(1.0,) * 3, first=dt.date(2026, 12, 21)), [pool(counted_on=dt.date(2026, 12, 21))])

    assert [(2026, 52), (2026, 53), (2027, 1)] == list(zip(rows["iso_year"], rows["iso_week"], strict=True))


def test_an_unknown_handle_time_makes_the_pool_unknown_and_says_so():
    rows = pd.concat([demand("a"), demand("b", aht=math.nan)])

    row = plan(rows, [pool(queues=("a", "b"))]).iloc[0]

    assert math.isnan(row["fte_required_mean"])
    assert math.isnan(row["gap_fte_mean"])
    assert 16.0 == row["fte_available_mean"]
    assert 9600.0 == row["calls_mean"]
    assert "handle time of queue b is unknown" == row["reason"]
    assert 0 == row["hires_needed"]


def test_no_calls_need_nobody_even_with_an_unknown_handle_time():
    row = plan(demand(calls=(0.0,), aht=math.nan)).iloc[0]

    assert 0 == row["fte_required_q90"]
    assert row["reason"] is None


def test_a_week_without_forecast_inside_the_plan_is_missing_not_zero():
    rows = demand(calls=(4800.0, 4800.0, 4800.0)).drop(index=1)

    planned = plan(rows)

    assert [False, True, False] == planned["fte_required_mean"].isna().tolist()
    assert "no forecast of queue q" == planned["reason"].iloc[1]


def test_a_pool_one_of_whose_queues_is_never_forecast_is_missing():
    assert "no forecast of queue gone" == plan(demand(), [pool(queues=("q", "gone"))])["reason"].iloc[0]


def test_a_pool_without_any_forecast_has_no_rows():
    assert ["p"] == plan(demand(), [pool(), pool("other", ("gone",))])["pool_id"].tolist()


def test_a_queue_of_no_pool_is_required_for_and_nobody_is_there():
    row = plan(demand("alone"), [], efficiency={"alone": Efficiency(400.0, 500.0)}).iloc[0]

    assert "alone" == row["pool_id"]
    assert 12.5 == row["fte_required_mean"]
    assert math.isnan(row["fte_available_mean"])
    assert "no pool of headcount has the queue" == row["reason"]


def test_without_occupancy_and_issued_staffing_nothing_is_guessed():
    row = plan(demand(), [pool(occupancy=None)]).iloc[0]

    assert 400.0 == row["workload_hours"]
    assert math.isnan(row["fte_required_mean"])
    assert "no staffing was issued for queue q and its pool states no occupancy" == row["reason"]


def test_without_shrinkage_nothing_is_guessed():
    row = plan(demand(), shrinkage=[shrunk(last_date=dt.date(2021, 1, 1))]).iloc[0]

    assert 12.5 == row["fte_required_mean"]
    assert math.isnan(row["paid_fte_required_mean"])
    assert math.isnan(row["fte_available_mean"])
    assert "no row of shrinkage holds in the week" == row["reason"]


def test_weeks_before_the_count_are_unknown():
    planned = plan(demand(calls=(4800.0,) * 2), [pool(counted_on=FIRST + dt.timedelta(weeks=1))])

    assert ["the week lies before the count of heads", None] == planned["reason"].tolist()


def test_a_queue_in_two_pools_is_refused():
    with pytest.raises(CapacityError, match="queue q is in two pools, a and b"):
        PlannersTables((pool("a"), pool("b")))


def test_a_class_of_no_pool_is_refused():
    with pytest.raises(CapacityError, match="class c is for the pool x, which headcount does not name; it names p"):
        PlannersTables((pool(),), (HiringClass("c", "x", FIRST, 1, Intake(), 40.0),))


def test_a_pool_that_is_called_as_a_queue_of_no_pool_is_refused():
    with pytest.raises(CapacityError, match="pool a is called as a queue that is in no pool"):
        plan(pd.concat([demand("a"), demand("b")]), [pool("a", ("b",))])


# work


def test_the_margin_grows_with_the_root_of_the_load_and_the_rounding_not_at_all():
    hours = on_phone_hours(np.array([0.0, 25.0, 100.0, 400.0]), Efficiency(100.0, 130.0, 5.0))

    assert [0, 25 + 15 + 5, 135, 400 + 60 + 5] == hours.tolist()


def test_the_cap_of_the_occupancy_holds_far_above_the_issue_too():
    # 40,000 + 30 x 20 would be an occupancy of 98.5 %
    assert [40_000 / 0.9] == on_phone_hours(np.array([40_000.0]), Efficiency(100.0, 130.0, 0.0, 0.9)).tolist()


def test_less_than_the_workload_keeps_its_ratio():
    assert [160.0] == on_phone_hours(np.array([200.0]), Efficiency(100.0, 80.0)).tolist()


def test_a_calls_handle_time_is_hours():
    assert [0.0, 0.5] == workload_hours(np.array([0.0, 6.0]), np.array([math.nan, 300.0])).tolist()


def test_an_occupancy_in_percent_is_refused():
    with pytest.raises(CapacityError, match=r"write 85 % as 0.85"):
        hours_at_occupancy(np.array([1.0]), 85)


def test_a_mean_week_is_learnt_from_the_rows_with_a_team():
    staffing = pd.DataFrame(
        {
            "queue_id": ["q"] * 5 + ["idle"],
            "business_date": ["a", "a", "b", "b", "c", "a"],
            "interval_minutes": 30,
            "agents_required": pd.array([3, 3, 3, 3, None, 0], dtype="Int64"),
            "agents_required_exact": [2.5, 2.5, 2.5, 2.5, math.nan, 0.0],
            "workload_minutes": [60.0, 60.0, 60.0, 60.0, math.nan, 0.0],
        }
    )

    learnt = learn_efficiency(staffing, {"q": 0.9})

    # a day: 2 x 60 minutes of work = 2 h, 2 x 2.5 x 30 minutes = 2.5 h, 2 x 0.5 x 30 minutes = 0.5 h; seven such days
    assert {"q": Efficiency(14.0, 17.5, 3.5, 0.9)} == learnt


# shrinkage


def test_kinds_add_up_planned_and_unplanned():
    rows = [shrunk(0.1), shrunk(0.05, kind="training"), shrunk(0.07, kind="sickness", is_planned=False)]

    found = shrinkage_of(rows, "p", [FIRST])

    assert (0.15, 0.07, 0.22) == pytest.approx((found.planned[0], found.unplanned[0], found.total[0]))


def test_a_row_of_a_week_stands_above_the_usual_one_and_the_pools_above_all():
    week = dt.timedelta(weeks=1)
    rows = [
        shrunk(0.3, first_date=FIRST + week, last_date=FIRST + week + dt.timedelta(days=6)),
        shrunk(0.1),
        shrunk(0.2, kind="training", pool_id="p"),
        shrunk(0.05, kind="training", first_date=FIRST),
    ]

    mondays = [FIRST, FIRST + week, FIRST + 2 * week]

    assert [0.3, 0.5, 0.3] == pytest.approx(shrinkage_of(rows, "p", mondays).total.tolist())
    assert [0.15, 0.35, 0.15] == pytest.approx(shrinkage_of(rows, "other", mondays).total.tolist())


def test_shrinkage_of_all_paid_time_is_refused_with_its_kinds():
    with pytest.raises(CapacityError, match=r"must stay below 1, got 1.1 in the week of 2026-01-05: a 0.6, b 0.5"):
        shrinkage_of([shrunk(0.6, kind="a"), shrunk(0.5, kind="b")], "p", [FIRST])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"share": 30}, "write 30 % as 0.30", id="percent"),
        pytest.param({"last_date": dt.date(2019, 1, 1)}, "lies before first_date", id="backwards"),
    ],
)
def test_a_row_of_shrinkage_that_cannot_be_is_refused(changes, said):
    with pytest.raises(CapacityError, match=said):
        shrunk(**changes)


# hiring


def test_the_latest_class_that_closes_a_gap_and_when_to_decide():
    # 16 FTE are there; from week 5 on 7,680 calls need 20: 4 short, 5 people x 0.8
    # training 2 + ramp 1 -> start in week 2; recruiting 2 -> decide in week 0
    calls = (4800.0,) * 5 + (7680.0,) * 3
    rows = plan(demand(calls=calls), [pool(intake=Intake(2, 0.0, (0.5,)), recruiting_weeks=2)])

    assert [0, 0, 5, 0, 0, 0, 0, 0] == rows["hires_needed"].tolist()
    assert pd.Timestamp(FIRST) == rows["decide_by"].iloc[2]
    assert rows["decide_by"].isna().sum() == 7
    assert rows["gap_fte_after_hiring"].tolist() == pytest.approx([-3.5, -3.5, -3.5, -3.5, -5.5, 0, 0, 0])


def test_people_are_whole_and_dropouts_are_hired_too():
    # 4 short; of each hired 0.9 x 0.8 FTE stay: 5.56 -> 6
    calls = (4800.0,) * 2 + (7680.0,)
    rows = plan(demand(calls=calls), [pool(intake=Intake(2, 0.1))])

    assert [6, 0, 0] == rows["hires_needed"].tolist()


def test_weeks_too_soon_to_hire_stay_open_and_are_not_overfilled():
    rows = plan(demand(calls=(7680.0,) * 5), [pool(intake=Intake(1, 0.0, (0.5,)), recruiting_weeks=1)])

    assert [0, 5, 0, 0, 0] == rows["hires_needed"].tolist()
    assert rows["gap_fte_after_hiring"].tolist() == pytest.approx([4, 4, 2, 0, 0])


def test_one_class_is_sized_for_the_shortest_of_the_next_weeks():
    calls = (4800.0, 7680.0, 8000.0, 7680.0)  # short from week 1: 4, then 4.83 -> 6.04 heads -> 7
    one, several = plan(demand(calls=calls), bundle_weeks=4), plan(demand(calls=calls), bundle_weeks=1)

    assert [0, 7, 0, 0] == one["hires_needed"].tolist()
    assert [0, 5, 2, 0] == several["hires_needed"].tolist()


def test_hiring_follows_the_chosen_gap():
    # q90: 8,448 calls need 22 FTE against 16: 6 / 0.8 = 7.5 -> 8
    assert [8] == plan(demand(calls=(7680.0,)), hire_for="q90")["hires_needed"].tolist()


def test_what_a_plan_comes_to():
    rows = pd.DataFrame(
        {
            "pool_id": ["p", "p", "r"],
            "gap_fte_mean": [-1.0, 2.5, 1.0],
            "hires_needed": [0, 3, 1],
            "reason": [None, None, "aht_unknown"],
        }
    )
    facts = {"pools": 2, "weeks_short": 2, "largest_gap_fte": 2.5, "hires_needed": 4, "rows_with_unknowns": 1}

    assert facts == plan_facts(rows)
    assert 0.0 == plan_facts(rows.head(1))["largest_gap_fte"]
