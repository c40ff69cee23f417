"""The only assembly point: settings in, Dagster definitions out.

`defs` is what the Dagster UI loads. Making it opens neither the source nor the warehouse, so that the UI
opens while both are down, and a command that imports this module makes nothing by that.
"""

import warnings

import dagster as dg

from wfm_pipeline.assets.actuals import build_actual_assets
from wfm_pipeline.assets.backlog.hours import build_backlog_assets
from wfm_pipeline.assets.backlog.report import build_backlog_report
from wfm_pipeline.assets.bronze import build_bronze_assets
from wfm_pipeline.assets.customers import build_customer_assets
from wfm_pipeline.assets.forecasting.accuracy import build_accuracy_assets
from wfm_pipeline.assets.forecasting.final_forecast import build_final_assets
from wfm_pipeline.assets.forecasting.forecast import build_forecast_assets
from wfm_pipeline.assets.forecasting.intraday import build_intraday_assets
from wfm_pipeline.assets.forecasting.long_range import build_long_range_assets
from wfm_pipeline.assets.forecasting.training import build_training_assets
from wfm_pipeline.assets.planning.allocation import build_allocation_assets
from wfm_pipeline.assets.planning.capacity import build_capacity_assets
from wfm_pipeline.assets.planning.coverage import build_coverage_assets
from wfm_pipeline.assets.planning.model_fit import build_model_fit_assets
from wfm_pipeline.assets.planning.planners_tables import build_planners_tables
from wfm_pipeline.assets.planning.staffing import build_staffing_assets
from wfm_pipeline.assets.publication import build_publication_assets
from wfm_pipeline.assets.silver import build_silver_assets
from wfm_pipeline.assets.unmade import made_where_possible
from wfm_pipeline.checks.allocation_checks import build_allocation_checks
from wfm_pipeline.checks.contract_checks import build_contract_checks
from wfm_pipeline.checks.flow_checks import build_flow_checks
from wfm_pipeline.checks.freshness_checks import build_freshness_checks
from wfm_pipeline.checks.issue_checks import build_issue_checks
from wfm_pipeline.checks.judgement_checks import build_judgement_checks
from wfm_pipeline.checks.law_checks import build_law_checks
from wfm_pipeline.checks.source_checks import build_source_checks
from wfm_pipeline.checks.training_checks import build_training_checks
from wfm_pipeline.machine import keep_private
from wfm_pipeline.orchestration.alert_sensors import build_alert_sensors
from wfm_pipeline.orchestration.hourly import hourly_schedules
from wfm_pipeline.orchestration.instance.retention import retention_job, retention_schedule
from wfm_pipeline.orchestration.jobs import ISSUE, AssetJob, build_jobs, build_training_job
from wfm_pipeline.orchestration.nightly import nightly_schedule
from wfm_pipeline.orchestration.partitions.daily_and_weekly import daily_partitions, weekly_partitions
from wfm_pipeline.orchestration.partitions.hourly import hourly_partitions
from wfm_pipeline.orchestration.runs.house_of_run import house_of_run
from wfm_pipeline.orchestration.schedules import build_schedules
from wfm_pipeline.orchestration.sensors import build_sensors
from wfm_pipeline.orchestration.training import training_executor, training_sensor
from wfm_pipeline.resources import House
from wfm_pipeline.settings import Settings, keep_compiled_code, load_settings

warnings.filterwarnings("ignore", category=dg.BetaWarning)  # backfill policies and kinds are beta in name only


def build_definitions(settings: Settings, *, is_partitioned: bool = True) -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors of one source.

    Args:
        settings: The checked settings.
        is_partitioned: Daily partitions for bronze and silver, weekly and hourly ones beside them. `wfm run` leaves them out and names
            its dates by tags: Dagster writes an event per asset and partition, which would take
            longer than the work itself when a whole history is loaded (docs/adr/0003).
    """
    keep_private()
    keep_compiled_code(settings.home)
    house = House(settings)
    partitions = daily_partitions(house) if is_partitioned else None
    weeks = weekly_partitions(house, partitions.start.date()) if partitions else None
    hours = hourly_partitions(house, partitions.start.date()) if partitions else None
    assets = [
        *_assets(house, partitions, weeks),
        *build_coverage_assets(hours),
        *build_backlog_assets(house.source_map, hours),
    ]
    assets += build_publication_assets(assets)
    assets += build_backlog_report(hours)
    jobs = build_jobs()
    checks = [
        *build_contract_checks(house.source_map),
        *build_flow_checks(house.source_map),
        *build_law_checks(),
        *build_issue_checks(),
        *build_training_checks(),
        *build_allocation_checks(),
        *build_judgement_checks(),
        *build_freshness_checks(house.source_map),
        *build_source_checks(house.source_map),
    ]
    elsewhere = _training_elsewhere(house, jobs)
    check_keys = [spec.key for made in (*assets, *checks) for spec in made.check_specs]
    definitions = dg.Definitions(
        assets=assets,
        asset_checks=checks,
        jobs=[*jobs, retention_job(house, check_keys)],
        schedules=_schedules(house, hours) if hours else [],
        sensors=[*build_sensors(house, jobs), *build_alert_sensors(house)] if partitions else [],
        resources={"house": house_of_run(house)},
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(definitions, elsewhere) if elsewhere else definitions


def _schedules(house: House, hours: dg.HourlyPartitionsDefinition) -> list[dg.ScheduleDefinition]:
    return [
        nightly_schedule(house),
        *build_schedules(house),
        *hourly_schedules(house, hours),
        retention_schedule(house),
    ]


def _training_elsewhere(house: House, jobs: list[AssetJob]) -> dg.Definitions | None:
    """Asset, job and sensor of training groups, where the settings hand them out; None where the main job trains them."""
    if not house.settings.is_training_handed_out:
        return None
    training = build_training_job(training_executor(house.settings))
    issue = next(job for job in jobs if job.name == ISSUE)
    return dg.Definitions(
        assets=build_training_assets(house),
        jobs=[training],
        sensors=[training_sensor(house, training=training, issue=issue)],
    )


def _assets(
    house: House, days: dg.PartitionsDefinition | None, weeks: dg.PartitionsDefinition | None
) -> list[dg.AssetsDefinition]:
    """Everything that makes a table; what readers see is made from it."""
    source_map = house.source_map
    of_calls = [*build_customer_assets(), *build_model_fit_assets()]
    of_volumes = [
        *build_actual_assets(),
        *build_forecast_assets(is_handed_out=house.settings.is_training_handed_out),
        *build_final_assets(),
        *build_accuracy_assets(),
        *build_staffing_assets(),
        *build_intraday_assets(),
        *build_long_range_assets(),
    ]
    return [
        *build_bronze_assets(source_map, days),
        *build_silver_assets(source_map, days),
        *build_planners_tables(),
        *made_where_possible(of_calls, source_map, of="calls"),
        *made_where_possible(of_volumes, source_map, of="volumes"),
        *build_capacity_assets(),
        *build_allocation_assets(weeks),
    ]


@dg.definitions
def defs() -> dg.Definitions:
    """What the Dagster UI and its daemon load: the definitions of the settings in force."""
    return build_definitions(load_settings())
