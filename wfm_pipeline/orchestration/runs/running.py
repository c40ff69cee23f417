"""Running a job in this process, with each step told as it happens.

Not here: what a job is about (main_run.py, side_jobs.py), and what became of its run (finished.py, watch.py).
"""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import dagster as dg

from wfm_pipeline.asset_keys import DATES_TAG, UNTIL_TAG
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.instance.storage import open_instance
from wfm_pipeline.orchestration.partitions.daily_and_weekly import first_date
from wfm_pipeline.orchestration.partitions.grid import fill_grid
from wfm_pipeline.orchestration.partitions.hourly import hours_of_dates
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
    """How a run of a job ended.

    Attributes:
        run_id: The Dagster run.
        problems: What failed, in words; empty where all went well.
        is_idle: Nothing was new: this is the last run that ended well, and no job has run.
    """

    run_id: str
    problems: tuple[str, ...]
    is_idle: bool = False


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What one run of a job is about.

    Attributes:
        job: Name of the job (orchestration/jobs.py).
        dates: Business dates that the run reads, refreshes or plans; None where it is about none.
        config: Run config, from a function of orchestration/jobs.py; empty takes every asset's defaults.
        tags: Further tags of the run: what it reads of each source of a site.
    """

    job: str
    dates: Dates | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def run_job(
    definitions: dg.Definitions,
    house: House,
    request: JobRequest,
    *,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Run a job in this process, as the warehouse's only writer; people are told of its end.

    Args:
        definitions: Definitions without partitions (`build_definitions(..., is_partitioned=False)`).
        house: The house.
        request: Which job, and what it is about.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.

    Raises:
        WfmError: Dagster's storage cannot be opened, or another run is writing the warehouse.
        KeyboardInterrupt: the run was stopped by Ctrl-C or SIGTERM; Dagster has noted it as failed.
    """
    run_id, dates = str(uuid.uuid4()), request.dates
    with (
        telling(house, request.job),
        house.writing(owner=f"job {request.job}", run_id=run_id),
        instance or open_instance(house.settings) as opened,
    ):
        close_dead_runs(opened, house)
        opened.add_event_listener(run_id, lambda entry: _tell(entry, on_step))
        about = {} if dates is None else {DATES_TAG: str(dates)}
        result = definitions.resolve_job_def(request.job).execute_in_process(
            instance=opened,
            run_id=run_id,
            tags={**about, **request.tags, SOURCE_TAG: house.source_map.name, **here()},
            run_config={**request.config, **_QUIET},
            raise_on_error=False,
        )
        if _is_stopped(result):
            raise KeyboardInterrupt  # whoever stopped it need not be told
        if dates is not None:
            on_step(_GRID, "started")
            hours = partial(hours_of_dates, house, until=_until(request))
            fill_grid(opened, definitions, result, list(dates), first_date(house), hours)
            on_step(_GRID, "done")
        tell_of_run(opened, house, run_id)
        return RunOutcome(run_id, tuple(_problems(result)))


def _until(request: JobRequest) -> dt.datetime | None:
    """The last instant that the run was about, naive UTC; None where its dates say it all."""
    told = request.tags.get(UNTIL_TAG)
    return dt.datetime.fromisoformat(told) if told else None


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
