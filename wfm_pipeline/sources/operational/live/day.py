"""One window of a live centre: the questions of a cycle, one per table, and what the tables hold after its answers.

Not here: what is remembered of one table (memory), asking (failover).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.operational.foreign_columns import INTERVAL_SECONDS
from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.domain.operational.unit_slips import RECENT_ROWS
from wfm_pipeline.sources.operational.door import OperationalRows
from wfm_pipeline.sources.operational.live.address import RawAnswer
from wfm_pipeline.sources.operational.live.door import LiveRows, TypedRows, through_the_live_door
from wfm_pipeline.sources.operational.live.memory import REMEMBERED_BY, TableMemory, remembered
from wfm_pipeline.sources.operational.live.reading import LiveQuestion
from wfm_pipeline.sources.operational.questions import window_question, within

_BY_SERVICE: Final = ("services", "contact_statistics", "queue_current_metrics")
"""Tables of which only the asked services' rows are read."""
_WITH_A_PAST: Final = "contact_statistics"
"""Its means are judged by the service's recent ones, also in the first hours of a window."""
_PAST: Final = dt.timedelta(seconds=RECENT_ROWS * INTERVAL_SECONDS)
_NEVER_READ: Final = TableMemory()


@dataclass(frozen=True, slots=True, eq=False)
class DayMemory:
    """What was read of a window.

    Attributes:
        question: The window.
        tables: Table -> its memory, for those that are not read whole in every cycle.
        judged: Table -> what came of its rows.
    """

    question: LiveQuestion
    tables: Mapping[str, TableMemory] = field(default_factory=dict)
    judged: Mapping[str, LiveRows] = field(default_factory=dict)

    def goes_on(self, question: LiveQuestion) -> bool:
        """Whether this serves a question: the same services, the same start, and an end that is not earlier."""
        ours = self.question
        return (ours.starts_at, ours.service_ids) == (question.starts_at, question.service_ids) and (
            ours.ends_at <= question.ends_at
        )

    def asked(self, question: LiveQuestion) -> "DayMemory":
        """The same memory for a window that may have grown: what was judged lies in the smaller one as well."""
        return replace(self, question=question)

    def questions(self, dialect: str) -> dict[str, sa.Select[Any]]:
        """One question per table, in the order of `OPERATIONAL_TABLES`."""
        return {table.name: self._question(table, dialect) for table in OPERATIONAL_TABLES}

    def _question(self, table: Table, dialect: str) -> sa.Select[Any]:
        whole = window_question(
            table,
            dialect=dialect,
            since=_since(table, self.question),
            until=self.question.ends_at,
            service_ids=self.question.service_ids if table.name in _BY_SERVICE else None,
        )
        parts = self.tables.get(table.name, _NEVER_READ).parts
        return whole if parts is None else parts.only(whole, table, dialect)

    def answered(self, answers: Mapping[str, RawAnswer]) -> "tuple[DayMemory, dict[str, OperationalRows]]":
        """What is remembered from now on, and the tables of the window.

        Raises:
            SourceError: a column is missing.
        """
        fresh = {table.name: TypedRows.of(table, frame_of(answers[table.name])) for table in OPERATIONAL_TABLES}
        until = min(self.question.ends_at, _true_until(fresh["queue_current_metrics"].frame) or self.question.ends_at)
        memories = {
            table.name: remembered(
                self.tables.get(table.name, _NEVER_READ),
                table,
                fresh[table.name],
                since=_since(table, self.question),
                until=until,
            )
            for table in OPERATIONAL_TABLES
            if table.name in REMEMBERED_BY
        }
        judged = {table.name: self._judged(table, fresh[table.name], memories) for table in OPERATIONAL_TABLES}
        return DayMemory(self.question, memories, judged), {name: one.handed_on() for name, one in judged.items()}

    def _judged(self, table: Table, fresh: TypedRows, memories: Mapping[str, TableMemory]) -> LiveRows:
        """What came of a table: as before where nothing has changed in it, which is most cycles of a quarter of an hour."""
        if table.name not in memories:
            return _judged(table, fresh, self.question)
        before = self.tables.get(table.name, _NEVER_READ)
        if memories[table.name].hours is before.hours and table.name in self.judged:
            return self.judged[table.name]
        return _judged(table, memories[table.name].rows(table), self.question)


def frame_of(answer: RawAnswer) -> pd.DataFrame:
    """Rows of an answer under its columns."""
    return pd.DataFrame([tuple(row) for row in answer.rows], columns=list(answer.columns))  # tuples: five times as fast


def _since(table: Table, question: LiveQuestion) -> dt.datetime:
    return question.starts_at - _PAST if table.name == _WITH_A_PAST else question.starts_at


def _true_until(queues: pd.DataFrame) -> dt.datetime | None:
    told = queues["last_updated"].dropna()
    return None if told.empty else pd.Timestamp(told.max()).to_pydatetime()


def _judged(table: Table, typed: TypedRows, question: LiveQuestion) -> LiveRows:
    since = question.starts_at if table.name == _WITH_A_PAST else None
    came = through_the_live_door(table, typed, since=since)
    rows = within(table, came.found.rows, question.starts_at, question.ends_at)
    return LiveRows(OperationalRows(rows, came.found.findings), came.left_out)
