"""Which engine a warehouse URL means."""

from pathlib import Path

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.urls import DatabaseUrl, parse_url
from wfm_pipeline.warehouse.engines.duckdb import DuckDBWarehouse
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.postgres import PostgresWarehouse
from wfm_pipeline.warehouse.migrations.version import refuse_newer
from wfm_pipeline.warehouse.readers.duckdb_copy import published_path
from wfm_pipeline.warehouse.readers.postgres_copy import PUBLISHED

ALLOWED = "duckdb:///relative/to/home.duckdb, duckdb:////absolute/path.duckdb, postgresql://user:password@host/database"
_LAYERS = ("bronze", "silver", "gold")


URL_OF_WAREHOUSE = "warehouse_url (WFM_WAREHOUSE_URL)"


def check_url(url: str) -> DatabaseUrl:
    """Read a URL, and refuse one that no engine goes by.

    Raises:
        SettingsError: the message names the allowed ones, and no secret.
    """
    parsed = parse_url(url, what=URL_OF_WAREHOUSE)
    shown = str(parsed)
    if not url.startswith(("duckdb://", "postgresql://", "postgres://")):
        raise SettingsError(f"{URL_OF_WAREHOUSE} must be one of {ALLOWED}; got {shown}", got=shown)
    if url.startswith("duckdb://") and parsed.parts.query:
        raise SettingsError(f"{URL_OF_WAREHOUSE}: a DuckDB file takes no options after a ?; got {shown}", got=shown)
    if url.startswith("duckdb://") and Path(url).stem.lower() in _LAYERS:
        raise SettingsError(
            f"a DuckDB file may not be named like a layer ({', '.join(_LAYERS)}): its schemas could not be told "
            f"from the file; got {shown}",
            got=shown,
        )
    return parsed


def duckdb_path(url: str, home: Path) -> Path | None:
    """File of a `duckdb://` URL, None in memory; three slashes are relative to home, four absolute."""
    rest = url.removeprefix("duckdb://")
    if rest in {"", "/", "/:memory:"}:
        return None
    return Path(rest[1:]) if rest.startswith("//") else home / rest.removeprefix("/")


def published_place(url: str, home: Path) -> Path | str:
    """Where readers find the copy of gold: a file, or a schema in words."""
    if not url.startswith("duckdb://"):
        return f"schema {PUBLISHED}"
    path = duckdb_path(url, home)
    return published_path(path) if path else "this process alone (the warehouse is in memory)"


def open_published(url: str, home: Path) -> Warehouse:
    """Open the readers' copy of gold of the warehouse a URL names, read-only.

    Raises:
        SettingsError: no engine goes by that scheme.
        WarehouseError: it cannot be opened, or nothing has been published yet.
    """
    check_url(url)
    if url.startswith("duckdb://"):
        return DuckDBWarehouse.open_published(duckdb_path(url, home), url)
    return PostgresWarehouse.open_published(url)


def open_warehouse(url: str, home: Path, *, is_read_only: bool = False) -> Warehouse:
    """Open the warehouse a URL names.

    Raises:
        SettingsError: no engine goes by that scheme.
        WarehouseError: it cannot be opened, or a newer version has written it.
    """
    check_url(url)
    if url.startswith("duckdb://"):
        opened: Warehouse = DuckDBWarehouse.open(duckdb_path(url, home), url, is_read_only=is_read_only)
    else:
        opened = PostgresWarehouse.open(url, is_read_only=is_read_only)
    try:
        refuse_newer(opened)
    except BaseException:
        opened.close()
        raise
    return opened
