"""The schedule of the main job: each night asks for every day that is over and that no run has loaded, and forecasts from its own date.

So a night that was missed is caught up with the next, and a first night loads the whole history where it is known when that begins.
Where it is not, nothing is issued: a forecast learnt from one day would stand as if it were one. Not here: the other jobs that run
by the hour (schedules.py, hourly.py), and days whose rows came late (sensors.py).
"""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import dagster as dg

from wfm_pipeline.asset_keys import DATES_TAG
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.jobs import NIGHTLY, forecast_config
from wfm_pipeline.orchestration.partitions.daily_and_weekly import FALLBACK_FIRST_DATE, first_date
from wfm_pipeline.resources import House

_ONE_DAY = dt.timedelta(days=1)


def nightly_schedule(house: House) -> dg.ScheduleDefinition:
    """The main job, every night."""
    zone = ZoneInfo(house.site.time_zone)

    @dg.schedule(
        name=f"{NIGHTLY}_schedule",
        job_name=NIGHTLY,
        cron_schedule=house.settings.nightly_cron,
        execution_timezone=house.site.time_zone,
        description="Loads yesterday and days before it that were missed, and issues the forecast for the days from today on.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(zone).date()
        first = _first_to_load(house, context.instance, today - _ONE_DAY)
        if first is None:
            return dg.SkipReason(
                "nothing is loaded yet and nobody says where the history begins: `wfm run` reads all of it once, or set first_date"
            )
        return _request(first, today)

    return tick


def _first_to_load(house: House, instance: dg.DagsterInstance, yesterday: dt.date) -> dt.date | None:
    """Yesterday, or the first day before it that the newest run that ended well had not; None where nothing tells where to begin.

    What other jobs have read of a day, such as its first hours at noon, counts for nothing.
    """
    ended = instance.get_runs(dg.RunsFilter(job_name=NIGHTLY, statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1)
    if ended:
        return min(_after(ended[0].tags) or yesterday, yesterday)
    known = first_date(house)
    return None if known == FALLBACK_FIRST_DATE else min(known, yesterday)


def _after(tags: Mapping[str, str]) -> dt.date | None:
    """The first day that a run had not whole: it may have read its last date at noon where it named its dates itself."""
    if DATES_TAG in tags:
        return max(Dates.parse(tags[DATES_TAG]), default=None)
    last = tags.get("dagster/asset_partition_range_end") or tags.get("dagster/partition")
    return dt.date.fromisoformat(last) + _ONE_DAY if last else None


def _request(first: dt.date, today: dt.date) -> dg.RunRequest:
    yesterday, config = today - _ONE_DAY, forecast_config(today)
    if first == yesterday:
        return dg.RunRequest(run_key=today.isoformat(), partition_key=yesterday.isoformat(), run_config=config)
    return dg.RunRequest(
        run_key=today.isoformat(),
        run_config=config,
        tags={
            "dagster/asset_partition_range_start": first.isoformat(),
            "dagster/asset_partition_range_end": yesterday.isoformat(),
        },
    )
