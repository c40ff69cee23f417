"""When the jobs run by themselves: each schedule names its job, its time of the site (a setting) and what it is for.

A tick's own time, never the clock, says which day a run is about. What starts a job besides the
hour is in sensors.py.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import dagster as dg

from wfm_pipeline.orchestration.jobs import (
    ALLOCATION,
    CAPACITY,
    INTRADAY,
    LONG_RANGE,
    MODEL_FIT,
    NIGHTLY,
    forecast_config,
    long_range_config,
    reforecast_config,
)
from wfm_pipeline.resources import House


def build_schedules(house: House) -> list[dg.ScheduleDefinition]:
    """All schedules of the site, in its time zone."""
    return [
        nightly_schedule(house),
        allocation_schedule(house),
        intraday_schedule(house),
        long_range_schedule(house),
        capacity_schedule(house),
        model_fit_schedule(house),
    ]


def nightly_schedule(house: House) -> dg.ScheduleDefinition:
    """Every night (`nightly_cron`): yesterday's partition, forecast as of today, by the tick and not the clock."""

    @dg.schedule(
        name="nightly_schedule",
        job_name=NIGHTLY,
        cron_schedule=house.settings.nightly_cron,
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


def intraday_schedule(house: House) -> dg.ScheduleDefinition:
    """Every hour of the day (`intraday_cron`): reads today's calls and updates the rest of the day, by the tick.

    Not before the nightly run: it would find a day of which only the first hours are there.
    """

    @dg.schedule(
        name="intraday_schedule",
        job_name=INTRADAY,
        cron_schedule=house.settings.intraday_cron,
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


def long_range_schedule(house: House) -> dg.ScheduleDefinition:
    """Every week (`long_range_cron`), after the night's load and before the allocation."""

    @dg.schedule(
        name="long_range_schedule",
        job_name=LONG_RANGE,
        cron_schedule=house.settings.long_range_cron,
        execution_timezone=house.site.time_zone,
        description="Issues the long range from this day on.",
    )
    def monday_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.astimezone(ZoneInfo(house.site.time_zone)).date()
        return dg.RunRequest(run_key=today.isoformat(), run_config=long_range_config(today))

    return monday_tick


def capacity_schedule(house: House) -> dg.ScheduleDefinition:
    """Every week (`capacity_cron`), after the long range."""
    return dg.ScheduleDefinition(
        name="capacity_schedule",
        job_name=CAPACITY,
        cron_schedule=house.settings.capacity_cron,
        execution_timezone=house.site.time_zone,
        description="Plans capacity from the newest long range.",
    )


def allocation_schedule(house: House) -> dg.ScheduleDefinition:
    """Every week (`allocation_cron`), after the night's forecast: this week and the next, in one run."""

    @dg.schedule(
        name="allocation_schedule",
        job_name=ALLOCATION,
        cron_schedule=house.settings.allocation_cron,
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


def model_fit_schedule(house: House) -> dg.ScheduleDefinition:
    """Every month (`model_fit_cron`): another month has become known."""
    return dg.ScheduleDefinition(
        name="model_fit_schedule",
        job_name=MODEL_FIT,
        cron_schedule=house.settings.model_fit_cron,
        execution_timezone=house.site.time_zone,
        description="Compares predicted with reached service level, month by month.",
    )
