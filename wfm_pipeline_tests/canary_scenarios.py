"""The ways in which commands are run with canaries: one in which all is right, and every fault of every URL."""

import contextlib
import datetime as dt
import os

import pandas as pd
import sqlalchemy as sa

from wfm_pipeline.sources.sample import make_sample
from wfm_pipeline_tests.canary_kit import COMMANDS, WELL, Scenario, faults, faulty
from wfm_pipeline_tests.server_kit import throw_away_database

_POSTGRES = "WFM_TEST_POSTGRES_URL"


def sample_in(folder):
    """A small sample contact centre; gives its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "contact_centre.sqlite"
    make_sample(file, last_date=dt.date(2026, 6, 25), months=2, seed=1)
    return f"sqlite:///{file}"


@contextlib.contextmanager
def success(folder, commands, engine=None):
    """Every URL is right and has its canary where the engine has passwords: PostgreSQL, if there is a server, else DuckDB."""
    source = sample_in(folder)
    if engine != "postgres" and (engine or not os.environ.get(_POSTGRES)):
        yield Scenario(WELL, lambda _token: {"source_url": source}, commands)
        return
    with contextlib.ExitStack() as held:
        made = contextlib.contextmanager(throw_away_database)
        urls = {name: held.enter_context(made(_POSTGRES)) for name in ("source", "warehouse", "dagster_postgres")}
        _copy(source, urls["source"])
        yield Scenario(WELL, lambda token: _with_password(urls, f"{token} /:@%{token}"), commands, [*urls.values()])


def failures(folder, commands=None):
    """Every fault of every URL.

    Args:
        folder: Where a sample is made, which is the source where that is not at fault.
        commands: Setting -> the commands that are run; every command by default.
    """
    source = sample_in(folder)
    return [
        _failure(name, setting, url, source, (commands or {}).get(setting, _every(setting)))
        for name, (setting, url) in faults().items()
    ]


def _every(setting):
    """With a wrong source or warehouse `wfm dev` works on; it is looked at where Dagster's own storage is at fault."""
    return [name for name in COMMANDS if name != "dev" or setting == "dagster_postgres"]


def _failure(name, setting, url, source, commands):
    def urls(token):
        return {"source_url": source, f"{setting}_url": faulty(setting, url, token)}

    return Scenario(name, urls, commands)


def _with_password(urls, password):
    """The server trusts whoever comes from this machine, so any password is right."""
    schemes = {"source": "postgresql+psycopg", "warehouse": "postgresql", "dagster_postgres": "postgresql"}
    given = {name: sa.make_url(url).set(drivername=schemes[name], password=password) for name, url in urls.items()}
    return {f"{name}_url": url.render_as_string(hide_password=False) for name, url in given.items()}


def _copy(source, url):
    old, new = (
        sa.create_engine(source, poolclass=sa.NullPool),
        sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool),
    )
    for table in sa.inspect(old).get_table_names():
        pd.read_sql_table(table, old).to_sql(table, new, index=False)
    old.dispose()
    new.dispose()
