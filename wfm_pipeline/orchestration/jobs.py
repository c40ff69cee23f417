"""Every job: its name, the assets it makes, and the run config that fixes its point in time.

When a job runs is in schedules.py, what else starts one is in sensors.py.
"""

import datetime as dt
from typing import Any, TypeAlias

import dagster as dg

from wfm_pipeline.asset_keys import PUBLICATION_KEY

AssetJob: TypeAlias = Any
"""What `dg.define_asset_job` gives: a job before its assets are known; Dagster has no public name for it."""

NIGHTLY = "nightly"
REFRESH = "refresh_days"
ALLOCATION = "allocation"
"""Job and asset group of the weekly allocation."""
INTRADAY = "intraday"
"""Job that reads today's calls and reforecasts, and the asset group of the reforecast."""
REFORECAST = "reforecast"
"""Job that reforecasts from what silver holds."""
PLANS = "planners_plans"
OVERRIDES = "planners_overrides"
MODEL_FIT = "model_fit"
"""Job and asset group of the models' honesty."""
FORECAST_OP = "queue_forecast"
LONG_RANGE = "long_range"
"""Job and asset group of the long range."""
CAPACITY = "capacity"
"""Job and asset group of the capacity plan."""
PUBLISH = "publish"
"""Job that renews the readers' copy and makes nothing else."""
LONG_RANGE_OP = "queue_long_range"
REFORECAST_OP = "queue_reforecast"


def build_jobs(days: dg.PartitionsDefinition | None, weeks: dg.PartitionsDefinition | None) -> list[AssetJob]:
    """All jobs.

    Args:
        days: Partitions of bronze and silver, or None without.
        weeks: Partitions of the allocation, or None without.
    """
    return [
        nightly_job(days),
        refresh_job(days),
        allocation_job(weeks),
        intraday_job(days),
        reforecast_job(),
        long_range_job(),
        capacity_job(),
        model_fit_job(),
        plans_job(),
        overrides_job(),
        publish_job(),
    ]


def nightly_job(partitions: dg.PartitionsDefinition | None) -> AssetJob:
    """The main job: the whole graph, from the source to the scored forecast."""
    return _job(
        NIGHTLY,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.groups(ALLOCATION, INTRADAY, LONG_RANGE, CAPACITY, MODEL_FIT),
        description="The whole graph: call records to a scored forecast.",
        partitions_def=partitions,
    )


def forecast_config(as_of: dt.date | None, *, is_reissue: bool = False) -> dict[str, object]:
    """Run config that fixes the first target day of the forecast, and whether an issue that stands is made again."""
    return {"ops": {FORECAST_OP: {"config": {"as_of": as_of.isoformat() if as_of else "", "reissue": is_reissue}}}}


def intraday_job(partitions: dg.PartitionsDefinition | None) -> AssetJob:
    """Today's calls and the reforecast."""
    return _job(
        INTRADAY,
        selection=dg.AssetSelection.groups("bronze", "silver", INTRADAY),
        description="Today's calls so far, and the rest of today updated by them.",
        partitions_def=partitions,
    )


def reforecast_job() -> AssetJob:
    """The reforecast alone, from what silver holds."""
    return _job(
        REFORECAST,
        selection=dg.AssetSelection.groups(INTRADAY),
        description="The rest of today updated by what silver holds of it.",
    )


def long_range_job() -> AssetJob:
    """Days and weeks far ahead, from what silver holds."""
    return _job(
        LONG_RANGE,
        selection=dg.AssetSelection.groups(LONG_RANGE),
        description="Days to 26 weeks and weeks to 64 weeks ahead.",
    )


def capacity_job() -> AssetJob:
    """Planners' tables and the newest long range to the capacity plan."""
    return _job(
        CAPACITY,
        selection=dg.AssetSelection.groups(CAPACITY),
        description="FTE required, available and short per pool and week, from the newest long range.",
    )


def long_range_config(as_of: dt.date | None) -> dict[str, object]:
    """Run config that fixes the first target day of the long range."""
    return {"ops": {LONG_RANGE_OP: {"config": {"as_of": as_of.isoformat() if as_of else ""}}}}


def reforecast_config(at: dt.datetime | None) -> dict[str, object]:
    """Run config that fixes the local time of the reforecast."""
    return {"ops": {REFORECAST_OP: {"config": {"at": at.isoformat(timespec="minutes") if at else ""}}}}


def refresh_job(partitions: dg.PartitionsDefinition | None) -> AssetJob:
    """Bronze and silver of some business dates, without a new forecast."""
    return _job(
        REFRESH,
        selection=dg.AssetSelection.groups("bronze", "silver"),
        description="Bronze and silver of the chosen business dates.",
        partitions_def=partitions,
    )


def plans_job() -> AssetJob:
    """Planners' events, drivers, decisions and overrides, the forecast they move, its final values and teams; silver as it is."""
    issued = dg.AssetSelection.assets("gold/queue_interval_forecast").required_multi_asset_neighbors()
    return _job(
        PLANS,
        selection=_overridden() | issued,
        description="Takes planners' tables in, issues the forecast again where it may still change, and staffs it.",
    )


def overrides_job() -> AssetJob:
    """Planners' overrides on the forecast as it is issued, and the teams they ask for, without a new forecast."""
    return _job(
        OVERRIDES,
        selection=_overridden(),
        description="Takes planners' tables in, applies overrides to the newest issue, and staffs it.",
    )


def _overridden() -> dg.AssetSelection:
    final = dg.AssetSelection.assets("gold/queue_interval_forecast_final").required_multi_asset_neighbors()
    read = dg.AssetSelection.assets("gold/override_value", "gold/queue_interval_staffing")
    return dg.AssetSelection.groups("planning") | final | read


def allocation_job(partitions: dg.PartitionsDefinition | None) -> AssetJob:
    """Planners' tables to a judged plan; all weeks of a stretch in one run."""
    return _job(
        ALLOCATION,
        selection=dg.AssetSelection.groups(ALLOCATION),
        description="People to demands for the chosen ISO weeks, and last week's plan against what came.",
        partitions_def=partitions,
    )


def model_fit_job() -> AssetJob:
    """Predicted against reached service level over the whole history."""
    return _job(
        MODEL_FIT,
        selection=dg.AssetSelection.groups(MODEL_FIT),
        description="How well Erlang C, Erlang A and the simulation predict the service level that was reached.",
    )


def publish_job() -> AssetJob:
    """The readers' copy alone: after a person has materialised gold assets one by one."""
    return _job(PUBLISH, selection=dg.AssetSelection.assets(PUBLICATION_KEY), description="Renews the readers' copy.")


def publish_config() -> dict[str, object]:
    """Run config of a publish that takes over every gold table, whichever run changed it."""
    return {"ops": {PUBLICATION_KEY.to_python_identifier(): {"config": {"everything": True}}}}


def _job(
    name: str, *, selection: dg.AssetSelection, description: str, partitions_def: dg.PartitionsDefinition | None = None
) -> AssetJob:
    """A job in one process: DuckDB has one writer, and a process per asset costs more than the assets.

    Every job ends with the readers' copy: what a run changes, readers see when its checks have passed.
    """
    return dg.define_asset_job(
        name,
        selection=selection | dg.AssetSelection.assets(PUBLICATION_KEY),
        description=description,
        partitions_def=partitions_def,
        executor_def=dg.in_process_executor,
    )
