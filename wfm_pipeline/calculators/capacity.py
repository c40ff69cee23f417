"""How many people in the weeks to come? Weekly calls and planners' CSV files in, the plan out.

Here: which files are read. Not here: the plan (domain/staffing/capacity) and the one that the warehouse keeps
(assets/planning/capacity).
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wfm_pipeline.contracts.planning.history import planner_columns
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.domain.staffing.capacity.demand import read_demand
from wfm_pipeline.domain.staffing.capacity.plan import PlannersTables, plan_capacity, with_occupancy
from wfm_pipeline.domain.staffing.capacity.sheets import CAPACITY_FILES, planners_tables
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import capacity_options
from wfm_pipeline.sources.files.planners_files import read_text_table
from wfm_pipeline.units import SMALLEST_OCCUPANCY_CAP


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRequest:
    """What is asked.

    Attributes:
        weeks: CSV of weekly calls per queue.
        headcount: CSV of the pools; None takes the planning folder's, as the next two.
        hiring_classes: CSV of planned classes.
        shrinkage: CSV of shrinkage by kind.
        occupancy: Target of the pools that state none (0..1]; None leaves them without a requirement.
    """

    weeks: Path
    headcount: Path | None = None
    hiring_classes: Path | None = None
    shrinkage: Path | None = None
    occupancy: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CapacityAnswer:
    """What came out.

    Attributes:
        weeks: One row per pool and week: FTE required, available and short.
        notices: What the reader should know.
    """

    weeks: pd.DataFrame
    notices: tuple[str, ...]


def answer_capacity(house: House, request: CapacityRequest) -> CapacityAnswer:
    """The plan from files alone.

    Raises:
        SettingsError: an occupancy outside (0, 1].
        DataError: a file cannot be read, or a cell is wrong; the message names file and line.
    """
    if request.occupancy is not None and not SMALLEST_OCCUPANCY_CAP <= request.occupancy <= 1:
        raise SettingsError(
            f"--occupancy must be {SMALLEST_OCCUPANCY_CAP:g} to 1, got {request.occupancy:g}; write 85 % as 0.85"
        )
    demand, said = read_demand(read_text_table(request.weeks), request.weeks.name)
    tables, notices = _planners_tables(house, request)
    if request.occupancy is not None:
        tables = with_occupancy(tables, request.occupancy)
    return CapacityAnswer(plan_capacity(demand, tables, {}, capacity_options(house.settings)), (*said, *notices))


def _planners_tables(house: House, request: CapacityRequest) -> tuple[PlannersTables, list[str]]:
    """The files that were named, else those of the planning folder; and notices."""
    frames: list[pd.DataFrame] = []
    notices: list[str] = []
    for name, file in CAPACITY_FILES.items():
        path = getattr(request, name) or house.planners_file(name)
        rows, said = read_rows(file, read_text_table(path)) if path else ([], [f"{name}: no file, nothing known"])
        frames.append(pd.DataFrame(rows, columns=list(planner_columns(file.table))))
        notices += said
    return planners_tables(*frames), notices
