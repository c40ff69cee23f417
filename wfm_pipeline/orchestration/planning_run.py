"""Planning a stretch of weeks in the warehouse, in this process: what `wfm allocate --from --to` does."""

from collections.abc import Sequence

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.allocation_inputs import read_planning
from wfm_pipeline.assets.planning.allocation import last_plan
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_QUALITY, WEEKLY_RESOURCE_ASSIGNMENT
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation
from wfm_pipeline.domain.allocation.tables.frames import ANSWER_COLUMNS
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.orchestration.allocating import chosen_options, parse_week
from wfm_pipeline.orchestration.jobs import ALLOCATION
from wfm_pipeline.orchestration.partitions.stale_dates import Plan
from wfm_pipeline.orchestration.runs.running import RunOutcome, StepListener, run_main_job
from wfm_pipeline.resources import House


def weeks_between(first: str, last: str) -> list[IsoWeek]:
    """ISO weeks from one to another, both included.

    Raises:
        SettingsError: no ISO week, or the last lies before the first.
    """
    start, week = parse_week(first, "--from"), parse_week(last, "--to")
    weeks = []
    while start <= week:
        weeks.append(week)
        week = week.previous
    if not weeks:
        raise SettingsError(f"--to {last} lies before --from {first}; swap them", got=(first, last))
    return weeks[::-1]


def run_weeks(
    definitions: dg.Definitions,
    house: House,
    weeks: Sequence[IsoWeek],
    *,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Run the allocation job for weeks that follow each other.

    Args:
        definitions: Definitions without partitions.
        house: The house.
        weeks: In order of time.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.
    """
    chosen_options(house)
    plan = Plan(Dates.between(weeks[0].dates[0], weeks[-1].dates[-1]))
    return run_main_job(definitions, house, plan, as_of=None, on_step=on_step, job=ALLOCATION, instance=instance)


def quality_of(house: House, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    """Stored quality of some weeks, the chosen strategy first."""
    with house.open_warehouse() as warehouse:
        rows = warehouse.frame(warehouse.table(ALLOCATION_QUALITY.full_name))
    return _of_weeks(rows, weeks).sort_values(
        ["iso_year", "iso_week", "is_chosen"], ascending=[True, True, False], ignore_index=True
    )


def plans_of(house: House, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    """Stored plans of some weeks: one row per week and resource, the week and then `ANSWER_COLUMNS`."""
    with house.open_warehouse() as warehouse:
        rows = warehouse.frame(warehouse.table(WEEKLY_RESOURCE_ASSIGNMENT.full_name))
    kept = _of_weeks(rows, weeks).sort_values(["iso_year", "iso_week", "resource_cn"], ignore_index=True)
    return kept[["iso_year", "iso_week", *ANSWER_COLUMNS]]


def replay_week(house: House, week: IsoWeek) -> Allocation:
    """The allocation of a week that has just been planned, for questions about it."""
    with house.open_warehouse() as warehouse:
        planning, previous = read_planning(house, warehouse), last_plan(warehouse, week.previous)
    return planning.answer(house, week, house.allocation_options(), previous).allocation


def _of_weeks(rows: pd.DataFrame, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    wanted = {(week.iso_year, week.iso_week) for week in weeks}
    return rows[[key in wanted for key in zip(rows["iso_year"], rows["iso_week"], strict=True)]]
