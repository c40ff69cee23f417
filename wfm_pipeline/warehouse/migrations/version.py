"""The number a warehouse carries, and the refusal of one that a newer version has written.

Here too: the schema that a step may rely on. Not here: the steps (steps.py) and their order (upgrade.py).
"""

import datetime as dt
from importlib.metadata import version
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.bronze import SCHEMA_VERSIONS
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import to_contract

SCHEMA_VERSION: Final = 7
"""Number of the last step in steps.py; an older `wfm` refuses a warehouse that carries it."""


def stored_version(warehouse: Warehouse) -> int:
    """Number of the last step a warehouse has had; 0 where none was ever noted."""
    if not warehouse.has(SCHEMA_VERSIONS.full_name):
        return 0
    found = warehouse.value(warehouse.table(SCHEMA_VERSIONS.full_name)["version"].max())
    return 0 if pd.isna(found) else int(found)


def refuse_newer(warehouse: Warehouse) -> None:
    """Refuse a warehouse that this version does not know.

    Raises:
        WarehouseError: it carries a higher number than `SCHEMA_VERSION`.
    """
    found = stored_version(warehouse)
    if found > SCHEMA_VERSION:
        raise WarehouseError(
            f"the warehouse has schema version {found}, this wfm knows up to {SCHEMA_VERSION}: "
            "install the wfm that wrote it, or a newer one; going back is only by a backup made before the upgrade",
            found=found,
            known=SCHEMA_VERSION,
        )


def note_version(warehouse: Warehouse, number: int, title: str, *, now: dt.datetime) -> None:
    """Write down that a warehouse has had a step."""
    warehouse.create(SCHEMA_VERSIONS)
    row = {"version": [number], "step": [title], "applied_at": [now], "wfm_version": [version("wfm-pipeline")]}
    warehouse.append_arrow(SCHEMA_VERSIONS.full_name, to_contract(SCHEMA_VERSIONS, pd.DataFrame(row)))
