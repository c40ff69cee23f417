"""What bronze adds to the source's own columns, and the ledger it keeps beside them."""

from typing import Final

from wfm_pipeline.contracts.columns import (
    BATCH_ID,
    SOURCE,
    Column,
    Table,
    count,
    day,
    flag,
    instant,
    text,
)
from wfm_pipeline.contracts.layout import Index, Layout
from wfm_pipeline.contracts.publication import PSEUDONYM

HASH_VERSION: Final = 2
"""Raise it when sources/rows/hashing would give the same row another hash: hashes of two versions are never compared.

1: until value texts became their own; 2: names as they are stored, so that what bronze keeps tells the hash.
"""

ROW_COLUMNS: Final = (
    text("_row_hash", "Hash over the row's values as the source gave them; the same in every engine.", nullable=False),
    text(
        "_key_hash",
        "Hash over the row's key; the row hash itself where a part of the key is missing.",
        nullable=False,
    ),
    day(
        "_business_date",
        "Business date in the site's zone; null where the source's date is missing or no date.",
        nullable=True,
    ),
    text(
        "_misfits",
        "JSON object, column -> original text, of values that did not fit their declared type, or held a character that no engine keeps.",
    ),
)
"""What the reader works out for each row."""

BATCH_COLUMNS: Final = (
    text("_source", SOURCE.description, nullable=False),
    text("_batch_id", BATCH_ID.description, nullable=False),
    instant("_ingested_at", "When the batch came in."),
    flag(
        "_is_deleted", "True for the last version of a row that is gone from a table read whole: only its key is kept."
    ),
    count("_hash_version", "Version of the rule behind both hashes; null: the first.", nullable=True),
)
"""What the warehouse adds when it appends a batch."""

BRONZE_COLUMNS: Final[tuple[Column, ...]] = (*BATCH_COLUMNS, *ROW_COLUMNS)
"""All columns that are ours and not the source's."""

BRONZE_LAYOUT: Final = Layout(
    "_business_date",
    (
        Index(("_key_hash",), "the versions that are known of the keys that a batch brings"),
        Index(("_business_date",), "the rows of some dates; the first and the last date"),
        Index(("_batch_id",), "what a batch brought"),
    ),
)
"""How the rows of a source's table are kept."""

RESERVED_NAMES: Final = frozenset(column.name for column in BRONZE_COLUMNS)
"""Names that no column of a source may have."""

DAY_LEDGER = Table(
    "bronze",
    "day_ledger",
    "One row per source table and business date: how many rows the source held when it was last read, and which.",
    ("source", "table_name", "business_date"),
    (
        SOURCE,
        text("table_name", "Physical table of the source.", nullable=False),
        day("business_date", "The business date."),
        count("rows_read", "Rows the source held for that date, duplicates included."),
        Column("batch_id", "string", "Batch that read the date last.", nullable=False),
        text("content_hash", "Digest of those rows in any order, with its version; null: not known yet."),
        instant(
            "checked_at",
            "When the source was last found to hold just those rows; null: never since they were read.",
            nullable=True,
        ),
    ),
    layout=Layout(None, (Index(("source", "table_name", "business_date"), "the dates that were compared tonight"),)),
)

TABLE_LEDGER = Table(
    "bronze",
    "table_ledger",
    "One row per source table: what it held, when it was last read, of rows that belong to no business date.",
    ("source", "table_name"),
    (
        SOURCE,
        text("table_name", "Physical table of the source.", nullable=False),
        count("rows_read", "Rows without a usable date; of a table that is read whole all rows."),
        text("content_hash", "Digest of those rows in any order, with its version.", nullable=False),
        Column("batch_id", "string", "Batch that read them last.", nullable=False),
    ),
)

PENDING_DAYS = Table(
    "bronze",
    "pending_days",
    "One row per silver table and business date that bronze has changed and silver has not refreshed yet.",
    ("source", "silver_table", "business_date"),
    (
        SOURCE,
        text("silver_table", "The table to refresh, with its layer.", nullable=False),
        day("business_date", "The business date."),
    ),
)

SOURCES = Table(
    "bronze",
    "sources",
    "One row per source that was ever read: what it says of itself.",
    ("source",),
    (SOURCE, flag("is_simulated", "Its data are made, not real; every title says so.")),
)

SOURCE_STATES = Table(
    "bronze",
    "source_states",
    "One row per source of a site of several: whether it was read when a run was last about the site.",
    ("source",),
    (
        SOURCE,
        flag("is_read", "It was read, or asked and found to hold nothing new."),
        instant("asked_at", "When that was."),
        day(
            "stands_at",
            "Last business date that was read to its end while it is not read; null: none, or it is read.",
            nullable=True,
        ),
        text("reason", "Why it was not read, in words; null: it was."),
    ),
)

FINISHED_RUNS = Table(
    "bronze",
    "finished_runs",
    "One row per source: the last main job that ended well, and what it stood on.",
    ("source",),
    (
        SOURCE,
        text("run_id", "The Dagster run.", nullable=False),
        instant("finished_at", "When it ended, readers' copy included."),
        text("stood_on", "JSON object, part -> fingerprint of what its tables come from.", nullable=False),
    ),
)

SCHEMA_VERSIONS = Table(
    "bronze",
    "schema_version",
    "One row per version the warehouse's tables have had; an older wfm refuses a warehouse that has a higher one.",
    ("version",),
    (
        count("version", "Number of the step that led to it."),
        text("step", "What the step did; `made new` where the warehouse began with this version.", nullable=False),
        instant("applied_at", "When."),
        text("wfm_version", "Version of the package that did it.", nullable=False),
    ),
)

BRONZE_TABLES: Final = (
    DAY_LEDGER,
    TABLE_LEDGER,
    PENDING_DAYS,
    SOURCES,
    SOURCE_STATES,
    FINISHED_RUNS,
    SCHEMA_VERSIONS,
    PSEUDONYM,
)
"""What bronze keeps beside the sources' own tables."""
