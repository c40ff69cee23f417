"""The schedule of coverage's history: each tick asks for every hour that is over and that no run has made.

So an hour that was missed, because the machine was off or the centre did not answer, is caught up with the next tick. Not here:
jobs that run by the hour whatever was missed (schedules.py).
"""

import datetime as dt
from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.contracts.coverage import COVERAGE_INTERVAL
from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.coverage.opening import live_urls
from wfm_pipeline.orchestration.jobs import COVERAGE_HOURLY
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


def hourly_schedule(house: House, hours: dg.HourlyPartitionsDefinition) -> dg.ScheduleDefinition:
    """Coverage of the hours that are over; nothing where no live centre is set."""

    @dg.schedule(
        name=f"{COVERAGE_HOURLY}_schedule",
        job_name=COVERAGE_HOURLY,
        cron_schedule=house.settings.coverage_cron,
        execution_timezone=house.site.time_zone,
        description="Keeps coverage of the hour that is over, and of hours of the last week that were missed; nothing where no "
        "live centre is set.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        at_work = context.instance.get_runs(dg.RunsFilter(job_name=COVERAGE_HOURLY, statuses=_AT_WORK), limit=1)
        if at_work:
            return dg.SkipReason(f"run {at_work[0].run_id} is at it; what it misses is asked for with the next tick")
        if fault := _no_centre(house):
            return dg.SkipReason(fault)
        made = context.instance.get_materialized_partitions(key_of(COVERAGE_INTERVAL))
        now = context.scheduled_execution_time
        stretches = missed_hours(hours, made, until=now, reach=REACH)
        return [_request(*stretch, now) for stretch in stretches] or dg.SkipReason(
            "every hour of the last week is made"
        )

    return tick


def _no_centre(house: House) -> str:
    """Why there is no centre to read; empty where there is one."""
    try:
        live_urls(house)
    except WfmError as error:
        return str(error)
    return ""


def _request(first: str, last: str, now: dt.datetime) -> dg.RunRequest:
    """One run for a stretch; asked again with another tick it is another run."""
    return dg.RunRequest(
        run_key=f"{first} to {last}, {now.isoformat(timespec='minutes')}",
        tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
    )
