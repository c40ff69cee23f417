"""What is now: the state of each queue, and which agent is in which state since when.

Not here: what was, in quarters of an hour (statistics).
"""

from typing import Final

from wfm_pipeline.contracts.columns import Table, flag, instant, text
from wfm_pipeline.contracts.operational.foreign_columns import counted, elapsed_seconds, percent
from wfm_pipeline.contracts.operational.services import SERVICE_ID

AGENT_STATES_KNOWN: Final = ("ready", "talk", "hold", "wrap", "not_ready")
"""States of a logged-in agent, as the columns of agent_activity; who is logged out has no open row."""

QUEUE_CURRENT_METRICS: Final = Table(
    "operational",
    "queue_current_metrics",
    "One row per service: its queue and its agents as they stood at last_updated.",
    ("service_id",),
    (
        SERVICE_ID,
        counted("calls_waiting", "Contacts in line."),
        elapsed_seconds("longest_wait_time", "Wait so far of the one that waits longest; null with nobody in line."),
        counted("agents_available", "Agents who wait for a contact."),
        counted("agents_busy", "Agents who talk, hold or work after a call."),
        counted("agents_not_ready", "Agents logged in and not to be reached."),
        percent("current_service_level", "Service level of today so far; null before the first contact."),
        counted("calls_handled_last_15min", "Contacts answered in the last fifteen minutes.", nullable=True),
        elapsed_seconds("avg_wait_time_last_15min", "Their mean wait; null without one."),
        instant("last_updated", "When this was true."),
    ),
)

AGENT_STATES: Final = Table(
    "operational",
    "agent_states",
    "One row per agent and unbroken stretch in one state.",
    ("agent_id", "started_at"),
    (
        text("agent_id", "The agent.", nullable=False, personal="agent"),
        text("group_id", "The group the agent is logged in to; null where it is not known."),
        text("state", "What the agent does.", nullable=False, allowed=AGENT_STATES_KNOWN),
        instant("started_at", "Since when."),
        instant("ended_at", "Until when, exclusive; null = still.", nullable=True),
        text("service_id", "Service of the contact; null without one, and where it is not known."),
        flag("is_queue_contact", "True while the agent is busy with a contact out of a service's queue."),
    ),
)
