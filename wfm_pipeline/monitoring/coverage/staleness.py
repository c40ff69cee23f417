"""Whether the centre's numbers still move: a board that goes on showing old ones says so.

Pure. A centre tells the time at which its numbers are true. While that moves they live, whatever its clock says: a replay has
a clock of its own. Not here: a database that does not answer, which the reader says.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final, Self

STALE_AFTER_SECONDS: Final = 120.0
"""So long may the centre's time stand still [s]: boards are renewed at least once a minute."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What was seen of the centre's time.

    Attributes:
        last_updated: The newest it told (naive UTC); None before the first.
        moved_at: When it was last seen to move, by our clock.
        seen: Times it was seen to move after the first reading [count].
    """

    last_updated: dt.datetime | None = None
    moved_at: dt.datetime | None = None
    seen: int = 0

    def after(self, last_updated: dt.datetime | None, *, now: dt.datetime) -> Self:
        """The same after a reading.

        Args:
            last_updated: What the centre tells; None = nothing.
            now: Our clock, naive UTC.

        Returns:
            What is known now. Where the first reading is old already, it counts from when it was true.
        """
        if last_updated is None or last_updated == self.last_updated:
            return self
        if self.last_updated is None:
            return replace(self, last_updated=last_updated, moved_at=min(last_updated, now))
        return replace(self, last_updated=last_updated, moved_at=now, seen=self.seen + 1)

    def stale_since(self, now: dt.datetime, *, after_seconds: float = STALE_AFTER_SECONDS) -> dt.datetime | None:
        """Since when its numbers are old.

        Args:
            now: Our clock, naive UTC.
            after_seconds: So long may it stand still [s].

        Returns:
            When it last moved; None while it moves, or where nothing was ever told.
        """
        if self.moved_at is None or now - self.moved_at <= dt.timedelta(seconds=after_seconds):
            return None
        return self.moved_at
