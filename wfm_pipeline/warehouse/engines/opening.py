"""Opening the warehouse a URL names, whichever its engine.

Not here: which engine that is (registry.py), and keeping a connection for all steps of a writer (warehouse/kept).
"""

from pathlib import Path

from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.migrations.version import refuse_newer


def open_warehouse(url: str, home: Path, *, is_read_only: bool = False) -> Warehouse:
    """Open the warehouse a URL names.

    Raises:
        SettingsError: no engine goes by that scheme.
        WarehouseError: it cannot be opened, or a newer version has written it.
    """
    opened = engine_of(url, home).open(is_read_only=is_read_only)
    try:
        refuse_newer(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def open_published(url: str, home: Path) -> Warehouse:
    """Open the readers' copy of gold of the warehouse a URL names, read-only.

    Raises:
        SettingsError: no engine goes by that scheme.
        WarehouseError: it cannot be opened, or nothing has been published yet.
    """
    return engine_of(url, home).open_published()
