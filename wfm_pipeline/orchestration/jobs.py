"""Every job, in one table: its name, the assets it makes and its partitions; and the run config that fixes its point in time.

Not here: when a job runs (schedules.py), what else starts one (sensors.py) and running one (orchestration/runs).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

import dagster as dg

from wfm_pipeline.asset_keys import (
    ALLOCATION_GROUP,
    ALLOCATION_STEP,
    BACKLOG_GROUP,
    CAPACITY_GROUP,
    COVERAGE_GROUP,
    FORECAST_STEP,
    INTRADAY_GROUP,
    LONG_RANGE_GROUP,
    LONG_RANGE_STEP,
    MODEL_FIT_GROUP,
    PLANNING_GROUP,
    PUBLICATION_KEY,
    REFORECAST_STEP,
    TRAINING_GROUP,
    TRAINING_KEY,
    key_of,
)
from wfm_pipeline.contracts.gold import FORECAST_ACCURACY, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import OVERRIDE_VALUE, QUEUE_INTERVAL_FINAL
from wfm_pipeline.contracts.source.source_map import Missing
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING

AssetJob: TypeAlias = Any
"""What `dg.define_asset_job` gives: a job before its assets are known; Dagster has no public name for it."""

NIGHTLY: Final = "nightly"
REFRESH: Final = "refresh_days"
ALLOCATION: Final = "allocation"
INTRADAY: Final = "intraday"
REFORECAST: Final = "reforecast"
LONG_RANGE: Final = "long_range"
CAPACITY: Final = "capacity"
MODEL_FIT: Final = "model_fit"
COVERAGE_HOURLY: Final = "coverage_hourly"
BACKLOG_HOURLY: Final = "backlog_hourly"
PLANNERS: Final = "planners"
OVERRIDES: Final = "planners_overrides"
PUBLISH: Final = "publish"
TRAINING: Final = "train_group"
ISSUE: Final = "issue_forecast"


@dataclass(frozen=True, slots=True)
class Job:
    """What a job is.

    Attributes:
        name: By which commands, schedules and sensors know it.
        description: For people.
        selection: The assets it makes, the readers' copy left out: every job ends with that.
        needs: What a source must have for a person to ask for it; the schedules' runs make empty tables that say why.
    """

    name: str
    description: str
    selection: dg.AssetSelection
    needs: Missing | None = None


_groups = dg.AssetSelection.groups
_assets = dg.AssetSelection.assets
_PUBLICATION: Final = _assets(PUBLICATION_KEY)
_ISSUED: Final = _assets(key_of(QUEUE_INTERVAL_FORECAST)).required_multi_asset_neighbors()
_OVERRIDDEN: Final = (
    _groups(PLANNING_GROUP)
    | _assets(key_of(QUEUE_INTERVAL_FINAL)).required_multi_asset_neighbors()
    | _assets(key_of(OVERRIDE_VALUE), key_of(QUEUE_INTERVAL_STAFFING))
)
"""Planners' tables, final values, what overrides were worth, and the teams they ask for."""

JOBS: Final = (
    Job(
        NIGHTLY,
        "The whole graph: call records to a scored forecast.",
        dg.AssetSelection.all()
        - _groups(
            ALLOCATION_GROUP,
            INTRADAY_GROUP,
            LONG_RANGE_GROUP,
            CAPACITY_GROUP,
            MODEL_FIT_GROUP,
            COVERAGE_GROUP,
            BACKLOG_GROUP,
            TRAINING_GROUP,
        ),
    ),
    Job(REFRESH, "Bronze and silver of the chosen business dates.", _groups("bronze", "silver")),
    Job(
        ALLOCATION,
        "People to demands for the chosen ISO weeks, and last week's plan against what came.",
        _groups(ALLOCATION_GROUP),
    ),
    Job(
        INTRADAY,
        "Today's calls so far, and the rest of today updated by them.",
        _groups("bronze", "silver", INTRADAY_GROUP),
        needs="volumes",
    ),
    Job(
        REFORECAST,
        "The rest of today updated by what silver holds of it.",
        _groups(INTRADAY_GROUP),
        needs="volumes",
    ),
    Job(LONG_RANGE, "Days to 26 weeks and weeks to 64 weeks ahead.", _groups(LONG_RANGE_GROUP), needs="volumes"),
    Job(
        CAPACITY,
        "FTE required, available and short per pool and week, from the newest long range.",
        _groups(CAPACITY_GROUP),
        needs="volumes",
    ),
    Job(
        MODEL_FIT,
        "How well Erlang C, Erlang A and the simulation predict the service level that was reached.",
        _groups(MODEL_FIT_GROUP),
        needs="calls",
    ),
    Job(
        COVERAGE_HOURLY,
        "People there against people needed in the chosen hours, from the live centre's tables, and the gaps of their dates.",
        _groups(COVERAGE_GROUP),
    ),
    Job(
        BACKLOG_HOURLY,
        "New cases of the source, the backlog of the chosen hours, what is to come, people for it, and what to do.",
        _groups(BACKLOG_GROUP),
    ),
    Job(
        PLANNERS,
        "Takes planners' tables in, issues the forecast again where it may still change, and staffs it.",
        _OVERRIDDEN | _ISSUED,
        needs="volumes",
    ),
    Job(
        OVERRIDES,
        "Takes planners' tables in, applies overrides to the newest issue, and staffs it.",
        _OVERRIDDEN,
        needs="volumes",
    ),
    Job(
        ISSUE,
        "Issues what the training groups have brought, applies overrides, scores and staffs it.",
        _OVERRIDDEN | _ISSUED | _assets(key_of(FORECAST_ACCURACY)),
        needs="volumes",
    ),
    Job(PUBLISH, "Renews the readers' copy.", _PUBLICATION),
)


NEEDS: Final[Mapping[str, Missing]] = {job.name: job.needs for job in JOBS if job.needs}
"""Job -> what a source must have for it."""


def build_training_job(executor: dg.ExecutorDefinition) -> AssetJob:
    """Training of one group as its partition: it writes the model store alone, so any number may run, anywhere.

    Args:
        executor: Where its step is done.
    """
    return dg.define_asset_job(
        TRAINING,
        selection=_assets(TRAINING_KEY),
        description="Trains one group of queues whose request was handed out; opens neither source nor warehouse.",
        executor_def=executor,
    )


def build_jobs() -> list[AssetJob]:
    """All jobs that write the warehouse, each in one process: DuckDB has one writer, and a process per asset costs more than the assets.

    Every job ends with the readers' copy: what a run changes, readers see when its checks have passed. Dagster takes the
    partitions, of days or of weeks, from the assets.
    """
    return [
        dg.define_asset_job(
            job.name,
            selection=job.selection | _PUBLICATION,
            description=job.description,
            executor_def=dg.in_process_executor,
        )
        for job in JOBS
    ]


def forecast_config(as_of: dt.date | None, *, is_reissue: bool = False) -> dict[str, object]:
    """Run config that fixes the first target day of the forecast, and whether an issue that stands is made again."""
    return _config(FORECAST_STEP, as_of=as_of.isoformat() if as_of else "", reissue=is_reissue)


def long_range_config(as_of: dt.date | None) -> dict[str, object]:
    """Run config that fixes the first target day of the long range."""
    return _config(LONG_RANGE_STEP, as_of=as_of.isoformat() if as_of else "")


def reforecast_config(at: dt.datetime | None) -> dict[str, object]:
    """Run config that fixes the local time of the reforecast."""
    return _config(REFORECAST_STEP, at=at.isoformat(timespec="minutes") if at else "")


def allocation_config(reason: str) -> dict[str, object]:
    """Run config that says why people are assigned, as it is kept with the versions that the run makes."""
    return _config(ALLOCATION_STEP, reason=reason)


def issue_config(as_of: dt.date, *, is_reissue: bool) -> dict[str, object]:
    """Run config of an issue whose groups were trained elsewhere: with the main job's other tables it is published whole."""
    ops = {**_ops(forecast_config(as_of, is_reissue=is_reissue)), **_ops(publish_config())}
    return {"ops": ops}


def publish_config() -> dict[str, object]:
    """Run config of a publish that takes over every gold table, whichever run changed it."""
    return _config(PUBLICATION_KEY.to_python_identifier(), everything=True)


def _ops(config: Mapping[str, object]) -> Mapping[str, object]:
    return cast("Mapping[str, object]", config["ops"])


def _config(step: str, **values: object) -> dict[str, object]:
    return {"ops": {step: {"config": values}}}
