"""Every table of a layer: what the main job makes and what other jobs add to it.

Lists for readers, documents and tests. A table of another job may not be there yet; the main job's
own lists are `SILVER_TABLES` and `GOLD_TABLES`.
"""

from collections.abc import Mapping
from typing import Final

from wfm_pipeline.contracts.backlog.ahead import AHEAD_TABLES
from wfm_pipeline.contracts.backlog.calendar_versions import BACKLOG_CALENDAR
from wfm_pipeline.contracts.backlog.carried import CARRY_TABLES
from wfm_pipeline.contracts.backlog.hours import BACKLOG_TABLES
from wfm_pipeline.contracts.columns import Column
from wfm_pipeline.contracts.coverage import COVERAGE_TABLES
from wfm_pipeline.contracts.gold import GOLD_TABLES
from wfm_pipeline.contracts.intraday import INTRADAY_TABLES
from wfm_pipeline.contracts.long_range import LONG_RANGE_TABLES
from wfm_pipeline.contracts.model_fit import MODEL_FIT_TABLES
from wfm_pipeline.contracts.planning.activities import ACTIVITY_INPUTS
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_INPUTS, ALLOCATION_TABLES
from wfm_pipeline.contracts.planning.assignment_versions import VERSION_TABLES
from wfm_pipeline.contracts.planning.capacity import CAPACITY_INPUTS, CAPACITY_TABLES
from wfm_pipeline.contracts.planning.planners_input import PLANNERS_GOLD_TABLES, PLANNERS_INPUTS, SITE_INPUTS
from wfm_pipeline.contracts.publication import PUBLICATION
from wfm_pipeline.contracts.silver import SILVER_TABLES
from wfm_pipeline.contracts.staffing import STAFFING_TABLES

PLANNERS_TABLES: Final = (*SITE_INPUTS, *PLANNERS_INPUTS, *ALLOCATION_INPUTS, *CAPACITY_INPUTS, *ACTIVITY_INPUTS)
"""What planners write: files that runs take in, or rows by SQL."""
ALL_SILVER_TABLES: Final = (*SILVER_TABLES, *PLANNERS_TABLES, *CARRY_TABLES, BACKLOG_CALENDAR)
ALL_GOLD_TABLES: Final = (
    *GOLD_TABLES,
    *PLANNERS_GOLD_TABLES,
    *STAFFING_TABLES,
    *INTRADAY_TABLES,
    *LONG_RANGE_TABLES,
    *CAPACITY_TABLES,
    *ALLOCATION_TABLES,
    *VERSION_TABLES,
    *MODEL_FIT_TABLES,
    *COVERAGE_TABLES,
    *BACKLOG_TABLES,
    *AHEAD_TABLES,
    PUBLICATION,
)
GOLD_COLUMNS: Final[Mapping[str, Mapping[str, Column]]] = {
    table.name: {column.name: column for column in table.columns} for table in ALL_GOLD_TABLES
}
"""Gold table -> its columns by name."""
PERSONAL: Final[Mapping[str, Mapping[str, Column]]] = {
    table: personal
    for table, columns in GOLD_COLUMNS.items()
    if (personal := {name: column for name, column in columns.items() if column.personal})
}
"""Gold table -> its columns that hold persons' data, by name."""
