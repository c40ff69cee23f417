"""When the jobs run by themselves, in one table: the job, the setting with its time, and what a tick asks for.

A tick's own time, never the clock, says which day a run is about. Not here: the times themselves, which are settings
(settings_groups.py), jobs that catch up what was missed (nightly.py, hourly.py), and what starts a job besides the hour (sensors.py).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg

from wfm_pipeline.orchestration.jobs import (
    ALLOCATION,
    CAPACITY,
    INTRADAY,
    LONG_RANGE,
    MODEL_FIT,
    long_range_config,
    reforecast_config,
)
from wfm_pipeline.resources import House

_WEEK: Final = dt.timedelta(days=7)


def _this_hour(now: dt.datetime) -> dg.RunRequest:
    """Today's partition, and the update at this time."""
    return dg.RunRequest(
        run_key=now.isoformat(timespec="minutes"),
        partition_key=now.date().isoformat(),
        run_config=reforecast_config(now.replace(tzinfo=None)),
    )


def _from_today(now: dt.datetime) -> dg.RunRequest:
    """The long range as of today."""
    today = now.date()
    return dg.RunRequest(run_key=today.isoformat(), run_config=long_range_config(today))


def _this_week_and_the_next(now: dt.datetime) -> dg.RunRequest:
    """Both weeks' partitions in one run."""
    monday = now.date() - dt.timedelta(days=now.weekday())
    return dg.RunRequest(
        run_key=monday.isoformat(),
        tags={
            "dagster/asset_partition_range_start": monday.isoformat(),
            "dagster/asset_partition_range_end": (monday + _WEEK).isoformat(),
        },
    )


def _whatever_is_newest(_now: dt.datetime) -> dg.RunRequest:
    """The job finds by itself what it is about."""
    return dg.RunRequest()


@dataclass(frozen=True, slots=True)
class Timed:
    """A job that runs by the hour.

    Attributes:
        job: Its name; the schedule's is `<job>_schedule`.
        cron: Setting with its times.
        description: What a tick does, for people.
        request: A tick's local time -> what is asked of the job.
    """

    job: str
    cron: str
    description: str
    request: Callable[[dt.datetime], dg.RunRequest] = _whatever_is_newest


TIMED: Final = (
    # After the night's forecast.
    Timed(
        ALLOCATION,
        "allocation_cron",
        "Assigns people for this week and the next, and compares last week's assignment with what came.",
        _this_week_and_the_next,
    ),
    # Not before the nightly run: it would find a day of which only the first hours are there.
    Timed(
        INTRADAY, "intraday_cron", "Reads today's calls and updates the forecast of the rest of the day.", _this_hour
    ),
    # After the night's load and before the allocation.
    Timed(LONG_RANGE, "long_range_cron", "Issues the long range from this day on.", _from_today),
    # After the long range.
    Timed(CAPACITY, "capacity_cron", "Plans capacity from the newest long range."),
    # When another month has become known.
    Timed(MODEL_FIT, "model_fit_cron", "Compares predicted with reached service level, month by month."),
)


def build_schedules(house: House) -> list[dg.ScheduleDefinition]:
    """All schedules of the site, in its time zone."""
    return [_schedule(house, timed) for timed in TIMED]


def _schedule(house: House, timed: Timed) -> dg.ScheduleDefinition:
    zone = ZoneInfo(house.site.time_zone)

    @dg.schedule(
        name=f"{timed.job}_schedule",
        job_name=timed.job,
        cron_schedule=getattr(house.settings, timed.cron),
        execution_timezone=house.site.time_zone,
        description=timed.description,
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return timed.request(context.scheduled_execution_time.astimezone(zone))

    return tick
