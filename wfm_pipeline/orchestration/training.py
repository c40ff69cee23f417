"""Training on Dagster's executors: the executors that a setting may name, and the sensor that has groups trained and then issued.

The main job puts a request per training group on the shelf and ends. The sensor asks for one run per group, each its
partition, on the launcher and executor of the deployment. When every request has its forecast, or a run that ended without
one, it asks for the job that issues what is there. Not here: training (assets/forecasting/training).
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Final, cast

import dagster as dg

from wfm_pipeline.asset_keys import TRAINING_PARTITIONS
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.orchestration.jobs import AssetJob, issue_config
from wfm_pipeline.resources import House
from wfm_pipeline.settings import Settings
from wfm_pipeline.warehouse.models.training_shelf import HandedOut, TrainingShelf

EXECUTORS: Final[Mapping[str, tuple[str, str, str]]] = {
    "in_process": ("dagster", "in_process_executor", "dagster"),
    "multiprocess": ("dagster", "multiprocess_executor", "dagster"),
    "docker": ("dagster_docker", "docker_executor", "dagster-docker"),
    "kubernetes": ("dagster_k8s", "k8s_job_executor", "dagster-k8s"),
    "celery": ("dagster_celery", "celery_executor", "dagster-celery"),
    "celery_kubernetes": ("dagster_celery_k8s", "celery_k8s_job_executor", "dagster-celery-k8s"),
}
"""Name in the settings -> module, executor and the distribution that brings it."""
REQUESTS_TAG: Final = "wfm/training_requests"
"""Run tag: the requests that a run was asked for; a retry of it carries the same."""
_TICK_SECONDS: Final = 30


def training_executor(settings: Settings) -> dg.ExecutorDefinition:
    """The executor that groups are trained on, as the settings configure it.

    Raises:
        SettingsError: its distribution is not installed, or it does not take the configuration.
    """
    module, name, distribution = EXECUTORS[settings.training_executor]
    try:
        found = cast("dg.ExecutorDefinition", getattr(import_module(module), name))
    except ImportError as error:
        raise SettingsError(
            f"training_executor {settings.training_executor!r} needs the package {distribution}, of the same release as "
            f"dagster {dg.__version__}: install it where webserver, daemon and code server run"
        ) from error
    if not settings.training_executor_config:
        return found
    configured = found.configured(dict(settings.training_executor_config), name=name)
    try:  # Dagster looks at it when a run starts, which is too late
        dg.validate_run_config(dg.GraphDefinition(name="empty").to_job(executor_def=configured), {})
    except dg.DagsterInvalidConfigError as error:
        raise SettingsError(f"training_executor_config does not fit {settings.training_executor!r}: {error}") from error
    return configured


def training_sensor(house: House, *, training: AssetJob, issue: AssetJob) -> dg.SensorDefinition:
    """Asks for the runs of groups that are handed out, and for the issue when all have ended.

    Args:
        house: Says where the shelf is.
        training: The job of one group.
        issue: The job that issues what is there.
    """

    @dg.sensor(
        name="training_sensor",
        jobs=[training, issue],
        minimum_interval_seconds=_TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Has every training group that was handed out trained in a run of its own, then issues the forecast.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        shelf = house.training_shelf
        asked = shelf.handed_out()
        groups = sorted({one.group for one in asked if one.is_waiting})
        requests = [found for group in groups if (found := _ask(context.instance, shelf, asked, group, training.name))]
        if groups:
            keys = [request.partition_key for request in requests if request.partition_key]
            new = [
                key for key in keys if not context.instance.has_dynamic_partition(TRAINING_PARTITIONS.name or "", key)
            ]
            adding = [TRAINING_PARTITIONS.build_add_request(new)] if new else []
            return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=adding)
        if not asked:
            return dg.SensorResult(skip_reason="no training group is handed out")
        return dg.SensorResult(run_requests=[_issue(asked, issue.name)])

    return look


def _ask(
    instance: dg.DagsterInstance, shelf: TrainingShelf, asked: Sequence[HandedOut], group: str, job: str
) -> dg.RunRequest | None:
    """A run for a group's requests, unless one was asked for; one that has ended without a word failed."""
    waiting = [one for one in asked if one.group == group and one.is_waiting]
    key = _digest(f"{one.origin} {group} {one.fingerprint}" for one in waiting)
    runs = instance.get_runs(filters=dg.RunsFilter(tags={REQUESTS_TAG: key}))
    if not runs:
        return dg.RunRequest(run_key=f"{group}:{key}", job_name=job, partition_key=group, tags={REQUESTS_TAG: key})
    if all(run.is_finished for run in runs):
        why = f"its run {runs[0].run_id} ended as {runs[0].status.value} and left no forecast"
        for one in waiting:
            shelf.note_failure(one.origin, group, why, one.card)
    return None


def _issue(asked: Sequence[HandedOut], job: str) -> dg.RunRequest:
    """The run that issues what is there; once for what is there now."""
    newest = max(asked, key=lambda one: str(one.card["as_of"]))
    key = _digest(f"{one.origin} {one.group} {one.fingerprint} {one.has_forecast}" for one in asked)
    config = issue_config(dt.date.fromisoformat(newest.card["as_of"]), is_reissue=bool(newest.card["is_reissue"]))
    return dg.RunRequest(run_key=f"issue:{key}", job_name=job, run_config=config)


def _digest(words: Iterable[str]) -> str:
    return hashlib.md5("\n".join(sorted(words)).encode(), usedforsecurity=False).hexdigest()
