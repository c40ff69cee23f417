"""The readers' copies on PostgreSQL: schemas `gold_published` and `gold_personal`, whose rows change in one transaction.

A table is renewed by taking out the rows that are gone and adding the new ones, never by dropping or
renaming it: a reader's snapshot then holds one publish, also over several statements of one transaction,
no reader waits for the publish and it waits for none (docs/adr/0008). Unchanged rows are not touched. The copy has the
contract's indices and no months: each month is one more table that every reader's statement locks.
The copy with persons is made where roles are named that may read it. Not here: who may read what (postgres_rights.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wfm_pipeline.contracts.publication import PSEUDONYM, PUBLICATION
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.copies.postgres_rights import (
    PERSONAL,
    PUBLISHED,
    check_roles,
    grant_planning,
    grant_reading,
    make_schema,
)
from wfm_pipeline.warehouse.engines.copies.shown import (
    hidden_columns,
    quoted,
    rule_digest,
    shown_tables,
    shown_to,
    views_of,
)
from wfm_pipeline.warehouse.engines.postgres_layout import make_indices
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

_KEYS = {table.name: table.key for table in ALL_GOLD_TABLES}
_INDICES = {table.name: table.layout.indices for table in ALL_GOLD_TABLES}
_LOCK_WAIT = "30s"
"""How long a change of columns waits for readers that hold a table."""
_NAMES = PSEUDONYM.full_name
_MUCH = 0.1
"""Share of a table's rows from which its statistics are renewed."""

_Shape = tuple[tuple[str, str], ...]
"""Columns of a table and their types, in order."""


@dataclass(frozen=True, slots=True)
class _Renewed:
    """What was taken over into a copy: rows of its tables, and how many of them were new."""

    rows: Mapping[str, int]
    added: Mapping[str, int]


def renew_copies(con: Any, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> dict[str, int]:
    """Take tables over into the copies, all in one transaction; gives rows per table taken over.

    Args:
        con: A psycopg connection outside any transaction.
        stamp: Which publish it is.
        changed: Tables to take over besides those that a copy lacks or has with other columns; None takes all.
        readers: Roles that get to read the copies, and what of persons they see.

    Raises:
        SettingsError: the server has no such role.
        WarehouseError: the login may not make a copy, or not let a role read it.
    """
    check_roles(con, readers)
    copies = {PUBLISHED: readers} | ({PERSONAL: readers.of_persons} if readers.personal_roles else {})
    with con.transaction():
        for schema in copies:
            _prepare(con, schema)
    with con.transaction():
        con.execute("set transaction isolation level repeatable read")
        con.execute(f"lock table {PUBLISHED}.publication in exclusive mode")  # readers pass, another publish waits
        con.execute(f"set local lock_timeout = '{_LOCK_WAIT}'")
        if PERSONAL not in copies:
            _empty(con, PERSONAL)
        renewed = {schema: _renew(con, schema, stamp, changed, who) for schema, who in copies.items()}
        grant_reading(con, PUBLISHED, sorted({*readers.roles, *readers.personal_roles, *readers.planner_roles}))
        if PERSONAL in copies:
            grant_reading(con, PERSONAL, readers.personal_roles)
        grant_planning(con, readers.planner_roles)
    for schema, done in renewed.items():
        for name, rows in done.rows.items():
            if done.added[name] > _MUCH * rows:
                con.execute(f"analyze {schema}.{quoted(name)}")
    return {name: rows for done in reversed(renewed.values()) for name, rows in done.rows.items()}


def _renew(con: Any, schema: str, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> _Renewed:
    """Make one copy that of the publish."""
    rule = rule_digest(readers)
    if con.execute(f"select 1 from {schema}.publication where rule_digest = %s", [rule]).fetchone() is None:
        changed = None
    ours, theirs = table_shapes(con, "gold"), table_shapes(con, schema)
    shown = shown_tables(readers, ours)
    wanted = [name for name in shown if changed is None or name in changed or theirs.get(name) != ours[name]]
    for name in theirs.keys() - {*shown, PUBLICATION.name}:
        con.execute(f"drop table {schema}.{quoted(name)} cascade")
    added = {name: _take_over(con, schema, name, ours[name], theirs.get(name), readers) for name in wanted}
    for name in wanted:
        make_indices(con, f"{schema}.{name}", _INDICES.get(name, ()))
    for name, query in views_of(set(shown), "postgres", schema).items():
        renew_view(con, schema, name, query)
    con.execute(f"delete from {schema}.publication")
    con.execute(
        f"insert into {schema}.publication (publish_id, published_at, run_id, persons, rule_digest) "
        "values (%s, %s, %s, %s, %s)",
        [stamp.publish_id, stamp.published_at, stamp.run_id, readers.see, rule],
    )
    return _Renewed({name: _count(con, schema, name) for name in wanted}, added)


def renew_view(con: Any, schema: str, name: str, query: str) -> None:
    """Make a view where it is not there or was made from another query; a view as it should be is not locked.

    The query is kept as the view's comment: PostgreSQL itself keeps it in other words.
    """
    found = con.execute(
        "select obj_description(c.oid, 'pg_class') from pg_class as c inner join pg_namespace as n "
        "on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s and c.relkind = 'v'",
        [schema, name],
    ).fetchone()
    if found and found[0] == query:
        return
    view = f"{quoted(schema)}.{quoted(name)}"
    con.execute(f"drop view if exists {view}")
    con.execute(f"create view {view} as {query}")
    con.execute(f"comment on view {view} is {_text(query)}")


def table_shapes(con: Any, schema: str) -> dict[str, _Shape]:
    """The tables of a schema (no views) and their columns."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = (
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute as a "
        "inner join pg_class as c on c.oid = a.attrelid inner join pg_namespace as n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped "
        "order by c.relname, a.attnum"
    )
    for table, column, kind in con.execute(query, [schema]).fetchall():
        found.setdefault(table, []).append((column, kind))
    return {table: tuple(columns) for table, columns in found.items()}


def check_readable(con: Any, schema: str = PUBLISHED) -> None:
    """Refuse to read a copy where nothing was published, or this role may not.

    Raises:
        WarehouseError: what is missing and what to do.
    """
    setting = "personal_reader_roles" if schema == PERSONAL else "reader_roles"
    row = con.execute(
        "select has_schema_privilege(oid, 'usage'), current_user from pg_namespace where nspname = %s", [schema]
    ).fetchone()
    if row and not row[0]:
        raise WarehouseError(
            f"role {row[1]} may not read schema {schema}: name it in {setting} (WFM_{setting.upper()}) and publish",
            role=row[1],
        )
    if row is None or not table_shapes(con, schema).get(PUBLICATION.name):
        raise WarehouseError(
            "nothing has been published yet; run `wfm run`, or `wfm publish` after it"
            if schema == PUBLISHED
            else f"there is no copy with persons: name its readers in {setting} (WFM_{setting.upper()}) and publish"
        )


def _prepare(con: Any, schema: str) -> None:
    make_schema(con, schema)
    con.execute(
        f"create table if not exists {schema}.publication "
        "(publish_id text not null, published_at timestamp not null, run_id text)"
    )
    for column in ("persons", "rule_digest"):
        con.execute(f"alter table {schema}.publication add column if not exists {column} text")


def _empty(con: Any, schema: str) -> None:
    """Take away a copy that nobody asks for any more: it would go on telling old numbers, and persons."""
    for name in table_shapes(con, schema):
        con.execute(f"drop table {schema}.{quoted(name)} cascade")


def _take_over(con: Any, schema: str, name: str, shape: _Shape, former: _Shape | None, readers: Readers) -> int:
    """Make the copy's rows those of gold; gives how many were added."""
    source, copy = f"gold.{quoted(name)}", f"{schema}.{quoted(name)}"
    columns = [column for column, _ in shape]
    _make_alike(con, name, shape, former, copy)
    _let_be_null(con, copy, hidden_columns(readers, name, columns))
    shown = f"({shown_to(readers, name, columns, table=source, names=_NAMES)})"
    key = _KEYS.get(name)
    if key is None:  # a table of somebody else: no key to compare rows by
        con.execute(f"delete from {copy}")
        return int(con.execute(f"insert into {copy} select * from {shown} as ours").rowcount)
    same = " and ".join(f"ours.{quoted(column)} = theirs.{quoted(column)}" for column in key)
    is_equal = f"row({_list('ours', columns)}) is not distinct from row({_list('theirs', columns)})"
    con.execute(
        f"delete from {copy} as theirs where not exists (select 1 from {shown} as ours where {same} and {is_equal})"
    )
    return int(
        con.execute(
            f"insert into {copy} ({', '.join(map(quoted, columns))}) select {_list('ours', columns)} "
            f"from {shown} as ours where not exists (select 1 from {copy} as theirs where {same})"
        ).rowcount
    )


def _make_alike(con: Any, name: str, shape: _Shape, former: _Shape | None, copy: str) -> None:
    """Give the copy's table the columns of gold's; made anew only where one has another type or is gone."""
    if former is not None and shape[: len(former)] == former:
        for column, kind in shape[len(former) :]:
            con.execute(f"alter table {copy} add column {quoted(column)} {kind}")
        return
    if former is not None:
        con.execute(f"drop table {copy} cascade")
    con.execute(f"create table {copy} (like gold.{quoted(name)})")


def _let_be_null(con: Any, copy: str, hidden: Collection[str]) -> None:
    """What is hidden may be null in the copy, also where gold always has a value."""
    found = con.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnotnull and attname = any(%s)",
        [copy, list(hidden)],
    ).fetchall()
    for (column,) in found:
        con.execute(f"alter table {copy} alter column {quoted(column)} drop not null")


def _list(table: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{table}.{quoted(column)}" for column in columns)


def _count(con: Any, schema: str, name: str) -> int:
    return int(con.execute(f"select count(*) from {schema}.{quoted(name)}").fetchone()[0])


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
