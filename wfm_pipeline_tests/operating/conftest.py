"""A real webserver and a real daemon on a house of their own, as `wfm dev` starts them.

Twice: on what a new user has (SQLite source, DuckDB, Dagster's SQLite), and on servers (MariaDB source,
PostgreSQL as warehouse and run storage) where their URLs are set.
"""

import datetime as dt
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import sqlalchemy as sa

import wfm_pipeline
from wfm_pipeline.orchestration.instance.storage import LOCATION
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.operating.dagster_client import DagsterClient, wait
from wfm_pipeline_tests.process_kit import free_port
from wfm_pipeline_tests.server_kit import throw_away_database

ROOT = Path(wfm_pipeline.__file__).parents[1]
SITE = ZoneInfo("Europe/Stockholm")  # of the sample's map
_EVERY_MINUTE = "* * * * *"
"""The nightly's hour: whenever the schedule is switched on. It asks for one run a day, however often it ticks."""


@dataclass(frozen=True)
class Desk:
    """What a data engineer has in front of him."""

    dagster: DagsterClient
    house: House
    today: dt.date
    hide_source: Callable[[], None]
    show_source: Callable[[], None]

    @property
    def yesterday(self):
        return self.today - dt.timedelta(days=1)

    def rows(self, query):
        """Rows of the warehouse itself."""
        with self.house.open_warehouse() as warehouse:
            return warehouse.con.raw_sql(query).fetchall()

    def published(self, table, **equals):
        """Rows that readers see."""
        with self.house.open_gold() as gold:
            return gold.rows(table, **equals)


@pytest.fixture(scope="module", params=["embedded", "servers"])
def desk(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("operating")
    environment = {**_plain_environment(), "WFM_HOME": str(folder / "home"), "WFM_BACKTEST_ORIGINS": "1"}
    _wfm(environment, folder, "sample", "--months", "2")
    sample = folder / "home" / "samples" / "contact_centre.sqlite"
    if request.param == "servers":
        postgres, storage, mariadb = (
            request.getfixturevalue(f"module_{name}") for name in ("warehouse", "run_storage", "mariadb")
        )
        _copy_tables(sample, mariadb)
        environment |= {"WFM_SOURCE_URL": mariadb, "WFM_WAREHOUSE_URL": postgres, "WFM_DAGSTER_POSTGRES_URL": storage}
        hide, show = _renamed(mariadb)
    else:
        away = sample.with_suffix(".away")
        hide, show = (lambda: shutil.move(sample, away)), (lambda: shutil.move(away, sample))
    _wfm(environment, folder, "run")
    environment["WFM_NIGHTLY_CRON"] = _EVERY_MINUTE
    with _served(environment, folder) as client, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        yield Desk(client, House(load_settings()), dt.datetime.now(SITE).date(), hide, show)


@pytest.fixture(scope="module")
def module_warehouse():
    yield from throw_away_database("WFM_TEST_POSTGRES_URL")


@pytest.fixture(scope="module")
def module_run_storage():
    yield from throw_away_database("WFM_TEST_POSTGRES_URL")


@pytest.fixture(scope="module")
def module_mariadb():
    yield from throw_away_database("WFM_TEST_MARIADB_URL")


def _plain_environment():
    """This process's environment without settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WFM_", "DAGSTER_"))}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _wfm(environment, folder, *words):
    done = subprocess.run(
        [sys.executable, "-m", "wfm_pipeline.cli", *words],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr


def _copy_tables(sample, url):
    """The sample's tables, with the DDL that comes for MariaDB."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    lines = (ROOT / "sql" / "source" / "telephony_mariadb.sql").read_text().splitlines()
    ddl = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    with closing(sqlite3.connect(sample)) as made, engine.begin() as connection:
        for statement in filter(None, (part.strip() for part in ddl.split(";"))):
            connection.exec_driver_sql(statement)
        tables = [name for (name,) in made.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            frame = pd.read_sql(f'select * from "{table}"', made)
            frame.to_sql(table, connection, if_exists="append", index=False, chunksize=5_000, method="multi")
    engine.dispose()


def _renamed(url):
    """Take the call records away and give them back: the server answers, the table is gone."""

    def rename(before, after):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"rename table {before} to {after}")
        engine.dispose()

    return lambda: rename("queue_cdr", "queue_cdr_away"), lambda: rename("queue_cdr_away", "queue_cdr")


class _served:  # noqa: N801  (reads as a verb where it is used)
    """`wfm dev` as long as the `with` lasts; ended as a service manager does. (A shell's background job may not hear Ctrl-C.)"""

    def __init__(self, environment, folder):
        self._log = (folder / "dev.log").open("w+")
        self._port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wfm_pipeline.cli", "dev", "--port", str(self._port)],
            cwd=folder, env=environment, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def __enter__(self):
        client = DagsterClient(f"http://127.0.0.1:{self._port}", LOCATION)
        try:
            wait(lambda: {LOCATION: "LOADED"} == client.locations(), 180, "the location to load")
        except BaseException:
            self.__exit__()
            raise
        return client

    def __exit__(self, *_error):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._log.seek(0)
        print(self._log.read())  # noqa: T201  (pytest shows it where a test fails)
        self._log.close()


@pytest.fixture
def source_away(desk):
    """Takes the source away; gives a function that brings it back."""
    is_away = [True]

    def give_back():
        if is_away.pop():
            is_away.append(False)
            desk.show_source()

    desk.hide_source()
    yield give_back
    if is_away[-1]:
        desk.show_source()
