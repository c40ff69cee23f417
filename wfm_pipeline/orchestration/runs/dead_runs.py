"""Runs whose process was killed do not stay `STARTED`: they are closed as failed, with a word why, and so are told.

Dagster's code server closes a run whose process it sees die. Nothing sees it where the server died too (power,
a container that was stopped) or where `wfm run` was killed: Dagster's default launcher cannot ask how a run is,
and its monitoring only limits the time to start, to cancel and to run. So every run notes its process when it gets
the house (house_of_run), and keeps the writer's lease alive; both are asked here. A run in the queue behind a dead one would
wait for ever.
"""

import datetime as dt
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dagster as dg

from wfm_pipeline.monitoring.alerts.handling import utc_now
from wfm_pipeline.orchestration.runs.watch import KILLED_TAG
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.leases import leases_of_run

HOST_TAG: Final = "wfm/host"
PID_TAG: Final = "wfm/pid"
"""Where a run has its process."""
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
    """Tags that say where this process runs, for the run that it does."""
    return {HOST_TAG: socket.gethostname(), PID_TAG: str(os.getpid())}


def close_dead_runs(instance: dg.DagsterInstance, house: House) -> list[Closed]:
    """Close every run under way that gives no sign of life.

    Args:
        instance: Dagster's memory.
        house: The house, whose ops store holds the writer's lease.
    """
    closed = []
    for record in instance.get_run_records(filters=dg.RunsFilter(statuses=list(_UNDER_WAY))):
        run = record.dagster_run
        why = _why_dead(instance, house, run) if HOST_TAG in run.tags else None
        if why and _is_under_way(instance, run.run_id):
            instance.add_run_tags(run.run_id, {KILLED_TAG: why})
            instance.report_run_failed(run, f"The run was killed: {why}.")
            closed.append(Closed(run.run_id, run.job_name, why))
    return closed


def _why_dead(instance: dg.DagsterInstance, house: House, run: dg.DagsterRun) -> str | None:
    """What shows that a run is dead; None where nothing does."""
    if run.tags[HOST_TAG] == socket.gethostname():
        pid = int(run.tags[PID_TAG])
        return None if _is_alive(pid) else f"its process {pid} is gone"
    last = max(_signs_of_life(instance, house, run.run_id), default=None)
    limit = dt.timedelta(minutes=house.settings.dead_run_minutes)
    is_silent = last is not None and utc_now() - last > limit
    return f"no sign of life from {run.tags[HOST_TAG]} since {last:%Y-%m-%d %H:%M:%S} UTC" if is_silent else None


def _signs_of_life(instance: dg.DagsterInstance, house: House, run_id: str) -> list[dt.datetime]:
    """Heartbeats of what the run holds, and its last event: a step may take longer than the limit without a word."""
    with house.open_ops() as store, store.reading() as ops:
        beats = [lease.heartbeat_at for lease in leases_of_run(ops, run_id)]
    last = instance.get_records_for_run(run_id=run_id, limit=1, ascending=False).records
    said = [dt.datetime.fromtimestamp(record.timestamp, dt.UTC).replace(tzinfo=None) for record in last]
    return beats + said


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
