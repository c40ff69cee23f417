"""Running the main job in this process, with each step told as it happens."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dagster as dg

from wfm_pipeline.asset_keys import DATES_TAG
from wfm_pipeline.orchestration.instance.storage import open_instance
from wfm_pipeline.orchestration.jobs import NIGHTLY, PLANS, forecast_config
from wfm_pipeline.orchestration.partitions.daily_and_weekly import first_date
from wfm_pipeline.orchestration.partitions.grid import fill_grid
from wfm_pipeline.orchestration.partitions.stale_dates import Plan
from wfm_pipeline.orchestration.runs.dead_runs import close_dead_runs, here
from wfm_pipeline.orchestration.runs.telling import tell_of_run, telling
from wfm_pipeline.orchestration.runs.watch import SOURCE_TAG
from wfm_pipeline.orchestration.runs.words import failure_words
from wfm_pipeline.resources import House

StepListener = Callable[[str, str], None]
"""Called with the step's name and what happened: `started`, `done`, `failed`, or `waits` for another try."""

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's events go to its storage; the terminal shows our own lines."""

_GRID = "partitions"
"""What the listener hears of while the UI's partition grid is filled."""

_TOLD = {
    dg.DagsterEventType.STEP_START: "started",
    dg.DagsterEventType.STEP_SUCCESS: "done",
    dg.DagsterEventType.STEP_FAILURE: "failed",
    dg.DagsterEventType.STEP_UP_FOR_RETRY: "waits",
}


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run of the main job ended.

    Attributes:
        run_id: The Dagster run.
        problems: What failed, in words; empty where all went well.
        is_idle: Nothing was new: this is the last run that ended well, and no job has run.
    """

    run_id: str
    problems: tuple[str, ...]
    is_idle: bool = False


def run_main_job(
    definitions: dg.Definitions,
    house: House,
    plan: Plan | None,
    *,
    as_of: dt.date | None,
    on_step: StepListener,
    job: str = NIGHTLY,
    is_reissue: bool = False,
    instance: dg.DagsterInstance | None = None,
    config: Mapping[str, object] | None = None,
) -> RunOutcome:
    """Materialise the whole graph for the plan's dates.

    Args:
        definitions: Definitions without partitions (`build_definitions(..., is_partitioned=False)`).
        house: The house.
        plan: The dates to read and refresh; None for jobs that are about no business date.
        as_of: First target day of the forecast; None takes the day after the last date known to its end.
        on_step: Told of each step.
        job: `nightly` for the whole graph, or one of the smaller jobs.
        is_reissue: Make an issue again although its days have begun; the former goes to the archive.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.
        config: Run config of another job than `nightly`.

    Raises:
        WfmError: Dagster's storage cannot be opened, or another run is writing the warehouse.
        KeyboardInterrupt: the run was stopped by Ctrl-C or SIGTERM; Dagster has noted it as failed.
    """
    run_id = str(uuid.uuid4())
    with (
        telling(house, job),
        house.writing(owner=f"job {job}", run_id=run_id),
        instance or open_instance(house.settings) as opened,
    ):
        close_dead_runs(opened, house)
        opened.add_event_listener(run_id, lambda entry: _tell(entry, on_step))
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=opened,
            run_id=run_id,
            tags={**_date_tags(plan), SOURCE_TAG: house.source_map.name, **here()},
            run_config={**_config(job, as_of, config, is_reissue=is_reissue), **_QUIET},
            raise_on_error=False,
        )
        if _is_stopped(result):
            raise KeyboardInterrupt  # whoever stopped it need not be told
        if plan:
            on_step(_GRID, "started")
            fill_grid(opened, definitions, result, list(plan.dates), first_date(house))
            on_step(_GRID, "done")
        tell_of_run(opened, house, run_id)
        return RunOutcome(run_id, tuple(_problems(result)))


def _config(
    job: str, as_of: dt.date | None, config: Mapping[str, object] | None, *, is_reissue: bool
) -> Mapping[str, object]:
    """Run config: the forecast's for the jobs that issue one, else what is given."""
    return forecast_config(as_of, is_reissue=is_reissue) if job in (NIGHTLY, PLANS) else config or {}


def _date_tags(plan: Plan | None) -> dict[str, str]:
    if plan is None:
        return {}
    return {DATES_TAG: str(plan.dates)}


def _tell(entry: dg.EventLogEntry, on_step: StepListener) -> None:
    event = entry.dagster_event
    if event and event.step_key and event.event_type in _TOLD:
        on_step(event.step_key, _TOLD[event.event_type])


def _is_stopped(result: dg.ExecuteInProcessResult) -> bool:
    """Whether a signal ended the run: Dagster turns that into a failure like any other."""
    ends = [event for event in result.all_events if event.event_type is dg.DagsterEventType.RUN_FAILURE]
    reasons = [event.job_failure_data.failure_reason for event in ends]
    return any(reason is not None and reason.name == "UNEXPECTED_TERMINATION" for reason in reasons)


def _problems(result: dg.ExecuteInProcessResult) -> list[str]:
    if result.success:
        return []
    return failure_words(result.all_events) or ["the run failed; look at it with `wfm dev`"]
