"""What a row of staffing input may look like, and the words for a row that does not.

Here: ranges, and hints where a value looks like another unit. Not here: what is worked out from a
good row (requirement.py) or how text becomes a number (sheet.py). The first fault of a row is told.

The limits of time are wide, but not so wide that minutes pass for seconds: nobody handles a contact
in less than 10 s on average, and an average above two hours is work for a backlog, not for a queue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, TextArray
from wfm_pipeline.units import (
    DAYS_PER_WEEK,
    LARGEST_SHRINKAGE,
    LARGEST_TARGET,
    LONGEST_PATIENCE_SECONDS,
    PERCENT,
    SECONDS_PER_DAY,
    SECONDS_PER_HOUR,
    SECONDS_PER_MINUTE,
    SHORTEST_PATIENCE_SECONDS,
    SMALLEST_OCCUPANCY_CAP,
    SMALLEST_TARGET,
)

SHORTEST_AHT_SECONDS: Final = 10.0
LONGEST_AHT_SECONDS: Final = 2.0 * SECONDS_PER_HOUR
"""Mean handle time [s]: see above."""
SHORTEST_INTERVAL_SECONDS: Final = 60.0
LONGEST_INTERVAL_SECONDS: Final = float(DAYS_PER_WEEK * SECONDS_PER_DAY)
"""Length of an interval [s]: a minute is no grain of planning, and a week is the longest."""
SHORTEST_ASA_SECONDS: Final = 1e-3
"""Mean wait that may be asked for [s]: below a millisecond nobody waits."""
MOST_CONCURRENCY: Final = 100
"""Contacts of one agent at a time [count]: more is another unit."""
LARGEST_LOAD_ERLANGS: Final = 1e6
"""More people than any employer has on one queue: a wrong unit somewhere."""

_LOAD_WORDS = "calls x aht_seconds / interval_seconds is {:g} erlangs, more than {:g}"


@dataclass(frozen=True, slots=True)
class _Range:
    """Allowed values of a column: ends, and whether the ends belong to it."""

    low: float
    high: float
    takes_low: bool
    takes_high: bool
    words: str

    def holds(self, values: FloatArray) -> NDArray[np.bool_]:
        above = values >= self.low if self.takes_low else values > self.low
        return above & (values <= self.high if self.takes_high else values < self.high)


_TARGET = _Range(
    SMALLEST_TARGET, LARGEST_TARGET, takes_low=True, takes_high=True, words=f"{SMALLEST_TARGET:g} to {LARGEST_TARGET:g}"
)
_RANGES: Final[Mapping[str, _Range]] = {
    "calls": _Range(0, np.inf, takes_low=True, takes_high=False, words="0 or more"),
    "interval_seconds": _Range(
        SHORTEST_INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS, takes_low=True, takes_high=True, words="60 s to 7 days"
    ),
    "aht_seconds": _Range(
        SHORTEST_AHT_SECONDS, LONGEST_AHT_SECONDS, takes_low=True, takes_high=True, words="10 s to 7200 s"
    ),
    "answer_target_seconds": _Range(
        0, SECONDS_PER_DAY, takes_low=True, takes_high=True, words="0 s to 86400 s (a day)"
    ),
    "service_level_target": _TARGET,
    "asa_target_seconds": _Range(
        SHORTEST_ASA_SECONDS, LONGEST_INTERVAL_SECONDS, takes_low=True, takes_high=True, words="0.001 s to 7 days"
    ),
    "abandon_share_target": _TARGET,
    "max_occupancy": _Range(
        SMALLEST_OCCUPANCY_CAP, 1, takes_low=True, takes_high=True, words=f"{SMALLEST_OCCUPANCY_CAP:g} to 1"
    ),
    "patience_seconds": _Range(
        SHORTEST_PATIENCE_SECONDS,
        LONGEST_PATIENCE_SECONDS,
        takes_low=True,
        takes_high=True,
        words=f"{SHORTEST_PATIENCE_SECONDS:g} s to {LONGEST_PATIENCE_SECONDS:g} s",
    ),
    "concurrency": _Range(1, MOST_CONCURRENCY, takes_low=True, takes_high=True, words=f"1 to {MOST_CONCURRENCY}"),
    "shrinkage": _Range(0, LARGEST_SHRINKAGE, takes_low=True, takes_high=True, words=f"0 to {LARGEST_SHRINKAGE:g}"),
}
_SHARES = ("service_level_target", "abandon_share_target", "max_occupancy", "shrinkage")


def reasons(columns: Mapping[str, FloatArray], *, required: tuple[str, ...]) -> tuple[TextArray, BoolArray]:
    """Why each row cannot be worked out.

    Args:
        columns: Name -> values of shape (n,); NaN is "not given". A scalar that was broadcast is
            looked at once.
        required: Columns without which a row says nothing.

    Returns:
        Texts, shape (n,): the first fault in the order of the columns, empty where there is none;
        and whether each row can be worked out, shape (n,).
    """
    count = len(columns["calls"])
    found = np.full(count, "", dtype=object)
    is_good = np.ones(count, dtype=bool)

    def tell(is_bad: BoolArray, words: Callable[[int], str]) -> None:
        if is_bad.any():
            for row in np.flatnonzero(np.broadcast_to(is_bad, (count,)) & is_good):
                found[row] = words(int(row))
                is_good[row] = False

    for name, values in columns.items():
        seen = values[:1] if values.strides == (0,) else values
        is_inside = _RANGES[name].holds(seen)
        tell(~(is_inside if name in required else is_inside | np.isnan(seen)), partial(_told, name, values))
    load = columns["calls"] * columns["aht_seconds"] / columns["interval_seconds"] if is_good.all() else _loads(columns)
    tell(load > LARGEST_LOAD_ERLANGS, lambda row: _LOAD_WORDS.format(load[row], LARGEST_LOAD_ERLANGS))
    return found, is_good


def _loads(columns: Mapping[str, FloatArray]) -> FloatArray:
    with np.errstate(all="ignore"):  # rows that are bad anyway
        return columns["calls"] * columns["aht_seconds"] / columns["interval_seconds"]


def _told(name: str, values: FloatArray, row: int) -> str:
    return _words(name, float(values[row]))


def _words(name: str, value: float) -> str:
    if np.isnan(value):
        return f"{name} is missing"
    return f"{name} must be {_RANGES[name].words}, got {value:g}{_hint(name, value)}"


def _hint(name: str, value: float) -> str:
    """What was probably meant."""
    if name in _SHARES and 1 < value <= PERCENT:
        return f"; write {value:g} % as {value / PERCENT:g}"
    if name == "aht_seconds" and 0 < value < SHORTEST_AHT_SECONDS:
        return f"; if these are minutes, write {value * SECONDS_PER_MINUTE:g}" + _hours(value)
    if name == "aht_seconds" and value > LONGEST_AHT_SECONDS:
        minutes = value / SECONDS_PER_MINUTE
        return f" ({minutes:g} minutes); if {minutes:g} seconds are meant, write {minutes:g}"
    if name == "interval_seconds" and 0 < value < SHORTEST_INTERVAL_SECONDS:
        return f"; if these are minutes, write {value * SECONDS_PER_MINUTE:g}"
    return ""


def _hours(value: float) -> str:
    return f", if hours, {value * SECONDS_PER_HOUR:g}" if value < 1 else ""
