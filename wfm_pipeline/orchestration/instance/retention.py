"""Old runs are taken out of Dagster's memory, and never the last that filled a partition: the grid stays as green as it is.

A run is kept while it is young or under way, while it is the latest to have materialised an asset or any of
its partitions, or to have evaluated a check, and while a kept run is a rerun of it. Hours are too many for that: of a table that
is made by the hour the latest run stays, and old hours show as missing although their rows are there. Ticks of schedules and sensors are Dagster's own matter (`retention` in dagster.yaml). Old alerts in the outbox go by the same age.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import dagster as dg

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.contracts.backlog.ahead import AHEAD_TABLES
from wfm_pipeline.contracts.backlog.hours import BACKLOG_TABLES
from wfm_pipeline.contracts.coverage import COVERAGE_TABLES
from wfm_pipeline.monitoring.alerts.handling import utc_now
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.outbox import forget

T = TypeVar("T")
RETENTION: Final = "retention"
"""Name of the job."""
_BY_THE_HOUR: Final = frozenset(key_of(table) for table in (*COVERAGE_TABLES, *BACKLOG_TABLES, *AHEAD_TABLES))
"""Assets of which 8,760 runs a year would stay, a third of a megabyte each."""
_ENDED: Final = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
_CHUNK: Final = 500
_MOST_RUNS: Final = 5_000
"""Runs that one night takes out at most; the rest waits for the next [count]."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken out, and how many old runs had to stay."""

    runs: int
    kept: int
    alerts: int


def retention_job(house: House, checks: Iterable[dg.AssetCheckKey]) -> dg.JobDefinition:
    """The job that takes out what is old; it needs no warehouse and waits for no writer."""

    @dg.op(description="Takes out old runs and alerts.")
    def forget_old_runs(context: dg.OpExecutionContext) -> None:
        done = prune(context.instance, house, checks, now=utc_now())
        context.log.info(f"{done.runs} runs taken out, {done.kept} old ones are still needed, {done.alerts} old alerts")

    @dg.job(
        name=RETENTION,
        description="Takes runs older than keep_runs_days out of Dagster's memory, but none that a partition or check shows.",
        executor_def=dg.in_process_executor,
    )
    def retention() -> None:
        forget_old_runs()

    return retention


def retention_schedule(house: House) -> dg.ScheduleDefinition:
    """Every night before the nightly; on from the start."""
    return dg.ScheduleDefinition(
        name="retention_schedule",
        job_name=RETENTION,
        cron_schedule="15 2 * * *",
        execution_timezone=house.site.time_zone,
        description="Keeps Dagster's memory from growing without end.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def prune(
    instance: dg.DagsterInstance, house: House, checks: Iterable[dg.AssetCheckKey], *, now: dt.datetime
) -> Pruned:
    """Take out what is older than `keep_runs_days`.

    Args:
        instance: Dagster's memory.
        house: The house.
        checks: Every check whose last evaluation stays.
        now: The time, naive UTC.
    """
    days = house.settings.keep_runs_days
    if not days:
        return Pruned(0, 0, 0)
    before = now - dt.timedelta(days=days)
    filters = dg.RunsFilter(statuses=list(_ENDED), updated_before=before)
    old = [record.dagster_run for record in instance.get_run_records(filters, limit=_MOST_RUNS, ascending=True)]
    needed = _needed_runs(instance, checks) if old else frozenset()
    gone = [run.run_id for run in old if run.run_id not in needed]
    for run_id in gone:
        _forget_run(instance, run_id)
    with house.open_ops() as store, store.writing() as ops:
        return Pruned(len(gone), len(old) - len(gone), forget(ops, before=before))


def _needed_runs(instance: dg.DagsterInstance, checks: Iterable[dg.AssetCheckKey]) -> frozenset[str]:
    """Runs whose events are the latest of something, and the runs that those were reruns of."""
    latest = {run for key in instance.all_asset_keys() for run in _latest_fills(instance, key)}
    latest |= set(_latest_evaluations(instance, checks))
    latest.discard("")  # events that belong to no run
    runs = [run for chunk in _chunks(sorted(latest)) for run in instance.get_runs(dg.RunsFilter(run_ids=chunk))]
    reruns_of = {name for run in runs for name in (run.root_run_id, run.parent_run_id) if name}
    return frozenset(latest | reruns_of)


def _latest_fills(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterable[str]:
    last = instance.get_latest_materialization_event(key)
    if last is not None:
        yield last.run_id
    if key in _BY_THE_HOUR:
        return
    by_partition = instance.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION)
    for chunk in _chunks(sorted(by_partition.values())):
        found = instance.fetch_materializations(dg.AssetRecordsFilter(asset_key=key, storage_ids=chunk), limit=_CHUNK)
        yield from (record.run_id for record in found.records)


def _latest_evaluations(instance: dg.DagsterInstance, checks: Iterable[dg.AssetCheckKey]) -> Iterable[str]:
    for key in checks:
        record = instance.get_latest_asset_check_evaluation_record(key)
        if record is not None:
            yield record.run_id


def _forget_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """The run, its events and what its steps printed; on SQLite its file too, which Dagster leaves behind empty."""
    instance.delete_run(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    for file in Path(instance.root_directory, "history", "runs").glob(f"{run_id}.db*"):
        file.unlink(missing_ok=True)


def _chunks(values: list[T]) -> Iterable[list[T]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
