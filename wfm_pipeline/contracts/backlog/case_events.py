"""Contract of case events: what happened to a case, when, and when the source first told it.

Not here: what events do to cases (domain/backlog).
"""

from typing import Final

from wfm_pipeline.contracts.columns import BATCH_ID, ROW_HASH, SOURCE, Table, day, instant, text
from wfm_pipeline.contracts.layout import BY_DATE

CASE_EVENT_KINDS: Final = (
    "opened",
    "assigned",
    "moved",
    "paused",
    "resumed",
    "resolved",
    "closed",
    "re_opened",
    "due",
)

CASE_EVENTS: Final = Table(
    "silver",
    "case_events",
    "One row per event of a case.",
    ("source", "case_id", "happened_at", "kind", "row_hash"),
    (
        SOURCE,
        text("case_id", "The case.", nullable=False),
        text("kind", "What happened.", nullable=False, allowed=CASE_EVENT_KINDS),
        instant("happened_at", "When."),
        text("queue_id", "Queue that the case is in from then on, where the event names it: `opened` and `moved` do."),
        text("priority", "Priority from then on, lower case; null = as before."),
        instant("due_at", "Of `due`: by when the case is to be done.", nullable=True),
        text("agent_id", "Who did it; null where nobody is named.", personal="agent"),
        instant("known_at", "When the source first told it; null where nobody wrote that down.", nullable=True),
        instant("ingested_at", "When the warehouse read it."),
        day("business_date", "Local date on which it happened."),
        ROW_HASH,
        BATCH_ID,
    ),
    partition="business_date",
    layout=BY_DATE,
)
