"""Contract of planned activities: training, coaching, meetings and breaks that planners write down for a queue or a person.

Not here: breaks of a roster, which are the live centre's (contracts/operational/shifts); what is done with people's time
(contracts/backlog/ahead).
"""

from typing import Final

from wfm_pipeline.contracts.backlog.ahead import ACTIVITY_KINDS
from wfm_pipeline.contracts.columns import SOURCE, Column, Table, day, flag, local_time, number, text
from wfm_pipeline.contracts.planning.history import HISTORY
from wfm_pipeline.units import MINUTES_PER_DAY


def _minutes(name: str, description: str) -> Column:
    return Column(name, "int64", description, "min", minimum=0, maximum=MINUTES_PER_DAY)


PLANNED_ACTIVITIES: Final = Table(
    "silver",
    "planned_activities",
    "One row per activity and version: what takes people off the cases, when, and how far it may move.",
    ("activity_id", "valid_from"),
    (
        SOURCE,
        text("activity_id", "The activity.", nullable=False),
        text("queue_id", "Queue whose people it takes; null where it is one person's."),
        text("agent_id", "The person; null where it is people of a queue, whoever they are.", personal="agent"),
        text("kind", "What it is.", nullable=False, allowed=ACTIVITY_KINDS),
        local_time("starts_local", "Start by the wall clock; null = it has no time yet and waits for one.", nullable=True),
        local_time("ends_local", "End, exclusive; null = it has no time yet.", nullable=True),
        _minutes("minutes", "Length of one that has no time yet; null where it has one."),
        day("weekly_until", "Last date on which it comes again at the same time of the same weekday; null = once.", nullable=True),
        number("agents", "People it takes, 1 for a person's.", "agents", nullable=False, minimum=0),
        flag("is_movable", "It may be moved to another time."),
        _minutes("may_move_earlier_minutes", "How much earlier it may begin; null with the next one null too = whenever, and it "
                 "may be put off to another day unless it is a break."),
        _minutes("may_move_later_minutes", "How much later it may begin."),
        text("note", "Words for people."),
        *HISTORY,
    ),
)  # fmt: skip

ACTIVITY_INPUTS: Final = (PLANNED_ACTIVITIES,)
