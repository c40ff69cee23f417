"""When a cycle is due: at whole steps after the first, by the clock, so that nothing drifts.

A cycle that takes longer than a step misses some: they are told and left out, for a board shows what is now. Not here: what a
cycle does (cycle).
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

MOST_LATE_SECONDS: Final = 0.5
"""A step that could only begin later than this is left out [s]: the next one is soon enough."""


@dataclass(frozen=True, slots=True)
class Due:
    """A step.

    Attributes:
        number: Its number, the first is 0.
        late_seconds: How long after its time it began [s].
        missed: Steps left out before it [count].
    """

    number: int
    late_seconds: float
    missed: int


async def steps(
    every_seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Due]:
    """Steps, each given out when it is due; without end.

    Args:
        every_seconds: From step to step [s], > 0.
        clock: Seconds since some moment [s].
        sleep: Waits so many seconds.

    Yields:
        The first at once; then whole steps after the first.
    """
    began, number, missed = clock(), 0, 0
    while True:
        yield Due(number, max(0.0, clock() - began - number * every_seconds), missed)
        following = number + 1
        number = max(following, math.ceil((clock() - began - MOST_LATE_SECONDS) / every_seconds))
        missed = number - following
        await sleep(max(0.0, began + number * every_seconds - clock()))
