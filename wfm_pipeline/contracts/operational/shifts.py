"""Who is to work when: shifts and their breaks, with the version of the schedule.

The greatest schedule_version of a shift is the one in force; former ones stay. Not here: who really
works (live_state).
"""

from typing import Final

from wfm_pipeline.contracts.columns import Column, Table, flag, instant, text
from wfm_pipeline.contracts.operational.services import GROUP_ID

BREAK_KINDS: Final = ("lunch", "rest", "training", "meeting", "other")

_SHIFT: Final = text("shift_id", "The shift.", nullable=False)
_VERSION: Final = Column(
    "schedule_version",
    "int64",
    "Version of the schedule; of a shift the greatest is in force.",
    nullable=False,
    minimum=1,
)

SHIFTS: Final = Table(
    "operational",
    "shifts",
    "One row per shift and version: one agent's working time of a day.",
    ("shift_id", "schedule_version"),
    (
        _SHIFT,
        _VERSION,
        text("agent_id", "The agent.", nullable=False, personal="agent"),
        GROUP_ID,
        text("service_id", "The only service worked for; null = all that the group serves."),
        instant("starts_at", "Start of the shift."),
        instant("ends_at", "End, exclusive."),
        flag("is_cancelled", "True takes the shift back from this version on."),
    ),
)

SHIFT_BREAKS: Final = Table(
    "operational",
    "shift_breaks",
    "One row per break of a version of a shift; breaks lie within the shift and do not overlap.",
    ("shift_id", "schedule_version", "starts_at"),
    (
        _SHIFT,
        _VERSION,
        instant("starts_at", "Start of the break."),
        instant("ends_at", "End, exclusive."),
        text("kind", "Why nobody is on the phones.", nullable=False, allowed=BREAK_KINDS),
    ),
)
