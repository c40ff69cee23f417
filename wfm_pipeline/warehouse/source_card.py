"""What a source said of itself when it was last read, so that titles tell the truth while it cannot be asked."""

import pandas as pd

from wfm_pipeline.contracts.bronze import SOURCES
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope


def note_source(warehouse: Warehouse, source: str, *, is_simulated: bool) -> None:
    """Write down what the source says; the same again changes nothing."""
    if noted_simulated(warehouse, source) is is_simulated:
        return
    warehouse.create(SOURCES)
    rows = pd.DataFrame({"source": [source], "is_simulated": [is_simulated]})
    warehouse.replace(SOURCES, rows, Scope({"source": source}))


def noted_simulated(warehouse: Warehouse, source: str) -> bool | None:
    """What was written down; None where the source was never read."""
    if not warehouse.has(SOURCES.full_name):
        return None
    rows = warehouse.frame(Scope({"source": source}).filter(warehouse.table(SOURCES.full_name)))
    return bool(rows["is_simulated"].item()) if len(rows) else None
