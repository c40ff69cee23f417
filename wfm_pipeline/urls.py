"""What may be said of a database's URL: scheme, host and database, and nothing else.

Every URL is read here before it is used, said or remembered, by one parser for all drivers, so that no driver
gets to quote what it cannot read. Here too: the words of others (a driver's, a traceback's) without the secrets
that this process has met. Not here: where secrets come from (secret_settings.py).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import AsyncEngine

_FILE_KINDS: Final = ("sqlite", "duckdb")
"""Their URLs name a file: no user, no password, and an @ is part of a path."""
_NAMES_A_FILE: Final = re.compile(r"(sqlite|duckdb):///[^@?:]*")
"""The default, and most others: nothing in it to keep, and nothing to import SQLAlchemy for."""
_NO_SECRETS: Final = frozenset(
    {"driver", "server", "host", "port", "database", "charset", "uid", "user", "sslmode", "connect_timeout"}
)
"""Options of URLs and words of ODBC whose values a message may hold."""
_SHORTEST: Final = 6
"""A shorter text is not looked for in messages: `wfm` and `root` are words of ours as well [characters]."""
_ODBC_WORD: Final = re.compile(r"([^=;]+)=(\{(?:[^}]|\}\})*\}|[^;]*)")
_CREDENTIALS: Final = re.compile(r"(?P<scheme>\b[\w+]+://)(?!user:password@)(?:[^\s@/]*:[^\n]*|[^\s@/]*)@")
_OPTIONS: Final = re.compile(r"(?P<url>\b[\w+]+://[^\s?'\"]*)\?(?!folder=/[\w./-]*(?:[\s;,)'\"]|$))[^\s'\"]+")
"""Options of a URL, but for a lone folder of tables, which is no secret."""
_PASSWORD_WORD: Final = re.compile(
    r"\b(?P<word>pwd|passwd|password)(?P<sign>=|%3D)(\{[^}]*\}|[^&;\s'\"]*)", re.IGNORECASE
)

_MET: set[str] = set()
"""Secrets that this process has read: the last wall before a terminal, a log or an alert has to know them."""


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseUrl:
    """A URL that was understood; printed, it says no more than may be said.

    Attributes:
        parts: What drivers need, password included: never print it.
    """

    parts: "sa.URL"

    def __str__(self) -> str:
        """Scheme, host and database."""
        host = f"[{self.parts.host}]" if ":" in (self.parts.host or "") else self.parts.host or ""
        database = f"/{self.parts.database}" if self.parts.database else ""
        return f"{self.parts.drivername}://{host}{database}"

    def __repr__(self) -> str:
        """As `str`, for tracebacks."""
        return f"DatabaseUrl({self})"

    @property
    def may_be_kept(self) -> bool:
        """True where it holds neither a password nor options, so that it may be written to a file of ours."""
        return not self.parts.password and not self.parts.query

    def with_secrets(self, scheme: str) -> str:
        """The whole URL, every special character as %XX, so that every other parser reads it as we do: never print it."""
        text = self.parts.set(drivername=scheme).render_as_string(hide_password=False)
        address, mark, options = text.partition("?")
        return address.replace(" ", "%20") + mark + options.replace("+", "%20")


def parse_url(text: str, *, what: str) -> DatabaseUrl:
    """Read a database's URL.

    Args:
        text: The URL as somebody wrote it.
        what: Which URL it is, for the message: `source_url (WFM_SOURCE_URL)`.

    Raises:
        SettingsError: it is none. Nothing of it is said, for any part of it may be part of a password.
    """
    keep_url(text)
    parts = _parts(text)
    if parts is None:
        raise SettingsError(
            f"{what} is not a database's URL; it is not shown, as it may hold a password. Write it as "
            "dialect+driver://user:password@host:port/database, special characters of user and password as %XX: "
            "%40 for @, %2F for /, %3A for :, %25 for %"
        )
    return DatabaseUrl(parts)


def make_engine(url: DatabaseUrl, *, scheme: str | None = None, **options: Any) -> "sa.Engine":
    """An engine whose driver does not get to speak about options that it cannot use.

    Raises:
        SettingsError: the driver does not take the options after the `?`.
        NoSuchModuleError: there is no such dialect.
        ImportError: the driver is not installed.
    """
    import sqlalchemy as sa  # noqa: PLC0415  (half a second, and most commands read no URL)

    with _options_refused(url):
        engine = sa.create_engine(url.parts.set(drivername=scheme or url.parts.drivername), **options)
    return _guarded(engine, url)


def make_async_engine(url: DatabaseUrl, *, scheme: str, **options: Any) -> "AsyncEngine":
    """As `make_engine`, with a driver that waits without holding up others.

    Args:
        url: The database.
        scheme: Dialect and driver, as `postgresql+psycopg`.
        options: Of SQLAlchemy's `create_async_engine`.

    Returns:
        An engine; it connects when first asked.

    Raises:
        SettingsError: the driver does not take the options after the `?`.
        NoSuchModuleError: there is no such dialect.
        ImportError: the driver is not installed.
    """
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    with _options_refused(url):
        engine = create_async_engine(url.parts.set(drivername=scheme), **options)
    _guarded(engine.sync_engine, url)
    return engine


@contextmanager
def _options_refused(url: DatabaseUrl) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError):
        raise SettingsError(
            f"{url}: the driver does not take the options after the ? of the URL; none is shown"
        ) from None


def _guarded(engine: "sa.Engine", url: DatabaseUrl) -> "sa.Engine":
    import sqlalchemy as sa  # noqa: PLC0415

    @sa.event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: object, words: tuple[Any, ...], named: dict[str, Any]) -> Any:
        with _options_refused(url):
            return dialect.connect(*words, **named)

    return engine


def keep_secret(secret: str) -> None:
    """From now on `masked` hides this, also as URLs write it."""
    plain = {secret, " ".join(secret.split())}
    forms = {form for text in plain for form in (text, quote(text), quote(text, safe=""), quote_plus(text))}
    _MET.update(form for form in forms if len(form) >= _SHORTEST)


def keep_url(text: str) -> None:
    """From now on `masked` hides what is secret in this URL: all of it, where it cannot be read."""
    is_folder = "://" not in text and "@" not in text
    is_file = _NAMES_A_FILE.fullmatch(text) and text.isprintable()
    if not is_folder and not is_file:
        for secret in _secrets_of(text):
            keep_secret(secret)


def masked(text: str) -> str:
    """Words of others without the secrets that were met, and without users, passwords and options of URLs."""
    for secret in sorted(_MET, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = _CREDENTIALS.sub(r"\g<scheme>", text)
    text = _OPTIONS.sub(r"\g<url>", text)
    return _PASSWORD_WORD.sub(r"\g<word>\g<sign>***", text)


def _parts(text: str) -> "sa.URL | None":
    import sqlalchemy as sa  # noqa: PLC0415

    try:
        parts = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError, TypeError):
        return None
    is_file = parts.get_backend_name() in _FILE_KINDS
    strays = text.count("@") - (parts.username is not None)  # what is left of a password with an @ in it
    is_odd = parts.username is not None or parts.port is not None if is_file else strays > 0
    return None if is_odd or not text.isprintable() else parts


def _secrets_of(text: str) -> Iterator[str]:
    parts = _parts(text)
    if parts is None:
        yield text
        yield from re.split(r"[:/@?&;={}\s]+", text.partition("://")[2])
        return
    if parts.password:
        yield str(parts.password)
        yield text.partition("://")[2].rpartition("@")[0].partition(":")[2]
    for name, values in parts.query.items():
        for value in (values,) if isinstance(values, str) else values:
            yield from () if name.lower() in _NO_SECRETS else (value, *_odbc_secrets(value))


def _odbc_secrets(value: str) -> Iterator[str]:
    for name, word in _ODBC_WORD.findall(value):
        if name.strip().lower() not in _NO_SECRETS:
            yield from (word, word.strip("{}"))
