"""Kept coverage as a table for people: per date and service how many intervals had which status, and what the gaps cost.

Not here: the picture (figures).
"""

from typing import Final

import pandas as pd

from wfm_pipeline.domain.coverage.intervals import STATUSES

_KEYS: Final = ["business_date", "service_id"]


def coverage_table(intervals: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """What became of coverage, date by date.

    Args:
        intervals: Rows of `gold.coverage_interval`.
        gaps: Rows of `gold.coverage_gap` of the same dates and services.

    Returns:
        One row per date and service: date, service, intervals of each status [count], gaps [count], agent_hours_short [h], cost
        and currency (null where no rate is known, or no gap is).
    """
    counts = pd.crosstab([intervals[name] for name in _KEYS], intervals["status"]).reindex(
        columns=list(STATUSES), fill_value=0
    )
    found = gaps.groupby(_KEYS)
    sums = pd.DataFrame(
        {
            "gaps": found.size(),
            "agent_hours_short": found["agent_hours_short"].sum(),
            "cost": found["cost"].sum(min_count=1),
            "currency": found["currency"].first(),
        }
    )
    rows = counts.join(sums).reset_index()
    rows[["gaps", "agent_hours_short"]] = rows[["gaps", "agent_hours_short"]].fillna(0)
    dates = pd.to_datetime(rows["business_date"]).dt.strftime("%Y-%m-%d")
    named = rows.assign(business_date=dates).rename(columns={"business_date": "date", "service_id": "service"})
    return named.astype({"gaps": "int64"}).rename_axis(columns=None)
