"""Weekly assignments as they are stored: who worked on what, and how good that was.

Not here: what a week is planned from (allocation_inputs.py), former versions and approving one (assignment_versions.py),
and making a plan (domain/allocation).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_QUALITY, DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT
from wfm_pipeline.domain.allocation.tables.frames import ANSWER_COLUMNS
from wfm_pipeline.domain.allocation.tables.several_weeks import Previous
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.units import DAYS_PER_WEEK
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.newest_dates import newest_issue


def last_assignment(warehouse: Warehouse, week: IsoWeek) -> Previous:
    """Demand of each person in a week's stored plan; None where there is no plan."""
    name = WEEKLY_RESOURCE_ASSIGNMENT.full_name
    if not warehouse.has(name):
        return None
    stored = (
        Scope({"iso_year": week.iso_year, "iso_week": week.iso_week})
        .filter(warehouse.table(name))
        .select("resource_cn", "demand_id")
    )
    rows = warehouse.arrow(stored).to_pylist()
    return {row["resource_cn"]: row["demand_id"] for row in rows} or None


def rows_by_week(warehouse: Warehouse, table: Table) -> defaultdict[IsoWeek, pd.DataFrame]:
    """A stored table's rows by week, read at once; a week without rows has an empty frame."""
    rows = warehouse.frame(warehouse.table(table.full_name))
    weeks = rows[["iso_year", "iso_week"]].drop_duplicates()
    empty, found = rows.head(0), rows.groupby(["iso_year", "iso_week"])
    keys = zip(weeks["iso_year"].tolist(), weeks["iso_week"].tolist(), strict=True)
    return defaultdict(lambda: empty, {IsoWeek(*key): found.get_group(key) for key in keys})


def coming_week(gold: GoldReader, source: str) -> IsoWeek:
    """The first week that begins on or after the newest forecast's first day: the next one to be planned.

    Raises:
        WarehouseError: gold holds no forecast of the source.
    """
    first = newest_issue(gold, source)
    if first is None:
        raise WarehouseError(f"gold holds no forecast of {source} yet, so no coming week; `wfm run` makes one")
    return IsoWeek.of(first + dt.timedelta(days=-first.weekday() % DAYS_PER_WEEK))


def demands_of(warehouse: Warehouse, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    """Stored demands of some weeks with who is on them, week by week in the order of their ids."""
    rows = warehouse.frame(warehouse.table(DEMAND_WEEK.full_name))
    return of_weeks(rows, weeks).sort_values(["iso_year", "iso_week", "demand_id"], ignore_index=True)


def quality_of(warehouse: Warehouse, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    """Stored quality of some weeks, the chosen strategy first."""
    rows = warehouse.frame(warehouse.table(ALLOCATION_QUALITY.full_name))
    return of_weeks(rows, weeks).sort_values(
        ["iso_year", "iso_week", "is_chosen"], ascending=[True, True, False], ignore_index=True
    )


def planned_weeks(quality: pd.DataFrame) -> set[IsoWeek]:
    """Weeks that have a plan, of rows of gold.allocation_quality."""
    return {IsoWeek(*key) for key in zip(quality["iso_year"].tolist(), quality["iso_week"].tolist(), strict=True)}


def assignments_of(warehouse: Warehouse, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    """Stored plans of some weeks: one row per week and resource, the week and then `ANSWER_COLUMNS`."""
    rows = warehouse.frame(warehouse.table(WEEKLY_RESOURCE_ASSIGNMENT.full_name))
    kept = of_weeks(rows, weeks).sort_values(["iso_year", "iso_week", "resource_cn"], ignore_index=True)
    return kept[["iso_year", "iso_week", *ANSWER_COLUMNS]]


def of_weeks(rows: pd.DataFrame, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    """Rows of some weeks, by their iso_year and iso_week."""
    wanted = {(week.iso_year, week.iso_week) for week in weeks}
    is_wanted = [key in wanted for key in zip(rows["iso_year"], rows["iso_week"], strict=True)]
    return rows[pd.Series(is_wanted, index=rows.index, dtype=bool)]


def replace_weeks(warehouse: Warehouse, frames: Mapping[Table, pd.DataFrame], weeks: Sequence[IsoWeek]) -> None:
    """Put the weeks' rows of all tables in place of what stands there, also where there are none now; all or none."""
    for table in frames:
        warehouse.create(table)
    with warehouse.transaction():
        for table, rows in frames.items():
            for year in sorted({week.iso_year for week in weeks}):
                numbers = [week.iso_week for week in weeks if week.iso_year == year]
                scope = Scope({"iso_year": year}, column="iso_week", first=min(numbers), last=max(numbers))
                warehouse.replace(table, rows[rows["iso_year"] == year], scope)
