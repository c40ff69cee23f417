"""The schedules of what is made by the hour: each tick asks for every hour that is over and that no run has made.

So an hour that was missed, because the machine was off or a database did not answer, is caught up with the next tick. Not here:
jobs that run by the hour whatever was missed (schedules.py).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.coverage import COVERAGE_INTERVAL
from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.coverage.opening import live_urls
from wfm_pipeline.orchestration.jobs import BACKLOG_HOURLY, COVERAGE_HOURLY
from wfm_pipeline.orchestration.partitions.hourly import missed_hours
from wfm_pipeline.resources import House

REACH: Final = dt.timedelta(days=7)
"""How far back missed hours are caught up: over a long weekend, and no further than centres keep single states."""
_AT_WORK: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def _no_centre(house: House) -> str:
    """Why there is no centre to read; empty where there is one."""
    try:
        live_urls(house)
    except WfmError as error:
        return str(error)
    return ""


def _no_cases(house: House) -> str:
    """Why there are no cases to count; empty where a source of the site has some."""
    if house.source_map.playing("case_events") or house.source_map.playing("cases"):
        return ""
    return f"source {house.source_map.name} has no table of cases or of their events: no backlog is counted"


@dataclass(frozen=True, slots=True)
class Hourly:
    """A job whose hours are caught up.

    Attributes:
        job: Its name; the schedule's is `<job>_schedule`.
        cron: Setting with its times.
        table: A table it makes, whose hours tell which are missing.
        description: What a tick does, for people.
        why_not: House -> why there is nothing to make; empty where there is.
    """

    job: str
    cron: str
    table: Table
    description: str
    why_not: Callable[[House], str]


HOURLY: Final = (
    Hourly(
        COVERAGE_HOURLY,
        "coverage_cron",
        COVERAGE_INTERVAL,
        "Keeps coverage of the hour that is over, and of hours of the last week that were missed; nothing where no live centre is set.",
        _no_centre,
    ),
    Hourly(
        BACKLOG_HOURLY,
        "backlog_cron",
        BACKLOG_HOUR,
        "Reads new cases, counts the backlog of the hour that is over and of hours of the last week that were missed, and says what "
        "is to come and what to do; nothing where no source has cases.",
        _no_cases,
    ),
)


def hourly_schedules(house: House, hours: dg.HourlyPartitionsDefinition) -> list[dg.ScheduleDefinition]:
    """One schedule per job that is made by the hour."""
    return [_schedule(house, hours, hourly) for hourly in HOURLY]


def _schedule(house: House, hours: dg.HourlyPartitionsDefinition, hourly: Hourly) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{hourly.job}_schedule",
        job_name=hourly.job,
        cron_schedule=getattr(house.settings, hourly.cron),
        execution_timezone=house.site.time_zone,
        description=hourly.description,
    )
    def tick(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        at_work = context.instance.get_runs(dg.RunsFilter(job_name=hourly.job, statuses=_AT_WORK), limit=1)
        if at_work:
            return dg.SkipReason(f"run {at_work[0].run_id} is at it; what it misses is asked for with the next tick")
        if fault := hourly.why_not(house):
            return dg.SkipReason(fault)
        made = context.instance.get_materialized_partitions(key_of(hourly.table))
        now = context.scheduled_execution_time
        stretches = missed_hours(hours, made, until=now, reach=_reach(house))
        return [_request(*stretch, now) for stretch in stretches] or dg.SkipReason(
            "every hour of the last week is made"
        )

    return tick


def _reach(house: House) -> dt.timedelta:
    """How far back hours are looked for: of older ones Dagster may have forgotten that they were made."""
    days = house.settings.keep_runs_days
    return min(REACH, dt.timedelta(days=days)) if days else REACH


def _request(first: str, last: str, now: dt.datetime) -> dg.RunRequest:
    """One run for a stretch; asked again with another tick it is another run."""
    return dg.RunRequest(
        run_key=f"{first} to {last}, {now.isoformat(timespec='minutes')}",
        tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
    )
