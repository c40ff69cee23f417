"""Files of events, several of which are a row: which kinds there are, their columns, and what reads them.

Not here: how a kind is folded to rows (queue_log, conversations).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from wfm_pipeline.contracts.source.source_map import Events
from wfm_pipeline.sources.files import conversations, queue_log


class _Read(Protocol):
    def __call__(self, paths: Sequence[Path], *, chunk_rows: int) -> Iterator[pa.Table]: ...


@dataclass(frozen=True, slots=True)
class EventLog:
    """A kind of log.

    Attributes:
        columns: Columns of its rows.
        read: Its rows from files, in chunks.
    """

    columns: tuple[str, ...]
    read: _Read


EVENT_LOGS: Final[Mapping[Events, EventLog]] = {
    "queue_log": EventLog(queue_log.COLUMNS, queue_log.read_stays),
    "genesys_conversations": EventLog(conversations.COLUMNS, conversations.read_conversations),
}
