"""What starts a job besides the hour: data that came late. Schedules are in schedules.py."""

import dagster as dg

from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.plan import plan_run
from wfm_pipeline.resources import House

_LATE_CHECK_SECONDS = 3_600
_MOST_BLOCKS = 20


def build_sensors(house: House) -> list[dg.SensorDefinition]:
    """All sensors."""
    return [late_data_sensor(house)]


def late_data_sensor(house: House) -> dg.SensorDefinition:
    """Asks the source which past dates have changed and refreshes exactly those."""

    @dg.sensor(
        name="late_data_sensor",
        job_name=REFRESH,
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
