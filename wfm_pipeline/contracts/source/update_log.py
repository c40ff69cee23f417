"""How a log of updates is read: rows that show a case as it stood after each change, or activities of it.

Not here: how rows become events (sources/files/case_fold).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

StateWord = Literal["open", "paused", "resolved", "closed", "as_before"]
"""Where a case stands after a row; `as_before`: the row says nothing of it."""


@dataclass(frozen=True, slots=True)
class UpdateLog:
    """The section `updates` of a map's table.

    Attributes:
        case: Raw column of the case's id.
        updated_at: Raw column of when the row was written.
        state: Raw column of the state after the change, or of the activity.
        states: Source word -> where the case stands then, one of `StateWord`; compared without case and outer blanks.
        time_format: How times are written, such as `%d/%m/%Y %H:%M`; None: in any form that means one thing.
        queue, agent, priority, due_at: Raw columns of them as they stood after the change; None where the log has none.
        opened_at, resolved_at, closed_at: Raw columns of when that was. A time after the row's own is from the future and is not used.
        nulls: Raw texts that mean "unknown"; the column then says nothing new.
        is_offset_ignored: Times name an offset that is not to be trusted: the clock before it is taken.
    """

    case: str
    updated_at: str
    state: str
    states: Mapping[str, str] = field(default_factory=dict)
    time_format: str | None = None
    queue: str | None = None
    agent: str | None = None
    priority: str | None = None
    due_at: str | None = None
    opened_at: str | None = None
    resolved_at: str | None = None
    closed_at: str | None = None
    nulls: tuple[str, ...] = ()
    is_offset_ignored: bool = False

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """Raw columns it reads."""
        return tuple(dict.fromkeys(name for name in (getattr(self, one) for one in UPDATE_COLUMNS) if name))


UPDATE_COLUMNS: Final = (
    *("case", "updated_at", "state", "queue", "agent", "priority"),
    *("due_at", "opened_at", "resolved_at", "closed_at"),
)
"""Fields that name a raw column."""
UPDATE_TIMES: Final = ("updated_at", "due_at", "opened_at", "resolved_at", "closed_at")
"""Those whose column holds times."""
