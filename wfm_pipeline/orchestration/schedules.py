"""When the jobs run by themselves: each schedule names its job, its hour of the site and what it is for.

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
    """Every night at 03:00 of the site: yesterday's partition, forecast as of today, by the tick and not the clock."""

    @dg.schedule(
        name="nightly_schedule",
        job_name=NIGHTLY,
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


def intraday_schedule(house: House) -> dg.ScheduleDefinition:
    """Every hour at ten past, from 05:10 on: reads today's calls and updates the rest of the day, by the tick.

    Not before the nightly run: it would find a day of which only the first hours are there.
    """

    @dg.schedule(
        name="intraday_schedule",
        job_name=INTRADAY,
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


def long_range_schedule(house: House) -> dg.ScheduleDefinition:
    """Mondays at 04:00 of the site, after the night's load and before the allocation."""

    @dg.schedule(
        name="long_range_schedule",
        job_name=LONG_RANGE,
        cron_schedule="0 4 * * 1",
        execution_timezone=house.site.time_zone,
        description="Issues the long range from this Monday on.",
    )
    def monday_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.astimezone(ZoneInfo(house.site.time_zone)).date()
        return dg.RunRequest(run_key=today.isoformat(), run_config=long_range_config(today))

    return monday_tick


def capacity_schedule(house: House) -> dg.ScheduleDefinition:
    """Mondays at 04:30 of the site, after the long range."""
    return dg.ScheduleDefinition(
        name="capacity_schedule",
        job_name=CAPACITY,
        cron_schedule="30 4 * * 1",
        execution_timezone=house.site.time_zone,
        description="Plans capacity from this Monday's long range.",
    )


def allocation_schedule(house: House) -> dg.ScheduleDefinition:
    """Mondays at 05:00 of the site, after the night's forecast: this week and the next, in one run."""

    @dg.schedule(
        name="allocation_schedule",
        job_name=ALLOCATION,
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


def model_fit_schedule(house: House) -> dg.ScheduleDefinition:
    """The first of each month at 06:00 of the site: another month has become known."""
    return dg.ScheduleDefinition(
        name="model_fit_schedule",
        job_name=MODEL_FIT,
        cron_schedule="0 6 1 * *",
        execution_timezone=house.site.time_zone,
        description="Compares predicted with reached service level, month by month.",
    )
