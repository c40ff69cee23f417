"""Which tables stand in the folder: a session may come to a server that has forgotten them, as one without a metastore does.

The catalogue is a Delta table of names in the same folder. Not here: making tables (warehouse.py).
"""

from collections.abc import Collection
from typing import Final

from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.engines.spark.rows import columns_of
from wfm_pipeline.warehouse.engines.spark.tables import SparkTables

CATALOGUE: Final = "wfm.catalogue"


def note_table(warehouse: SparkTables, name: str) -> None:
    """Write down that a table stands in the folder."""
    if name not in _names(warehouse):
        warehouse.execute(f"insert into {CATALOGUE} select {warehouse.literal(name)} as name")


def forget_table(warehouse: SparkTables, name: str) -> None:
    """Take a table out of the catalogue."""
    warehouse.delete(CATALOGUE, Scope({"name": name}))


def bring_back(warehouse: SparkTables, layers: Collection[str]) -> None:
    """Make the tables of some layers known to a session that does not know them."""
    warehouse.make_layer(CATALOGUE.split(".", 1)[0])
    warehouse.make_table(CATALOGUE, "name string")
    present = {f"{layer}.{table}" for layer in layers for table in warehouse.base_tables(layer)}
    for name in sorted(_names(warehouse) - present):
        layer = name.split(".", 1)[0]
        if layer in layers:
            warehouse.make_layer(layer)
            stored = warehouse.session.read.format("delta").load(warehouse.place(name))
            warehouse.make_table(name, columns_of(stored))


def _names(warehouse: SparkTables) -> set[str]:
    return {row[0] for row in warehouse.rows(f"select distinct name from {CATALOGUE}")}
