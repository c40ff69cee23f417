"""The nightly main job, the weekly allocation, their schedules, and the sensor for late data."""

import datetime as dt
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from wfm_pipeline.orchestration.plan import plan_run
from wfm_pipeline.resources import House

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
LONG_RANGE_OP = "queue_long_range"
REFORECAST_OP = "queue_reforecast"
_LATE_CHECK_SECONDS = 3_600
_MOST_BLOCKS = 20


def nightly_job(partitions: dg.PartitionsDefinition | None) -> UnresolvedAssetJobDefinition:
    """The main job: the whole graph, from the source to the scored forecast."""
    return _job(
        NIGHTLY,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.groups(ALLOCATION, INTRADAY, LONG_RANGE, CAPACITY, MODEL_FIT),
        description="The whole graph: call records to a scored forecast.",
        partitions_def=partitions,
    )


def nightly_schedule(job: UnresolvedAssetJobDefinition, house: House) -> dg.ScheduleDefinition:
    """Every night at 03:00 of the site: yesterday's partition, forecast as of today, by the tick and not the clock."""

    @dg.schedule(
        name="nightly_schedule",
        job=job,
        cron_schedule="0 3 * * *",
        execution_timezone=house.site.time_zone,
        description="Loads yesterday and issues the forecast for the days from today on.",
    )
    def nightly_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.astimezone(ZoneInfo(house.site.time_zone)).date()
        return dg.RunRequest(
            run_key=today.isoformat(),
            partition_key=(today - dt.timedelta(days=1)).isoformat(),
            run_config=forecast_config(today),
        )

    return nightly_tick


def forecast_config(as_of: dt.date | None, *, is_reissue: bool = False) -> dict[str, object]:
    """Run config that fixes the first target day of the forecast, and whether an issue that stands is made again."""
    return {"ops": {FORECAST_OP: {"config": {"as_of": as_of.isoformat() if as_of else "", "reissue": is_reissue}}}}


def intraday_job(partitions: dg.PartitionsDefinition | None) -> UnresolvedAssetJobDefinition:
    """Today's calls and the reforecast."""
    return _job(
        INTRADAY,
        selection=dg.AssetSelection.groups("bronze", "silver", INTRADAY),
        description="Today's calls so far, and the rest of today updated by them.",
        partitions_def=partitions,
    )


def reforecast_job() -> UnresolvedAssetJobDefinition:
    """The reforecast alone, from what silver holds."""
    return _job(
        REFORECAST,
        selection=dg.AssetSelection.groups(INTRADAY),
        description="The rest of today updated by what silver holds of it.",
    )


def intraday_schedule(job: UnresolvedAssetJobDefinition, house: House) -> dg.ScheduleDefinition:
    """Every hour at ten past, from 05:10 on: reads today's calls and updates the rest of the day, by the tick.

    Not before the nightly run: it would find a day of which only the first hours are there.
    """

    @dg.schedule(
        name="intraday_schedule",
        job=job,
        cron_schedule="10 5-23 * * *",
        execution_timezone=house.site.time_zone,
        description="Reads today's calls and updates the forecast of the rest of the day.",
    )
    def hourly_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        now = context.scheduled_execution_time.astimezone(ZoneInfo(house.site.time_zone))
        return dg.RunRequest(
            run_key=now.isoformat(timespec="minutes"),
            partition_key=now.date().isoformat(),
            run_config=reforecast_config(now.replace(tzinfo=None)),
        )

    return hourly_tick


def long_range_job() -> UnresolvedAssetJobDefinition:
    """Days and weeks far ahead, from what silver holds."""
    return _job(
        LONG_RANGE,
        selection=dg.AssetSelection.groups(LONG_RANGE),
        description="Days to 26 weeks and weeks to 64 weeks ahead.",
    )


def long_range_schedule(job: UnresolvedAssetJobDefinition, house: House) -> dg.ScheduleDefinition:
    """Mondays at 04:00 of the site, after the night's load and before the allocation."""

    @dg.schedule(
        name="long_range_schedule",
        job=job,
        cron_schedule="0 4 * * 1",
        execution_timezone=house.site.time_zone,
        description="Issues the long range from this Monday on.",
    )
    def monday_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.astimezone(ZoneInfo(house.site.time_zone)).date()
        return dg.RunRequest(run_key=today.isoformat(), run_config=long_range_config(today))

    return monday_tick


def capacity_job() -> UnresolvedAssetJobDefinition:
    """Planners' tables and the newest long range to the capacity plan."""
    return _job(
        CAPACITY,
        selection=dg.AssetSelection.groups(CAPACITY),
        description="FTE required, available and short per pool and week, from the newest long range.",
    )


def capacity_schedule(job: UnresolvedAssetJobDefinition, house: House) -> dg.ScheduleDefinition:
    """Mondays at 04:30 of the site, after the long range."""
    return dg.ScheduleDefinition(
        name="capacity_schedule",
        job=job,
        cron_schedule="30 4 * * 1",
        execution_timezone=house.site.time_zone,
        description="Plans capacity from this Monday's long range.",
    )


def long_range_config(as_of: dt.date | None) -> dict[str, object]:
    """Run config that fixes the first target day of the long range."""
    return {"ops": {LONG_RANGE_OP: {"config": {"as_of": as_of.isoformat() if as_of else ""}}}}


def reforecast_config(at: dt.datetime | None) -> dict[str, object]:
    """Run config that fixes the local time of the reforecast."""
    return {"ops": {REFORECAST_OP: {"config": {"at": at.isoformat(timespec="minutes") if at else ""}}}}


def late_data_sensor(job_name: str, house: House) -> dg.SensorDefinition:
    """Asks the source which past dates have changed and refreshes exactly those."""

    @dg.sensor(
        name="late_data_sensor",
        job_name=job_name,
        minimum_interval_seconds=_LATE_CHECK_SECONDS,
        description="Refreshes business dates whose rows came late or were corrected, in stretches of consecutive days.",
        default_status=dg.DefaultSensorStatus.STOPPED,
    )
    def late_data(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        blocks = plan_run(house).blocks()[:_MOST_BLOCKS]
        if not blocks:
            return dg.SkipReason("no business date is stale")
        tick = context.cursor or "0"
        requests = [
            dg.RunRequest(
                run_key=f"{tick}:{days.first}:{days.last}",
                tags={
                    "dagster/asset_partition_range_start": days.first.isoformat(),
                    "dagster/asset_partition_range_end": days.last.isoformat(),
                },
            )
            for days in blocks
        ]
        return dg.SensorResult(run_requests=requests, cursor=str(int(tick) + 1))

    return late_data


def refresh_job(partitions: dg.PartitionsDefinition | None) -> UnresolvedAssetJobDefinition:
    """Bronze and silver of some business dates, without a new forecast."""
    return _job(
        REFRESH,
        selection=dg.AssetSelection.groups("bronze", "silver"),
        description="Bronze and silver of the chosen business dates.",
        partitions_def=partitions,
    )


def plans_job() -> UnresolvedAssetJobDefinition:
    """Planners' events, drivers, decisions and overrides, the forecast they move, its final values and teams; silver as it is."""
    issued = dg.AssetSelection.assets("gold/queue_interval_forecast").required_multi_asset_neighbors()
    return _job(
        PLANS,
        selection=_overridden() | issued,
        description="Takes planners' tables in, issues the forecast again where it may still change, and staffs it.",
    )


def overrides_job() -> UnresolvedAssetJobDefinition:
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


def allocation_job(partitions: dg.PartitionsDefinition | None) -> UnresolvedAssetJobDefinition:
    """Planners' tables to a judged plan; all weeks of a stretch in one run."""
    return _job(
        ALLOCATION,
        selection=dg.AssetSelection.groups(ALLOCATION),
        description="People to demands for the chosen ISO weeks, and last week's plan against what came.",
        partitions_def=partitions,
    )


def allocation_schedule(job: UnresolvedAssetJobDefinition, house: House) -> dg.ScheduleDefinition:
    """Mondays at 05:00 of the site, after the night's forecast: this week and the next, in one run."""

    @dg.schedule(
        name="allocation_schedule",
        job=job,
        cron_schedule="0 5 * * 1",
        execution_timezone=house.site.time_zone,
        description="Plans this week and the next, and compares last week's plan with what came.",
    )
    def monday_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.astimezone(ZoneInfo(house.site.time_zone)).date()
        monday = today - dt.timedelta(days=today.weekday())
        return dg.RunRequest(
            run_key=monday.isoformat(),
            tags={
                "dagster/asset_partition_range_start": monday.isoformat(),
                "dagster/asset_partition_range_end": (monday + dt.timedelta(days=7)).isoformat(),
            },
        )

    return monday_tick


def model_fit_job() -> UnresolvedAssetJobDefinition:
    """Predicted against reached service level over the whole history."""
    return _job(
        MODEL_FIT,
        selection=dg.AssetSelection.groups(MODEL_FIT),
        description="How well Erlang C, Erlang A and the simulation predict the service level that was reached.",
    )


def model_fit_schedule(job: UnresolvedAssetJobDefinition, house: House) -> dg.ScheduleDefinition:
    """The first of each month at 06:00 of the site: another month has become known."""
    return dg.ScheduleDefinition(
        name="model_fit_schedule",
        job=job,
        cron_schedule="0 6 1 * *",
        execution_timezone=house.site.time_zone,
        description="Compares predicted with reached service level, month by month.",
    )


def _job(
    name: str, *, selection: dg.AssetSelection, description: str, partitions_def: dg.PartitionsDefinition | None = None
) -> UnresolvedAssetJobDefinition:
    """A job in one process: DuckDB has one writer, and a process per asset costs more than the assets."""
    return dg.define_asset_job(
        name,
        selection=selection,
        description=description,
        partitions_def=partitions_def,
        executor_def=dg.in_process_executor,
    )
