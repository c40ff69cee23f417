"""Fixtures that several kinds of tests share: servers where their URL is set, real data, throw-away homes."""

import contextlib
import importlib
import importlib.util
import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from wfm_pipeline import urls
from wfm_pipeline.settings import keep_compiled_code
from wfm_pipeline_tests.engine_kit import EVERY_KIND, empty_warehouse
from wfm_pipeline_tests.server_kit import throw_away_database

ROOT = str(Path(__file__).parents[1])
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))
"""Children of the tests find this package from whichever folder they are started in."""
keep_compiled_code(Path(ROOT))
settings.register_profile("untimed", deadline=None)  # a slow machine fails no test; time is measured in benchmarks
settings.load_profile("untimed")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # what a shell starts in the background ignores Ctrl-C, and the commands that are stopped by it here would too

ENGINES = {
    "PostgreSQL": "WFM_TEST_POSTGRES_URL",
    "MariaDB": "WFM_TEST_MARIADB_URL",
    "SQL Server": "WFM_TEST_MSSQL_URL",
    "Spark on a JVM": "WFM_TEST_SPARK_HOME",
    "public call-centre data": "WFM_REAL_DATA",
}


def pytest_terminal_summary(terminalreporter):
    """Say which engines and data this run reached, and which need a variable."""
    reached = ["DuckDB", *(name for name, variable in ENGINES.items() if os.environ.get(variable))]
    missed = [f"{name} (set {variable})" for name, variable in ENGINES.items() if not os.environ.get(variable)]
    (missed if importlib.util.find_spec("pysail") is None else reached).append("Spark (Sail)")
    if os.environ.get("WFM_TEST_MARIADB_URL") and _what_odbc_lacks():
        missed.append("ODBC (install unixodbc and odbc-mariadb)")
    terminalreporter.write_line(f"tested with: {', '.join(reached)}")
    terminalreporter.write_line(f"not tested: {', '.join(missed) or 'nothing left out'}")


@pytest.fixture(params=EVERY_KIND)
def engine_kind(request):
    """Each kind of engine in turn, by its name in `engine_kit.KINDS`."""
    return request.param


@pytest.fixture
def engine_url(engine_kind, tmp_path):
    """URL of an empty warehouse of each engine in turn; Spark, where each rule takes seconds, only if all are asked for."""
    if engine_kind == "spark" and os.environ.get("WFM_TEST_ENGINES") != "each":
        pytest.skip("each rule on Spark: make test-engines (WFM_TEST_ENGINES=each)")
    with empty_warehouse(engine_kind, tmp_path) as url:
        yield url


@pytest.fixture
def postgres_url():
    """URL of an empty PostgreSQL database that is dropped afterwards."""
    yield from throw_away_database("WFM_TEST_POSTGRES_URL")


@pytest.fixture
def make_postgres():
    """Makes empty PostgreSQL databases that are dropped afterwards; gives their URLs."""
    with contextlib.ExitStack() as made:
        one = contextlib.contextmanager(throw_away_database)
        yield lambda: made.enter_context(one("WFM_TEST_POSTGRES_URL"))


@pytest.fixture
def mariadb_url():
    """SQLAlchemy URL of an empty MariaDB database that is dropped afterwards."""
    yield from throw_away_database("WFM_TEST_MARIADB_URL")


@pytest.fixture
def odbc():
    """unixODBC and MariaDB's driver; skips where they are not installed, fails where `WFM_TEST_ODBC=required`."""
    missing = _what_odbc_lacks()
    if missing and os.environ.get("WFM_TEST_ODBC") == "required":
        pytest.fail(f"WFM_TEST_ODBC=required, but {missing}")
    if missing:
        pytest.skip(missing)


@pytest.fixture
def mariadb_odbc_url(odbc, mariadb_url):
    """The same database as `mariadb_url`, through ODBC."""
    url = make_url(mariadb_url).set(drivername="mysql+pyodbc", query={"driver": "MariaDB Unicode"})
    return url.render_as_string(hide_password=False)


def _what_odbc_lacks():
    try:
        drivers = importlib.import_module("pyodbc").drivers()
        importlib.import_module("arrow_odbc")
    except (ImportError, OSError):
        return "the system package unixodbc is not installed: ODBC is not tested in this run"
    is_there = "MariaDB Unicode" in drivers
    return None if is_there else "the system package odbc-mariadb is not installed: ODBC is not tested in this run"


@pytest.fixture
def real_data():
    """Folder of the public call-centre data; skips where the variable is unset, fails where the folder is not there."""
    folder = os.environ.get("WFM_REAL_DATA")
    if not folder:
        pytest.skip("WFM_REAL_DATA is not set: the public call-centre data are not tested in this run")
    assert Path(folder).is_dir(), f"WFM_REAL_DATA names {folder}, which is not a folder"
    return Path(folder)


@pytest.fixture(autouse=True)
def _secrets_of_this_test_alone():
    """A secret that one test met would be hidden in the words of all later ones."""
    before = set(urls._MET)
    yield
    urls._MET.clear()
    urls._MET.update(before)


@pytest.fixture(autouse=True)
def _environment_of_this_test_alone():
    """What the product puts into its environment for Dagster would be taken for a setting by all later tests.

    Fixtures of wider scope leave it there too: a test that opened its own house would look at the memory of theirs.
    """
    os.environ.pop("DAGSTER_HOME", None)
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _umask_of_this_test_alone():
    """What the product makes is private; files that later tests make would be so too, which is not what they mean."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def clean_environment(monkeypatch, tmp_path):
    """No WFM_* variable but the tests' own, and an empty working folder."""
    for name in [name for name in os.environ if name.startswith("WFM_") and not name.startswith("WFM_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
