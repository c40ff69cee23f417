"""The capacity command's two ways: its job in this process on the warehouse, or plain CSV files."""

from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pandas as pd

from wfm_pipeline.contracts.planning.capacity import CAPACITY_INPUTS, CAPACITY_WEEK
from wfm_pipeline.contracts.planning.history import planner_columns
from wfm_pipeline.domain.staffing.capacity.demand import read_demand
from wfm_pipeline.domain.staffing.capacity.plan import plan_capacity, with_occupancy
from wfm_pipeline.domain.staffing.capacity.sheets import CAPACITY_FILES, capacity_rows, planners_tables
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.orchestration.jobs import CAPACITY
from wfm_pipeline.orchestration.runs.running import RunOutcome, StepListener, run_main_job
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.planning_files import read_text_table
from wfm_pipeline.units import SMALLEST_OCCUPANCY_CAP
from wfm_pipeline.warehouse.engines.scope import Scope


@dataclass(frozen=True, slots=True)
class CapacityRequest:
    """Files of the calculator.

    Attributes:
        weeks: Weekly calls per queue.
        headcount: The pools; None takes the planning folder's, as the next two.
        hiring_classes: Planned classes.
        shrinkage: Shrinkage by kind.
        occupancy: Target of the pools that state none; None leaves them without a requirement.
    """

    weeks: Path
    headcount: Path | None = None
    hiring_classes: Path | None = None
    shrinkage: Path | None = None
    occupancy: float | None = None


def run_capacity(
    definitions: dg.Definitions,
    house: House,
    *,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Plan capacity from the newest long range.

    Args:
        definitions: Definitions without partitions.
        house: The house.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.
    """
    return run_main_job(definitions, house, None, as_of=None, on_step=on_step, job=CAPACITY, instance=instance)


def latest_plan(house: House) -> pd.DataFrame:
    """The plan of the newest issue, pools and weeks in order."""
    with house.open_warehouse() as warehouse:
        stored = Scope(house.in_source()).filter(warehouse.table(CAPACITY_WEEK.full_name))
        rows = warehouse.frame(stored.filter(stored.issued_at == stored.issued_at.max().as_scalar()))
    return rows.sort_values(["pool_id", "week_start"], ignore_index=True)


def plan_files(house: House, request: CapacityRequest) -> tuple[pd.DataFrame, list[str]]:
    """The plan from files alone, and notices.

    Raises:
        SettingsError: an occupancy outside (0, 1].
        DataError: a file cannot be read, or a cell is wrong; the message names file and line.
    """
    if request.occupancy is not None and not SMALLEST_OCCUPANCY_CAP <= request.occupancy <= 1:
        raise SettingsError(
            f"--occupancy must be {SMALLEST_OCCUPANCY_CAP:g} to 1, got {request.occupancy:g}; write 85 % as 0.85"
        )
    demand, notices = read_demand(read_text_table(request.weeks), request.weeks.name)
    given = {
        "headcount": request.headcount,
        "hiring_classes": request.hiring_classes,
        "shrinkage": request.shrinkage,
    }
    frames = []
    for name, table in zip(CAPACITY_FILES, CAPACITY_INPUTS, strict=True):
        path = given[name] or house.planning_file(name)
        rows, said = capacity_rows(name, read_text_table(path)) if path else ([], [f"{name}: no file, nothing known"])
        frames.append(pd.DataFrame(rows, columns=list(planner_columns(table))))
        notices += said
    tables = planners_tables(*frames)
    if request.occupancy is not None:
        tables = with_occupancy(tables, request.occupancy)
    return plan_capacity(demand, tables, {}, house.capacity_options), notices
