"""What a site settles about its backlog: every rule is a parameter.

Here: the rules and their bounds. Not here: what they do to cases (timeline, due, stock).
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

AGE_LIMITS_SECONDS: Final = (
    4.0 * SECONDS_PER_HOUR,
    1.0 * SECONDS_PER_DAY,
    3.0 * SECONDS_PER_DAY,
    7.0 * SECONDS_PER_DAY,
)
"""Ages at which the next bucket begins where nobody says others [s]: half a shift, a day, three days, a week."""
STUCK_MOVES: Final = 3
"""Moves above which a case bounces where nobody says another number [count]: there, back and there again may be right."""
STUCK_WORKING_HOURS: Final = 16.0
"""Working time without progress from which a case is stuck where nobody says another [h]: two days of eight hours."""

LATENCY_DAYS: Final = 28.0
"""Days whose cases latency is taken from where nobody says others [d]: four of each weekday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogRules:
    """What counts, from when, and how long.

    Attributes:
        done: `resolved`: a case is done once resolved, or closed without having been resolved; `closed`: only once closed.
        reopen_restarts_due: A re-open gives the case its whole allowance again; else the former due time stands.
        pauses_count_in_age: Paused time is part of a case's age.
        pauses_count_in_due: The due time passes while a case is paused; else paused time puts it off.
        due_in: `plain`: allowances and what pauses put off are time as it passes; `working`: they are working time of the calendar that
            was in force when the case's clock began.
        due_seconds: Priority -> time allowed [s], > 0, for cases without a due time of their own; a priority that is not
            here has no due time.
        age_limits_seconds: Ages at which the next bucket begins [s], > 0, rising.
        stuck_moves: Moves above which a case is stuck [count], >= 0.
        stuck_working_hours: Working time without progress from which a case is stuck [h], > 0.
        latency_days: Days before the hour's end whose cases latency is taken from [d], > 0.
    """

    done: Literal["resolved", "closed"] = "resolved"
    reopen_restarts_due: bool = False
    pauses_count_in_age: bool = True
    pauses_count_in_due: bool = False
    due_in: Literal["plain", "working"] = "plain"
    due_seconds: Mapping[Hashable, float] = field(default_factory=dict)
    age_limits_seconds: tuple[float, ...] = AGE_LIMITS_SECONDS
    stuck_moves: int = STUCK_MOVES
    stuck_working_hours: float = STUCK_WORKING_HOURS
    latency_days: float = LATENCY_DAYS

    def __post_init__(self) -> None:
        """Refuse rules that say nothing."""
        if self.done not in ("resolved", "closed"):
            raise SettingsError(f"done must be resolved or closed, got {self.done!r}", got=self.done)
        if self.due_in not in ("plain", "working"):
            raise SettingsError(f"due_in must be plain or working, got {self.due_in!r}", got=self.due_in)
        limits = self.age_limits_seconds
        rising = all(low < high for low, high in zip((0.0, *limits), limits, strict=False))
        if not rising or not all(math.isfinite(limit) for limit in limits):
            raise SettingsError(f"age_limits_seconds must rise from above 0 s, got {limits}", got=limits)
        wrong = {name: value for name, value in self.due_seconds.items() if not 0 < value < math.inf}
        if wrong:
            raise SettingsError(f"due_seconds must be above 0 s for every priority, got {wrong}", got=wrong)
        if self.stuck_moves < 0:
            raise SettingsError(f"stuck_moves must be 0 or more, got {self.stuck_moves}", got=self.stuck_moves)
        for name, unit in (("stuck_working_hours", "h"), ("latency_days", "d")):
            got = getattr(self, name)
            if not 0 < got < math.inf:
                raise SettingsError(f"{name} must be above 0 {unit}, got {got}", got=got)

    @property
    def done_kinds(self) -> tuple[str, ...]:
        """Kinds of events that end a case under these rules."""
        return ("resolved", "closed") if self.done == "resolved" else ("closed",)

    @property
    def bucket_names(self) -> tuple[str, ...]:
        """Columns of the age buckets, youngest first: `open_from_0s` holds ages in `[0, first limit)`, and so on."""
        return tuple(f"open_from_{limit:.0f}s" for limit in (0.0, *self.age_limits_seconds))
