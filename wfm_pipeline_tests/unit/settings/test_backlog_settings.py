"""Settings of the hourly backlog: what may be chosen."""

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.settings import commented_file, load_settings


def test_nobody_is_sent_the_hourly_report_where_nobody_said_so():
    settings = load_settings()

    assert () == settings.backlog_report_channels
    assert (0.1, 1.0) == (settings.backlog_breach_limit, settings.backlog_false_alarms_per_week)


def test_lists_of_the_report_may_be_written_with_commas():
    settings = load_settings(backlog_report_channels="email, webhook", backlog_report_email_to="a@example.org")

    assert ("email", "webhook") == settings.backlog_report_channels
    assert ("a@example.org",) == settings.backlog_report_email_to


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"backlog_cron": "at noon"}, id="no_time_of_a_schedule"),
        pytest.param({"backlog_report_from_hour": 19, "backlog_report_until_hour": 19}, id="hours_of_no_length"),
        pytest.param({"backlog_breach_limit": 10}, id="percent_for_a_share"),
        pytest.param({"backlog_report_channels": ("pigeon",)}, id="no_channel"),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(SettingsError, match=min(wrong) if len(wrong) == 1 else "before"):
        load_settings(**wrong)


def test_every_setting_of_the_backlog_stands_in_the_commented_file():
    assert '# backlog_cron = "5 * * * *"' in commented_file()
