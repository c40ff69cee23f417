"""Resource-weeks of a month: one person who works on a demand for one week is one, summed over the weeks of the month.

A week belongs to the month of its Thursday, as an ISO week belongs to a year: so every week counts once, and whole. Not
here: the weeks themselves (frames.py).
"""

from typing import Final

import pandas as pd

from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.units import WEEKDAYS

_THURSDAY: Final = WEEKDAYS.index("thu")
_OF_DEMAND: Final = ["demand_id", "main_lob", "platform", "locality", "case_type", "state"]


def resource_weeks(demands: pd.DataFrame) -> pd.DataFrame:
    """Resource-weeks per month and demand.

    Args:
        demands: Rows of `gold.demand_week`, of any weeks.

    Returns:
        One row per month and demand: month (2025-07), the demand's own columns, weeks [count], resource_weeks (people
        summed over weeks), ideal_weeks and required_weeks (FTE summed over weeks; required null where one week's is),
        gap_weeks = ideal_weeks - resource_weeks.
    """
    rows = demands.assign(month=_months(demands))
    last = rows.sort_values(["iso_year", "iso_week"]).drop_duplicates(["month", "demand_id"], keep="last")
    found = rows.groupby(["month", "demand_id"], as_index=False).agg(
        weeks=("iso_week", "size"),
        resource_weeks=("assigned", "sum"),
        ideal_weeks=("ideal_fte", "sum"),
        required_weeks=("required_fte", lambda values: values.sum(skipna=False)),
    )
    found["gap_weeks"] = found["ideal_weeks"] - found["resource_weeks"]
    named = last[["month", *_OF_DEMAND]].merge(found, on=["month", "demand_id"])
    return named.sort_values(["month", "demand_id"], ignore_index=True)


def _months(demands: pd.DataFrame) -> list[str]:
    keys = zip(demands["iso_year"].astype(int), demands["iso_week"].astype(int), strict=True)
    return [f"{IsoWeek(*key).dates[_THURSDAY]:%Y-%m}" for key in keys]
