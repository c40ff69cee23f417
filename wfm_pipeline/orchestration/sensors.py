"""What starts a job besides the hour: data that came late. Schedules are in schedules.py."""

import datetime as dt

import dagster as dg

from wfm_pipeline.errors import WfmError
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.late_data import find_late_data, run_at_work, tags_of
from wfm_pipeline.orchestration.partitions import first_date
from wfm_pipeline.resources import House

_LATE_CHECK_SECONDS = 3_600


def build_sensors(house: House) -> list[dg.SensorDefinition]:
    """All sensors."""
    return [late_data_sensor(house)]


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
            return dg.SkipReason(f"nothing is late: {late.plan.words}")
        return dg.RunRequest(run_key=late.key, tags=tags_of(late, first_partition=first_date(house)))

    return late_data
