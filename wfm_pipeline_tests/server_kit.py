"""Databases of a test's own on the servers that variables name. Not here: which tests use them (conftest, engine_kit)."""

import os
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url


def throw_away_database(variable):
    """URL of a new database on the server the variable names; dropped when the generator goes on."""
    given = make_url(server_url(variable))
    is_postgres = given.get_backend_name() == "postgresql"
    name = f"wfm_test_{uuid.uuid4().hex[:12]}"
    admin = given.set(drivername="postgresql+psycopg") if is_postgres else given
    engine = sa.create_engine(admin, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
    try:
        yield given.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"drop database {name}{' with (force)' if is_postgres else ''}"))
        engine.dispose()


def server_url(variable: str) -> str:
    """The URL that a variable holds; skips where it holds none."""
    url = os.environ.get(variable)
    if not url:
        pytest.skip(f"{variable} is not set: this engine is not tested in this run")
    return url
