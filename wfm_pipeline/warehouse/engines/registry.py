"""Which engines there are, and which one a URL means. A new engine is one module in this room and one line here.

Not here: what an entry has to say (entry.py), and opening a warehouse with the refusal of newer ones (opening.py).
"""

from pathlib import Path
from typing import Final

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.urls import parse_url
from wfm_pipeline.warehouse.engines.duckdb import DuckDBEngine
from wfm_pipeline.warehouse.engines.entry import URL_OF_WAREHOUSE, Engine
from wfm_pipeline.warehouse.engines.postgres import PostgresEngine
from wfm_pipeline.warehouse.engines.spark.entry import SparkEngine

ENGINES: Final[tuple[type[Engine], ...]] = (
    DuckDBEngine,
    PostgresEngine,
    SparkEngine,
)


def kind_of(url: str) -> type[Engine] | None:
    """The kind of engine that goes by a URL's scheme, whatever the rest of it is."""
    return next((kind for kind in ENGINES if url.startswith(tuple(f"{scheme}://" for scheme in kind.schemes))), None)


def engine_of(url: str, home: Path) -> Engine:
    """The engine that a warehouse's URL names; nothing is opened.

    Args:
        url: URL of the warehouse.
        home: Folder that relative paths in it start from.

    Raises:
        SettingsError: no engine goes by that URL; the message names the allowed ones, and no secret.
    """
    parsed = parse_url(url, what=URL_OF_WAREHOUSE)
    kind = kind_of(url)
    if kind is not None:
        return kind(url, parsed, home)
    allowed = ", ".join(form for known in ENGINES for form in known.forms)
    raise SettingsError(f"{URL_OF_WAREHOUSE} must be one of {allowed}; got {parsed}", got=str(parsed))
