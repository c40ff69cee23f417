"""What starts a job besides the hour: data that came late, gold made by hand. Schedules are in schedules.py."""

import datetime as dt
from collections.abc import Iterable

import dagster as dg

from wfm_pipeline.asset_keys import PUBLICATION_KEY
from wfm_pipeline.errors import WfmError
from wfm_pipeline.orchestration.jobs import PUBLISH, REFRESH, AssetJob, publish_config
from wfm_pipeline.orchestration.partitions.daily_and_weekly import first_date
from wfm_pipeline.orchestration.partitions.late_data import find_late_data, run_at_work, tags_of
from wfm_pipeline.resources import House

_LATE_CHECK_SECONDS = 3_600


def build_sensors(house: House, jobs: Iterable[AssetJob]) -> list[dg.SensorDefinition]:
    """All sensors; they start some of these jobs."""
    named = {job.name: job for job in jobs}
    return [late_data_sensor(house), publish_sensor(named[PUBLISH])]


def late_data_sensor(house: House) -> dg.SensorDefinition:
    """Asks the source every hour what came late, and refreshes exactly those dates in one run."""

    @dg.sensor(
        name="late_data_sensor",
        job_name=REFRESH,
        minimum_interval_seconds=_LATE_CHECK_SECONDS,
        description="Refreshes business dates whose rows came late or were corrected: one run for exactly those dates, "
        "none while another run is at work or when nothing is late.",
        default_status=dg.DefaultSensorStatus.STOPPED,
    )
    def late_data(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        busy = run_at_work(context.instance)
        if busy:
            return dg.SkipReason(f"run {busy.run_id} of {busy.job_name} is at work; late data are looked for after it")
        try:
            late = find_late_data(house, dt.datetime.now(dt.UTC).date())
        except WfmError as error:
            return dg.SkipReason(f"could not look for late data: {error}")
        if not late.dates and not late.is_anything_waiting:
            return dg.SkipReason(f"nothing is late: {late.stale.words}")
        return dg.RunRequest(run_key=late.key, tags=tags_of(late, first_partition=first_date(house)))

    return late_data


def publish_sensor(publish: AssetJob) -> dg.SensorDefinition:
    """Publishes after somebody materialised single gold assets: such a run does not end with the readers' copy."""

    @dg.run_status_sensor(
        name="publish_sensor",
        run_status=dg.DagsterRunStatus.SUCCESS,
        request_job=publish,
        description="Renews the readers' copy after gold assets were materialised one by one; jobs do it themselves.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def publish_by_hand(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        made = context.dagster_run.asset_selection or frozenset()  # empty: a whole job, which publishes
        if PUBLICATION_KEY in made or not any(key.path[0] == "gold" for key in made):
            return dg.SkipReason("the run published by itself, or changed no gold")
        return dg.RunRequest(run_key=context.dagster_run.run_id, run_config=publish_config())

    return publish_by_hand
