"""The instance we ship: one writing run at a time, our own former files brought up to date, a user's left alone."""

from pathlib import Path

import dagster as dg
import pytest
import yaml

from wfm_pipeline.orchestration.instance.storage import prepare_dagster_home
from wfm_pipeline.orchestration.instance.template import is_ours, template
from wfm_pipeline.settings import load_settings

FORMER = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"
FORMER_POSTGRES = FORMER + "storage:\n  postgres:\n    postgres_url:\n      env: WFM_DAGSTER_POSTGRES_URL\n"


@pytest.fixture
def home(clean_environment, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(clean_environment / "dagster"))
    return clean_environment


def prepared(home, text=None):
    """The file after Dagster's folder was prepared, which held that text before."""
    file = home / "dagster" / "dagster.yaml"
    if text is not None:
        file.parent.mkdir()
        file.write_text(text)
    prepare_dagster_home(load_settings(home=home))
    return file.read_text()


def test_two_runs_of_the_queue_never_run_at_once(home):
    prepared(home)

    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        assert 1 == instance.get_concurrency_config().run_queue_config.max_concurrent_runs
        assert "QueuedRunCoordinator" == type(instance.run_coordinator).__name__


@pytest.mark.parametrize("text", [FORMER, FORMER_POSTGRES, template(is_postgres=True)])
def test_a_file_of_ours_that_nobody_changed_is_brought_up_to_date(home, text):
    assert template(is_postgres=False) == prepared(home, text)


@pytest.mark.parametrize(
    "text",
    [FORMER + "run_retries:\n  enabled: true\n", template(is_postgres=False).replace("runs: 1", "runs: 3"), ""],
)
def test_a_users_own_file_stays(home, text):
    assert text == prepared(home, text)


def test_an_untouched_file_of_a_later_version_is_known_by_its_digest():
    text = template(is_postgres=False)

    assert is_ours(text)
    assert not is_ours(text + "# mine\n")


def test_the_example_says_what_we_ship_for_postgresql():
    example = Path(__file__).parents[3] / "dagster.yaml.example"

    assert yaml.safe_load(template(is_postgres=True)) == yaml.safe_load(example.read_text())


def test_a_killed_run_is_done_again_once_and_a_failed_step_is_not(home):
    prepared(home)

    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        assert (True, 1, False) == (
            instance.run_retries_enabled,
            instance.run_retries_max_retries,
            instance.run_retries_retry_on_asset_or_op_failure,
        )
        assert (True, 300) == (instance.run_monitoring_enabled, instance.run_monitoring_start_timeout_seconds)
