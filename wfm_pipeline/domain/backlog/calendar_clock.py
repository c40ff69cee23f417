"""The clock of a due time that counts in working time: by the calendar as it stood when the case's clock began.

Here: versions of a calendar as windows, which one is a case's, and working time added and measured by it. Not here: which versions there
are and who approved them, windows added up (working_time).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import IntArray
from wfm_pipeline.domain.backlog.working_time import NO_TIME, WorkingTime, microseconds_of
from wfm_pipeline.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class CalendarWindows:
    """One version of a calendar.

    Attributes:
        known_from: Instant from which on it was in force, naive UTC.
        windows: Queue -> windows of work, starts_at and ends_at (naive UTC), in order without overlap; `(all)` for every queue that has
            none of its own.
    """

    known_from: pd.Timestamp
    windows: Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCalendars:
    """All versions of a site's calendar.

    Attributes:
        known_from: From when each was in force, rising [us since 1970], shape (n_versions,).
        times: Working times, one per version and queue that has its own.
        places: Queue -> place in `times` by version, shape (n_versions,).
    """

    known_from: IntArray
    times: tuple[WorkingTime, ...]
    places: Mapping[str, IntArray]

    @classmethod
    def of(cls, versions: Sequence[CalendarWindows]) -> Self:
        """Check and add up.

        Args:
            versions: In any order; each has windows for `(all)`.

        Returns:
            The calendars.

        Raises:
            DataError: there is no version, or one says nothing of all queues; windows overlap or are out of order.
        """
        ordered = sorted(versions, key=lambda one: one.known_from)
        if not ordered or any(ALL not in one.windows for one in ordered):
            raise DataError(f"a calendar needs at least one version, each with windows of {ALL}; got {len(ordered)}")
        named = sorted({queue for one in ordered for queue in one.windows})
        times: list[WorkingTime] = []
        places = {queue: np.zeros(len(ordered), np.int64) for queue in named}
        for number, one in enumerate(ordered):
            own = {}
            for queue, windows in one.windows.items():
                own[queue] = len(times)
                times.append(WorkingTime.of(windows))
            for queue in named:
                places[queue][number] = own.get(queue, own[ALL])
        known_from = np.array([microseconds_of(one.known_from) for one in ordered], dtype=np.int64)
        return cls(known_from, tuple(times), places)

    def calendar_of(self, instants: IntArray, queue: IntArray, names: tuple[str, ...]) -> IntArray:
        """The working time that a case whose clock began at an instant keeps.

        Args:
            instants: When clocks began [us since 1970], shape (n,); before the first version the first holds, for nothing else is known.
            queue: Places of the queues in which they began, shape (n,).
            names: Names of the queues.

        Returns:
            Places in `times`, shape (n,).
        """
        version = np.maximum(np.searchsorted(self.known_from, instants, side="right") - 1, 0)
        table = np.array([self.places.get(name, self.places[ALL]) for name in names]).reshape(len(names), -1)
        return table[queue, version] if len(names) else version

    def after(self, calendar: IntArray, instants: IntArray, amounts: IntArray) -> IntArray:
        """Instants at which working time has passed since others; see `WorkingTime.after`.

        Args:
            calendar: Places in `times`, shape (n,).
            instants: Microseconds since 1970, shape (n,).
            amounts: Working time to add [us], >= 0, shape (n,).

        Returns:
            Instants [us since 1970], shape (n,); `NO_TIME` where the calendar ends before.
        """
        return self._each(calendar, lambda time, rows: time.after(instants[rows], amounts[rows]))

    def between(self, calendar: IntArray, since: IntArray, until: IntArray) -> IntArray:
        """Working time between instants.

        Args:
            calendar: Places in `times`, shape (n,).
            since: Microseconds since 1970, shape (n,).
            until: Microseconds since 1970, shape (n,).

        Returns:
            Working time [us], shape (n,); negative where `until` is the earlier.
        """
        return self._each(calendar, lambda time, rows: time.until(until[rows]) - time.until(since[rows]))

    def _each(self, calendar: IntArray, work: Callable[[WorkingTime, IntArray], IntArray]) -> IntArray:
        found = np.full(len(calendar), NO_TIME)
        for place in np.unique(calendar):
            rows = np.flatnonzero(calendar == place)
            found[rows] = work(self.times[place], rows)
        return found
