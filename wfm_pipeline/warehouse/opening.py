"""Which engine a warehouse URL means."""

from pathlib import Path

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.warehouse.duckdb import DuckDBWarehouse
from wfm_pipeline.warehouse.engine import Warehouse, without_password
from wfm_pipeline.warehouse.postgres import PostgresWarehouse

ALLOWED = "duckdb:///relative/to/home.duckdb, duckdb:////absolute/path.duckdb, postgresql://user:password@host/database"


def duckdb_path(url: str, home: Path) -> Path | None:
    """The file of a `duckdb://` URL; None for `duckdb://` in memory. Three slashes are relative to home, four absolute."""
    rest = url.removeprefix("duckdb://")
    if rest in ("", "/", "/:memory:"):
        return None
    return Path(rest[1:]) if rest.startswith("//") else home / rest.removeprefix("/")


def open_warehouse(url: str, home: Path, *, is_read_only: bool = False) -> Warehouse:
    """Open the warehouse a URL names.

    Raises:
        SettingsError: no engine goes by that scheme.
        WarehouseError: it cannot be opened.
    """
    if url.startswith("duckdb://"):
        return DuckDBWarehouse.open(duckdb_path(url, home), url, is_read_only=is_read_only)
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresWarehouse.open(url)
    raise SettingsError(
        f"warehouse_url must be one of {ALLOWED}; got {without_password(url)}", got=without_password(url)
    )
