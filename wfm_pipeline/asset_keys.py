"""Names by which assets, checks and jobs know each other: keys, groups and steps of assets, tags of runs and assets.

Here: names alone, so that a job or a check needs no asset. Not here: making assets (assets) and what a table
promises (contracts).
"""

from typing import Final

import dagster as dg

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.publication import PUBLICATION
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap

DATES_TAG: Final = "wfm/dates"
"""Run tag: the business dates of a run without partitions, such as 2025-01-01..2025-01-05,2025-03-02."""
UNTIL_TAG: Final = "wfm/until"
"""Run tag: an instant, naive UTC; a run by the hour makes no hour that ends later."""
UNREAD_TAG: Final = "wfm/unread"
"""Run tag: sources of the site that the run does not ask, between commas: they are not in use, did not answer when the run's
dates were looked for, or the run is about another one."""
PARTITIONS_TAG: Final = "wfm/partitions"
"""Tag of assets that have partitions in the UI, also where `wfm run` makes them without."""
DAY: Final = "day"
WEEK: Final = "week"
HOUR: Final = "hour"
PLANNING_GROUP: Final = "planning"
"""What planners tell the forecast."""
STAFFING_GROUP: Final = "staffing"
ALLOCATION_GROUP: Final = "allocation"
INTRADAY_GROUP: Final = "intraday"
COVERAGE_GROUP: Final = "live_coverage"
LONG_RANGE_GROUP: Final = "long_range"
CAPACITY_GROUP: Final = "capacity"
BACKLOG_GROUP: Final = "backlog"
MODEL_FIT_GROUP: Final = "model_fit"
TRAINING_GROUP: Final = "training"
"""Models of training groups that are handed out."""
TRAINING_KEY: Final = dg.AssetKey(["models", "training_group"])
TRAINING_PARTITIONS: Final = dg.DynamicPartitionsDefinition(name="training_groups")
"""One per training group, by its name."""
FORECAST_STEP: Final = "queue_forecast"
ALLOCATION_STEP: Final = "weekly_allocation"
LONG_RANGE_STEP: Final = "queue_long_range"
REFORECAST_STEP: Final = "queue_reforecast"
COVERAGE_STEP: Final = "coverage_of_hours"
BACKLOG_STEP: Final = "backlog_of_hours"
READERS: Final = "readers"
"""Group of the readers' copy."""
PUBLICATION_KEY: Final = dg.AssetKey([READERS, PUBLICATION.name])
BACKLOG_REPORT_KEY: Final = dg.AssetKey([READERS, "backlog_report"])


def dates_tag(source: str) -> str:
    """Run tag: the business dates that a run reads of one source of a site, where they differ from the others'."""
    return f"{DATES_TAG}.{source}"


def key_of(table: Table) -> dg.AssetKey:
    """Key of a table's asset."""
    return key_named(table.full_name)


def key_named(table: str) -> dg.AssetKey:
    """Key of the asset of a table called `layer.name`."""
    return dg.AssetKey(table.split("."))


def bronze_key(source_map: SourceMap, table_map: TableMap) -> dg.AssetKey:
    """Key of a physical table; blanks and signs that Dagster refuses become underscores."""
    return dg.AssetKey(["bronze", source_map.bronze_name(table_map).removeprefix("bronze.")])
