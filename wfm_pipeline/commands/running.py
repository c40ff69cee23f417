"""One way for a command to run a job: alone at the warehouse, told as it goes, its failure an error.

Not here: what a job is about (orchestration/runs), and showing what it made (each command).
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from wfm_pipeline.commands.common import tell, tell_step
from wfm_pipeline.errors import WfmError

if TYPE_CHECKING:
    from wfm_pipeline.orchestration.runs.running import JobRequest, RunOutcome, StepListener
    from wfm_pipeline.resources import House


def run_asked(
    house: "House",
    job: str,
    request: "Callable[[], JobRequest]",
    *,
    on_step: "StepListener" = tell_step,
) -> "RunOutcome":
    """Run a job for a command.

    Args:
        house: The house.
        job: The job, for those who are told when even asking what it is about fails.
        request: Says what the job is about, once no other run can change it.
        on_step: Told of each step.

    Raises:
        WfmError: the source has nothing for the job, or the run failed; in words, problem by problem.
    """
    house.check()  # before what takes a second to load
    from wfm_pipeline.definitions import build_definitions
    from wfm_pipeline.orchestration.jobs import NEEDS
    from wfm_pipeline.orchestration.runs.running import run_job
    from wfm_pipeline.orchestration.runs.telling import telling

    if job in NEEDS:
        house.check_has(NEEDS[job])
    with ExitStack() as held:
        with telling(house, job):
            held.enter_context(house.writing(owner=f"job {job}", say=tell))
            asked = request()
        definitions = build_definitions(house.settings, is_partitioned=False)
        outcome = run_job(definitions, house, asked, on_step=on_step)
    if outcome.problems:
        raise WfmError("; ".join(outcome.problems))
    return outcome


def unheard(step: str, what: str) -> None:
    """A listener for jobs of one step."""
