"""Opening the ops store that belongs to a warehouse.

Not here: what a store can do (store.py), and where each engine keeps it (warehouse/engines).
"""

from pathlib import Path

from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.ops.store import OpsStore


def open_ops(warehouse_url: str, home: Path, *, is_made: bool = True) -> OpsStore:
    """The ops store that belongs to a warehouse, made or brought up to date where needed.

    Args:
        warehouse_url: URL of the warehouse.
        home: Folder that a relative URL starts from.
        is_made: False only looks, and leaves the store as it is.

    Raises:
        SettingsError: no engine goes by the URL's scheme.
        WarehouseError: it cannot be opened, or is of a newer version; no secret is shown.
    """
    store = engine_of(warehouse_url, home).ops_store()
    try:
        if is_made:
            store.bring_up_to_date()
    except BaseException:
        store.close()
        raise
    return store
