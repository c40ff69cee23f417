"""What a segment is called: relative words that last, and absolute ones that are true of this run alone.

Not here: which segment is which (matching.py).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray

UNKNOWN_SEGMENT: Final = "unknown_customer"
SINGLE_SEGMENT: Final = "all_customers"
_NAME_EDGE: Final = float(np.log(1.25))
"""From the median customer at which a name changes: a quarter more, or a fifth less [logarithm of a ratio]."""
_NAME_SLACK: Final = _NAME_EDGE
"""How far past that edge a centre may come and keep its former name: to the median, or as far beyond [logarithm of a ratio]."""
_VOLUME: Final = ("low", "medium", "high")
_LENGTH: Final = ("short", "average", "long")
_HIGHEST_NUMBER: Final = 99
"""Segments of the same words that could be told apart; six are the most there are."""


def segment_names(positions: FloatArray, former: Sequence[str | None]) -> list[str]:
    """Names of a run's segments: the former ones while they are true, else new ones.

    Args:
        positions: Logarithms of the centres over the median customer, shape (k, 2); NaN: no handle time is known.
        former: The last run's name of each; None for a new segment.

    Returns:
        One each, all different: the second of the same words ends in `_2`.
    """
    if len(positions) == 1:
        return [SINGLE_SEGMENT]
    kept = [
        name if name and _is_true(name, *position) else None for name, position in zip(former, positions, strict=True)
    ]
    names = {place: name for place, name in enumerate(kept) if name}
    for place, position in enumerate(positions):
        if place not in names:
            names[place] = _free(_name(*position), set(names.values()))
    return [names[place] for place in range(len(positions))]


def absolute_words(segments: pd.DataFrame) -> list[str]:
    """A sentence for each segment that can be compared between runs.

    Args:
        segments: customers, call_share, workload_share, calls_per_week and aht_seconds of each; NaN where unknown.

    Returns:
        Such as `46.5 % of calls, 51.0 % of workload; 2,023 customers, 2.10 calls a week of 200 s`.
    """
    columns = ["call_share", "workload_share", "customers", "calls_per_week", "aht_seconds"]
    return [
        f"{calls:.1%} of calls, {_or_unknown(work, '.1%')} of workload; "
        f"{customers:,} customers, {rate:.2f} calls a week of {_or_unknown(aht, '.0f')} s"
        for calls, work, customers, rate, aht in segments[columns].itertuples(index=False, name=None)
    ]


def _or_unknown(value: float, form: str) -> str:
    return "unknown" if pd.isna(value) else format(value, form)


def _name(volume: float, length: float) -> str:
    words = f"{_word(volume, _VOLUME)}_volume"
    return f"{words}_calls" if np.isnan(length) else f"{words}_{_word(length, _LENGTH)}_calls"


def _word(value: float, words: tuple[str, str, str]) -> str:
    low, middle, high = words
    return high if value > _NAME_EDGE else low if value < -_NAME_EDGE else middle


def _is_true(name: str, volume: float, length: float) -> bool:
    """Whether each of a former name's words still holds, with the slack; one without a word of length holds unknown lengths."""
    told = name.split("_")
    has_length = len([word for word in _LENGTH if word in told]) > 0
    if has_length == bool(np.isnan(length)):
        return False
    return _holds(told, volume, _VOLUME) and (not has_length or _holds(told, length, _LENGTH))


def _holds(told: list[str], value: float, words: tuple[str, str, str]) -> bool:
    low, middle, high = words
    limits = {
        low: value < -_NAME_EDGE + _NAME_SLACK,
        middle: abs(value) <= _NAME_EDGE + _NAME_SLACK,
        high: value > _NAME_EDGE - _NAME_SLACK,
    }
    return any(limits[word] for word in words if word in told)


def _free(name: str, taken: set[str]) -> str:
    numbered = [name, *(f"{name}_{number}" for number in range(2, _HIGHEST_NUMBER))]
    return next(one for one in numbered if one not in taken)
