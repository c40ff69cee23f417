"""Contract of the one table that only the readers' copy of gold has: which publish this is."""

from typing import Final

from wfm_pipeline.contracts.columns import Table, instant, text

PUBLICATION: Final = Table(
    "gold",
    "publication",
    "One row per publish: in the readers' copy, the publish that every table of it belongs to.",
    ("publish_id",),
    (
        text("publish_id", "The publish; grows with time as text.", nullable=False),
        instant("published_at", "When the copy was made."),
        text("run_id", "The Dagster run that ended with it; null for `wfm publish`."),
    ),
)
