"""The picture of a day's coverage shows what the tables say: lines, gaps, holes, and the wall clock."""

import numpy as np
import pandas as pd
from matplotlib.colors import same_color

from wfm_pipeline.reports.figures.coverage import GAP, UNKNOWN, coverage_figure, coverage_glance
from wfm_pipeline.reports.tables.coverage import coverage_table

FALL = pd.Timestamp("2026-10-24 22:00")
"""Midnight in Stockholm of the day on which clocks go back: 25 hours."""


def day(service="sales", *, need=2.0, hours=25, begins=FALL):
    starts = pd.date_range(begins, periods=hours, freq="1h")
    local = starts.tz_localize("UTC").tz_convert("Europe/Stockholm").tz_localize(None)
    return pd.DataFrame(
        {
            "service_id": service, "interval_start": starts, "interval_start_local": local, "business_date": local[0].normalize(),
            "agents_required": need, "agents_scheduled": 2.0, "agents_actual": 1.0, "status": "shortage",
        }
    )  # fmt: skip


def gaps(*rows):
    return pd.DataFrame(rows, columns=["service_id", "starts_at", "ends_at"])


def spans(axes, color):
    found = [patch for patch in axes.patches if same_color(patch.get_facecolor()[:3], color)]
    return [(round(one.get_x(), 6), round(one.get_x() + one.get_width(), 6)) for one in found]


def test_lines_gaps_and_holes_of_each_service_lie_where_the_tables_have_them():
    rows = day(need=4.0)
    rows.loc[3:4, ["status", "agents_actual"]] = ["no_data", np.nan]
    gap = ("sales", FALL + pd.Timedelta(hours=7), FALL + pd.Timedelta(hours=9))

    drawn = coverage_figure(pd.concat([day("small"), rows]), gaps(gap), title="Day")

    sales, small = drawn.axes
    assert ["sales", "small"] == [axes.get_title(loc="left") for axes in drawn.axes]  # most people needed first
    required, scheduled, actual = (line.get_ydata() for line in sales.lines)
    assert ({4.0}, {2.0}) == (set(required), set(scheduled))
    assert [3, 4] == np.flatnonzero(np.isnan(actual)).tolist()
    assert [(7, 9)] == spans(sales, GAP)
    assert [(3, 5)] == spans(sales, UNKNOWN)
    assert [] == spans(small, GAP)


def test_the_axis_of_a_day_with_25_hours_names_the_hour_that_comes_twice_twice():
    axes = coverage_figure(day(), gaps(), title="Day").axes[0]

    words = [label.get_text() for label in axes.get_xticklabels()]
    assert ["00:00", "02:00", "02:00", "04:00"] == words[:4]
    assert [0, 2, 3, 5] == axes.get_xticks()[:4].tolist()
    assert (0, 25) == axes.get_xlim()


def test_the_small_picture_adds_services_up_and_says_what_is_what():
    drawn = coverage_glance(pd.concat([day(), day("other")]), title="SIMULATED DATA: People")

    assert drawn.startswith(
        "SIMULATED DATA: People; blue required, orange rostered, grey there, all services, 2026-10-25"
    )
    assert len(drawn) < 1000


def test_the_table_counts_statuses_and_adds_gaps_up():
    rows = day()
    rows.loc[:2, "status"] = "optimal"
    gap = pd.DataFrame(
        {
            "business_date": rows["business_date"].iloc[0], "service_id": "sales", "agent_hours_short": [2.5, 4.0],
            "cost": [np.nan, 70.0], "currency": ["EUR", "EUR"],
        }
    )  # fmt: skip

    (row,) = coverage_table(pd.concat([rows]), gap).to_dict("records")

    assert ("2026-10-25", "sales", 3, 22, 0) == (
        row["date"],
        row["service"],
        row["optimal"],
        row["shortage"],
        row["no_data"],
    )
    assert (2, 6.5, 70.0, "EUR") == (row["gaps"], row["agent_hours_short"], row["cost"], row["currency"])
