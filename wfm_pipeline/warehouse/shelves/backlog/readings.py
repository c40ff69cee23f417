"""What the shelf of the hourly backlog hands from one of its modules to the next: hours asked, events read, what is carried.

Not here: reading (hour_events.py) and keeping (carry.py).
"""

from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_parts

EVENT_COLUMNS: Final = (
    "case_id",
    "kind",
    "happened_at",
    "queue_id",
    "priority",
    "due_at",
    "known_at",
    "ingested_at",
    "row_hash",
)
"""What is read of an event, and carried on."""
RENEW_AFTER: Final = pd.Timedelta(hours=24)
"""Age of a carry from which an hour renews it: a renewal costs as much as an hour, and what came since is read every hour."""
CARRY_BEHIND: Final = pd.Timedelta(hours=6)
"""How far behind the hour's end a new carry stands, so that the hours just made can be made again from it."""


@dataclass(frozen=True, slots=True)
class Carry:
    """The generation that counts; see `contracts.backlog.carried.BACKLOG_CARRY`.

    Attributes:
        source: Name of the source map.
        generation: Its number.
        stands_at: Instant whose open cases are carried.
        known_until: Nothing told later was used.
        ingested_until: Newest ingestion of the events there were.
        taken_at: Newest ingestion of the events before `stands_at`.
    """

    source: str
    generation: int
    stands_at: pd.Timestamp
    known_until: pd.Timestamp
    ingested_until: pd.Timestamp
    taken_at: pd.Timestamp

    @property
    def scope(self) -> Scope:
        """Its rows."""
        return Scope({"source": self.source, "generation": self.generation})


@dataclass(frozen=True, slots=True)
class Mark:
    """How far events had been read from the source.

    Attributes:
        ingested_until: Newest ingestion there was.
        events: Events there were [count].
    """

    ingested_until: pd.Timestamp
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursAsked:
    """Which hours, under which knowledge and rules; instants are naive UTC.

    Attributes:
        start, end: Start of the first hour, end of the last.
        as_of: The instant of knowledge, not before `end`.
        rules: What counts as done, and how many days latency looks back.
        queues: The queues there are; None for those that events name.
        renew_after: Age of a carry from which it is renewed.
        carry_behind: How far behind `end` a new carry stands.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    as_of: pd.Timestamp
    rules: BacklogRules
    queues: tuple[str, ...] | None
    renew_after: pd.Timedelta = RENEW_AFTER
    carry_behind: pd.Timedelta = CARRY_BEHIND


@dataclass(frozen=True, slots=True, eq=False)
class HourEvents:
    """What hours are counted from.

    Attributes:
        rows: Events as in silver.case_events, the columns `EVENT_COLUMNS`.
        done_cycles: queue_id, priority, began_at, done_at of cases whose events are not among the rows; None where all are.
        taken_at: Newest ingestion of the events up to the last hour's end; the instant of knowledge where there is none.
        basis: What the events are.
        carry: The carry they stand on; None where the whole history was read.
        touched: Ids of cases whose whole history is among the rows because something was told of them since the carry.
        carry_at: Instant for which a new carry is due; None where none is.
        mark: What there was of events when they were read; None where no carry is due.
        words: What was read and why, for the log.
    """

    rows: pd.DataFrame
    done_cycles: pd.DataFrame | None
    taken_at: pd.Timestamp
    basis: Literal["events", "case_rows"]
    carry: Carry | None
    touched: pd.Index
    carry_at: pd.Timestamp | None
    mark: Mark | None
    words: str

    @property
    def events(self) -> pd.DataFrame:
        """The rows with the columns that `domain.backlog.events` names."""
        return events_as_read(self.rows)


def events_as_read(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of silver with the columns that `domain.backlog.events` names.

    Args:
        rows: Rows with `EVENT_COLUMNS`.

    Returns:
        The events.
    """
    events = rows.drop(columns="ingested_at").rename(columns={"happened_at": "at", "row_hash": "row_id"})
    return events.assign(to_queue=events["queue_id"])


def case_events_of(warehouse: Warehouse, source_map: SourceMap) -> IbisTable:
    """Events of a source or site; where several sources are one site, ids bear the name of theirs.

    Args:
        warehouse: An open warehouse.
        source_map: The source.

    Returns:
        Rows of silver.case_events.
    """
    warehouse.create(CASE_EVENTS)
    rows = of_parts(source_map).filter(warehouse.table(CASE_EVENTS.full_name))
    is_one = len(source_map.parts) == 1
    return rows if is_one else rows.mutate(case_id=rows.source.concat("/", rows.case_id))
