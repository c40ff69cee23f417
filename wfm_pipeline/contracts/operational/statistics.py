"""What was, in quarters of an hour: contacts per service, and how each agent spent the time.

Not here: what is now (live_state).
"""

from typing import Final

from wfm_pipeline.contracts.columns import Table, instant, text
from wfm_pipeline.contracts.operational.foreign_columns import counted, milliseconds, percent, seconds_of_interval
from wfm_pipeline.contracts.operational.services import GROUP_ID, SERVICE_ID

_START: Final = instant("interval_start_time", "Start of the fifteen minutes, half-open.")

CONTACT_STATISTICS: Final = Table(
    "operational",
    "contact_statistics",
    "One row per service and fifteen minutes in which contacts came.",
    ("service_id", "interval_start_time"),
    (
        SERVICE_ID,
        _START,
        counted("received_calls", "Contacts that arrived in the interval, each caller counted once in it."),
        counted("treated_calls", "Of received_calls, callers who were answered."),
        counted("miss_calls", "Of received_calls, callers who were not: received - treated."),
        counted("not_unique_received_calls", "Contacts that arrived, every attempt counted.", nullable=True),
        counted("not_unique_treated_calls", "Of those, answered ones.", nullable=True),
        counted("not_unique_miss_calls", "Of those, not answered ones.", nullable=True),
        milliseconds("aht", "Mean of talk, hold and post-processing per answered contact; null without one."),
        milliseconds("talk_time", "Mean talk and hold time per answered contact; null without one."),
        milliseconds("post_processing", "Mean after-call work per answered contact; null without one."),
        percent("service_level", "Answered within the answer-time target over received; null without contacts."),
        percent("abandonment_rate", "Missed over received; null without contacts."),
        percent(
            "occupancy_rate", "Busy time over staffed time of the service's agents; null where it is not measured."
        ),
    ),
)

AGENT_ACTIVITY: Final = Table(
    "operational",
    "agent_activity",
    "One row per agent, group and fifteen minutes in which the agent was logged in; the states add up to login_time.",
    ("agent_id", "group_id", "interval_start_time"),
    (
        text("agent_id", "The agent.", nullable=False, personal="agent"),
        GROUP_ID,
        _START,
        seconds_of_interval("login_time", "Logged in."),
        seconds_of_interval("ready_time", "Waiting for a contact."),
        seconds_of_interval("not_ready_time", "Logged in and not to be reached: breaks, training."),
        seconds_of_interval("talk_time", "Talking."),
        seconds_of_interval("hold_time", "With a caller on hold."),
        seconds_of_interval("wrap_time", "After-call work."),
        counted("calls_handled", "Contacts that the agent answered in the interval."),
        counted("calls_transferred", "Of those, passed on."),
    ),
)
