"""All planners' files of the allocation, as the weekly assets take them in.

Here: which there are, and those of demands. Not here: how a file becomes rows (domain/planners_tables), people, tiers and
rules (sheets.py), weeks (week_rows.py), and what a demand is (domain/allocation/week/demand.py).
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import MONTHLY_DEMAND, QUEUE_DEMAND_MAP
from wfm_pipeline.domain.allocation.tables.sheets import (
    PAIRS,
    RESOURCES,
    RULES,
    TIERS,
    WINDOWS,
    Sheet,
    known_localities,
    state_cells,
)
from wfm_pipeline.domain.allocation.tables.week_rows import WEEKS
from wfm_pipeline.domain.allocation.week.demand import planner_months
from wfm_pipeline.domain.planners_tables import PlannersFile

_REPORT: Final = ("demand_id", "report_year", "report_month")


def _months(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per demand and month, or a planner's reports with month1..month6, of which the newest counts."""
    lower = frame.rename(columns=lambda name: str(name).strip().lower())
    if "month1" not in lower.columns:
        return lower
    months = planner_months(lower)
    if "demand_id" in lower.columns:
        sheet = Sheet(lower, "monthly_demand.csv", required=_REPORT)
        sheet.refuse_twice(", ".join(_REPORT), zip(*map(sheet.texts, _REPORT), strict=True))
    return months


FILES: Final[Mapping[str, PlannersFile]] = {
    "resources": RESOURCES,
    "capacity_tiers": TIERS,
    "locality_rules": RULES,
    "week_configuration": WEEKS,
    "allocation_pairs": PAIRS,
    "allocation_windows": WINDOWS,
    "queue_demand_map": PlannersFile(
        table=QUEUE_DEMAND_MAP,
        title="queue_demand_map",
        sheet=Sheet,
        own={"locality": known_localities, "state": state_cells},
    ),
    "monthly_demand": PlannersFile(
        table=MONTHLY_DEMAND,
        title="monthly_demand",
        sheet=Sheet,
        shape=_months,
        own={"locality": known_localities, "state": state_cells},
    ),
}
"""Name of a planner's file, without `.csv` -> how it fills its table."""
