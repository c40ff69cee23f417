"""What a replay notes beside the operational tables it writes: that they are its own, and how far it has come.

No live centre has this table. Not here: the tables themselves (tables).
"""

from typing import Final

from wfm_pipeline.contracts.columns import Column, Table, instant, text

ONLY_REPLAY: Final = 1
"""Key of the one row: tables belong to one replay at a time."""

REPLAY_MARKS: Final = Table(
    "operational",
    "replay_marks",
    "One row: the replay that wrote these operational tables.",
    ("id",),
    (
        Column("id", "int64", "1.", nullable=False, minimum=ONLY_REPLAY, maximum=ONLY_REPLAY),
        text("source", "Source whose records are replayed.", nullable=False),
        text("recorded_date", "Business date of the records, YYYY-MM-DD.", nullable=False),
        Column("shift_seconds", "int64", "Added to every recorded instant.", "s", nullable=False),
        text("digest", "What the records and the numbers of the replay were, in one short text.", nullable=False),
        instant("as_of", "As of when the tables are; null before the first tick.", nullable=True),
        text("row_counts", "Rows of each table as of then, JSON.", nullable=False),
        text("run_token", "Which run writes; one that finds another's stops.", nullable=False),
    ),
)
