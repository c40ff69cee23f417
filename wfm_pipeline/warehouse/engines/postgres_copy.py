"""The readers' copy on PostgreSQL: schema `gold_published`, whose rows change in one transaction.

A table is renewed by taking out the rows that are gone and adding the new ones, never by dropping or
renaming it: a reader's snapshot then holds one publish, also over several statements of one transaction,
no reader waits for the publish and it waits for none (docs/adr/0008). Unchanged rows are not touched. The copy has the
contract's indices and no months: each month is one more table that every reader's statement locks.
"""

from collections.abc import Collection, Sequence
from typing import Any

from wfm_pipeline.contracts.publication import PSEUDONYM, PUBLICATION
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES, PERSONAL
from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.warehouse.engines.postgres_layout import make_indices
from wfm_pipeline.warehouse.engines.readers_queries import quoted, shown_to, views_of
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

PUBLISHED = "gold_published"
"""Schema of the readers' copy."""
_KEYS = {table.name: table.key for table in ALL_GOLD_TABLES}
_INDICES = {table.name: table.layout.indices for table in ALL_GOLD_TABLES}
_LOCK_WAIT = "30s"
"""How long a change of columns waits for readers that hold a table."""
_NAMES = PSEUDONYM.full_name
_MUCH = 0.1
"""Share of a table's rows from which its statistics are renewed."""

_Shape = tuple[tuple[str, str], ...]
"""Columns of a table and their types, in order."""


def renew_copy(con: Any, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> dict[str, int]:
    """Take tables over into `gold_published`, all in one transaction; gives rows per table taken over.

    Args:
        con: A psycopg connection outside any transaction.
        stamp: Which publish it is.
        changed: Tables to take over besides those that the copy lacks or has with other columns; None takes all.
        readers: Roles that get to read the copy, and what of persons they see.

    Raises:
        SettingsError: the server has no such role.
    """
    _check_roles(con, readers.roles)
    with con.transaction():
        _prepare(con)
    with con.transaction():
        con.execute("set transaction isolation level repeatable read")
        con.execute(f"lock table {PUBLISHED}.publication in exclusive mode")  # readers pass, another publish waits
        con.execute(f"set local lock_timeout = '{_LOCK_WAIT}'")
        if con.execute(f"select 1 from {PUBLISHED}.publication where persons = %s", [readers.see]).fetchone() is None:
            changed = None
        ours, theirs = table_shapes(con, "gold"), table_shapes(con, PUBLISHED)
        wanted = [name for name in ours if changed is None or name in changed or theirs.get(name) != ours[name]]
        for name in theirs.keys() - ours.keys() - {PUBLICATION.name}:
            con.execute(f"drop table {PUBLISHED}.{quoted(name)} cascade")
        written = {name: _take_over(con, name, ours[name], theirs.get(name), readers) for name in wanted}
        for name, query in views_of(set(ours), "postgres", PUBLISHED).items():
            renew_view(con, PUBLISHED, name, query)
        _stamp(con, stamp, readers)
        _grant(con, readers.roles)
        for name in wanted:
            make_indices(con, f"{PUBLISHED}.{name}", _INDICES.get(name, ()))
        rows = {name: _count(con, name) for name in wanted}
    for name in wanted:
        if written[name] > _MUCH * rows[name]:
            con.execute(f"analyze {PUBLISHED}.{quoted(name)}")
    return rows


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


def check_readable(con: Any) -> None:
    """Refuse to read where nothing was published, or this role may not.

    Raises:
        WarehouseError: what is missing and what to do.
    """
    row = con.execute(
        "select has_schema_privilege(oid, 'usage'), current_user from pg_namespace where nspname = %s", [PUBLISHED]
    ).fetchone()
    if row and not row[0]:
        raise WarehouseError(
            f"role {row[1]} may not read schema {PUBLISHED}: name it in reader_roles (WFM_READER_ROLES) and publish",
            role=row[1],
        )
    if row is None or not table_shapes(con, PUBLISHED).get(PUBLICATION.name):
        raise WarehouseError("nothing has been published yet; run `wfm run`, or `wfm publish` after it")


def _prepare(con: Any) -> None:
    con.execute(f"create schema if not exists {PUBLISHED}")
    con.execute(
        f"create table if not exists {PUBLISHED}.publication "
        "(publish_id text not null, published_at timestamp not null, run_id text)"
    )
    con.execute(f"alter table {PUBLISHED}.publication add column if not exists persons text")


def _take_over(con: Any, name: str, shape: _Shape, former: _Shape | None, readers: Readers) -> int:
    """Make the copy's rows those of gold; gives how many were added."""
    source, copy = f"gold.{quoted(name)}", f"{PUBLISHED}.{quoted(name)}"
    if former is not None and shape[: len(former)] == former:
        for column, kind in shape[len(former) :]:
            con.execute(f"alter table {copy} add column {quoted(column)} {kind}")
    elif former is not None:
        con.execute(f"drop table {copy} cascade")
        former = None
    if former is None:
        con.execute(f"create table {copy} (like {source})")
    key = _KEYS.get(name)
    columns = [column for column, _ in shape]
    shown = f"({shown_to(readers, columns, PERSONAL.get(name, {}), table=source, names=_NAMES)})"
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


def _list(table: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{table}.{quoted(column)}" for column in columns)


def _stamp(con: Any, stamp: Stamp, readers: Readers) -> None:
    con.execute(f"delete from {PUBLISHED}.publication")
    con.execute(
        f"insert into {PUBLISHED}.publication values (%s, %s, %s, %s)",
        [stamp.publish_id, stamp.published_at, stamp.run_id, readers.see],
    )


def _count(con: Any, name: str) -> int:
    return int(con.execute(f"select count(*) from {PUBLISHED}.{quoted(name)}").fetchone()[0])


def _check_roles(con: Any, roles: Collection[str]) -> None:
    known = {row[0] for row in con.execute("select rolname from pg_roles where rolname !~ '^pg_'").fetchall()}
    missing = sorted(set(roles) - known)
    if missing:
        raise SettingsError(
            f"reader_roles (WFM_READER_ROLES) names {', '.join(missing)}, which the server does not know; "
            f"its roles are {', '.join(sorted(known))}: `create role {missing[0]}`, or take it out",
            got=missing,
        )


def _grant(con: Any, roles: Collection[str]) -> None:
    """Let roles read every table and view of the copy; what they may already is not granted again."""
    names = [
        row[0]
        for row in con.execute(
            "select c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace "
            "where n.nspname = %s and c.relkind in ('r', 'v')",
            [PUBLISHED],
        ).fetchall()
    ]
    for role in roles:
        if not con.execute("select has_schema_privilege(%s, %s, 'usage')", [role, PUBLISHED]).fetchone()[0]:
            con.execute(f"grant usage on schema {PUBLISHED} to {quoted(role)}")
        for name in names:
            relation = f"{PUBLISHED}.{quoted(name)}"
            if not con.execute("select has_table_privilege(%s, %s, 'select')", [role, relation]).fetchone()[0]:
                con.execute(f"grant select on {relation} to {quoted(role)}")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
