"""Training groups on a small house, and the job of one group as Dagster's executors make it anew in every process."""

import dagster as dg

from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.orchestration.jobs import ISSUE, TRAINING, issue_config
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.house_kit import do

GROUP_ROWS = 6_000
"""The sample's four queues have 2,928 rows each: two groups of two."""
GROUPS = {"g0": ("billing", "orders"), "g1": ("english", "support")}


def training_job():
    """The job of one group, of the settings in the environment."""
    return build_definitions(load_settings()).resolve_job_def(TRAINING)


def train_for_real(instance, group):
    """One partition on the executor that the settings name, in processes of its own."""
    tags = {"dagster/partition": group}
    return dg.execute_job(dg.reconstructable(training_job), instance=instance, tags=tags, raise_on_error=False)


def issue(house, as_of, *, is_reissue=False, on_step=lambda _step, _what: None):
    """The job that issues, scores, staffs and publishes."""
    return do(house, JobRequest(ISSUE, config=issue_config(as_of, is_reissue=is_reissue)), on_step=on_step)
