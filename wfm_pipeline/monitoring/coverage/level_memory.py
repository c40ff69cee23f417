"""Service levels to expect, remembered row by row: from cycle to cycle most rows have the same calls and people.

Not here: the formula (domain/coverage/intervals).
"""

from collections.abc import Mapping

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.coverage.intervals import projected_service_level


class LevelMemory:
    """Stands in for `intervals.projected_service_level`: rows that are as they were in the call before are not worked out again."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._asked: FloatArray = np.empty((0, 0))
        self._levels: FloatArray = np.empty(0)

    def __call__(
        self,
        calls: FloatArray,
        aht_seconds: FloatArray,
        people: FloatArray,
        policy: Mapping[str, FloatArray],
        interval: float,
    ) -> FloatArray:
        """See `intervals.projected_service_level`."""
        told = [calls, aht_seconds, people, *policy.values(), np.full(len(people), interval)]
        asked = np.column_stack([np.asarray(one, dtype=np.float64) for one in told])
        if asked.shape != self._asked.shape:
            self._asked, self._levels = np.full(asked.shape, np.inf), np.full(len(asked), np.nan)
        is_new = ~((asked == self._asked) | (np.isnan(asked) & np.isnan(self._asked))).all(axis=1)
        changed = {name: values[is_new] for name, values in policy.items()}
        levels = self._levels.copy()
        levels[is_new] = projected_service_level(
            asked[is_new, 0], asked[is_new, 1], asked[is_new, 2], changed, interval
        )
        self._asked, self._levels = asked, levels
        return levels.copy()
