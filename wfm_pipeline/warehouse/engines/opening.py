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


def open_published(url: str, home: Path, *, with_persons: bool = False) -> Warehouse:
    """Open the analysts' copy of gold of the warehouse a URL names, or the one with persons, read-only.

    Raises:
        SettingsError: no engine goes by that scheme.
        WarehouseError: it cannot be opened, nothing has been published yet, or no copy with persons is made.
    """
    return engine_of(url, home).open_published(with_persons=with_persons)
