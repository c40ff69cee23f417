"""Tables that stand otherwise in a warehouse than their contract has it: without their months, without an index.

Rows are the same either way, so a run goes on with the table as it is; only `wfm upgrade` moves rows, for it takes as
long as writing them and holds them twice meanwhile. Not here: what a table lacks for this version (upgrade.py).
"""

from collections.abc import Iterator, Mapping

from wfm_pipeline.contracts.bronze import BRONZE_COLUMNS, BRONZE_LAYOUT
from wfm_pipeline.contracts.layout import PLAIN, Layout
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES, ALL_SILVER_TABLES
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.staging import is_staging

_OURS = frozenset(column.name for column in BRONZE_COLUMNS if not column.nullable)


def ill_laid_out(warehouse: Warehouse, present: Mapping[str, set[str]]) -> Iterator[tuple[str, Layout, list[str]]]:
    """Tables with another layout than theirs: name, the layout, and what is lacking in words.

    Args:
        warehouse: An open warehouse.
        present: `layer.table` -> its columns, of all tables that are there.
    """
    for name, layout in _layouts(present):
        if layout != PLAIN and (found := warehouse.ill_laid_out(name, layout)):
            yield name, layout, found


def _layouts(present: Mapping[str, set[str]]) -> Iterator[tuple[str, Layout]]:
    for name, columns in sorted(present.items()):
        if name.startswith("bronze.") and columns >= _OURS and not is_staging(name):
            yield name, BRONZE_LAYOUT
    for table in (*ALL_SILVER_TABLES, *ALL_GOLD_TABLES):
        if table.full_name in present:
            yield table.full_name, table.layout
