"""What a source map says of its backlog: which end counts, what re-opens and pauses do, and due times where the source has none.

Not here: what the rules do and what holds where a map says nothing (domain/backlog/rules).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Done = Literal["resolved", "closed"]
DueIn = Literal["plain", "working"]
AGE_LIMITS: Final = 4
"""Age limits that a map says: they make the five buckets of the tables [count]."""


@dataclass(frozen=True, slots=True)
class BacklogMap:
    """The section `[backlog]` of a map; None: as it is where nobody says otherwise.

    Attributes:
        done: Which end counts: `resolved`, or only `closed`.
        reopen_restarts_due: A re-open gives the case its whole time again.
        pauses_count_in_due: The due time passes while a case is paused.
        pauses_count_in_age: Paused time is part of a case's age.
        due_hours: Priority, lower case -> time allowed where the source gives no due time [h], > 0.
        due_in: Whether allowances are time as it passes, or working time of the site.
        age_limits_hours: Ages at which the next bucket begins, `AGE_LIMITS` of them, rising [h].
        stuck_moves: Moves above which a case is stuck [count], >= 0.
        stuck_working_hours: Working time without progress from which a case is stuck [h], > 0.
    """

    done: Done | None = None
    reopen_restarts_due: bool | None = None
    pauses_count_in_due: bool | None = None
    pauses_count_in_age: bool | None = None
    due_hours: Mapping[str, float] = field(default_factory=dict)
    due_in: DueIn | None = None
    age_limits_hours: tuple[float, ...] = ()
    stuck_moves: int | None = None
    stuck_working_hours: float | None = None


NO_RULES: Final = BacklogMap()
"""A map that says nothing of it."""
