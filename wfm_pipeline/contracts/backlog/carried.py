"""Contracts of what one hour of the backlog leaves for the next, so that none reads the whole history again.

Rows belong to a generation; the row of `silver.backlog_carry` names the one that counts, so that a generation half written is
never read. Not here: events as they come (case_events), hours (hours).
"""

from typing import Final

from wfm_pipeline.contracts.columns import SOURCE, Column, Table, count, instant, text

GENERATION: Final = Column(
    "generation", "int64", "Which renewal the row belongs to.", "count", nullable=False, minimum=0
)
_CASE: Final = text("case_id", "The case.", nullable=False)

OPEN_CASE_EVENTS: Final = Table(
    "silver",
    "open_case_events",
    "One row per event, before the carry's instant, of a case that was open then.",
    ("source", "generation", "case_id", "happened_at", "kind", "row_hash"),
    (
        SOURCE,
        GENERATION,
        _CASE,
        text("kind", "As in silver.case_events.", nullable=False),
        instant("happened_at", "When."),
        text("queue_id", "As in silver.case_events."),
        text("priority", "As in silver.case_events."),
        instant("due_at", "As in silver.case_events.", nullable=True),
        instant("known_at", "As in silver.case_events.", nullable=True),
        instant("ingested_at", "When the warehouse read it."),
        text("row_hash", "Hash of the bronze row this came from.", nullable=False),
    ),
)

DONE_CASE_CYCLES: Final = Table(
    "silver",
    "done_case_cycles",
    "One row per open-close cycle that ended in the days of latency before the carry's instant, of cases that were not open then.",
    ("source", "generation", "case_id", "began_at", "done_at"),
    (
        SOURCE,
        GENERATION,
        _CASE,
        text("queue_id", "Queue in which it ended.", nullable=False),
        text("priority", "Priority at the end; null where none was told."),
        instant("began_at", "Opening or re-open."),
        instant("done_at", "End."),
    ),
)

BACKLOG_CARRY: Final = Table(
    "silver",
    "backlog_carry",
    "One row per source: which generation counts, and what it stands on.",
    ("source",),
    (
        SOURCE,
        GENERATION,
        instant("stands_at", "Instant whose open cases are carried; hours that begin at or after it can be made from them."),
        instant("known_until", "Nothing that the source told later was used."),
        instant("ingested_until", "Newest ingestion of the events there were; later ones are read beside the carry."),
        count("events_then", "Events there were of the source up to that ingestion."),
        instant("taken_at", "Newest ingestion of the events before stands_at."),
        text("rules_digest", "Digest of the rules and queues that it holds under.", nullable=False),
        count("events", "Rows of the generation in silver.open_case_events."),
        count("cycles", "Rows of the generation in silver.done_case_cycles."),
    ),
)  # fmt: skip

CARRY_TABLES: Final = (OPEN_CASE_EVENTS, DONE_CASE_CYCLES, BACKLOG_CARRY)
