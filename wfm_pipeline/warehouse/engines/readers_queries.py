"""What readers see, as queries: the analysts' views in an engine's own words, and rows with pseudonyms for persons.

Here: what every engine's copy shares. Not here: how an engine renews its copy (duckdb_copy.py, postgres_copy.py)
and who reads it (warehouse/readers/publication).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import sqlglot
import sqlglot.expressions as sge

from wfm_pipeline.warehouse.readers.publication import Readers

SQL_FOLDER = Path(__file__).parents[3] / "sql" / "gold"
VIEW_FILES = {
    "Frcast_Operative_Calls": "frcast_operative_calls.sql",
    "Dim_Customer_Behavior": "dim_customer_behavior.sql",
}
"""Names that analysts of the source system know, and the query of each."""
_WRITTEN_IN: Final = "postgres"
"""Dialect of those files."""


def shown_to(readers: Readers, columns: Sequence[str], personal: Mapping[str, str], *, table: str, names: str) -> str:
    """The select that gives a table's rows as readers see them; a person without a pseudonym is null, never plain.

    Args:
        readers: Who reads.
        columns: The table's columns, in order.
        personal: Those of them that are personal -> kind of person.
        table: The table, as SQL names it.
        names: The table of pseudonyms, as SQL names it.
    """
    hidden = {} if readers.pseudonym_key is None else personal
    joins = [
        f" left join {names} as {quoted(f'named_{column}')} on {quoted(f'named_{column}')}.kind = '{kind}' "
        f"and {quoted(f'named_{column}')}.value = ours.{quoted(column)}"
        for column, kind in hidden.items()
    ]
    shown = [
        f"{quoted(f'named_{column}')}.pseudonym as {quoted(column)}" if column in hidden else f"ours.{quoted(column)}"
        for column in columns
    ]
    return f"select {', '.join(shown)} from {table} as ours{''.join(joins)}"


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
