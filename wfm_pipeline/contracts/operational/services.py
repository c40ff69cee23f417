"""Services, groups of agents, and which group serves which service: what changes once in a while.

Not here: what happens in them (statistics, live_state) and who is to work when (shifts).
"""

from typing import Final

from wfm_pipeline.contracts.columns import Column, Table, text
from wfm_pipeline.contracts.operational.foreign_columns import WHOLE_PERCENT

_LONGEST_TARGET_SECONDS: Final = 3_600
"""Longest answer time that anybody aims at [s]: an hour."""
_DEAREST_HOUR: Final = 10_000_000
"""Highest cost of an hour in any currency [money per hour]."""
_HIGHEST_MULTIPLIER: Final = 10
"""Highest factor of an hour of overtime: above it the cost itself was written."""

SERVICE_ID: Final = text("service_id", "The service (`services.id`).", nullable=False)
GROUP_ID: Final = text("group_id", "The group (`groups.id`).", nullable=False)

SERVICES: Final = Table(
    "operational",
    "services",
    "One row per service: a queue of the live centre, its target and what an hour of its agents costs.",
    ("id",),
    (
        text("id", "The service; our `queue_id`.", nullable=False),
        text("service_name", "Its name for people."),
        Column(
            "target_answer_time",
            "float64",
            "Answer-time target, the 20 of 80/20; null = the site's.",
            "s",
            minimum=1,
            maximum=_LONGEST_TARGET_SECONDS,
        ),
        Column(
            "target_service_level",
            "float64",
            "Service level aimed at, the 80 of 80/20; null = the site's.",
            "%",
            minimum=1,
            maximum=WHOLE_PERCENT,
        ),
        Column(
            "hourly_cost",
            "float64",
            "Cost of a paid hour of one agent; null = not known, and then no cost is told.",
            "currency/h",
            minimum=0,
            maximum=_DEAREST_HOUR,
        ),
        Column(
            "overtime_multiplier",
            "float64",
            "An hour of overtime over a usual one; null = not known.",
            "factor",
            minimum=1,
            maximum=_HIGHEST_MULTIPLIER,
        ),
        text("currency", "ISO 4217 code of the cost; null = not known."),
    ),
)

GROUPS: Final = Table(
    "operational",
    "groups",
    "One row per group of agents.",
    ("id",),
    (text("id", "The group.", nullable=False), text("group_name", "Its name for people.")),
)

SERVICE_GROUPS: Final = Table(
    "operational",
    "service_groups",
    "One row per service and group that serves it; a group may serve several services.",
    ("service_id", "group_id"),
    (SERVICE_ID, GROUP_ID),
)
