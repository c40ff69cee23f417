"""Publishing gold: readers get copies of their own, renewed in one move, and the analysts' views on them.

A run publishes the tables it changed; what else readers see stays as the former publish left it. Not here: what a
stamp is (publication.py), what the views are and how each engine renews its copy (warehouse/engines).
"""

import time
from collections.abc import Collection

from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.copies.shown import shown_tables
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.readers.pseudonyms import note_pseudonyms
from wfm_pipeline.warehouse.readers.publication import Publication, Readers, Stamp


def publish(
    warehouse: Warehouse,
    *,
    readers: Readers,
    run_id: str | None = None,
    changed: Collection[str] | None = None,
) -> Publication:
    """Renew the analysts' views and the readers' copies of gold; readers see the former ones until it is done.

    Args:
        warehouse: Open for writing.
        readers: Who may read the copies, and what of persons they see.
        run_id: The Dagster run that ends with this publish.
        changed: Names of the gold tables to take over; None takes all. Tables that the copy lacks, or has
            with other columns, are taken over all the same.

    Raises:
        WarehouseError: the warehouse holds no gold, or the copy cannot be written.
        SettingsError: the server has no such role, or the engine has none.
    """
    began = time.monotonic()
    tables = warehouse.base_tables("gold")
    if not tables:
        raise WarehouseError("the warehouse holds no gold yet; run `wfm run` first")
    warehouse.renew_views()
    stamp = Stamp.new(run_id)
    if readers.pseudonym_key is not None:
        note_pseudonyms(warehouse, readers.pseudonym_key)
    rows = warehouse.renew_readers_copy(stamp, changed, readers)
    shown = shown_tables(readers, tables)
    kept = tuple(name for name in shown if name not in rows)
    left_out = tuple(name for name in tables if name not in shown)
    return Publication(stamp, rows, kept, left_out, warehouse.readers_place, round(time.monotonic() - began, 3))


def tables_changed(warehouse: Warehouse, run_ids: Collection[str]) -> set[str]:
    """Gold tables that some runs wrote, by their lines in pipeline_health; without the layer's name."""
    if not warehouse.has(PIPELINE_HEALTH.full_name):
        return set()
    written: set[str] = set()
    for run_id in run_ids:
        lines = Scope({"run_id": run_id}).filter(warehouse.table(PIPELINE_HEALTH.full_name))
        written |= set(warehouse.frame(lines.select("table_name"))["table_name"])
    return {name.removeprefix("gold.") for name in written if name.startswith("gold.")} | {PIPELINE_HEALTH.name}
