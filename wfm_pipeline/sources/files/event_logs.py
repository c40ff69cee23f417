"""Files of events, several of which are a row: which kinds there are, their columns, and what reads them.

Not here: how a kind is folded to rows (queue_log, conversations, case_updates).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from wfm_pipeline.contracts.source.source_map import Events
from wfm_pipeline.contracts.source.update_log import UpdateLog
from wfm_pipeline.sources.files import case_updates, conversations, queue_log


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


_OF_ONE_FORM: Final[Mapping[Events, EventLog]] = {
    "queue_log": EventLog(queue_log.COLUMNS, queue_log.read_stays),
    "genesys_conversations": EventLog(conversations.COLUMNS, conversations.read_conversations),
}
LOG_COLUMNS: Final[Mapping[Events, tuple[str, ...]]] = {
    **{kind: log.columns for kind, log in _OF_ONE_FORM.items()},
    "case_updates": case_updates.COLUMNS,
}
"""Kind of log -> columns of its rows."""


def log_of(kind: Events, updates: UpdateLog | None, *, is_utc: bool) -> EventLog:
    """How a log is read.

    Args:
        kind: Which log it is.
        updates: Of `case_updates`: what its columns and words mean.
        is_utc: The source writes UTC.

    Returns:
        Its columns and its reader.
    """
    if updates is None:
        return _OF_ONE_FORM[kind]
    return EventLog(case_updates.COLUMNS, partial(case_updates.read_updates, log=updates, is_utc=is_utc))
