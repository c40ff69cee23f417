"""Dagster's own memory of runs: SQLite in the home folder, or PostgreSQL by one setting."""

from pathlib import Path

import dagster as dg

from wfm_pipeline.errors import WfmError
from wfm_pipeline.machine import machine_error, write_whole
from wfm_pipeline.orchestration.instance.template import is_ours, template
from wfm_pipeline.settings import Settings, dagster_home, export_dagster_variables
from wfm_pipeline.urls import masked

_DAMAGED_WORDS = ("file is not a database", "database disk image is malformed", "malformed database schema")
"""How SQLite says that a file is not what it was."""
_NOT_YAML_KINDS = (
    "yaml.",
    "builtins.UnicodeDecodeError",
    "dagster_shared.check.",
)
"""Beginnings of the other errors that Dagster raises over its own file."""
LOCATION = "wfm_pipeline"
"""The one name of our code location: switches of schedules and sensors are kept under it."""
_WORKSPACE = f"""load_from:
  - python_module:
      module_name: wfm_pipeline.definitions
      attribute: defs
      location_name: {LOCATION}
"""


def write_workspace(home: Path) -> Path:
    """Write the workspace file that `wfm dev` opens into Dagster's folder; gives its path."""
    path = home / "workspace.yaml"
    write_whole(path, _WORKSPACE)
    return path


def prepare_dagster_home(settings: Settings) -> Path:
    """Make Dagster's folder with a `dagster.yaml` that fits the settings; a file of your own stays.

    The URL itself is not written: the file names the environment variable that holds it.
    """
    home = dagster_home(settings)
    file = home / "dagster.yaml"
    if not file.exists() or is_ours(file.read_text(encoding="utf-8", errors="replace")):
        write_whole(file, template(is_postgres=bool(settings.dagster_postgres_url)))
    export_dagster_variables(settings)
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that the Dagster UI shows too.

    Raises:
        MachineError: the disk or the folder does not let it be opened.
        WfmError: `dagster.yaml` cannot be used, the storage is damaged, of another version or does not answer.
    """
    home = prepare_dagster_home(settings)
    try:
        instance = dg.DagsterInstance.from_config(str(home))
        storages = (instance.run_storage, instance.event_log_storage, instance.schedule_storage)
        versions = [storage.alembic_version() for storage in storages if storage]
    except Exception as error:  # noqa: BLE001  (storage drivers raise their own kinds; the text may hold the URL)
        raise machine_error(error, home) or _unopened(settings, home, error) from None
    for found, wanted in filter(None, versions):
        if found != wanted:
            instance.dispose()
            raise WfmError(
                f"Dagster's run storage in {home} was made by another version of Dagster (schema {found}, this one "
                f"writes {wanted}): keep a copy, then `DAGSTER_HOME={home} dagster instance migrate`; after a step "
                "back to an older Dagster only the copy or an empty folder helps"
            )
    return instance


def _unopened(settings: Settings, home: Path, error: Exception) -> WfmError:
    """What keeps the storage from being opened, without the text of a database's error, which may hold the URL."""
    text = (masked(str(error)).strip() or type(error).__name__).splitlines()[0]
    kind = f"{type(error).__module__}.{type(error).__name__}"
    if isinstance(error, dg.DagsterInvalidConfigError) or kind.startswith(_NOT_YAML_KINDS):
        file = home / "dagster.yaml"
        return WfmError(f"{file} cannot be used ({text}): mend it, or delete it and the next command writes it anew")
    if any(word in text for word in _DAMAGED_WORDS):
        return WfmError(
            f"Dagster's run storage in {home} is damaged ({text}): end what uses it, move that folder away and start "
            "again; past runs and the switches of schedules and sensors are lost, the warehouse is not"
        )
    server = ": check WFM_DAGSTER_POSTGRES_URL and that the server answers" if settings.dagster_postgres_url else ""
    return WfmError(f"Dagster's run storage in {home} cannot be opened ({type(error).__name__}){server}")
