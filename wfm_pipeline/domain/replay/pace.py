"""At which instants a replay writes: on a grid of replay time, as fast as it is asked to.

The clock is handed in. Not here: what is written (recorded_day).
"""

from collections.abc import Iterator
from typing import Protocol

import pandas as pd


class Clock(Protocol):
    """A clock that can be waited by."""

    def now(self) -> float:
        """What time it is.

        Returns:
            Seconds since some moment [s].
        """

    def sleep(self, seconds: float) -> None:
        """Wait.

        Args:
            seconds: How long [s], >= 0.
        """


def ticks(
    first: pd.Timestamp, until: pd.Timestamp, *, every_seconds: float, speed: float, clock: Clock
) -> Iterator[pd.Timestamp]:
    """Instants of replay time, each given out when it is due.

    Whoever takes longer than a step misses some: the next tick is then the last that is due, for a live board shows what is
    now. The first instant and the end are never missed.

    Args:
        first: First instant.
        until: Last instant, included; not before first.
        every_seconds: Replay time from tick to tick [s], > 0.
        speed: Replay time per time [s/s]; 0 waits for nothing.
        clock: Tells the time and waits.

    Yields:
        Instants in order: first, then whole steps after it, then until.
    """
    began, step, done = clock.now(), pd.Timedelta(seconds=every_seconds), 0
    yield first
    last = max(-(-(until - first) // step), 0)
    while done < last:
        due = int((clock.now() - began) * speed // every_seconds) if speed else 0
        done = min(max(done + 1, due), last)
        at = min(first + done * step, until)
        if speed:
            clock.sleep(max(0.0, began + (at - first).total_seconds() / speed - clock.now()))
        yield at
