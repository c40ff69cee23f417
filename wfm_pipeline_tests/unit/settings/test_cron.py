"""When schedules run is a setting: what is taken here Dagster takes too, and what Dagster refuses is refused here."""

import dagster as dg
import pytest

from wfm_pipeline.units import cron_fault


@pytest.mark.parametrize(
    "text",
    ["0 3 * * *", "10 5-23 * * *", "*/15 * * * *", "0 5 * * 1", "0 5 * * mon-fri", "30 4 1,15 * *", "0 0 * jan sun", "5-50/5 * * * *"],
)  # fmt: skip
def test_a_time_that_is_taken_is_one_dagster_takes(text):
    assert cron_fault(text) is None
    assert text == dg.ScheduleDefinition(job_name="j", cron_schedule=text).cron_schedule


@pytest.mark.parametrize(
    "text", ["", "03:00", "0 24 * * *", "60 3 * * *", "0 3 0 * *", "0 3 * 13 *", "0 3 * * 8", "0 3 * * xyz", "0 3 * *", "a b c d e"]
)  # fmt: skip
def test_a_time_that_dagster_refuses_is_refused_in_words(text):
    assert cron_fault(text)
    with pytest.raises(dg.DagsterInvalidDefinitionError):
        dg.ScheduleDefinition(job_name="j", cron_schedule=text)
