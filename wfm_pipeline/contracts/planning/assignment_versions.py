"""Contracts of the versions of weekly assignments: what was made when and from what, and who approved which.

The tables of the version that readers see as current are in allocation.py. Not here: what differs between two
versions (domain/allocation/tables/version_diff) and storing them (warehouse/shelves/assignment_versions).
"""

from dataclasses import replace
from typing import Final

from wfm_pipeline.contracts.columns import Column, Table, count, flag, instant, text
from wfm_pipeline.contracts.planning.allocation import (
    ALLOCATION_QUALITY,
    DEMAND_WEEK,
    ISO_WEEK,
    STRATEGY_WORDS,
    WEEKLY_RESOURCE_ASSIGNMENT,
)

_VERSION: Final = Column("version", "int64", "Version of the week's assignment; grows.", nullable=False, minimum=1)

ASSIGNMENT_VERSION: Final = Table(
    "gold",
    "assignment_version",
    "One row per ISO week and version of its weekly assignment: when it was made, why and from what.",
    ("iso_year", "iso_week", "version"),
    (
        *ISO_WEEK,
        _VERSION,
        instant("made_at", "When it was made; null = before versions were kept.", nullable=True),
        text("run_id", "The Dagster run that made it.", nullable=False),
        text(
            "reason",
            "Why it was made: a planner's words, or the name of the schedule.",
            nullable=False,
            personal="planner",
            is_free_text=True,
        ),
        text("strategy", "Strategy that made it.", nullable=False, allowed=STRATEGY_WORDS),
        text("settings", "Strategy, switches and weights it was made with, as JSON; null = not kept then."),
        text("hours", "Working days, hours and shares of each locality, as JSON; null = not kept then."),
        text("people_digest", "Digest of the roster as it counts in the week; null = not kept then."),
        text("demand_digest", "Digest of the week's work; null = not kept then."),
        text("previous_digest", "Digest of the assignment of the week before; null = not kept then."),
        text("content_digest", "Digest of inputs and answer: the same again makes no version; null = not kept then."),
        text("wfm_version", "Version of wfm that made it; null = not kept then."),
        count("moved", "People with another demand than in the version before; null = the first.", nullable=True),
        flag("is_current", "True: this version stands in weekly_resource_assignment, where readers look."),
    ),
)

ASSIGNMENT_APPROVAL: Final = Table(
    "gold",
    "assignment_approval",
    "One row per approval of a version; the last one of a week holds.",
    ("iso_year", "iso_week", "approved_at"),
    (
        *ISO_WEEK,
        instant("approved_at", "When."),
        _VERSION,
        text("approved_by", "Who.", nullable=False, personal="planner"),
        text("reason", "Why, in the planner's words; null = not said.", personal="planner", is_free_text=True),
    ),
)


def _archive(table: Table, *more: Column) -> Table:
    """All versions of a table of a week: its columns, the version, and what only versions keep."""
    return replace(
        table,
        name=f"{table.name}_archive",
        grain=f"{table.grain.removesuffix('.').split(', also')[0]}, and version of the week: all that were made.",
        key=(*table.key, "version"),
        columns=(*table.columns, _VERSION, *more),
    )


DEMAND_ARCHIVE: Final = _archive(DEMAND_WEEK)
ASSIGNMENT_ARCHIVE: Final = _archive(
    WEEKLY_RESOURCE_ASSIGNMENT,
    text(
        "person_facts",
        "What of the person counted in the week, as JSON; null = not kept then.",
        personal="agent",
        is_free_text=True,
    ),
)
QUALITY_ARCHIVE: Final = _archive(ALLOCATION_QUALITY)

ARCHIVE_OF: Final = {
    DEMAND_WEEK: DEMAND_ARCHIVE,
    WEEKLY_RESOURCE_ASSIGNMENT: ASSIGNMENT_ARCHIVE,
    ALLOCATION_QUALITY: QUALITY_ARCHIVE,
}
"""Table of a week, as readers see it -> all its versions."""
VERSION_TABLES: Final = (ASSIGNMENT_VERSION, ASSIGNMENT_APPROVAL, *ARCHIVE_OF.values())
