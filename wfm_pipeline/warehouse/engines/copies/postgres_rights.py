"""Rights on PostgreSQL: giving roles what they may read, and saying whether the login's own are what a run needs.

The roles themselves are made by `sql/roles/postgres_roles.sql`, which a person runs. Not here: what stands in the copies
(postgres_copy.py).
"""

from collections.abc import Collection
from typing import Any, Final

from wfm_pipeline.contracts.tables import PLANNERS_TABLES
from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.warehouse.engines.copies.shown import quoted
from wfm_pipeline.warehouse.readers.publication import Readers

ROLES_FILE: Final = "sql/roles/postgres_roles.sql"
"""The file that makes the roles, as messages name it."""
PUBLISHED: Final = "gold_published"
"""Schema of the analysts' copy."""
PERSONAL: Final = "gold_personal"
"""Schema of the copy with persons."""
MONTHS: Final = "wfm_months"
"""Schema of the parts of tables that are kept by months."""
OUR_SCHEMAS: Final = ("bronze", "silver", "gold", "ops", MONTHS, PUBLISHED, PERSONAL)
_READABLE: Final = "('r', 'p', 'v', 'm')"
"""Kinds of relations that can be read: tables, partitioned ones, views, materialised views."""
_TOO_MUCH: Final = {
    "rolsuper": "is a superuser",
    "rolcreaterole": "may make roles",
    "rolcreatedb": "may make databases",
    "rolbypassrls": "passes row security",
}


def make_schema(con: Any, schema: str) -> None:
    """Make a schema that is not there: `if not exists` alone wants the right to make one also where it is there."""
    if con.execute("select 1 from pg_namespace where nspname = %s", [schema]).fetchone() is None:
        con.execute(f"create schema if not exists {schema}")


def check_roles(con: Any, readers: Readers) -> None:
    """Refuse settings that name what the server does not have.

    Raises:
        SettingsError: the server has no such role, or the setting is another engine's.
    """
    if readers.personal_folder_mode is not None:
        raise SettingsError(
            "personal_readers_mode (WFM_PERSONAL_READERS_MODE) is of a DuckDB file; on PostgreSQL name the roles that may "
            "see persons in personal_reader_roles (WFM_PERSONAL_READER_ROLES)",
            got=oct(readers.personal_folder_mode),
        )
    known = {row[0] for row in con.execute("select rolname from pg_roles where rolname !~ '^pg_'").fetchall()}
    for name, roles in readers.roles_by_setting.items():
        if missing := sorted(set(roles) - known):
            raise SettingsError(
                f"{name} (WFM_{name.upper()}) names {', '.join(missing)}, which the server does not know; "
                f"its roles are {', '.join(sorted(known))}: `create role {missing[0]}`, or take it out",
                got=missing,
            )


def grant_reading(con: Any, schema: str, roles: Collection[str]) -> None:
    """Let roles read every table and view of a copy; what they may already is not granted again.

    Raises:
        WarehouseError: the login may not let them into the schema.
    """
    names = [
        row[0]
        for row in con.execute(
            "select c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace "
            f"where n.nspname = %s and c.relkind in {_READABLE}",
            [schema],
        ).fetchall()
    ]
    for role in roles:
        _let_enter(con, role, schema)
        for name in names:
            relation = f"{schema}.{quoted(name)}"
            if not con.execute("select has_table_privilege(%s, %s, 'select')", [role, relation]).fetchone()[0]:
                con.execute(f"grant select on {relation} to {quoted(role)}")


def grant_planning(con: Any, roles: Collection[str]) -> None:
    """Let roles write the planners' tables that are there: read, add a version, close one; nothing is deleted or rewritten.

    Raises:
        WarehouseError: the login may not let them into the schema.
    """
    for role in roles:
        _let_enter(con, role, "silver")
        for name in (table.full_name for table in PLANNERS_TABLES):
            row = con.execute(
                "select has_table_privilege(%s, c.oid, 'select') and has_table_privilege(%s, c.oid, 'insert') "
                "and has_column_privilege(%s, c.oid, 'valid_until', 'update') "
                "from pg_class as c where c.oid = to_regclass(%s)",
                [role, role, role, name],
            ).fetchone()
            if row == (False,):
                con.execute(f"grant select, insert, update (valid_until) on {name} to {quoted(role)}")


def rights_words(con: Any) -> str:
    """Who is logged in, and whether that can do more than a run needs, in words.

    Raises:
        WarehouseError: it can do less, with what is missing.
    """
    role = con.execute("select current_user").fetchone()[0]
    if missing := [*_missing_on_schemas(con), *_tables_of_others(con)]:
        raise WarehouseError(f"role {role} cannot write: {'; '.join(missing)}", role=role)
    more = [words for column, words in _TOO_MUCH.items() if _has_attribute(con, column)]
    if not more and _may_make_schemas(con):
        more = ["may make schemas"]
    return f"role {role} can write" + (f", and more than a run needs: it {', '.join(more)}" if more else " and no more")


def _let_enter(con: Any, role: str, schema: str) -> None:
    if not _may_enter(con, role, schema):
        con.execute(f"grant usage on schema {schema} to {quoted(role)}")
        if not _may_enter(con, role, schema):  # the server only warns where it gave nothing
            raise WarehouseError(f"this login cannot let {role} into schema {schema}: run {ROLES_FILE}", role=role)


def _may_enter(con: Any, role: str, schema: str) -> bool:
    return bool(con.execute("select has_schema_privilege(%s, %s, 'usage')", [role, schema]).fetchone()[0])


def _missing_on_schemas(con: Any) -> list[str]:
    """Schemas that are not there and cannot be made, or in which no table can be made."""
    there = {
        row[0]: row[1]
        for row in con.execute(
            "select nspname, has_schema_privilege(oid, 'usage') and has_schema_privilege(oid, 'create') "
            "from pg_namespace where nspname = any(%s)",
            [list(OUR_SCHEMAS)],
        ).fetchall()
    }
    closed = [f"no tables can be made in schema {name}" for name in OUR_SCHEMAS if there.get(name) is False]
    needed = [name for name in OUR_SCHEMAS if name not in there and name != PERSONAL]
    absent = [f"schema {name} is not there and cannot be made" for name in needed] if not _may_make_schemas(con) else []
    return closed + absent


def _tables_of_others(con: Any) -> list[str]:
    """Tables of ours that the role does not own: it could add no column to them and not count them anew."""
    rows = con.execute(
        "select n.nspname || '.' || c.relname, pg_get_userbyid(c.relowner) from pg_class as c "
        "inner join pg_namespace as n on n.oid = c.relnamespace "
        f"where n.nspname = any(%s) and c.relkind in {_READABLE} and not pg_has_role(c.relowner, 'usage') order by 1",
        [list(OUR_SCHEMAS)],
    ).fetchall()
    return [f"{len(rows)} tables are another's, such as {rows[0][0]} of {rows[0][1]}"] if rows else []


def _has_attribute(con: Any, column: str) -> bool:
    return bool(con.execute(f"select {column} from pg_roles where rolname = current_user").fetchone()[0])


def _may_make_schemas(con: Any) -> bool:
    return bool(con.execute("select has_database_privilege(current_database(), 'create')").fetchone()[0])
