"""What readers see, as queries: the analysts' views in an engine's own words, and rows with pseudonyms for persons.

Here: what every engine's copies share. Not here: how an engine renews its copies (duckdb_copy.py, postgres_copy.py), who
reads them and how a pseudonym is made (warehouse/readers).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import sqlglot
import sqlglot.expressions as sge

from wfm_pipeline.contracts.tables import GOLD_COLUMNS, PERSONAL
from wfm_pipeline.warehouse.readers.publication import Readers

SQL_FOLDER = Path(__file__).parents[4] / "sql" / "gold"
VIEW_FILES = {
    "Frcast_Operative_Calls": "frcast_operative_calls.sql",
    "Dim_Customer_Behavior": "dim_customer_behavior.sql",
}
"""Names that analysts of the source system know, and the query of each."""
_WRITTEN_IN: Final = "postgres"
"""Dialect of those files."""
_DIGEST_LETTERS: Final = 32
"""Hexadecimal digits of a digest: no two rules share one."""


def shown_tables(readers: Readers, tables: Iterable[str]) -> list[str]:
    """Those of gold's tables that are in a copy, in order: of a table without a contract nobody knows whom it names."""
    return sorted(name for name in tables if readers.pseudonym_key is None or name in GOLD_COLUMNS)


def hidden_columns(readers: Readers, table: str, columns: Iterable[str]) -> dict[str, str | None]:
    """Columns that readers see otherwise than they are stored.

    Args:
        readers: Who reads.
        table: Name of the gold table.
        columns: The columns it has.

    Returns:
        Column -> kind of person whose pseudonym stands there, or None where null does: free text about persons, and what
        no contract describes.
    """
    if readers.pseudonym_key is None:
        return {}
    known, personal = GOLD_COLUMNS.get(table, {}), PERSONAL.get(table, {})
    shown = {name: column.personal if column.has_pseudonym else None for name, column in personal.items()}
    return {name: shown.get(name) for name in columns if name in shown or name not in known}


def rule_digest(readers: Readers) -> str:
    """Digest of the rule by which a copy shows columns: a copy that was made by another is renewed whole."""
    rule = {table: [list(columns), hidden_columns(readers, table, columns)] for table, columns in GOLD_COLUMNS.items()}
    return hashlib.sha256(json.dumps([readers.see, rule], sort_keys=True).encode()).hexdigest()[:_DIGEST_LETTERS]


def shown_to(readers: Readers, name: str, columns: Sequence[str], *, table: str, names: str) -> str:
    """The select that gives a table's rows as readers see them; a person without a pseudonym is null, never plain.

    Args:
        readers: Who reads.
        name: Name of the gold table.
        columns: The table's columns, in order.
        table: The table, as SQL names it.
        names: The table of pseudonyms, as SQL names it.
    """
    hidden = hidden_columns(readers, name, columns)
    joins = [
        f" left join {names} as {quoted(f'named_{column}')} on {quoted(f'named_{column}')}.kind = '{kind}' "
        f"and {quoted(f'named_{column}')}.value = ours.{quoted(column)}"
        for column, kind in hidden.items()
        if kind is not None
    ]
    shown = [_shown_column(column, hidden) for column in columns]
    return f"select {', '.join(shown)} from {table} as ours{''.join(joins)}"


def _shown_column(column: str, hidden: Mapping[str, str | None]) -> str:
    one = quoted(column)
    if column not in hidden:
        return f"ours.{one}"
    if hidden[column] is None:  # null in the column's own type, whichever that is
        return f"case when false then ours.{one} end as {one}"
    return f"{quoted(f'named_{column}')}.pseudonym as {one}"


def quoted(name: str) -> str:
    """A name in double quotes, as standard SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def view_query(name: str, dialect: str, schema: str = "gold") -> str:
    """The select behind an analysts' view, without its comments, on the tables of a schema."""
    return _parsed(name, schema).sql(dialect=dialect, comments=False)


def views_of(tables: set[str], dialect: str, schema: str = "gold") -> dict[str, str]:
    """The analysts' views that can be made where these tables are: name -> query."""
    return {name: view_query(name, dialect, schema) for name in VIEW_FILES if viewed_tables(name) <= tables}


def viewed_tables(name: str) -> set[str]:
    """Gold tables that a view reads."""
    return {table.name for table in _parsed(name, "gold").find_all(sge.Table) if table.db == "gold"}


def _parsed(name: str, schema: str) -> sge.Expr:
    parsed = sqlglot.parse_one((SQL_FOLDER / VIEW_FILES[name]).read_text(encoding="utf-8"), dialect=_WRITTEN_IN)
    for table in parsed.find_all(sge.Table):
        if table.db == "gold":
            table.set("db", sge.to_identifier(schema))
    return parsed
