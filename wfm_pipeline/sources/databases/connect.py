"""Opens SQLAlchemy engines and turns drivers' errors into ours, without ever showing a password."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from wfm_pipeline.errors import SourceError
from wfm_pipeline.machine import machine_error
from wfm_pipeline.sources.databases.retry import SourceGoneError
from wfm_pipeline.sources.rows.value_texts import decode
from wfm_pipeline.urls import DatabaseUrl, make_engine, masked, parse_url

_LONGEST_MESSAGE: Final = 400
_GONE_WORDS: Final = (
    "can't connect",
    "connection refused",
    "connection reset",
    "connection timed out",
    "connection was killed",
    "conflict with recovery",  # a hot standby of PostgreSQL ended a reading that was in its way
    "could not connect",
    "database is locked",
    "gone away",
    "is shutting down",
    "is starting up",
    "name or service not known",
    "name resolution",
    "network is unreachable",
    "no route to host",
    "not yet accepting connections",
    "lost connection",
    "broken pipe",
    "server closed the connection",
    "server has gone",
    "terminating connection",
    "timeout expired",
    "too many connections",
    "[08",  # SQLSTATE class 08, connection exceptions, as pyodbc writes it
    "state: 08",  # and as arrow-odbc does
)
"""What drivers say when another try may help; anything else (a wrong password, no such table) never heals."""


URL_OF_SOURCE: Final = "source_url (WFM_SOURCE_URL)"


class Connection:
    """An engine and what may be said about it.

    Attributes:
        engine: The SQLAlchemy engine; it connects when first asked.
        shown_url: Scheme, host and database, for messages.
    """

    def __init__(
        self,
        url: str,
        *,
        what: str = URL_OF_SOURCE,
        is_made_if_missing: bool = False,
        connect: Callable[[], Any] | None = None,
    ) -> None:
        """Prepare the engine.

        Args:
            url: A SQLAlchemy URL.
            what: Whose URL it is, for messages.
            connect: Makes the driver's connection, where SQLAlchemy's own way will not do.
            is_made_if_missing: A SQLite file that is not there is made; otherwise it is an error.

        Raises:
            SettingsError: the URL is not one, or the driver does not take its options.
            SourceError: its driver is not installed, or the file is not there.
        """
        self._url = parse_url(url, what=what)
        self.shown_url = str(self._url)
        try:
            own_way: dict[str, Any] = {"creator": connect} if connect else {}
            self.engine = make_engine(self._url, hide_parameters=True, **own_way)
        except (NoSuchModuleError, ImportError) as error:
            raise SourceError(
                f"{self.shown_url}: its driver is not installed or not known: {_safe(error)}{_advice(error)}",
                url=self.shown_url,
            ) from None
        if self.engine.dialect.name == "sqlite":
            check_file(self._url, is_made_if_missing=is_made_if_missing)
            sa.event.listen(self.engine, "connect", _read_any_text)

    def error(self, error: Exception) -> SourceError:
        """Our error for a driver's: one line, without password, statement or values."""
        return source_error(error, shown_url=self.shown_url, is_a_file=self.engine.dialect.name == "sqlite")


def source_error(error: BaseException, *, shown_url: str, is_a_file: bool = False) -> SourceError:
    """Our error for a driver's: one line, without password, statement or values.

    Args:
        error: What the driver, SQLAlchemy or the system raised.
        shown_url: Scheme, host and database.
        is_a_file: True where the database is a file of this machine, whose faults are the file's.

    Returns:
        A `SourceGoneError` where another try may help.
    """
    text = _safe(error.orig if isinstance(error, DBAPIError) and error.orig else error)
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    is_gone = is_lost or isinstance(error, OSError) or any(word in text.lower() for word in _GONE_WORDS)
    fault = machine_error(error)
    if fault and is_a_file:
        return SourceError(f"{shown_url}: {fault}", url=shown_url)
    kind = SourceGoneError if is_gone else SourceError
    return kind(f"{shown_url}: {text}{_advice(error)}", url=shown_url)


def check_file(url: DatabaseUrl, *, is_made_if_missing: bool = False) -> None:
    """Whether the file of a SQLite database is there.

    Args:
        url: Its URL.
        is_made_if_missing: Its folder is made, where it is not.

    Raises:
        SourceError: it is not.
    """
    name = url.parts.database
    if not name or name == ":memory:" or Path(name).is_file():
        return
    if not is_made_if_missing:
        raise SourceError(f"{url}: there is no such file; `wfm sample` or `wfm load` makes one", url=str(url))
    Path(name).parent.mkdir(parents=True, exist_ok=True)


def _safe(error: BaseException) -> str:
    """What a driver says, in one line, without what was secret in the URL; masked before it is cut."""
    words = error.args[-1] if error.args and isinstance(error.args[-1], str) else str(error)
    return " ".join(masked(words).split())[:_LONGEST_MESSAGE] or type(error).__name__


def _advice(error: BaseException) -> str:
    text = str(error)
    if "libodbc" in text:
        return "; install the system package unixodbc"
    if "Can't open lib" in text:
        return "; install the database's ODBC driver (for MariaDB the system package odbc-mariadb) and check `odbcinst -q -d`"
    return ""


def _read_any_text(connection: Any, _record: object) -> None:
    connection.text_factory = decode
