"""Staging tables: a step's own, under a name that no other step has, and gone with it.

A process that is killed leaves its own behind. Whoever holds the writer lock knows that the owner is
gone, and drops them.
"""

import uuid
from typing import Final

from wfm_pipeline.contracts.columns import Layer
from wfm_pipeline.warehouse.engines.engine import Warehouse

_PREFIX: Final = "_staging_"
_LAYERS: Final[tuple[Layer, ...]] = ("bronze", "silver")
_MOST_LETTERS: Final = 40
"""PostgreSQL cuts names after 63."""


def staging_name(layer: Layer, word: str) -> str:
    """A name for a staging table, `layer.table`; the word, such as the batch id, is for people who look."""
    plain = word[:_MOST_LETTERS].lower().replace("-", "_")  # all that Spark's own catalogue takes and gives back
    return f"{layer}.{_PREFIX}{plain}_{uuid.uuid4().hex[:12]}"


def is_staging(name: str) -> bool:
    """True for the name of a staging table, `layer.table`."""
    return name.split(".", 1)[1].startswith(_PREFIX)


def drop_leftovers(warehouse: Warehouse) -> list[str]:
    """Drop every staging table; gives their names. Only for the holder of the writer lock."""
    found = [f"{layer}.{table}" for layer in _LAYERS for table in warehouse.tables_like(layer, _PREFIX)]
    for name in found:
        warehouse.drop(name)
    return found
