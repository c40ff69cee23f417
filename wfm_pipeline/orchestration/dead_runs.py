"""Runs whose process was killed do not stay `STARTED`: they are closed as failed, with a word why, and so are told.

Dagster's code server closes a run whose process it sees die. Nothing sees it where the server died too (power,
a container that was stopped) or where `wfm run` was killed: Dagster's default launcher cannot ask how a run is,
and its monitoring only limits the time to start, to cancel and to run. Two signs of life are asked instead: the
heartbeat of the run's lease, and its process where that is on this machine.
"""

import datetime as dt
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dagster as dg

from wfm_pipeline.monitoring.alerts.desk import utc_now
from wfm_pipeline.orchestration.run_watch import KILLED_TAG
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.leases import leases_of_run

HOST_TAG: Final = "wfm/host"
PID_TAG: Final = "wfm/pid"
"""Where a run of the command line has its process."""
_UNDER_WAY: Final = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


@dataclass(frozen=True, slots=True)
class Closed:
    """A run that was closed.

    Attributes:
        run_id, job: The run.
        why: What shows that it is dead.
    """

    run_id: str
    job: str
    why: str


def here() -> dict[str, str]:
    """Tags that say where this process runs, for a run that it is going to do itself."""
    return {HOST_TAG: socket.gethostname(), PID_TAG: str(os.getpid())}


def close_dead_runs(instance: dg.DagsterInstance, house: House, *, location: str | None = None) -> list[Closed]:
    """Close every run under way that gives no sign of life.

    Args:
        instance: Dagster's memory.
        house: The house, whose ops store holds the leases.
        location: Name of the code location that asks: runs that it launched have their process on this machine.
            None asks only after runs of the command line.
    """
    closed = []
    for record in instance.get_run_records(filters=dg.RunsFilter(statuses=list(_UNDER_WAY))):
        run = record.dagster_run
        why = _silent_since(house, run) or _process_is_gone(instance, run, location)
        if why and _is_under_way(instance, run.run_id):
            instance.add_run_tags(run.run_id, {KILLED_TAG: why})
            instance.report_run_failed(run, f"The run was killed: {why}.")
            closed.append(Closed(run.run_id, run.job_name, why))
    return closed


def _silent_since(house: House, run: dg.DagsterRun) -> str | None:
    """The lease's heartbeat stopped."""
    with house.open_ops() as store, store.reading() as ops:
        beats = [lease.heartbeat_at for lease in leases_of_run(ops, run.run_id)]
    limit = dt.timedelta(minutes=house.settings.dead_run_minutes)
    if not beats or utc_now() - max(beats) <= limit:
        return None
    return f"no sign of life since {max(beats):%Y-%m-%d %H:%M:%S} UTC"


def _process_is_gone(instance: dg.DagsterInstance, run: dg.DagsterRun, location: str | None) -> str | None:
    """The process was on this machine and is there no more."""
    pid = _pid_here(instance, run, location)
    return f"its process {pid} is gone" if pid is not None and not _is_alive(pid) else None


def _pid_here(instance: dg.DagsterInstance, run: dg.DagsterRun, location: str | None) -> int | None:
    if HOST_TAG in run.tags:
        return int(run.tags[PID_TAG]) if run.tags[HOST_TAG] == socket.gethostname() else None
    origin = run.remote_job_origin
    is_ours = origin is not None and location == origin.repository_origin.code_location_origin.location_name
    if not is_ours or not isinstance(instance.run_launcher, dg.DefaultRunLauncher):
        return None
    return next(iter(_noted_pids(instance, run.run_id)), None)


def _noted_pids(instance: dg.DagsterInstance, run_id: str) -> Iterable[int]:
    """Processes that the run's events name, the newest first: a run may have been resumed."""
    records = instance.get_records_for_run(
        run_id=run_id, of_type=dg.DagsterEventType.ENGINE_EVENT, ascending=False
    ).records
    for record in records:
        noted = record.event_log_entry.get_dagster_event().engine_event_data.metadata.get("pid")
        if noted is not None:
            yield int(str(noted.value))


def _is_alive(pid: int) -> bool:
    """True while the process runs; one that ended and was not yet waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def _is_under_way(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Asked last: a run may have ended while its signs of life were looked for."""
    run = instance.get_run_by_id(run_id)
    return run is not None and run.status in _UNDER_WAY
