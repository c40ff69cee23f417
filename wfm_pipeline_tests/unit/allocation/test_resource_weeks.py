"""A month in resource-weeks: the planners' own example, and weeks that lie in two months."""

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation.tables.resource_weeks import resource_weeks
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek

# weeks 27 to 30 of July 2025, people per demand as in the planners' example
EXAMPLE = {"D1": (25, 24, 26, 26), "D2": (19, 18, 20, 20), "D3": (6, 6, 6, 6)}


def rows(people, first=27, year=2025, **more):
    made = [
        {
            "demand_id": name, "iso_year": year, "iso_week": week, "platform": "Amisys", "locality": "Domestic",
            "case_type": "a", "state": "FL", "main_lob": "Medicaid", "assigned": count, "ideal_fte": count + 0.25,
            "required_fte": 10.0, **more,
        }
        for name, counts in people.items()
        for week, count in enumerate(counts, first)
    ]  # fmt: skip
    return pd.DataFrame(made)


def test_the_example_of_july_adds_up_to_202_resource_weeks():
    found = resource_weeks(rows(EXAMPLE))

    assert {"D1": 101, "D2": 77, "D3": 24} == dict(zip(found["demand_id"], found["resource_weeks"], strict=True))
    assert 202 == found["resource_weeks"].sum()
    assert {"2025-07"} == set(found["month"])
    assert [4, 4, 4] == found["weeks"].tolist()
    assert [1.0, 1.0, 1.0] == found["gap_weeks"].tolist()
    assert [40.0, 40.0, 40.0] == found["required_weeks"].tolist()


def test_every_week_of_two_years_counts_in_one_month_only():
    weeks = [IsoWeek(2026, number) for number in range(1, 54)]
    found = resource_weeks(rows({"D1": [1] * 53}, first=1, year=2026))

    assert len(weeks) == found["resource_weeks"].sum()
    assert set(found["weeks"]) == {4, 5}
    # W27 of 2026 is 29 June to 5 July: its Thursday is 2 July
    july = resource_weeks(rows({"D1": [1]}, first=27, year=2026))
    assert ["2026-07"] == july["month"].tolist()


def test_an_unknown_need_of_one_week_makes_the_months_unknown():
    made = rows({"D1": (3, 4)})
    made.loc[0, "required_fte"] = float("nan")

    found = resource_weeks(made)

    assert found["required_weeks"].isna().tolist() == [True]
    assert [7] == found["resource_weeks"].tolist()
    assert pytest.approx(7.5) == found["ideal_weeks"].iloc[0]
