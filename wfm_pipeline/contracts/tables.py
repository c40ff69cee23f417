"""Every table of a layer: what the main job makes and what other jobs add to it.

Lists for readers, documents and tests. A table of another job may not be there yet; the main job's
own lists are `SILVER_TABLES` and `GOLD_TABLES`.
"""

from collections.abc import Mapping
from typing import Final

from wfm_pipeline.contracts.columns import HIDDEN_PERSONS
from wfm_pipeline.contracts.coverage import COVERAGE_TABLES
from wfm_pipeline.contracts.gold import GOLD_TABLES
from wfm_pipeline.contracts.intraday import INTRADAY_TABLES
from wfm_pipeline.contracts.long_range import LONG_RANGE_TABLES
from wfm_pipeline.contracts.model_fit import MODEL_FIT_TABLES
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_INPUTS, ALLOCATION_TABLES
from wfm_pipeline.contracts.planning.assignment_versions import VERSION_TABLES
from wfm_pipeline.contracts.planning.capacity import CAPACITY_INPUTS, CAPACITY_TABLES
from wfm_pipeline.contracts.planning.planners_input import PLANNERS_GOLD_TABLES, PLANNERS_INPUTS, SITE_INPUTS
from wfm_pipeline.contracts.publication import PUBLICATION
from wfm_pipeline.contracts.silver import SILVER_TABLES
from wfm_pipeline.contracts.staffing import STAFFING_TABLES

ALL_SILVER_TABLES: Final = (*SILVER_TABLES, *SITE_INPUTS, *PLANNERS_INPUTS, *ALLOCATION_INPUTS, *CAPACITY_INPUTS)
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
    PUBLICATION,
)
PERSONAL: Final[Mapping[str, Mapping[str, str]]] = {
    table.name: personal
    for table in ALL_GOLD_TABLES
    if (personal := {one.name: one.personal for one in table.columns if one.personal in HIDDEN_PERSONS})
}
"""Gold table -> its columns that readers see under pseudonyms -> kind of person."""
