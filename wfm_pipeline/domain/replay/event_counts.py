"""How many events of each key there were by an instant, for many instants and keys at once.

All events lie in one sorted array of numbers, `key * span + microseconds`, so that one binary search answers every
question. Not here: what the events are (queue_states).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from wfm_pipeline.domain.arrays import IntArray


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A stretch of time that holds every event, counted in microseconds.

    Attributes:
        origin: First instant [us since 1970].
        span: Length, and 2 more: what lies outside counts as just before, or at the end [us].
    """

    origin: int
    span: int

    @classmethod
    def over(cls, *instants: np.ndarray) -> Self:
        """The shortest stretch that holds all these instants.

        Args:
            instants: datetime64, without NaT.

        Returns:
            The stretch; one of no length where there is no instant.
        """
        ends = [microseconds(part) for part in instants if len(part)]
        first = min((int(part.min()) for part in ends), default=0)
        last = max((int(part.max()) for part in ends), default=0)
        return cls(first, last - first + 2)

    def place(self, instants: np.ndarray) -> IntArray:
        """Microseconds since the origin, -1 for all that is earlier, at most span - 1.

        Args:
            instants: datetime64, any shape.

        Returns:
            Places, the same shape, -1 to span - 1.
        """
        return np.clip(microseconds(instants) - self.origin, -1, self.span - 1)


def microseconds(instants: np.ndarray) -> IntArray:
    """Instants as numbers.

    Args:
        instants: datetime64 of any unit.

    Returns:
        Microseconds since 1970 [us], the same shape.
    """
    return np.asarray(instants, dtype="datetime64[us]").astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class EventCounts:
    """Events by key and time, ready to be counted.

    Attributes:
        line: The stretch of time they lie in.
        keys: Sorted, shape (n_events,).
        first: Events of the keys before each, shape (n_keys,).
        sums: Amounts of the events added up, with a 0 before, shape (n_events + 1,); None where only the count is asked.
    """

    line: TimeLine
    keys: IntArray
    first: IntArray
    sums: IntArray | None = None

    @classmethod
    def of(
        cls, line: TimeLine, codes: IntArray, instants: np.ndarray, n_keys: int, amounts: IntArray | None = None
    ) -> Self:
        """Sort events.

        Args:
            line: A stretch that holds them.
            codes: Key of each, 0 to n_keys - 1, shape (n_events,).
            instants: When each was, datetime64, shape (n_events,).
            n_keys: How many keys there are [count].
            amounts: Whole numbers to add up, shape (n_events,).

        Returns:
            The events.
        """
        keys = codes.astype(np.int64) * line.span + line.place(instants)
        order = np.argsort(keys, kind="stable")
        first = np.searchsorted(keys[order], np.arange(n_keys, dtype=np.int64) * line.span, side="left")
        sums = None if amounts is None else np.concatenate([[0], np.cumsum(amounts[order])])
        return cls(line, keys[order], first.astype(np.int64), sums)

    def until(self, places: IntArray) -> IntArray:
        """Events at or before each place, by key.

        Args:
            places: `TimeLine.place`, shape (n_instants,) or (n_instants, 1).

        Returns:
            Counts, shape (n_instants, n_keys).
        """
        return self._found(places) - self.first

    def total_until(self, places: IntArray) -> IntArray:
        """Amounts of the events at or before each place, added up by key; differences of two places are what is asked.

        Args:
            places: As for `until`.

        Returns:
            Sums, shape (n_instants, n_keys).
        """
        assert self.sums is not None  # asked only where amounts were given
        return self.sums[self._found(places)] - self.sums[self.first]

    def _found(self, places: IntArray) -> IntArray:
        asked = places.reshape(-1, 1) + np.arange(len(self.first), dtype=np.int64) * self.line.span
        return np.searchsorted(self.keys, asked, side="right").astype(np.int64)
