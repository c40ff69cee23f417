"""The picture of the capacity plan shows what the table says, also where people are unknown."""

import datetime as dt

import pandas as pd

from wfm_pipeline.domain.staffing.capacity.people import Intake, Pool
from wfm_pipeline.domain.staffing.capacity.plan import CapacityOptions, PlannersTables, plan_capacity
from wfm_pipeline.domain.staffing.capacity.shrinkage import ShrinkageRow
from wfm_pipeline.reports.figures.capacity import capacity_figure

FIRST = dt.date(2026, 1, 5)


def weeks(queue, calls):
    starts = pd.date_range(FIRST, periods=len(calls), freq="7D")
    columns = {f"calls_{level}": calls for level in ("mean", "q10", "q50", "q90")}
    return pd.DataFrame({"queue_id": queue, "week_start": starts, **columns, "aht_seconds": 300.0})


def figure(calls):
    pool = Pool("p", ("q",), 10.0, FIRST, 40.0, 0.0, "year", Intake(), 0, 0.8)
    shrinkage = ShrinkageRow("(all)", "all", True, 0.2, FIRST)
    demand = pd.concat([weeks("q", calls), weeks("alone", calls)])
    rows = plan_capacity(demand, PlannersTables((pool,), (), (shrinkage,)), {}, CapacityOptions())
    return capacity_figure(rows, title="FTE")


def test_every_pool_has_its_lines_and_the_hired_reach_the_required():
    drawn = figure([3072.0, 4608.0])  # 8 and 12 FTE at 80 %, 8 are there: 5 people to hire

    with_hiring, alone = drawn.axes[0].lines, drawn.axes[1].lines
    assert ["p", "alone"] == [axes.get_title(loc="left") for axes in drawn.axes]
    assert [8, 12] == with_hiring[0].get_ydata().tolist()
    assert [8, 8] == with_hiring[1].get_ydata().tolist()
    assert [8, 12] == with_hiring[2].get_ydata().tolist()
    assert 2 == len(alone)


def test_nobody_to_hire_draws_no_third_line():
    assert 2 == len(figure([3072.0]).axes[0].lines)
