"""The operational tables' DDL and their contracts say the same, column by column, in every dialect, and can be run again."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
import sqlfluff
import sqlglot
from sqlalchemy.pool import NullPool
from sqlglot import exp

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_INDICES, OPERATIONAL_TABLES

FOLDER = Path(__file__).parents[3] / "sql" / "operational"
DIALECTS = {"sqlite": "sqlite", "mariadb": "mysql", "postgres": "postgres", "mssql": "tsql"}
TYPES = {
    "postgres": {
        "string": "VARCHAR",
        "int64": "INT",
        "float64": "DOUBLE",
        "boolean": "BOOLEAN",
        "timestamp": "TIMESTAMP",
    },
    "mariadb": {
        "string": "VARCHAR",
        "int64": "INT",
        "float64": "DOUBLE",
        "boolean": "BOOLEAN",
        "timestamp": "DATETIME",
    },
    "sqlite": {"string": "TEXT", "int64": "INT", "float64": "FLOAT", "boolean": "BOOLEAN", "timestamp": "DATETIME"},
    "mssql": {"string": "NVARCHAR", "int64": "INT", "float64": "FLOAT", "boolean": "BIT", "timestamp": "DATETIME2"},
}
"""What a contract's type is called in a dialect, as sqlglot reads it."""


def ddl(dialect):
    return (FOLDER / f"operational_{dialect}.sql").read_text(encoding="utf-8")


def statements(dialect):
    lines = [line for line in ddl(dialect).splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";") if part.strip()]


def created(dialect):
    """Table -> its `create table`, as sqlglot reads it; SQL Server's stand behind an `if` that sqlglot passes over."""
    plain = [part[part.index("create ") :] for part in statements(dialect)]
    trees = [sqlglot.parse_one(part, read=DIALECTS[dialect]) for part in plain if part.startswith("create table")]
    return {tree.find(exp.Table).name: tree for tree in trees}


def promised(table, dialect):
    return [
        (column.name, TYPES[dialect][column.type], column.nullable and column.name not in table.key)
        for column in table.columns
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_column_has_the_type_and_the_null_rule_of_its_contract(dialect):
    found = {
        name: [
            (column.name, column.kind.this.name, column.find(exp.NotNullColumnConstraint) is None)
            for column in tree.find_all(exp.ColumnDef)
        ]
        for name, tree in created(dialect).items()
    }

    assert {table.name: promised(table, dialect) for table in OPERATIONAL_TABLES} == found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_primary_key_is_the_key_of_the_contract(dialect):
    found = {
        name: tuple(part.name for part in tree.find(exp.PrimaryKey).find_all(exp.Identifier))
        for name, tree in created(dialect).items()
    }

    assert {table.name: table.key for table in OPERATIONAL_TABLES} == found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_indices_are_those_that_each_cycle_asks_by(dialect):
    found = {}
    for part in statements(dialect):
        if index := re.search(r"create index (?:if not exists )?\S+\s+on (\S+) \((.*)\)", part):
            names = tuple(re.findall(r"\w+", index[2]))
            found.setdefault(re.sub(r"\W", "", index[1]), []).append(names)

    assert {name: list(indices) for name, indices in OPERATIONAL_INDICES.items()} == found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_file_is_read_by_sqlfluff_and_opens_with_what_grain_inputs_and_why(dialect):
    parsed = sqlfluff.parse(ddl(dialect), dialect=DIALECTS[dialect].replace("mysql", "mariadb"))
    header = ddl(dialect).split("\n\n")[0]

    assert "file" in parsed
    assert [word in header for word in ("-- What:", "-- Grain:", "-- Inputs:", "-- Why:")] == [True] * 4


def shelves(engine):
    """Table -> (columns with their null rule, key, indices), as a database tells them."""
    with engine.connect() as connection:
        told = sa.inspect(connection)
        return {
            table.name: (
                [(column["name"], column["nullable"]) for column in told.get_columns(table.name)],
                tuple(told.get_pk_constraint(table.name)["constrained_columns"]),
                sorted(tuple(index["column_names"]) for index in told.get_indexes(table.name)),
            )
            for table in OPERATIONAL_TABLES
        }


PROMISED = {
    table.name: (
        [(column.name, column.nullable and column.name not in table.key) for column in table.columns],
        table.key,
        sorted(OPERATIONAL_INDICES.get(table.name, ())),
    )
    for table in OPERATIONAL_TABLES
}


def run_twice(url, dialect):
    """Run the file, write a row, run it again: the row stays, and the tables are those of the contracts."""
    engine = sa.create_engine(url, poolclass=NullPool)
    for time in range(2):
        with engine.begin() as connection:
            for part in statements(dialect):
                connection.exec_driver_sql(part)
            if time == 0:
                groups = sa.Table("groups", sa.MetaData(), autoload_with=connection)
                connection.execute(groups.insert(), {"id": "g1", "group_name": "Försäljning"})
    with engine.connect() as connection:
        kept = connection.execute(sa.select(groups.c.group_name)).scalars().all()
    return shelves(engine), kept


def test_the_ddl_makes_the_tables_on_sqlite_and_again_changes_nothing(tmp_path):
    path = tmp_path / "live.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ddl("sqlite"))  # the whole file as it stands

    assert (PROMISED, ["Försäljning"]) == run_twice(f"sqlite:///{path}", "sqlite")


@pytest.mark.mariadb
def test_the_ddl_makes_the_tables_on_mariadb_and_again_changes_nothing(mariadb_url):
    assert (PROMISED, ["Försäljning"]) == run_twice(mariadb_url, "mariadb")


@pytest.mark.postgres
def test_the_ddl_makes_the_tables_on_postgresql_and_again_changes_nothing(postgres_url):
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")

    assert (PROMISED, ["Försäljning"]) == run_twice(url, "postgres")


def test_a_column_of_a_measure_says_its_unit_and_what_can_be_believed():
    measured = [
        column for table in OPERATIONAL_TABLES for column in table.columns if column.type in ("int64", "float64")
    ]
    bare = [
        column.name
        for column in measured
        if column.minimum is None or (column.name != "schedule_version" and (column.maximum is None or not column.unit))
    ]

    assert len(measured) > 30
    assert [] == bare
