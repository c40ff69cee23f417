"""Contracts of what publishing needs: which publish a copy is, and under which name readers know a person."""

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
        text("persons", "How persons are shown.", allowed=("pseudonyms", "keys")),
        text(
            "rule_digest", "Digest of which columns are shown, and how; a copy made by another rule is renewed whole."
        ),
    ),
)

PSEUDONYM: Final = Table(
    "bronze",
    "pseudonym",
    "One row per person in gold that readers know by another name; readers do not see this table.",
    ("kind", "value"),
    (
        text("kind", "What the person is here: `customer`, `agent` or `planner`.", nullable=False),
        text("value", "The person's own key.", nullable=False, personal="customer"),
        text("pseudonym", "What readers see: the kind and a keyed hash.", nullable=False),
    ),
)
