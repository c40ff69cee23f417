"""A command tells of its own run, by the same way as the daemon: also where no daemon runs, as under cron.

Only that it failed does not go into the log: it is the command's own line on standard error, and once is enough there.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import RUN_FAILED
from wfm_pipeline.orchestration.runs.watch import command_sighting, sightings_of
from wfm_pipeline.resources import House

_LOG = logging.getLogger("wfm_pipeline.alerts")


@contextmanager
def telling(house: House, job: str) -> Iterator[None]:
    """What fails here is told as the job's failure, and goes on failing.

    It is for what comes before and after the run itself: a source that does not answer has no run to look at.

    Raises:
        SettingsError: a channel lacks a setting; before anything is done.
    """
    desk = _desk(house)
    try:
        yield
    except Exception as error:
        _tell(desk, command_sighting(job, error, source=house.source_map.name))
        raise


def tell_of_run(instance: dg.DagsterInstance, house: House, run_id: str) -> None:
    """Look at a run that this process has done: a failure is told, and what works again too."""
    record = instance.get_run_record_by_id(run_id)
    if record is not None:
        _desk(house).take(sightings_of(instance, record, source=house.source_map.name))


def _desk(house: House) -> AlertDesk:
    return AlertDesk(house, said_aloud={RUN_FAILED.name})


def _tell(desk: AlertDesk, seen: Sighting) -> None:
    """Tell, or say in the log that nobody could be told: what failed first is what the user has to hear."""
    try:
        desk.take([seen])
    except WfmError as error:
        _LOG.error("nobody could be told that %s failed: %s", seen.thing, error)
