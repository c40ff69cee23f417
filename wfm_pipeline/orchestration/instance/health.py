"""What `wfm doctor` asks of Dagster: does its storage answer, do the definitions load, does the daemon live?

Each function says in words what it saw, or raises a `WfmError` that says what is wrong. How each is mended
stands in orchestration/doctor.py.
"""

import datetime as dt
from collections.abc import Callable

import dagster as dg

from wfm_pipeline.errors import WfmError
from wfm_pipeline.orchestration.instance.storage import open_instance
from wfm_pipeline.resources import House
from wfm_pipeline.settings import dagster_home

LoadDefinitions = Callable[[], dg.Definitions]
"""How the location is loaded; given by the caller, who stands above this room."""


def has_instance(house: House) -> bool:
    """True where Dagster's folder is there: looking makes none."""
    return (dagster_home(house.settings) / "dagster.yaml").exists()


def run_storage(house: House) -> str:
    """Runs that Dagster's storage knows.

    Raises:
        WfmError: it cannot be opened or read.
    """
    if not has_instance(house):
        return f"none yet; the first run makes it in {dagster_home(house.settings)}"
    with open_instance(house.settings) as instance:
        return f"answers; {instance.get_runs_count()} runs in {dagster_home(house.settings)}"


def definitions(load: LoadDefinitions) -> str:
    """What the location holds, every job and asset selection resolved.

    Raises:
        WfmError: the location does not load.
    """
    try:
        loaded = load()
        dg.Definitions.validate_loadable(loaded)
    except WfmError:
        raise
    except Exception as error:
        first = next(iter(str(error).strip().splitlines()), "")
        raise WfmError(f"the location does not load: {type(error).__name__}: {first}") from error
    repository = loaded.get_repository_def()
    return (
        f"load: {len(repository.asset_graph.materializable_asset_keys)} assets, {len(repository.get_all_jobs())} jobs, "
        f"{len(repository.schedule_defs)} schedules, {len(repository.sensor_defs)} sensors"
    )


def daemon(house: House) -> str:
    """When the daemon was last heard of, where a schedule or sensor that is switched on needs one.

    Raises:
        WfmError: one is needed, and is silent.
    """
    if not has_instance(house):
        return "not needed: no schedule or sensor is switched on"
    with open_instance(house.settings) as instance:
        switched_on = sorted(state.instigator_name for state in instance.all_instigator_state() if state.is_running)
        statuses = instance.get_daemon_statuses().values()
    if not switched_on:
        return "not needed: no schedule or sensor is switched on"
    silent = [status for status in statuses if status.required and not status.healthy]
    if silent:
        raise WfmError(
            f"{', '.join(switched_on)} wait for a daemon; "
            + ", ".join(f"{status.daemon_type} was {_last_heard(status.last_heartbeat)}" for status in silent)
        )
    return f"alive; works for {', '.join(switched_on)}"


def _last_heard(heartbeat: object) -> str:
    timestamp = getattr(heartbeat, "timestamp", None)
    return (
        f"last heard {dt.datetime.fromtimestamp(timestamp, dt.UTC):%Y-%m-%d %H:%M} UTC" if timestamp else "never heard"
    )
