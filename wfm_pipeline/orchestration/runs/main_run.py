"""What `wfm run` does: find what is new, run the main job for it, and write down what it stood on; or say that nothing is.

Not here: what is stale (orchestration/partitions/stale_dates.py), what a finished run stood on (finished.py), running a job (running.py).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import dagster as dg

from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.jobs import NIGHTLY, forecast_config
from wfm_pipeline.orchestration.partitions.stale_dates import StaleDates, tags_of_sources
from wfm_pipeline.orchestration.runs.finished import (
    finished_run,
    forget_finished,
    given_parts,
    news_since,
    note_finished,
)
from wfm_pipeline.orchestration.runs.running import JobRequest, RunOutcome, StepListener, run_job
from wfm_pipeline.resources import House


def main_request(dates: Dates, as_of: dt.date | None = None, *, is_reissue: bool = False) -> JobRequest:
    """The whole graph.

    Args:
        dates: Business dates to read and refresh.
        as_of: First target day of the forecast; None takes the day after the last date known to its end.
        is_reissue: Make an issue again although its days have begun; the former goes to the archive.
    """
    return JobRequest(NIGHTLY, dates, forecast_config(as_of, is_reissue=is_reissue))


def run_news(
    house: House,
    stale: StaleDates,
    definitions: Callable[[], dg.Definitions],
    *,
    as_of: dt.date | None,
    on_step: StepListener,
    say: Callable[[str], None],
    is_reissue: bool = False,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Run the main job, which publishes, unless nothing has changed since it ended well the last time.

    Args:
        house: The house.
        stale: What is stale.
        definitions: Makes definitions without partitions; asked only where there is something to do.
        as_of: First target day of the forecast; None takes the day after the last date known to its end.
        on_step: Told of each step.
        say: Told why the job runs, or why not.
        is_reissue: Make an issue again although it stands: always something to do.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.

    Returns:
        The run; where nothing was new the last one that ended well, with `is_idle`.
    """
    given = given_parts(house)
    with house.open_warehouse() as warehouse:
        finished = finished_run(house, warehouse)
    news = ["stale dates"] if stale.is_anything_new else news_since(house, finished, given, as_of=as_of)
    if finished and not news and not is_reissue:
        say(f"nothing new since {finished.finished_at:%Y-%m-%d %H:%M} UTC: {stale.words}; settings, planners' tables "
            "and program as they were, the issue stands")  # fmt: skip
        return RunOutcome(finished.run_id, (), is_idle=True)
    say(stale.words if stale.is_anything_new else f"{stale.words}; changed: {', '.join(news) or 'reissue asked for'}")
    forget_finished(house)
    request = replace(main_request(stale.dates, as_of, is_reissue=is_reissue), tags=tags_of_sources(stale))
    outcome = run_job(definitions(), house, request, on_step=on_step, instance=instance)
    if not outcome.problems:
        note_finished(house, outcome.run_id, given, as_of=as_of)
    return outcome
