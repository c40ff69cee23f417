"""What a publish is, whichever the engine: its stamp, the analysts' views, and what was done.

How an engine changes its readers' copy in one move is in duckdb_copy.py and postgres_copy.py; the
order to publish is in publish.py.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlglot
import sqlglot.expressions as sge

SQL_FOLDER = Path(__file__).parents[3] / "sql" / "gold"
VIEW_FILES = {
    "Frcast_Operative_Calls": "frcast_operative_calls.sql",
    "Dim_Customer_Behavior": "dim_customer_behavior.sql",
}
"""Names that analysts of the source system know, and the query of each."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which publish it is: the row of `gold.publication` in the readers' copy.

    Attributes:
        publish_id: Begins with the time, so that later ones sort behind.
        published_at: Naive UTC.
        run_id: The Dagster run that ends with it, or None.
    """

    publish_id: str
    published_at: dt.datetime
    run_id: str | None

    @classmethod
    def new(cls, run_id: str | None = None) -> "Stamp":
        """A publish that begins now."""
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        return cls(f"{now:%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:6]}", now, run_id)


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did.

    Attributes:
        stamp: Which publish it was.
        rows: Rows of each table that was renewed, by its name without the layer.
        kept: Tables that stand as the former publish left them.
        place: Where readers find the copy.
        seconds: How long it took [s].
    """

    stamp: Stamp
    rows: Mapping[str, int]
    kept: tuple[str, ...]
    place: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads the copy, and what of persons they see.

    Attributes:
        roles: Roles of the database server that may read it.
        folder_mode: Mode of the folder it stands in, where it is a file.
        pseudonym_key: Key of the pseudonyms; None shows persons by their own keys.
    """

    roles: Collection[str] = ()
    folder_mode: int = 0o700
    pseudonym_key: bytes | None = field(default=None, repr=False)

    @property
    def see(self) -> str:
        """What they see of persons, as the stamp says it; a copy that says otherwise is renewed whole."""
        return "keys" if self.pseudonym_key is None else "pseudonyms"


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
    """A name in double quotes, as DuckDB and PostgreSQL take it."""
    return '"' + name.replace('"', '""') + '"'


def view_query(name: str, schema: str = "gold") -> str:
    """The select behind an analysts' view, without its comments, on the tables of a schema."""
    return _parsed(name, schema).sql(dialect="postgres", comments=False)


def views_of(tables: set[str], schema: str = "gold") -> dict[str, str]:
    """The analysts' views that can be made where these tables are: name -> query."""
    return {name: view_query(name, schema) for name in VIEW_FILES if viewed_tables(name) <= tables}


def viewed_tables(name: str) -> set[str]:
    """Gold tables that a view reads."""
    return {table.name for table in _parsed(name, "gold").find_all(sge.Table) if table.db == "gold"}


def _parsed(name: str, schema: str) -> sge.Expr:
    parsed = sqlglot.parse_one((SQL_FOLDER / VIEW_FILES[name]).read_text(encoding="utf-8"), dialect="postgres")
    for table in parsed.find_all(sge.Table):
        if table.db == "gold":
            table.set("db", sge.to_identifier(schema))
    return parsed
