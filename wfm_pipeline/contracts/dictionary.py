"""The data dictionary: every contract as Markdown. The file in docs/ is made from this, never by hand."""

from collections.abc import Iterable

from wfm_pipeline.contracts.bronze import BRONZE_TABLES
from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.contracts.operational.replays import REPLAY_MARKS
from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES, ALL_SILVER_TABLES

_HEAD = """# Data dictionary

Made from the contracts in `wfm_pipeline/contracts/`. Instants are UTC without a zone, `local` is wall clock of the
site, shares are 0..1. A column is null only where the table says so.

Bronze tables are named `bronze.<source>__<table>`; a name over 63 bytes is cut and ends in a hash. They hold the source's own columns, typed by
the source map, and `_source, _batch_id, _ingested_at, _hash_version, _row_hash, _business_date, _misfits`. They are append-only. The bronze tables below are what
the house notes beside them. *Personal* says whose data a column holds: in the analysts' copy a person stands under a pseudonym there,
and free text is null.
"""

_OPERATIONAL_HEAD = """# Operational tables

What a live centre's own database holds, under its own names and in its own units; the pipeline reads them; only a replay
writes some, into a database of its own, and `replay_marks` beside them. The DDL for
PostgreSQL, MariaDB, SQLite and SQL Server is in `sql/operational`. They have no schema of ours: `operational.` here only says which they are.
"""


def data_dictionary() -> str:
    """The whole dictionary, layer by layer."""
    ours = (*BRONZE_TABLES, *ALL_SILVER_TABLES, *ALL_GOLD_TABLES)
    return "\n".join(
        [_HEAD, *map(_section, ours), _OPERATIONAL_HEAD, *map(_section, (*OPERATIONAL_TABLES, REPLAY_MARKS))]
    )


def _section(table: Table) -> str:
    rows = "\n".join(_row(table, column) for column in table.columns)
    return (
        f"## {table.full_name}\n\n{table.grain} Key: {_names(table.key)}.\n\n"
        f"| column | type | unit | null | meaning |\n|---|---|---|---|---|\n{rows}\n"
    )


def _row(table: Table, column: Column) -> str:
    is_required = not column.nullable or column.name in table.key
    meaning = column.description + (f" One of: {_names(column.allowed)}." if column.allowed else "")
    meaning += _range(table, column)
    words = f"{column.personal}, free text" if column.is_free_text else column.personal
    meaning += f" Personal ({words})." if column.personal else ""
    cells = (f"`{column.name}`", column.type, column.unit, "" if is_required else "yes", meaning.replace("|", "\\|"))
    return f"| {' | '.join(cells)} |"


def _range(table: Table, column: Column) -> str:
    """What can be believed of a foreign value: ours keep their ranges by themselves."""
    if table.layer != "operational" or column.maximum is None:
        return ""
    return f" {column.minimum:,g} to {column.maximum:,g}."


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
