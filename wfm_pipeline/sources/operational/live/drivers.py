"""Which driver reads which database without holding up the others; engines for both ways.

Whoever types a URL need not know: `postgresql://`, `mysql+pymysql://` and `sqlite:///` are translated. A database whose driver cannot
wait (ODBC, and so SQL Server) is read in threads. Not here: asking (address).
"""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.databases.connect import check_file
from wfm_pipeline.sources.operational.live.limits import ReaderLimits
from wfm_pipeline.sources.rows.value_texts import decode
from wfm_pipeline.urls import DatabaseUrl, make_async_engine, make_engine

_ASYNC_SCHEMES: Final[Mapping[str, str]] = {
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg2": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "mysql": "mysql+asyncmy",
    "mysql+pymysql": "mysql+asyncmy",
    "mysql+mysqldb": "mysql+asyncmy",
    "mysql+asyncmy": "mysql+asyncmy",
    "mariadb": "mysql+asyncmy",
    "mariadb+pymysql": "mysql+asyncmy",
    "mariadb+mysqldb": "mysql+asyncmy",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+pysqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
"""Dialect and driver as people type them -> the driver that waits; any other is read in threads."""
_WORDS: Final[Mapping[str, dict[str, Any]]] = {"postgresql+psycopg": {"prepare_threshold": None}}
"""What a driver is told. A prepared statement is planned without its window after some cycles, and a pooler between loses it."""
_ONE_SNAPSHOT: Final = ("postgresql", "mysql", "mariadb")
"""Databases whose questions of one transaction all see the same instant if they are asked so; SQLite's always do. SQL Server's
do where the centre allows snapshots; there each question sees its own instant."""


def async_scheme(url: DatabaseUrl) -> str | None:
    """The driver that reads a database without holding up others.

    Args:
        url: The database, as somebody typed it.

    Returns:
        Dialect and driver; None = it is read in threads.
    """
    return _ASYNC_SCHEMES.get(url.parts.drivername)


def waiting_engine(url: DatabaseUrl, scheme: str, limits: ReaderLimits) -> AsyncEngine:
    """An engine whose driver waits.

    Args:
        url: The database.
        scheme: Of `async_scheme`.
        limits: Its pool.

    Returns:
        The engine; it connects when first asked.

    Raises:
        SourceError: the driver is not installed, or the file is not there.
        SettingsError: the driver does not take the URL's options.
    """
    try:
        engine = make_async_engine(url, scheme=scheme, **_options(limits), connect_args=_WORDS.get(scheme, {}))
    except (NoSuchModuleError, ImportError) as error:
        raise _no_driver(url, scheme, error) from None
    if engine.dialect.name == "sqlite":
        check_file(url)
        sa.event.listen(engine.sync_engine, "connect", _sqlite_as_we_read_it)
        sa.event.listen(engine.sync_engine, "begin", _begin)
    return engine.execution_options(**_snapshot(engine.dialect.name))


def threaded_engine(url: DatabaseUrl, limits: ReaderLimits) -> sa.Engine:
    """An engine whose driver cannot wait: ask it in a thread.

    Args:
        url: The database.
        limits: Its pool.

    Returns:
        The engine; it connects when first asked.

    Raises:
        SourceError: the driver is not installed.
        SettingsError: the driver does not take the URL's options.
    """
    is_odbc = url.parts.get_driver_name() == "pyodbc"
    login: dict[str, Any] = {"connect_args": {"timeout": max(1, round(limits.connect_seconds))}} if is_odbc else {}
    try:
        engine = make_engine(url, **_options(limits), **login)
    except (NoSuchModuleError, ImportError) as error:
        raise _no_driver(url, url.parts.drivername, error) from None

    @sa.event.listens_for(engine, "connect")
    def keep_time(connection: Any, _record: object) -> None:
        if is_odbc:
            connection.timeout = max(1, round(limits.query_seconds))

    return engine.execution_options(**_snapshot(engine.dialect.name))


def _options(limits: ReaderLimits) -> dict[str, Any]:
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": limits.kept_connections,
        "max_overflow": limits.most_connections - limits.kept_connections,
        "pool_timeout": limits.connect_seconds,
    }


def _snapshot(dialect: str) -> dict[str, Any]:
    return {"isolation_level": "REPEATABLE READ"} if dialect in _ONE_SNAPSHOT else {}


def _no_driver(url: DatabaseUrl, scheme: str, error: Exception) -> SourceError:
    driver = scheme.partition("+")[2] or scheme
    return SourceError(
        f"{url}: its driver {driver} is not installed or not known ({type(error).__name__}); psycopg comes with the extra "
        "`postgres`, ODBC needs the system's driver manager",
        url=str(url),
        driver=driver,
    )


def _sqlite_as_we_read_it(connection: Any, _record: object) -> None:
    """Any text, and transactions begun by us: the driver's own begin with the first write, so that readings are none."""
    connection.driver_connection.text_factory = decode
    connection.isolation_level = None


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
