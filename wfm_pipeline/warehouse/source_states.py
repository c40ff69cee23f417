"""Which sources of a site were read when a run was last about it, and up to when those stand that were not.

Only a site of several sources has such rows: a single one that cannot be read stops its run. Not here: what is done about
it (standing.py, silver/intervals.py).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.bronze import SOURCE_STATES
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import to_contract
from wfm_pipeline.warehouse.engines.scope import Scope

NOT_ASKED: Final = "the run was about another source"
"""Reason of a source that nobody meant to read."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """Whether a source was read.

    Attributes:
        source: Its name.
        is_read: It was read, or asked and found to hold nothing new.
        asked_at: When that was, UTC.
        stands_at: Last business date that was read to its end, while it is not read; None where none was.
        reason: Why it was not read.
    """

    source: str
    is_read: bool
    asked_at: dt.datetime
    stands_at: dt.date | None = None
    reason: str | None = None

    @property
    def is_fault(self) -> bool:
        """It should have been read and could not be."""
        return not self.is_read and self.reason != NOT_ASKED


def known_states(warehouse: Warehouse, source_map: SourceMap) -> Mapping[str, SourceState]:
    """Name of a part -> how it was found; nothing of parts that no run has looked at."""
    if not source_map.members or not warehouse.has(SOURCE_STATES.full_name):
        return {}
    names = tuple(part.name for part in source_map.parts)
    rows = warehouse.arrow(Scope({"source": names}).filter(warehouse.table(SOURCE_STATES.full_name))).to_pylist()
    return {row["source"]: SourceState(**row) for row in rows}


def unread_parts(warehouse: Warehouse, source_map: SourceMap) -> Mapping[str, SourceState]:
    """Those of the states that say of a part that it was not read."""
    return {name: state for name, state in known_states(warehouse, source_map).items() if not state.is_read}


def keep_state(warehouse: Warehouse, state: SourceState) -> None:
    """Write down how a part was found."""
    rows = to_contract(SOURCE_STATES, pd.DataFrame([asdict(state)]))
    warehouse.replace(SOURCE_STATES, rows, Scope({"source": state.source}))
