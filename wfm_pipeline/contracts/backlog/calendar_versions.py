"""Contract of the versions of a site's calendar that due times in working hours count by.

Not here: which version a case keeps (domain/backlog/calendar_clock), and when one comes into force (domain/backlog).
"""

from typing import Final

from wfm_pipeline.contracts.columns import SOURCE, Column, Table, instant, text

STATUSES: Final = ("in_force", "waiting", "refused")
CAUSES: Final = ("first", "site_edit", "holiday_feed", "later_years")

BACKLOG_CALENDAR: Final = Table(
    "silver",
    "backlog_calendar",
    "One row per version of a site's calendar that was ever seen.",
    ("source", "version"),
    (
        SOURCE,
        Column("version", "int64", "Counts from 1.", "count", nullable=False, minimum=1),
        text("status", "`waiting`: a change of the holiday feed that nobody has approved; `in_force`: it counts from known_from on.",
             nullable=False, allowed=STATUSES),
        text("cause", "What made it: the first look, an edit of the site's own hours or days, another word of the holiday feed, years that "
             "the feed had not told before.", nullable=False, allowed=CAUSES),
        instant("seen_at", "When it was first seen."),
        instant("known_from", "From when on it counts, for clocks that begin then; null: it never did.", nullable=True),
        text("own", "Hours, own days and rows of queue hours of the site, as JSON.", nullable=False),
        text("feed", "Public holidays by year, as JSON.", nullable=False),
        text("decided_by", "Who approved or refused it; null where nobody had to.", personal="planner"),
        text("difference", "What is other than in the version before it that counts, in words.", nullable=False),
    ),
)  # fmt: skip
