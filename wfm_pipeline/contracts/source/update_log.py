"""How a log of updates is read: a case as it stood after each change, its activities, or changes of single fields.

Not here: how rows become events (sources/files/case_fold).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Final, Literal

StateWord = Literal["open", "paused", "resolved", "closed", "as_before"]
"""Where a case stands after a row; `as_before`: the row says nothing of it."""


@dataclass(frozen=True, slots=True)
class UpdateLog:
    """The section `updates` of a map's table.

    Attributes:
        case: Raw column of the case's id.
        updated_at: Raw column of when the row was written.
        state: Raw column of the state after the change, or of the activity; None in a log of fields.
        states: Source word -> where the case stands then, one of `StateWord`; compared without case and outer blanks.
        time_format: How times are written, such as `%d/%m/%Y %H:%M`; None: in any form that means one thing.
        queue, agent, priority, due_at: Raw columns of them as they stood after the change; None where the log has none.
        opened_at, resolved_at, closed_at: Raw columns of when that was. A time after the row's own is from the future and is not used.
        field, value: In a log of changes of single fields: raw columns of the field's name and of what it became.
        fields: Source's name of a field -> what it is here, one of `FIELDS`; changes of others say nothing.
        nulls: Raw texts that mean "unknown"; the column then says nothing new.
        is_offset_ignored: Times name an offset that is not to be trusted: the clock before it is taken.
    """

    case: str
    updated_at: str
    state: str | None = None
    states: Mapping[str, str] = dataclass_field(default_factory=dict)
    time_format: str | None = None
    queue: str | None = None
    agent: str | None = None
    priority: str | None = None
    due_at: str | None = None
    opened_at: str | None = None
    resolved_at: str | None = None
    closed_at: str | None = None
    field: str | None = None
    value: str | None = None
    fields: Mapping[str, str] = dataclass_field(default_factory=dict)
    nulls: tuple[str, ...] = ()
    is_offset_ignored: bool = False

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """Raw columns it reads."""
        return tuple(dict.fromkeys(name for name in (getattr(self, one) for one in UPDATE_COLUMNS) if name))


UPDATE_COLUMNS: Final = (
    *("case", "updated_at", "state", "queue", "agent", "priority"),
    *("due_at", "opened_at", "resolved_at", "closed_at", "field", "value"),
)
"""Fields that name a raw column."""
FIELDS: Final = ("state", "queue", "agent", "priority", "due_at")
"""What a field may be that a log of changes names."""
UPDATE_TIMES: Final = ("updated_at", "due_at", "opened_at", "resolved_at", "closed_at")
"""Those whose column holds times."""
