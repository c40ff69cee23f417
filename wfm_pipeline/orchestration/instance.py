"""Dagster's own memory of runs: SQLite in the home folder, or PostgreSQL by one setting."""

from pathlib import Path

import dagster as dg

from wfm_pipeline.errors import WfmError
from wfm_pipeline.orchestration.instance_template import is_ours, template
from wfm_pipeline.settings import Settings, dagster_home, export_dagster_variables

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
    path.write_text(_WORKSPACE, encoding="utf-8")
    return path


def prepare_dagster_home(settings: Settings) -> Path:
    """Make Dagster's folder with a `dagster.yaml` that fits the settings; a file of your own stays.

    The URL itself is not written: the file names the environment variable that holds it.
    """
    home = dagster_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    file = home / "dagster.yaml"
    if not file.exists() or is_ours(file.read_text(encoding="utf-8")):
        file.write_text(template(is_postgres=bool(settings.dagster_postgres_url)), encoding="utf-8")
    export_dagster_variables(settings)
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that the Dagster UI shows too.

    Raises:
        WfmError: its storage cannot be opened.
    """
    home = prepare_dagster_home(settings)
    try:
        return dg.DagsterInstance.from_config(str(home))
    except Exception as error:  # noqa: BLE001  (storage drivers raise their own kinds; the text may hold the URL)
        raise WfmError(
            f"Dagster's run storage in {home} cannot be opened ({type(error).__name__}): "
            "check WFM_DAGSTER_POSTGRES_URL and that the server answers"
        ) from None
